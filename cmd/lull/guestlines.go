package main

import (
	"sync"

	"github.com/rs/zerolog"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
)

// guestLines logs what guests write. The host keeps log records and does not announce them, so this looks for new ones
// after each call of a guest. It does that in a goroutine of its own: a fn.Listener must not call the host.
type guestLines struct {
	log  zerolog.Logger
	wake chan struct{} // holds one token when changed is not empty; closed to end

	mu struct {
		sync.Mutex
		changed map[fn.Key]struct{}
	}
}

func newGuestLines(log zerolog.Logger) *guestLines {
	g := &guestLines{log: log, wake: make(chan struct{}, 1)}
	g.mu.changed = map[fn.Key]struct{}{}
	return g
}

// look notes that e's function may have written something.
func (g *guestLines) look(e *fn.Event) {
	if e.Kind != fn.EventRequest && e.Kind != fn.EventHook {
		return
	}
	g.mu.Lock()
	g.mu.changed[e.Function] = struct{}{}
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// follow starts to log lines. The function that it returns logs the last ones and ends it; look must not be called any more.
func (g *guestLines) follow(h *host.Host) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		seen := map[fn.Key]uint64{}
		for open := true; open; {
			_, open = <-g.wake
			g.mu.Lock()
			changed := g.mu.changed
			g.mu.changed = map[fn.Key]struct{}{}
			g.mu.Unlock()
			for key := range changed {
				records, _ := h.Logs(key, logs.Filter{Span: logs.Span{After: seen[key]}}) // forgotten after a delete: nothing to log
				for _, r := range records {
					g.line(&r)
					seen[key] = r.Seq
				}
			}
		}
	}()
	return func() { close(g.wake); <-done }
}

// line logs what a guest wrote; the platform's own lines are events already.
func (g *guestLines) line(r *logs.Record) {
	if r.Source == logs.Platform {
		return
	}
	level, err := zerolog.ParseLevel(r.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	g.log.WithLevel(level).Str("function", r.Service+"/"+r.Function).Str("instance", r.InstanceID).
		Str("hook", r.Hook).Str("text", r.Message).Msg("line")
}
