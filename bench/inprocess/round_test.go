package inprocess_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

func open(t *testing.T, f fn.Function, event string) *inprocess.Subject {
	s, err := inprocess.Open(t.Context(), inprocess.Config{Function: f, Event: []byte(event)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close(), "everything was released") })
	return s
}

var small = inprocess.Effort{Starts: 8, Time: 5 * time.Millisecond}

func TestRound_MeasuresEveryRowOfAFunctionWithHooks(t *testing.T) {
	s := open(t, hosttest.Function("f"), "u")
	r := figures.New("", nil)
	for range 2 {
		require.NoError(t, s.Round(t.Context(), r, "f", small))
	}
	for name, unit := range map[string]figures.Unit{
		inprocess.ColdPlain: figures.Nanoseconds, inprocess.ColdImage: figures.Nanoseconds, inprocess.ColdReset: figures.Nanoseconds,
		inprocess.Warm: figures.Nanoseconds, inprocess.Pause: figures.Nanoseconds, inprocess.Resume: figures.Nanoseconds,
		inprocess.PreFreeze: figures.Nanoseconds, inprocess.PreStop: figures.Nanoseconds, inprocess.Initializer: figures.Nanoseconds,
		inprocess.Linear: figures.Bytes,
	} {
		row := r.Find("f", name)
		require.NotNil(t, row, name)
		require.Len(t, row.Rounds, 2, "%s: %s", name, row.Skipped)
		require.Equal(t, unit, row.Unit, name)
		require.Equal(t, unit == figures.Nanoseconds, row.Latency != nil, name)
	}
	require.EqualValues(t, 2*8, r.Find("f", inprocess.ColdImage).Latency.Count())
	require.EqualValues(t, 2*8, r.Find("f", inprocess.ColdReset).Latency.Count())
	require.EqualValues(t, 2*2, r.Find("f", inprocess.ColdPlain).Latency.Count())
}

// A guest that sleeps 100 ms: no part of its call may be lost.
func TestRound_ShowsTheTimeThatTheGuestTakes(t *testing.T) {
	const sleeps = 100 * time.Millisecond
	s := open(t, fn.Function{Name: "f", Code: hosttest.Probe}, "s")
	r := figures.New("", nil)
	require.NoError(t, s.Round(t.Context(), r, "f", inprocess.Effort{Starts: 2, Time: time.Millisecond}))
	for _, name := range []string{inprocess.ColdPlain, inprocess.ColdImage, inprocess.ColdReset, inprocess.Warm} {
		require.GreaterOrEqual(t, r.Find("f", name).Latency.Percentile(0), sleeps*999/1000, name)
	}
}

func TestRound_SaysWhyARowIsMissing(t *testing.T) {
	s := open(t, fn.Function{Name: "f", Code: hosttest.Module(t, "tables")}, "")
	require.Contains(t, s.StartsBy(), "fresh")
	r := figures.New("", nil)
	require.NoError(t, s.Round(t.Context(), r, "f", small))
	for name, word := range map[string]string{inprocess.ColdImage: "fresh", inprocess.ColdReset: "fresh", inprocess.PreStop: "hook"} {
		require.Contains(t, r.Find("f", name).Skipped, word)
	}
}

func TestRound_MeasuresACommand(t *testing.T) {
	s := open(t, fn.Function{Name: "f", Code: hosttest.Module(t, "command")}, "")
	r := figures.New("", nil)
	require.NoError(t, s.Round(t.Context(), r, "f", small))
	require.True(t, r.Find("f", inprocess.Warm).Measured())
}

func TestRound_KeepsWhatItHasWhenItsContextEnds(t *testing.T) {
	s := open(t, fn.Function{Name: "f", Code: hosttest.Probe}, "c")
	r := figures.New("", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Round(ctx, r, "f", small), context.Canceled)
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Round(ctx, r, "f", inprocess.Effort{Starts: 4, Time: time.Minute}), context.DeadlineExceeded)
	require.True(t, r.Find("f", inprocess.ColdReset).Measured())
}

func TestOpen_RefusesWhatCannotBeMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		f     fn.Function
		event string
		is    error
		says  string
	}{
		"no module":                     {fn.Function{Name: "f", Code: []byte("no")}, "", nil, "module"},
		"a function that always traps":  {fn.Function{Name: "f", Code: hosttest.Probe}, "t", inprocess.ErrFails, "unreachable"},
		"an initializer that fails":     {fn.Function{Name: "f", Code: hosttest.Probe, Initializer: fn.Hook{Handler: "initFails"}}, "c", inprocess.ErrFails, ""},
		"a preFreeze that always traps": {hosttest.Function("f"), "Mt", inprocess.ErrFails, "preFreeze"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := inprocess.Open(t.Context(), inprocess.Config{Function: c.f, Event: []byte(c.event)})
			require.Error(t, err)
			require.Nil(t, s)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "in use", "everything was released")
		})
	}
}

func TestHold_LeavesNothingWhenItIsReleased(t *testing.T) {
	s, err := inprocess.Open(t.Context(), inprocess.Config{Function: hosttest.Function("f"), Event: []byte("c"), ImagedOnly: true})
	require.NoError(t, err)
	h, err := s.Hold(t.Context(), 20)
	require.NoError(t, err)
	for n := range 20 {
		_, err := h.Call(t.Context(), n)
		require.NoError(t, err)
	}
	h.Release()
	require.NoError(t, s.Close())
}
