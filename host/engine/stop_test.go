package engine_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/instance"
)

// silent drops what guests write.
type silent struct{}

func (silent) Line(*instance.Call, abi.Level, string) {}
func (silent) Part(*instance.Call, abi.Level, string) {}
func (silent) Note(*instance.Call, string)            {}

func compile(t testing.TB, f fn.Function) *engine.Program {
	t.Helper()
	e, err := engine.New(engine.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	f = f.WithDefaults()
	p, err := e.Compile(t.Context(), &f)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func start(t testing.TB, p *engine.Program) instance.Guest {
	t.Helper()
	g, fault := p.Start("c-test", silent{})
	require.Nil(t, fault)
	return g
}

// call runs one event with a deadline and returns what came of it.
func call(g instance.Guest, event string, timeout time.Duration) (*instance.Call, *fn.Fault) {
	now := time.Now()
	c := &instance.Call{
		Phase: abi.PhaseHandler, RequestID: fn.NewRequestID(), Start: now, Deadline: now.Add(timeout),
		Request: &fn.Request{Body: []byte(event)}, Response: new(fn.Response),
	}
	return c, g.Call(c)
}

func TestCall_AGuestThatNeverEndsIsStoppedAtItsDeadline(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	for event, what := range map[string]string{"l": "a loop", "r": "a recursion", "v": "functions that call each other", "z": "a sleep", "b": "bulk copies"} {
		t.Run(what, func(t *testing.T) {
			g := start(t, p)
			defer g.Close()
			_, fault := call(g, event, 30*time.Millisecond)
			require.NotNil(t, fault)
			require.Contains(t, []string{fn.TypeTimeout, fn.TypeTrap}, fault.Type) // a recursion may run out of stack before
			require.True(t, fault.Fatal)
		})
	}
}

func TestCall_InterruptEndsASpinningGuest(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	for _, event := range []string{"l", "z"} {
		g := start(t, p)
		time.AfterFunc(10*time.Millisecond, g.Interrupt)
		_, fault := call(g, event, time.Hour)
		require.NotNil(t, fault)
		require.Equal(t, fn.TypeExit, fault.Type)
		g.Close()
	}
}

func TestCall_AGarbageCollectionEndsBesideASpinningGuest(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	spinning := make(chan struct{})
	g := start(t, p)
	go func() {
		defer close(spinning)
		call(g, "l", time.Hour)
	}()
	for range 5 { // with a guest that Go cannot stop, the first one would last as long as the guest
		runtime.GC()
	}
	select {
	case <-spinning:
		t.Fatal("the guest was to spin for an hour")
	default:
	}
	g.Interrupt()
	<-spinning
	g.Close()
}

func TestCall_MoreSpinningGuestsThanTurnsAllReachTheirDeadline(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	faults := make(chan *fn.Fault)
	const guests = 8
	for range guests {
		g := start(t, p)
		go func() {
			_, fault := call(g, "l", 100*time.Millisecond)
			g.Close()
			faults <- fault
		}()
	}
	for range guests {
		require.Equal(t, fn.TypeTimeout, (<-faults).Type)
	}
	// The turns have been given back: another long call gets one.
	g := start(t, p)
	defer g.Close()
	_, fault := call(g, "l", 50*time.Millisecond)
	require.Equal(t, fn.TypeTimeout, fault.Type)
}

func TestCall_FuelIsTheSameForTheSameWork(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	used := map[uint64]int{}
	for range 5 {
		g := start(t, p)
		c, fault := call(g, "e"+string(make([]byte, 200_000)), time.Minute)
		require.Nil(t, fault)
		require.NotZero(t, c.Fuel)
		used[c.Fuel]++
		g.Close()
	}
	require.Len(t, used, 1)
}

func TestCall_ADeepStackIsNotKept(t *testing.T) {
	g := start(t, compile(t, hosttest.Function("f")))
	defer g.Close()
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	_, fault := call(g, "d", time.Minute)
	require.Nil(t, fault)
	require.Less(t, heap()-before, int64(1<<20), "the stack was tens of MiB")
	c, fault := call(g, "c", time.Minute)
	require.Nil(t, fault)
	require.Equal(t, []byte{2, 0, 0, 0}, c.Response.Body)
}

// nestedTries has a handler that calls itself in a try_table as often as the event has bytes:
//
//	(module
//	  (func $down (param i32) (if (local.get 0) (then
//	    (try_table (catch_all 0) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
//	  (memory (export "memory") 1)
//	  (func (export "handler") (param i32) (result i32) (call $down (local.get 0)) (i32.const 0)))
const nestedTries = "\x00asm\x01\x00\x00\x00" +
	"\x01\x0a\x02\x60\x01\x7f\x00\x60\x01\x7f\x01\x7f" + // types
	"\x03\x03\x02\x00\x01" + // functions
	"\x05\x03\x01\x00\x01" + // memory
	"\x07\x14\x02\x06memory\x02\x00\x07handler\x00\x01" + // exports
	"\x0a\x1f\x02" + // code
	"\x14\x00\x20\x00\x04\x40\x1f\x40\x01\x02\x00\x20\x00\x41\x01\x6b\x10\x00\x0b\x0b\x0b" +
	"\x08\x00\x20\x00\x10\x00\x41\x00\x0b"

func TestCall_NestedTriesAreBounded(t *testing.T) {
	p := compile(t, fn.Function{Name: "f", Code: []byte(nestedTries)})
	g := start(t, p)
	defer g.Close()
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	_, fault := call(g, string(make([]byte, 500)), time.Minute)
	require.Nil(t, fault)
	require.Less(t, heap()-before, int64(1<<20), "the copies were tens of MiB")

	_, fault = call(g, string(make([]byte, 100_000)), time.Minute)
	require.NotNil(t, fault, "the copies would take a hundred GiB")
	require.Equal(t, fn.TypeTrap, fault.Type)
	require.Contains(t, fault.Message, "try_table")
	require.True(t, fault.Fatal)

	other := start(t, p)
	defer other.Close()
	_, fault = call(other, "", time.Minute)
	require.Nil(t, fault)
}

func TestCall_WhatTheHostDoesForAGuestEndsAtTheDeadline(t *testing.T) {
	p := compile(t, fn.Function{Name: "f", Code: hosttest.Module(t, "floods")})
	for event, what := range map[string]string{"w": "output without lines", "n": "output of empty lines", "e": "output of nothing", "r": "random bytes"} {
		t.Run(what, func(t *testing.T) {
			g := start(t, p)
			defer g.Close()
			_, fault := call(g, event, 30*time.Millisecond)
			require.NotNil(t, fault)
			require.Equal(t, fn.TypeTimeout, fault.Type)
		})
	}
}
