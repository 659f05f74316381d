package engine

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

func TestCallFunction_LeavesAGuestWithoutAStack(t *testing.T) {
	p := compile(t, newEngine(t, Config{}), fn.Function{Name: "f", Code: testModule(t, "probe")})
	g, fault := p.Start("c-test", &said{})
	require.Nil(t, fault)
	defer g.Close()
	f := &g.(*reactor).driver.(*exports).functions[abi.PhaseHandler]
	for _, event := range []string{"c", "d", "t"} { // counts, recurses, traps
		fault = g.Call(request(event))
		require.Equal(t, event == "t", fault != nil)
		require.NotNil(t, f.at, "wazero's fields are known")
		require.Nil(t, *f.stack())
		require.Zero(t, *f.top())
		require.Nil(t, *f.bottom())
		require.Nil(t, *f.pointer())
		require.Nil(t, *f.tryTables())
		require.Nil(t, g.(*reactor).runs)
	}
}

func TestCallFunction_ARecursionTakesNothingOfTheHeap(t *testing.T) {
	if !lazySpace {
		t.Skip("stacks are of the heap on this system")
	}
	p := compile(t, newEngine(t, Config{}), fn.Function{Name: "f", Code: testModule(t, "probe")})
	g, fault := p.Start("c-test", &said{})
	require.Nil(t, fault)
	defer g.Close()
	require.Nil(t, g.Call(request("c")))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.Nil(t, g.Call(request("d")))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "wazero moved the stack to larger ones of tens of MiB")
}

func TestStacks_GiveBackWhatWasFarDown(t *testing.T) {
	if !lazySpace {
		t.Skip("stacks are of the heap on this system")
	}
	e := newEngine(t, Config{})
	page := func(c *callStack, at int) *byte { return &c.bytes[at] }
	for name, looks := range map[string]struct {
		sunk  bool
		calls int
	}{"seen there": {true, 1}, "not seen": {false, 256}} {
		t.Run(name, func(t *testing.T) {
			c := e.stacks.take(false)
			require.Len(t, c.bytes, deepStack)
			*page(c, 0), *page(c, deepStack/2), *page(c, deepStack-1) = 1, 1, 1
			c.sunk = looks.sunk
			for range looks.calls {
				e.stacks.put(c)
			}
			require.Zero(t, *page(c, 0))
			require.Zero(t, *page(c, deepStack/2))
			require.Equal(t, byte(1), *page(c, deepStack-1), "what most calls use stays")
		})
	}
}

func TestStacks_ThoseOfTheHeapAreKeptWhileSmall(t *testing.T) {
	e := newEngine(t, Config{})
	c := e.stacks.take(true)
	require.Len(t, c.bytes, shallowStack)
	require.Zero(t, c.top%16)
	c.bytes = make([]byte, keptStack+1)
	e.stacks.put(c)
	for range 3 {
		require.LessOrEqual(t, len(e.stacks.take(true).bytes), keptStack)
	}
}
