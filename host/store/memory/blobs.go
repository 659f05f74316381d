package memory

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/store"
)

type blobs struct {
	end context.Context

	mu struct {
		sync.Mutex
		all map[string]blob
	}
}

type blob struct {
	data []byte
	put  time.Time
}

func newBlobs(end context.Context) *blobs {
	b := &blobs{end: end}
	b.mu.all = map[string]blob{}
	return b
}

func (b *blobs) Put(ctx context.Context, data []byte) (string, error) {
	if err := either(ctx, b.end); err != nil {
		return "", err
	}
	name := store.Hash(data)
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, ok := b.mu.all[name]
	if !ok {
		kept.data = bytes.Clone(data)
	}
	if !ok || time.Since(kept.put) >= store.BlobFresh {
		kept.put = time.Now()
	}
	b.mu.all[name] = kept
	return name, nil
}

func (b *blobs) Get(ctx context.Context, name string) ([]byte, error) {
	if err := either(ctx, b.end); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, ok := b.mu.all[name]
	if !ok {
		return nil, store.ErrNotFound
	}
	return bytes.Clone(kept.data), nil
}

func (b *blobs) Delete(ctx context.Context, name string, unlessPutAfter time.Time) error {
	if err := either(ctx, b.end); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	kept, ok := b.mu.all[name]
	switch {
	case !ok:
		return store.ErrNotFound
	case kept.put.After(unlessPutAfter):
		return store.ErrConflict
	}
	delete(b.mu.all, name)
	return nil
}

func (b *blobs) List(ctx context.Context) ([]store.BlobInfo, error) {
	if err := either(ctx, b.end); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []store.BlobInfo{}
	for name, kept := range b.mu.all {
		list = append(list, store.BlobInfo{Name: name, Size: int64(len(kept.data)), Put: kept.put})
	}
	return list, nil
}
