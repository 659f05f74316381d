package metrics

import (
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/lifecycle"
)

// listen counts one event.
func (m *Metrics) listen(e *fn.Event) {
	switch e.Kind {
	case fn.EventDeployed:
		m.table.deployed(e.Function)
		return
	case fn.EventDeleted:
		m.table.deleted(e.Function)
		return
	case fn.EventRestored:
		return // its series come with its first request: there may be 10,000 functions
	default:
	}
	s := m.table.get(e.Function)
	if s == nil {
		return
	}
	switch e.Kind {
	case fn.EventStateChange:
		if c := s.starts[e.StartedBy]; c != nil {
			c.Inc()
		}
		if s.stateChange(e.From, e.To) && s.gone.Load() {
			m.table.drop(s)
		}
	case fn.EventRequest:
		s.results[resultOf(e.Fault)].Inc()
		s.duration.Observe(e.Duration.Seconds())
		s.fuel.Add(float64(e.Fuel))
	case fn.EventHook:
		s.fuel.Add(float64(e.Fuel))
		h := s.hook(e.Hook)
		if h == nil {
			return
		}
		h.runs.Inc()
		h.duration.Observe(e.Duration.Seconds())
		if e.Fault != nil {
			h.failures.Inc()
		}
	case fn.EventBilled:
		s.billed.Add(float64(e.Interval.BilledMs()))
	case fn.EventRefused:
		m.vectors.refused.WithLabelValues(s.key.Service, s.key.Name, string(fn.CodeOf(e.Err))).Inc()
	default:
	}
}

// Results of requests, in the order of series.results.
const (
	resultOK = iota
	resultHandled
	resultUnhandled
	resultInitialization
)

var resultNames = [...]string{"ok", "handled", "unhandled", "initialization"}

func resultOf(f *fn.Fault) int {
	if f == nil {
		return resultOK
	}
	switch f.Kind {
	case fn.Handled:
		return resultHandled
	case fn.Initialization:
		return resultInitialization
	default:
		return resultUnhandled
	}
}

// stateOf gives the number of a state's name, or 0.
func stateOf(name string) lifecycle.State {
	for _, s := range lifecycle.States {
		if s.String() == name {
			return s
		}
	}
	return 0
}
