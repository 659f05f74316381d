package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAccessKey(t *testing.T) {
	keys := file(t, "keys", []byte("# two\nfirst:secret-1\nsecond:secret-2\n"))
	s := serve(t, "--access-key-file", keys, "--access-key", "third:secret-3", "--access-key=fourth:secret-4", "--deploy", "early="+probe(t))
	s.waitFor(t, `"message":"deployed"`)
	s.lull(t, "ls").fails(t, exitServer, "MissingRequiredHeader", "--access-key-file", keyVariable)
	require.Contains(t, s.lull(t, "ls", "--access-key", "third:secret-3").ok(t), "early", "--deploy signs, too")
	s.lull(t, "--access-key", "fourth:secret-4", "deploy", "f", probe(t)).ok(t)
	s.lull(t, "invoke", "f", "-d", "c", "--access-key-file", keys).ok(t)
	env := []string{"LULL_API=" + s.api, keyVariable + "=second:secret-2"}
	run(t, env, "", "ls").ok(t)
	run(t, env, "", "ls", "--access-key", "second:wrong").fails(t, exitServer, "SignatureNotMatch")
	run(t, env, "", "ls", "--access-key", "fifth:x").fails(t, exitServer, "InvalidAccessKeyID", "fifth")
	require.Equal(t, 0, s.stop(t))
	require.NotContains(t, s.stderr.String(), "secret-")
}

func TestAccessKey_OpensOtherAddresses(t *testing.T) {
	s := serve(t, "--api", "0.0.0.0:0", "--access-key", "ak:sk")
	s.lull(t, "ls").fails(t, exitServer, "MissingRequiredHeader")
	s.lull(t, "ls", "--access-key", "ak:sk").ok(t)
}

func TestAccessKey_RefusesWhatCannotBeAKeyAndDoesNotRepeatIt(t *testing.T) {
	open := file(t, "open", []byte("ak:the-secret"))
	require.NoError(t, os.Chmod(open, 0o644))
	for sentence, c := range map[string]struct {
		env   string
		args  []string
		words []string
	}{
		"no colon":            {"", []string{"--access-key", "the-secret"}, []string{"--access-key", "ID:SECRET"}},
		"no id":               {"", []string{"--access-key=:the-secret"}, []string{"ID:SECRET"}},
		"a file of something": {"", []string{"--access-key-file", file(t, "bad", []byte("a:b\nthe-secret\n"))}, []string{"key 2"}},
		"an empty file":       {"", []string{"--access-key-file", file(t, "none", nil)}, []string{"holds no key"}},
		"a missing file":      {"", []string{"--access-key-file", filepath.Join(t.TempDir(), "x")}, []string{"--access-key-file"}},
		"the environment":     {"the-secret", nil, []string{keyVariable, "key 1"}},
		"twice":               {"ak:one-the-secret ak:two-the-secret", nil, []string{"ak is given twice"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			r := run(t, []string{keyVariable + "=" + c.env}, "", append([]string{"serve", "--data", t.TempDir(), "--api", "127.0.0.1:0", "--http", "127.0.0.1:0"}, c.args...)...)
			r.fails(t, exitUsage, c.words...)
			require.False(t, strings.Contains(r.stderr, "the-secret"), r.stderr)
		})
	}
	if runtime.GOOS != "windows" {
		run(t, nil, "", "ls", "--access-key-file", open).fails(t, exitUsage, "chmod 600")
	}
}
