package tck

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// function is the part of a function object that the kit reads and changes. In an update, what is nil stays.
type function struct {
	Timeout               *int              `json:"timeout,omitempty"`
	Initializer           *string           `json:"initializer,omitempty"`
	InitializationTimeout *int              `json:"initializationTimeout,omitempty"`
	Environment           map[string]string `json:"environmentVariables"`
	Hooks                 *hooks            `json:"instanceLifecycleConfig,omitempty"`
	MaxInstances          *int              `json:"maxInstances,omitempty"` // lull's own field
	Concurrency           *int              `json:"instanceConcurrency,omitempty"`
	AllowHosts            []string          `json:"allowHosts,omitzero"` // lull's own field
}

type hooks struct {
	PreFreeze *hook `json:"preFreeze,omitempty"`
	PreStop   *hook `json:"preStop,omitempty"`
}

type hook struct {
	Handler string `json:"handler"`
	Timeout int    `json:"timeout"`
}

// on says whether a hook is configured.
func (h *hook) on() bool { return h != nil && h.Handler != "" }

func (k *kit) functionPath() string {
	return k.API + "/2016-08-15/services/" + url.PathEscape(k.Service) + "/functions/" + url.PathEscape(k.Function)
}

func (k *kit) getFunction(t *testing.T) (f function) {
	t.Helper()
	k.api(t, http.MethodGet, k.functionPath(), nil, &f)
	if f.Environment == nil {
		f.Environment = map[string]string{}
	}
	return f
}

// update replaces the configuration. From its return on, requests run on new instances.
func (k *kit) update(t *testing.T, f function) {
	t.Helper()
	k.api(t, http.MethodPut, k.functionPath(), f, nil)
}

// longLimit is the time limit, in seconds, of every call in tests that are not about it. An interpreted guest needs seconds to
// hash the largest event, and many of them on a busy machine.
const longLimit = 100

// change is the configuration of a test: the deployed one with long time limits, one instance at a time, and
// one change. With a second instance allowed, a request during preFreeze would start it, and it would serve
// from then on: the tests that look for an instance again would wait for ever.
func (k *kit) change(t *testing.T, do func(*function)) {
	t.Helper()
	limit, initLimit := longLimit, longLimit
	one := 1
	f := function{
		Timeout:               &limit,
		InitializationTimeout: &initLimit,
		Environment:           maps.Clone(k.before.Environment),
		MaxInstances:          &one,
		Concurrency:           &one,
		AllowHosts:            k.before.AllowHosts,
	}
	if h := k.before.Hooks; h != nil {
		f.Hooks = &hooks{}
		if h.PreFreeze.on() {
			f.Hooks.PreFreeze = &hook{h.PreFreeze.Handler, longLimit}
		}
		if h.PreStop.on() {
			f.Hooks.PreStop = &hook{h.PreStop.Handler, longLimit}
		}
	}
	do(&f)
	k.changed = false
	k.update(t, f)
}

// reset undoes the change of a test. All instances are new afterwards.
func (k *kit) reset(t *testing.T) {
	t.Helper()
	k.change(t, func(*function) {})
}

// undone resets when the test has ended, before the next request. Where another change comes first, that is one update less: for an interpreter
// an update is a start.
func (k *kit) undone(t *testing.T) { t.Cleanup(func() { k.changed = true }) }

// armed deploys the function with a hook that is armed from the start, for one test.
func (k *kit) armed(t *testing.T, action string, more func(*function)) {
	t.Helper()
	k.undone(t)
	k.change(t, func(f *function) {
		f.Environment["LULL_TCK"] = action
		if more != nil {
			more(f)
		}
	})
}

// oneSecond sets the time limit of a call for one test.
func (k *kit) oneSecond(t *testing.T) {
	t.Helper()
	k.undone(t)
	k.change(t, func(f *function) { *f.Timeout = 1 })
}

// record is one line of the function's log.
type record struct {
	Message   string `json:"message"`
	Level     string `json:"level"`
	RequestID string `json:"requestId"`
	Instance  string `json:"instanceID"`
	Service   string `json:"serviceName"`
	Function  string `json:"functionName"`
	Hook      string `json:"hook"`
}

// records finds log records, oldest first. Each of key and value narrows the search, as
// "request", id, "hook", "PreStop".
func (k *kit) records(t *testing.T, query ...string) []record {
	t.Helper()
	q := url.Values{"service": {k.Service}, "function": {k.Function}, "limit": {strconv.Itoa(1000)}}
	for i := 0; i < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	var found struct{ Records []record }
	k.api(t, http.MethodGet, k.API+"/_lull/logs?"+q.Encode(), nil, &found)
	return found.Records
}

// waitRecord waits for a record that satisfies is.
func (k *kit) waitRecord(t *testing.T, what string, is func(record) bool, query ...string) (found record) {
	t.Helper()
	k.eventually(t, what, func() bool {
		for _, r := range k.records(t, query...) {
			if is(r) {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// api calls the control API, which has to agree.
func (k *kit) api(t *testing.T, method, url string, in, out any) {
	t.Helper()
	var body io.Reader
	if in != nil {
		body = bytes.NewReader(must(json.Marshal(in))(t))
	}
	req := must(http.NewRequest(method, url, body))(t)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp := must(k.client.Do(req))(t)
	defer resp.Body.Close()
	text := must(io.ReadAll(resp.Body))(t)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %s", method, url, resp.Status, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, url, err, text)
		}
	}
}
