package tck

import (
	"strings"
	"testing"
)

func (k *kit) logs(t *testing.T) {
	t.Run("have a level and belong to their request", func(t *testing.T) {
		for number, level := range []string{"debug", "info", "warn", "error"} {
			message := "tck logs at level " + level
			o := k.callWith(t, message, "log %d", number)
			o.text(t)
			r := k.waitRecord(t, "the record "+message, func(r record) bool { return r.Message == message }, "request", o.request)
			equal(t, "record", r, record{message, level, o.request, o.instance, k.Service, k.Function, "Invoke"})
		}
	})
	t.Run("are cut off at 64 KiB", func(t *testing.T) {
		o := k.callWith(t, strings.Repeat("x", 70_000), "log 1")
		r := k.waitRecord(t, "the long record", func(r record) bool { return strings.HasPrefix(r.Message, "xxx") }, "request", o.request)
		equal(t, "length of the message", len(r.Message), 64<<10)
	})
	t.Run("of an illegal level are refused", func(t *testing.T) {
		k.need(t, "loglevel")
		k.call(t, "loglevel 4").refused(t)
		k.call(t, "loglevel -1").refused(t)
		equal(t, "level 3", k.call(t, "loglevel 3").text(t), "ok")
	})
	for stream, level := range map[string]string{"stdout": "info", "stderr": "error"} {
		t.Run("are made of the lines of "+stream, func(t *testing.T) {
			o := k.callWith(t, "first\n\tsecond ä\n", "%s", stream)
			o.text(t)
			for _, line := range []string{"first", "\tsecond ä"} {
				r := k.waitRecord(t, "the line "+line, func(r record) bool { return r.Message == line }, "request", o.request)
				equal(t, "record", r, record{line, level, o.request, o.instance, k.Service, k.Function, "Invoke"})
			}
		})
		t.Run("of "+stream+" come in pieces when a line is over 64 KiB", func(t *testing.T) {
			long := strings.Repeat("x", 150_000)
			o := k.callWith(t, long+"\n", "%s", stream)
			k.eventually(t, "all of the line", func() bool {
				var whole strings.Builder
				for _, r := range k.records(t, "request", o.request) {
					if strings.HasPrefix(r.Message, "xxx") {
						whole.WriteString(r.Message)
						if len(r.Message) > 64<<10 {
							t.Fatalf("a record of %d bytes", len(r.Message))
						}
					}
				}
				return whole.String() == long
			})
		})
	}
	t.Run("have a start and an end of each request", func(t *testing.T) {
		o := k.call(t, "error no")
		for _, line := range []string{
			"FC Invoke Start RequestId: " + o.request,
			"FC Invoke End RequestId: " + o.request + ", Error: Handled function error",
		} {
			k.waitRecord(t, "the line "+line, func(r record) bool { return r.Message == line }, "request", o.request)
		}
	})
}
