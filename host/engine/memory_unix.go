//go:build linux || darwin

package engine

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lazySpace tells whether address space takes no memory before it is used.
const lazySpace = true

// reserve takes n stretches of address space of a length, or one where there is no room for all, or none.
func reserve(length uint64, n int) [][]byte {
	page := uint64(os.Getpagesize())
	stride := (length + page - 1) &^ (page - 1)
	whole, err := unix.MmapPtr(-1, 0, nil, uintptr(stride)*uintptr(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		if n == 1 {
			return nil
		}
		return reserve(length, 1)
	}
	all := make([][]byte, n)
	for i := range all {
		all[i] = unsafe.Slice((*byte)(unsafe.Add(whole, uintptr(stride)*uintptr(i))), stride)[:length]
	}
	return all
}

func release(b []byte) {
	if err := unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(b)), uintptr(cap(b))); err != nil {
		panic(err) // not a mapping of ours: two owners
	}
}

// forget gives the memory of whole pages back to the system, and keeps the addresses. A system that does not want it, as where all memory is locked, lets
// it stay: who calls this does not need the pages to be zeros.
func forget(b []byte) { _ = unix.Madvise(b, unix.MADV_DONTNEED) }
