// Package process runs the server of a measurement in a process of its own, so that it and the load generator do not share a scheduler, a
// heap or a garbage collector. Mostly that is the measuring program itself with other arguments.
package process

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Child is a running process.
type Child struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has been waited for
	said  tail
	grace time.Duration
}

// Command says what to run.
type Command struct {
	Path string // empty: this program
	Args []string
	Env  []string // added to this process's
	// Grace is how long Stop waits for the process to end after SIGTERM. Default 10 s.
	Grace time.Duration
}

// EndedError means that a process ended while it was needed.
type EndedError struct {
	Command string
	Said    string // the end of its standard error
	State   string // how it ended
}

func (e *EndedError) Error() string {
	said := strings.TrimSpace(e.Said)
	if said == "" {
		return fmt.Sprintf("%s ended (%s) and said nothing", e.Command, e.State)
	}
	return fmt.Sprintf("%s ended (%s): %s", e.Command, e.State, said)
}

// Start runs a command until ready has returned true for a line of its standard output. Later lines are dropped. Errors: the
// system's, EndedError if it ends before, the cause of ctx if that ends before.
//
// On Linux the process does not outlive this one. A terminal's Ctrl-C does not reach it: the owner stops it.
func Start(ctx context.Context, c Command, ready func(line string) bool) (*Child, error) {
	path := c.Path
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		path = self
	}
	child := &Child{cmd: exec.Command(path, c.Args...), ended: make(chan struct{}), grace: c.Grace}
	if child.grace == 0 {
		child.grace = 10 * time.Second
	}
	child.cmd.Env = append(os.Environ(), c.Env...)
	child.cmd.Stderr = &child.said
	child.cmd.SysProcAttr = apart()
	out, err := child.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := child.cmd.Start(); err != nil {
		return nil, err
	}
	isReady := make(chan struct{})
	go func() {
		defer close(child.ended)
		waiting := true
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if waiting && ready(lines.Text()) {
				waiting = false
				close(isReady)
			}
		}
		child.cmd.Wait()
	}()
	select {
	case <-isReady:
		return child, nil
	case <-child.ended:
		return nil, child.Ended()
	case <-ctx.Done():
		child.Stop()
		return nil, context.Cause(ctx)
	}
}

// PID is the process's id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Signal sends a signal to the process.
func (c *Child) Signal(s os.Signal) error { return c.cmd.Process.Signal(s) }

// Ended returns an EndedError if the process has ended, else nil.
func (c *Child) Ended() error {
	select {
	case <-c.ended:
		command := strings.Join(append([]string{filepath.Base(c.cmd.Path)}, c.cmd.Args[1:]...), " ")
		return &EndedError{command, c.said.String(), c.cmd.ProcessState.String()}
	default:
		return nil
	}
}

// Stop asks the process to end, kills it if it does not within the grace, and waits for it. It may be called again.
func (c *Child) Stop() {
	c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(c.grace):
		c.cmd.Process.Kill()
		<-c.ended
	}
}

// Kill ends the process at once and waits for it.
func (c *Child) Kill() {
	c.cmd.Process.Kill()
	<-c.ended
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if over := t.buf.Len() - tailBytes; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
