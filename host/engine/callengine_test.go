package engine

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

func TestCallFunction_LeavesAGuestWithoutAStack(t *testing.T) {
	e := newEngine(t, Config{})
	p := compile(t, e, fn.Function{Name: "f", Code: testModule(t, "probe")})
	g, fault := p.Start("c-test", &said{})
	require.Nil(t, fault)
	defer g.Close()
	f := &g.(*reactor).driver.(*exports).functions[abi.PhaseHandler]
	for _, event := range []string{"c", "d", "t"} { // counts, recurses, traps
		fault = g.Call(request(event))
		require.Equal(t, event == "t", fault != nil)
		require.NotNil(t, f.entry, "wazero's fields are known")
		require.Nil(t, f.whole)
		require.Nil(t, g.(*reactor).runs)
		c := e.callEngines.take(false)
		require.Nil(t, *c.instance(), "who keeps the stack does not keep the guest")
		require.Nil(t, *c.pointer())
		require.Nil(t, *c.tryTables())
		e.callEngines.put(c)
	}
}

func TestFunction_IsThatOfItsOwnGuest(t *testing.T) {
	p := compile(t, newEngine(t, Config{}), fn.Function{Name: "f", Code: testModule(t, "probe")})
	a, b := start(t, p).(*reactor), start(t, p).(*reactor)
	first, second := a.function(a.mod, "handler"), b.function(b.mod, "handler")
	require.NotNil(t, first.entry)
	require.Same(t, first.entry, second.entry, "what instances share is kept once")
	require.NotEqual(t, first.instance, second.instance)
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
	require.Nil(t, start(t, compile(t, e, probe(t))).Call(request("c"))) // shows the engine what wazero's are like
	page := func(c *callEngine, at int) *byte { return &c.deep[at] }
	for name, looks := range map[string]struct {
		sunk  bool
		calls int
	}{"seen there": {true, 1}, "not seen": {false, 256}} {
		t.Run(name, func(t *testing.T) {
			c := e.callEngines.take(false)
			require.Len(t, c.deep, deepStack)
			*page(c, 0), *page(c, deepStack/2), *page(c, deepStack-1) = 1, 1, 1
			c.sunk = looks.sunk
			for range looks.calls {
				e.callEngines.put(c)
			}
			require.Zero(t, *page(c, 0))
			require.Zero(t, *page(c, deepStack/2))
			require.Equal(t, byte(1), *page(c, deepStack-1), "what most calls use stays")
		})
	}
}

func TestStacks_ThoseOfTheHeapAreKeptWhileSmall(t *testing.T) {
	e := newEngine(t, Config{})
	require.Nil(t, start(t, compile(t, e, probe(t))).Call(request("c"))) // shows the engine what wazero's are like
	c := e.callEngines.take(true)
	require.Len(t, *c.stack(), shallowStack)
	require.Zero(t, *c.top()%16)
	c.lay(make([]byte, keptStack+1))
	e.callEngines.put(c)
	for range 3 {
		require.LessOrEqual(t, len(*e.callEngines.take(true).stack()), keptStack)
	}
}

func TestTank_IsReadWhereTheGuestHasIt(t *testing.T) {
	p := compile(t, newEngine(t, Config{}), fn.Function{Name: "f", Code: testModule(t, "probe")})
	require.Nil(t, start(t, p).Call(request("c"))) // shows the engine what wazero's are like
	g := start(t, p).(*reactor)
	require.NotNil(t, g.fuel.at)
	require.Nil(t, g.Call(request("c")))
	require.Equal(t, g.fuel.global.Get(), uint64(uint32(*g.fuel.at)))
	require.Positive(t, g.fuel.used())
	require.Nil(t, globalOf(g.mod, p.mod.bin.FuelIndex, g.fuel.global.Get()+1), "another value is not taken for it")
}
