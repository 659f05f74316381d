package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/lifecycle"
)

// series are the metrics of one function, found once: labels are not looked up on the path of requests.
type series struct {
	key        fn.Key
	instances  [lifecycle.Stopped + 1]prometheus.Gauge // of live states
	results    [len(resultNames)]prometheus.Counter
	coldStarts prometheus.Counter
	duration   prometheus.Observer
	billed     prometheus.Counter
	fuel       prometheus.Counter
	starts     map[string]prometheus.Counter // by fn.Event.StartedBy
	hooks      [len(hookNames)]hookSeries

	live atomic.Int64 // instances; with the flag below, what the end of the series depends on
	gone atomic.Bool  // the function was deleted
}

type hookSeries struct {
	runs     prometheus.Counter
	failures prometheus.Counter
	duration prometheus.Observer
}

var hookNames = [...]string{"Initialize", "PreFreeze", "PreStop"}

func (v *vectors) series(key fn.Key) *series {
	s := &series{
		key:        key,
		coldStarts: v.coldStarts.WithLabelValues(key.Service, key.Name),
		duration:   v.requestDuration.WithLabelValues(key.Service, key.Name),
		billed:     v.billed.WithLabelValues(key.Service, key.Name),
		fuel:       v.fuel.WithLabelValues(key.Service, key.Name),
		starts:     map[string]prometheus.Counter{},
	}
	for _, by := range []string{"fresh", "image", "reset"} {
		s.starts[by] = v.starts.WithLabelValues(key.Service, key.Name, by)
	}
	for _, state := range lifecycle.States {
		if state.Live() {
			s.instances[state] = v.instances.WithLabelValues(key.Service, key.Name, state.String())
		}
	}
	for i, name := range resultNames {
		s.results[i] = v.requests.WithLabelValues(key.Service, key.Name, name)
	}
	for i, name := range hookNames {
		s.hooks[i] = hookSeries{
			runs:     v.hookRuns.WithLabelValues(key.Service, key.Name, name),
			failures: v.hookFailures.WithLabelValues(key.Service, key.Name, name),
			duration: v.hookDuration.WithLabelValues(key.Service, key.Name, name),
		}
	}
	return s
}

// forget removes a function's series from all metrics.
func (v *vectors) forget(key fn.Key) {
	labels := prometheus.Labels{"service": key.Service, "function": key.Name}
	v.instances.DeletePartialMatch(labels)
	for _, c := range []*prometheus.CounterVec{v.requests, v.refused, v.coldStarts, v.hookRuns, v.hookFailures, v.billed, v.fuel, v.starts} {
		c.DeletePartialMatch(labels)
	}
	v.requestDuration.DeletePartialMatch(labels)
	v.hookDuration.DeletePartialMatch(labels)
}

// hook returns nil for a hook that has no metrics.
func (s *series) hook(name string) *hookSeries {
	for i, n := range hookNames {
		if n == name {
			return &s.hooks[i]
		}
	}
	return nil
}

// stateChange moves an instance and reports whether it was the last one and is gone.
func (s *series) stateChange(from, to string) (last bool) {
	was, is := stateOf(from), stateOf(to)
	if was.Live() {
		s.instances[was].Dec()
	}
	if is.Live() {
		s.instances[is].Inc()
	}
	if is == lifecycle.Starting {
		s.coldStarts.Inc()
	}
	switch {
	case was.Live() && !is.Live():
		return s.live.Add(-1) == 0
	case !was.Live() && is.Live():
		s.live.Add(1)
	}
	return false
}
