package store

import "context"

// Bucket holds documents by key.
type Bucket interface {
	// Get returns a document, or ErrNotFound.
	Get(ctx context.Context, key string) (Document, error)
	// Put writes a document and returns its new revision. It fails with ErrConflict unless the document is at revision: 0 means that
	// it must not be there, Any that it does not matter.
	Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
	// Delete removes a document under the same condition. Removing what is not there is ErrNotFound.
	Delete(ctx context.Context, key string, revision uint64) error
	// List returns the documents at and below prefix, sorted by key. The slice is never nil.
	List(ctx context.Context, prefix string) ([]Document, error)
	// Watch calls f, on one goroutine, for every document at and below prefix, then with Change{Caught: true}, and then for every change
	// by anybody, this process included, in the order of their revisions. Changes that follow each other fast may be told as one, by the last.
	// Watch outlives a lost connection: when it is back, what was changed and deleted meanwhile is told, and what was not may be told again.
	// An error before Caught ends it; after that it returns when ctx ends, with its cause, or with ErrClosed.
	Watch(ctx context.Context, prefix string, f func(Change)) error
}

// Any as a revision puts no condition.
const Any = ^uint64(0)

// Document is a value with its key. Revisions are greater than 0 and grow with every change in the bucket.
type Document struct {
	Key      string
	Value    []byte
	Revision uint64
}

// Change is one thing that a Watch tells. Of a deleted document it has the key and the revision of the delete.
type Change struct {
	Document
	Deleted bool
	Caught  bool // all that was there when Watch began has been told; nothing else is set
}
