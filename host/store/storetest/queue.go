package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
)

func queue(t *testing.T, s store.Store, lanes int) store.Queue {
	t.Helper()
	return must(s.Queue(testContext(t), store.QueueConfig{Name: "work", Lanes: lanes}))(t)
}

func job(id, subject string) store.Job {
	return store.Job{ID: id, Subject: subject, Data: []byte("data of " + id)}
}

func push(t *testing.T, q store.Queue, jobs ...store.Job) {
	t.Helper()
	for _, j := range jobs {
		require.NoError(t, q.Push(testContext(t), j))
	}
}

func take(t *testing.T, q store.Queue) store.Delivery {
	t.Helper()
	return must(q.Take(testContext(t), 0))(t)
}

// empty fails unless there is nothing to take for a moment.
func empty(t *testing.T, q store.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := q.Take(ctx, 0)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func queueOnce(t *testing.T, s Subject) {
	ctx := testContext(t)
	queues := []store.Queue{queue(t, s.Open(t), 1)}
	if s.Shared {
		queues = append(queues, queue(t, s.Open(t), 1))
	}
	var mu sync.Mutex
	ran := map[string]int{}
	working, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	all := make(chan struct{})
	const jobs = 200
	for _, q := range queues {
		for range 4 {
			workers.Go(func() {
				for {
					d, err := q.Take(working, 0)
					if err != nil {
						if !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
						return
					}
					if err := d.Done(ctx); err != nil {
						t.Error(err)
					}
					mu.Lock()
					if ran[d.Job().ID]++; len(ran) == jobs {
						close(all)
					}
					mu.Unlock()
				}
			})
		}
	}
	for i := range jobs {
		push(t, queues[0], job(fmt.Sprint("j", i), fmt.Sprint("s.f", i%7)))
	}
	next(t, all)
	stop()
	workers.Wait()
	for id, n := range ran {
		require.Equal(t, 1, n, id)
	}
	require.Empty(t, must(queues[0].Pending(ctx, "", 10))(t))
}

func queueRetry(t *testing.T, s Subject) {
	ctx, q := testContext(t), queue(t, s.Open(t), 1)
	push(t, q, job("a", "s.f"))
	d := take(t, q)
	require.Equal(t, "a", d.Job().ID)
	require.Equal(t, "s.f", d.Job().Subject)
	require.Equal(t, "data of a", string(d.Job().Data))
	require.WithinDuration(t, time.Now(), d.Job().Pushed, time.Minute)
	require.Empty(t, d.Job().Note)
	pushed := d.Job().Pushed

	began := time.Now()
	require.NoError(t, d.Retry(ctx, time.Second, []byte("tried once")))
	empty(t, q)
	waiting := must(q.Pending(ctx, "s.f", 10))(t)
	require.Len(t, waiting, 1)
	require.Equal(t, "tried once", string(waiting[0].Note))
	require.WithinDuration(t, began.Add(time.Second), waiting[0].Due, 500*time.Millisecond)

	d = take(t, q)
	require.GreaterOrEqual(t, time.Since(began), time.Second)
	require.Equal(t, "tried once", string(d.Job().Note))
	require.True(t, pushed.Equal(d.Job().Pushed))
	require.NoError(t, d.Retry(ctx, 0, []byte("tried twice")))
	d = take(t, q)
	require.Equal(t, "tried twice", string(d.Job().Note))
	require.NoError(t, d.Done(ctx))
	empty(t, q)
}

func queueBury(t *testing.T, s Subject) {
	ctx, q := testContext(t), queue(t, s.Open(t), 1)
	require.Equal(t, []store.Job{}, must(q.Dead(ctx, "", 10))(t))
	push(t, q, job("a", "s.f"), job("b", "s.g"), job("c", "s.f"))
	for range 3 {
		d := take(t, q)
		require.NoError(t, d.Retry(ctx, 0, []byte("before")))
	}
	for range 3 {
		d := take(t, q)
		require.NoError(t, d.Bury(ctx, []byte("why "+d.Job().ID)))
	}
	empty(t, q)
	require.Empty(t, must(q.Pending(ctx, "", 10))(t))
	dead := must(q.Dead(ctx, "s.f", 10))(t)
	require.Len(t, dead, 2)
	for _, j := range dead {
		require.Equal(t, "why "+j.ID, string(j.Note))
		require.Equal(t, "data of "+j.ID, string(j.Data))
		require.Equal(t, "s.f", j.Subject)
		require.False(t, j.Pushed.IsZero())
		require.False(t, j.Due.Before(j.Pushed))
	}
	require.False(t, dead[0].Due.Before(dead[1].Due), "newest first")
	require.Len(t, must(q.Dead(ctx, "", 2))(t), 2)
}

func queueLanes(t *testing.T, s Subject) {
	ctx, q := testContext(t), queue(t, s.Open(t), 4)
	for i := range 40 {
		push(t, q, job(fmt.Sprint("j", i), fmt.Sprint("s.f", i%10)))
	}
	lanes, n := map[string]int{}, 0
	for lane := range 4 {
		for {
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			d, err := q.Take(short, lane)
			cancel()
			if err != nil {
				break
			}
			if was, ok := lanes[d.Job().Subject]; ok {
				require.Equal(t, was, lane)
			}
			lanes[d.Job().Subject] = lane
			n++
			require.NoError(t, d.Done(ctx))
		}
	}
	require.Equal(t, 40, n)
}

func queuePushOnce(t *testing.T, s Subject) {
	ctx, q := testContext(t), queue(t, s.Open(t), 1)
	push(t, q, job("a", "s.f"), job("a", "s.f"))
	require.NoError(t, take(t, q).Done(ctx))
	empty(t, q)
	require.ErrorIs(t, q.Push(ctx, job("", "s.f")), store.ErrInvalid)
	require.ErrorIs(t, q.Push(ctx, job("a b", "s.f")), store.ErrInvalid)
	require.ErrorIs(t, q.Push(ctx, job("b", "")), store.ErrInvalid)
}

func queuePending(t *testing.T, s Subject) {
	ctx, q := testContext(t), queue(t, s.Open(t), 2)
	require.Equal(t, []store.Job{}, must(q.Pending(ctx, "", 10))(t))
	push(t, q, job("a", "s.f"), job("b", "s.f"), job("c", "t.f"))
	pending := must(q.Pending(ctx, "s.f", 10))(t)
	require.Len(t, pending, 2)
	require.Equal(t, "a", pending[0].ID)
	require.Equal(t, "data of b", string(pending[1].Data))
	require.Len(t, must(q.Pending(ctx, "", 10))(t), 3)
	require.Len(t, must(q.Pending(ctx, "", 2))(t), 2)
	require.Len(t, must(q.Pending(ctx, "s", 10))(t), 2)
}

func queuePurge(t *testing.T, s Subject) {
	ctx, q := testContext(t), queue(t, s.Open(t), 1)
	push(t, q, job("a", "s.f"))
	require.NoError(t, take(t, q).Bury(ctx, nil))
	push(t, q, job("b", "s.f"), job("c", "s.g"))
	require.NoError(t, q.Purge(ctx, "s.f"))
	require.Empty(t, must(q.Dead(ctx, "", 10))(t))
	d := take(t, q)
	require.Equal(t, "c", d.Job().ID)
	require.NoError(t, d.Done(ctx))
	empty(t, q)
}

func queueLease(t *testing.T, s Subject) {
	if !s.Shared || !s.Lasting {
		return // who takes and who hands out live and die together
	}
	q := queue(t, s.Open(t), 1)
	first := s.Open(t)
	push(t, q, job("a", "s.f"))
	must(queue(t, first, 1).Take(testContext(t), 0))(t)
	empty(t, q)
	require.NoError(t, first.Close())
	d := take(t, q)
	require.Equal(t, "a", d.Job().ID)
	require.NoError(t, d.Done(testContext(t)))
}

func queueKept(t *testing.T, s Subject) {
	if testing.Short() {
		t.Skip("it waits for longer than the lease")
	}
	q := queue(t, s.Open(t), 1)
	push(t, q, job("a", "s.f"))
	d := take(t, q)
	ctx, cancel := context.WithTimeout(t.Context(), store.Lease+3*time.Second)
	defer cancel()
	_, err := q.Take(ctx, 0)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, d.Done(testContext(t)))
	empty(t, q)
}
