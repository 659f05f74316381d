package engine

import (
	"bytes"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backing is a file in memory, whose pages all guests share until they write to them.
type backing struct{ fd int }

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
	pages, known := pagemap(image)
	for at := 0; at < len(image); at += len(zeroPage) {
		page := image[at:min(at+len(zeroPage), len(image))]
		if known && pages[at/os.Getpagesize()]&(pagePresent|pageSwapped) == 0 || bytes.Equal(page, zeroPage[:len(page)]) {
			continue
		}
		if n, err := unix.Pwrite(b.fd, page, int64(at)); err != nil || n != len(page) {
			return fmt.Errorf("write of the image: %d of %d bytes: %w", n, len(page), err)
		}
	}
	return nil
}

// load maps the image over the start of space.
func (im *image) load(space []byte) error {
	if im.size == 0 {
		return nil
	}
	_, err := unix.MmapPtr(im.fd, 0, unsafe.Pointer(&space[0]), uintptr(im.size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err
}

// reload drops the pages that a guest wrote to: what it reads next is the image again.
func (im *image) reload(space []byte) error {
	if im.size == 0 {
		return nil
	}
	return unix.Madvise(space[:im.size], unix.MADV_DONTNEED)
}

// drop closes the file. Mappings that exist stay.
func (b *backing) drop() { unix.Close(b.fd) }
