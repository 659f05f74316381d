package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
)

// counter is the Go example of that name.
func counter(b *testing.B) []byte {
	return built(b, filepath.FromSlash("../guests/go/example/counter"))
}

// built builds a guest.
func built(b *testing.B, dir string) []byte {
	b.Helper()
	out, err := guests.Build(b.Context(), dir, filepath.Join(b.TempDir(), "guest.wasm"), nil)
	if missing, ok := errors.AsType[*guests.ToolchainError](err); ok {
		if os.Getenv("CI") == "true" {
			b.Fatal(missing)
		}
		b.Skip(missing)
	}
	require.NoError(b, err)
	code, err := os.ReadFile(out)
	require.NoError(b, err)
	return code
}

// withHooks switches preFreeze and preStop on.
func withHooks(f fn.Function) fn.Function {
	f.PreFreeze, f.PreStop = fn.Hook{Handler: "preFreeze"}, fn.Hook{Handler: "preStop"}
	return f
}

// server is a host with a function "f", and a request that is used again and again.
type server struct {
	*host.Host
	b    *testing.B
	req  fn.Request
	resp fn.Response
}

var key = fn.Key{Service: fn.DefaultService, Name: "f"}

func newServer(b *testing.B, f fn.Function) *server {
	b.Helper()
	f.Name = key.Name
	s := &server{Host: hosttest.New(b, host.Config{}), b: b}
	hosttest.Deploy(b, s.Host, f)
	return s
}

// serve runs one event, as a front does.
func (s *server) serve(event string) {
	s.req = fn.Request{Body: append(s.req.Body[:0], event...)}
	if err := s.Serve(context.Background(), key, &s.req, &s.resp); err != nil {
		s.b.Fatal(err)
	}
}

// mustServe is serve of an event that no guest has trouble with.
func (s *server) mustServe(event string, want int) {
	s.serve(event)
	if s.resp.Fault != nil || len(s.resp.Body) < want {
		s.b.Fatalf("%v, %q", s.resp.Fault, s.resp.Body)
	}
}

// BenchmarkWarmInvoke is one request to a warm instance in process: resume, call, pause. With hooks the next request finds the instance
// before it is paused, and goes to another.
func BenchmarkWarmInvoke(b *testing.B) {
	probe := fn.Function{Code: hosttest.Probe}
	for _, c := range []struct {
		name, event string
		want        int
		function    func(*testing.B) fn.Function
	}{
		{"probe/empty", "", 0, func(*testing.B) fn.Function { return probe }},
		{"probe/100-bytes", "c" + strings.Repeat("x", 99), 4, func(*testing.B) fn.Function { return probe }},
		{"go/100-bytes", strings.Repeat("x", 100), 1, func(b *testing.B) fn.Function { return fn.Function{Code: counter(b)} }},
		{"probe/count", "c", 4, func(*testing.B) fn.Function { return probe }},
		{"probe/count-hooks", "c", 4, func(*testing.B) fn.Function { return withHooks(probe) }},
		{"go/count", "", 1, func(b *testing.B) fn.Function { return fn.Function{Code: counter(b)} }},
		{"go/count-hooks", "", 1, func(b *testing.B) fn.Function { return withHooks(fn.Function{Code: counter(b)}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newServer(b, c.function(b))
			s.mustServe(c.event, c.want)
			b.ReportAllocs()
			for b.Loop() {
				s.mustServe(c.event, c.want)
			}
		})
	}
}

// BenchmarkWarmCall is the engine's part of it alone: a call of a warm guest with a deadline and an event of 100 bytes. The probe is a
// hand-written module that counts and does nothing else; the echoes read the event and answer it. Of the counters, most is the guest's own work: for C a
// snprintf, for Go an allocation.
func BenchmarkWarmCall(b *testing.B) {
	for _, c := range []struct {
		name string
		code func() []byte
	}{
		{"probe", func() []byte { return hosttest.Probe }},
		{"C", func() []byte { return built(b, filepath.FromSlash("guests/echo/c")) }},
		{"Go", func() []byte { return built(b, filepath.FromSlash("guests/echo/go")) }},
		{"counter/C", func() []byte { return built(b, filepath.FromSlash("../guests/c/example/counter")) }},
		{"counter/Go", func() []byte { return counter(b) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := program(b, c.code(), engine.Config{})
			g, fault := p.Start("c-bench", quiet{})
			if fault != nil {
				b.Fatal(fault)
			}
			defer g.Close()
			req, resp := &fn.Request{Body: []byte("c" + strings.Repeat("x", 99))}, new(fn.Response)
			var call instance.Call
			b.ReportAllocs()
			for b.Loop() {
				now := time.Now()
				resp.Reset()
				call = instance.Call{Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(time.Minute), Request: req, Response: resp}
				if fault := g.Call(&call); fault != nil || len(resp.Body) == 0 {
					b.Fatal(fault, resp.Body)
				}
			}
		})
	}
}

// BenchmarkColdStart is the start of an instance and its first request: from a slot that an instance before has left, or, after one that trapped,
// from the image. The end of the instance before is not measured.
func BenchmarkColdStart(b *testing.B) {
	for _, c := range []struct {
		name string
		want int
		code func(*testing.B) []byte
	}{
		{"probe", 4, func(*testing.B) []byte { return hosttest.Probe }},
		{"go", 1, counter},
	} {
		cold := func(b *testing.B, s *server, before func()) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				before()
				b.StartTimer()
				s.mustServe("c", c.want)
				if !s.resp.Cold {
					b.Fatal("the instance was warm")
				}
			}
		}
		b.Run(c.name+"/slot", func(b *testing.B) {
			s := newServer(b, fn.Function{Code: c.code(b)})
			cold(b, s, func() {
				if _, err := s.StopInstances(context.Background(), key, ""); err != nil {
					b.Fatal(err)
				}
			})
		})
		if c.name == "go" {
			continue // this guest does not trap when it is told to
		}
		b.Run(c.name+"/image", func(b *testing.B) {
			s := newServer(b, fn.Function{Code: c.code(b)})
			cold(b, s, func() { s.serve("t") })
		})
	}
}

// BenchmarkPauseResume is what it costs that an instance becomes idle and is used again, without the request.
func BenchmarkPauseResume(b *testing.B) {
	for name, hook := range map[string]fn.Hook{"no-hook": {}, "empty-preFreeze": {Handler: "preFreeze"}} {
		b.Run(name, func(b *testing.B) {
			e, err := engine.New(engine.Config{})
			require.NoError(b, err)
			defer e.Close()
			f := fn.Function{Name: "f", Code: hosttest.Module(b, "masked"), PreFreeze: hook}.WithDefaults()
			program, err := e.Compile(b.Context(), &f)
			require.NoError(b, err)
			defer program.Close()
			i := instance.New(&instance.Config{Function: &f, Program: program, Ledger: meter.NewLedger(f.Key()), Logs: logs.NewRing(f.Key(), 0)})
			require.Nil(b, i.Start())
			b.ReportAllocs()
			for b.Loop() {
				_, period := i.Leave()
				i.Freeze(period)
				i.Settle(period, instance.NextPause)
				if !i.Join() {
					b.Fatal("no place")
				}
			}
			_, period := i.Leave()
			i.Settle(period, instance.NextStop)
			i.Release()
		})
	}
}

// BenchmarkDeploy is a deploy of a module that is not in the compile cache, which the other benchmarks do not show.
func BenchmarkDeploy(b *testing.B) {
	for name, code := range map[string]func(*testing.B) []byte{"probe": func(*testing.B) []byte { return hosttest.Probe }, "go": counter} {
		b.Run(name, func(b *testing.B) {
			f := fn.Function{Name: "f", Code: code(b), Limits: fn.Limits{IdleTimeout: time.Minute}}
			for b.Loop() {
				b.StopTimer()
				h, err := host.New(host.Config{})
				require.NoError(b, err)
				b.StartTimer()
				_, err = h.Deploy(b.Context(), f)
				require.NoError(b, err)
				b.StopTimer()
				require.NoError(b, h.Close(context.Background()))
				b.StartTimer()
			}
		})
	}
}
