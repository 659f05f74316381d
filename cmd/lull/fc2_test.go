package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/source"
)

// fc2 is the version of @alicloud/fc2 that .ci/toolchain installs.
const fc2 = "2.6.6"

// missing skips a test, or fails it where nothing may be skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// TestA3_TheNodeClientWalksThroughTheAPI drives the real binary, which wants signed requests, with the client from npm as it is. The steps are those of
// testdata/fc2.js. It is also A6, A15 and the sequence of A2 with an account id.
func TestA3_TheNodeClientWalksThroughTheAPI(t *testing.T) {
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	modules := filepath.Join(cache, "lull", "test", "fc2-"+fc2, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "@alicloud", "fc2", "package.json")); err != nil {
		missing(t, "@alicloud/fc2@"+fc2+" is not installed; run .ci/toolchain")
	}
	s := serve(t, "--access-key", "the-id:the-secret")
	setup := map[string]any{
		"endpoint": s.api, "accessKeyID": "the-id", "accessKeySecret": "the-secret", "probe": base64.StdEncoding.EncodeToString(hosttest.Probe), "without": []string{},
	}
	pkg, err := source.Pack(filepath.Join("testdata", "counter"), source.Limits{})
	require.NoError(t, err)
	setup["node"] = base64.StdEncoding.EncodeToString(pkg)
	text, err := json.Marshal(setup)
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", filepath.Join("testdata", "fc2.js"), file(t, "setup.json", text))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, s.stderr.String())
	steps := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, step := range steps {
		if why, ok := strings.CutPrefix(step, "SKIPPED: "); ok {
			missing(t, "all passed but the sample in Node: "+why)
		}
	}
	require.Len(t, steps, 14, "steps that passed:\n%s", out)
}
