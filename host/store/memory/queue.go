package memory

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/store"
)

type queue struct {
	end context.Context

	mu struct {
		sync.Mutex
		cfg     store.QueueConfig
		jobs    []*job // oldest first
		dead    []store.Job
		bytes   int64 // of dead
		ids     map[string]time.Time
		swept   time.Time
		changed signal
	}
}

type job struct {
	store.Job
	lane  int
	taken bool
}

func newQueue(end context.Context) *queue {
	q := &queue{end: end}
	q.mu.ids = map[string]time.Time{}
	return q
}

func (q *queue) configure(cfg store.QueueConfig) {
	q.mu.Lock()
	defer q.mu.Unlock()
	cfg.Lanes = max(1, cfg.Lanes)
	q.mu.cfg = cfg
	for _, j := range q.mu.jobs {
		j.lane = lane(j.Subject, cfg.Lanes)
	}
}

func lane(subject string, lanes int) int {
	h := fnv.New32a()
	h.Write([]byte(subject))
	return int(h.Sum32() % uint32(lanes))
}

func (q *queue) Push(ctx context.Context, j store.Job) error {
	if err := checkEntry(store.Entry{Subject: j.Subject, Data: j.Data}); err != nil {
		return err
	}
	if err := store.CheckSubject(j.ID); err != nil {
		return fmt.Errorf("the id of a job: %w", err)
	}
	if err := either(ctx, q.end); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if now.Sub(q.mu.swept) >= onceFor {
		q.mu.swept = now
		for id, at := range q.mu.ids {
			if now.Sub(at) >= onceFor {
				delete(q.mu.ids, id)
			}
		}
	}
	if _, again := q.mu.ids[j.ID]; again {
		return nil
	}
	q.mu.ids[j.ID] = now
	j = store.Job{ID: j.ID, Subject: j.Subject, Data: bytes.Clone(j.Data), Pushed: now}
	q.mu.jobs = append(q.mu.jobs, &job{Job: j, lane: lane(j.Subject, q.mu.cfg.Lanes)})
	q.mu.changed.wake()
	return nil
}

func (q *queue) Take(ctx context.Context, lane int) (store.Delivery, error) {
	for {
		if err := either(ctx, q.end); err != nil {
			return nil, err
		}
		j, due, changed := q.take(lane)
		if j != nil {
			return &delivery{q: q, j: j, job: copyOf(j.Job)}, nil
		}
		timer := time.NewTimer(due)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		case <-q.end.Done():
		}
		timer.Stop()
	}
}

// take returns the first job of a lane that is due, or when to look again.
func (q *queue) take(lane int) (*job, time.Duration, <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait := time.Hour
	for _, j := range q.mu.jobs {
		if j.taken || j.lane != lane {
			continue
		}
		if d := time.Until(j.Due); !j.Due.IsZero() && d > 0 {
			wait = min(wait, d)
			continue
		}
		j.taken = true
		return j, 0, nil
	}
	return nil, wait, q.mu.changed.wait()
}

func (q *queue) Pending(ctx context.Context, subject string, limit int) ([]store.Job, error) {
	if err := either(ctx, q.end); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	list := []store.Job{}
	for _, j := range q.mu.jobs {
		if len(list) < limit && store.Matches(j.Subject, subject) {
			list = append(list, copyOf(j.Job))
		}
	}
	return list, nil
}

func (q *queue) Dead(ctx context.Context, subject string, limit int) ([]store.Job, error) {
	if err := either(ctx, q.end); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limitLocked()
	list := []store.Job{}
	for _, j := range slices.Backward(q.mu.dead) {
		if len(list) < limit && store.Matches(j.Subject, subject) {
			list = append(list, copyOf(j))
		}
	}
	return list, nil
}

// limitLocked drops dead jobs that are too old or too many.
func (q *queue) limitLocked() {
	n := 0
	for ; n < len(q.mu.dead); n++ {
		j := &q.mu.dead[n]
		old := q.mu.cfg.DeadAge > 0 && time.Since(j.Due) > q.mu.cfg.DeadAge
		much := q.mu.cfg.DeadBytes > 0 && q.mu.bytes > q.mu.cfg.DeadBytes
		if !old && !much {
			break
		}
		q.mu.bytes -= size(j.Subject, j.Data)
	}
	q.mu.dead = slices.Delete(q.mu.dead, 0, n)
}

func (q *queue) Purge(ctx context.Context, subject string) error {
	if err := either(ctx, q.end); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.jobs = slices.DeleteFunc(q.mu.jobs, func(j *job) bool { return store.Matches(j.Subject, subject) })
	q.mu.dead = slices.DeleteFunc(q.mu.dead, func(j store.Job) bool {
		gone := store.Matches(j.Subject, subject)
		if gone {
			q.mu.bytes -= size(j.Subject, j.Data)
		}
		return gone
	})
	return nil
}

type delivery struct {
	q   *queue
	j   *job
	job store.Job
}

func (d *delivery) Job() store.Job { return d.job }

func (d *delivery) Done(ctx context.Context) error {
	return d.settle(ctx, func() { d.removeLocked() })
}

func (d *delivery) Retry(ctx context.Context, delay time.Duration, note []byte) error {
	return d.settle(ctx, func() {
		d.j.Note, d.j.Due, d.j.taken = bytes.Clone(note), time.Now().Add(delay), false
	})
}

func (d *delivery) Bury(ctx context.Context, note []byte) error {
	return d.settle(ctx, func() {
		if !d.removeLocked() {
			return
		}
		j := d.j.Job
		j.Note, j.Due = bytes.Clone(note), time.Now()
		d.q.mu.dead = append(d.q.mu.dead, j)
		d.q.mu.bytes += size(j.Subject, j.Data)
		d.q.limitLocked()
	})
}

func (d *delivery) settle(ctx context.Context, how func()) error {
	if err := either(ctx, d.q.end); err != nil {
		return err
	}
	d.q.mu.Lock()
	defer d.q.mu.Unlock()
	how()
	d.q.mu.changed.wake()
	return nil
}

// removeLocked reports whether the job was still there.
func (d *delivery) removeLocked() bool {
	i := slices.Index(d.q.mu.jobs, d.j)
	if i < 0 {
		return false
	}
	d.q.mu.jobs = slices.Delete(d.q.mu.jobs, i, i+1)
	return true
}

func copyOf(j store.Job) store.Job {
	j.Data, j.Note = bytes.Clone(j.Data), bytes.Clone(j.Note)
	return j
}
