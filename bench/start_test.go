package bench

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
)

// samples of one benchmark. b.N is not used: a median wants a fixed number of them.
const samples = 400

// inRow of the fast starts follow each other.
const inRow = 8

type quiet struct{}

func (quiet) Line(*instance.Call, abi.Level, string) {}
func (quiet) Part(*instance.Call, abi.Level, string) {}
func (quiet) Note(*instance.Call, string)            {}

func program(b *testing.B, code []byte, cfg engine.Config) *engine.Program {
	b.Helper()
	e, err := engine.New(cfg)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, e.Close()) })
	f := fn.Function{Name: "f", Code: code}.WithDefaults()
	p, err := e.Compile(b.Context(), &f)
	require.NoError(b, err)
	b.Cleanup(p.Close)
	return p
}

// firstAnswer starts a guest and runs its first event.
func firstAnswer(b *testing.B, p *engine.Program) instance.Guest {
	now := time.Now()
	g, fault := p.Start("c-bench", quiet{})
	if fault != nil {
		b.Fatal(fault)
	}
	answer(b, g, now)
	return g
}

func answer(b *testing.B, g instance.Guest, now time.Time) {
	c := instance.Call{
		Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(time.Minute), Request: &fn.Request{}, Response: new(fn.Response),
	}
	if fault := g.Call(&c); fault != nil || len(c.Response.Body) == 0 {
		b.Fatal(fault, c.Response.Body)
	}
}

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// BenchmarkStart is the time from nothing to the first answer, in process, as a median: by the module's own start ("plain", without images),
// from the image, and by the reset of a slot. The three take turns in one run; the latter two come several in a row, as in a burst of requests and in
// the one after it, since a plain start is millions of instructions and leaves nothing of anybody else in the processor's caches.
func BenchmarkStart(b *testing.B) {
	for name, dir := range map[string]string{"C": "../guests/c/example/counter", "Go": "../guests/go/example/counter"} {
		b.Run(name, func(b *testing.B) {
			code := built(b, filepath.FromSlash(dir))
			imaged, plain := program(b, code, engine.Config{}), program(b, code, engine.Config{PlainStart: true})
			times := map[instance.Origin][]float64{}
			var held []instance.Guest
			sample := func(p *engine.Program) instance.Guest {
				began := time.Now()
				g := firstAnswer(b, p)
				times[g.StartedBy()] = append(times[g.StartedBy()], us(time.Since(began)))
				return g
			}
			for range samples / inRow {
				sample(plain).Close()
				for range inRow {
					held = append(held, sample(imaged)) // nobody has left a slot
				}
				for range inRow {
					held[len(held)-1].Close()
					held[len(held)-1] = sample(imaged)
				}
			}
			for _, g := range held {
				g.Close()
			}
			for origin, t := range times {
				b.ReportMetric(median(t), string(origin)+"-median-us")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPausedMemory is what one of 10,000 paused instances costs, slots and host structures with it. Each has run one request.
// "resident" is the growth of the process's resident memory, in which a page of the image counts once for each instance that has looked
// at it; "own" is that of its proportional set size, in which it counts once.
func BenchmarkPausedMemory(b *testing.B) {
	const instances = 10_000
	for name, dir := range map[string]string{"C": "../guests/c/example/counter", "Go": "../guests/go/example/counter"} {
		b.Run(name, func(b *testing.B) {
			p := program(b, built(b, filepath.FromSlash(dir)), engine.Config{})
			f := fn.Function{Name: "f"}.WithDefaults()
			cfg := &instance.Config{Function: &f, Program: p, Ledger: meter.NewLedger(f.Key()), Logs: logs.NewRing(f.Key(), 0)}
			resident, own := memoryKiB(b)
			all := make([]*instance.Instance, instances)
			for n := range all {
				i := instance.New(cfg)
				if fault := i.Start(); fault != nil {
					b.Fatal(fault)
				}
				resp := new(fn.Response)
				if ran, err := i.Invoke(b.Context(), &fn.Request{}, resp); !ran || err != nil || resp.Fault != nil {
					b.Fatal(err, resp.Fault)
				}
				_, period := i.Leave()
				i.Freeze(period)
				i.Settle(period, instance.NextPause)
				all[n] = i
			}
			residentNow, ownNow := memoryKiB(b)
			b.ReportMetric((residentNow-resident)/instances, "resident-KiB/instance")
			b.ReportMetric((ownNow-own)/instances, "own-KiB/instance")
			b.ReportMetric(0, "ns/op")
			for _, i := range all {
				i.Stop()
				i.Release()
			}
		})
	}
}

// memoryKiB is the process's resident and proportional memory after two garbage collections.
func memoryKiB(b *testing.B) (resident, own float64) {
	b.Helper()
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	rollup, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		b.Skip("this system does not tell what is resident: ", err)
	}
	sizes := map[string]float64{}
	for line := range strings.Lines(string(rollup)) {
		if field := strings.Fields(line); len(field) == 3 && field[2] == "kB" {
			kib, err := strconv.ParseFloat(field[1], 64)
			require.NoError(b, err)
			sizes[field[0]] = kib
		}
	}
	return sizes["Rss:"], sizes["Pss:"]
}
