package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nowhere is an address at which no server is.
const nowhere = "LULL_API=http://127.0.0.1:1"

func TestCommandLine_ExitsWith2AndSaysWhy(t *testing.T) {
	wasm := probe(t)
	for sentence, c := range map[string]struct {
		args  string
		words []string
	}{
		"an unknown command":              {"fly", []string{"fly"}},
		"an unknown flag":                 {"ls --fly", []string{"--fly", "lull ls --help"}},
		"no function":                     {"invoke", []string{"<name>"}},
		"an illegal function name":        {"invoke a.b", []string{`"a.b"`, "function"}},
		"an illegal service name":         {"invoke 1/f", []string{`"1"`, "service"}},
		"too many parts in a name":        {"rm a/b/c", []string{"b/c"}},
		"two services":                    {"invoke a/f --service b", []string{"two services"}},
		"two events":                      {"invoke f -d x -f y", []string{"--data", "--file"}},
		"an event file that is not there": {"invoke f -f nowhere.json", []string{"nowhere.json"}},
		"a module that is not there":      {"deploy f nowhere.wasm", []string{"nowhere.wasm"}},
		"a limit that is no number":       {"deploy f " + wasm + " --memory lots", []string{"--memory", "lots"}},
		"an environment without =":        {"deploy f " + wasm + " --env A", []string{"KEY=VALUE", `"A"`}},
		"a project in no language":        {"build " + t.TempDir(), []string{"language"}},
		"a new project without language":  {"new x", []string{"--lang"}},
		"a language nobody knows":         {"new x --lang cobol", []string{"cobol", "go"}},
		"an unknown word below a command": {"runtimes instal nodejs", []string{"instal", "`lull runtimes list --help`"}},
		"an illegal log level":            {"serve --log-level loud", []string{"loud"}},
		"an unknown runtime to allow":     {"serve --allow-pre-freeze cobol --api 127.0.0.1:0 --http 127.0.0.1:0 --data " + t.TempDir(), []string{"cobol", "python"}},
		"a deploy without a source":       {"serve --deploy x --data " + t.TempDir(), []string{"NAME=FILE|DIR"}},
		"an address that is none":         {"serve --api nonsense", []string{"--api nonsense"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			run(t, []string{nowhere}, "", strings.Fields(c.args)...).fails(t, exitUsage, append(c.words, "lull: ")...)
		})
	}
}

func TestCommandLine_ExitsWith3WhenNoServerIsThere(t *testing.T) {
	run(t, []string{"LULL_API=::"}, "", "ls").fails(t, exitServer, "http://::", "LULL_API")
	for _, args := range []string{"ls", "ps", "runtimes", "invoke f", "logs f", "requests f", "usage f", "stop f", "rm f", "deploy f " + probe(t)} {
		t.Run(args, func(t *testing.T) {
			run(t, []string{nowhere}, "", strings.Fields(args)...).fails(t, exitServer, "127.0.0.1:1", "lull serve", "LULL_API")
		})
	}
}

func TestHelp_GoesToStandardOutputWhenAskedFor(t *testing.T) {
	out := run(t, nil, "", "--help").ok(t)
	for _, command := range strings.Fields("serve new build deploy invoke ls ps logs requests usage stop rm bench runtimes version") {
		require.Contains(t, out, "\n  "+command+" ")
	}
	require.Contains(t, out, "LULL_API")
	require.Contains(t, run(t, nil, "", "deploy", "--help").ok(t), "--pre-freeze-timeout")
	run(t, nil, "").fails(t, exitUsage, "Usage: lull")
}

func TestVersion_IsOneLine(t *testing.T) {
	require.Regexp(t, `^lull \S+ \(go\S+ \w+/\w+\)\n$`, run(t, nil, "", "version").ok(t))
}

// The same in process, with the streams of the test.
func TestProgram_UsesOnlyTheStreamsAndTheEnvironmentItIsGiven(t *testing.T) {
	var stdout, stderr bytes.Buffer
	asked := ""
	p := &program{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(name string) string {
		asked = name
		return "http://127.0.0.1:1"
	}}
	require.Equal(t, exitServer, p.run(t.Context(), []string{"ls"}))
	require.Equal(t, "LULL_API", asked)
	require.Empty(t, stdout.String())
	require.Contains(t, stderr.String(), "127.0.0.1:1")
}

func TestNew_WritesAProjectOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "greeter")
	require.Contains(t, run(t, nil, "", "new", dir, "--lang", "go").ok(t), "lull deploy greeter")
	run(t, nil, "", "new", dir, "--lang", "go").fails(t, exitUsage, "not empty")
}
