package jetstream

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lull-dev/lull/host/store"
)

type delivery struct {
	q    *queue
	m    jetstream.Msg
	job  store.Job
	stop func() // the beats
}

// keep makes a delivery whose server is told, until it is settled, that somebody works on it.
func (q *queue) keep(m jetstream.Msg, j store.Job) *delivery {
	settled := make(chan struct{})
	d := &delivery{q: q, m: m, job: j, stop: sync.OnceFunc(func() { close(settled) })}
	q.s.beats.Go(func() {
		beat := time.NewTicker(store.Lease / 4)
		defer beat.Stop()
		for {
			select {
			case <-settled:
				return
			case <-q.s.end.Done():
				return
			case <-beat.C:
				_ = m.InProgress() // a lost one is made up for by the next
			}
		}
	})
	return d
}

func (d *delivery) Job() store.Job { return d.job }

func (d *delivery) Done(ctx context.Context) error {
	ctx, done := d.q.s.beginWrite(ctx, callTimeout)
	defer done()
	if err := d.m.DoubleAck(ctx); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return d.q.s.explain(ctx, err)
	}
	d.stop()
	if d.job.Due.IsZero() {
		return nil // it has no note
	}
	if err := d.q.notes.Delete(ctx, d.job.ID, store.Any); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// Retry writes the note first: the server forgets a delay when it is killed.
func (d *delivery) Retry(ctx context.Context, delay time.Duration, note []byte) error {
	ctx, done := d.q.s.beginWrite(ctx, callTimeout)
	defer done()
	if err := d.q.writeNote(ctx, d.job.ID, time.Now().Add(delay), note); err != nil {
		return err
	}
	nak := d.m.Nak
	if delay > 0 {
		nak = func() error { return d.m.NakWithDelay(delay) }
	}
	if err := nak(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return d.q.s.explain(ctx, err)
	}
	d.stop()
	return nil
}

// Bury adds the job to the dead before it takes it out of the queue. Its id keeps it from being added twice.
func (d *delivery) Bury(ctx context.Context, note []byte) error {
	ctx, done := d.q.s.beginWrite(ctx, callTimeout)
	defer done()
	if err := checkEntry(d.job.Subject, note); err != nil {
		return err
	}
	data := slices.Concat(d.job.Data, note)
	if len(data) > store.MaxEntryBytes {
		note, data = nil, d.job.Data
	}
	m := &nats.Msg{Subject: d.q.dead.prefix + d.job.Subject, Data: data, Header: nats.Header{}}
	m.Header.Set(jetstream.MsgIDHeader, d.job.ID)
	m.Header.Set(headerPushed, d.job.Pushed.UTC().Format(time.RFC3339Nano))
	m.Header.Set(headerNote, strconv.Itoa(len(note)))
	if _, err := d.q.s.js.PublishMsg(ctx, m); err != nil {
		return d.q.s.explain(ctx, err)
	}
	return d.Done(ctx)
}

// Dead reads all that there are: nothing reads backwards.
func (q *queue) Dead(ctx context.Context, subject string, limit int) ([]store.Job, error) {
	ctx, done := q.s.begin(ctx)
	defer done()
	list := []store.Job{}
	err := q.dead.read(ctx, store.Query{Subject: subject}, func(m message) bool {
		j := store.Job{ID: m.header.Get(jetstream.MsgIDHeader), Subject: m.Subject, Data: m.Data, Due: m.Time}
		j.Pushed, _ = time.Parse(time.RFC3339Nano, m.header.Get(headerPushed))
		if n, err := strconv.Atoi(m.header.Get(headerNote)); err == nil && n <= len(m.Data) {
			j.Data, j.Note = m.Data[:len(m.Data)-n], m.Data[len(m.Data)-n:]
		}
		if list = append(list, j); len(list) >= 2*limit {
			list = append(list[:0], list[len(list)-limit:]...)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	return list[:min(limit, len(list))], nil
}
