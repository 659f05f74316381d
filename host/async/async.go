// Package async runs invocations that nobody waits for. They are kept in a queue of the store, from which every host that shares it takes; one that is accepted
// runs at least once, and is tried again when it fails. What came to nothing is kept among the dead.
package async

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
)

// MaxEventBytes bounds the event of an asynchronous invocation: Function Compute's limit of 128 KiB.
const MaxEventBytes = 128 << 10

// Of the queue. A flood of one function's invocations delays those of the functions in the same lane, and no others.
const (
	lanes     = 16
	perLane   = 16 // that run at a time on one host
	deadAge   = 30 * 24 * time.Hour
	deadBytes = 1 << 30
)

// Config of a Runner.
type Config struct {
	Store store.Store
	// Serve runs one request; see host.Serve.
	Serve func(ctx context.Context, key fn.Key, req *fn.Request, resp *fn.Response) error
	// Settings returns those of a function at a qualifier.
	Settings func(key fn.Key, qualifier string) Settings
	// Trouble is told what goes wrong and cannot be told to a caller.
	Trouble func(error)
	// Backoff is how long an invocation waits for its second try; each wait after that is twice as long as the one before, at most MaxBackoff.
	// Defaults 1 s and 5 min.
	Backoff    time.Duration
	MaxBackoff time.Duration
	// Region and AccountID are part of the names that destinations are told.
	Region, AccountID string
}

// Runner takes invocations from the queue and runs them. It is safe for concurrent use.
type Runner struct {
	cfg   Config
	queue store.Queue

	taking context.Context // ends when no more are to be taken
	stop   context.CancelFunc
	work   sync.WaitGroup
}

// New opens the queue and begins to take.
func New(ctx context.Context, cfg Config) (*Runner, error) {
	if cfg.Backoff <= 0 {
		cfg.Backoff = time.Second
	}
	if cfg.MaxBackoff <= 0 {
		cfg.MaxBackoff = 5 * time.Minute
	}
	q, err := cfg.Store.Queue(ctx, store.QueueConfig{Name: "async", Lanes: lanes, DeadAge: deadAge, DeadBytes: deadBytes})
	if err != nil {
		return nil, err
	}
	r := &Runner{cfg: cfg, queue: q}
	r.taking, r.stop = context.WithCancel(context.Background())
	for lane := range lanes {
		r.work.Go(func() { r.take(lane) })
	}
	return r, nil
}

// Stop takes no more. Invocations that wait for an instance go back into the queue.
func (r *Runner) Stop() { r.stop() }

// Wait waits for those that run, after Stop.
func (r *Runner) Wait() { r.work.Wait() }

// Call is one asynchronous invocation.
type Call struct {
	ID        fn.RequestID
	Key       fn.Key
	Qualifier string
	Event     []byte
}

// envelope is a Call as it is queued.
type envelope struct {
	Qualifier string `json:"qualifier,omitempty"`
	Event     []byte `json:"event,omitempty"`
	// Hops counts the invocations of which this one was told the end, one of the other.
	Hops int `json:"hops,omitempty"`
}

// Push accepts an invocation: when it returns nil, the invocation is kept, and will run. Errors: EntityTooLarge, InternalServerError (the store
// cannot be written).
func (r *Runner) Push(ctx context.Context, c Call) error {
	if len(c.Event) > MaxEventBytes {
		return fn.Errorf(fn.CodeEntityTooLarge, "payload size exceeds maximum allowed size (%d bytes)", MaxEventBytes)
	}
	if err := r.push(ctx, c.ID.String(), c.Key, envelope{Qualifier: c.Qualifier, Event: c.Event}); err != nil {
		return fn.Errorf(fn.CodeInternal, "the invocation cannot be stored now: %w", err)
	}
	return nil
}

func (r *Runner) push(ctx context.Context, id string, key fn.Key, e envelope) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return r.queue.Push(ctx, store.Job{ID: id, Subject: subject(key), Data: data})
}

func subject(key fn.Key) string {
	if key.Name == "" {
		return key.Service
	}
	return key.Service + "." + key.Name
}

// State says how far an invocation is.
type State string

const (
	Pending  State = "pending"  // it was not tried yet, or runs for the first time
	Retrying State = "retrying" // it failed, and waits for its next try, or runs again
	Dead     State = "dead"     // it is not tried again
)

// Status is an invocation as people see it. One that is done is not kept.
type Status struct {
	ID        string    `json:"requestId"`
	Service   string    `json:"serviceName"`
	Function  string    `json:"functionName"`
	Qualifier string    `json:"qualifier"`
	State     State     `json:"state"`
	Attempts  int       `json:"attempts"` // that ended with an error of the function
	Error     string    `json:"error"`    // of the last try
	Accepted  time.Time `json:"acceptedTime"`
	// Due is when it is tried again, or when it died.
	Due        time.Time `json:"dueTime,omitzero"`
	EventBytes int       `json:"eventBytes"`
}

// List returns the invocations of a function, or of a service if the name is empty, or of all, that are not done: those that are to run, oldest
// first, and then those that are dead, newest first; at most limit of each.
func (r *Runner) List(ctx context.Context, key fn.Key, limit int) ([]Status, error) {
	pending, err := r.queue.Pending(ctx, subject(key), limit)
	if err != nil {
		return nil, fmt.Errorf("listing invocations: %w", err)
	}
	dead, err := r.queue.Dead(ctx, subject(key), limit)
	if err != nil {
		return nil, fmt.Errorf("listing invocations: %w", err)
	}
	list := []Status{}
	for _, j := range pending {
		s := statusOf(j)
		if s.State = Pending; s.Error != "" {
			s.State = Retrying
		}
		list = append(list, s)
	}
	for _, j := range dead {
		s := statusOf(j)
		s.State = Dead
		list = append(list, s)
	}
	return list, nil
}

func statusOf(j store.Job) Status {
	var e envelope
	_ = json.Unmarshal(j.Data, &e) // what cannot be read is listed all the same
	n := noteOf(j)
	key := keyOf(j)
	return Status{
		ID: j.ID, Service: key.Service, Function: key.Name, Qualifier: e.Qualifier, Attempts: n.Attempts, Error: n.Error,
		Accepted: j.Pushed, Due: j.Due, EventBytes: len(e.Event),
	}
}

// over tells whether an error says that the runner or its store is being closed.
func (r *Runner) over(err error) bool {
	return r.taking.Err() != nil || errors.Is(err, store.ErrClosed)
}
