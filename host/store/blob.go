package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Blobs holds bytes under their own hash, so that nothing is kept twice and nobody can change what another refers to.
type Blobs interface {
	// Put keeps data, unless it is there, and returns its name, Hash(data). A blob that was there counts as put now, unless it was put within BlobFresh.
	Put(ctx context.Context, data []byte) (string, error)
	// Get returns a blob, or ErrNotFound. It fails if what is stored has another hash.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete removes a blob, unless it was put after a time, which then is ErrConflict. One that is not there is ErrNotFound.
	Delete(ctx context.Context, name string, unlessPutAfter time.Time) error
	// List returns all blobs, in no order. The slice is never nil.
	List(ctx context.Context) ([]BlobInfo, error)
}

// BlobFresh is how long after it was put a blob need not be put again: Put takes the time that it finds for good enough.
const BlobFresh = time.Hour

// BlobInfo is what is known of a blob without reading it.
type BlobInfo struct {
	Name string
	Size int64
	Put  time.Time // the last time, less BlobFresh at most
}

// Hash names a blob: SHA-256 in lower-case hex.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
