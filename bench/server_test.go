package bench

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/bench/process"
	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/instance"
)

// serverSources are guests of kind server: Go's net/http as `lull new --lang go-http` makes it, and a server in C that blocks.
func serverSources(b *testing.B) map[string]string {
	web := filepath.Join(b.TempDir(), "web")
	require.NoError(b, guests.WriteProject(web, "web", "go-http"))
	return map[string]string{"Go": web, "C": filepath.FromSlash("../guests/c/example/server")}
}

func serverProgram(b *testing.B, dir string) *engine.Program {
	b.Helper()
	e, err := engine.New(engine.Config{CacheDir: hosttest.CompileCache(b)})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, e.Close()) })
	f := fn.Function{Name: "f", Runtime: "custom", Isolation: fn.Shared, Limits: fn.Limits{Concurrency: 10}, Code: built(b, dir)}.WithDefaults()
	p, err := e.CompileServer(b.Context(), &f)
	require.NoError(b, err)
	b.Cleanup(p.Close)
	return p
}

func startServer(b *testing.B, p *engine.Program) instance.Guest {
	g, fault := p.Start("c-bench", quiet{})
	if fault != nil {
		b.Fatal(fault)
	}
	return g
}

func greet(b *testing.B, g instance.Guest) {
	now := time.Now()
	c := instance.Call{Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(time.Minute), Request: &fn.Request{Body: []byte("Ada")}, Response: new(fn.Response)}
	if fault := g.Call(&c); fault != nil || string(c.Response.Body) != "hello Ada\n" {
		b.Fatal(fault, c.Response.Body)
	}
}

// BenchmarkServerStart is the time from nothing to the first answer of a server, and BenchmarkServerWarm that of an event on one that is paused, in process, as medians.
// A server always starts fresh.
func BenchmarkServerStart(b *testing.B) {
	for name, dir := range serverSources(b) {
		b.Run(name, func(b *testing.B) {
			p := serverProgram(b, dir)
			var times []float64
			for range samples / inRow {
				began := time.Now()
				g := startServer(b, p)
				greet(b, g)
				times = append(times, us(time.Since(began)))
				g.Close()
			}
			b.ReportMetric(median(times), "fresh-median-us")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func BenchmarkServerWarm(b *testing.B) {
	for name, dir := range serverSources(b) {
		b.Run(name, func(b *testing.B) {
			g := startServer(b, serverProgram(b, dir))
			defer g.Close()
			var times []float64
			for b.Loop() {
				began := time.Now()
				greet(b, g)
				times = append(times, us(time.Since(began)))
			}
			b.ReportMetric(median(times), "median-us")
		})
	}
}

// BenchmarkServerPaused is what each of 100 paused servers costs: processor time, as what the whole process uses above what it uses without them, and the private part
// of its linear memory.
func BenchmarkServerPaused(b *testing.B) {
	const servers, rest = 100, 2 * time.Second
	for name, dir := range serverSources(b) {
		b.Run(name, func(b *testing.B) {
			p := serverProgram(b, dir)
			without := restingTime(b, rest)
			var all []instance.Guest
			for range servers {
				g := startServer(b, p)
				greet(b, g)
				all = append(all, g)
			}
			with := restingTime(b, rest)
			var private int64
			for _, g := range all {
				_, own := g.Resident()
				private += own
				g.Close()
			}
			b.ReportMetric(us(max(with-without, 0))/rest.Seconds()/servers, "cpu-us/s/server")
			b.ReportMetric(float64(private)/1024/servers, "private-KiB/server")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// restingTime is the processor time that this process uses while nobody asks it for anything.
func restingTime(b *testing.B, rest time.Duration) time.Duration {
	memoryKiB(b) // collects garbage now
	time.Sleep(100 * time.Millisecond)
	before := process.CPUTime(os.Getpid())
	if before == 0 {
		b.Skip("this system does not tell what a process has used of the processors")
	}
	time.Sleep(rest)
	return process.CPUTime(os.Getpid()) - before
}

// BenchmarkServerHTTP compares the throughput of a net/http program behind front, in one instance that 32 requests share, with that of the same source built for this
// machine, which has a process and all processors to itself. Both take 32 connections, in rounds that take turns; the ratio is the median.
func BenchmarkServerHTTP(b *testing.B) {
	dir := serverSources(b)["Go"]
	h := hosttest.New(b, host.Config{CacheDir: hosttest.CompileCache(b)})
	hosttest.Deploy(b, h, fn.Function{
		Name: "web", Runtime: "custom", Code: built(b, dir), Isolation: fn.Shared, Limits: fn.Limits{Concurrency: connections, MaxInstances: 1},
	})
	server := front.New(h, front.Config{Log: zerolog.Nop()})
	lull := listen(b, server.Serve, func() error { return server.Shutdown(context.Background()) })
	native := nativeServer(b, dir)

	var perSecond, ratios []float64
	for round := range rounds + 1 {
		bare := hammer(b, native, "/?name=Ada")
		guest := hammer(b, lull, "/web/?name=Ada")
		if round > 0 { // the first warms up
			perSecond, ratios = append(perSecond, guest), append(ratios, guest/bare)
		}
	}
	b.ReportMetric(median(perSecond), "req/s")
	b.ReportMetric(median(ratios), "guest/native")
	b.ReportMetric(0, "ns/op")
}

// nativeServer runs a server's source as a process, with its listener where the host has it, and waits until it answers.
func nativeServer(b *testing.B, dir string) (addr string) {
	b.Helper()
	program := filepath.Join(b.TempDir(), "web")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = dir
	out, err := build.CombinedOutput()
	require.NoError(b, err, "%s", out)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	require.NoError(b, err)
	defer file.Close()
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "LISTEN_FDS=1")
	cmd.ExtraFiles = []*os.File{file} // descriptor 3
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		require.NoError(b, cmd.Process.Kill())
		_ = cmd.Wait()
	})
	status, _, err := fasthttp.Get(nil, "http://"+ln.Addr().String()+"/?name=Ada")
	require.NoError(b, err)
	require.Equal(b, 200, status)
	return ln.Addr().String()
}
