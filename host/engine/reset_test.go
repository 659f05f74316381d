package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReset_BringsEveryByteBack writes anywhere in a guest's memory and compares all of it after the reset, both where the written pages are
// copied and where they are too many for that, with an image that is mapped and with one of few pages, or none, that is copied.
func TestReset_BringsEveryByteBack(t *testing.T) {
	t.Run("an image of many pages", func(t *testing.T) { bringsBack(t, 4<<20) })
	t.Run("an image of few pages", func(t *testing.T) { bringsBack(t, 3*4096+5) })
	t.Run("an image of zeros", func(t *testing.T) { bringsBack(t, 0) })
}

// bringsBack uses an image that begins with as many bytes that are not zero, and goes on with zeros.
func bringsBack(t *testing.T, filled int) {
	e := newEngine(t, Config{})
	f := probe(t).WithDefaults()
	p := compile(t, e, f)
	// A memory larger than the probe's, so that there are more pages than a reset copies.
	const size = 8 << 20
	want := make([]byte, size)
	for i := range want[:filled] {
		want[i] = byte(rand.Uint32()) | 1
	}
	im := &image{size: size}
	require.NoError(t, im.save(want))
	t.Cleanup(im.drop)
	m := &memory{spaces: &p.engine.spaces, inUse: &p.engine.memories, image: im}
	m.reserve(2 * size)
	t.Cleanup(m.Free)
	got := m.Reallocate(0)
	require.Len(t, got, size)
	require.True(t, bytes.Equal(want, got), "a memory begins as its image")
	for _, writes := range []int{0, 1, 50, 5_000} {
		for range 5 {
			for range writes {
				at := rand.IntN(size)
				got[at]++
			}
			for range min(writes, 3) { // whole pages, to their last byte
				at := rand.IntN(size/4096) * 4096
				for i := range 4096 {
					got[at+i]++
				}
			}
			m.reset()
			require.True(t, bytes.Equal(want, got), "after %d writes", writes)
		}
	}
}
