package fcapi_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
)

// off is a hook that is not configured, as answers show it.
var off = object{"handler": "", "timeout": 0.0}

func on(handler string, timeout float64) object {
	return object{"handler": handler, "timeout": timeout}
}

// stored is the configuration that updates start from.
var stored = object{"preFreeze": on("index.preFreeze", 10), "preStop": on("preStop", 20)}

// TestLifecycle_FollowsTheRulesOfCreateAndUpdate has a case for every row of fc-api section 2.2. The input is the JSON of
// instanceLifecycleConfig; an answer of nil is a 400.
func TestLifecycle_FollowsTheRulesOfCreateAndUpdate(t *testing.T) {
	both := func(preFreeze, preStop object) object { return object{"preFreeze": preFreeze, "preStop": preStop} }
	kept := on("preStop", 20)
	srv := serve(t, fcapi.Config{})
	for i, c := range []struct {
		name           string
		input          string // empty: absent
		create, update object
	}{
		{"absent", ``, both(off, off), stored},
		{"null", `null`, both(off, off), stored},
		{"an empty object", `{}`, both(off, off), stored},
		{"a hook absent", `{"preStop":{"handler":"preStop","timeout":5}}`, both(off, on("preStop", 5)), both(on("index.preFreeze", 10), on("preStop", 5))},
		{"a hook null", `{"preFreeze":null}`, both(off, off), stored},
		{"an empty handler", `{"preFreeze":{"handler":""}}`, both(off, off), both(off, kept)},
		{"an empty handler with a timeout", `{"preFreeze":{"handler":"","timeout":10}}`, both(off, off), both(off, kept)},
		{"an empty handler with a timeout out of range", `{"preFreeze":{"handler":"","timeout":-5}}`, both(off, off), both(off, kept)},
		{"an empty handler with no number", `{"preFreeze":{"handler":"","timeout":"long"}}`, both(off, off), both(off, kept)},
		{"handler and timeout", `{"preFreeze":{"handler":"a.preFreeze","timeout":30}}`, both(on("a.preFreeze", 30), off), both(on("a.preFreeze", 30), kept)},
		{"a handler without a timeout", `{"preFreeze":{"handler":"a.preFreeze"}}`, both(on("a.preFreeze", 3), off), both(on("a.preFreeze", 10), kept)},
		{"a handler with a null timeout", `{"preFreeze":{"handler":"a.preFreeze","timeout":null}}`, both(on("a.preFreeze", 3), off), both(on("a.preFreeze", 10), kept)},
		{"a hook empty", `{"preFreeze":{}}`, both(off, off), stored},
		{"a handler null", `{"preFreeze":{"handler":null}}`, both(off, off), stored},
		{"a timeout alone", `{"preFreeze":{"timeout":60}}`, both(off, off), both(on("index.preFreeze", 60), kept)},
		{"an unknown key", `{"preFreeze":{"handler":"preFreeze","preFreeze":60},"preStart":{}}`, both(on("preFreeze", 3), off), both(on("preFreeze", 10), kept)},
		{"other case", `{"PreFreeze":{"Handler":"preFreeze","Timeout":7}}`, both(on("preFreeze", 7), off), both(on("preFreeze", 7), kept)},
		{"the bounds", `{"preFreeze":{"handler":"preFreeze","timeout":1},"preStop":{"handler":"preStop","timeout":300}}`,
			both(on("preFreeze", 1), on("preStop", 300)), both(on("preFreeze", 1), on("preStop", 300))},
		{"what answers show", `{"preFreeze":{"handler":"","timeout":0},"preStop":{"handler":"","timeout":0}}`, both(off, off), both(off, off)},

		{"a number", `5`, nil, nil},
		{"a list", `[]`, nil, nil},
		{"a hook that is text", `{"preFreeze":"index.preFreeze"}`, nil, nil},
		{"a handler that is a number", `{"preFreeze":{"handler":5}}`, nil, nil},
		{"a timeout that is text", `{"preFreeze":{"handler":"preFreeze","timeout":"10"}}`, nil, nil},
		{"a timeout alone that is text", `{"preFreeze":{"timeout":"10"}}`, nil, nil},
		{"a fraction", `{"preFreeze":{"handler":"preFreeze","timeout":1.5}}`, nil, nil},
		{"a timeout of 0", `{"preFreeze":{"handler":"preFreeze","timeout":0}}`, nil, nil},
		{"a timeout of 301", `{"preStop":{"handler":"preStop","timeout":301}}`, nil, nil},
		{"a handler without a function", `{"preStop":{"handler":"index."}}`, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &api{t, srv.host, srv.addr}
			created, updated := fmt.Sprintf("created%d", i), fmt.Sprintf("updated%d", i)
			more := object{}
			if c.input != "" {
				more["instanceLifecycleConfig"] = json.RawMessage(c.input)
			}
			made := a.do("POST", v+"/services/default/functions", function(created, more))
			if c.create == nil {
				made.fails(400, fn.CodeInvalidArgument)
			} else {
				require.Equal(t, c.create, made.ok()["instanceLifecycleConfig"])
			}

			a.create(updated, object{"instanceLifecycleConfig": stored})
			path := v + "/services/default/functions/" + updated
			changed := a.do("PUT", path, more)
			want := c.update
			if want == nil {
				changed.fails(400, fn.CodeInvalidArgument)
				want = stored
			} else {
				require.Equal(t, want, changed.ok()["instanceLifecycleConfig"])
			}
			require.Equal(t, want, a.do("GET", path, nil).ok()["instanceLifecycleConfig"], "what is stored")
		})
	}
}

func TestLifecycle_SaysWhichHookIsWrong(t *testing.T) {
	a := serve(t, fcapi.Config{})
	create := func(runtime string, config object) answer {
		return a.do("POST", v+"/services/default/functions", function("f", object{"runtime": runtime, "instanceLifecycleConfig": config}))
	}
	require.Equal(t, "InstanceLifecycleConfig.PreFreeze.Timeout is set to an invalid value (allowed: [1, 300], actual: '0')",
		create("wasm", object{"preFreeze": on("preFreeze", 0)}).fails(400, fn.CodeInvalidArgument))
	require.Equal(t, "InstanceLifecycleConfig.PreStop.Timeout is set to an invalid value (allowed: [1, 300], actual: '301')",
		create("wasm", object{"preStop": on("preStop", 301)}).fails(400, fn.CodeInvalidArgument))
	require.Equal(t, "InstanceLifecycleConfig.PreFreeze is not supported for runtime 'python3'",
		create("python3", object{"preFreeze": on("preFreeze", 3)}).fails(400, fn.CodeInvalidArgument))
	create("python3", object{"preFreeze": off, "preStop": on("preStop", 3)}).ok()
}

func TestLifecycle_KeepsARuntimeFromLosingTheFlagOfAStoredHook(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", object{"instanceLifecycleConfig": stored})
	path := v + "/services/default/functions/f"
	require.Equal(t, "InstanceLifecycleConfig.PreFreeze is not supported for runtime 'php7.2'",
		a.do("PUT", path, object{"runtime": "php7.2"}).fails(400, fn.CodeInvalidArgument))
	require.Equal(t, "wasm", a.do("GET", path, nil).ok()["runtime"])
	o := a.do("PUT", path, object{"runtime": "php7.2", "instanceLifecycleConfig": object{"preFreeze": object{"handler": ""}}}).ok()
	require.Equal(t, object{"preFreeze": off, "preStop": on("preStop", 20)}, o["instanceLifecycleConfig"])
}
