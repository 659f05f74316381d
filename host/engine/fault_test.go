package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

const trap = "wasm error: unreachable\nwasm stack trace:\n\t.a(i32) i32\n\t\t0x7: /src/a.c:3:1\n\t.b()"

func TestDied_SaysHowTheGuestEnded(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		refused bool
		typ     string
		says    string
		stack   []string
	}{
		"a trap":             {errors.New(trap), false, fn.TypeTrap, "unreachable", []string{".a(i32) i32", "0x7: /src/a.c:3:1", ".b()"}},
		"a trap of the host": {fmt.Errorf("lull_v1.log: no (recovered by wazero)\nwasm stack trace:\n\t.a()"), false, fn.TypeTrap, "lull_v1.log: no", []string{".a()"}},
		"no memory":          {errors.New(trap), true, fn.TypeOutOfMemory, "the memory limit of 128 MB was reached, then: unreachable", []string{".a(i32) i32", "0x7: /src/a.c:3:1", ".b()"}},
		"an exit":            {fmt.Errorf("wrapped: %w", sys.NewExitError(3)), true, fn.TypeExit, "exit code 3", nil},
		"exit code 0":        {sys.NewExitError(0), false, fn.TypeExit, "exit code 0", nil},
		"its deadline":       {fmt.Errorf("%w (recovered by wazero)", context.DeadlineExceeded), true, fn.TypeTimeout, "it was stopped at its deadline of 3s", nil},
		"an interrupt":       {fmt.Errorf("%w (recovered by wazero)", errInterrupted), false, fn.TypeExit, "the host stopped it", nil},
	} {
		t.Run(name, func(t *testing.T) {
			g, _ := inCall(abi.PhaseHandler, nil)
			began := time.Now().Add(-1500 * time.Millisecond)
			g.deadline = began.Add(3 * time.Second)
			g.memory.refused = c.refused
			g.memory.size.Store(fn.MiB * 3 / 2)
			fault := g.died(c.err, began)
			require.Equal(t, c.typ, fault.Type)
			require.Equal(t, fn.Unhandled, fault.Kind)
			require.True(t, fault.Fatal)
			require.Equal(t, c.stack, fault.Stack)
			require.Regexp(t, `^Process exited unexpectedly before completing request \(duration: \d{4,}ms, maxMemoryUsage: 1\.50MB\): `, fault.Message)
			require.Contains(t, fault.Message, "MB): "+c.says)
			require.ErrorIs(t, fault.Cause, c.err)
		})
	}
}

func TestDied_TellsWhatTheGuestReportedBeforeATrap(t *testing.T) {
	g, _ := inCall(abi.PhaseHandler, nil)
	g.report = &fn.Fault{Type: "panic", Message: "no paper", Stack: []string{"main.rs:3:5"}}
	fault := g.died(errors.New(trap), time.Now())
	require.Equal(t, fn.TypeTrap, fault.Type)
	require.Contains(t, fault.Message, "MB): unreachable: panic: no paper")
	require.Equal(t, []string{"main.rs:3:5", ".a(i32) i32", "0x7: /src/a.c:3:1", ".b()"}, fault.Stack)

	fault = g.died(sys.NewExitError(3), time.Now())
	require.NotContains(t, fault.Message, "no paper", "an exit is not the report's")
}

func TestRun_TurnsAPanicOfTheHostIntoAFaultOfTheGuest(t *testing.T) {
	g, _ := inCall(abi.PhaseHandler, nil)
	fault := g.run(time.Now(), func() error { panic("a bug") })
	require.True(t, fault.Fatal)
	require.Contains(t, fault.Message, "the host failed: a bug")
	require.ErrorContains(t, fault.Cause, "TestRun_TurnsAPanic", "with the stack, for the log")
}
