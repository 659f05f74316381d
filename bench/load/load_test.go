package load_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/lull-dev/lull/bench/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const delay = 200 * time.Millisecond

// slow is a server that answers after the delay.
func slow(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { time.Sleep(delay) }))
	t.Cleanup(s.Close)
	return s
}

func calls(t *testing.T, url string, workers int) *load.HTTP {
	h, err := load.NewHTTP(url, workers, nil, nil)
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

func TestClosed_ShowsTheDelayOfAServer(t *testing.T) {
	r := load.Closed(t.Context(), 4, 4*delay, calls(t, slow(t).URL, 4).Call)
	require.NoError(t, r.FirstError)
	require.Positive(t, r.Answered)
	require.GreaterOrEqual(t, r.Latency.Percentile(0), delay*999/1000) // a histogram's precision
	require.LessOrEqual(t, r.PerSecond(), 4/delay.Seconds(), "four workers cannot get more answers than that")
}

func TestOpen_ShowsTheDelayOfAServer(t *testing.T) {
	r := load.Open(t.Context(), load.Rate{PerSecond: 20, Workers: 20}, 3*delay, calls(t, slow(t).URL, 20).Call)
	require.NoError(t, r.FirstError)
	require.Equal(t, 12, r.Answered+r.Unsent)
	require.GreaterOrEqual(t, r.Latency.Percentile(0), delay*999/1000)
}

// A server that stalls once for a second: of 100 calls a second, all that were due in that second waited for its end. A closed loop
// would show one slow call.
func TestOpen_ShowsAStallInEveryCallThatWasDueMeanwhile(t *testing.T) {
	const stall = time.Second
	var once sync.Once
	var gate sync.RWMutex
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once.Do(func() {
			gate.Lock()
			time.Sleep(stall)
			gate.Unlock()
		})
		gate.RLock()
		gate.RUnlock()
	}))
	t.Cleanup(s.Close)
	r := load.Open(t.Context(), load.Rate{PerSecond: 100, Workers: 4, GiveUp: time.Minute}, 2*stall, calls(t, s.URL, 4).Call)
	require.NoError(t, r.FirstError)
	require.Equal(t, 200, r.Answered)
	// Half of the 200 were due during the stall; a quarter of all in its first half: they waited for at least the other half.
	require.GreaterOrEqual(t, r.Latency.Percentile(80), stall/2*999/1000)
	require.GreaterOrEqual(t, r.Latency.Max(), stall*999/1000)
}

func TestOpen_CountsWhatItNeverSent(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r := load.Open(ctx, load.Rate{PerSecond: 1000, Workers: 1}, time.Minute, func(int) error {
		<-ctx.Done() // a target that hangs
		return nil
	})
	require.Equal(t, 1, r.Answered)
	require.Positive(t, r.Unsent)
	require.EqualValues(t, r.Unsent+1, r.Latency.Count())
	require.GreaterOrEqual(t, r.Latency.Percentile(50), 100*time.Millisecond)
}

func TestRuns_EndWhenEveryCallFails(t *testing.T) {
	no := errors.New("no")
	var n atomic.Int64
	call := func(int) error { n.Add(1); return no }
	for name, run := range map[string]func() *load.Result{
		"closed": func() *load.Result { return load.Closed(t.Context(), 2, time.Hour, call) },
		"open": func() *load.Result {
			return load.Open(t.Context(), load.Rate{PerSecond: 1e4, Workers: 2}, time.Hour, call)
		},
	} {
		t.Run(name, func(t *testing.T) {
			n.Store(0)
			r := run()
			require.ErrorIs(t, r.FirstError, no)
			require.Zero(t, r.Answered)
			require.EqualValues(t, n.Load(), r.Failed)
			require.Zero(t, r.Latency.Count())
		})
	}
}

func TestRuns_EndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	call := func(int) error {
		if n.Add(1) == 100 {
			cancel()
		}
		return nil
	}
	require.GreaterOrEqual(t, load.Closed(ctx, 2, time.Hour, call).Answered, 100)
	load.Open(ctx, load.Rate{PerSecond: 1, Workers: 2}, time.Hour, call)
}

func TestClosed_CountsEveryAnswerInItsTimeline(t *testing.T) {
	r := load.Closed(t.Context(), 3, 50*time.Millisecond, func(int) error { return nil })
	sum := 0
	for _, n := range r.Timeline {
		sum += n
	}
	require.Equal(t, r.Answered, sum)
	require.EqualValues(t, r.Answered, r.Latency.Count())
}

func TestHTTP_ChecksEveryAnswer(t *testing.T) {
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(s.Close)
	h := calls(t, s.URL, 1)
	require.NoError(t, h.Call(0))
	require.ErrorContains(t, h.Call(0), "418")
}

func TestHTTP_SendsACallOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	accepted := make(chan int)
	go func() {
		n := 0
		for {
			c, err := ln.Accept()
			if err != nil {
				accepted <- n
				return
			}
			n++
			c.Read(make([]byte, 1))
			c.Close() // without an answer
		}
	}()
	require.Error(t, calls(t, "http://"+ln.Addr().String(), 1).Call(0))
	ln.Close()
	require.Equal(t, 1, <-accepted)
}

func TestNewHTTP_RefusesWhatIsNoAddress(t *testing.T) {
	for _, bad := range []string{"", "https://x", "ftp://x", "127.0.0.1:80", "http://", strings.Repeat("%", 3)} {
		_, err := load.NewHTTP(bad, 1, nil, nil)
		require.Error(t, err, bad)
	}
}
