package jetstream

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lull-dev/lull/host/store"
)

// notesAge bounds how long the note of a job is kept that was purged, or whose taker died between its end and the note's.
const notesAge = 60 * 24 * time.Hour

// pullWait is how long one request for a job waits at the server.
const pullWait = 30 * time.Second

// Headers of a message that is a job.
const (
	headerPushed = "Lull-Pushed" // of a dead job: when it was pushed
	headerNote   = "Lull-Note"   // of a dead job: how many bytes at the end of the data are the note
)

type queue struct {
	s     *Store
	jobs  *stream // subjects are LANE.SUBJECT
	dead  *stream
	notes *bucket
	lanes []jetstream.Consumer
}

// Queue implements store.Store. The jobs in lanes that a smaller queue does not have any more are kept, and nobody gets them.
func (s *Store) Queue(ctx context.Context, cfg store.QueueConfig) (store.Queue, error) {
	if err := store.CheckName(cfg.Name); err != nil {
		return nil, err
	}
	var err error
	q := &queue{s: s, lanes: make([]jetstream.Consumer, max(1, cfg.Lanes))}
	if q.jobs, err = s.stream(ctx, jetstream.StreamConfig{
		Name: "lull-queue-" + cfg.Name, Subjects: []string{"lull.queue." + cfg.Name + ".>"}, Retention: jetstream.WorkQueuePolicy,
	}); err != nil {
		return nil, err
	}
	if q.dead, err = s.stream(ctx, jetstream.StreamConfig{
		Name: "lull-dead-" + cfg.Name, Subjects: []string{"lull.dead." + cfg.Name + ".>"}, MaxAge: cfg.DeadAge, MaxBytes: cfg.DeadBytes, AllowDirect: true,
	}); err != nil {
		return nil, err
	}
	if q.notes, err = s.bucket(ctx, jetstream.KeyValueConfig{Bucket: "lull-notes-" + cfg.Name, TTL: notesAge}); err != nil {
		return nil, err
	}
	release := s.server != nil && s.first(cfg.Name)
	for lane := range q.lanes {
		if q.lanes[lane], err = q.consumer(ctx, lane, release); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// first reports whether a queue is opened for the first time.
func (s *Store) first(queue string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.queues[queue] {
		return false
	}
	s.mu.queues[queue] = true
	return true
}

// consumer makes or finds what hands out the jobs of a lane. With release it forgets who has which: a server inside the process knows that
// those who took jobs before it began are gone.
func (q *queue) consumer(ctx context.Context, lane int, release bool) (jetstream.Consumer, error) {
	ctx, done := q.s.begin(ctx)
	defer done()
	name := fmt.Sprint("lane-", lane)
	if release {
		if err := q.jobs.stream.DeleteConsumer(ctx, name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil, q.s.explain(ctx, err)
		}
	}
	c, err := q.jobs.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: name, FilterSubject: fmt.Sprint(q.jobs.prefix, lane, ".>"),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: store.Lease, MaxDeliver: -1,
		MaxAckPending: -1, // jobs that wait for their next try count among them
	})
	return c, q.s.explain(ctx, err)
}

func (q *queue) Push(ctx context.Context, j store.Job) error {
	if err := store.CheckSubject(j.ID); err != nil || strings.Contains(j.ID, ".") {
		return fmt.Errorf("%w: the id of a job is a token, not %q", store.ErrInvalid, j.ID)
	}
	if err := checkEntry(j.Subject, j.Data); err != nil {
		return err
	}
	h := fnv.New32a()
	h.Write([]byte(j.Subject))
	lane := h.Sum32() % uint32(len(q.lanes))
	return q.jobs.Append(ctx, store.Entry{Subject: fmt.Sprint(lane, ".", j.Subject), ID: j.ID, Data: j.Data})
}

func (q *queue) Take(ctx context.Context, lane int) (store.Delivery, error) {
	ctx, done := q.s.join(ctx)
	defer done()
	for {
		pull, cancel := context.WithTimeout(ctx, pullWait)
		m, err := q.lanes[lane].Next(jetstream.FetchContext(pull))
		if errors.Is(err, jetstream.ErrInvalidOption) {
			<-pull.Done() // there was no time left to ask
		}
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout), errors.Is(err, jetstream.ErrNoMessages),
			errors.Is(err, jetstream.ErrInvalidOption):
			continue
		case err != nil:
			return nil, q.s.explain(ctx, err)
		}
		d, err := q.delivery(ctx, m)
		if err != nil || d != nil {
			return d, err
		}
	}
}

// delivery makes a delivery of a message, or returns nil: its time has not come. The server knows when that is, too, but not after it was killed.
func (q *queue) delivery(ctx context.Context, m jetstream.Msg) (store.Delivery, error) {
	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}
	_, subject, _ := strings.Cut(strings.TrimPrefix(m.Subject(), q.jobs.prefix), ".")
	j := store.Job{ID: jobID(m.Headers(), meta.Sequence.Stream), Subject: subject, Data: m.Data(), Pushed: meta.Timestamp}
	if err := q.readNote(ctx, &j); err != nil {
		return nil, err // it comes again after the lease
	}
	if wait := time.Until(j.Due); wait > 0 {
		return nil, q.s.explain(ctx, m.NakWithDelay(wait))
	}
	return q.keep(m, j), nil
}

// jobID returns the id of a job; one that somebody else put there, with none or with what is no id, gets one from its place, so that it can be settled.
func jobID(h nats.Header, seq uint64) string {
	id := h.Get(jetstream.MsgIDHeader)
	if store.CheckSubject(id) != nil || strings.Contains(id, ".") {
		return fmt.Sprint("unnamed-", seq)
	}
	return id
}

// readNote adds to a job what its last Retry left.
func (q *queue) readNote(ctx context.Context, j *store.Job) error {
	d, err := q.notes.Get(ctx, j.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(d.Value) >= 8 {
		j.Due, j.Note = time.Unix(0, int64(binary.BigEndian.Uint64(d.Value))), d.Value[8:]
	}
	return nil
}

func (q *queue) writeNote(ctx context.Context, id string, due time.Time, note []byte) error {
	_, err := q.notes.Put(ctx, id, append(binary.BigEndian.AppendUint64(nil, uint64(due.UnixNano())), note...), store.Any)
	return err
}

// Pending asks for one job after the other: a work queue has no reader beside its takers.
func (q *queue) Pending(ctx context.Context, subject string, limit int) ([]store.Job, error) {
	ctx, done := q.s.begin(ctx)
	defer done()
	list := []store.Job{}
	for seq := uint64(1); len(list) < limit; seq++ {
		m, err := q.jobs.stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(q.jobs.prefix+">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return list, nil
		}
		if err != nil {
			return nil, q.s.explain(ctx, err)
		}
		seq = m.Sequence
		_, own, _ := strings.Cut(strings.TrimPrefix(m.Subject, q.jobs.prefix), ".")
		if !store.Matches(own, subject) {
			continue
		}
		j := store.Job{ID: jobID(m.Header, m.Sequence), Subject: own, Data: m.Data, Pushed: m.Time}
		if err := q.readNote(ctx, &j); err != nil {
			return nil, err
		}
		list = append(list, j)
	}
	return list, nil
}

func (q *queue) Purge(ctx context.Context, subject string) error {
	if subject == "" {
		return errors.Join(q.jobs.Purge(ctx, ""), q.dead.Purge(ctx, ""))
	}
	ctx, done := q.s.begin(ctx)
	defer done()
	for _, f := range filters(q.jobs.prefix+"*.", subject) {
		if err := q.jobs.stream.Purge(ctx, jetstream.WithPurgeSubject(f)); err != nil {
			return q.s.explain(ctx, err)
		}
	}
	return q.dead.Purge(ctx, subject)
}
