package tck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Answers of X-Fc-Error-Type.
const (
	handled    = "HandledInvocationError"
	unhandled  = "UnhandledInvocationError"
	initialize = "InitializationError"
)

// outcome is what a caller got.
type outcome struct {
	status    int
	header    http.Header
	body      []byte
	request   string // X-Fc-Request-Id
	instance  string // X-Fc-Instance-Id
	errorKind string // X-Fc-Error-Type; empty if the function succeeded
	err       functionError
}

type functionError struct {
	Message string   `json:"errorMessage"`
	Type    string   `json:"errorType"`
	Stack   []string `json:"stackTrace"`
}

// invoke sends an event to the control API.
func (k *kit) invoke(t *testing.T, event []byte) outcome {
	t.Helper()
	o := k.send(t, must(http.NewRequest(http.MethodPost, k.functionPath()+"/invocations", bytes.NewReader(event)))(t))
	equal(t, "status of an event invocation, whatever the function did", o.status, http.StatusOK)
	return o
}

// call invokes a case, without payload.
func (k *kit) call(t *testing.T, line string, args ...any) outcome {
	t.Helper()
	return k.callWith(t, "", line, args...)
}

// callWith invokes a case with a payload.
func (k *kit) callWith(t *testing.T, payload, line string, args ...any) outcome {
	t.Helper()
	return k.invoke(t, event(payload, line, args...))
}

// request sends a case to the function's URL, with a path and query behind it.
func (k *kit) request(t *testing.T, method, path string, header http.Header, event []byte) outcome {
	t.Helper()
	req := must(http.NewRequest(method, k.URL+path, bytes.NewReader(event)))(t)
	for name, values := range header {
		req.Header[name] = values
	}
	return k.send(t, req)
}

func event(payload, line string, args ...any) []byte {
	return []byte("tck " + fmt.Sprintf(line, args...) + "\n" + payload)
}

func (k *kit) send(t *testing.T, req *http.Request) outcome {
	t.Helper()
	if k.changed {
		k.reset(t)
	}
	resp := must(k.client.Do(req))(t)
	defer resp.Body.Close()
	o := outcome{
		status:    resp.StatusCode,
		header:    resp.Header,
		body:      must(io.ReadAll(resp.Body))(t),
		request:   resp.Header.Get("X-Fc-Request-Id"),
		instance:  resp.Header.Get("X-Fc-Instance-Id"),
		errorKind: resp.Header.Get("X-Fc-Error-Type"),
	}
	equal(t, "length of the X-Fc-Request-Id "+o.request, len(o.request), 36)
	if o.errorKind != "" {
		if err := json.Unmarshal(o.body, &o.err); err != nil {
			t.Fatalf("the body of a function error is not its JSON: %v in %q", err, o.body)
		}
	}
	return o
}

// text is the answer of a call that has to succeed.
func (o outcome) text(t *testing.T) string {
	t.Helper()
	if o.errorKind != "" {
		t.Fatalf("the function failed: %s: %+v", o.errorKind, o.err)
	}
	if o.status != http.StatusOK {
		t.Fatalf("status %d: %q", o.status, head(o.body))
	}
	return string(o.body)
}

// failed checks how a call failed, and returns the details.
func (o outcome) failed(t *testing.T, kind string) functionError {
	t.Helper()
	if o.errorKind != kind {
		t.Fatalf("the call ended as %q with %q, want %s", o.errorKind, head(o.body), kind)
	}
	return o.err
}

// refused checks that a call failed because an import refused something.
func (o outcome) refused(t *testing.T) functionError {
	t.Helper()
	e := o.failed(t, unhandled)
	equal(t, "error type of a refusal", e.Type, "lull_v1")
	if e.Message == "" {
		t.Error("a refusal without a message")
	}
	return e
}

func head(p []byte) string {
	if len(p) > 200 {
		return string(p[:200]) + "..."
	}
	return string(p)
}

// counts are the runs that an instance has seen, from the answer of the case count.
type counts struct{ handler, initializer, preFreeze, preStop int }

func (k *kit) count(t *testing.T) (outcome, counts) {
	t.Helper()
	o := k.call(t, "count")
	var c counts
	if _, err := fmt.Sscanf(o.text(t), "handler=%d initializer=%d preFreeze=%d preStop=%d",
		&c.handler, &c.initializer, &c.preFreeze, &c.preStop); err != nil {
		t.Fatalf("count answered %q: %v", o.body, err)
	}
	return o, c
}

// countOn counts until the given instance answers. On a host that does not know maxInstances another
// may, as long as this one freezes.
func (k *kit) countOn(t *testing.T, instance string) (outcome, counts) {
	t.Helper()
	var o outcome
	var c counts
	k.eventually(t, "instance "+instance+" to answer again", func() bool {
		o, c = k.count(t)
		return o.instance == instance
	})
	return o, c
}

// waitFrozen waits until an instance has ended its preFreeze for the nth time. Without that hook
// there is nothing to wait for.
func (k *kit) waitFrozen(t *testing.T, instance string, n int) {
	t.Helper()
	if k.before.Hooks == nil || !k.before.Hooks.PreFreeze.on() {
		return
	}
	k.eventually(t, fmt.Sprintf("preFreeze %d of %s", n, instance), func() bool {
		ends := 0
		for _, r := range k.records(t, "instance", instance, "hook", "PreFreeze") {
			if strings.HasPrefix(r.Message, "FC PreFreeze End ") {
				ends++
			}
		}
		return ends >= n
	})
}
