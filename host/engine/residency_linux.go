package engine

import (
	"encoding/binary"
	"os"
	"unsafe"
)

// residency counts the bytes of b that are in physical memory, and those of them that are not shared with a file. It asks
// /proc/self/pagemap: 8 bytes for each page, bit 63 for present, bit 61 for a page of a file. Where that cannot be read both are 0.
// See https://docs.kernel.org/admin-guide/mm/pagemap.html.
func residency(b []byte) (resident, private int64) {
	if len(b) == 0 {
		return 0, 0
	}
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	page := os.Getpagesize()
	entries := make([]byte, 8*((len(b)+page-1)/page))
	n, _ := f.ReadAt(entries, int64(uintptr(unsafe.Pointer(&b[0])))/int64(page)*8)
	for at := 0; at+8 <= n; at += 8 {
		e := binary.LittleEndian.Uint64(entries[at:])
		if e>>63 == 0 {
			continue
		}
		resident += int64(page)
		if e>>61&1 == 0 {
			private += int64(page)
		}
	}
	return resident, private
}
