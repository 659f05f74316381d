// Package hosttest helps tests that need a running host: a guest that does what its event says, and a host that checks in clean-up
// that nothing has leaked.
package hosttest

import (
	"context"
	"embed"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
)

// Probe is a guest whose handler does what the first byte of the event says:
//
//	c   adds 2 to the count (preFreeze adds 1) and answers it: Number
//	i   answers how often the initializer ran: Number
//	M?  makes preFreeze and preStop do ?: t trap, l loop, e read an event, w write an answer, x exit 7, f fail, s sleep 100 ms, g log
//	e   answers the event
//	u   adds 1 to a count in memory and answers it: Number
//	l r v t x  loops, recurses deeper and deeper, recurses up and down, traps, exits with code 3
//	d   recurses 300,000 calls deep and returns
//	b   fills memory for ever
//	m g grows memory until it fails and traps; grows by one page and answers the old size in pages or -1: Number
//	p h H S  writes an answer from outside its memory; sets an illegal header, one of the host's, an illegal status
//	o   answers 201, X-Probe: yes, "yes"
//	f F fails handled (ValueError: no name) or unhandled without a report
//	L   logs "hello from the probe" as a warning
//	s z sleeps 100 ms, 1000 s
//	k?  answers context field ?, or a negative Number
//
// Any other event answers nothing. Other exports: initFails, initTraps, initLoops, and wrongType (i64) -> i64.
//
//go:embed testdata/probe.wasm
var Probe []byte

//go:embed testdata
var modules embed.FS

// Module is the module NAME.wasm of testdata. NAME.wat beside it says what it does and is its source:
//
//	wat2wasm NAME.wat -o NAME.wasm
//
// Those in the folder refused cannot be deployed.
func Module(t testing.TB, name string) []byte {
	t.Helper()
	code, err := modules.ReadFile("testdata/" + name + ".wasm")
	require.NoError(t, err)
	return code
}

// Number reads an answer that is a number.
func Number(t testing.TB, resp *fn.Response) int {
	t.Helper()
	require.Nil(t, resp.Fault)
	require.Len(t, resp.Body, 4)
	return int(int32(binary.LittleEndian.Uint32(resp.Body)))
}

// Function is a probe with all hooks on.
func Function(name string) fn.Function {
	return fn.Function{
		Name: name, Code: Probe,
		Initializer: fn.Hook{Handler: "initializer"}, PreFreeze: fn.Hook{Handler: "index.preFreeze"}, PreStop: fn.Hook{Handler: "preStop"},
	}
}

// New returns a host that is closed in clean-up, where everything must stop by itself and nothing may leak.
func New(t testing.TB, cfg host.Config) *host.Host {
	t.Helper()
	h := Open(t, cfg)
	t.Cleanup(func() { require.NoError(t, shut(h)) })
	return h
}

// CompileTimeout is for tests: the race detector makes the compiler some thirty times slower.
const CompileTimeout = time.Hour

// Open returns a host that the test may close by itself, in vain if it wants. In clean-up it must not have leaked anything: not the
// memory of a guest, not a program, not a goroutine.
func Open(t testing.TB, cfg host.Config) *host.Host {
	t.Helper()
	if cfg.CompileTimeout == 0 {
		cfg.CompileTimeout = CompileTimeout
	}
	opened() // first: a host has goroutines as soon as it is there
	h, err := host.New(cfg)
	if err != nil {
		_ = closed()
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		err := shut(h)
		require.NoError(t, closed())
		require.NotErrorIs(t, err, engine.ErrInUse)
	})
	return h
}

func shut(h *host.Host) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return h.Close(ctx)
}

// Deploy deploys functions or fails the test.
func Deploy(t testing.TB, h *host.Host, fs ...fn.Function) {
	t.Helper()
	for _, f := range fs {
		_, err := h.Deploy(t.Context(), f)
		require.NoError(t, err)
	}
}

// Invoke runs one event or fails the test.
func Invoke(t testing.TB, h *host.Host, name, event string) *fn.Response {
	t.Helper()
	resp, err := h.Invoke(t.Context(), name, fn.Request{Body: []byte(event)})
	require.NoError(t, err)
	return resp
}
