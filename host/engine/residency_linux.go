package engine

import (
	"os"
	"unsafe"
)

// Bits of an entry of /proc/self/pagemap. See https://docs.kernel.org/admin-guide/mm/pagemap.html.
const (
	pagePresent = 1 << 63
	pageSwapped = 1 << 62
	pageOfFile  = 1 << 61
)

// pagemap reads the entries of b's pages, which begin at a page's start. known is false where the system does not tell.
func pagemap(b []byte) (entries []uint64, known bool) {
	if len(b) == 0 {
		return nil, true
	}
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil, false
	}
	defer f.Close()
	page := os.Getpagesize()
	entries = make([]uint64, (len(b)+page-1)/page)
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&entries[0])), 8*len(entries))
	n, _ := f.ReadAt(raw, int64(uintptr(unsafe.Pointer(&b[0])))/int64(page)*8)
	return entries, n == len(raw)
}

// residency counts the bytes of b that are in physical memory, and those of them that are not shared with a file. Both are 0 where the
// system does not tell.
func residency(b []byte) (resident, private int64) {
	entries, known := pagemap(b)
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
