package bench

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/load"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/store/jetstream"
)

// settleTime is longer than an archive collects.
const settleTime = 500 * time.Millisecond

// BenchmarkLogging compares the throughput over HTTP of the Go counter with both hooks, on three hosts in this process: without a log, with the log and the request
// list in memory, and with both kept in a store on disk. 32 connections each send the next request when they have the answer. Rounds take turns; the ratios
// are medians over the rounds.
func BenchmarkLogging(b *testing.B) {
	code := counter(b)
	kept, err := jetstream.Open(b.Context(), b.TempDir(), nil)
	require.NoError(b, err)
	defer kept.Close()
	b.Run("hosts", func(b *testing.B) { // whose clean-up comes before the store's end
		type contender struct {
			name, url string
			host      *host.Host
		}
		var contenders []contender
		for _, c := range []struct {
			name string
			cfg  host.Config
		}{{"off", host.Config{LogBytes: -1}}, {"memory", host.Config{}}, {"store", host.Config{Store: kept}}} {
			h := hosttest.Open(b, c.cfg)
			hosttest.Deploy(b, h, withHooks(fn.Function{Name: "f", Code: code}))
			server := front.New(h, front.Config{Log: zerolog.Nop()})
			addr := listen(b, server.Serve, func() error { return server.Shutdown(context.Background()) })
			contenders = append(contenders, contender{c.name, "http://" + addr + "/f/", h})
		}
		for range b.N {
			perSecond, p99 := map[string][]float64{}, map[string][]float64{}
			for round := range rounds + 1 {
				for i := range contenders {
					c := contenders[(i+round)%len(contenders)]
					time.Sleep(settleTime) // what the one before left to be stored is not on this one's bill
					calls, err := load.NewHTTP(c.url, connections, nil, nil)
					require.NoError(b, err)
					got := load.Closed(b.Context(), connections, roundTime, calls.Call)
					calls.Close()
					require.NoError(b, got.FirstError)
					if round > 0 { // the first one warms up
						perSecond[c.name] = append(perSecond[c.name], got.PerSecond())
						p99[c.name] = append(p99[c.name], float64(got.Latency.Percentile(99)))
					}
				}
			}
			ratio := func(of map[string][]float64, name, to string) float64 {
				var ratios []float64
				for i := range of[name] {
					ratios = append(ratios, of[name][i]/of[to][i])
				}
				return median(ratios)
			}
			b.ReportMetric(median(perSecond["off"]), "off-req/s")
			b.ReportMetric(ratio(perSecond, "memory", "off"), "memory/off")
			b.ReportMetric(ratio(perSecond, "store", "off"), "store/off")
			b.ReportMetric(ratio(perSecond, "store", "memory"), "store/memory")
			b.ReportMetric(ratio(p99, "store", "memory"), "p99-store/memory")
		}
		b.ReportMetric(0, "ns/op") // means nothing here
		requests, err := contenders[2].host.SearchRequests(b.Context(), key, logs.RequestFilter{})
		require.NoError(b, err)
		require.Len(b, requests, logs.MaxResults)
	})
}
