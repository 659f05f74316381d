// Package metrics turns a host's events into Prometheus metrics.
//
//	lull_instances{service,function,state}                    gauge: live instances by state of lifecycle.State, paused ones too
//	lull_requests_total{service,function,result}              requests that ended: ok, handled, unhandled (the guest's errors), initialization
//	lull_refused_total{service,function,code}                 requests that got no instance, by error code
//	lull_cold_starts_total{service,function}                  instances that were started
//	lull_hook_runs_total{service,function,hook}               runs of Initialize, PreFreeze, PreStop, failed ones too
//	lull_hook_failures_total{service,function,hook}           runs that failed or timed out
//	lull_request_duration_seconds{service,function}           histogram: the handler's time, without waiting and hooks
//	lull_hook_duration_seconds{service,function,hook}         histogram: a hook's time
//	lull_billed_milliseconds_total{service,function}          busy time, each interval rounded up to 1 ms once. Milliseconds because that is what is billed
//	lull_fuel_total{service,function}                         what guests ran in requests and hooks; see fn.Response.Fuel for the unit
//	lull_instance_starts_total{service,function,by}           guests that came up: fresh (by their own start), image, reset (a slot used again)
//
// and those of the Go runtime and the process. Counters begin at 0 when the host starts. A function's series end when it is deleted and its last
// instance is gone.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/lull-dev/lull/host/fn"
)

// Metrics has a registry of its own. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	vectors  vectors
	table    table
}

// vectors are the metrics, each for all functions.
type vectors struct {
	instances       *prometheus.GaugeVec
	requests        *prometheus.CounterVec
	refused         *prometheus.CounterVec
	coldStarts      *prometheus.CounterVec
	hookRuns        *prometheus.CounterVec
	hookFailures    *prometheus.CounterVec
	requestDuration *prometheus.HistogramVec
	hookDuration    *prometheus.HistogramVec
	billed          *prometheus.CounterVec
	fuel            *prometheus.CounterVec
	starts          *prometheus.CounterVec
}

// buckets go from 10 us, where a warm call of a small guest is, to 60 s.
var buckets = []float64{
	10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10, 30, 60,
}

// New returns metrics of which none has a value yet.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"service", "function"}, labels...))
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets},
			append([]string{"service", "function"}, labels...))
		m.registry.MustRegister(h)
		return h
	}
	m.vectors = vectors{
		instances: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "lull_instances", Help: "Live instances by state.",
		}, []string{"service", "function", "state"}),
		requests:        counter("lull_requests_total", "Requests that ended, by result: ok, handled, unhandled, initialization.", "result"),
		refused:         counter("lull_refused_total", "Requests that got no instance, by error code.", "code"),
		coldStarts:      counter("lull_cold_starts_total", "Instances that were started."),
		hookRuns:        counter("lull_hook_runs_total", "Runs of hooks, failed ones too.", "hook"),
		hookFailures:    counter("lull_hook_failures_total", "Runs of hooks that failed or timed out.", "hook"),
		requestDuration: histogram("lull_request_duration_seconds", "Time in the handler, without waiting and hooks."),
		hookDuration:    histogram("lull_hook_duration_seconds", "Time in a hook.", "hook"),
		fuel:            counter("lull_fuel_total", "What guests ran, in units of fuel."),
		starts:          counter("lull_instance_starts_total", "Guests that came up, by how: fresh, image, reset.", "by"),
		billed:          counter("lull_billed_milliseconds_total", "Busy time of instances, each interval rounded up to 1 ms once."),
	}
	m.registry.MustRegister(m.vectors.instances, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.table.init(&m.vectors)
	return m
}

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Listener counts a host's events. It does not block, and allocates nothing for a function that it knows. One Metrics may listen to one
// host.
func (m *Metrics) Listener() fn.Listener { return m.listen }
