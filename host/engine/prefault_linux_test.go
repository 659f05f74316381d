package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

// own counts the pages that belong to a guest alone.
func own(g interface{ Resident() (int64, int64) }) int {
	_, private := g.Resident()
	return int(private) / len(zeroPage)
}

func TestStart_GetsThePagesThatEveryGuestBeforeHasWrittenTo(t *testing.T) {
	p := compile(t, newEngine(t, Config{}), fn.Function{Name: "f", Code: testModule(t, "pages")})
	asked := func(event string) {
		g := start(t, p)
		require.Zero(t, own(g), "it is watched")
		c := request(event)
		require.Nil(t, g.Call(c))
		require.Equal(t, []byte{byte(2 * len(event))}, c.Response.Body)
	}
	asked("abcdefgh") // and the page that the event is read into, and the one of the answer
	asked("bcdk")
	require.Nil(t, start(t, p).Call(request("cdh")))
	require.Equal(t, lessons, int(p.image.seen.Load()))

	g := start(t, p)
	if noPrefault.Load() {
		t.Skip("the system cannot populate many stretches of memory at once: Linux can from 6.15 on")
	}
	require.Equal(t, 4, own(g), "c, d, and the two that are of no letter")
	c := request("cdefgh")
	require.Nil(t, g.Call(c))
	require.Equal(t, []byte{12}, c.Response.Body, "they are copies of the image's")
	require.Equal(t, 8, own(g))
	other := start(t, p)
	c = request("cd")
	require.Nil(t, other.Call(c))
	require.Equal(t, []byte{4}, c.Response.Body, "and nobody else's")
}

func TestStart_LearnsNothingFromALargeEvent(t *testing.T) {
	im := &image{}
	memory := reserve(uint64((mostCopied+1)*len(zeroPage)), 1)[0]
	defer release(memory)
	for at := 0; at < len(memory); at += len(zeroPage) {
		memory[at] = 1
	}
	im.learn(memory)
	require.Nil(t, im.pages.Load())
	require.True(t, im.learns(), "others follow")
	im.learn(memory[:mostCopied*len(zeroPage)])
	require.Equal(t, []stretch{{0, mostCopied * len(zeroPage)}}, *im.pages.Load())

	never := &image{}
	for range lessons {
		require.True(t, never.learns())
		never.learn(memory)
	}
	require.False(t, never.learns(), "a function of large events is not looked at for ever")
	require.Nil(t, never.pages.Load())
}
