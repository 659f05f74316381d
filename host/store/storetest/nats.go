package storetest

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BuildNATS builds nats-server, of the module that this one depends on, into dir, and returns its path.
func BuildNATS(dir string) (string, error) {
	path := filepath.Join(dir, "nats-server.exe")
	out, err := exec.Command("go", "build", "-o", path, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building nats-server: %w: %s", err, out)
	}
	return path, nil
}

// NATS is a nats-server process with JetStream.
type NATS struct {
	Address string // HOST:PORT

	binary, dir string
	args        []string
	cmd         *exec.Cmd
	drained     chan struct{}
}

// StartNATS starts the nats-server at binary with its files in a directory of its own, and kills it when the test ends.
func StartNATS(t testing.TB, binary string, args ...string) *NATS {
	t.Helper()
	n := &NATS{Address: "127.0.0.1:-1", binary: binary, dir: t.TempDir(), args: args}
	t.Cleanup(n.Kill)
	n.Start(t)
	return n
}

var listening = regexp.MustCompile(`Listening for client connections on (\S+)`)

// Start starts it again after Kill, at the same address and with the same files.
func (n *NATS) Start(t testing.TB) {
	t.Helper()
	n.cmd = exec.Command(n.binary, append([]string{"--addr", "127.0.0.1", "--port", n.Address[len("127.0.0.1:"):], "-js", "-sd", n.dir}, n.args...)...)
	stderr, err := n.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, n.cmd.Start())
	address, drained := make(chan string, 1), make(chan struct{})
	n.drained = drained
	var said strings.Builder
	go func() {
		defer close(drained)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			fmt.Fprintln(&said, lines.Text())
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	}()
	select {
	case n.Address = <-address:
	case <-drained:
		require.FailNow(t, "nats-server ended", said.String())
	case <-time.After(within):
		require.FailNow(t, "nats-server did not start")
	}
}

// Kill ends it with SIGKILL.
func (n *NATS) Kill() {
	_ = n.cmd.Process.Kill()
	<-n.drained
	_ = n.cmd.Wait()
}
