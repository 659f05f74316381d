package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/store"
)

// onceFor is how long the id of an entry is remembered.
const onceFor = 2 * time.Minute

type stream struct {
	end context.Context

	mu struct {
		sync.Mutex
		cfg     store.StreamConfig
		all     []store.Message
		last    uint64
		bytes   int64
		ids     map[string]time.Time
		swept   time.Time // when ids was last rid of old ones
		changed signal
	}
}

func newStream(end context.Context) *stream {
	t := &stream{end: end}
	t.mu.ids = map[string]time.Time{}
	return t
}

func (t *stream) configure(cfg store.StreamConfig) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.cfg = cfg
}

func (t *stream) Append(ctx context.Context, entries ...store.Entry) error {
	for _, e := range entries {
		if err := checkEntry(e); err != nil {
			return err
		}
	}
	if err := either(ctx, t.end); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.forgetLocked(now)
	for _, e := range entries {
		if e.ID != "" {
			if _, again := t.mu.ids[e.ID]; again {
				continue
			}
			t.mu.ids[e.ID] = now
		}
		t.mu.last++
		t.mu.bytes += size(e.Subject, e.Data)
		t.mu.all = append(t.mu.all, store.Message{Seq: t.mu.last, Time: now, Subject: e.Subject, Data: bytes.Clone(e.Data)})
		t.limitSubjectLocked(e.Subject)
	}
	t.limitLocked(now)
	t.mu.changed.wake()
	return nil
}

// checkEntry returns why an entry cannot be appended, or nil.
func checkEntry(e store.Entry) error {
	if len(e.Data) > store.MaxEntryBytes {
		return fmt.Errorf("store: an entry of %d bytes is over the limit of %d", len(e.Data), store.MaxEntryBytes)
	}
	return store.CheckSubject(e.Subject)
}

// overhead is what a message takes besides its subject and data.
const overhead = 64

func size(subject string, data []byte) int64 { return int64(len(subject)+len(data)) + overhead }

func (t *stream) forgetLocked(now time.Time) {
	if now.Sub(t.mu.swept) < onceFor {
		return
	}
	t.mu.swept = now
	for id, at := range t.mu.ids {
		if now.Sub(at) >= onceFor {
			delete(t.mu.ids, id)
		}
	}
}

// limitSubjectLocked keeps the newest messages of a subject.
func (t *stream) limitSubjectLocked(subject string) {
	if t.mu.cfg.MaxPerSubject <= 0 {
		return
	}
	n := int64(0)
	for i := len(t.mu.all) - 1; i >= 0; i-- {
		if t.mu.all[i].Subject != subject {
			continue
		}
		if n++; n > t.mu.cfg.MaxPerSubject {
			t.mu.bytes -= size(subject, t.mu.all[i].Data)
			t.mu.all = slices.Delete(t.mu.all, i, i+1)
			return // it was within the limit before
		}
	}
}

// limitLocked drops what is too old or too much.
func (t *stream) limitLocked(now time.Time) {
	n := 0
	for ; n < len(t.mu.all); n++ {
		m := &t.mu.all[n]
		old := t.mu.cfg.MaxAge > 0 && now.Sub(m.Time) > t.mu.cfg.MaxAge
		much := t.mu.cfg.MaxBytes > 0 && t.mu.bytes > t.mu.cfg.MaxBytes
		if !old && !much {
			break
		}
		t.mu.bytes -= size(m.Subject, m.Data)
	}
	t.mu.all = slices.Delete(t.mu.all, 0, n)
}

func (t *stream) Read(ctx context.Context, q store.Query, yield func(store.Message) bool) error {
	for after := q.After; ; {
		if err := either(ctx, t.end); err != nil {
			return err
		}
		messages, changed := t.since(after, q)
		for _, m := range messages {
			after = m.Seq
			if !yield(m) {
				return nil
			}
		}
		if !q.Follow {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		case <-t.end.Done():
		}
	}
}

func (t *stream) since(after uint64, q store.Query) ([]store.Message, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limitLocked(time.Now())
	i, _ := slices.BinarySearchFunc(t.mu.all, after+1, func(m store.Message, seq uint64) int { return int(int64(m.Seq) - int64(seq)) })
	var found []store.Message
	for _, m := range t.mu.all[i:] {
		if store.Matches(m.Subject, q.Subject) && !m.Time.Before(q.Since) {
			m.Data = bytes.Clone(m.Data)
			found = append(found, m)
		}
	}
	return found, t.mu.changed.wait()
}

func (t *stream) Purge(ctx context.Context, subject string) error {
	if err := either(ctx, t.end); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.all = slices.DeleteFunc(t.mu.all, func(m store.Message) bool {
		gone := store.Matches(m.Subject, subject)
		if gone {
			t.mu.bytes -= size(m.Subject, m.Data)
		}
		return gone
	})
	return nil
}

func (t *stream) Bytes(ctx context.Context) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.bytes, either(ctx, t.end)
}
