package metrics_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/internal/webguest"
	"github.com/lull-dev/lull/host/metrics"
)

// scrape returns the exposition without comments.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code)
	return w.Body.String()
}

// has wants a line of the exposition.
func has(t *testing.T, text, line string) {
	t.Helper()
	require.Contains(t, text, "\n"+line+"\n")
}

var key = fn.Key{Service: "s", Name: "f"}

// play sends events of function s/f.
func play(m *metrics.Metrics, events ...fn.Event) {
	for _, e := range events {
		e.Function = key
		m.Listener()(&e)
	}
}

func change(from, to string) fn.Event {
	return fn.Event{Kind: fn.EventStateChange, From: from, To: to}
}

func TestMetrics_CountWhatAHostDoes(t *testing.T) {
	m := metrics.New()
	h := hosttest.New(t, host.Config{Listener: m.Listener()})
	hosttest.Deploy(t, h,
		fn.Function{Service: "s", Name: "f", Code: webguest.Wasm, Initializer: fn.Hook{Handler: "initializer"},
			PreFreeze: fn.Hook{Handler: "badPreFreeze"}, PreStop: fn.Hook{Handler: "preStop"}},
		fn.Function{Service: "s", Name: "refuse", Handler: "refuse", Code: webguest.Wasm})
	hosttest.Invoke(t, h, "s/f", "x")
	hosttest.Invoke(t, h, "s/refuse", "x")
	hosttest.Invoke(t, h, "s/refuse", "x")
	_, err := h.StopInstances(t.Context(), key, "")
	require.NoError(t, err)

	text := scrape(t, m)
	for _, line := range []string{
		`lull_requests_total{function="f",result="ok",service="s"} 1`,
		`lull_requests_total{function="refuse",result="handled",service="s"} 2`,
		`lull_requests_total{function="refuse",result="ok",service="s"} 0`,
		`lull_cold_starts_total{function="f",service="s"} 1`,
		`lull_cold_starts_total{function="refuse",service="s"} 1`,
		`lull_hook_runs_total{function="f",hook="Initialize",service="s"} 1`,
		`lull_hook_runs_total{function="f",hook="PreFreeze",service="s"} 1`,
		`lull_hook_failures_total{function="f",hook="PreFreeze",service="s"} 1`,
		`lull_hook_failures_total{function="f",hook="PreStop",service="s"} 0`,
		`lull_hook_runs_total{function="f",hook="PreStop",service="s"} 1`,
		`lull_request_duration_seconds_count{function="f",service="s"} 1`,
		`lull_hook_duration_seconds_count{function="f",hook="PreStop",service="s"} 1`,
		`lull_instances{function="f",service="s",state="paused"} 0`,
		`lull_instances{function="refuse",service="s",state="paused"} 1`,
	} {
		has(t, text, line)
	}
	require.Regexp(t, `\nlull_billed_milliseconds_total\{function="f",service="s"\} [1-9]`, text)
	require.Contains(t, text, "\ngo_goroutines ")
}

func TestMetrics_CountFuelAndHowGuestsStart(t *testing.T) {
	m := metrics.New()
	h := hosttest.New(t, host.Config{Listener: m.Listener()})
	f := fn.Function{Service: "s", Name: "f", Code: hosttest.Probe}
	hosttest.Deploy(t, h, f)
	fuel := hosttest.Invoke(t, h, "s/f", "e"+strings.Repeat("x", 100_000)).Fuel
	require.NotZero(t, fuel)
	_, err := h.StopInstances(t.Context(), key, "")
	require.NoError(t, err)
	hosttest.Invoke(t, h, "s/f", "t") // breaks its instance
	text := scrape(t, m)
	has(t, text, `lull_instance_starts_total{by="image",function="f",service="s"} 1`)
	has(t, text, `lull_instance_starts_total{by="reset",function="f",service="s"} 1`)
	require.Regexp(t, `lull_fuel_total\{function="f",service="s"\} [1-9]`, text)
}

func TestMetrics_CountAFailedStartAsARequest(t *testing.T) {
	m := metrics.New()
	h := hosttest.New(t, host.Config{Listener: m.Listener()})
	hosttest.Deploy(t, h, fn.Function{Service: "s", Name: "f", Code: hosttest.Probe, Initializer: fn.Hook{Handler: "initFails"}})
	require.Equal(t, fn.Initialization, hosttest.Invoke(t, h, "s/f", "").Fault.Kind)
	has(t, scrape(t, m), `lull_requests_total{function="f",result="initialization",service="s"} 1`)
}

func TestMetrics_AgreeWithTheConventionsOfPrometheus(t *testing.T) {
	m := metrics.New()
	play(m, fn.Event{Kind: fn.EventDeployed}, fn.Event{Kind: fn.EventRefused, Err: errors.New("x")})
	problems, err := promlint.New(strings.NewReader(scrape(t, m))).Lint()
	require.NoError(t, err)
	for _, p := range problems {
		// What is billed is milliseconds; a sum of seconds would hide the rounding.
		require.Equal(t, "lull_billed_milliseconds_total", p.Metric, p.Text)
	}
}

func TestMetrics_CountResultsRefusalsAndTime(t *testing.T) {
	m := metrics.New()
	start := time.Unix(0, 0)
	play(m,
		fn.Event{Kind: fn.EventRequest, Duration: 80 * time.Millisecond},
		fn.Event{Kind: fn.EventRequest, Fault: &fn.Fault{Kind: fn.Unhandled}},
		fn.Event{Kind: fn.EventRequest, Fault: &fn.Fault{Kind: fn.Initialization}},
		fn.Event{Kind: fn.EventRefused, Err: fn.Errorf(fn.CodeResourceExhausted, "full")},
		fn.Event{Kind: fn.EventBilled, Interval: fn.BusyInterval{Start: start, End: start.Add(80160 * time.Microsecond)}},
		fn.Event{Kind: fn.EventBilled, Interval: fn.BusyInterval{Start: start, End: start.Add(time.Microsecond)}},
		fn.Event{Kind: fn.EventHook, Hook: "Unheard"},
		fn.Event{Kind: 99},
	)
	text := scrape(t, m)
	for _, line := range []string{
		`lull_requests_total{function="f",result="ok",service="s"} 1`,
		`lull_requests_total{function="f",result="unhandled",service="s"} 1`,
		`lull_requests_total{function="f",result="initialization",service="s"} 1`,
		`lull_refused_total{code="ResourceExhausted",function="f",service="s"} 1`,
		`lull_billed_milliseconds_total{function="f",service="s"} 82`,
		`lull_request_duration_seconds_bucket{function="f",service="s",le="0.05"} 2`,
		`lull_request_duration_seconds_bucket{function="f",service="s",le="0.1"} 3`,
	} {
		has(t, text, line)
	}
}

func TestMetrics_FollowAnInstanceThroughItsStates(t *testing.T) {
	m := metrics.New()
	path := []string{"cold", "starting", "running", "pre-freezing", "paused", "running", "pre-freezing", "pre-stopping", "stopped"}
	for i, to := range path[1:] {
		play(m, change(path[i], to))
		text := scrape(t, m)
		for _, state := range []string{"starting", "running", "pre-freezing", "paused", "pre-stopping"} {
			want := "0"
			if state == to {
				want = "1"
			}
			has(t, text, `lull_instances{function="f",service="s",state="`+state+`"} `+want)
		}
		require.NotContains(t, text, `state="cold"`)
		require.NotContains(t, text, `state="stopped"`)
	}
	play(m, change("cold", "stopped"))
	has(t, scrape(t, m), `lull_cold_starts_total{function="f",service="s"} 1`)
}

func TestMetrics_EndWithTheLastInstanceOfADeletedFunction(t *testing.T) {
	started := []fn.Event{{Kind: fn.EventDeployed}, change("cold", "starting"), change("starting", "running")}
	deleted := fn.Event{Kind: fn.EventDeleted}
	stopped := []fn.Event{change("running", "pre-freezing"), change("pre-freezing", "pre-stopping"), change("pre-stopping", "stopped")}
	late := fn.Event{Kind: fn.EventBilled}
	gone := func(t *testing.T, m *metrics.Metrics) {
		t.Helper()
		require.NotContains(t, scrape(t, m), `function="f"`)
	}
	t.Run("delete before the end", func(t *testing.T) {
		m := metrics.New()
		play(m, started...)
		play(m, deleted, fn.Event{Kind: fn.EventRequest})
		has(t, scrape(t, m), `lull_requests_total{function="f",result="ok",service="s"} 1`)
		play(m, stopped...)
		gone(t, m)
		play(m, late)
		gone(t, m)
	})
	t.Run("delete after the end", func(t *testing.T) {
		m := metrics.New()
		play(m, started...)
		play(m, stopped...)
		has(t, scrape(t, m), `lull_cold_starts_total{function="f",service="s"} 1`)
		play(m, deleted)
		gone(t, m)
		play(m, late, deleted)
		gone(t, m)
	})
	t.Run("deployed again while it drains", func(t *testing.T) {
		m := metrics.New()
		play(m, started...)
		play(m, deleted, fn.Event{Kind: fn.EventDeployed})
		play(m, stopped...)
		has(t, scrape(t, m), `lull_cold_starts_total{function="f",service="s"} 1`)
	})
	t.Run("deployed again after the end", func(t *testing.T) {
		m := metrics.New()
		play(m, started...)
		play(m, stopped...)
		play(m, deleted)
		play(m, started...)
		has(t, scrape(t, m), `lull_cold_starts_total{function="f",service="s"} 1`)
	})
	t.Run("a delete that overtakes a deploy costs a minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := metrics.New()
			play(m, fn.Event{Kind: fn.EventDeployed}, deleted, fn.Event{Kind: fn.EventRequest})
			gone(t, m)
			time.Sleep(time.Minute)
			play(m, fn.Event{Kind: fn.EventRequest})
			has(t, scrape(t, m), `lull_requests_total{function="f",result="ok",service="s"} 1`)
		})
	})
}

func TestMetrics_DropTheSeriesOfDeletedFunctionsOfAHost(t *testing.T) {
	m := metrics.New()
	h, err := host.New(host.Config{Listener: m.Listener()})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c"} {
		wg.Go(func() {
			for range 5 {
				_, err := h.Deploy(context.Background(), fn.Function{Name: name, Code: webguest.Wasm, PreStop: fn.Hook{Handler: "preStop"}})
				if err != nil {
					panic(err)
				}
				_, _ = h.Invoke(context.Background(), name, fn.Request{})
				_ = scrape(t, m)
				if err := h.Delete(context.Background(), fn.Key{Service: "default", Name: name}, ""); err != nil {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, h.Close(t.Context()))
	require.NotContains(t, scrape(t, m), `service="default"`)
}
