package engine

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/tetratelabs/wazero"
)

// modules are those that programs use, one for each code: versions of a function that differ in configuration, and functions of the same code, share it. A
// module is not changed once it is compiled. It is closed with the last program that has it.
type modules struct {
	mu sync.Mutex
	of map[sharing]*module
}

// sharing is what a shared module is found by.
type sharing struct {
	code    [sha256.Size]byte
	runtime wazero.Runtime // nil: that of the module's kind
}

// shared returns the module of code, compiled now if no program has it. Errors: those of compile. Who gets it calls release once.
func (e *Engine) shared(ctx context.Context, rt wazero.Runtime, code []byte) (*module, error) {
	as := sharing{sha256.Sum256(code), rt}
	if m := e.modules.use(as, nil); m != nil {
		return m, nil
	}
	// The lock is not held: other code is not kept waiting. Two who compile the same at once both do, and share what the first has put there.
	mine, err := e.compile(ctx, rt, code)
	if err != nil {
		return nil, err
	}
	m := e.modules.use(as, mine)
	if m != mine {
		mine.compiled.Close(context.Background())
	}
	return m, nil
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
