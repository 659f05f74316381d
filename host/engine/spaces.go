package engine

import "sync"

// maxSpaces is how many stretches of address space are kept. They hold no memory. atOnce of one length are taken from the system in one piece, since the
// call costs a small guest a sixth of its start however much is asked for.
const (
	maxSpaces = 64
	atOnce    = 8
)

// spaces are stretches of address space that guests have left, empty: to take one from the system and to give it back is a quarter of the start of a
// small guest. They may serve another function, so whoever puts one back has emptied it.
type spaces struct {
	mu     sync.Mutex
	kept   int
	free   map[uint64][][]byte // by length
	closed bool
}

// take returns zeroed address space of a length, or nil when the system has none left.
func (s *spaces) take(length uint64) []byte {
	s.mu.Lock()
	list := s.free[length]
	if n := len(list); n > 0 {
		space := list[n-1]
		s.free[length] = list[:n-1]
		s.kept--
		s.mu.Unlock()
		return space
	}
	s.mu.Unlock()
	all := reserve(length, atOnce)
	if all == nil {
		return nil
	}
	for _, space := range all[1:] {
		s.keep(space)
	}
	return all[0]
}

// put empties the first used bytes and keeps the space, or gives it back to the system.
func (s *spaces) put(space []byte, used uint64) {
	if !s.wants() || !empty(space[:used]) {
		release(space)
		return
	}
	s.keep(space)
}

// keep keeps an empty space, or gives it back to the system.
func (s *spaces) keep(space []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.kept >= maxSpaces {
		release(space)
		return
	}
	if s.free == nil {
		s.free = map[uint64][][]byte{}
	}
	length := uint64(len(space))
	s.free[length] = append(s.free[length], space)
	s.kept++
}

// wants spares the emptying of what will not be kept.
func (s *spaces) wants() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closed && s.kept < maxSpaces
}

func (s *spaces) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, list := range s.free {
		for _, space := range list {
			release(space)
		}
	}
	s.free, s.kept = nil, 0
}
