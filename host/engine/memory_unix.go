//go:build linux || darwin

package engine

import (
	"os"

	"golang.org/x/sys/unix"
)

func reserve(limit uint64) []byte {
	page := uint64(os.Getpagesize())
	b, err := unix.Mmap(-1, 0, int((limit+page-1)&^(page-1)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	return b[:limit]
}

func release(b []byte) {
	if err := unix.Munmap(b[:cap(b)]); err != nil {
		panic(err) // not a mapping of ours: two owners
	}
}
