package engine

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backing is a file in memory, whose pages all guests share until they write to them.
type backing struct {
	fd       int
	view     []byte // the file, to copy from
	few      []int  // where its pages are that are not zeros, if they are few enough to be copied into each guest; otherwise nil
	prefault        // where few is nil
}

// fewPages is how many pages of an image are copied instead of mapped: a mapping takes as long as the faults of two pages, and of these a guest writes to most.
const fewPages = 8

// mostCopied is how many pages a reset copies. Copying one takes a tenth of what its fault takes when the guest writes to it again
// (0.15 us to 2.5 us where that was measured), but it stays resident.
const mostCopied = 256

// pagemaps are buffers for reload.
var pagemaps = sync.Pool{New: func() any { return new([]uint64) }}

var zeroPage = make([]byte, 4<<10)

// save writes an image into a new file. Pages of zeros stay holes; those that were never touched are not even looked at.
func (b *backing) save(image []byte) (err error) {
	if b.fd, err = unix.MemfdCreate("lull-image", unix.MFD_CLOEXEC); err != nil {
		return fmt.Errorf("memfd_create: %w", err)
	}
	defer func() {
		if err != nil {
			b.drop()
		}
	}()
	if err = unix.Ftruncate(b.fd, int64(len(image))); err != nil {
		return fmt.Errorf("size of the image: %w", err)
	}
	pages, known := pagemap(image, nil)
	filled := []int{}
	for at := 0; at < len(image); at += len(zeroPage) {
		page := image[at:min(at+len(zeroPage), len(image))]
		if known && pages[at/os.Getpagesize()]&(pagePresent|pageSwapped) == 0 || bytes.Equal(page, zeroPage[:len(page)]) {
			continue
		}
		if n, err := unix.Pwrite(b.fd, page, int64(at)); err != nil || n != len(page) {
			return fmt.Errorf("write of the image: %d of %d bytes: %w", n, len(page), err)
		}
		filled = append(filled, at)
	}
	if len(image) == 0 {
		return nil
	}
	if len(filled) <= fewPages {
		b.few = filled
		b.seen.Store(lessons)
	}
	if b.view, err = unix.Mmap(b.fd, 0, len(image), unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return fmt.Errorf("view of the image: %w", err)
	}
	return nil
}

// mapped tells whether guests map the file. Otherwise they copy it.
func (im *image) mapped() bool { return im.size > 0 && im.few == nil }

// reserve maps the file to the start of new address space of a length, or returns nil where the system has none. What is behind the file's end is not to
// be touched before something else is mapped there. To map the file over a part of address space that is there takes longer.
func (im *image) reserve(length uint64) []byte {
	start, err := unix.MmapPtr(im.fd, 0, nil, uintptr(length), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	space := unsafe.Slice((*byte)(start), length)
	im.have(space)
	return space
}

// load copies the image into the start of space, which is empty.
func (im *image) load(space []byte) {
	for _, at := range im.few {
		copy(space[at:], im.view[at:min(at+len(zeroPage), len(im.view))])
	}
}

// reload makes the memory the image again: it copies the pages that a guest has written to from the image, or drops them, if they are many
// or not known, so that what the guest reads next is the file, or the copy of its few pages.
func (im *image) reload(space []byte) error {
	if im.size == 0 {
		return nil
	}
	buffer := pagemaps.Get().(*[]uint64)
	defer pagemaps.Put(buffer)
	entries, known := pagemap(space[:im.size], *buffer)
	*buffer = entries
	written := 0
	for _, e := range entries {
		if isWritten(e) {
			written++
		}
	}
	if !known || written > mostCopied {
		if err := unix.Madvise(space[:im.size], unix.MADV_DONTNEED); err != nil {
			return err
		}
		im.load(space) // where there is no file behind the memory
		return nil
	}
	page := os.Getpagesize()
	for i, e := range entries {
		if isWritten(e) {
			copy(space[i*page:(i+1)*page], im.view[i*page:])
		}
	}
	return nil
}

// isWritten tells a page that is the guest's own from one that it has not touched or has only read. A page that was swapped out may be.
func isWritten(entry uint64) bool {
	return entry&pageSwapped != 0 || entry&pagePresent != 0 && entry&pageOfFile == 0
}

// empty replaces whole pages of address space by zeros that take no memory.
func empty(space []byte) bool {
	if len(space) == 0 {
		return true
	}
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(&space[0]), uintptr(len(space)), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE|unix.MAP_FIXED)
	return err == nil
}

// drop closes the file. Mappings of guests stay.
func (b *backing) drop() {
	if b.view != nil {
		unix.Munmap(b.view)
	}
	unix.Close(b.fd)
}
