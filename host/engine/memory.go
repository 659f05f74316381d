package engine

import "sync/atomic"

// memory is the linear memory of one guest: address space for its limit, taken from the system at once and filled page by page as
// the guest touches it, so that growing copies nothing and moves nothing. It implements wazero's LinearMemory.
type memory struct {
	inUse *atomic.Int64 // counts the engine's memories from reserve to Free
	image *image        // what the memory begins with, or nil for zeros
	space []byte
	size  atomic.Int64
	// refused is set when a grow past the limit has failed. Only the goroutine that runs the guest uses it.
	refused bool
}

// reserve takes the address space and maps the image. Where the system has none left, the memory stays empty and every Reallocate
// fails.
func (m *memory) reserve(limit uint64) {
	if m.space = reserve(limit); m.space == nil {
		return
	}
	m.inUse.Add(1)
	if m.image == nil {
		return
	}
	if err := m.image.load(m.space); err != nil {
		m.Free()
	}
}

// Reallocate returns the first size bytes, or the whole image if that is more, or nil past the limit.
func (m *memory) Reallocate(size uint64) []byte {
	if m.image != nil {
		size = max(size, m.image.size)
	}
	if size > uint64(len(m.space)) {
		m.refused = true
		return nil
	}
	m.size.Store(int64(size))
	return m.space[:size:size]
}

// bytes are the memory's contents, valid until Free.
func (m *memory) bytes() []byte { return m.space[:m.size.Load()] }

// reset brings the image back, of whose size the memory still is. It panics where the system refuses, which it does for
// addresses that are not ours only.
func (m *memory) reset() {
	if err := m.image.reload(m.space); err != nil {
		panic(err)
	}
}

// Free gives the address space back. Nobody touches the memory afterwards.
func (m *memory) Free() {
	if m.space != nil {
		release(m.space)
		m.space = nil
		m.inUse.Add(-1)
	}
}
