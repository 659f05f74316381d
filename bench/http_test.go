package bench

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/hosttest"
)

const (
	connections = 32
	rounds      = 11
	roundTime   = 300 * time.Millisecond
)

// BenchmarkWarmHTTP compares the throughput of the Go counter behind front with that of a bare fasthttp handler that writes the same bytes: a
// count, and headers of the same names and lengths. Both are on TCP, their clients in this process: 32 connections, each sending the next
// request when it has the answer. Rounds of all contenders take turns; the ratios are medians over the rounds.
func BenchmarkWarmHTTP(b *testing.B) {
	code := counter(b)
	h := hosttest.New(b, host.Config{})
	hosttest.Deploy(b, h,
		withHooks(fn.Function{Name: "hooks", Code: code}),
		fn.Function{Name: "plain", Code: code},
		fn.Function{Name: "fresh", Code: code, Isolation: fn.EachFresh})
	server := front.New(h, front.Config{Log: zerolog.Nop()})
	lull := listen(b, server.Serve, func() error { return server.Shutdown(context.Background()) })

	sample := get(b, lull, "/hooks/")
	var count atomic.Int64
	bare := &fasthttp.Server{NoDefaultDate: true, NoDefaultServerHeader: true, NoDefaultContentType: true, Handler: func(ctx *fasthttp.RequestCtx) {
		for _, f := range sample {
			ctx.Response.Header.SetBytesV(f.Name, []byte(f.Value))
		}
		ctx.Response.SetBody(strconv.AppendInt(ctx.Response.Body(), count.Add(2), 10))
	}}
	reference := listen(b, bare.Serve, bare.Shutdown)

	contenders := []struct{ name, addr, path string }{{"bare", reference, "/hooks/"}, {"hooks", lull, "/hooks/"}, {"no-hooks", lull, "/plain/"}, {"fresh", lull, "/fresh/"}}
	for range b.N {
		perSecond := map[string][]float64{}
		ratios := map[string][]float64{}
		var fresh []float64 // against the same function with isolation serial
		for round := range rounds + 1 {
			for _, c := range contenders {
				n := hammer(b, c.addr, c.path)
				if round == 0 {
					continue // warms up
				}
				perSecond[c.name] = append(perSecond[c.name], n)
				if c.name != "bare" {
					ratios[c.name] = append(ratios[c.name], n/perSecond["bare"][round-1])
				}
				if c.name == "fresh" {
					fresh = append(fresh, n/perSecond["no-hooks"][round-1])
				}
			}
		}
		b.ReportMetric(median(fresh), "fresh/no-hooks")
		for _, c := range contenders {
			b.ReportMetric(median(perSecond[c.name]), c.name+"-req/s")
			if r := ratios[c.name]; r != nil {
				b.ReportMetric(median(r), c.name+"/bare")
				b.Logf("%s/bare: median %.3f of %.3f", c.name, median(r), r)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // means nothing here
}

// listen serves on a port of its own until the clean-up.
func listen(b *testing.B, serve func(net.Listener) error, shutdown func() error) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	done := make(chan error, 1)
	go func() { done <- serve(ln) }()
	b.Cleanup(func() {
		require.NoError(b, shutdown())
		require.NoError(b, <-done)
	})
	return ln.Addr().String()
}

// get returns the headers of one answer.
func get(b *testing.B, addr, path string) (headers []fn.Header) {
	var req fasthttp.Request
	var resp fasthttp.Response
	req.SetRequestURI("http://" + addr + path)
	require.NoError(b, fasthttp.Do(&req, &resp))
	require.Equal(b, 200, resp.StatusCode())
	for name, value := range resp.Header.All() {
		if n := string(name); n != fasthttp.HeaderContentLength && n != fasthttp.HeaderConnection {
			headers = append(headers, fn.Header{Name: n, Value: string(value)})
		}
	}
	return headers
}

// hammer runs one round and returns the answers per second.
func hammer(b *testing.B, addr, path string) float64 {
	client := &fasthttp.HostClient{Addr: addr, MaxConns: connections}
	defer client.CloseIdleConnections()
	var answers atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range connections {
		all.Go(func() {
			var req fasthttp.Request
			var resp fasthttp.Response
			req.SetRequestURI("http://" + addr + path)
			n := 0
			for time.Since(began) < roundTime {
				if err := client.Do(&req, &resp); err != nil || resp.StatusCode() != 200 || len(resp.Body()) == 0 {
					b.Errorf("%v: %v", err, &resp)
					return
				}
				n++
			}
			answers.Add(int64(n))
		})
	}
	all.Wait()
	return float64(answers.Load()) / time.Since(began).Seconds()
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
