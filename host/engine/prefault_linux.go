package engine

import (
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lessons is how many guests are watched. They get no pages at the start, or it could not be told which they use.
const lessons = 3

// prefault is which pages of an image every guest writes to in its first event. Guests get them when they start, all in one call of the system: later each
// is a page fault, and, where the guest has read the page before, a word to every processor. Guests use it concurrently.
type prefault struct {
	mu    sync.Mutex
	seen  atomic.Int32 // guests
	pages atomic.Pointer[[]stretch]
}

// stretch is a part of the memory, in bytes.
type stretch struct{ at, length int }

// learns tells whether one more guest should be watched.
func (p *prefault) learns() bool { return p.seen.Load() < lessons }

// learn looks at the memory of a guest behind its first event, as far as it is of the image.
func (p *prefault) learn(memory []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.learns() {
		return
	}
	p.seen.Add(1) // whatever comes of it: nobody is watched for ever
	entries, known := pagemap(memory, nil)
	if !known {
		return
	}
	page := os.Getpagesize()
	written := make([]bool, len(entries))
	if before := p.pages.Load(); before == nil {
		for i, e := range entries {
			written[i] = isWritten(e)
		}
	} else {
		for _, s := range *before {
			for i := s.at / page; i < (s.at+s.length)/page; i++ {
				written[i] = isWritten(entries[i])
			}
		}
	}
	var pages []stretch
	count := 0
	for i, w := range written {
		if !w {
			continue
		}
		count++
		if n := len(pages); n > 0 && pages[n-1].at+pages[n-1].length == i*page {
			pages[n-1].length += page
		} else {
			pages = append(pages, stretch{i * page, page})
		}
	}
	if count > mostCopied {
		return // a large event, which says nothing about others
	}
	p.pages.Store(&pages)
}

// noPrefault is set where the system does not take many stretches at once, as Linux does from 6.15 on. One by one they take as long as the faults.
var noPrefault atomic.Bool

// have makes the pages the guest's own. It does nothing where it cannot: they come with the faults then.
func (p *prefault) have(space []byte) {
	pages := p.pages.Load()
	if pages == nil || len(*pages) == 0 || p.learns() || noPrefault.Load() {
		return
	}
	var vectors [mostCopied]unix.Iovec
	for i, s := range *pages {
		vectors[i] = unix.Iovec{Base: &space[s.at], Len: uint64(s.length)}
	}
	self := unix.PIDFD_SELF_PROCESS
	_, _, err := unix.Syscall6(unix.SYS_PROCESS_MADVISE, uintptr(self), uintptr(unsafe.Pointer(&vectors)), uintptr(len(*pages)), unix.MADV_POPULATE_WRITE, 0, 0)
	if err != 0 && err != unix.ENOMEM && err != unix.EINTR {
		noPrefault.Store(true)
	}
}
