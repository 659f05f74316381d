package wasmbin_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// suites are the parts of the official suite that ship with wazero, with the
// features that wazero's own runner turns on for them, and the number of
// commands that must run at least.
var suites = []struct {
	dir      string
	features api.CoreFeatures
	atLeast  int
}{
	{"v1", api.CoreFeaturesV1, 18_831},
	{"v2", api.CoreFeaturesV2, 52_915},
	{"extended-const", api.CoreFeaturesV2 | experimental.CoreFeaturesExtendedConst, 114},
	{"tail-call", api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall, 108},
	{"threads", api.CoreFeaturesV2 | experimental.CoreFeaturesThreads, 327},
	{"exception-handling", api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling |
		experimental.CoreFeaturesTailCall | experimental.CoreFeaturesTypedFunctionReferences, 103},
	{"typed-function-references", api.CoreFeaturesV2 | experimental.CoreFeaturesTypedFunctionReferences |
		experimental.CoreFeaturesTailCall, 1_272},
}

func TestTransform_PassesTheSpecificationSuite(t *testing.T) {
	root := filepath.Join(wazeroDir(t), "internal", "integration_test", "spectest")
	spectest, err := os.ReadFile(filepath.Join(root, "testdata", "spectest.wasm"))
	require.NoError(t, err)
	for _, suite := range suites {
		run := func(t *testing.T, options wasmbin.Options) {
			files, err := filepath.Glob(filepath.Join(root, suite.dir, "testdata", "*.json"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			tally := tally{left: map[string]int{}}
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
					runScript(t, file, spectest, suite.features, options, &tally)
				})
			}
			tally.log(t)
			require.GreaterOrEqual(t, tally.ran, suite.atLeast, "fewer commands ran than before")
		}
		t.Run(suite.dir, func(t *testing.T) { run(t, wasmbin.Options{LazyTables: -1}) })
		if suite.features.IsEnabled(api.CoreFeatureReferenceTypes) {
			t.Run(suite.dir+" with lazy tables", func(t *testing.T) { run(t, wasmbin.Options{LazyTables: 1}) })
		}
	}
}

// wazeroDir returns where the module cache has wazero.
func wazeroDir(t *testing.T) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil || strings.TrimSpace(string(out)) == "" {
		skip(t, "the go command does not find wazero's sources: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// skip leaves a test out aloud, and not at all where everything must be there.
func skip(t testing.TB, format string, args ...any) {
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// tally counts commands, and those left out by reason.
type tally struct {
	ran, yields int
	left        map[string]int
}

func (c *tally) log(t *testing.T) {
	t.Logf("%d commands ran, the guests yielded %d times", c.ran, c.yields)
	reasons := make([]string, 0, len(c.left))
	for r := range c.left {
		reasons = append(reasons, r)
	}
	sort.Strings(reasons)
	for _, r := range reasons {
		t.Logf("%d left out: %s", c.left[r], r)
	}
}

// command is one step of a script, as wast2json writes it.
type command struct {
	Type       string
	Line       int
	Name       string
	Filename   string
	As         string
	ModuleType string `json:"module_type"`
	Text       string
	Action     struct {
		Type   string
		Module string
		Field  string
		Args   []specValue
	}
	Expected []specValue
}

func runScript(t *testing.T, file string, spectest []byte, features api.CoreFeatures, options wasmbin.Options, tally *tally) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var script struct{ Commands []command }
	require.NoError(t, json.Unmarshal(text, &script))

	h := newHost(t, features)
	h.options = options
	n := uint64(0)
	h.refill = func() uint64 { n++; return 1 + n%3 }
	_, err = h.Instantiate(h.ctx, spectest)
	require.NoError(t, err)
	r := &runner{T: t, host: h, dir: filepath.Dir(file), modules: map[string]api.Module{}}
	for i, c := range script.Commands {
		if reason := leftOut(filepath.Base(filepath.Dir(r.dir)), filepath.Base(file), c); reason != "" {
			tally.left[reason]++
			continue
		}
		name := ""
		if next := i + 1; next < len(script.Commands) && script.Commands[next].Type == "register" {
			name = script.Commands[next].As // wazero names a module when it starts
		}
		r.run(c, name)
		tally.ran++
	}
	tally.yields += h.yields
}
