package main

import (
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/guests"
)

// projects has the file that greets in the project that `lull new` makes in each language.
var projects = map[string]string{
	"assemblyscript": "assembly/index.ts", "c": "main.c", "go": "main.go", "go-http": "main.go", "nodejs": "index.js", "php": "index.php", "python": "index.py",
	"ruby": "index.rb", "rust": "main.rs", "typescript": "index.ts",
}

func TestUp_DeploysAgainWhatChangesAndDropsNoRequest(t *testing.T) {
	require.ElementsMatch(t, guests.Languages(), slices.Collect(maps.Keys(projects)))
	for lang, file := range projects {
		t.Run(lang, func(t *testing.T) { upProject(t, lang, file) })
	}
}

// upProject breaks a project, and mends it with another greeting, while requests go on.
func upProject(t *testing.T, lang, file string) {
	dir := filepath.Join(t.TempDir(), "greeter")
	run(t, nil, "", "new", dir, "--lang", lang).ok(t)
	main := filepath.Join(dir, filepath.FromSlash(file))
	source, err := os.ReadFile(main)
	require.NoError(t, err)
	write := func(greeting string) {
		t.Helper()
		require.NoError(t, os.WriteFile(main, []byte(strings.ReplaceAll(string(source), "hello", greeting)), 0o666))
	}

	s := &server{command: []string{"up", dir}, watched: lang == "c"}
	s.start(t, "--data", warmData(t))
	says := func(text string) bool { return strings.Contains(s.stderr.String(), text) }
	answer := func() string {
		resp, err := http.Post(s.http+"/greeter/", "text/plain", strings.NewReader("Ada"))
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err.Error()
		}
		return string(body)
	}
	becomes := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool { return answer() == want }, patience, 20*time.Millisecond, "%s; stderr: %s", want, &s.stderr)
	}
	require.Eventually(t, func() bool { return answer() == "hello Ada\n" || says("waiting for a change") }, patience, 20*time.Millisecond)
	skipWithoutToolchain(t, result{code: exitFailed, stderr: s.stderr.String()})
	becomes("hello Ada\n")

	over := make(chan struct{})
	wrong := make(chan string, 1)
	var callers sync.WaitGroup
	for range 2 {
		callers.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(5 * time.Millisecond): // the compiler needs the processors, too
				}
				if got := answer(); got != "hello Ada\n" && got != "good day Ada\n" {
					select {
					case wrong <- got:
					default:
					}
				}
			}
		})
	}
	require.NoError(t, os.WriteFile(main, append(source, "\n@@ non sense\n"...), 0o666))
	require.Eventually(t, func() bool { return says("the version before goes on serving") }, patience, 20*time.Millisecond)
	require.Regexp(t, filepath.Base(file)+`\W+(on )?(line )?\d+`, s.stderr.String(), "where it is wrong")
	require.Equal(t, "hello Ada\n", answer())

	write("good day")
	becomes("good day Ada\n")
	close(over)
	callers.Wait()
	select {
	case got := <-wrong:
		t.Fatalf("a request was answered with %q", got)
	default:
	}
	require.Contains(t, s.lull(t, "ls").ok(t), "greeter")
	require.Zero(t, s.stop(t), "Ctrl-C drains: %s", &s.stderr)
}

func TestUp_WaitsForAProjectThatDoesNotBuildYet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	require.NoError(t, os.Mkdir(dir, 0o777))
	s := &server{command: []string{"up", dir, "--name", "now"}}
	s.start(t)
	require.Eventually(t, func() bool { return strings.Contains(s.stderr.String(), "waiting for a change") }, patience, 20*time.Millisecond)
	require.Contains(t, s.stderr.String(), "unknown language")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module later\n\ngo 1.24\n"), 0o666))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", "sub.go"), []byte("package sub\n\nfunc F() int32 { return nonsense }\n"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(`package main

import "later/sub"

func main() {}

//go:wasmexport handler
func handler(int32) int32 { return sub.F() }
`), 0o666))
	require.Eventually(t, func() bool { return strings.Contains(s.stderr.String(), "sub/sub.go:3") }, patience, 20*time.Millisecond, "%s", &s.stderr)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", "sub.go"), []byte("package sub\n\nfunc F() int32 { return 0 }\n"), 0o666))
	require.Eventually(t, func() bool { return s.lull(t, "invoke", "now").code == exitOK }, patience, 50*time.Millisecond, "%s", &s.stderr)
}
