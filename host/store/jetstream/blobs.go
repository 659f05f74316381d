package jetstream

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lull-dev/lull/host/store"
)

// blobTimeout bounds the way of a whole blob.
const blobTimeout = 2 * time.Minute

type blobs struct {
	s       *Store
	bucket  string
	objects jetstream.ObjectStore
	stream  jetstream.Stream // that objects is on
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
	stream, err := s.js.Stream(ctx, "OBJ_lull-"+name)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return &blobs{s, "lull-" + name, o, stream}, nil
}

func (b *blobs) Put(ctx context.Context, data []byte) (string, error) {
	ctx, done := b.s.beginWrite(ctx, blobTimeout)
	defer done()
	name := store.Hash(data)
	switch info, err := b.objects.GetInfo(ctx, name); {
	case err == nil && time.Since(info.ModTime) < store.BlobFresh:
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

// Delete marks a blob as deleted on the condition that its entry is still the one that was looked at, which the client's own Delete does not, and then takes its
// pieces away.
func (b *blobs) Delete(ctx context.Context, name string, unlessPutAfter time.Time) error {
	ctx, done := b.s.beginWrite(ctx, callTimeout)
	defer done()
	entry := "$O." + b.bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name))
	last, err := b.stream.GetLastMsgForSubject(ctx, entry)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return store.ErrNotFound
	}
	if err != nil {
		return b.s.explain(ctx, err)
	}
	var info jetstream.ObjectInfo
	if err := json.Unmarshal(last.Data, &info); err != nil {
		return fmt.Errorf("store: the entry of blob %s: %w", name, err)
	}
	switch {
	case info.Deleted:
		return store.ErrNotFound
	case last.Time.After(unlessPutAfter):
		return store.ErrConflict
	}
	info.Deleted, info.Size, info.Chunks, info.Digest, info.ModTime = true, 0, 0, "", time.Time{}
	data, err := json.Marshal(info)
	if err != nil {
		return err
	}
	m := &nats.Msg{Subject: entry, Data: data, Header: nats.Header{jetstream.MsgRollup: {jetstream.MsgRollupSubject}}}
	if _, err := b.s.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(last.Sequence)); err != nil {
		if e, ok := errors.AsType[jetstream.JetStreamError](err); ok && e.APIError() != nil && wrongSequence(e.APIError().ErrorCode) {
			return store.ErrConflict
		}
		return b.s.explain(ctx, err)
	}
	return b.s.explain(ctx, b.stream.Purge(ctx, jetstream.WithPurgeSubject("$O."+b.bucket+".C."+info.NUID)))
}

func wrongSequence(code jetstream.ErrorCode) bool {
	return code == jetstream.JSErrCodeStreamWrongLastSequence || code == jetstream.JSErrCodeStreamWrongLastSequenceConstant
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
