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
	one := &memory{spaces: &kept, inUse: &inUse}
	one.reserve(limit)
	all := one.Reallocate(9 * fn.PageBytes)
	for i := range all {
		all[i] = 7
	}
	at := &all[0]
	one.Free()

	small := &image{size: fn.PageBytes}
	content := make([]byte, small.size)
	content[5000] = 1
	require.NoError(t, small.save(content)) // so few pages that it is copied
	t.Cleanup(small.drop)
	two := &memory{spaces: &kept, inUse: &inUse, image: small}
	two.reserve(limit)
	t.Cleanup(two.Free)
	got := two.Reallocate(limit)
	if runtime.GOOS == "linux" {
		require.Same(t, at, &got[0], "the space is used again")
	}
	require.Equal(t, content, got[:small.size])
	require.True(t, bytes.Equal(make([]byte, limit-small.size), got[small.size:]), "zeros behind the image")
}

func TestMemory_GrowsByZerosBehindItsImage(t *testing.T) {
	var inUse atomic.Int64
	var kept spaces
	t.Cleanup(kept.close)
	const limit = 16 * fn.PageBytes
	im := &image{size: 4 * fn.PageBytes}
	content := bytes.Repeat([]byte{0xee}, int(im.size))
	require.NoError(t, im.save(content))
	t.Cleanup(im.drop)
	m := &memory{spaces: &kept, inUse: &inUse, image: im}
	for range 3 { // one after the other
		m.reserve(limit)
		require.Equal(t, content, m.Reallocate(fn.PageBytes), "the whole image")
		for _, size := range []uint64{im.size + fn.PageBytes, limit} {
			got := m.Reallocate(size)
			require.Len(t, got, int(size))
			require.True(t, bytes.Equal(content, got[:im.size]))
			require.True(t, bytes.Equal(make([]byte, size-im.size), got[im.size:]))
		}
		require.Nil(t, m.Reallocate(limit+1))
		all := m.bytes()
		for i := range all {
			all[i] = 7
		}
		m.Free()
		require.Zero(t, inUse.Load())
	}
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
