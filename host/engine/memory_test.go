package engine

import (
	"bytes"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

func TestMemory_GrowsToItsLimitToThePage(t *testing.T) {
	var inUse atomic.Int64
	m := &memory{spaces: new(spaces), inUse: &inUse}
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

func TestSpaces_AreEmptyForTheirNextMemory(t *testing.T) {
	var inUse atomic.Int64
	var kept spaces
	t.Cleanup(kept.close)
	const limit = 16 * fn.PageBytes
	im := &image{size: 4 * fn.PageBytes}
	require.NoError(t, im.save(bytes.Repeat([]byte{0xee}, int(im.size))))
	t.Cleanup(im.drop)

	one := &memory{spaces: &kept, inUse: &inUse, image: im}
	one.reserve(limit)
	all := one.Reallocate(9 * fn.PageBytes)
	require.EqualValues(t, 0xee, all[im.size-1])
	for i := range all {
		all[i] = 7
	}
	at := &all[0]
	one.Free()

	small := &image{size: fn.PageBytes}
	require.NoError(t, small.save(bytes.Repeat([]byte{1}, int(small.size))))
	t.Cleanup(small.drop)
	two := &memory{spaces: &kept, inUse: &inUse, image: small}
	two.reserve(limit)
	t.Cleanup(two.Free)
	got := two.Reallocate(limit)
	if runtime.GOOS == "linux" {
		require.Same(t, at, &got[0], "the space is used again")
	}
	require.Equal(t, bytes.Repeat([]byte{1}, int(small.size)), got[:small.size])
	require.True(t, bytes.Equal(make([]byte, limit-small.size), got[small.size:]), "zeros behind the image")
}

func TestSpaces_KeepSoManyAndNoneOnceClosed(t *testing.T) {
	var s spaces
	var all [][]byte
	for range maxSpaces + 3 {
		all = append(all, s.take(fn.PageBytes))
	}
	for _, space := range all {
		s.put(space, fn.PageBytes)
	}
	if runtime.GOOS == "linux" {
		require.Equal(t, maxSpaces, s.kept)
	}
	last := s.take(fn.PageBytes)
	s.close()
	s.put(last, 0)
	require.Zero(t, s.kept)
}
