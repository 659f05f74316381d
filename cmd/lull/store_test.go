package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kill ends the server as a power cut would, as far as the process can tell.
func (s *server) kill(t testing.TB) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGKILL))
	select {
	case <-s.ended:
	case <-time.After(patience):
		t.Fatal("lull serve does not die")
	}
	s.exit = -1
}

func TestStore_FunctionsAreThereAfterAKill(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serveWatched(t, "--data", data)
	s.lull(t, "deploy", "f", probe(t), "--env", "A=b").ok(t)
	s.lull(t, "deploy", "g", probe(t), "--service", "shop").ok(t)
	s.lull(t, "deploy", "gone", probe(t)).ok(t)
	s.lull(t, "rm", "gone").ok(t)
	before := s.lull(t, "ls", "--json").ok(t)
	s.kill(t)

	s = serveWatched(t, "--data", data)
	require.JSONEq(t, before, s.lull(t, "ls", "--json").ok(t))
	require.Equal(t, "ehello", s.lull(t, "invoke", "f", "-d", "ehello").ok(t))
	require.Equal(t, "ehello", s.lull(t, "invoke", "shop/g", "-d", "ehello").ok(t))
}

func TestStore_ASecondServerOnTheSameDataIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data", data)
	s.lull(t, "deploy", "f", probe(t)).ok(t)
	run(t, nil, "", "serve", "--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data).fails(t, exitFailed, "is in use by another")
	require.Equal(t, "ehello", s.lull(t, "invoke", "f", "-d", "ehello").ok(t), "nothing is damaged")
}

func TestStore_ADamagedFileKeepsTheServerFromStartingAndIsLeftAlone(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, "--data", data)
	s.lull(t, "deploy", "f", probe(t)).ok(t)
	require.Zero(t, s.stop(t))
	var metas []string
	require.NoError(t, filepath.WalkDir(filepath.Join(data, "store"), func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, "KV_lull-functions/meta.inf") {
			metas = append(metas, path)
		}
		return err
	}))
	require.Len(t, metas, 1)
	good, err := os.ReadFile(metas[0])
	require.NoError(t, err)
	bad := append([]byte("x"), good[1:]...)
	require.NoError(t, os.WriteFile(metas[0], bad, 0o600))
	run(t, nil, "", "serve", "--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data).fails(t, exitFailed, "cannot read KV_lull-functions")
	now, err := os.ReadFile(metas[0])
	require.NoError(t, err)
	require.Equal(t, bad, now)
	require.NoError(t, os.WriteFile(metas[0], good, 0o600))
	s = serve(t, "--data", data)
	require.Equal(t, "ehello", s.lull(t, "invoke", "f", "-d", "ehello").ok(t))
}
