package host_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
)

// f is the function that things happen to.
var f = fn.Key{Service: fn.DefaultService, Name: "f"}

// scene is a host with a function "bystander" that nothing may disturb.
type scene struct {
	*host.Host
	t      testing.TB
	warm   string // the bystander's instance
	number int    // its last answer
}

// newScene makes a scene and deploys functions in it.
func newScene(t testing.TB, cfg host.Config, fs ...fn.Function) *scene {
	t.Helper()
	return set(t, hosttest.New(t, cfg), fs...)
}

func set(t testing.TB, h *host.Host, fs ...fn.Function) *scene {
	t.Helper()
	hosttest.Deploy(t, h, fn.Function{Name: "bystander", Code: hosttest.Probe})
	hosttest.Deploy(t, h, fs...)
	s := &scene{Host: h, t: t}
	resp := hosttest.Invoke(t, h, "bystander", "c")
	s.warm, s.number = resp.InstanceID, hosttest.Number(t, resp)
	return s
}

// undisturbed checks that the bystander's one instance goes on counting.
func (s *scene) undisturbed() {
	s.t.Helper()
	resp := hosttest.Invoke(s.t, s.Host, "bystander", "c")
	require.Equal(s.t, s.number+2, hosttest.Number(s.t, resp))
	require.Equal(s.t, s.warm, resp.InstanceID)
	s.number += 2
}

// event runs one event of f.
func (s *scene) event(e string) *fn.Response {
	s.t.Helper()
	return hosttest.Invoke(s.t, s.Host, f.Name, e)
}

// until waits for a condition that needs no more than time.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen that ", what)
		}
	}
}

// rest waits until n instances of f are left and all are paused.
func (s *scene) rest(n int) {
	s.t.Helper()
	until(s.t, "f rests", func() bool {
		infos := s.Instances(f)
		for _, i := range infos {
			if i.State != "paused" {
				return false
			}
		}
		return len(infos) == n
	})
}

// inState waits until an instance of f is in a state, and returns its id.
func (s *scene) inState(state string) (id string) {
	s.t.Helper()
	until(s.t, "an instance of f is "+state, func() bool {
		for _, i := range s.Instances(f) {
			if i.State == state {
				id = i.InstanceID
				return true
			}
		}
		return false
	})
	return id
}

// lines are f's log records.
func (s *scene) lines(filter logs.Filter) []logs.Record {
	s.t.Helper()
	records, err := s.Logs(f, filter)
	require.NoError(s.t, err)
	return records
}

// runs counts how often something ran: "Initialize", "Invoke", "PreFreeze" or "PreStop", in one instance or, if it is empty, in all. It
// reads the log, where every run that has started must have ended.
func (s *scene) runs(hook, instance string) int {
	s.t.Helper()
	started, ended := 0, 0
	for _, r := range s.lines(logs.Filter{Hook: hook, InstanceID: instance}) {
		switch {
		case strings.HasPrefix(r.Message, "FC "+hook+" Start "):
			started++
		case strings.HasPrefix(r.Message, "FC "+hook+" End "):
			ended++
		}
	}
	require.Equal(s.t, started, ended, "%s has started, and has ended", hook)
	return started
}

// gate is the HTTP part of a request that stands still in the guest until it is opened. Its event is gateEvent.
type gate struct {
	s       *scene
	entered chan struct{} // closed when the guest is inside
	opened  chan struct{}
	resp    chan *fn.Response
}

const gateEvent = "k\x09" // asks for the method

func (g *gate) Method() string {
	close(g.entered)
	<-g.opened
	return "GATE"
}
func (g *gate) Path() string                    { return "/" }
func (g *gate) Query() string                   { return "" }
func (g *gate) ClientIP() string                { return "" }
func (g *gate) AppendHeaders(dst []byte) []byte { return dst }

// gate sends a request to f and returns when the guest runs it.
func (s *scene) gate() *gate {
	s.t.Helper()
	g := s.send()
	<-g.entered
	return g
}

// send sends a gate to f and does not wait.
func (s *scene) send() *gate {
	g := &gate{s: s, entered: make(chan struct{}), opened: make(chan struct{}), resp: make(chan *fn.Response, 1)}
	go func() {
		resp, err := s.Invoke(context.Background(), f.Name, fn.Request{Body: []byte(gateEvent), HTTP: g})
		if err != nil {
			s.t.Error(err)
		}
		g.resp <- resp
	}()
	return g
}

// open lets the request go on, and returns its answer.
func (g *gate) open() *fn.Response {
	g.s.t.Helper()
	close(g.opened)
	resp := <-g.resp
	require.NotNil(g.s.t, resp)
	require.Nil(g.s.t, resp.Fault)
	require.Equal(g.s.t, "GATE", string(resp.Body))
	return resp
}

// requireCode checks an error of the host.
func requireCode(t testing.TB, err error, code fn.Code, says ...string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, fn.CodeOf(err), err.Error())
	for _, text := range says {
		require.ErrorContains(t, err, text)
	}
}
