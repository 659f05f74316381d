package meter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lull-dev/lull/host/fn"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestBusy_ClosesOneIntervalForTheUnionOfOverlappingWork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Random pieces of work, as edges in time order; the reference marks every microsecond that is covered.
		type edge struct{ at, delta int }
		var edges []edge
		covered := make([]bool, 400)
		for range rapid.IntRange(1, 8).Draw(t, "pieces") {
			from := rapid.IntRange(0, 300).Draw(t, "from")
			to := from + rapid.IntRange(1, 80).Draw(t, "length")
			edges = append(edges, edge{from, +1}, edge{to, -1})
			for i := from; i < to; i++ {
				covered[i] = true
			}
		}
		var b Busy
		total := 0
		for at := range 400 {
			for _, delta := range []int{+1, -1} { // work that begins as other work ends continues the interval
				for _, e := range edges {
					if e.at != at || e.delta != delta {
						continue
					}
					now := epoch.Add(time.Duration(at) * time.Microsecond)
					if delta > 0 {
						b.Begin(now)
					} else if start, closed := b.End(now); closed {
						total += int(now.Sub(start) / time.Microsecond)
					}
				}
			}
		}
		want := 0
		for _, c := range covered {
			if c {
				want++
			}
		}
		require.Equal(t, want, total)
	})
}

func TestLedger_RoundsUpOncePerInterval(t *testing.T) {
	l := NewLedger(fn.Key{Service: "s", Name: "f"})
	add := func(d time.Duration, mib int) {
		l.Close(fn.BusyInterval{Start: epoch, End: epoch.Add(d), MemoryMiB: mib})
	}
	add(80*time.Millisecond+160*time.Microsecond, 1024)
	require.EqualValues(t, 81, l.Usage().BilledMs)
	require.InDelta(t, 0.081, l.Usage().CU, 1e-12)
	add(1, 1024) // one nanosecond is a started millisecond
	add(0, 1024)
	require.EqualValues(t, 82, l.Usage().BilledMs)
	add(120*time.Millisecond+200*time.Microsecond, 512)
	require.InDelta(t, 0.082+0.0605, l.Usage().CU, 1e-12)
	require.EqualValues(t, 4, l.Usage().BusyIntervals)
}

func TestLedger_KeepsTheNewestIntervalsInOrder(t *testing.T) {
	l := NewLedger(fn.Key{})
	for i := range recent + 7 {
		l.Close(fn.BusyInterval{Start: epoch.Add(time.Duration(i) * time.Second), End: epoch.Add(time.Duration(i) * time.Second)})
	}
	u := l.Usage()
	require.Len(t, u.Recent, recent)
	require.Equal(t, epoch.Add(7*time.Second), u.Recent[0].Start)
	require.Equal(t, epoch.Add((recent+6)*time.Second), u.Recent[recent-1].Start)
}
