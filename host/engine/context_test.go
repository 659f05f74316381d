package engine

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/experimental/wazerotest"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// inCall is a guest in the middle of a call, without a module.
func inCall(phase abi.Phase, req *fn.Request) (*guest, *wazerotest.Memory) {
	f := fn.Function{Name: "f", Handler: "index.handler", Env: map[string]string{"KEY": "value"}}.WithDefaults()
	p := &Program{engine: &Engine{cfg: Config{MaxAnswerBytes: 10, Region: "local"}}, fn: &f}
	g := newGuest(p, "c-62b761c4-5a85e238b3ce404c817d", &said{})
	if phase != abi.PhaseNone {
		g.call = &call{Phase: phase, RequestID: fn.NewRequestID(), Deadline: time.UnixMilli(1584523100000), Request: req, Response: &fn.Response{}}
	}
	return g, wazerotest.NewFixedMemory(wazerotest.PageSize)
}

// specJSON is the worked example of context field 0 in abi/spec.md.
func specJSON(t *testing.T) (o map[string]any) {
	spec, err := os.ReadFile("../../abi/spec.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(spec), "Field 0, on one line")
	require.True(t, ok)
	_, rest, ok = strings.Cut(rest, "\n\n")
	require.True(t, ok)
	example, _, ok := strings.Cut(rest, "\n\n")
	require.True(t, ok)
	require.NoError(t, json.Unmarshal([]byte(example), &o))
	return o
}

func TestContext_JSONIsTheSpecsExample(t *testing.T) {
	want := specJSON(t)
	g, _ := inCall(abi.PhaseHandler, &fn.Request{HTTP: web("Accept: */*\n")})
	want["requestId"] = g.call.RequestID.String()
	text, ok := g.field(abi.FieldJSON)
	require.True(t, ok)
	var have map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &have))
	require.Equal(t, want, have)

	g, _ = inCall(abi.PhasePreFreeze, nil)
	want["requestId"], want["phase"] = g.call.RequestID.String(), "preFreeze"
	delete(want, "http")
	text, _ = g.field(abi.FieldJSON)
	have = nil
	require.NoError(t, json.Unmarshal([]byte(text), &have))
	require.Equal(t, want, have, "without HTTP there is no such part")
}

func TestContext_FieldsHaveTheNumbersOfTheSpec(t *testing.T) {
	g, _ := inCall(abi.PhaseHandler, &fn.Request{Qualifier: "prod", HTTP: web("Accept: */*\n")})
	want := []string{
		1: g.call.RequestID.String(), 2: "f", 3: "default", 4: "prod", 5: "", 6: "c-62b761c4-5a85e238b3ce404c817d", 7: "handler",
		8: "1584523100000", 9: "GET", 10: "/a", 11: "b=1", 12: "127.0.0.1", 13: "Accept: */*\n",
	}
	for n := 1; n < len(want); n++ {
		value, ok := g.field(abi.Field(n))
		require.True(t, ok, n)
		require.Equal(t, want[n], value, n)
	}
	for _, n := range []uint32{14, 100, 1 << 31, 1<<32 - 1} {
		_, ok := g.field(abi.Field(n))
		require.False(t, ok, n)
	}
	g, _ = inCall(abi.PhasePreStop, nil)
	for n := 9; n <= 13; n++ {
		_, ok := g.field(abi.Field(n))
		require.False(t, ok, "field %d is not there in a hook", n)
	}
	qualifier, _ := g.field(abi.FieldQualifier)
	require.Equal(t, fn.Latest, qualifier)
}

func TestContextRead_FollowsTheWorkedExample(t *testing.T) {
	g, mem := inCall(abi.PhasePreFreeze, nil)
	field := uint64(abi.FieldPhase)
	require.EqualValues(t, 9, contextRead(g, mem, []uint64{field, 0, 0}))
	require.EqualValues(t, 9, contextRead(g, mem, []uint64{field, 2048, 4}))
	require.Equal(t, make([]byte, 16), mem.Bytes[2048:2064], "it does not fit, so nothing is written")
	require.EqualValues(t, 9, contextRead(g, mem, []uint64{field, 2048, 16}))
	require.Equal(t, "preFreeze\x00", string(mem.Bytes[2048:2058]))
	require.EqualValues(t, abi.NotFound, contextRead(g, mem, []uint64{99, 0, 0}))
	require.Empty(t, g.refusal, "not found is an answer")
	require.PanicsWithError(t, "lull_v1.context_read: the range [65530, 65539) is outside the memory of 65536 bytes", func() {
		contextRead(g, mem, []uint64{field, 65530, 16})
	})
	value, _ := g.field(abi.FieldDeadline)
	_, err := strconv.ParseInt(value, 10, 64)
	require.NoError(t, err)
}
