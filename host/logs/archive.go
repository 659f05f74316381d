package logs

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
)

// Archive keeps the records and requests of all functions in a store, beyond what rings hold and over restarts. One goroutine takes what is new from the rings, in
// batches, so that a request neither waits for the store nor allocates for it. What the store does not take in time is dropped, and counted where it is missing.
type Archive struct {
	cfg      ArchiveConfig
	origin   origin
	records  shelf[Entry]
	requests shelf[served]

	wake    chan struct{} // holds a token when queue is not empty
	urgent  chan struct{} // holds a token when a ring is half full
	stalled atomic.Bool   // the store does not take anything
	ending  context.Context
	end     context.CancelFunc
	aborted context.Context // ends when nothing is waited for any more
	abort   context.CancelFunc
	done    chan struct{} // closed when the goroutine has ended

	mu struct {
		sync.Mutex
		queue []source
	}
}

// ArchiveConfig says what an archive is and for how long.
type ArchiveConfig struct {
	Store store.Store
	// MaxAge and MaxBytes bound what is kept of records; of requests it is the same age and a quarter of the bytes. Default 7 days, 1 GiB.
	MaxAge   time.Duration
	MaxBytes int64
	// Trouble is told when the store begins to refuse, once until it takes something again. It may be nil.
	Trouble func(error)
}

// source is a ring that has something new.
type source interface{ take() batch }

// batch is what was taken from a ring, ready for its stream.
type batch struct {
	stream  store.Stream
	entries []store.Entry
	stored  func()
}

// shelf is the part of an archive that keeps one sort of thing.
type shelf[T any] struct {
	archive *Archive
	stream  store.Stream
	taken   []sequenced[T] // memory of the archive's goroutine, for what it takes from a ring
	coding[T]
}

// NewArchive opens an archive. It fails if the store does.
func NewArchive(ctx context.Context, cfg ArchiveConfig) (*Archive, error) {
	if cfg.MaxAge <= 0 {
		cfg.MaxAge = 7 * 24 * time.Hour
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 1 << 30
	}
	a := &Archive{cfg: cfg, wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), done: make(chan struct{})}
	rand.Read(a.origin[:])
	records, err := cfg.Store.Stream(ctx, store.StreamConfig{Name: "logs", MaxAge: cfg.MaxAge, MaxBytes: cfg.MaxBytes, Relaxed: true})
	if err != nil {
		return nil, err
	}
	requests, err := cfg.Store.Stream(ctx, store.StreamConfig{Name: "requests", MaxAge: cfg.MaxAge, MaxBytes: cfg.MaxBytes / 4, Relaxed: true})
	if err != nil {
		return nil, err
	}
	a.records = shelf[Entry]{archive: a, stream: records, coding: entryCoding}
	a.requests = shelf[served]{archive: a, stream: requests, coding: requestCoding}
	a.ending, a.end = context.WithCancel(context.Background())
	a.aborted, a.abort = context.WithCancel(context.Background())
	go a.run()
	return a, nil
}

// Ring returns a new ring that the archive takes from; see NewRing.
func (a *Archive) Ring(key fn.Key, max int) *Ring {
	r := NewRing(key, max)
	r.shelf = &a.records
	return r
}

// Requests returns a new list that the archive takes from; see NewRequests.
func (a *Archive) Requests(key fn.Key, max int) *Requests {
	r := NewRequests(key, max)
	r.shelf = &a.requests
	return r
}

// Close stores what the rings still have, for as long as ctx lives and at most 5 s, and ends the archive's goroutine. Nothing is added to rings any more. The
// caller closes the store afterwards. The error says that not all was stored.
func (a *Archive) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, giveUp)
	defer cancel()
	stop := context.AfterFunc(ctx, a.abort)
	a.end()
	<-a.done
	if !stop() && a.stalled.Load() {
		return fmt.Errorf("logs: the last records are not stored: %w", context.Cause(ctx))
	}
	return nil
}

// enqueue is called with a ring's lock held.
func (a *Archive) enqueue(s source) {
	a.mu.Lock()
	a.mu.queue = append(a.mu.queue, s)
	a.mu.Unlock()
	token(a.wake)
}

func (a *Archive) hurry() { token(a.urgent) }

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

const (
	collectFor = 100 * time.Millisecond // from the first thing that is new until it is stored
	batchBytes = 4 << 20                // appended at once
	retryAfter = time.Second
	giveUp     = 5 * time.Second
)

// run takes and stores until the archive ends.
func (a *Archive) run() {
	defer close(a.done)
	for last := false; !last; {
		select {
		case <-a.wake:
		case <-a.ending.Done():
		}
		select {
		case <-a.urgent:
		case <-time.After(collectFor):
		case <-a.ending.Done():
		}
		last = a.ending.Err() != nil
		a.flush()
	}
}

// flush stores what all rings have that are in the queue.
func (a *Archive) flush() {
	a.mu.Lock()
	queue := a.mu.queue
	a.mu.queue = nil
	a.mu.Unlock()
	var batches []batch
	bytes := 0
	for i, s := range queue {
		b := s.take()
		batches = append(batches, b)
		for _, e := range b.entries {
			bytes += len(e.Data)
		}
		if bytes >= batchBytes || i == len(queue)-1 {
			if !a.store(batches) {
				return
			}
			batches, bytes = batches[:0], 0
		}
	}
}

// store appends batches, again and again until the store takes them. It reports false when that is not waited for any more.
func (a *Archive) store(batches []batch) bool {
	for {
		err := appendAll(a.aborted, batches)
		if err == nil {
			a.stalled.Store(false)
			for _, b := range batches {
				b.stored()
			}
			return true
		}
		if !a.stalled.Swap(true) && a.cfg.Trouble != nil {
			a.cfg.Trouble(err)
		}
		select {
		case <-time.After(retryAfter):
		case <-a.aborted.Done():
			return false
		}
	}
}

// appendAll appends the entries of each stream together. After an error the same can be appended again: they have ids.
func appendAll(ctx context.Context, batches []batch) error {
	streams := map[store.Stream][]store.Entry{}
	for _, b := range batches {
		streams[b.stream] = append(streams[b.stream], b.entries...)
	}
	for stream, entries := range streams {
		if len(entries) == 0 {
			continue
		}
		if err := stream.Append(ctx, entries...); err != nil {
			return err
		}
	}
	return nil
}

// batch makes the blocks of what was taken from a function's ring.
func (s *shelf[T]) batch(key fn.Key, lost uint64, items []sequenced[T], stored func()) batch {
	b := batch{stream: s.stream, stored: stored}
	if len(items) == 0 {
		return b
	}
	first := items[0].seq
	for i, data := range s.encode(s.archive.origin, lost, items) {
		b.entries = append(b.entries, store.Entry{
			Subject: subject(key), Data: data,
			ID: s.archive.origin.String() + "." + subject(key) + "." + strconv.FormatUint(first, 36) + "." + strconv.Itoa(i),
		})
	}
	return b
}

// subject is that of a function, or of all of a service, or, if that is empty, of all.
func subject(key fn.Key) string {
	if key.Name == "" {
		return key.Service
	}
	return key.Service + "." + key.Name
}
