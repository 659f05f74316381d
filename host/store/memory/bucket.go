package memory

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/lull-dev/lull/host/store"
)

type bucket struct {
	end context.Context

	mu struct {
		sync.Mutex
		last    uint64
		all     map[string]store.Change // deleted ones too: a Watch has to tell of them
		changed signal
	}
}

func newBucket(end context.Context) *bucket {
	b := &bucket{end: end}
	b.mu.all = map[string]store.Change{}
	return b
}

func (b *bucket) Get(ctx context.Context, key string) (store.Document, error) {
	if err := either(ctx, b.end); err != nil {
		return store.Document{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.mu.all[key]
	if !ok || c.Deleted {
		return store.Document{}, store.ErrNotFound
	}
	return clone(c.Document), nil
}

func (b *bucket) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if err := store.CheckSubject(key); err != nil {
		return 0, err
	}
	if err := either(ctx, b.end); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	current, ok := b.mu.all[key]
	if !ok || current.Deleted {
		current.Revision = 0
	}
	if revision != store.Any && revision != current.Revision {
		return 0, store.ErrConflict
	}
	return b.changeLocked(store.Change{Document: store.Document{Key: key, Value: bytes.Clone(value)}}), nil
}

func (b *bucket) Delete(ctx context.Context, key string, revision uint64) error {
	if err := either(ctx, b.end); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	current, ok := b.mu.all[key]
	if !ok || current.Deleted {
		return store.ErrNotFound
	}
	if revision != store.Any && revision != current.Revision {
		return store.ErrConflict
	}
	b.changeLocked(store.Change{Document: store.Document{Key: key}, Deleted: true})
	return nil
}

func (b *bucket) changeLocked(c store.Change) uint64 {
	b.mu.last++
	c.Revision = b.mu.last
	b.mu.all[c.Key] = c
	b.mu.changed.wake()
	return c.Revision
}

func (b *bucket) List(ctx context.Context, prefix string) ([]store.Document, error) {
	if err := either(ctx, b.end); err != nil {
		return nil, err
	}
	list := []store.Document{}
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, c := range b.mu.all {
		if !c.Deleted && store.Matches(key, prefix) {
			list = append(list, clone(c.Document))
		}
	}
	slices.SortFunc(list, func(a, b store.Document) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

func (b *bucket) Watch(ctx context.Context, prefix string, f func(store.Change)) error {
	caught := false
	for after := uint64(0); ; {
		changes, changed := b.since(after, prefix)
		for _, c := range changes {
			if either(ctx, b.end) != nil {
				break
			}
			after = c.Revision
			if caught || !c.Deleted {
				f(c)
			}
		}
		if !caught {
			caught = true
			f(store.Change{Caught: true})
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-b.end.Done():
			return context.Cause(b.end)
		}
	}
}

// since returns the last change of each key after a revision, and what is closed when there are more.
func (b *bucket) since(after uint64, prefix string) ([]store.Change, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var changes []store.Change
	for key, c := range b.mu.all {
		if c.Revision > after && store.Matches(key, prefix) {
			c.Document = clone(c.Document)
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b store.Change) int { return int(int64(a.Revision) - int64(b.Revision)) })
	return changes, b.mu.changed.wait()
}

func clone(d store.Document) store.Document {
	d.Value = bytes.Clone(d.Value)
	return d
}
