//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// freezer stops a process from outside, and lets it go on.
type freezer interface {
	// freeze returns when no thread of the process can run any more.
	freeze() error
	// thaw returns at once.
	thaw() error
	// close leaves the process running.
	close()
}

// freezers by the names of their rows.
var freezers = []struct {
	name string
	open func(pid int) (freezer, error)
}{
	{"SIGSTOP", func(pid int) (freezer, error) { return stopSignal(pid), nil }},
	{"cgroup freezer", openCgroup},
}

// stopSignal freezes with SIGSTOP.
type stopSignal int

func (s stopSignal) freeze() error {
	if err := syscall.Kill(int(s), syscall.SIGSTOP); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		if allStopped(int(s)) {
			return nil
		}
	}
	return errors.New("the process does not stop")
}

func (s stopSignal) thaw() error { return syscall.Kill(int(s), syscall.SIGCONT) }
func (s stopSignal) close()      { s.thaw() }

// allStopped reports whether every thread of a process is stopped by a signal.
func allStopped(pid int) bool {
	stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		// The state follows the name, which is in brackets and may hold anything.
		if i := strings.LastIndexByte(string(text), ')'); i < 0 || i+2 >= len(text) || text[i+2] != 'T' {
			return false
		}
	}
	return len(stats) > 0
}

// cgroup freezes with the freezer of cgroup v2.
type cgroup struct{ dir string }

// cgroupRoots are where version 2 is mounted, alone or beside version 1.
var cgroupRoots = []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}

func openCgroup(pid int) (freezer, error) {
	for _, root := range cgroupRoots {
		if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err != nil {
			continue
		}
		g := &cgroup{filepath.Join(root, fmt.Sprintf("lull-bench-%d", pid))}
		if err := os.Mkdir(g.dir, 0o755); err != nil {
			return nil, fmt.Errorf("cgroup v2 is not writable: %w", err)
		}
		if err := g.write("cgroup.procs", strconv.Itoa(pid)); err != nil {
			os.Remove(g.dir)
			return nil, fmt.Errorf("cgroup v2 is not writable: %w", err)
		}
		return g, nil
	}
	return nil, errors.New("cgroup v2 is not mounted")
}

func (g *cgroup) write(file, text string) error {
	return os.WriteFile(filepath.Join(g.dir, file), []byte(text), 0o644)
}

func (g *cgroup) freeze() error {
	if err := g.write("cgroup.freeze", "1"); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		events, err := os.ReadFile(filepath.Join(g.dir, "cgroup.events"))
		if err != nil {
			return err
		}
		if strings.Contains(string(events), "frozen 1") {
			return nil
		}
	}
	return errors.New("the group does not freeze")
}

func (g *cgroup) thaw() error { return g.write("cgroup.freeze", "0") }

// close moves the process back, since a group with a process cannot be removed.
func (g *cgroup) close() {
	g.thaw()
	procs, _ := os.ReadFile(filepath.Join(g.dir, "cgroup.procs"))
	for pid := range strings.FieldsSeq(string(procs)) {
		os.WriteFile(filepath.Join(filepath.Dir(g.dir), "cgroup.procs"), []byte(pid), 0o644)
	}
	os.Remove(g.dir)
}
