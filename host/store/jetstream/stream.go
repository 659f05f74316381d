package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lull-dev/lull/host/store"
)

type stream struct {
	s      *Store
	js     jetstream.JetStream // has the asynchronous publishes of this stream alone
	stream jetstream.Stream
	name   string
	prefix string // of subjects, with its last dot
}

// Stream implements store.Store.
func (s *Store) Stream(ctx context.Context, cfg store.StreamConfig) (store.Stream, error) {
	if err := store.CheckName(cfg.Name); err != nil {
		return nil, err
	}
	c := jetstream.StreamConfig{
		Name: "lull-stream-" + cfg.Name, Subjects: []string{"lull.stream." + cfg.Name + ".>"},
		MaxAge: cfg.MaxAge, MaxBytes: cfg.MaxBytes, MaxMsgsPerSubject: cfg.MaxPerSubject, AllowDirect: true,
	}
	if cfg.Relaxed && s.replicas == 1 {
		c.PersistMode = jetstream.AsyncPersistMode
	}
	st, err := s.stream(ctx, c)
	if err != nil {
		return nil, err
	}
	return st, nil
}

func (s *Store) stream(ctx context.Context, cfg jetstream.StreamConfig) (*stream, error) {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = -1
	}
	cfg.Replicas = s.replicas
	ctx, done := s.begin(ctx)
	defer done()
	js, err := jetstream.New(s.conn, jetstream.WithDefaultTimeout(callTimeout), jetstream.WithPublishAsyncTimeout(callTimeout))
	if err != nil {
		return nil, err
	}
	st, err := js.CreateOrUpdateStream(ctx, cfg)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return &stream{s, js, st, cfg.Name, strings.TrimSuffix(cfg.Subjects[0], ">")}, nil
}

// checkEntry returns why an entry cannot be appended, or nil.
func checkEntry(subject string, data []byte) error {
	if len(data) > store.MaxEntryBytes {
		return fmt.Errorf("store: an entry of %d bytes is over the limit of %d", len(data), store.MaxEntryBytes)
	}
	return store.CheckSubject(subject)
}

func (t *stream) Append(ctx context.Context, entries ...store.Entry) error {
	for _, e := range entries {
		if err := checkEntry(e.Subject, e.Data); err != nil {
			return err
		}
	}
	ctx, done := t.s.beginWrite(ctx, callTimeout)
	defer done()
	if ctx.Err() != nil {
		return t.s.explain(ctx, ctx.Err())
	}
	acks := make([]jetstream.PubAckFuture, 0, len(entries))
	for _, e := range entries {
		m := &nats.Msg{Subject: t.prefix + e.Subject, Data: e.Data}
		if e.ID != "" {
			m.Header = nats.Header{jetstream.MsgIDHeader: {e.ID}}
		}
		ack, err := t.js.PublishMsgAsync(m)
		if err != nil {
			return t.s.explain(ctx, err)
		}
		acks = append(acks, ack)
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return t.s.explain(ctx, err)
		case <-ctx.Done():
			return t.s.explain(ctx, ctx.Err())
		}
	}
	return nil
}

func (t *stream) Read(ctx context.Context, q store.Query, yield func(store.Message) bool) error {
	return t.read(ctx, q, func(m message) bool { return yield(m.Message) })
}

type message struct {
	store.Message
	header nats.Header
}

func (t *stream) read(ctx context.Context, q store.Query, yield func(message) bool) error {
	ctx, done := t.s.join(ctx)
	defer done()
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: filters(t.prefix, q.Subject), DeliverPolicy: jetstream.DeliverAllPolicy}
	switch {
	case !q.Since.IsZero():
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &q.Since
	case q.After > 0:
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, q.After+1
	}
	consumer, err := t.stream.OrderedConsumer(ctx, cfg)
	if err != nil {
		return t.s.explain(ctx, err)
	}
	left := uint64(0)
	if !q.Follow {
		info, err := consumer.Info(ctx)
		if err != nil {
			return t.s.explain(ctx, err)
		}
		if left = info.NumPending; left == 0 {
			return nil
		}
	}
	// A bound in bytes: messages may be large, and the connection drops what its reader does not take in time.
	messages, err := consumer.Messages(jetstream.PullMaxBytes(8 << 20))
	if err != nil {
		return t.s.explain(ctx, err)
	}
	defer messages.Stop()
	for silent := 0; ; {
		m, err := next(ctx, messages, q.Follow)
		if errors.Is(err, errSilent) {
			// What was left may have gone meanwhile: too old, too much, purged. The server's answer comes behind what it has sent, so
			// that one more silence is the end.
			info, err := consumer.Info(ctx)
			if err != nil {
				return t.s.explain(ctx, err)
			}
			if info.NumPending > 0 {
				silent = 0
			} else if silent++; silent > 1 {
				return nil
			}
			continue
		}
		if err != nil {
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				return context.Cause(ctx)
			}
			return t.s.explain(ctx, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return t.s.explain(ctx, err)
		}
		if meta.Sequence.Stream > q.After && !yield(message{store.Message{
			Seq: meta.Sequence.Stream, Time: meta.Timestamp, Subject: strings.TrimPrefix(m.Subject(), t.prefix), Data: m.Data(),
		}, m.Headers()}) {
			return nil
		}
		if !q.Follow {
			if left--; left == 0 || meta.NumPending == 0 {
				return nil
			}
		}
	}
}

var errSilent = errors.New("no message for a while")

// next waits for a message, for as long as ctx lives or, unless more is to come, until errSilent.
func next(ctx context.Context, messages jetstream.MessagesContext, follow bool) (jetstream.Msg, error) {
	if follow {
		return messages.Next(jetstream.NextContext(ctx))
	}
	short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	m, err := messages.Next(jetstream.NextContext(short))
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return nil, errSilent
	}
	return m, err
}

func (t *stream) Purge(ctx context.Context, subject string) error {
	ctx, done := t.s.begin(ctx)
	defer done()
	for _, f := range filters(t.prefix, subject) {
		if err := t.stream.Purge(ctx, jetstream.WithPurgeSubject(f)); err != nil {
			return t.s.explain(ctx, err)
		}
	}
	return nil
}

func (t *stream) Bytes(ctx context.Context) (int64, error) {
	ctx, done := t.s.begin(ctx)
	defer done()
	info, err := t.stream.Info(ctx)
	if err != nil {
		return 0, t.s.explain(ctx, err)
	}
	return int64(info.State.Bytes), nil
}
