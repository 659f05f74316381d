//go:build !linux

package engine

import "bytes"

// backing is a copy on the heap: guests start by copying it.
type backing struct{ bytes []byte }

func (b *backing) save(image []byte) error {
	b.bytes = bytes.Clone(image)
	return nil
}

func (im *image) mapped() bool { return false }

func (im *image) reserve(uint64) []byte { return nil }

func (im *image) load(space []byte) { copy(space, im.bytes) }

func (im *image) reload(space []byte) error {
	im.load(space)
	return nil
}

// empty is not worth it without memory to map over: the heap empties what it gives.
func empty([]byte) bool { return false }

func (b *backing) learns() bool { return false }

func (b *backing) learn([]byte) {}

func (b *backing) drop() { b.bytes = nil }
