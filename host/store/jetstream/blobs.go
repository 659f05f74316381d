package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lull-dev/lull/host/store"
)

// fresh is how long after its last Put a blob counts as put now: Put does not write it again.
const fresh = time.Hour

// blobTimeout bounds the way of a whole blob.
const blobTimeout = 2 * time.Minute

type blobs struct {
	s       *Store
	objects jetstream.ObjectStore
}

// Blobs implements store.Store.
func (s *Store) Blobs(ctx context.Context, name string) (store.Blobs, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	ctx, done := s.begin(ctx)
	defer done()
	o, err := s.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: "lull-" + name, Replicas: s.replicas})
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return &blobs{s, o}, nil
}

func (b *blobs) Put(ctx context.Context, data []byte) (string, error) {
	ctx, done := b.s.beginWrite(ctx, blobTimeout)
	defer done()
	name := store.Hash(data)
	switch info, err := b.objects.GetInfo(ctx, name); {
	case err == nil && time.Since(info.ModTime) < fresh:
		return name, nil
	case err != nil && !errors.Is(err, jetstream.ErrObjectNotFound):
		return "", b.s.explain(ctx, err)
	}
	_, err := b.objects.PutBytes(ctx, name, data)
	return name, b.s.explain(ctx, err)
}

func (b *blobs) Get(ctx context.Context, name string) ([]byte, error) {
	ctx, done := b.s.beginFor(ctx, blobTimeout)
	defer done()
	data, err := b.objects.GetBytes(ctx, name)
	if err != nil {
		return nil, b.s.explain(ctx, err)
	}
	if store.Hash(data) != name {
		return nil, fmt.Errorf("store: blob %s is damaged", name)
	}
	return data, nil
}

func (b *blobs) Delete(ctx context.Context, name string) error {
	ctx, done := b.s.beginFor(ctx, blobTimeout)
	defer done()
	if _, err := b.objects.GetInfo(ctx, name); err != nil { // Delete does not mind
		return b.s.explain(ctx, err)
	}
	return b.s.explain(ctx, b.objects.Delete(ctx, name))
}

func (b *blobs) List(ctx context.Context) ([]store.BlobInfo, error) {
	ctx, done := b.s.beginFor(ctx, blobTimeout)
	defer done()
	infos, err := b.objects.List(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, b.s.explain(ctx, err)
	}
	list := []store.BlobInfo{}
	for _, info := range infos {
		list = append(list, store.BlobInfo{Name: info.Name, Size: int64(info.Size), Put: info.ModTime})
	}
	return list, nil
}
