package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/lull-dev/lull/host/fn"
)

// servers is the runtime for guests of kind server, whose WASI has sockets. It is made when a module is first seen that could be one.
type servers struct {
	mu      sync.Mutex
	runtime wazero.Runtime
}

// runtimeFor returns the runtime for a user's module.
func (e *Engine) runtimeFor(ctx context.Context, m *module) (wazero.Runtime, error) {
	if !m.mayServe() {
		return e.runtime, nil
	}
	e.servers.mu.Lock()
	defer e.servers.mu.Unlock()
	if e.servers.runtime == nil {
		rt := e.newRuntime(ctx)
		if err := errors.Join(instantiateServerWASI(ctx, rt), instantiateABI(ctx, rt), instantiateYield(ctx, rt)); err != nil {
			return nil, errors.Join(err, rt.Close(ctx))
		}
		e.servers.runtime = rt
	}
	return e.servers.runtime, nil
}

func (s *servers) close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runtime == nil {
		return nil
	}
	return s.runtime.Close(ctx)
}

// notListening is the error of a module that did not become a server.
type notListening struct{ fault *fn.Fault }

func (e *notListening) Error() string { return e.fault.Message }

// checkServer starts the program once as a server. The error is a *notListening if it could be something else.
func (p *Program) checkServer() error {
	if err := p.checkMemory(); err != nil {
		return err
	}
	p.kind = KindServer
	p.configure()
	// What programs for socket activation and for custom runtimes look for.
	p.config = p.config.WithEnv("LISTEN_FDS", "1").WithEnv("FC_SERVER_PORT", "9000").
		WithEnv("FC_FUNCTION_NAME", p.fn.Name).WithEnv("FC_SERVICE_NAME", p.fn.Service)
	s, fault := p.startServer("", discard{}, p.engine.cfg.StartTimeout)
	if fault != nil {
		return &notListening{fault}
	}
	s.Close()
	if p.fn.Isolation == fn.EachFresh {
		return fn.Errorf(fn.CodeInvalidArgument, "Isolation fresh is not for servers: there is no image to bring one back to")
	}
	return nil
}

// CompileServer is Compile for a runtime whose programs are HTTP servers: one that does not listen is refused. A module with a handler
// export is a reactor here, too, and a function in non-web mode a command.
func (e *Engine) CompileServer(ctx context.Context, f *fn.Function) (*Program, error) {
	return e.compileModule(ctx, f, !f.Mute)
}

var errNoSockets = errors.New("the module does not import sock_accept, so it cannot listen on descriptor 3")

func errNoServer(why error) error {
	return fn.Errorf(fn.CodeInvalidArgument, "the module is no server: %w", why)
}
