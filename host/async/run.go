package async

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
)

// note is what is kept with an invocation that was tried.
type note struct {
	Attempts int    `json:"attempts"` // that ended with an error of the function
	Delays   int    `json:"delays"`   // that found no place to run
	Error    string `json:"error"`
}

func noteOf(j store.Job) (n note) {
	_ = json.Unmarshal(j.Note, &n) // empty before the first try
	return n
}

func (n note) bytes() []byte {
	const most = 4 << 10 // an error's text is the guest's
	n.Error = n.Error[:min(len(n.Error), most)]
	b, err := json.Marshal(n)
	if err != nil {
		panic(err) // it has nothing that cannot be
	}
	return b
}

func keyOf(j store.Job) fn.Key {
	service, name, _ := strings.Cut(j.Subject, ".")
	return fn.Key{Service: service, Name: name}
}

// take hands out the jobs of one lane.
func (r *Runner) take(lane int) {
	places := make(chan struct{}, perLane)
	for {
		select {
		case places <- struct{}{}: // before the job: who has one but does not run it keeps it from the others
		case <-r.taking.Done():
			return
		}
		d, err := r.queue.Take(r.taking, lane)
		if err != nil {
			if r.over(err) {
				return
			}
			r.cfg.Trouble(fmt.Errorf("asynchronous invocations: %w", err))
			<-places
			r.pause(time.Second)
			continue
		}
		r.work.Go(func() {
			r.run(d)
			<-places
		})
	}
}

// pause reports whether there is still something to wait for.
func (r *Runner) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.taking.Done():
		return false
	}
}

// run makes one try and settles the job.
func (r *Runner) run(d store.Delivery) {
	j := d.Job()
	key, n := keyOf(j), noteOf(j)
	var e envelope
	if err := json.Unmarshal(j.Data, &e); err != nil {
		n.Error = "the invocation cannot be read: " + err.Error()
		r.cfg.Trouble(fmt.Errorf("asynchronous invocations: %s of function '%s' in service '%s' is kept among the dead: %s", j.ID, key.Name, key.Service, n.Error))
		r.settle(func(ctx context.Context) error { return d.Bury(ctx, n.bytes()) })
		return
	}
	settings := r.cfg.Settings(key, e.Qualifier)
	end := ending{id: j.ID, key: key, envelope: e, attempts: n.Attempts}
	if age := time.Since(j.Pushed); age > settings.age() {
		n.Error = strings.TrimPrefix(n.Error+"; ", "; ") + fmt.Sprintf("it was not done within %s", settings.age())
		end.condition = "EventAgeExceeded"
		r.fail(d, n, settings, end)
		return
	}
	req := fn.Request{ID: requestID(j.ID), Qualifier: e.Qualifier, Body: e.Event}
	var resp fn.Response
	err := r.cfg.Serve(r.taking, key, &req, &resp)
	switch code := fn.CodeOf(err); {
	case err == nil && resp.Fault == nil:
		end.attempts, end.condition, end.response = n.Attempts+1, "Success", &resp
		r.succeed(d, settings, end)
	case err == nil:
		n.Attempts++
		n.Error = resp.Fault.Error()
		end.attempts, end.condition, end.response = n.Attempts, "RetriesExhausted", &resp
		if n.Attempts > settings.retries() {
			r.fail(d, n, settings, end)
			return
		}
		r.retry(d, n, r.backoff(n.Attempts))
	case code == fn.CodeHostClosed || code == fn.CodeClientClosedRequest || r.taking.Err() != nil:
		// It goes to whoever takes it next. What cannot be told now is found out after the lease.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = d.Retry(ctx, 0, j.Note)
	case gone(code):
		n.Error = err.Error()
		end.condition = "FunctionNotFound"
		r.fail(d, n, settings, end)
	default: // no place to run, or a fault of the host: it is tried until it is too old
		n.Delays++
		n.Error = err.Error()
		r.retry(d, n, r.backoff(n.Delays))
	}
}

// gone tells that there is nothing to run, and will not be.
func gone(code fn.Code) bool {
	switch code {
	case fn.CodeFunctionNotFound, fn.CodeServiceNotFound, fn.CodeVersionNotFound, fn.CodeAliasNotFound, fn.CodeEntityTooLarge:
		return true
	}
	return false
}

// requestID reads the id of a job; a job with an id of another form gets a fresh one.
func requestID(id string) fn.RequestID {
	parsed, err := fn.ParseRequestID(id)
	if err != nil {
		return fn.NewRequestID()
	}
	return parsed
}

// backoff is the wait after the nth failure, with a tenth more or less, so that what failed together does not come back together.
func (r *Runner) backoff(n int) time.Duration {
	d := r.cfg.MaxBackoff
	if n < 20 {
		d = min(d, r.cfg.Backoff<<(n-1))
	}
	return d*9/10 + time.Duration(rand.Int64N(int64(d)/5+1))
}

func (r *Runner) retry(d store.Delivery, n note, wait time.Duration) {
	r.settle(func(ctx context.Context) error { return d.Retry(ctx, wait, n.bytes()) })
}

func (r *Runner) succeed(d store.Delivery, s Settings, e ending) {
	r.settle(func(ctx context.Context) error {
		if err := r.tell(ctx, s.OnSuccess, e); err != nil {
			return err
		}
		return d.Done(ctx)
	})
}

func (r *Runner) fail(d store.Delivery, n note, s Settings, e ending) {
	e.error = n.Error
	r.settle(func(ctx context.Context) error {
		if err := r.tell(ctx, s.OnFailure, e); err != nil {
			return err
		}
		return d.Bury(ctx, n.bytes())
	})
}

// settle repeats what must be written until it is, or until the runner stops: then the job is taken again later.
func (r *Runner) settle(write func(context.Context) error) {
	for last := false; ; {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err := write(ctx)
		cancel()
		if err == nil || errors.Is(err, store.ErrClosed) || last {
			return
		}
		r.cfg.Trouble(fmt.Errorf("asynchronous invocations: what became of one cannot be stored; it may run again: %w", err))
		last = !r.pause(time.Second)
	}
}
