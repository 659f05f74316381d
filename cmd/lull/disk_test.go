package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/hosttest"
)

// smallDisk mounts a file system of some MiB on dir, for those alone who run within what it returns.
func smallDisk(t *testing.T, dir string, mib int) (within []string) {
	t.Helper()
	holder := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		fmt.Sprintf("mount -t tmpfs -o size=%dm tmpfs '%s' && echo mounted && exec cat", mib, dir))
	stdin, err := holder.StdinPipe()
	require.NoError(t, err)
	stdout, err := holder.StdoutPipe()
	require.NoError(t, err)
	skip := func(why any) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("a file system of its own cannot be mounted: %v", why)
		}
		t.Skipf("a file system of its own cannot be mounted here (unshare, nsenter, user namespaces): %v", why)
	}
	if err := holder.Start(); err != nil {
		skip(err)
	}
	t.Cleanup(func() { stdin.Close(); holder.Wait() })
	told := make([]byte, len("mounted"))
	if _, err := stdout.Read(told); err != nil {
		skip(err)
	}
	return []string{"nsenter", "--user", "--mount", "--preserve-credentials", "-t", fmt.Sprint(holder.Process.Pid)}
}

// padded is the probe with so many random bytes in it, which change nothing.
func padded(t *testing.T, size int) string {
	section := []byte{1, 'x'}
	for range size {
		section = append(section, byte(rand.Uint32()))
	}
	module := append([]byte{}, hosttest.Probe...)
	module = append(module, 0)
	module = appendUvarint(module, len(section))
	return file(t, "padded.wasm", append(module, section...))
}

func TestStore_AFullDiskRefusesDeploysAndDamagesNothing(t *testing.T) {
	disk := t.TempDir()
	within := smallDisk(t, disk, 24)
	data, ballast := filepath.Join(disk, "data"), filepath.Join(disk, "ballast")
	do := func(args ...string) {
		t.Helper()
		out, err := exec.Command(within[0], append(within[1:], args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	do("dd", "if=/dev/zero", "of="+ballast, "bs=1M", "count=8")
	start := func() *server {
		s := &server{within: within}
		s.start(t, "--data", data)
		return s
	}
	s := start()
	var deployed []string
	var refused result
	for i := range 20 {
		name := fmt.Sprint("f", i)
		if refused = s.lull(t, "deploy", name, padded(t, 2<<20)); refused.code != 0 {
			break
		}
		deployed = append(deployed, name)
	}
	refused.fails(t, exitServer, "no space left on device", "start again")
	require.NotEmpty(t, deployed)
	intact := func() {
		t.Helper()
		list := s.lull(t, "ls", "--json").ok(t)
		require.Equal(t, len(deployed), strings.Count(list, `"functionName"`))
		for _, name := range deployed {
			require.Equal(t, "ehello", s.lull(t, "invoke", name, "-d", "ehello").ok(t), "what is deployed goes on")
		}
	}
	intact()
	s.lull(t, "deploy", "another", padded(t, 1000)).fails(t, exitServer, "no space left on device")
	s.lull(t, "invoke", deployed[0], "--async").fails(t, exitServer, "no space left on device")
	s.stop(t)
	s.exit = s.cmd.ProcessState.ExitCode()
	require.Contains(t, []int{exitOK, exitFailed, exitSignal}, s.exit, "what could not be written is told")

	do("rm", ballast)
	s = start()
	intact()
	s.lull(t, "deploy", "another", padded(t, 2<<20)).ok(t)
	deployed = append(deployed, "another")
	intact()
}

func TestStore_ADataDirectoryThatCannotBeWrittenIsToldAtTheStart(t *testing.T) {
	disk := t.TempDir()
	within := smallDisk(t, disk, 1)
	out, err := exec.Command(within[0], append(within[1:], "mount", "-o", "remount,ro", disk)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	args := append(within[1:], binary, "serve", "--api", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", filepath.Join(disk, "data"))
	out, err = exec.Command(within[0], args...).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "data directory")
	require.Contains(t, string(out), "read-only file system")
}

// appendUvarint appends n as a module has numbers.
func appendUvarint(b []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}
