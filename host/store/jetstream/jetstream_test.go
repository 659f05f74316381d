package jetstream_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/jetstream"
	"github.com/lull-dev/lull/host/store/storetest"
)

func TestStore_InsideTheProcessPassesTheSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		dir := filepath.Join(t.TempDir(), "store")
		return storetest.Subject{Lasting: true, Open: func(t *testing.T) store.Store {
			s, err := jetstream.Open(t.Context(), dir, func(m string) { t.Log(m) })
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		}}
	})
}

func TestStore_OnAServerElsewherePassesTheSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		url := startServer(t, t.TempDir())
		return storetest.Subject{Lasting: true, Shared: true, Open: func(t *testing.T) store.Store {
			s, err := jetstream.Connect(t.Context(), jetstream.Options{URL: url})
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		}}
	})
}

var built struct {
	sync.Once
	path string
	err  error
}

// buildServer builds nats-server from the module that this one depends on.
func buildServer(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		built.path = filepath.Join(tempDir, "nats-server")
		out, err := exec.Command("go", "build", "-o", built.path, "github.com/nats-io/nats-server/v2").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	require.NoError(t, built.err)
	return built.path
}

var tempDir string

func TestMain(m *testing.M) {
	var err error
	if tempDir, err = os.MkdirTemp("", "jetstream"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(tempDir)
	os.Exit(code)
}

var listening = regexp.MustCompile(`Listening for client connections on (\S+)`)

// startServer starts a nats-server process with its files in dir and returns its URL.
func startServer(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, buildServer(t), append([]string{"-a", "127.0.0.1", "-p", "-1", "-js", "-sd", dir}, args...)...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
	})
	address := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	}()
	select {
	case a := <-address:
		return "nats://" + strings.Replace(a, "0.0.0.0", "127.0.0.1", 1)
	case <-time.After(30 * time.Second):
		require.FailNow(t, "nats-server did not start")
		return ""
	}
}
