package engine

import (
	"os"
	"sync"
	"unsafe"
)

// Bits of an entry of /proc/self/pagemap. See https://docs.kernel.org/admin-guide/mm/pagemap.html.
const (
	pagePresent = 1 << 63
	pageSwapped = 1 << 62
	pageOfFile  = 1 << 61
)

// openPagemap is done once: a reset has no time for it.
var openPagemap = sync.OnceValues(func() (*os.File, error) { return os.Open("/proc/self/pagemap") })

// pagemap reads the entries of b's pages, which begin at a page's start, into those given if they are enough. known is false where the
// system does not tell.
func pagemap(b []byte, entries []uint64) (_ []uint64, known bool) {
	if len(b) == 0 {
		return nil, true
	}
	f, err := openPagemap()
	if err != nil {
		return nil, false
	}
	page := os.Getpagesize()
	n := (len(b) + page - 1) / page
	if n > cap(entries) {
		entries = make([]uint64, n)
	}
	entries = entries[:n]
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&entries[0])), 8*n)
	read, _ := f.ReadAt(raw, int64(uintptr(unsafe.Pointer(&b[0])))/int64(page)*8)
	return entries, read == len(raw)
}

// residency counts the bytes of b that are in physical memory, and those of them that are not shared with a file. Both are 0 where the
// system does not tell.
func residency(b []byte) (resident, private int64) {
	entries, known := pagemap(b, nil)
	if !known {
		return 0, 0
	}
	page := int64(os.Getpagesize())
	for _, e := range entries {
		if e&pagePresent == 0 {
			continue
		}
		resident += page
		if e&pageOfFile == 0 {
			private += page
		}
	}
	return resident, private
}
