package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/interpreters"
)

// waitFor waits until the server has logged a line with all of the words.
func (s *server) waitFor(t testing.TB, words ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return s.logged(words...) > 0 }, patience, 10*time.Millisecond, "%s\n%s", words, &s.stderr)
}

// logged counts the lines that have all of the words.
func (s *server) logged(words ...string) (n int) {
lines:
	for line := range strings.Lines(s.stderr.String()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

func TestServe_SIGTERMRunsPreStopInEveryInstanceAndExitsWith0(t *testing.T) {
	s := serveWatched(t, "--events")
	const functions = 3
	for _, name := range []string{"a", "b", "c"} {
		s.lull(t, "deploy", name, probe(t)).ok(t)
		s.lull(t, "invoke", name, "-d", "Mg").ok(t) // makes the hooks write a line
	}
	require.Equal(t, functions, strings.Count(s.lull(t, "ps", "--json").ok(t), `"instanceId"`))
	require.Zero(t, s.logged(`"hook":"PreStop"`))

	require.Zero(t, s.stop(t))
	require.Equal(t, functions, s.logged(`"message":"hook"`, `"hook":"PreStop"`), s.stderr.String())
	require.Equal(t, functions, s.logged(`"message":"line"`, `"hook":"PreStop"`, "hello from the probe"), s.stderr.String())
	require.Equal(t, functions, s.logged(`"message":"state"`, `"to":"stopped"`))
	require.NotContains(t, s.stderr.String(), "DATA RACE")
	s.lull(t, "ls").fails(t, exitServer, "lull serve")
}

func TestServe_LetsARunningRequestEndBeforeItStops(t *testing.T) {
	s := serveWatched(t, "--events")
	s.lull(t, "deploy", "slow", probe(t)).ok(t)
	got := make(chan int)
	go func() {
		resp, err := http.Post(s.http+"/slow/", "", strings.NewReader("s"))
		if err != nil {
			got <- 0
			return
		}
		resp.Body.Close()
		got <- resp.StatusCode
	}()
	s.waitFor(t, `"message":"state"`, `"to":"running"`)
	require.Zero(t, s.stop(t))
	require.Equal(t, http.StatusOK, <-got)
	require.Equal(t, 1, s.logged(`"hook":"PreStop"`))
}

func TestServe_ASecondSignalEndsItAtOnce(t *testing.T) {
	s := serveWatched(t, "--events")
	s.lull(t, "deploy", "endless", probe(t), "--timeout", "3600").ok(t)
	go http.Post(s.http+"/endless/", "", strings.NewReader("z"))
	s.waitFor(t, `"message":"state"`, `"to":"running"`)
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	s.waitFor(t, "stopping")
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	<-s.ended
	s.exit = exitSignal
}

func TestServe_RefusesAnAPIAddressBeyondLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:9600"} {
		run(t, nil, "", "serve", "--api", addr, "--data", t.TempDir()).
			fails(t, exitUsage, "--api "+addr, "other machines", "--access-key")
	}
}

func TestServe_SaysThatAPortIsInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	for _, flag := range []string{"--api", "--http"} {
		other := map[string]string{"--api": "--http", "--http": "--api"}[flag]
		run(t, nil, "", "serve", flag, l.Addr().String(), other, "127.0.0.1:0", "--data", t.TempDir()).
			fails(t, exitFailed, flag+" "+l.Addr().String(), "in use")
	}
}

func TestServe_BoundsTheInstancesOfAllFunctions(t *testing.T) {
	s := serveWatched(t, "--max-instances-total", "2")
	for _, name := range []string{"a", "b", "c"} {
		s.lull(t, "deploy", name, probe(t)).ok(t)
		s.lull(t, "invoke", name, "-d", "c").ok(t)
	}
	require.Equal(t, 2, strings.Count(s.lull(t, "ps", "--json").ok(t), `"instanceId"`))
	run(t, nil, "", "serve", "--max-instances-total=-1", "--data", t.TempDir()).fails(t, exitUsage, "--max-instances-total")
}

func TestServe_KeepsItsDataDirectoryToItself(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := serve(t, "--data", dir)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(dir)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
	again := []string{"serve", "--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", dir}
	run(t, nil, "", again...).fails(t, exitFailed, dir, "in use", "--data")
	require.Zero(t, s.stop(t))
	serve(t, "--data", dir)
}

func TestServe_DeploysWhatItIsToldTo(t *testing.T) {
	s := serve(t, "--deploy", "one="+probe(t), "--deploy", "shop/two="+probe(t))
	s.waitFor(t, `"message":"deployed"`, "shop/two")
	require.Equal(t, "echo", post(t, s.http+"/shop/two/", "echo"))
}

func TestServe_EndsWhenADeployThatItWasToldToFails(t *testing.T) {
	bad := file(t, "bad.wasm", []byte("not a module"))
	r := run(t, nil, "", "serve", "--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", t.TempDir(), "--deploy", "bad="+bad)
	require.Equal(t, exitServer, r.code, r.stderr)
	require.Contains(t, r.stderr, "InvalidArgument")
}

func TestServe_WithoutEventsLogsDeploysAndWhatWentWrong(t *testing.T) {
	s := serve(t)
	s.lull(t, "deploy", "quiet", probe(t)).ok(t)
	s.lull(t, "invoke", "quiet", "-d", "Mt").ok(t) // the hook traps
	s.waitFor(t, `"level":"warn"`, `"message":"hook"`, `"hook":"PreFreeze"`, "quiet")
	require.Equal(t, 1, s.logged(`"level":"info"`, `"message":"deployed"`, "default/quiet"))
	require.Zero(t, s.logged(`"message":"state"`))
	require.Zero(t, s.logged(`"message":"request"`))
	require.Zero(t, s.logged(`"message":"line"`))
}

// A terminal with its output held: the pipe fills and stalls who writes to it. In the end it is closed, and the server still stops in
// order.
func TestServe_AnswersWhileNobodyReadsItsLog(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	defer write.Close()
	s := &server{watched: true}
	s.startTo(t, write, "--events", "--deploy", "f="+probe(t))
	line := strings.Repeat("x", 1<<10)
	require.Eventually(t, func() bool { return post(t, s.http+"/f/", "e") == "e" }, patience, 10*time.Millisecond)
	for range 500 { // far more lines than a pipe holds
		require.Equal(t, "e"+line, post(t, s.http+"/f/", "e"+line))
	}
}

// post sends one request to a function URL and returns the body of the answer, empty if its status is not 200.
func post(t testing.TB, url, body string) string {
	t.Helper()
	client := http.Client{Timeout: patience}
	resp, err := client.Post(url, "", strings.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(answer)
}

func TestServe_RunsModulesWithoutAHomeFolder(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the user's cache folder has other variables elsewhere")
	}
	s := &server{within: []string{"env", "-u", "HOME", "-u", "XDG_CACHE_HOME", "-u", interpreters.Variable}}
	s.start(t)
	s.lull(t, "deploy", "f", probe(t)).ok(t)
	require.Equal(t, "ehello", s.lull(t, "invoke", "f", "-d", "ehello").ok(t))
	require.Contains(t, s.stderr.String(), interpreters.Variable)
	s.lull(t, "deploy", "script", filepath.Join("testdata", "counter"), "--runtime", "nodejs16").fails(t, exitServer, "no interpreter")
}
