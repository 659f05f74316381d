package tck

import (
	"fmt"
	"strings"
	"testing"
)

func (k *kit) hooks(t *testing.T) {
	t.Run("keep the instance's state, and preFreeze runs between two requests", func(t *testing.T) {
		k.hook(t, "PreFreeze")
		k.reset(t)
		o, _ := k.count(t)
		seen := map[string]int{o.instance: 1}
		for range 3 {
			k.waitFrozen(t, o.instance, seen[o.instance])
			next, c := k.count(t)
			o, seen[next.instance] = next, seen[next.instance]+1
			want := counts{handler: seen[o.instance], preFreeze: seen[o.instance] - 1}
			if k.cases["initializer"] {
				want.initializer = 1
			}
			equal(t, "runs on "+o.instance, c, want)
		}
		if len(seen) == 4 {
			t.Error("four requests in turn ran on four instances: none was kept")
		}
	})
	t.Run("run preStop once when the function is updated", func(t *testing.T) {
		k.hook(t, "PreStop")
		o := k.call(t, "arm preStop log farewell")
		k.waitFrozen(t, o.instance, 1)
		k.reset(t)
		k.waitEnd(t, o.instance, "PreStop", "")
		var said []string
		for _, r := range k.records(t, "instance", o.instance, "hook", "PreStop") {
			said = append(said, r.Message)
		}
		if len(said) != 4 || said[1] != "tck preStop 1" || said[2] != "farewell" {
			t.Errorf("preStop logged %q", said)
		}
		if next := k.call(t, "count"); next.instance == o.instance {
			t.Error("an instance served after its preStop")
		}
	})
	for _, name := range []string{"preFreeze", "preStop"} {
		t.Run(name+" has a context", func(t *testing.T) {
			instance := k.runHook(t, name, "context")
			start := k.waitRecord(t, "its lines", func(r record) bool { return strings.Contains(r.Message, " context ") },
				"instance", instance, "hook", label(name))
			equal(t, "what it saw", start.Message, fmt.Sprintf("tck %s context %s %s", name, name, start.RequestID))
			k.waitEnd(t, instance, label(name), "")
		})
		for _, name2 := range []string{"event_read", "response_status", "response_header", "response_write"} {
			t.Run(name+" may not call "+name2, func(t *testing.T) {
				k.need(t, "boot") // the mark of a guest with raw access
				instance := k.runHook(t, name, name2)
				want := fmt.Sprintf("tck %s %s -2", name, name2)
				k.waitRecord(t, want, func(r record) bool { return r.Message == want }, "instance", instance)
				k.waitEnd(t, instance, label(name), ", Error: Unhandled function error")
			})
		}
		t.Run(name+" that fails is logged and changes nothing", func(t *testing.T) {
			for action, end := range map[string]string{
				"fail no": ", Error: Handled function error", "unhandled no": ", Error: Unhandled function error",
			} {
				instance := k.runHook(t, name, action)
				k.waitEnd(t, instance, label(name), end)
				if name == "preFreeze" {
					k.countOn(t, instance)
				}
			}
		})
		t.Run(name+" that takes the instance down harms no request", func(t *testing.T) {
			actions := []string{"loop"}
			for _, own := range []string{"exit 3", "trap unreachable"} {
				if c, _, _ := strings.Cut(own, " "); k.cases[c] {
					actions = append(actions, own)
				}
			}
			for _, action := range actions {
				if action == "loop" {
					k.hook(t, label(name))
					k.undone(t)
					k.change(t, func(f *function) {
						for _, h := range []*hook{f.Hooks.PreFreeze, f.Hooks.PreStop} {
							if h != nil {
								h.Timeout = 1
							}
						}
					})
				}
				instance := k.runHook(t, name, action)
				k.waitEnd(t, instance, label(name), ", Error: Unhandled function error")
				for range 3 {
					o := k.call(t, "count")
					o.text(t)
					if o.instance == instance {
						t.Fatalf("the instance served after its %s did %q", name, action)
					}
				}
			}
		})
	}
}

// label is a hook's name as the log spells it.
func label(hook string) string { return strings.ToUpper(hook[:1]) + hook[1:] }

// hook skips a test of a hook that the guest does not have. One that it has must be configured.
func (k *kit) hook(t *testing.T, label string) {
	t.Helper()
	k.need(t, strings.ToLower(label[:1])+label[1:])
	configured := k.before.Hooks != nil
	if label == "PreFreeze" {
		configured = configured && k.before.Hooks.PreFreeze.on()
	} else {
		configured = configured && k.before.Hooks.PreStop.on()
	}
	if !configured {
		t.Fatalf("the guest has the hook %s, but the function is deployed without it", label)
	}
}

// runHook arms a hook of an instance and makes it run. It returns the instance.
func (k *kit) runHook(t *testing.T, name, action string) string {
	t.Helper()
	k.hook(t, label(name))
	o := k.call(t, "arm %s %s", name, action)
	equal(t, "arm", o.text(t), "ok")
	if name == "preStop" {
		k.update(t, function{Environment: k.getFunction(t).Environment})
	}
	return o.instance
}

// waitEnd waits for the end line of a hook of an instance, with the given suffix.
func (k *kit) waitEnd(t *testing.T, instance, label, suffix string) {
	t.Helper()
	k.waitRecord(t, fmt.Sprintf("the end of %s of %s with %q", label, instance, suffix), func(r record) bool {
		return r.Message == "FC "+label+" End RequestId: "+r.RequestID+suffix
	}, "instance", instance, "hook", label)
}
