package wasmbin_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"
)

// leftOut says why a command does not run.
func leftOut(suite, file string, c command) string {
	if c.ModuleType == "text" {
		return "the text format is a parser's matter, and there is none here"
	}
	for _, l := range leftOutLines {
		if l.suite == suite && l.file == file && slices.Contains(l.lines, c.Line) {
			return l.reason
		}
	}
	return ""
}

var leftOutLines = []struct {
	suite, file string
	lines       []int
	reason      string
}{
	{"v1", "linking.json", []int{248, 342, 354}, "since 2.0 the segments before one that does not fit are written; 1.0 wrote none"},
}

// runner runs the commands of one script.
type runner struct {
	*testing.T
	*host
	dir     string
	modules map[string]api.Module
	last    api.Module
}

func (r *runner) run(c command, registerAs string) {
	msg := []any{"%s, line %d: %s", c.Type, c.Line, c.Text}
	switch c.Type {
	case "module":
		guest, _, err := r.start(r.read(c), registerAs)
		require.NoError(r, err, msg...)
		r.last = guest
		if c.Name != "" {
			r.modules[c.Name] = guest
		}
	case "register": // done with the module before it
	case "action", "assert_return":
		got, err := r.act(c)
		require.NoError(r, err, msg...)
		requireValues(r, c.Expected, got, msg...)
	case "assert_trap":
		_, err := r.act(c)
		require.ErrorContains(r, err, trapText(c.Text), msg...)
	case "assert_exhaustion":
		_, err := r.act(c)
		require.ErrorContains(r, err, "stack overflow", msg...)
	case "assert_exception":
		_, err := r.act(c)
		require.ErrorContains(r, err, "uncaught exception", msg...)
	case "assert_invalid", "assert_malformed":
		_, _, err := r.start(r.read(c), "")
		require.ErrorIs(r, err, errNotValid, msg...)
	case "assert_unlinkable":
		_, _, err := r.start(r.read(c), "")
		require.Error(r, err, msg...)
		if c.Text != "elements segment does not fit" { // to wazero a matter of compiling
			require.NotErrorIs(r, err, errNotValid, msg...)
		}
	case "assert_uninstantiable":
		_, _, err := r.start(r.read(c), "")
		if c.Text == "out of bounds table access" {
			// wazero lets such an instance live, with and without the transform.
			require.NoError(r, err, msg...)
			return
		}
		require.ErrorContains(r, err, trapText(c.Text), msg...)
		require.NotErrorIs(r, err, errNotValid, msg...)
	default:
		require.Fail(r, "unknown command", msg...)
	}
}

func (r *runner) read(c command) []byte {
	code, err := os.ReadFile(filepath.Join(r.dir, c.Filename))
	require.NoError(r, err)
	return code
}

func (r *runner) act(c command) ([]uint64, error) {
	guest := r.last
	if c.Action.Module != "" {
		guest = r.modules[c.Action.Module]
	}
	if c.Action.Type == "get" {
		g := guest.ExportedGlobal(c.Action.Field)
		require.NotNil(r, g, "line %d: no global %q", c.Line, c.Action.Field)
		return []uint64{g.Get()}, nil
	}
	f := guest.ExportedFunction(c.Action.Field)
	require.NotNil(r, f, "line %d: no function %q", c.Line, c.Action.Field)
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.bits(r)...)
	}
	return f.Call(r.ctx, args...)
}

// trapText returns what wazero calls a trap of the suite.
func trapText(text string) string {
	switch {
	case text == "out of bounds table access", strings.HasPrefix(text, "undefined"),
		strings.HasPrefix(text, "uninitialized"):
		return "invalid table access"
	case text == "indirect call":
		return "indirect call type mismatch"
	case strings.HasPrefix(text, "null"):
		return "null reference"
	}
	return text
}
