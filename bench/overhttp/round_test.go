package overhttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/overhttp"
)

func serve(t *testing.T, h http.HandlerFunc) overhttp.Target {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return overhttp.Target{URL: s.URL}
}

func effort() *overhttp.Effort {
	return &overhttp.Effort{Connections: 2, Time: 400 * time.Millisecond, Colds: 2}
}

func TestRound_ShowsTheDelayOfAServerInEveryRow(t *testing.T) {
	const delay = 100 * time.Millisecond
	target := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(delay) })
	cooled := 0
	target.Cool = func(context.Context) error { cooled++; return nil }
	r, e := figures.New("", nil), effort()
	for range 2 {
		require.NoError(t, overhttp.Round(t.Context(), r, "f", target, e))
	}
	for _, name := range []string{overhttp.Cold, overhttp.One, overhttp.Closed, overhttp.Open} {
		row := r.Find("f", name)
		require.Len(t, row.Rounds, 2, name)
		require.GreaterOrEqual(t, row.Latency.Percentile(0), delay*999/1000, name)
	}
	require.Equal(t, 4, cooled)
	require.LessOrEqual(t, r.Find("f", overhttp.Throughput).Figure(), 2/delay.Seconds())
	require.Positive(t, e.PerSecond, "the rate of the first round is kept")
}

func TestRound_FailsWhenEveryCallDoes(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	err := overhttp.Round(t.Context(), figures.New("", nil), "f", target, effort())
	require.ErrorIs(t, err, overhttp.ErrFails)
	require.ErrorContains(t, err, "502")
}

func TestRound_TellsHowManyCallsFailed(t *testing.T) {
	n := 0
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n%2 == 0 {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	r, e := figures.New("", nil), effort()
	e.Connections, e.OpenConnections, e.PerSecond, e.Time = 1, 1, 100, 100*time.Millisecond
	require.NoError(t, overhttp.Round(t.Context(), r, "f", target, e))
	require.Regexp(t, `FAILED: status 418`, r.Find("f", overhttp.One).Note)
	require.Contains(t, r.Find("f", overhttp.Cold).Skipped, "no way")
}
