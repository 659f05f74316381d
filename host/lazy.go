package host

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/registry"
)

// lazy is the program of a version that this host did not deploy itself: one that was there when it started, or that another host put in place. It
// is compiled when its first instance starts, so that a host with many functions is ready at once. The compile cache on disk makes that short.
type lazy struct {
	host    *Host
	version *registry.Version
	program atomic.Pointer[engine.Program]
	making  sync.Mutex
}

// Start implements instance.Program. What keeps the code from being loaded fails the request, and is tried again by the next.
func (l *lazy) Start(id string, out instance.Output) (instance.Guest, *fn.Fault) {
	p, err := l.get()
	if err != nil {
		return nil, &fn.Fault{Kind: fn.Unhandled, Type: "CodeUnavailable", Message: err.Error(), Fatal: true}
	}
	return p.Start(id, out)
}

// Overlaps implements instance.Program. Nobody asks before the first Start.
func (l *lazy) Overlaps() bool {
	p := l.program.Load()
	return p != nil && p.Overlaps()
}

func (l *lazy) get() (*engine.Program, error) {
	if p := l.program.Load(); p != nil {
		return p, nil
	}
	l.making.Lock()
	defer l.making.Unlock()
	if p := l.program.Load(); p != nil {
		return p, nil
	}
	ctx := context.Background() // for all who wait
	code, err := l.host.Code(ctx, l.version)
	if err != nil {
		return nil, err
	}
	f := *l.version.Function.Running()
	f.Code = code
	p, err := l.host.compile(ctx, &f)
	if err != nil {
		return nil, err
	}
	f.Code = nil // it is compiled
	l.program.Store(p)
	return p, nil
}

// close releases what get made. No instance is left.
func (l *lazy) close() {
	l.making.Lock()
	defer l.making.Unlock()
	if p := l.program.Load(); p != nil {
		p.Close()
	}
}
