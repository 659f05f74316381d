package engine

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

func TestMemory_GrowsToItsLimitToThePage(t *testing.T) {
	var inUse atomic.Int64
	m := &memory{inUse: &inUse}
	const limit = 16 * fn.PageBytes
	m.reserve(limit)
	require.EqualValues(t, 1, inUse.Load())

	small := m.Reallocate(fn.PageBytes)
	require.Len(t, small, fn.PageBytes)
	require.Equal(t, fn.PageBytes, cap(small), "what is behind it is not the guest's yet")
	small[0] = 7
	full := m.Reallocate(limit)
	require.Len(t, full, limit)
	require.EqualValues(t, 7, full[0], "growing keeps what is there")
	require.Same(t, &small[0], &full[0], "and where it is")
	full[limit-1] = 9
	require.EqualValues(t, limit, m.size.Load())
	require.False(t, m.refused)

	require.Nil(t, m.Reallocate(limit+fn.PageBytes))
	require.True(t, m.refused)
	require.EqualValues(t, limit, m.size.Load(), "a grow that failed changes nothing")

	m.Free()
	m.Free()
	require.Zero(t, inUse.Load())
	require.Nil(t, m.Reallocate(fn.PageBytes), "nothing is left")
}

func TestMemory_WithoutAddressSpaceRefuses(t *testing.T) {
	var inUse atomic.Int64
	m := &memory{inUse: &inUse} // as after a reserve that failed
	require.Nil(t, m.Reallocate(fn.PageBytes))
	m.Free()
	require.Zero(t, inUse.Load())
}

func TestMemory_OfAGuestGrowsToTheLimitAndRefusesOnePageMore(t *testing.T) {
	g := start(t, compile(t, newEngine(t, Config{}), probe(t))).(*reactor) // 16 pages, of which it has 2
	for range 14 {
		require.Nil(t, g.Call(request("g")))
		require.False(t, g.memory.refused)
	}
	require.EqualValues(t, 16*fn.PageBytes, g.Memory())
	c := request("g")
	require.Nil(t, g.Call(c))
	require.True(t, g.memory.refused)
	require.Equal(t, "\xff\xff\xff\xff", string(c.Response.Body))

	require.Equal(t, fn.TypeTrap, g.Call(request("t")).Type, "the refusal was the call's before")
}
