package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/runtimes"
)

func TestHookFlags_Choose(t *testing.T) {
	every := []string{"initializer", "preFreeze", "preStop"}
	table, err := runtimes.New()
	require.NoError(t, err)
	for sentence, c := range map[string]struct {
		runtime   string
		exported  []string
		preFreeze *string
		want      string // preFreeze's handler
		notes     int
	}{
		"takes a hook that is exported":                         {"wasm", every, nil, "preFreeze", 0},
		"leaves a hook off that is not":                         {"wasm", []string{"preStop"}, nil, "", 0},
		"takes the name of the flag":                            {"wasm", every, new("index.flush"), "index.flush", 0},
		"takes the name of the flag without a look at exports":  {"wasm", nil, new("flush"), "flush", 0},
		"switches off with none":                                {"wasm", every, new("none"), "", 0},
		"switches off with an empty name":                       {"wasm", every, new(""), "", 0},
		"leaves off what the runtime may not have, with a note": {"python3", every, nil, "", 1},
		"says nothing if it is not exported":                    {"python3", nil, nil, "", 0},
		"says nothing if it is switched off":                    {"python3", every, new("none"), "", 0},
		"leaves it to the server to refuse what was asked for":  {"python3", every, new("preFreeze"), "preFreeze", 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			rt, ok := table.Get(c.runtime)
			require.True(t, ok)
			h := hookFlags{PreFreeze: c.preFreeze, InitializerTimeout: 1, PreFreezeTimeout: 2, PreStopTimeout: 3}
			got, notes, err := h.choose(c.exported, rt)
			require.NoError(t, err)
			require.Len(t, notes, c.notes)
			want := client.Hook{}
			if c.want != "" {
				want = client.Hook{Handler: c.want, Timeout: 2}
			}
			require.Equal(t, want, got.preFreeze)
		})
	}
}
