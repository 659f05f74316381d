package bench

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/lullserver"
	"github.com/lull-dev/lull/bench/process"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/store/jetstream"
)

// BenchmarkManyFunctions starts `lull serve` on a data directory with 10,000 functions: the time until it listens, its memory then, and how long a page of 100
// of them takes.
func BenchmarkManyFunctions(b *testing.B) {
	const functions = 10_000
	dir := b.TempDir()
	binary, err := lullserver.Build(b.Context(), dir)
	require.NoError(b, err)
	data := filepath.Join(dir, "data")
	kept, err := jetstream.Open(b.Context(), filepath.Join(data, "store"), nil)
	require.NoError(b, err)
	h, err := host.New(host.Config{Store: kept, CacheDir: filepath.Join(data, "cache")})
	require.NoError(b, err)
	hosttest.Deploy(b, h, withHooks(fn.Function{Name: "f00000", Code: hosttest.Probe}))
	require.NoError(b, h.Close(b.Context()))
	// The others are copies of its document: deploying them takes minutes.
	documents, err := kept.Bucket(b.Context(), "functions")
	require.NoError(b, err)
	first, err := documents.Get(b.Context(), "default.f00000")
	require.NoError(b, err)
	for i := range functions - 1 {
		name := fmt.Sprintf("f%05d", i+1)
		_, err := documents.Put(b.Context(), "default."+name, bytes.Replace(first.Value, []byte("f00000"), []byte(name), 1), 0)
		require.NoError(b, err)
	}
	require.NoError(b, kept.Close())
	b.Run("start", func(b *testing.B) {
		var ready, page, resident []float64
		for range b.N {
			var api string
			began := time.Now()
			child, err := process.Start(b.Context(), process.Command{
				Path: binary, Args: []string{"serve", "--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data},
			}, func(line string) bool {
				if url, ok := strings.CutPrefix(line, "listening: control API "); ok {
					api = url
				}
				return strings.HasPrefix(line, "listening: function URLs ")
			})
			require.NoError(b, err)
			ready = append(ready, time.Since(began).Seconds())
			for range 30 {
				began := time.Now()
				resp, err := http.Get(fmt.Sprintf("%s/2016-08-15/services/default/functions?limit=100&startKey=f%05d", api, rand.IntN(functions-100)))
				require.NoError(b, err)
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				require.NoError(b, err)
				page = append(page, float64(time.Since(began).Microseconds())/1000)
				require.Equal(b, 100, strings.Count(string(body), `"functionName"`))
			}
			resident = append(resident, residentMiB(b, child.PID()))
			child.Stop()
		}
		b.ReportMetric(median(ready), "s-to-ready")
		b.ReportMetric(median(page), "ms/page")
		b.ReportMetric(median(resident), "MiB-resident")
		b.ReportMetric(0, "ns/op")
	})
}

// residentMiB is the physical memory of a process, where Linux tells it, or 0.
func residentMiB(b *testing.B, pid int) float64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident int
	_, err = fmt.Sscan(string(statm), &size, &resident)
	require.NoError(b, err)
	return float64(resident) * float64(os.Getpagesize()) / fn.MiB
}

// BenchmarkDurableDeploy compares deploys of a module of 1 MB on a host whose store is in memory and on one whose store is on disk. They take turns; the difference of the medians is
// what it costs to have the function kept.
func BenchmarkDurableDeploy(b *testing.B) {
	kept, err := jetstream.Open(b.Context(), b.TempDir(), nil)
	require.NoError(b, err)
	defer kept.Close()
	b.Run("hosts", func(b *testing.B) { // whose clean-up comes before the store's end
		hosts := []*host.Host{hosttest.New(b, host.Config{}), hosttest.New(b, host.Config{Store: kept})}
		var took [2][]float64
		for range b.N {
			for range 20 {
				for i, h := range hosts {
					code := padded(1 << 20)
					began := time.Now()
					_, err := h.Deploy(b.Context(), fn.Function{Name: "f", Code: code})
					require.NoError(b, err)
					took[i] = append(took[i], float64(time.Since(began).Microseconds())/1000)
				}
			}
		}
		b.ReportMetric(median(took[0]), "memory-ms")
		b.ReportMetric(median(took[1]), "disk-ms")
		b.ReportMetric(median(took[1])-median(took[0]), "difference-ms")
		b.ReportMetric(0, "ns/op")
	})
}

// padded is the probe with a section of so many random bytes that means nothing.
func padded(size int) []byte {
	section := []byte{1, 'x'}
	for range size {
		section = append(section, byte(rand.Uint32()))
	}
	module := append([]byte{}, hosttest.Probe...)
	module = append(module, 0)
	n := len(section)
	for ; n >= 0x80; n >>= 7 {
		module = append(module, byte(n)|0x80)
	}
	return append(append(module, byte(n)), section...)
}
