//go:build linux || darwin

package main

import (
	"io"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

func TestBuild_ShowsProgressOnATerminalAndNoneElsewhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "greeter")
	run(t, nil, "", "new", dir, "--lang", "go").ok(t)

	cmd := exec.Command(watched, "build", dir)
	terminal, err := pty.Start(cmd) // the command's streams are a terminal
	require.NoError(t, err)
	shown, _ := io.ReadAll(terminal) // ends with an error when the command has closed the terminal
	require.NoError(t, cmd.Wait())
	require.Contains(t, string(shown), "building")
	require.Contains(t, string(shown), "\r", "the line is drawn again and again")

	r := run(t, nil, "", "build", dir)
	r.ok(t)
	require.NotContains(t, r.stderr, "\r")
}

func TestRuntimesInstall_ShowsItsStepsOnATerminal(t *testing.T) {
	other, _ := registry(t, another(t))
	cmd := exec.Command(watched, "runtimes", "install", "quickjs")
	cmd.Env = append(cleanEnv(), installing(t, t.TempDir(), other)...)
	terminal, err := pty.Start(cmd)
	require.NoError(t, err)
	shown, _ := io.ReadAll(terminal)
	require.Error(t, cmd.Wait())
	require.Regexp(t, "\r[^\n]*fetching quickjs-wasi@3.6.2", string(shown), "drawn again and again")
	require.NotContains(t, string(shown), "lull: fetching", "and not as a line")
}
