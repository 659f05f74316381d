package tck

import (
	"net/http"
	"slices"
	"testing"
)

func (k *kit) errors(t *testing.T) {
	t.Run("of the guest's own have type, message and stack", func(t *testing.T) {
		e := k.callWith(t, "no \"name\"\x00f (a.c:3)\ng (b.c:14)", "fail ValueError").failed(t, handled)
		equal(t, "errorType", e.Type, "ValueError")
		equal(t, "errorMessage", e.Message, `no "name"`)
		if want := []string{"f (a.c:3)", "g (b.c:14)"}; !slices.Equal(e.Stack, want) {
			t.Errorf("stackTrace: got %q, want %q", e.Stack, want)
		}
	})
	t.Run("are status 502 on the URL, with the same body", func(t *testing.T) {
		o := k.request(t, http.MethodPost, "/", nil, event("no name\x00f", "fail ValueError"))
		equal(t, "status", o.status, http.StatusBadGateway)
		equal(t, "errorType", o.failed(t, handled).Type, "ValueError")
		contains(t, "Content-Type", o.header.Get("Content-Type"), "application/json")
	})
	t.Run("of the language have their message", func(t *testing.T) {
		e := k.call(t, "error out of paper").failed(t, handled)
		equal(t, "errorMessage", e.Message, "out of paper")
		if e.Type == "" {
			t.Error("errorType is empty")
		}
	})
	t.Run("that nobody caught are unhandled", func(t *testing.T) {
		e := k.call(t, "unhandled out of paper").failed(t, unhandled)
		contains(t, "errorMessage", e.Message, "out of paper")
		if e.Type == "" || len(e.Stack) == 0 {
			t.Errorf("type or stack is missing in %+v", e)
		}
	})
	t.Run("without a report name the value that came back", func(t *testing.T) {
		k.need(t, "result")
		equal(t, "result 0", k.call(t, "result 0").text(t), "")
		contains(t, "result 1", k.call(t, "result 1").failed(t, handled).Message, "1")
		contains(t, "result 2", k.call(t, "result 2").failed(t, unhandled).Message, "2")
		contains(t, "result 77", k.call(t, "result 77").failed(t, unhandled).Message, "77")
		k.call(t, "result -1").failed(t, unhandled)
	})
	t.Run("leave the instance in use", func(t *testing.T) {
		for _, line := range []string{"fail ValueError", "error no", "unhandled no", "status 99"} {
			o := k.call(t, "%s", line)
			if o.errorKind == "" {
				t.Errorf("%s did not fail", line)
			}
			if _, c := k.countOn(t, o.instance); c.handler < 2 || c.initializer > 1 {
				t.Errorf("after %s the instance has lost its state: %+v", line, c)
			}
		}
	})
}
