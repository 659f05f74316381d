package engine

import (
	"sync"
	"sync/atomic"
)

// memory is the linear memory of one guest: address space for its limit, taken from the system at once and filled page by page as
// the guest touches it, so that growing copies nothing and moves nothing. It implements wazero's LinearMemory.
type memory struct {
	spaces *spaces       // where the address space comes from
	inUse  *atomic.Int64 // counts the engine's memories from reserve to Free
	image  *image        // what the memory begins with, or nil for zeros
	size   atomic.Int64

	// held is locked while the mapping comes, goes, or is looked at by somebody else than its guest.
	held   sync.Mutex
	space  []byte
	mapped bool // the space is one mapping of the image, with nothing behind it before the memory grows
	// Only the goroutine that runs the guest uses these.
	refused bool // a grow past the limit has failed
	watched bool // the image wants to know what the first event has written to
	grown   bool // there are zeros behind a mapped image
}

// reserve takes the address space and maps the image. Where the system has none left, the memory stays empty and every Reallocate
// fails.
func (m *memory) reserve(limit uint64) {
	m.held.Lock()
	defer m.held.Unlock()
	m.grown = false
	if m.mapped = m.image != nil && m.image.mapped(); m.mapped {
		m.space = m.image.reserve(limit)
	} else {
		m.space = m.spaces.take(limit)
	}
	if m.space == nil {
		return
	}
	if m.image != nil {
		if !m.mapped {
			m.image.load(m.space)
		}
		m.watched = m.image.learns()
	}
	m.inUse.Add(1)
}

// Reallocate returns the first size bytes, or the whole image if that is more, or nil past the limit and where the system has no mapping left.
func (m *memory) Reallocate(size uint64) []byte {
	if m.image != nil {
		size = max(size, m.image.size)
	}
	if size > uint64(len(m.space)) {
		m.refused = true
		return nil
	}
	if m.mapped && !m.grown && size > m.image.size {
		if !empty(m.space[m.image.size:]) {
			return nil
		}
		m.grown = true
	}
	m.size.Store(int64(size))
	return m.space[:size:size]
}

// bytes are the memory's contents, valid until Free.
func (m *memory) bytes() []byte { return m.space[:m.size.Load()] }

// served tells the image what the first event has written to.
func (m *memory) served() {
	m.watched = false
	if m.space != nil { // the call may have closed the module
		m.image.learn(m.space[:m.image.size])
	}
}

// reset brings the image back, of whose size the memory still is. It panics where the system refuses, which it does for
// addresses that are not ours only.
func (m *memory) reset() {
	if err := m.image.reload(m.space); err != nil {
		panic(err)
	}
}

// resident is the residency of the memory.
func (m *memory) resident() (resident, private int64) {
	m.held.Lock()
	defer m.held.Unlock()
	if m.space == nil {
		return 0, 0
	}
	return residency(m.bytes())
}

// Free gives the address space back. Nobody touches the memory afterwards.
func (m *memory) Free() {
	m.held.Lock()
	defer m.held.Unlock()
	switch {
	case m.space == nil:
		return
	case m.mapped:
		release(m.space)
	default:
		m.spaces.put(m.space, max(uint64(m.size.Load()), m.image.length()))
	}
	m.space = nil
	m.inUse.Add(-1)
}
