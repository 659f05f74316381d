package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lull-dev/lull/host/store"
)

type bucket struct {
	s  *Store
	kv jetstream.KeyValue
}

// Bucket implements store.Store.
func (s *Store) Bucket(ctx context.Context, name string) (store.Bucket, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	b, err := s.bucket(ctx, jetstream.KeyValueConfig{Bucket: "lull-" + name})
	if err != nil {
		return nil, err // not b, which would be an interface that is not nil
	}
	return b, nil
}

func (s *Store) bucket(ctx context.Context, cfg jetstream.KeyValueConfig) (*bucket, error) {
	cfg.History, cfg.Replicas = 1, s.replicas
	ctx, done := s.begin(ctx)
	defer done()
	kv, err := s.js.CreateOrUpdateKeyValue(ctx, cfg)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return &bucket{s, kv}, nil
}

func (b *bucket) Get(ctx context.Context, key string) (store.Document, error) {
	if store.CheckSubject(key) != nil {
		return store.Document{}, store.ErrNotFound
	}
	ctx, done := b.s.begin(ctx)
	defer done()
	e, err := b.kv.Get(ctx, key)
	if err != nil {
		return store.Document{}, b.s.explain(ctx, err)
	}
	return document(e), nil
}

func document(e jetstream.KeyValueEntry) store.Document {
	return store.Document{Key: e.Key(), Value: e.Value(), Revision: e.Revision()}
}

func (b *bucket) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if err := store.CheckSubject(key); err != nil {
		return 0, err
	}
	if len(value) > store.MaxEntryBytes {
		return 0, fmt.Errorf("store: a document of %d bytes is over the limit of %d", len(value), store.MaxEntryBytes)
	}
	ctx, done := b.s.beginWrite(ctx, callTimeout)
	defer done()
	put := func() (uint64, error) { return b.kv.Update(ctx, key, value, revision) }
	switch revision {
	case 0:
		put = func() (uint64, error) { return b.kv.Create(ctx, key, value) }
	case store.Any:
		put = func() (uint64, error) { return b.kv.Put(ctx, key, value) }
	}
	rev, err := put()
	return rev, b.s.explain(ctx, err)
}

func (b *bucket) Delete(ctx context.Context, key string, revision uint64) error {
	ctx, done := b.s.beginWrite(ctx, callTimeout)
	defer done()
	for {
		d, err := b.Get(ctx, key)
		if err != nil {
			return err
		}
		if revision != store.Any && revision != d.Revision {
			return store.ErrConflict
		}
		err = b.s.explain(ctx, b.kv.Delete(ctx, key, jetstream.LastRevision(d.Revision)))
		if revision != store.Any || !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func (b *bucket) List(ctx context.Context, prefix string) ([]store.Document, error) {
	list := []store.Document{}
	over := errors.New("over")
	ctx, done := b.s.begin(ctx)
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	err := b.Watch(ctx, prefix, func(c store.Change) {
		switch {
		case c.Caught:
			cancel(over)
		case ctx.Err() == nil:
			list = append(list, c.Document)
		}
	})
	cancel(nil)
	if !errors.Is(err, over) {
		return nil, err
	}
	slices.SortFunc(list, func(a, b store.Document) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

// Watch begins anew, with all that there is, whenever the connection is back and when the client gives it up. Keys that were deleted keep a marker, so that
// nothing is missed.
func (b *bucket) Watch(ctx context.Context, prefix string, f func(store.Change)) error {
	ctx, done := b.s.join(ctx)
	defer done()
	for first := true; ; {
		back := b.s.reconnected()
		caught, err := b.watch(ctx, prefix, first, back, f)
		first = first && !caught
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case first:
			return b.s.explain(ctx, err)
		case err != nil:
			b.s.log(fmt.Sprintf("following changes, which begins anew: %v", err))
			select {
			case <-time.After(time.Second):
			case <-back:
			case <-ctx.Done():
			}
		}
	}
}

// watch follows until ctx ends, the connection is back after it was lost, or there is an error. first: nothing has been told yet. caught reports whether all
// that was there has been.
func (b *bucket) watch(ctx context.Context, prefix string, first bool, back <-chan struct{}, f func(store.Change)) (caught bool, err error) {
	w, err := b.kv.WatchFiltered(ctx, filters("", prefix))
	if err != nil {
		return false, err
	}
	defer func() {
		w.Stop()
		go func() { // until it has noticed: it waits for a reader
			for range w.Updates() {
			}
		}()
	}()
	for {
		select {
		case <-ctx.Done():
			return caught, ctx.Err()
		case <-back:
			if first && !caught {
				return false, errors.New("the connection was lost meanwhile")
			}
			return caught, nil
		case e, ok := <-w.Updates():
			switch {
			case !ok:
				return caught, errors.New("a watch ended by itself")
			case e == nil:
				caught = true
				if first {
					f(store.Change{Caught: true})
				}
			case e.Operation() == jetstream.KeyValuePut:
				f(store.Change{Document: document(e)})
			case caught || !first: // of those that were deleted before nobody wants to know
				f(store.Change{Document: store.Document{Key: e.Key(), Revision: e.Revision()}, Deleted: true})
			}
		}
	}
}

// filters are the subjects at and below a prefix, with before in front.
func filters(before, prefix string) []string {
	if prefix == "" {
		return []string{before + ">"}
	}
	return []string{before + prefix, before + prefix + ".>"}
}
