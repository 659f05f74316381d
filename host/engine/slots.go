package engine

import "sync"

// maxSlots is how many a program keeps. A slot is address space, wazero's structures of one module instance, and at most 1 MiB of pages that
// guests before have written to.
const maxSlots = 32

// slots are the guests of one program that have ended and been reset. They are never another program's.
type slots struct {
	mu     sync.Mutex
	free   []*reactor
	closed bool
}

// take returns the slot used last, or nil.
func (s *slots) take() *reactor {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	if n == 0 {
		return nil
	}
	r := s.free[n-1]
	s.free[n-1] = nil
	s.free = s.free[:n-1]
	return r
}

// want spares the reset of a guest that will not be kept.
func (s *slots) want() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closed && len(s.free) < maxSlots
}

// put keeps r and reports whether there was room for it.
func (s *slots) put(r *reactor) bool {
	r.id, r.out = "", discard{}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.free) >= maxSlots {
		return false
	}
	s.free = append(s.free, r)
	return true
}

// close releases all.
func (s *slots) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, r := range s.free {
		r.release()
	}
	s.free = nil
}
