// Package store says what must survive the process, and in which four forms: documents, blobs, streams and queues. Package memory keeps
// them for the life of the process, package jetstream on disk or on a NATS server that several hosts share.
//
// A call that returns nil has stored what it says: kill -9 right after it loses nothing. What a store hands out belongs to the caller; what it is given it
// copies. Everything here is safe for concurrent use.
//
// Keys and subjects are tokens of letters, digits, '_', '-' and '=', joined by dots. Where a prefix is asked for, "a.b" stands for
// itself and for all that begins with "a.b.", and "" for all.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Errors, to be found with errors.Is.
var (
	// ErrNotFound: there is no such document or blob.
	ErrNotFound = errors.New("store: not found")
	// ErrConflict: the document has another revision than the caller thinks.
	ErrConflict = errors.New("store: changed by somebody else meanwhile")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store: closed")
	// ErrInvalid: a key, a subject or a name is not one.
	ErrInvalid = errors.New("store: invalid name")
)

// Store is where a host keeps what must survive it. Asking for a bucket, a stream or a queue makes it if it is not there yet, and sets it
// to what is asked for if it is. Names are of lower-case letters, digits and '-'.
type Store interface {
	Bucket(ctx context.Context, name string) (Bucket, error)
	Blobs(ctx context.Context, name string) (Blobs, error)
	Stream(ctx context.Context, cfg StreamConfig) (Stream, error)
	Queue(ctx context.Context, cfg QueueConfig) (Queue, error)

	// Check returns nil if the store can be used now, or why it cannot.
	Check(ctx context.Context) error
	// Close ends every Watch, Read and Take with ErrClosed. Closing again does nothing.
	Close() error
}

// Matches reports whether a key or a subject is prefix or below it.
func Matches(subject, prefix string) bool {
	return prefix == "" || strings.HasPrefix(subject, prefix) && (len(subject) == len(prefix) || subject[len(prefix)] == '.')
}

// CheckSubject returns ErrInvalid unless s may be a key or a subject.
func CheckSubject(s string) error {
	for token := range strings.SplitSeq(s, ".") {
		if token == "" || strings.ContainsFunc(token, func(c rune) bool { return !letter(c) && c != '_' && c != '=' }) {
			return fmt.Errorf("%w: %q is not made of tokens of A-Z a-z 0-9 _ - = joined by dots", ErrInvalid, s)
		}
	}
	return nil
}

// CheckName returns ErrInvalid unless s may name a bucket, a stream or a queue.
func CheckName(s string) error {
	if s == "" || strings.ToLower(s) != s || strings.ContainsFunc(s, func(c rune) bool { return !letter(c) }) {
		return fmt.Errorf("%w: %q is not made of a-z 0-9 -", ErrInvalid, s)
	}
	return nil
}

func letter(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-'
}
