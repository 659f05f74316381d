package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// registry is an npm registry that has one version of quickjs-wasi, or does not answer at all.
func registry(t *testing.T, tarball []byte) (url string, asked <-chan struct{}) {
	requests := make(chan struct{}, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- struct{}{}
		switch {
		case tarball == nil:
			<-r.Context().Done()
		case r.URL.Path == "/quickjs-wasi":
			fmt.Fprintf(w, `{"name": "quickjs-wasi", "dist-tags": {"latest": "3.6.2"},
				"versions": {"3.6.2": {"name": "quickjs-wasi", "version": "3.6.2", "dist": {"tarball": "http://%s/other.tgz"}}}}`, r.Host)
		default:
			w.Write(tarball)
		}
	}))
	t.Cleanup(func() {
		s.CloseClientConnections() // an npm whose lull was killed is waiting, still
		s.Close()
	})
	return s.URL, requests
}

// another is a package that is not the pinned one.
func another(t *testing.T) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	text := `{"name": "quickjs-wasi", "version": "3.6.2"}`
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "package/package.json", Mode: 0o644, Size: int64(len(text))}))
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}

// installing is the environment of an installation into a folder of the test's, with that registry in place of the machine's.
func installing(t *testing.T, dir, registry string) []string {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("npm is not on the PATH")
	}
	env := []string{"LULL_RUNTIMES=" + dir}
	if registry != "" {
		env = append(env, "npm_config_registry="+registry, "npm_config_cache="+t.TempDir(), "npm_config_fetch_retries=0")
	}
	return env
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestRuntimesInstall_StoppedInTheMiddleIsRepeatedAsIfNothingHadBeen(t *testing.T) {
	dir := t.TempDir()
	silent, asked := registry(t, nil)
	stopped := func(signal os.Signal) int {
		cmd := exec.Command(binary, "runtimes", "install", "quickjs")
		cmd.Env = append(cleanEnv(), installing(t, dir, silent)...)
		require.NoError(t, cmd.Start())
		<-asked
		require.NoError(t, cmd.Process.Signal(signal))
		_ = cmd.Wait()
		return cmd.ProcessState.ExitCode()
	}
	require.Equal(t, exitSignal, stopped(os.Interrupt))
	require.Empty(t, names(t, dir))
	require.Equal(t, -1, stopped(os.Kill))
	for _, left := range names(t, dir) {
		require.True(t, strings.HasPrefix(left, ".tmp-"), "%s: nothing that could be taken for an interpreter", left)
	}

	out := run(t, installing(t, dir, ""), "", "runtimes", "install", "nodejs").ok(t)
	require.Equal(t, "quickjs is installed in "+filepath.Join(dir, "quickjs-3.6.2-r3")+"\n", out)

	again := run(t, append(installing(t, dir, "http://127.0.0.1:1"), "PATH="), "", "runtimes", "install", "quickjs")
	require.Equal(t, out, again.ok(t), "what is there needs neither npm nor a network")
	require.Empty(t, again.stderr)
}

func TestRuntimesInstall_SaysWhatIsWrongAndChangesNothing(t *testing.T) {
	other, _ := registry(t, another(t))
	for sentence, c := range map[string]struct{ registry, path, says string }{
		"npm is missing":            {"", "PATH=", "npm is not on the PATH; install Node.js with npm"},
		"the registry is not there": {"http://127.0.0.1:1", "", "ECONNREFUSED"},
		"another package arrives":   {other, "", "quickjs-wasi@3.6.2 arrived with SHA-256"},
	} {
		t.Run(sentence, func(t *testing.T) {
			dir := t.TempDir()
			env := installing(t, dir, c.registry)
			if c.path != "" {
				env = append(env, c.path)
			}
			r := run(t, env, "", "runtimes", "install", "quickjs")
			require.Equal(t, exitFailed, r.code)
			require.Contains(t, r.stderr, "lull: fetching quickjs-wasi@3.6.2\n", "without a terminal each step is a line")
			require.Contains(t, r.stderr, c.says)
			require.Empty(t, r.stdout)
			require.Empty(t, names(t, dir))
		})
	}
}
