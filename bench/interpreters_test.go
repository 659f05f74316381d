package bench

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/instance"
)

// scripts are the same handler in each language: it parses a small event, counts, and answers JSON.
var scripts = []struct {
	name, interpreter, file, code string
	real                          []string // the program that people run it with, in the folder of the file, to one answer
}{
	{"Python", "python", "index.py", `import json
n = 0
def handler(event, context):
    global n
    n += 1
    name = json.loads(event)["name"]
    return {"n": n, "hello": name}
`, []string{"python3", "-c", `import index, json; print(json.dumps(index.handler(b'{"name": "x"}', None)))`}},
	{"PHP", "php", "index.php", `<?php
$n = 0;
function handler($event, $context) {
    global $n;
    $n++;
    $name = json_decode($event, true)["name"];
    return ["n" => $n, "hello" => $name];
}
`, []string{"php", "-n", "-r", `require "index.php"; echo json_encode(handler('{"name": "x"}', []));`}},
	{"Ruby", "ruby", "index.rb", `require "json"
$n = 0
def handler(event:, context:)
  $n += 1
  { n: $n, hello: JSON.parse(event)["name"] }
end
`, []string{"ruby", "-e", `require "./index"; puts JSON.generate(handler(event: '{"name": "x"}', context: nil))`}},
}

const scriptEvent = `{"name": "x"}`

func script(b *testing.B, interpreter, file, code string) *engine.Program {
	b.Helper()
	var tree bytes.Buffer
	z := zip.NewWriter(&tree)
	w, err := z.Create(file)
	require.NoError(b, err)
	_, err = w.Write([]byte(code))
	require.NoError(b, err)
	require.NoError(b, z.Close())
	e, err := engine.New(engine.Config{Interpreters: hosttest.Interpreters(b, interpreter), CacheDir: hosttest.CompileCache(b), StartTimeout: time.Minute})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, e.Close()) })
	f := fn.Function{Name: "f", Handler: "index.handler", Code: tree.Bytes(), Limits: fn.Limits{MemoryMiB: 128}}.WithDefaults()
	p, err := e.CompileSource(b.Context(), &f, interpreter)
	require.NoError(b, err)
	require.Equal(b, "image", p.StartsBy())
	b.Cleanup(p.Close)
	return p
}

func scriptAnswer(b *testing.B, g instance.Guest, event string) []byte {
	now := time.Now()
	c := instance.Call{
		Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(time.Minute), Request: &fn.Request{Body: []byte(event)}, Response: new(fn.Response),
	}
	if fault := g.Call(&c); fault != nil || len(c.Response.Body) == 0 {
		b.Fatal(fault, c.Response.Body)
	}
	return c.Response.Body
}

// BenchmarkInterpreterStart is the time from nothing to the first answer, as a median: in process, from the image and by the reset of a slot, and of the
// program itself, started as a process. They take turns.
func BenchmarkInterpreterStart(b *testing.B) {
	for _, s := range scripts {
		b.Run(s.name, func(b *testing.B) {
			p := script(b, s.interpreter, s.file, s.code)
			dir := b.TempDir()
			require.NoError(b, os.WriteFile(filepath.Join(dir, s.file), []byte(s.code), 0o644))
			program, err := exec.LookPath(s.real[0])
			if out, e := exec.Command(s.real[0], "-c", "import sys; print(sys.executable)").Output(); s.name == "Python" && e == nil {
				program = strings.TrimSpace(string(out)) // not a script that looks for it
			}
			if err != nil {
				b.Logf("%s is not on the PATH: no comparison with it", s.real[0])
			}
			times := map[instance.Origin][]float64{}
			var real []float64
			start := func() instance.Guest {
				began := time.Now()
				g, fault := p.Start("c-bench", quiet{})
				if fault != nil {
					b.Fatal(fault)
				}
				scriptAnswer(b, g, scriptEvent)
				times[g.StartedBy()] = append(times[g.StartedBy()], us(time.Since(began)))
				return g
			}
			var held []instance.Guest
			for i := range 100 {
				start().Close()              // from the image, as no slot is free
				held = append(held, start()) // by the reset of that one's
				if program != "" && i%5 == 0 {
					cmd := exec.Command(program, s.real[1:]...)
					cmd.Dir, cmd.Env = dir, append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
					began := time.Now()
					out, err := cmd.CombinedOutput()
					require.NoError(b, err, "%s", out)
					real = append(real, us(time.Since(began)))
				}
			}
			for _, g := range held {
				g.Close()
			}
			image := median(times[instance.Image])
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(image/1000, "ms-image")
			b.ReportMetric(median(times[instance.Reset])/1000, "ms-reset")
			if len(real) > 0 {
				b.ReportMetric(median(real)/1000, "ms-process")
				b.ReportMetric(median(real)/image, "process/image")
			}
		})
	}
}

// BenchmarkInterpreterWarm is a warm event in process, and what 100,000 of them do to the instance's memory.
func BenchmarkInterpreterWarm(b *testing.B) {
	for _, s := range scripts {
		b.Run(s.name, func(b *testing.B) {
			p := script(b, s.interpreter, s.file, s.code)
			g, fault := p.Start("c-bench", quiet{})
			if fault != nil {
				b.Fatal(fault)
			}
			defer g.Close()
			const events = 100_000
			times := make([]float64, 0, events)
			for range 1000 {
				scriptAnswer(b, g, scriptEvent)
			}
			before := g.Memory()
			for range events {
				began := time.Now()
				scriptAnswer(b, g, scriptEvent)
				times = append(times, us(time.Since(began)))
			}
			_, private := g.Resident()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(times), "us-event")
			b.ReportMetric(float64(g.Memory()-before)/(1<<10), "KB-grown")
			b.ReportMetric(float64(private)/(1<<20), "MB-private")
		})
	}
}

// BenchmarkInterpreterPaused is what one paused instance, which has answered one event, has of its own: the pages that it has written, and, as the
// growth of the process's proportional memory by many, the host's structures with them.
func BenchmarkInterpreterPaused(b *testing.B) {
	for _, s := range scripts {
		b.Run(s.name, func(b *testing.B) {
			p := script(b, s.interpreter, s.file, s.code)
			var held []instance.Guest
			start := func() {
				g, fault := p.Start("c-bench", quiet{})
				if fault != nil {
					b.Fatal(fault)
				}
				scriptAnswer(b, g, scriptEvent)
				held = append(held, g)
			}
			start()
			_, before := memoryKiB(b)
			const instances = 100
			for range instances {
				start()
			}
			_, after := memoryKiB(b)
			_, private := held[1].Resident()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric((after-before)/instances/1024, "MB-instance")
			b.ReportMetric(float64(private)/(1<<20), "MB-pages")
			for _, g := range held {
				g.Close()
			}
		})
	}
}
