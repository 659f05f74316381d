package async_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
)

// call is one run of a function.
type call struct {
	key       fn.Key
	id        string
	qualifier string
	event     string
	at        time.Time
}

// scene is a runner over functions that do what the test says.
type scene struct {
	*async.Runner
	t        *testing.T
	store    *memory.Store
	settings map[fn.Key]async.Settings
	serve    func(call) (*fn.Fault, error) // nil: answers "done"

	mu      sync.Mutex
	calls   []call
	trouble []error
}

func play(t *testing.T, f func(*scene)) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, store: memory.New(), settings: map[fn.Key]async.Settings{}}
		s.start()
		f(s)
		s.Stop()
		s.Wait()
		require.Empty(t, s.trouble)
		require.NoError(t, s.store.Close())
	})
}

func (s *scene) start() {
	r, err := async.New(s.t.Context(), async.Config{
		Store: s.store, Region: "r", AccountID: "1",
		Settings: func(key fn.Key, _ string) async.Settings { return s.settings[key] },
		Trouble: func(err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.trouble = append(s.trouble, err)
		},
		Serve: func(_ context.Context, key fn.Key, req *fn.Request, resp *fn.Response) error {
			c := call{key, req.ID.String(), req.Qualifier, string(req.Body), time.Now()}
			s.mu.Lock()
			s.calls = append(s.calls, c)
			s.mu.Unlock()
			resp.Reset()
			if s.serve != nil {
				fault, err := s.serve(c)
				if resp.Fault = fault; fault != nil || err != nil {
					return err
				}
			}
			resp.Body = append(resp.Body, "done"...)
			return nil
		},
	})
	require.NoError(s.t, err)
	s.Runner = r
}

func (s *scene) push(key fn.Key, event string) string {
	id := fn.NewRequestID()
	require.NoError(s.t, s.Push(s.t.Context(), async.Call{ID: id, Key: key, Event: []byte(event)}))
	return id.String()
}

func (s *scene) list(key fn.Key) []async.Status {
	list, err := s.List(s.t.Context(), key, 10)
	require.NoError(s.t, err)
	return list
}

var f, g = fn.Key{Service: "s", Name: "f"}, fn.Key{Service: "s", Name: "g"}

// pass lets time go by, and what is due then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func number[T any](n T) *T { return &n }

func failing(call) (*fn.Fault, error) {
	return &fn.Fault{Kind: fn.Handled, Type: "ValueError", Message: "no name"}, nil
}

func TestRunner_RunsAnInvocationOnceWithItsIdAndEvent(t *testing.T) {
	play(t, func(s *scene) {
		id := s.push(f, "hello")
		synctest.Wait()
		require.Len(t, s.calls, 1)
		require.Equal(t, id, s.calls[0].id)
		require.Equal(t, "hello", s.calls[0].event)
		require.Equal(t, f, s.calls[0].key)
		pass(time.Hour)
		require.Len(t, s.calls, 1)
		require.Empty(t, s.list(f))
	})
}

func TestRunner_TriesAgainWithLongerAndLongerWaitsAndKeepsWhatFailedAmongTheDead(t *testing.T) {
	play(t, func(s *scene) {
		s.serve = failing
		began := time.Now()
		id := s.push(f, "hello")
		synctest.Wait()
		list := s.list(f)
		require.Len(t, list, 1)
		require.Equal(t, async.Retrying, list[0].State)
		require.Equal(t, 1, list[0].Attempts)
		require.Contains(t, list[0].Error, "no name")
		require.WithinDuration(t, began.Add(time.Second), list[0].Due, 200*time.Millisecond)

		pass(time.Hour)
		require.Len(t, s.calls, 1+async.DefaultMaxRetries)
		for i, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			require.InDelta(t, want, s.calls[i+1].at.Sub(s.calls[i].at), 0.1*float64(want)+1)
			require.Equal(t, id, s.calls[i+1].id)
		}
		list = s.list(f)
		require.Len(t, list, 1)
		require.Equal(t, async.Dead, list[0].State)
		require.Equal(t, id, list[0].ID)
		require.Equal(t, 4, list[0].Attempts)
		require.Equal(t, 5, list[0].EventBytes)
		require.Equal(t, began, list[0].Accepted)
		require.Len(t, s.list(fn.Key{Service: "s"}), 1)
		require.Len(t, s.list(fn.Key{}), 1)
		require.Empty(t, s.list(g))
	})
}

func TestRunner_TriesAsOftenAsIsSet(t *testing.T) {
	play(t, func(s *scene) {
		s.settings[f] = async.Settings{MaxRetries: number(0)}
		s.serve = failing
		s.push(f, "")
		synctest.Wait()
		require.Equal(t, async.Dead, s.list(f)[0].State)
		require.Len(t, s.calls, 1)
	})
}

func TestRunner_GivesUpWhatIsTooOld(t *testing.T) {
	play(t, func(s *scene) {
		s.settings[f] = async.Settings{MaxAgeSeconds: number(int64(20))}
		s.serve = func(call) (*fn.Fault, error) { return nil, fn.Errorf(fn.CodeResourceExhausted, "no place") }
		s.push(f, "")
		pass(time.Hour)
		require.Len(t, s.calls, 5, "tried after 0, 1, 3, 7 and 15 s; 31 s, a tenth more or less, are too late")
		list := s.list(f)
		require.Equal(t, async.Dead, list[0].State)
		require.Zero(t, list[0].Attempts, "the function never ran")
		require.Contains(t, list[0].Error, "no place")
		require.Contains(t, list[0].Error, "not done within 20s")
	})
}

func TestRunner_GivesUpWhatIsForNobody(t *testing.T) {
	play(t, func(s *scene) {
		s.serve = func(call) (*fn.Fault, error) { return nil, fn.Errorf(fn.CodeFunctionNotFound, "gone") }
		s.push(f, "")
		synctest.Wait()
		require.Equal(t, async.Dead, s.list(f)[0].State)
	})
}

func TestRunner_KeepsWhatCannotBeReadAmongTheDeadAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, store: memory.New(), settings: map[fn.Key]async.Settings{}}
		q, err := s.store.Queue(t.Context(), store.QueueConfig{Name: "async", Lanes: 16})
		require.NoError(t, err)
		for i, data := range []string{"", "{", "null and more", `{"event": 5}`, "\x00\xff", `[]`} {
			require.NoError(t, q.Push(t.Context(), store.Job{ID: fmt.Sprint("damaged-", i), Subject: "s.f", Data: []byte(data)}))
		}
		s.start()
		require.NoError(t, s.Push(t.Context(), async.Call{ID: fn.NewRequestID(), Key: f, Event: []byte("sound")}))
		time.Sleep(time.Second)
		s.Stop()
		s.Wait()
		require.Len(t, s.calls, 1)
		list, err := s.List(t.Context(), f, 100)
		require.NoError(t, err)
		require.Len(t, list, 6)
		require.Len(t, s.trouble, 6)
		for _, i := range list {
			require.Equal(t, async.Dead, i.State)
			require.Contains(t, i.Error, "the invocation cannot be read")
		}
		require.NoError(t, s.store.Close())
	})
}

func TestRunner_TellsDestinations(t *testing.T) {
	arn := func(key fn.Key) string {
		return fmt.Sprintf("acs:fc:r:1:services/%s.LATEST/functions/%s", key.Service, key.Name)
	}
	play(t, func(s *scene) {
		s.settings[f] = async.Settings{MaxRetries: number(0), OnSuccess: arn(g), OnFailure: "s.prod/h"}
		s.serve = func(c call) (*fn.Fault, error) {
			if c.event == "bad" {
				return failing(c)
			}
			return nil, nil
		}
		good, bad := s.push(f, "good"), s.push(f, "bad")
		synctest.Wait()
		require.Len(t, s.calls, 4)
		told := map[string]async.Message{}
		for _, c := range s.calls {
			if c.key != f {
				var m async.Message
				require.NoError(t, json.Unmarshal([]byte(c.event), &m))
				told[c.key.Name+"."+c.qualifier] = m
			}
		}
		m := told["g.LATEST"]
		require.Equal(t, good, m.RequestContext.RequestID)
		require.Equal(t, "Success", m.RequestContext.Condition)
		require.Equal(t, arn(f), m.RequestContext.FunctionARN)
		require.Equal(t, 1, m.RequestContext.Attempts)
		require.Equal(t, "good", m.RequestPayload)
		require.Equal(t, "done", m.ResponsePayload)
		require.Empty(t, m.ResponseContext.FunctionError)
		m = told["h.prod"]
		require.Equal(t, bad, m.RequestContext.RequestID)
		require.Equal(t, "RetriesExhausted", m.RequestContext.Condition)
		require.Equal(t, "HandledInvocationError", m.ResponseContext.FunctionError)
		require.Contains(t, m.ResponsePayload, "no name")
	})
}

func TestRunner_EndsChainsOfDestinations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, store: memory.New(), settings: map[fn.Key]async.Settings{f: {OnSuccess: "s/g"}, g: {OnSuccess: "s/f"}}}
		s.start()
		s.push(f, "")
		pass(time.Hour)
		s.Stop()
		s.Wait()
		require.Len(t, s.calls, 17)
		require.Len(t, s.trouble, 1)
		require.ErrorContains(t, s.trouble[0], "16 destinations have followed each other")
		s.store.Close()
	})
}

func TestRunner_AFloodOfOneFunctionDoesNotStopAllOthers(t *testing.T) {
	play(t, func(s *scene) {
		flood := make(chan struct{})
		s.serve = func(c call) (*fn.Fault, error) {
			if c.key == f {
				<-flood
			}
			return nil, nil
		}
		for range 1000 {
			s.push(f, "")
		}
		for i := range 64 {
			s.push(fn.Key{Service: "s", Name: fmt.Sprint("other", i)}, "")
		}
		synctest.Wait()
		others := 0
		for _, c := range s.calls {
			if strings.HasPrefix(c.key.Name, "other") {
				others++
			}
		}
		require.Greater(t, others, 48, "those in the lane of the flood wait, which are about a sixteenth")
		close(flood)
		pass(time.Minute)
		require.Len(t, s.calls, 1064)
	})
}

func TestRunner_StopLetsWhatRunsEndAndLeavesTheRestToTheNext(t *testing.T) {
	play(t, func(s *scene) {
		var mu sync.Mutex
		running, total := 0, 0
		s.serve = func(call) (*fn.Fault, error) {
			mu.Lock()
			running++
			total++
			mu.Unlock()
			time.Sleep(time.Minute)
			mu.Lock()
			running--
			mu.Unlock()
			return nil, nil
		}
		for range 20 {
			s.push(f, "")
		}
		synctest.Wait()
		s.Stop()
		s.Wait()
		require.Zero(t, running)
		require.Equal(t, 16, total)
		require.Len(t, s.list(f), 4)

		s.start()
		pass(2 * time.Minute)
		require.Equal(t, 20, total)
		require.Empty(t, s.list(f))
	})
}

func TestRunner_WhatAClosingHostRefusesIsNotATry(t *testing.T) {
	play(t, func(s *scene) {
		closing := true
		s.serve = func(call) (*fn.Fault, error) {
			if closing {
				s.Stop()
				return nil, fn.Errorf(fn.CodeHostClosed, "closing")
			}
			return nil, nil
		}
		s.push(f, "")
		s.Wait()
		list := s.list(f)
		require.Equal(t, async.Pending, list[0].State)
		closing = false
		s.start()
		pass(time.Second)
		require.Empty(t, s.list(f))
		require.Len(t, s.calls, 2)
	})
}

func TestRunner_RefusesAnEventOverTheLimit(t *testing.T) {
	play(t, func(s *scene) {
		err := s.Push(t.Context(), async.Call{ID: fn.NewRequestID(), Key: f, Event: make([]byte, async.MaxEventBytes+1)})
		require.Equal(t, fn.CodeEntityTooLarge, fn.CodeOf(err))
		require.NoError(t, s.Push(t.Context(), async.Call{ID: fn.NewRequestID(), Key: f, Event: make([]byte, async.MaxEventBytes)}))
	})
}

func TestSettings_AreChecked(t *testing.T) {
	require.NoError(t, (&async.Settings{}).Check(f))
	require.NoError(t, (&async.Settings{MaxRetries: number(8), MaxAgeSeconds: number(int64(2592000)), OnFailure: "s/g"}).Check(f))
	for want, s := range map[string]async.Settings{
		"MaxAsyncRetryAttempts is set to an invalid value (allowed: [0, 8], actual: '9')":                 {MaxRetries: number(9)},
		"MaxAsyncRetryAttempts is set to an invalid value (allowed: [0, 8], actual: '-1')":                {MaxRetries: number(-1)},
		"MaxAsyncEventAgeInSeconds is set to an invalid value (allowed: [1, 2592000], actual: '0')":       {MaxAgeSeconds: number(int64(0))},
		"MaxAsyncEventAgeInSeconds is set to an invalid value (allowed: [1, 2592000], actual: '2592001')": {MaxAgeSeconds: number(int64(2592001))},
		"DestinationConfig.OnSuccess is set to an invalid value":                                          {OnSuccess: "acs:mns:r:1:queues/q"},
		"DestinationConfig.OnFailure is set to an invalid value":                                          {OnFailure: "s/f/g"},
		"DestinationConfig.OnFailure is the function itself":                                              {OnFailure: "acs:fc:::services/s.prod/functions/f"},
	} {
		err := s.Check(f)
		require.ErrorContains(t, err, want)
		require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
	}
}
