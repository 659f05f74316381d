package store

import (
	"context"
	"time"
)

// QueueConfig describes a queue.
type QueueConfig struct {
	Name string
	// Lanes split the queue: the jobs of one subject are all in one lane, so that a flood of them delays that lane alone. At least 1.
	Lanes int
	// DeadAge and DeadBytes bound what is kept of dead jobs; 0 means no limit.
	DeadAge   time.Duration
	DeadBytes int64
}

// Queue hands every job to one taker at a time, on one of the hosts that share the store, until the job is done or dead. A job whose taker went away
// without settling it is handed out again after about Lease: it may run twice, it never runs not at all.
type Queue interface {
	// Push adds a job. Pushing the same ID again within a minute does nothing.
	Push(ctx context.Context, job Job) error
	// Take returns a job of a lane, waiting for one that is due. It ends with ctx's cause, or ErrClosed.
	Take(ctx context.Context, lane int) (Delivery, error)
	// Pending returns the jobs at and below a subject that are neither done nor dead, oldest first, at most limit. The slice is never nil.
	Pending(ctx context.Context, subject string, limit int) ([]Job, error)
	// Dead returns the dead jobs at and below a subject, newest first, at most limit. Their note is what Bury was given. The slice is never nil.
	Dead(ctx context.Context, subject string, limit int) ([]Job, error)
	// Purge removes the jobs at and below a subject, also dead ones. Those that are taken go on.
	Purge(ctx context.Context, subject string) error
}

// Lease is how long a job that was taken stays out of sight after its taker was last heard of. A live taker is heard of without
// doing anything.
const Lease = 10 * time.Second

// Job is a piece of work.
type Job struct {
	ID      string // a token
	Subject string
	Data    []byte // at most MaxEntryBytes
	// The rest is the store's: set when a job is read.
	Pushed time.Time
	Note   []byte    // of the last Retry, or of Bury
	Due    time.Time // after a Retry: when it is handed out again; of a dead job: when it died
}

// Delivery is a job that was taken. It ends with exactly one of Done, Retry and Bury; while it has not ended nobody else gets the job. A call
// that fails can be repeated.
type Delivery interface {
	Job() Job
	// Done takes the job out of the queue.
	Done(ctx context.Context) error
	// Retry hands the job out again after a delay, with a note in place of its last one.
	Retry(ctx context.Context, delay time.Duration, note []byte) error
	// Bury takes the job out of the queue and puts it among the dead.
	Bury(ctx context.Context, note []byte) error
}
