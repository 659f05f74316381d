package bench

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/instance"
)

// spin runs an event that never ends up to its deadline, and returns when that was.
func spin(b *testing.B, p *engine.Program, event string, d time.Duration) (deadline time.Time) {
	g, fault := p.Start("c-bench", quiet{})
	if fault != nil {
		b.Fatal(fault)
	}
	defer g.Close()
	now := time.Now()
	c := instance.Call{
		Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(d), Request: &fn.Request{Body: []byte(event)}, Response: new(fn.Response),
	}
	if fault := g.Call(&c); fault == nil {
		b.Fatal("the guest ended")
	}
	return c.Deadline
}

// BenchmarkDeadline is how late a guest that never ends is stopped: a loop, a loop of bulk instructions, functions that call each other up and down, and a
// recursion that gets deeper until the deadline, or, sooner, until it has no stack left. There wazero moves the stack to a larger one now and then, and
// walks all of it at the end.
func BenchmarkDeadline(b *testing.B) {
	p := program(b, hosttest.Probe, engine.Config{})
	for name, event := range map[string]string{"loop": "l", "bulk": "b", "recursion": "v", "deep": "r"} {
		b.Run(name, func(b *testing.B) {
			var late []float64
			for range 100 {
				deadline := spin(b, p, event, 20*time.Millisecond)
				late = append(late, us(time.Since(deadline))/1000)
			}
			b.ReportMetric(median(late), "late-median-ms")
			b.ReportMetric(slices.Max(late), "late-max-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkCollection is how long a garbage collection takes beside a guest that spins, and without one.
func BenchmarkCollection(b *testing.B) {
	p := program(b, hosttest.Probe, engine.Config{})
	collect := func() (took []float64) {
		for range 50 {
			began := time.Now()
			runtime.GC()
			took = append(took, us(time.Since(began))/1000)
		}
		return took
	}
	alone := collect()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			spin(b, p, "l", time.Second)
		}
	}()
	beside := collect()
	b.ReportMetric(slices.Max(alone), "alone-max-ms")
	b.ReportMetric(slices.Max(beside), "beside-max-ms")
	b.ReportMetric(median(beside), "beside-median-ms")
	b.ReportMetric(0, "ns/op")
	<-done
}

// BenchmarkNeighbours is the latency of one function over HTTP, a request every millisecond, alone and while one guest of another function
// spins on each core. GOMAXPROCS is as `lull serve` sets it. The two take turns; the metric is their p99.
func BenchmarkNeighbours(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(cores + 1)
	defer runtime.GOMAXPROCS(cores)
	h := hosttest.New(b, host.Config{})
	hosttest.Deploy(b, h, fn.Function{Name: "quick", Code: hosttest.Probe},
		fn.Function{Name: "spinner", Code: hosttest.Probe, Limits: fn.Limits{Timeout: 2 * time.Second}})
	server := front.New(h, front.Config{Log: zerolog.Nop()})
	addr := listen(b, server.Serve, func() error { return server.Shutdown(context.Background()) })
	client := &fasthttp.HostClient{Addr: addr}
	measure := func() (latency []float64) {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		req.SetRequestURI("http://" + addr + "/quick/")
		req.SetBodyString("c")
		req.Header.SetMethod("POST")
		for range 1000 {
			time.Sleep(time.Millisecond)
			began := time.Now()
			require.NoError(b, client.Do(req, resp))
			latency = append(latency, us(time.Since(began)))
		}
		return latency
	}
	p99 := func(v []float64) float64 {
		slices.Sort(v)
		return v[len(v)*99/100]
	}
	measure() // warms up
	var alone, beside, ratios []float64
	for range 3 {
		alone = append(alone, p99(measure()))
		done := make(chan struct{}, cores)
		for range cores {
			go func() {
				h.Invoke(context.Background(), "spinner", fn.Request{Body: []byte("l")})
				done <- struct{}{}
			}()
		}
		beside = append(beside, p99(measure()))
		for range cores {
			<-done
		}
		ratios = append(ratios, beside[len(beside)-1]/alone[len(alone)-1])
	}
	b.ReportMetric(median(alone), "alone-p99-us")
	b.ReportMetric(median(beside), "beside-p99-us")
	b.ReportMetric(median(ratios), "beside/alone")
	b.ReportMetric(0, "ns/op")
}
