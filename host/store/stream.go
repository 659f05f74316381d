package store

import (
	"context"
	"time"
)

// StreamConfig describes a stream. What is older than MaxAge or over MaxBytes goes, oldest first; 0 means no limit.
type StreamConfig struct {
	Name     string
	MaxAge   time.Duration
	MaxBytes int64
	// MaxPerSubject keeps the newest so many messages of each subject; 0 means all. With 1 a subject has a value: the last one wins.
	MaxPerSubject int64
	// Relaxed lets Append return before its messages are on their way to the disk. A crash may then lose what was appended within
	// about the last second. Hosts on other machines see no difference.
	Relaxed bool
}

// Stream is a sequence of messages that only grows at its end.
type Stream interface {
	// Append adds entries in their order, all with one wait, and returns when they are stored. After an error some of them may be stored, a
	// head of them or others; appending them again does not add those twice that have an ID, for at least a minute.
	Append(ctx context.Context, entries ...Entry) error
	// Read calls yield for each message that q selects, oldest first, until it returns false. It ends at what was the stream's end when it began;
	// with q.Follow it goes on with what is appended later, until ctx ends, and returns ctx's cause then.
	Read(ctx context.Context, q Query, yield func(Message) bool) error
	// Purge removes the messages at and below a subject.
	Purge(ctx context.Context, subject string) error
	// Bytes returns how much the stream's messages take.
	Bytes(ctx context.Context) (int64, error)
}

// MaxEntryBytes bounds the data of one entry, and of a document: the 1 MiB that a NATS server takes by default, less room for what goes with it.
const MaxEntryBytes = 1<<20 - 16<<10

// Entry is what is appended.
type Entry struct {
	Subject string
	ID      string // makes appending it again harmless; empty: no such check
	Data    []byte // at most MaxEntryBytes
}

// Query selects messages. The zero value selects all.
type Query struct {
	Subject string    // a prefix
	After   uint64    // only messages with a greater Seq
	Since   time.Time // only messages appended at this time or later
	Follow  bool
}

// Message is what is read. Seq counts a stream's messages from 1; messages that went leave gaps.
type Message struct {
	Seq     uint64
	Time    time.Time // when it was appended, by the store's clock
	Subject string
	Data    []byte
}
