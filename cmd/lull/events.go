package main

import (
	"github.com/rs/zerolog"

	"github.com/lull-dev/lull/host/fn"
)

// eventLog turns the host's events into log lines: deploys at level info, what went wrong in hooks and requests that got
// no instance as warnings, and with all set every event. The message of a line is the event's kind.
type eventLog struct {
	log zerolog.Logger
	all bool
}

// fieldsOrder is the order of fields on a terminal.
var fieldsOrder = []string{"function", "instance", "hook", "from", "to", "tookMs", "cold", "billedMs", "text", "error", "request"}

// listen is a fn.Listener: it does not block, the log's writer sees to that.
func (l *eventLog) listen(e *fn.Event) {
	var line *zerolog.Event // nil: not wanted
	switch e.Kind {
	case fn.EventDeployed, fn.EventDeleted:
		line = l.log.Info()
	case fn.EventRestored:
		if l.all {
			line = l.log.Info()
		}
	case fn.EventRefused, fn.EventTrouble:
		line = l.log.Warn().Err(e.Err)
	case fn.EventHook:
		line = l.call(e).Str("hook", e.Hook)
	case fn.EventRequest:
		if l.all {
			line = l.call(e).Bool("cold", e.Cold)
		}
	case fn.EventStateChange:
		if l.all {
			line = l.log.Info().Str("from", e.From).Str("to", e.To)
		}
	case fn.EventBilled:
		if l.all {
			line = l.log.Info().Uint64("billedMs", e.Interval.BilledMs())
		}
	}
	if line == nil {
		return // this is on the path of every request: no allocation for nothing
	}
	if e.InstanceID != "" {
		line = line.Str("instance", e.InstanceID)
	}
	if e.Function != (fn.Key{}) {
		line = line.Stringer("function", e.Function)
	}
	line.Msg(e.Kind.String())
}

// call is the line of something that ran in a guest: a warning if it failed.
func (l *eventLog) call(e *fn.Event) *zerolog.Event {
	var line *zerolog.Event
	switch {
	case e.Fault != nil:
		line = l.log.Warn().AnErr("error", e.Fault)
	case l.all:
		line = l.log.Info()
	}
	if line != nil && e.RequestID != (fn.RequestID{}) {
		line = line.Stringer("request", e.RequestID)
	}
	return line.Dur("tookMs", e.Duration)
}
