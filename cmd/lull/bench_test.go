package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/bench/overhttp"
)

// quick measures little.
func quick(args ...string) []string {
	return append([]string{"bench", "--rounds", "1", "--starts", "5", "--time", "30ms", "--connections", "2", "-d", "c"}, args...)
}

func report(t *testing.T, text string) *figures.Report {
	r := new(figures.Report)
	require.NoError(t, json.Unmarshal([]byte(text), r), text)
	return r
}

func TestBench_MeasuresAModuleInProcessAndOverHTTP(t *testing.T) {
	plots := filepath.Join(t.TempDir(), "plots")
	r := report(t, runFor(t, patience, watched, nil, "", quick(probe(t), "--json", "--plot", plots)...).ok(t))
	for _, name := range []string{
		inprocess.ColdPlain, inprocess.ColdImage, inprocess.ColdReset, inprocess.Warm, inprocess.Pause, inprocess.Resume, inprocess.PreFreeze,
		inprocess.PreStop, inprocess.Linear, overhttp.Cold, overhttp.One, overhttp.Throughput, overhttp.Closed, overhttp.Open,
	} {
		row := r.Find("probe", name)
		require.NotNil(t, row, name)
		require.True(t, row.Measured(), "%s: %s", name, row.Skipped)
	}
	require.Empty(t, r.Partial)
	require.FileExists(t, filepath.Join(plots, "report.html"))
	require.FileExists(t, filepath.Join(plots, "probe-time-median.svg"))
}

func TestBench_PrintsATableAndGosFormat(t *testing.T) {
	out := run(t, nil, "", quick(probe(t), "--http", "none")...).ok(t)
	require.Regexp(t, `(?m)^probe +median +p90`, out)
	require.Regexp(t, `(?m)^warm call +\d`, out)
	require.Contains(t, out, "cores")
	require.Contains(t, run(t, nil, "", quick(probe(t), "--http", "none", "--go")...).ok(t), "\nBenchmarkWarmCall/group=probe ")
}

func TestBench_MeasuresADeployedFunctionWhereItIs(t *testing.T) {
	s := serve(t)
	s.lull(t, "deploy", "shop", probe(t)).ok(t)
	r := report(t, s.lull(t, quick("shop", "--json")...).ok(t))
	require.True(t, r.Find("shop", overhttp.Cold).Measured())
	require.True(t, r.Find("shop", overhttp.Throughput).Measured())
	require.True(t, r.Find("shop", inprocess.ColdReset).Measured(), "its code is fetched")
	require.True(t, r.Find("shop", inprocess.PreFreeze).Measured(), "so are its hooks")

	s.lull(t, "deploy", "caller", probe(t), "--allow-host", "example.com").ok(t)
	r = report(t, s.lull(t, quick("caller", "--json")...).ok(t))
	require.True(t, r.Find("caller", overhttp.Cold).Measured())
	require.Contains(t, r.Find("caller", "in process").Skipped, "other hosts")
	s.lull(t, quick("lost")...).fails(t, exitServer, "lost", "no file or folder")
}

func TestBench_ComparesWithABaseline(t *testing.T) {
	wasm := probe(t)
	args := quick(wasm, "--http", "none", "--rounds", "2")
	r := report(t, run(t, nil, "", append(args, "--json")...).ok(t))

	file := filepath.Join(t.TempDir(), "baseline.json")
	slower := r.Find("probe", inprocess.Warm)
	for i := range slower.Rounds {
		slower.Rounds[i] /= 1e6 // no machine is that fast
	}
	require.NoError(t, r.Save(file))
	got := run(t, nil, "", append(args, "--baseline", file)...)
	require.Equal(t, exitFailed, got.code, got.stderr)
	require.Regexp(t, `(?m)^probe +warm call .* WORSE$`, got.stdout)
	require.Contains(t, got.stderr, "worse than the baseline")

	for _, row := range r.Rows {
		for i := range row.Rounds {
			row.Rounds[i] = 1e15 // no machine is that slow
		}
	}
	require.NoError(t, r.Save(file))
	require.Contains(t, run(t, nil, "", append(args, "--baseline", file)...).ok(t), "better")
}

func TestBench_SaysWhatIsWrong(t *testing.T) {
	wasm, bad, text := probe(t), file(t, "bad.wasm", []byte("not a module")), file(t, "text.json", []byte("text"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	for sentence, c := range map[string]struct {
		args  []string
		code  int
		words []string
	}{
		"nothing to measure":            {[]string{"bench"}, exitUsage, []string{"file|name|dir"}},
		"no rounds":                     {quick(wasm, "--rounds", "0"), exitUsage, []string{"--rounds"}},
		"a function named twice":        {quick(wasm, wasm), exitUsage, []string{"twice"}},
		"a baseline that is not there":  {quick(wasm, "--baseline", "nowhere.json"), exitUsage, []string{"nowhere.json"}},
		"a baseline that is none":       {quick(wasm, "--baseline", text), exitUsage, []string{"text.json", "--json"}},
		"a file that is not there":      {quick("nowhere.wasm"), exitUsage, []string{"nowhere.wasm"}},
		"a name, but no server":         {quick("nowhere"), exitServer, []string{"nowhere", "lull serve"}},
		"a module that is none":         {quick(bad), exitServer, []string{"bad", "module"}},
		"a function that always fails":  {quick(wasm, "-d", "t"), exitFailed, []string{"probe", "the function fails", "unreachable"}},
		"a port in use":                 {quick(wasm, "--http", l.Addr().String()), exitFailed, []string{l.Addr().String(), "in use"}},
		"an address that is none":       {quick(wasm, "--http", "nonsense"), exitFailed, []string{"nonsense"}},
		"a module and no such function": {quick(wasm, "--handler", "absent"), exitServer, []string{"absent"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := run(t, []string{nowhere}, "", c.args...)
			require.Equal(t, c.code, got.code, "stdout: %s\nstderr: %s", got.stdout, got.stderr)
			for _, w := range c.words {
				require.Contains(t, got.stderr, w)
			}
			require.NotContains(t, got.stderr, "goroutine ")
		})
	}
}

func TestBench_GoesOnWithTheOthersWhenAFunctionFails(t *testing.T) {
	bad := file(t, "bad.wasm", []byte("not a module"))
	got := run(t, nil, "", quick(probe(t), bad, "--http", "none", "--json")...)
	require.NotZero(t, got.code)
	require.Contains(t, got.stderr, "bad: ")
	r := report(t, got.stdout)
	require.True(t, r.Find("probe", inprocess.Warm).Measured())
	require.Contains(t, r.In("bad")[0].Skipped, "module")
}

func TestBench_CtrlCKeepsWhatWasMeasuredAndEndsTheServer(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks for the server in /proc, which only Linux has")
	}
	// The first time it is stopped while it gets ready. Then some rounds must have ended. How long they take depends on the machine: if it was too
	// short, again for longer.
	for wait := time.Duration(0); ; wait = max(3*wait, 2*time.Second) {
		r := interrupted(t, wait)
		require.Contains(t, r.Partial, "signal")
		if len(r.Rows) > 0 {
			require.True(t, r.Find("probe", inprocess.ColdPlain).Measured())
			return
		}
		require.Less(t, wait, patience, "nothing was measured")
	}
}

// interrupted runs a benchmark without end, stops it after a time, and returns what it printed.
func interrupted(t *testing.T, after time.Duration) *figures.Report {
	cmd := exec.Command(watched, quick(probe(t), "--rounds", "100000", "--json")...)
	var stdout, stderr output
	cmd.Stdout, cmd.Stderr, cmd.Env = &stdout, &stderr, cleanEnv()
	require.NoError(t, cmd.Start())
	var child string
	require.Eventually(t, func() bool {
		child = childOf(cmd.Process.Pid)
		return child != ""
	}, patience, 10*time.Millisecond, "the server does not come up")
	time.Sleep(after)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.Error(t, cmd.Wait())
	require.Equal(t, exitSignal, cmd.ProcessState.ExitCode(), stderr.String())
	require.NoDirExists(t, "/proc/"+child, "the server has ended, too")
	return report(t, stdout.String())
}

var serveProcess = regexp.MustCompile(`(^|\x00)serve\x00`)

// childOf returns the id of a process's child that runs serve.
func childOf(parent int) string {
	children, _ := filepath.Glob("/proc/" + filepath.Join(strconv.Itoa(parent), "task", "*", "children"))
	for _, file := range children {
		text, _ := os.ReadFile(file)
		for id := range strings.FieldsSeq(string(text)) {
			if line, _ := os.ReadFile("/proc/" + id + "/cmdline"); serveProcess.Match(line) {
				return id
			}
		}
	}
	return ""
}
