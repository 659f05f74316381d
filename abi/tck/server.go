package tck

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// RunServer judges a host with a guest of kind server, as README.md describes it. The function has all hooks on. It changes the function's limits through
// the control API, and puts them back when t ends.
func RunServer(t *testing.T, target Target) {
	k := newServerKit(t, target)
	t.Run("event", k.serverEvents)
	t.Run("http", k.serverRequests)
	t.Run("hooks", k.serverHooks)
	t.Run("overlap", k.serverOverlap)
	t.Run("outbound", k.fetches)
	t.Run("ends", k.serverEnds)
}

func (k *kit) serverEvents(t *testing.T) {
	for name, body := range map[string]string{"empty": "", "every byte": everyByte(), "1 MiB": strings.Repeat("0123456789abcdef", 1<<16), "6 MiB": strings.Repeat("x", 6<<20)} {
		equal(t, name, k.invoke(t, []byte(body)).text(t) == body, true)
	}
	contains(t, "headers of an event", k.call(t, "/seen").text(t), "X-Fc-Control-Path: /invoke\n")
	e := k.call(t, "/error").failed(t, unhandled)
	equal(t, "type", e.Type, "ValueError")
	equal(t, "message", e.Message, "no name")
	contains(t, "message of text", k.call(t, "/status/404").failed(t, unhandled).Message, "status 404")
	k.call(t, "/fcstatus/404").failed(t, unhandled)
	equal(t, "X-Fc-Status 200", k.call(t, "/fcstatus/200").text(t), "so it is")
}

func (k *kit) serverRequests(t *testing.T) {
	o := k.request(t, http.MethodPatch, "/seen/a%20b?x=1&y=%2F", http.Header{"X-Twice": {"1", "2"}, "X-Fc-Request-Id": {"forged"}}, []byte("b"))
	seen := o.text(t)
	for _, part := range []string{"PATCH /seen/a%20b?x=1&y=%2F ", "X-Twice: 1\nX-Twice: 2\n", "X-Fc-Request-Id: " + o.request + "\n", "X-Fc-Instance-Id: " + o.instance + "\n", "X-Fc-Control-Path: /http-invoke\n"} {
		contains(t, "the request", seen, part)
	}
	if strings.Contains(seen, "forged") {
		t.Error("a caller's X-Fc header arrived")
	}
	equal(t, "status", k.request(t, http.MethodGet, "/status/404", nil, nil).status, 404)
	equal(t, "chunks", len(k.request(t, http.MethodGet, "/chunked/100/1000", nil, nil).body), 100_000)
	large := bytes.Repeat([]byte{0, 255}, 3<<20)
	equal(t, "6 MiB", bytes.Equal(k.request(t, http.MethodPut, "/echo", nil, large).body, large), true)
	before := o.instance
	for _, path := range []string{"/panic", "/hijack/close", "/hijack/garbage", "/hijack/half", "/hijack/huge"} {
		o := k.request(t, http.MethodGet, path, nil, nil)
		equal(t, path, o.errorKind, unhandled)
		equal(t, path+": type", o.err.Type, "HTTP")
	}
	equal(t, "instance after bad answers", k.request(t, http.MethodGet, "/count", nil, nil).instance, before)
}

func (k *kit) serverHooks(t *testing.T) {
	k.reset(t)
	o := k.call(t, "/count")
	equal(t, "counts", o.text(t), "requests=1 initialize=1 preFreeze=0 preStop=0")
	k.waitFrozen(t, o.instance, 1)
	for path, hook := range map[string]string{"/initialize": "Initialize", "/pre-freeze": "PreFreeze"} {
		r := k.waitRecord(t, path, func(r record) bool { return strings.HasPrefix(r.Message, "tck "+path+" ") }, "instance", o.instance)
		equal(t, path, r.Message, fmt.Sprintf("tck %s 1 control=%s id=%s body=0", path, path, r.RequestID))
		equal(t, "hook of the record", r.Hook, hook)
	}
	k.reset(t) // which stops the instance
	k.waitRecord(t, "preStop", func(r record) bool { return strings.HasPrefix(r.Message, "tck /pre-stop 1 ") }, "instance", o.instance)

	worn := k.request(t, http.MethodGet, "/status/500", nil, nil)
	equal(t, "status", worn.status, 500)
	k.waitRecord(t, "preStop after a 500", func(r record) bool { return strings.HasPrefix(r.Message, "tck /pre-stop 1 ") }, "instance", worn.instance)
	if next := k.call(t, "/count"); next.instance == worn.instance {
		t.Error("an instance that answered 500 served again")
	}
}

// serverOverlap has each of two requests wait for the other: /meet answers when two are there.
func (k *kit) serverOverlap(t *testing.T) {
	two := 2
	k.undone(t)
	k.change(t, func(f *function) { f.Concurrency = &two })
	first := make(chan outcome)
	go func() { first <- k.request(t, http.MethodGet, "/meet", nil, nil) }()
	second := k.request(t, http.MethodGet, "/meet", nil, nil)
	o := <-first
	equal(t, "answers", o.text(t)+second.text(t), "metmet")
	equal(t, "instance", o.instance, second.instance)
}

func (k *kit) serverEnds(t *testing.T) {
	for path, says := range map[string]string{"/exit/7": "exit code 7", "/crash": "exit code 2"} {
		o := k.request(t, http.MethodGet, path, nil, nil)
		equal(t, path, o.errorKind, unhandled)
		contains(t, path, o.err.Message, says)
		equal(t, "counts of the next instance", k.call(t, "/count").text(t), "requests=1 initialize=1 preFreeze=0 preStop=0")
	}
	k.oneSecond(t)
	for _, path := range []string{"/loop", "/sleep/60000", "/hijack/keep"} {
		equal(t, path, k.request(t, http.MethodGet, path, nil, nil).err.Type, "Timeout")
		equal(t, "counts of the next instance", k.call(t, "/count").text(t), "requests=1 initialize=1 preFreeze=0 preStop=0")
	}
}
