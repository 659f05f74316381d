//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/benchtest"
	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/process"
	"github.com/lull-dev/lull/host/hosttest"
)

// TestMain is the program, too: the measured server, and what tests run.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" || benchtest.IsProgram() {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestFreezers_StopAProcessAndLetItGoOn(t *testing.T) {
	for _, f := range freezers {
		t.Run(f.name, func(t *testing.T) {
			server, err := ordinaries[0].start(t.Context(), t.TempDir())
			require.NoError(t, err)
			defer server.stop()
			by, err := f.open(server.PID())
			if err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatal("this machine does not let us: ", err)
				}
				t.Skip("this machine does not let us: ", err)
			}
			defer by.close()
			require.NoError(t, by.freeze())
			answered := make(chan error, 1)
			go func() { answered <- server.calls.Call(0) }()
			before := process.CPUTime(server.PID())
			select {
			case err := <-answered:
				t.Fatal("a frozen process answered: ", err)
			case <-time.After(200 * time.Millisecond):
			}
			require.Equal(t, before, process.CPUTime(server.PID()), "it used the processor")
			require.NoError(t, by.thaw())
			require.NoError(t, <-answered)
		})
	}
}

func TestOrdinaries_DoTheWork(t *testing.T) {
	for _, o := range ordinaries {
		t.Run(o.name, func(t *testing.T) {
			server, err := o.start(t.Context(), t.TempDir())
			if err != nil && server == nil && os.Getenv("CI") != "true" {
				t.Skip(err)
			}
			require.NoError(t, err)
			defer server.stop()
			for range 3 {
				require.NoError(t, server.calls.Call(0))
			}
		})
	}
}

func TestIdleInstances_AreCountedWithoutTheProcessThatHoldsThem(t *testing.T) {
	guests, _, err := prepare(t.Context())
	require.NoError(t, err)
	for i := range guests {
		if guests[i].name != "lull, C" {
			continue
		}
		c := &comparison{many: []int{2}, dir: t.TempDir(), cache: hosttest.CompileCache(t), report: figures.New("", nil)}
		c.idleInstances(t.Context(), &guests[i], 2)
		row := c.report.Find(memoryGroup, "lull, C, 2 of them")
		require.True(t, row.Measured(), row.Skipped)
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("the C guest cannot be built here")
	}
	t.Skip("the C guest cannot be built here")
}

func TestCtrlC_KeepsWhatWasMeasuredAndLeavesNoProcess(t *testing.T) {
	out := t.TempDir()
	benchtest.Interrupt(t, "round 1 of 1000 done", "-rounds", "1000", "-cycles", "1", "-out", out, "-cache", hosttest.CompileCache(t))
	r, err := figures.Load(filepath.Join(out, "freezing.json"))
	require.NoError(t, err)
	require.Contains(t, r.Partial, "stopped in round")
	require.True(t, r.Find(startGroup, "Go net/http").Measured())
}
