package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
)

// modules are those that programs use, one for each code: versions of a function that differ in configuration, and functions of the same code, share it. A
// module is not changed once it is compiled. It is closed with the last program that has it.
type modules struct {
	mu     sync.Mutex
	of     map[sharing]*module
	making map[[sha256.Size]byte]chan struct{} // by code: closed when nobody compiles it any more
}

// sharing is what a shared module is found by.
type sharing struct {
	code    [sha256.Size]byte
	runtime wazero.Runtime // nil: that of the module's kind
}

// shared returns the module of code, compiled now if no program has it. Errors: those of compile. Who gets it calls release once.
func (e *Engine) shared(ctx context.Context, rt wazero.Runtime, code []byte) (*module, error) {
	as := sharing{sha256.Sum256(code), rt}
	// The lock is not held meanwhile: other code is not kept waiting.
	made, err := e.modules.alone(ctx, as.code)
	if err != nil {
		return nil, err
	}
	defer made()
	if m := e.modules.use(as, nil); m != nil {
		return m, nil
	}
	m, err := e.compile(ctx, rt, code)
	if err != nil {
		return nil, err
	}
	return e.modules.use(as, m), nil
}

// alone waits until nobody compiles that code. Who got made calls it when the module is among the others. The same code is never compiled twice at
// once, not in two runtimes either: what wazero reads from its cache on disk is found by others before it is complete.
func (ms *modules) alone(ctx context.Context, code [sha256.Size]byte) (made func(), err error) {
	for {
		ms.mu.Lock()
		others := ms.making[code]
		if others == nil {
			break
		}
		ms.mu.Unlock()
		select {
		case <-others:
		case <-ctx.Done():
			return nil, fmt.Errorf("compiling: %w", context.Cause(ctx))
		}
	}
	defer ms.mu.Unlock()
	if ms.making == nil {
		ms.making = map[[sha256.Size]byte]chan struct{}{}
	}
	mine := make(chan struct{})
	ms.making[code] = mine
	return func() {
		ms.mu.Lock()
		defer ms.mu.Unlock()
		delete(ms.making, code)
		close(mine)
	}, nil
}

// use counts one more user of the module that is there, or of the one that is offered if none is; nil if that is nil, too.
func (ms *modules) use(as sharing, offered *module) *module {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m := ms.of[as]
	if m == nil {
		if offered == nil {
			return nil
		}
		m = offered
		m.as = as
		if ms.of == nil {
			ms.of = map[sharing]*module{}
		}
		ms.of[as] = m
	}
	m.users++
	return m
}

func (ms *modules) release(m *module) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m.users--
	if m.users == 0 {
		delete(ms.of, m.as)
		m.compiled.Close(context.Background())
	}
}
