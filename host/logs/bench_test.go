package logs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/store/jetstream"
)

var benched = fn.Key{Service: "s", Name: "f"}

// BenchmarkAdd writes the four lines of a request and its hook into one function's ring, from all processors, in memory and with an archive that stores them on disk.
func BenchmarkAdd(b *testing.B) {
	lines := func(b *testing.B, ring *logs.Ring) {
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			id := fn.NewRequestID()
			for pb.Next() {
				now := time.Now()
				for _, phase := range []abi.Phase{abi.PhaseHandler, abi.PhasePreFreeze} {
					for _, mark := range []logs.Mark{logs.Start, logs.End} {
						ring.Add(logs.Entry{Time: now, InstanceID: "c-62b761c4-5a85e238b3ce404c817d", RequestID: id, Phase: phase, Mark: mark})
					}
				}
			}
		})
	}
	b.Run("memory", func(b *testing.B) { lines(b, logs.NewRing(benched, 0)) })
	b.Run("store", func(b *testing.B) {
		s, err := jetstream.Open(b.Context(), b.TempDir(), nil)
		require.NoError(b, err)
		defer s.Close()
		a, err := logs.NewArchive(b.Context(), logs.ArchiveConfig{Store: s, MaxBytes: 64 << 20})
		require.NoError(b, err)
		lines(b, a.Ring(benched, 0))
		b.StopTimer()
		require.NoError(b, a.Close(b.Context()))
	})
}
