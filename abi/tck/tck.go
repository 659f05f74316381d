// Package tck is the conformance kit of the lull_v1 contract. It judges a running host and a guest SDK together,
// over HTTP and from outside, so either may be written in any language. README.md beside this file says what
// the guest must do; ../spec.md is the contract.
package tck

import (
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Target is a deployed kit guest. Nothing else should call the function, or change it, during the run.
type Target struct {
	URL string // of the function, as http://127.0.0.1:8080/tck-go/
	API string // of the control API, as http://127.0.0.1:9600

	// Service and Function are taken from URL's path when they are empty: /NAME/ is a function of
	// the service "default", /SERVICE/NAME/ says both.
	Service, Function string

	// Patience is how long the kit waits for what follows an answer, as a hook's log lines. 0 means
	// 15 seconds.
	Patience time.Duration

	// Lacks are the optional cases and hooks that the guest is known not to have. With CI=true a guest that lacks another one fails, as one does that
	// has one of these.
	Lacks []string
}

// Run runs every case as a sub-test of t, one after another. It changes the function's time
// limits, environment and maximum of instances through the control API, and puts them back when t ends.
//
// A case that the guest does not have is skipped if README.md allows it, and fails otherwise.
func Run(t *testing.T, target Target) {
	k := newKit(t, target)
	t.Run("event", k.event)
	t.Run("context", k.context)
	t.Run("answer", k.answer)
	t.Run("errors", k.errors)
	t.Run("logs", k.logs)
	t.Run("system", k.system)
	t.Run("hooks", k.hooks)
	t.Run("initializer", k.initializer)
	t.Run("outbound", k.outbound)
	t.Run("ends", k.ends)
}

// kit is one run. Its methods that take a T stop that test when they cannot go on.
type kit struct {
	Target
	client *http.Client
	before function // the configuration to put back
	cases  map[string]bool

	changed bool // a test that has ended has left its change in place
}

// required are the cases and hooks without a mark in README.md.
var required = strings.Fields(`cases echo context chunks status headers fail error unhandled log stdout stderr count arm
	loop sleep recurse grow env`)

func newKit(t *testing.T, target Target) *kit {
	t.Helper()
	k := newServerKit(t, target)
	k.cases = map[string]bool{}
	for _, name := range strings.Fields(k.call(t, "cases").text(t)) {
		k.cases[name] = true
	}
	for _, name := range required {
		if !k.cases[name] {
			t.Errorf("the guest lacks the case %q, which every guest must have", name)
		}
	}
	for _, name := range k.Lacks {
		if k.cases[name] {
			t.Errorf("the guest has the case %q, which it is said to lack", name)
		}
	}
	return k
}

// newServerKit is a kit that asks the guest for nothing.
func newServerKit(t *testing.T, target Target) *kit {
	t.Helper()
	parts := strings.Split(strings.Trim(must(url.Parse(target.URL))(t).Path, "/"), "/")
	if target.Function == "" {
		target.Service, target.Function = "default", parts[0]
		if len(parts) > 1 {
			target.Service, target.Function = parts[0], parts[1]
		}
	}
	if target.Patience == 0 {
		target.Patience = 15 * time.Second
	}
	target.URL = strings.TrimSuffix(target.URL, "/")
	target.API = strings.TrimSuffix(target.API, "/")
	k := &kit{
		Target: target,
		// No redirects: a guest may answer one. The limit only keeps a dead host from hanging the test.
		client: &http.Client{
			Timeout:       2 * time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	k.before = k.getFunction(t)
	t.Cleanup(func() { k.update(t, k.before) })
	k.reset(t)
	return k
}

// need skips a test of a case or hook that the guest lacks.
func (k *kit) need(t *testing.T, name string) {
	t.Helper()
	if !k.cases[name] {
		if os.Getenv("CI") == "true" && !slices.Contains(k.Lacks, name) {
			t.Fatalf("the guest does not have %q, and nobody has said so", name)
		}
		t.Skipf("the guest does not have %q", name)
	}
}

// must is for calls whose failure ends the test: must(f())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// equal fails the test if got is not want.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

// contains fails the test if text lacks part.
func contains(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s: got %q, want it to contain %q", what, text, part)
	}
}

// eventually asks until the answer is true or patience ends. It is for what happens after an answer.
func (k *kit) eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(k.Patience); !ask(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", k.Patience, what)
		}
	}
}
