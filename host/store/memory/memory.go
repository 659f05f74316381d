// Package memory is a store that lasts as long as its process.
package memory

import (
	"context"
	"sync"

	"github.com/lull-dev/lull/host/store"
)

// Store implements store.Store. Hosts of one process may share it.
type Store struct {
	mu struct {
		sync.Mutex
		closed  bool
		buckets map[string]*bucket
		blobs   map[string]*blobs
		streams map[string]*stream
		queues  map[string]*queue
	}
	end  context.Context // ends with store.ErrClosed
	stop context.CancelCauseFunc
}

// New returns an empty store.
func New() *Store {
	s := &Store{}
	s.end, s.stop = context.WithCancelCause(context.Background())
	s.mu.buckets, s.mu.blobs = map[string]*bucket{}, map[string]*blobs{}
	s.mu.streams, s.mu.queues = map[string]*stream{}, map[string]*queue{}
	return s
}

// Bucket implements store.Store.
func (s *Store) Bucket(_ context.Context, name string) (store.Bucket, error) {
	return named(s, s.mu.buckets, name, func(b *bucket) {}, func() *bucket { return newBucket(s.end) })
}

// Blobs implements store.Store.
func (s *Store) Blobs(_ context.Context, name string) (store.Blobs, error) {
	return named(s, s.mu.blobs, name, func(b *blobs) {}, func() *blobs { return newBlobs(s.end) })
}

// Stream implements store.Store.
func (s *Store) Stream(_ context.Context, cfg store.StreamConfig) (store.Stream, error) {
	return named(s, s.mu.streams, cfg.Name, func(t *stream) { t.configure(cfg) }, func() *stream { return newStream(s.end) })
}

// Queue implements store.Store.
func (s *Store) Queue(_ context.Context, cfg store.QueueConfig) (store.Queue, error) {
	return named(s, s.mu.queues, cfg.Name, func(q *queue) { q.configure(cfg) }, func() *queue { return newQueue(s.end) })
}

// named finds or makes what has a name.
func named[T any](s *Store, all map[string]*T, name string, configure func(*T), make func() *T) (*T, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return nil, store.ErrClosed
	}
	v, ok := all[name]
	if !ok {
		v = make()
		all[name] = v
	}
	configure(v)
	return v, nil
}

// Check implements store.Store.
func (s *Store) Check(context.Context) error { return context.Cause(s.end) }

// Close implements store.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.closed = true
	s.stop(store.ErrClosed)
	return nil
}

// signal wakes all who wait for a change. It is guarded by the lock of what changes.
type signal struct{ ch chan struct{} }

func (s *signal) wait() <-chan struct{} {
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) wake() {
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// either returns the cause of the first of two contexts that has ended.
func either(ctx, end context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return context.Cause(end)
}
