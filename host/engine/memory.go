package engine

import "sync/atomic"

// memory is the linear memory of one guest: address space for its limit, taken from the system at once and filled page by page as
// the guest touches it, so that growing copies nothing and moves nothing. It implements wazero's LinearMemory.
type memory struct {
	inUse *atomic.Int64 // counts the engine's memories from reserve to Free
	space []byte
	size  atomic.Int64
	// refused is set when a grow past the limit has failed. Only the goroutine that runs the guest uses it.
	refused bool
}

// reserve takes the address space. Where the system has none left, the memory stays empty and every Reallocate fails.
func (m *memory) reserve(limit uint64) {
	if m.space = reserve(limit); m.space != nil {
		m.inUse.Add(1)
	}
}

// Reallocate returns the first size bytes, or nil past the limit.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.space)) {
		m.refused = true
		return nil
	}
	m.size.Store(int64(size))
	return m.space[:size:size]
}

// Free gives the address space back. Nobody touches the memory afterwards.
func (m *memory) Free() {
	if m.space != nil {
		release(m.space)
		m.space = nil
		m.inUse.Add(-1)
	}
}
