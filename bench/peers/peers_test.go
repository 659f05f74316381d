package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lull-dev/lull/bench/benchtest"
	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/guests"
)

// servingVariable is where the test binary serves in place of wasmtime.
const servingVariable = "LULL_TEST_SERVING"

// The guests are built once; caches stay for the whole run.
var dir string

func TestMain(m *testing.M) {
	if address := os.Getenv(servingVariable); address != "" {
		panic(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello")) })))
	}
	if os.Getenv(roleVariable) != "" || benchtest.IsProgram() {
		main()
		return
	}
	os.Exit(func() int {
		var err error
		if dir, err = os.MkdirTemp("", "lull-peers-test-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		return m.Run()
	}())
}

func TestContenders_AnswerAlikeAndStartNew(t *testing.T) {
	names, missing, err := prepare(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, why := range missing {
		if os.Getenv("CI") == "true" {
			t.Error(name, why)
		} else {
			t.Log("not tested: ", name, why)
		}
	}
	for _, name := range names {
		g, err := readGuest(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sorts {
			if s.native {
				continue
			}
			t.Run(s.name+"/"+name, func(t *testing.T) {
				c, err := s.open(g, dir)
				if errors.Is(err, errCannot) {
					if g.source == nil || s.name != "extism" && g.program != nil {
						t.Fatal(err)
					}
					t.Log(err) // it stands in the row
					return
				}
				must(t, err)
				for range 3 {
					i, err := c.start()
					must(t, err)
					must(t, checked(i, event, true))
					if checked(i, event, true) == nil {
						t.Error("the second answer is that of a new instance")
					}
					if _, ok := c.(once); !ok {
						must(t, spin(i, 1000, guests.Spun(1000)))
					}
					must(t, i.close())
				}
				must(t, c.close())
			})
		}
	}
}

func TestMeasure_FillsEveryRow(t *testing.T) {
	names, _, err := prepare(t.Context(), dir)
	must(t, err)
	g, err := readGuest(dir, names[0])
	must(t, err)
	for _, s := range sorts {
		if s.native {
			continue
		}
		r, err := measure(s, g, dir, effort{Starts: 2, Time: time.Millisecond, Idle: 3})
		if errors.Is(err, errCannot) {
			continue
		}
		must(t, err)
		if len(r.Rows) == 0 {
			t.Error(s.name)
		}
		for _, row := range r.Rows {
			if !row.Measured() {
				t.Error(s.name, row.Group, row.Name)
			}
		}
	}
}

// small runs the program with the least that it can measure.
func small(args ...string) []string {
	return append([]string{"-rounds", "1", "-time", "20ms", "-starts", "1", "-idle", "0", "-connections", "2"}, args...)
}

func read(t *testing.T, dir string) *figures.Report {
	t.Helper()
	r, err := figures.Load(filepath.Join(dir, "peers.json"))
	must(t, err)
	return r
}

func TestProgram_MeasuresAnyServerByItsURL(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello")) }))
	defer server.Close()
	out := t.TempDir()
	code, _, said := benchtest.Run(t, small("-only", "fasthttp", "-url", "mine="+server.URL, "-out", out)...)
	if code != 0 {
		t.Fatal(code, said)
	}
	for _, name := range []string{"mine", "fasthttp"} {
		if row := read(t, out).Find(throughputGroup("Go"), name); row == nil || !row.Measured() {
			t.Error(name, row)
		}
	}
}

func TestProgram_SaysWhichServerDoesNotAnswerAndMeasuresTheOthers(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	out := t.TempDir()
	code, _, said := benchtest.Run(t, small("-only", "fasthttp", "-url", "mine="+gone.URL, "-out", out)...)
	if code != 1 || !strings.Contains(said, "did not run: mine: ") {
		t.Error(code, said)
	}
	r := read(t, out)
	if row := r.Find(throughputGroup("Go"), "mine"); row.Measured() || !strings.Contains(row.Skipped, "refused") {
		t.Error(row)
	}
	if !r.Find(throughputGroup("Go"), "fasthttp").Measured() {
		t.Error("fasthttp was not measured")
	}
}

func TestProgram_RefusesWhatItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{{"-only", "nobody"}, {"-url", "nameless"}} {
		if code, _, said := benchtest.Run(t, args...); code == 0 || said == "" {
			t.Error(args, code, said)
		}
	}
}

func TestCtrlC_KeepsWhatWasMeasuredAndLeavesNoProcess(t *testing.T) {
	out := t.TempDir()
	benchtest.Interrupt(t, "round 1 of 1000 done", small("-rounds", "1000", "-only", "fasthttp,net/http", "-out", out)...)
	r := read(t, out)
	if !strings.HasPrefix(r.Partial, "stopped in round") || !r.Find(throughputGroup("Go"), "fasthttp").Measured() {
		t.Error(r.Partial)
	}
}

// A program of that name that serves is all that it takes.
func TestOthers_RunWasmtimeWhereItIsInstalled(t *testing.T) {
	self, err := os.Executable()
	must(t, err)
	dir := t.TempDir()
	script := "#!/bin/sh\n[ \"$1 $2 $4\" = \"serve --addr mine.wasm\" ] && exec env " + servingVariable + "=\"$3\" " + self + "\n"
	must(t, os.WriteFile(filepath.Join(dir, "wasmtime"), []byte(script), 0o700))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	r := &run{report: figures.New("", nil), connections: 2, time: 20 * time.Millisecond}
	r.others(t.Context(), "throughput", "latency")
	if row := r.report.Find("throughput", "wasmtime serve"); !strings.Contains(row.Skipped, "-component") {
		t.Error(row.Skipped)
	}
	r.report, r.component = figures.New("", nil), "mine.wasm"
	r.others(t.Context(), "throughput", "latency")
	if row := r.report.Find("throughput", "wasmtime serve"); !row.Measured() || len(r.failed) > 0 {
		t.Error(row.Skipped, r.failed)
	}
}

func TestOthers_SayWhyTheyDidNotRun(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := &run{report: figures.New("", nil)}
	r.others(t.Context(), "throughput", "latency")
	if row := r.report.Find("throughput", "wasmtime serve"); !strings.Contains(row.Skipped, "not on the PATH") {
		t.Error(row.Skipped)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
