package host_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/hosttest/goserver"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/outbound"
)

// webRequest is a request by HTTP.
type webRequest struct {
	method, path, query string
	header              [][2]string
}

func (r webRequest) Method() string   { return r.method }
func (r webRequest) Path() string     { return r.path }
func (r webRequest) Query() string    { return r.query }
func (r webRequest) ClientIP() string { return "192.0.2.7" }
func (r webRequest) AppendHeaders(dst []byte) []byte {
	for _, h := range r.header {
		dst = fmt.Appendf(dst, "%s: %s\n", h[0], h[1])
	}
	return dst
}

// serving is one function of kind server.
type serving struct {
	t *testing.T
	h *host.Host
	k fn.Key
}

// servers is a host for functions of kind server: the guest is compiled once.
type servers struct {
	h    *host.Host
	code []byte
}

func newServers(t *testing.T) *servers {
	h := hosttest.New(t, host.Config{
		CacheDir: hosttest.CompileCache(t), CompileTimeout: 10 * time.Minute, StartTimeout: 20 * time.Second, MaxAnswerBytes: 7 << 20,
		Outbound: outbound.New(outbound.Config{}),
	})
	return &servers{h, goserver.Module(t)}
}

func (s *servers) deploy(t *testing.T, change func(*fn.Function)) *serving {
	t.Helper()
	name := "s" + strconv.Itoa(len(s.h.Functions("")))
	f := fn.Function{Name: name, Runtime: "custom", Code: s.code, Limits: fn.Limits{Timeout: 20 * time.Second, MaxInstances: 1}}
	if change != nil {
		change(&f)
	}
	hosttest.Deploy(t, s.h, f)
	return &serving{t, s.h, fn.Key{Service: fn.DefaultService, Name: name}}
}

func allHooks(f *fn.Function) {
	f.Initializer, f.PreFreeze, f.PreStop = fn.Hook{Handler: "on"}, fn.Hook{Handler: "index.preFreeze"}, fn.Hook{Handler: "on"}
}

func (s *serving) do(req fn.Request) *fn.Response {
	s.t.Helper()
	resp, err := s.h.Invoke(s.t.Context(), s.k.String(), req)
	require.NoError(s.t, err)
	return resp
}

// event invokes POST /invoke, whose first line is a path of the guest.
func (s *serving) event(path string) *fn.Response {
	s.t.Helper()
	return s.do(fn.Request{Body: []byte("tck " + path + "\n")})
}

// get requests a path by HTTP.
func (s *serving) get(path string) *fn.Response {
	s.t.Helper()
	return s.do(fn.Request{HTTP: webRequest{method: "GET", path: path}})
}

func (s *serving) text(resp *fn.Response) string {
	s.t.Helper()
	require.Nil(s.t, resp.Fault)
	return string(resp.Body)
}

func (s *serving) paused() {
	s.t.Helper()
	until(s.t, "it is paused", func() bool {
		for _, i := range s.h.Instances(s.k) {
			if i.State != "paused" {
				return false
			}
		}
		return true
	})
}

func (s *serving) records() []logs.Record {
	s.t.Helper()
	records, err := s.h.Logs(s.k, logs.Filter{})
	require.NoError(s.t, err)
	return records
}

func (s *serving) logged(part string) (found []logs.Record) {
	for _, r := range s.records() {
		if strings.Contains(r.Message, part) {
			found = append(found, r)
		}
	}
	return found
}

func (s *serving) instance() string {
	s.t.Helper()
	all := s.h.Instances(s.k)
	require.Len(s.t, all, 1)
	return all[0].InstanceID
}

func TestServer(t *testing.T) {
	all := newServers(t)
	for name, test := range map[string]func(t *testing.T){
		"answers events and requests by HTTP":                             all.answers,
		"passes a request on as it came, with the platform's headers":     all.passes,
		"keeps its state and one instance":                                all.keeps,
		"sends HTTP requests":                                             all.sends,
		"takes requests beside each other":                                all.overlaps,
		"takes them one by one with isolation serial":                     all.serial,
		"runs its hooks as requests":                                      all.hooks,
		"says no by status":                                               all.status,
		"is stopped in good order after a 500":                            all.worn,
		"fails its start if /initialize says no":                          all.initialize,
		"stands still while it is paused":                                 all.still,
		"loses its instance to a request past its deadline":               all.deadline,
		"ends with exit, crash and memory":                                all.ends,
		"may close, break off and say garbage without harm to the next":   all.garbage,
		"carries large bodies both ways":                                  all.large,
		"writes lines to the log of the request that runs":                all.lines,
		"is interrupted by a stop in a hurry":                             all.hurry,
		"is refused at deploy if it does not listen":                      all.refused,
		"has no hooks in non-web mode, where each request runs a program": all.nonWeb,
		"needs no runtime's name to be found out":                         all.found,
	} {
		t.Run(name, test)
	}
}

func (a *servers) answers(t *testing.T) {
	s := a.deploy(t, nil)
	require.Equal(t, "any event", s.text(s.do(fn.Request{Body: []byte("any event")})))
	require.Empty(t, s.text(s.do(fn.Request{})))
	resp := s.do(fn.Request{Body: []byte("hello"), HTTP: webRequest{method: "POST", path: "/echo", header: [][2]string{{"Content-Type", "text/x"}}}})
	require.Equal(t, "hello", s.text(resp))
	require.Equal(t, 200, resp.Status)
	require.Equal(t, []fn.Header{{Name: "Content-Type", Value: "text/x"}}, resp.Header, "Date and Content-Length are the host's")
	resp = s.get("/status/404")
	require.Equal(t, "status 404", s.text(resp))
	require.Equal(t, 404, resp.Status, "by HTTP any status is an answer")
	require.Empty(t, s.text(s.do(fn.Request{HTTP: webRequest{method: "HEAD", path: "/status/200"}})))
	require.Equal(t, 204, s.get("/status/204").Status)
	require.Equal(t, "cccccc", s.text(s.get("/chunked/3/2")))
}

func (a *servers) passes(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { allHooks(f); f.Handler = "index.main"; f.Limits.MemoryMiB = 256 })
	resp := s.do(fn.Request{Qualifier: "LATEST", Body: []byte("b"), HTTP: webRequest{method: "PATCH", path: "/seen/a%20b/\xc3\xa4", query: "x=1&y=%2F", header: [][2]string{
		{"Host", "www.example.com"}, {"X-Twice", "1"}, {"X-Twice", "2"}, {"Connection", "close"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "7"},
		{"X-Fc-Request-Id", "forged"}, {"x-fc-control-path", "/pre-stop"}, {"Expect", "100-continue"}, {"Bad Name", "x"}, {"X-Bad", "a\rb"},
	}}})
	line, rest, _ := strings.Cut(s.text(resp), "\n")
	require.Equal(t, "PATCH /seen/a%20b/%C3%A4?x=1&y=%2F www.example.com", line)
	for _, want := range []string{
		"X-Twice: 1\nX-Twice: 2\n", "X-Forwarded-For: 192.0.2.7\n", "X-Fc-Request-Id: " + resp.RequestID.String() + "\n", "X-Fc-Control-Path: /http-invoke\n",
		"X-Fc-Function-Name: " + s.k.Name + "\n", "X-Fc-Function-Handler: index.main\n", "X-Fc-Function-Memory: 256\n", "X-Fc-Function-Timeout: 20\n",
		"X-Fc-Function-Initializer: on\n", "X-Fc-Initialization-Timeout: 3\n", "X-Fc-Instance-Lifecycle-Pre-Freeze-Handler: index.preFreeze\n",
		"X-Fc-Instance-Lifecycle-Pre-Stop-Handler: on\n", "X-Fc-Service-Name: default\n", "X-Fc-Qualifier: LATEST\n", "X-Fc-Version-Id: \n", "X-Fc-Instance-Id: " + resp.InstanceID + "\n",
		"X-Fc-Region: local\n", "X-Fc-Retry-Count: 0\n", "Content-Length: 1\n",
	} {
		require.Contains(t, rest, want)
	}
	for _, not := range []string{"forged", "Connection:", "Transfer-Encoding:", "Expect:", "Bad", "pre-stop\n"} {
		require.NotContains(t, rest, not)
	}
	seen := s.text(s.event("/seen"))
	require.Contains(t, seen, "POST /invoke "+s.k.Name+"\n")
	require.Contains(t, seen, "Content-Type: application/octet-stream\n")
	require.Contains(t, seen, "X-Fc-Control-Path: /invoke\n")
	require.Equal(t, s.k.Name, s.text(s.event("/env/FC_FUNCTION_NAME")))
	require.Equal(t, "9000", s.text(s.event("/env/FC_SERVER_PORT")))
}

func (a *servers) sends(t *testing.T) {
	var arrived, given atomic.Int64
	arrive := make(chan struct{}, 1)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		switch r.URL.Path {
		case "/never":
			<-r.Context().Done()
			given.Add(1)
		case "/slow":
			arrive <- struct{}{}
			time.Sleep(50 * time.Millisecond)
		}
		fmt.Fprint(w, r.URL.Path)
	}))
	defer other.Close()
	address := other.Listener.Addr().String()
	s := a.deploy(t, func(f *fn.Function) {
		f.AllowHosts, f.Limits.Concurrency, f.Limits.Timeout, f.Isolation = []string{address}, 2, 2*time.Second, fn.Shared
	})
	fetch := func(path string) string { return "fetch GET http://" + address + path + " 0" }
	require.Contains(t, s.text(s.event(fetch("/there"))), "200\x00http://"+address+"/there\x00")
	require.Contains(t, s.text(s.event("fetch GET http://localhost:1/ 0")), "-5\x00")

	t.Run("requests beside it wait for their turn", func(t *testing.T) {
		var all sync.WaitGroup
		all.Go(func() { require.Contains(t, s.text(s.event(fetch("/slow"))), "\x00/slow") })
		<-arrive
		require.Equal(t, "beside", s.text(s.do(fn.Request{Body: []byte("beside")})))
		all.Wait()
		require.NotEmpty(t, s.instance())
	})
	t.Run("not while the instance is paused", func(t *testing.T) {
		require.Empty(t, s.text(s.get("/later/"+address)))
		s.paused()
		before := arrived.Load() // a quick one may be among them
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, before, arrived.Load())
		s.text(s.get("/sleep/20"))
		until(t, "it has sent it", func() bool { s.get("/sleep/5"); return s.logged("tck later <nil>") != nil })
	})
	t.Run("a deadline ends it", func(t *testing.T) {
		first := s.instance()
		resp := s.event(fetch("/never"))
		require.Equal(t, fn.TypeTimeout, resp.Fault.Type)
		until(t, "its connection is closed", func() bool { return given.Load() == 1 })
		require.Equal(t, "on", s.text(s.do(fn.Request{Body: []byte("on")})))
		require.NotEqual(t, first, s.instance())
	})
}

func (a *servers) keeps(t *testing.T) {
	s := a.deploy(t, nil)
	for n := range 5 {
		require.Equal(t, fmt.Sprintf("requests=%d initialize=0 preFreeze=0 preStop=0", n+1), s.text(s.get("/count")))
		s.paused()
	}
	info := s.h.Instances(s.k)[0]
	require.Equal(t, engine.KindServer, a.h.Functions("")[0].Kind)
	require.EqualValues(t, "fresh", info.StartedBy)
	require.Positive(t, info.MemoryBytes)
}

func (a *servers) overlaps(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { f.Limits.Concurrency = 8; f.PreFreeze = fn.Hook{Handler: "on"} })
	s.text(s.get("/count"))
	s.paused()
	var wg sync.WaitGroup
	began := time.Now()
	for range 8 {
		wg.Go(func() { require.Equal(t, "slept", s.text(s.get("/sleep/500"))) })
	}
	wg.Wait()
	require.Less(t, time.Since(began), 8*500*time.Millisecond, "they overlapped")
	s.paused()
	require.Len(t, s.logged("tck /pre-freeze"), 2, "one after the first request and one after the last of the eight")
	require.Len(t, s.h.Instances(s.k), 1)
}

func (a *servers) serial(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { f.Limits.Concurrency = 4; f.Isolation = fn.Serial })
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { s.text(s.get("/sleep/20")) })
	}
	wg.Wait()
	running := 0
	for _, r := range s.records() {
		switch {
		case strings.HasPrefix(r.Message, "FC Invoke Start"):
			running++
		case strings.HasPrefix(r.Message, "FC Invoke End"):
			running--
		}
		require.LessOrEqual(t, running, 1)
	}
}

func (a *servers) hooks(t *testing.T) {
	s := a.deploy(t, allHooks)
	require.Equal(t, "requests=1 initialize=1 preFreeze=0 preStop=0", s.text(s.event("/count")))
	s.paused()
	require.Equal(t, "requests=2 initialize=1 preFreeze=1 preStop=0", s.text(s.get("/count")))
	s.paused()
	_, err := s.h.StopInstances(t.Context(), s.k, "")
	require.NoError(t, err)
	for path, hook := range map[string]struct {
		name string
		runs int
	}{"/initialize": {"Initialize", 1}, "/pre-freeze": {"PreFreeze", 2}, "/pre-stop": {"PreStop", 1}} {
		found := s.logged("tck " + path + " ")
		require.Len(t, found, hook.runs, path)
		require.Equal(t, fmt.Sprintf("tck %s 1 control=%s id=%s body=0", path, path, found[0].RequestID), found[0].Message)
		require.Equal(t, hook.name, found[0].Hook)
	}
}

func (a *servers) status(t *testing.T) {
	s := a.deploy(t, nil)
	id := ""
	for path, want := range map[string]fn.Fault{
		"/status/404":   {Type: fn.TypeHTTP, Message: "the server answered with status 404: status 404"},
		"/status/302":   {Type: fn.TypeHTTP, Message: "the server answered with status 302: status 302"},
		"/fcstatus/404": {Type: fn.TypeHTTP, Message: "the server answered with status 200 and X-Fc-Status 404: so it is"},
		"/error":        {Type: "ValueError", Message: "no name", Stack: []string{"f (a.go:3)"}},
	} {
		want.Kind = fn.Unhandled
		resp := s.event(path)
		require.Equal(t, &want, resp.Fault, path)
		if id != "" {
			require.Equal(t, id, resp.InstanceID, "the instance stays in use")
		}
		id = resp.InstanceID
	}
	require.Equal(t, "so it is", s.text(s.event("/fcstatus/200")))
	require.Equal(t, "status 201", s.text(s.event("/status/201")))
	require.Equal(t, "the server answered with status 200 and X-Fc-Status 404: so it is", s.get("/fcstatus/404").Fault.Message, "by HTTP, too")
}

func (a *servers) worn(t *testing.T) {
	s := a.deploy(t, allHooks)
	first := s.get("/status/500")
	require.Equal(t, "status 500", s.text(first))
	require.Equal(t, 500, first.Status)
	second := s.event("/count")
	require.Equal(t, "requests=1 initialize=1 preFreeze=0 preStop=0", s.text(second))
	require.NotEqual(t, first.InstanceID, second.InstanceID)
	require.Len(t, s.logged("tck /pre-stop"), 1, "the first had its preStop")
	require.Equal(t, fn.Unhandled, s.event("/status/500").Fault.Kind)
	s.text(s.event("/arm/pre-freeze/status/500"))
	until(t, "preFreeze has ended the third", func() bool { return len(s.logged("tck /pre-stop")) == 3 })
	require.Len(t, s.logged("HTTP: the server answered with status 500"), 1)
}

func (a *servers) initialize(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { allHooks(f); f.Env = map[string]string{"LULL_TCK": "/initialize /status/404"} })
	resp := s.get("/count")
	require.Equal(t, fn.Initialization, resp.Fault.Kind)
	require.Equal(t, "the server answered with status 404: status 404", resp.Fault.Message)
	require.Empty(t, s.logged("tck /pre-stop"))
	require.Empty(t, s.h.Instances(s.k))
}

func (a *servers) still(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { f.Limits.Concurrency = 2 })
	s.text(s.get("/tick")) // counts requests up each millisecond
	s.paused()
	// What it counts while nobody asks is none, however long that is: the second reading of two that come right behind each other is as far from
	// the first as it is from one after a rest.
	count := func() int {
		var n int
		_, err := fmt.Sscanf(s.text(s.get("/count")), "requests=%d", &n)
		require.NoError(t, err)
		s.paused()
		return n
	}
	count()
	before := count()
	time.Sleep(200 * time.Millisecond)
	require.Less(t, count()-before, 100, "200 ms of ticks would be more")
}

func (a *servers) deadline(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { allHooks(f); f.Limits.Concurrency = 2; f.Limits.Timeout = time.Second })
	for _, path := range []string{"/loop", "/sleep/100000", "/hijack/keep"} {
		resp := s.get(path)
		require.Equal(t, fn.TypeTimeout, resp.Fault.Type, path)
		require.Contains(t, resp.Fault.Message, "it was stopped at its deadline of 1s")
		require.Equal(t, "requests=1 initialize=1 preFreeze=0 preStop=0", s.text(s.get("/count")), "a new instance")
	}
	require.Empty(t, s.logged("tck /pre-stop"))

	var wg sync.WaitGroup
	var mate *fn.Response
	wg.Go(func() { time.Sleep(500 * time.Millisecond); mate = s.get("/sleep/100000") })
	require.Equal(t, fn.TypeTimeout, s.get("/sleep/100000").Fault.Type)
	wg.Wait()
	if mate.Fault.Type == fn.TypeExit { // it was in the same instance
		require.Contains(t, mate.Fault.Message, "another call in the instance reached its deadline")
	}
	s.text(s.get("/count"))

	s.text(s.get("/arm/pre-freeze/loop"))
	until(t, "the hook has missed its deadline", func() bool { return len(s.logged("it was stopped at its deadline of 3s")) == 1 })
	s.text(s.get("/count"))
}

func (a *servers) ends(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { f.Limits.MemoryMiB = 64 })
	for path, want := range map[string][2]string{
		"/exit/7": {fn.TypeExit, "exit code 7"}, "/crash": {fn.TypeExit, "exit code 2"}, "/grow": {fn.TypeExit, "exit code 2"},
	} {
		resp := s.get(path)
		require.Equal(t, want[0], resp.Fault.Type, path)
		require.Contains(t, resp.Fault.Message, want[1])
		require.True(t, resp.Fault.Fatal)
		require.Equal(t, "requests=1 initialize=0 preFreeze=0 preStop=0", s.text(s.get("/count")))
	}
	require.NotEmpty(t, s.logged("panic: crash"))
	require.NotEmpty(t, s.logged("out of memory"))
}

func (a *servers) garbage(t *testing.T) {
	s := a.deploy(t, nil)
	s.text(s.get("/count"))
	id := s.instance()
	for path, says := range map[string]string{
		"/panic":             "closed the connection before it answered",
		"/hijack/close":      "closed the connection before it answered",
		"/hijack/garbage":    "not an HTTP/1.1 answer: it begins with",
		"/hijack/half":       "closed the connection in the middle of its answer",
		"/hijack/huge":       "the answer's headers are larger than 65536 bytes",
		"/headers/17":        "the answer's headers are larger than 16384 bytes",
		"/headers/100":       "the answer's headers are larger than 65536 bytes",
		"/length/7340033":    "the answer is larger than 7340032 bytes",
		"/chunked/8/1048576": "the answer is larger than 7340032 bytes",
	} {
		resp := s.get(path)
		require.NotNil(t, resp.Fault, path)
		require.Equal(t, fn.TypeHTTP, resp.Fault.Type, path)
		require.Contains(t, resp.Fault.Message, says, path)
		require.Empty(t, resp.Body)
		require.Contains(t, s.text(s.get("/count")), "requests=")
		require.Equal(t, id, s.instance(), "the instance goes on")
	}
	require.Equal(t, "one", s.text(s.get("/hijack/twice")))
	require.Equal(t, "hello", s.text(s.do(fn.Request{Body: []byte("hello")})), "what was left over is nobody's answer")
}

func (a *servers) large(t *testing.T) {
	s := a.deploy(t, nil)
	for _, size := range []int{1, 4096, 1 << 20, 6 << 20} {
		body := bytes.Repeat([]byte{'x', 0, 0xff, '\n'}, size/4+1)[:size]
		got := s.do(fn.Request{Body: body})
		require.Nil(t, got.Fault)
		require.Equal(t, len(body), len(got.Body))
		require.True(t, bytes.Equal(body, got.Body), size)
		resp := s.do(fn.Request{Body: body, HTTP: webRequest{method: "PUT", path: "/echo"}})
		require.True(t, bytes.Equal(body, resp.Body), size)
	}
	require.Len(t, s.get("/length/"+strconv.Itoa(7<<20)).Body, 7<<20)
	require.Equal(t, http.StatusOK, s.do(fn.Request{Body: make([]byte, 6<<20), HTTP: webRequest{method: "POST", path: "/status/200"}}).Status, "a body that nobody reads")
	require.Len(t, s.get("/chunked/100/10000").Body, 1_000_000)
}

func (a *servers) lines(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { f.Limits.Concurrency = 2 })
	resp := s.get("/log/one")
	require.Nil(t, resp.Fault)
	s.paused()
	for text, level := range map[string]abi.Level{"tck out one": abi.Info, "tck err one": abi.Error} {
		found := s.logged(text)
		require.Len(t, found, 1)
		require.Equal(t, resp.RequestID.String(), found[0].RequestID)
		require.Contains(t, strings.ToLower(fmt.Sprint(found[0].Level)), map[abi.Level]string{abi.Info: "info", abi.Error: "error"}[level])
	}
	until(t, "the line without an end is there", func() bool { return len(s.logged("tck unended one")) == 1 })

	// Beside another request nobody can tell whose a line is.
	done := make(chan struct{})
	go func() { defer close(done); s.get("/sleep/300") }()
	until(t, "it sleeps", func() bool { return s.h.Instances(s.k)[0].Active == 1 })
	s.text(s.get("/log/two"))
	<-done
	found := s.logged("tck out two")
	require.Len(t, found, 1)
	require.Empty(t, found[0].RequestID)
}

func (a *servers) hurry(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) { f.Limits.Timeout = time.Hour })
	done := make(chan *fn.Response)
	go func() { done <- s.get("/sleep/3600000") }()
	until(t, "it runs", func() bool { return len(s.h.Instances(s.k)) == 1 && s.h.Instances(s.k)[0].State == "running" })
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	s.h.StopInstances(hurry, s.k, "")
	require.Equal(t, fn.TypeExit, (<-done).Fault.Type)
}

func (a *servers) refused(t *testing.T) {
	h := hosttest.New(t, host.Config{CacheDir: hosttest.CompileCache(t), StartTimeout: time.Second})
	until(t, "a sound one starts in time", func() bool { // which also keeps the code compiled
		_, err := h.Deploy(t.Context(), fn.Function{Name: "sound", Runtime: "custom", Code: a.code})
		return err == nil
	})
	refuse := func(change func(*fn.Function), says string) {
		t.Helper()
		f := fn.Function{Name: "f", Runtime: "custom", Code: a.code}
		change(&f)
		_, err := h.Deploy(t.Context(), f)
		require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
		require.ErrorContains(t, err, says)
	}
	start := func(how string) func(*fn.Function) {
		return func(f *fn.Function) { f.Env = map[string]string{"LULL_TCK_START": how} }
	}
	refuse(start("never"), "the module is no server: ")
	refuse(start("loop"), "the program did not listen on descriptor 3 within 1s")
	refuse(start("exit"), "ended before it listened on descriptor 3: ")
	refuse(start("exit"), "exit code 3")
	refuse(func(f *fn.Function) { f.Code = hosttest.Module(t, "command") }, "does not import sock_accept, so it cannot listen")
	refuse(func(f *fn.Function) { f.Isolation = fn.EachFresh }, "Isolation fresh is not for servers")
	refuse(func(f *fn.Function) { f.Limits.MemoryMiB = 1 }, "the memory limit of 1 MB")
	require.Len(t, h.Functions(""), 1)
}

func (a *servers) nonWeb(t *testing.T) {
	s := a.deploy(t, func(f *fn.Function) {
		allHooks(f)
		f.Runtime, f.Mute, f.Code = "custom-container", true, hosttest.Module(t, "command")
	})
	before := len(s.records())
	require.NotEmpty(t, s.do(fn.Request{Body: []byte("x")}).RequestID)
	s.paused()
	_, err := s.h.StopInstances(t.Context(), s.k, "")
	require.NoError(t, err)
	for _, r := range s.records()[before:] {
		require.NotContains(t, []string{"Initialize", "PreFreeze", "PreStop"}, r.Hook)
	}
	v, err := s.h.Function(s.k)
	require.NoError(t, err)
	require.True(t, v.Function.PreFreeze.On(), "the configuration has them")
}

func (a *servers) found(t *testing.T) {
	info, err := a.h.Inspect(t.Context(), fn.Function{Code: a.code})
	require.NoError(t, err)
	require.Equal(t, engine.KindServer, info.Kind)
	s := a.deploy(t, func(f *fn.Function) { f.Runtime = "wasm" })
	require.Contains(t, s.text(s.get("/count")), "requests=1 ")
}
