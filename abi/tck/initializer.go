package tck

import (
	"strings"
	"testing"
)

func (k *kit) initializer(t *testing.T) {
	k.need(t, "initializer")
	if k.before.Initializer == nil || *k.before.Initializer == "" {
		t.Fatal("the guest has an initializer, but the function is deployed without it")
	}
	t.Run("runs once, before the first request", func(t *testing.T) {
		k.armed(t, "initializer log warming up", nil)
		o, c := k.count(t)
		equal(t, "runs", c.initializer, 1)
		k.waitRecord(t, "its line", func(r record) bool { return r.Message == "warming up" && r.Hook == "Initialize" }, "instance", o.instance)
		_, c = k.countOn(t, o.instance)
		equal(t, "runs after another request", c.initializer, 1)
	})
	t.Run("has a context and no event", func(t *testing.T) {
		k.armed(t, "initializer context", nil)
		o := k.call(t, "count")
		o.text(t)
		k.waitRecord(t, "its line", func(r record) bool {
			return strings.HasPrefix(r.Message, "tck initializer context initializer ")
		}, "instance", o.instance)
	})
	t.Run("may not call event_read", func(t *testing.T) {
		k.need(t, "boot")
		k.armed(t, "initializer event_read", nil)
		k.call(t, "count").failed(t, initialize)
	})
	for action, says := range map[string]string{
		"fail no paper": "no paper", "unhandled no ink": "no ink", "exit 3": "3", "trap unreachable": "", "loop": "",
	} {
		t.Run("that does \""+action+"\" fails every request until it is mended", func(t *testing.T) {
			if name, _, _ := strings.Cut(action, " "); name != "fail" {
				k.need(t, name)
			}
			k.armed(t, "initializer "+action, func(f *function) { *f.InitializationTimeout = 1 })
			for range 2 {
				e := k.call(t, "count").failed(t, initialize)
				contains(t, "errorMessage", e.Message, says)
			}
			k.reset(t)
			k.call(t, "count").text(t)
		})
	}
}
