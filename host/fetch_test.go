package host_test

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/outbound"
)

func fetching(t *testing.T, client engine.Outbound, allow ...string) *host.Host {
	h := hosttest.New(t, host.Config{Outbound: client})
	hosttest.Deploy(t, h, fn.Function{Name: "f", Code: hosttest.Module(t, "fetch"), AllowHosts: allow})
	return h
}

func fetchEvent(head, body string, timeout time.Duration, flags uint32) []byte {
	event := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	event = binary.LittleEndian.AppendUint32(event, uint32(timeout.Milliseconds()))
	event = binary.LittleEndian.AppendUint32(event, flags)
	return append(append(event, head...), body...)
}

// fetched is what the guest saw.
type fetched struct {
	result                    int32
	body, headers, url, error string
}

func fetch(t *testing.T, h *host.Host, head, body string, timeout time.Duration, flags uint32) (f fetched) {
	t.Helper()
	resp, err := h.Invoke(t.Context(), "f", fn.Request{Body: fetchEvent(head, body, timeout, flags)})
	require.NoError(t, err)
	require.Nil(t, resp.Fault)
	number := func() int32 {
		n := int32(binary.LittleEndian.Uint32(resp.Body))
		resp.Body = resp.Body[4:]
		return n
	}
	f.result = number()
	for _, part := range []*string{&f.body, &f.headers, &f.url, &f.error} {
		n := number()
		*part = string(resp.Body[:n])
		resp.Body = resp.Body[n:]
	}
	return f
}

func TestFetch_SendsAndReadsTheAnswer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/go" {
			http.Redirect(w, r, "/gone", http.StatusFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
		w.Header().Set("X-Type", r.Header.Get("Content-Type"))
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, r.Method+" "+string(body))
	}))
	defer s.Close()
	h := fetching(t, outbound.New(outbound.Config{}), s.Listener.Addr().String())
	require.Equal(t, fetched{result: 201, body: "POST n 1", headers: "Content-Length: 8\nX-Type: text/plain\n", url: s.URL + "/metrics"},
		fetch(t, h, "POST "+s.URL+"/metrics\nContent-Type: text/plain\n", "n 1", 0, 0))
	require.EqualValues(t, 302, fetch(t, h, "GET "+s.URL+"/go", "", 0, 0).result)
	require.Equal(t, s.URL+"/gone", fetch(t, h, "GET "+s.URL+"/go", "", 0, abi.FetchFollow).url)
	large := strings.Repeat("x", abi.MaxFetchBody)
	require.Equal(t, len("POST ")+len(large), len(fetch(t, h, "POST "+s.URL, large[5:], 0, 0).body)+5)
}

func TestFetch_AnswersTheGuestWithWhatWasRefused(t *testing.T) {
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { calls.Add(1); <-r.Context().Done() }))
	defer s.Close()
	h := fetching(t, outbound.New(outbound.Config{}), "a.example", s.Listener.Addr().String())
	for name, c := range map[string]struct {
		head, body string
		timeout    time.Duration
		flags      uint32
		errno      abi.Errno
		says       string
	}{
		"a host that is not listed": {head: "GET http://127.0.0.1:1/", errno: abi.Denied, says: "may not send requests to 127.0.0.1 port 1"},
		"a malformed head":          {head: "GET", errno: abi.Invalid, says: "METHOD URL"},
		"an unknown flag":           {head: "GET http://a.example/", flags: 2, errno: abi.Invalid, says: "flags 0x2"},
		"a body over the limit":     {head: "PUT " + s.URL, body: strings.Repeat("x", abi.MaxFetchBody+1), errno: abi.TooLarge, says: "6291457 bytes"},
		"a head over the limit":     {head: "GET " + s.URL + "/" + strings.Repeat("x", abi.MaxFetchHead), errno: abi.TooLarge, says: "65536"},
		"its own time is over":      {head: "GET " + s.URL, timeout: 50 * time.Millisecond, errno: abi.TimedOut, says: "no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fetch(t, h, c.head, c.body, c.timeout, c.flags)
			require.EqualValues(t, c.errno, f.result, f.error)
			require.Contains(t, f.error, c.says)
			require.Empty(t, f.body+f.headers+f.url)
		})
	}
	require.EqualValues(t, 1, calls.Load())
}

func TestFetch_IsDeniedByAHostWithoutAClient(t *testing.T) {
	f := fetch(t, fetching(t, nil, "a.example"), "GET http://a.example/", "", 0, 0)
	require.EqualValues(t, abi.Denied, f.result)
	require.Contains(t, f.error, "made without a client for outbound HTTP")
}

func TestFetch_IsDeniedToAFunctionWithoutAList(t *testing.T) {
	f := fetch(t, fetching(t, outbound.New(outbound.Config{})), "GET http://a.example/", "", 0, 0)
	require.EqualValues(t, abi.Denied, f.result)
	require.Contains(t, f.error, "its list of allowed hosts must name it")
}

func TestFetch_EndsWithTheCall(t *testing.T) {
	arrived := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer s.Close()
	h := hosttest.New(t, host.Config{Outbound: outbound.New(outbound.Config{})})
	hosttest.Deploy(t, h, fn.Function{
		Name: "f", Code: hosttest.Module(t, "fetch"), AllowHosts: []string{"127.0.0.1"}, Limits: fn.Limits{Timeout: time.Second},
	})
	event := fn.Request{Body: fetchEvent("GET "+s.URL, "", 0, 0)}
	resp, err := h.Invoke(t.Context(), "f", event)
	require.NoError(t, err)
	require.Equal(t, fn.TypeTimeout, resp.Fault.Type)
	<-arrived

	// An interrupt: stop in a hurry.
	_, err = h.Update(t.Context(), host.ParseKey("f"), "", func(f *fn.Function) error { f.Limits.Timeout = time.Hour; return nil })
	require.NoError(t, err)
	done := make(chan *fn.Response)
	go func() {
		resp, _ := h.Invoke(context.Background(), "f", event)
		done <- resp
	}()
	<-arrived
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	h.StopInstances(hurry, host.ParseKey("f"), "")
	require.Equal(t, fn.TypeExit, (<-done).Fault.Type)
}

func TestFetch_WorksInHooks(t *testing.T) {
	bodies := make(chan string, 2)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
	}))
	defer s.Close()
	h := hosttest.New(t, host.Config{Outbound: outbound.New(outbound.Config{})})
	hosttest.Deploy(t, h, fn.Function{
		Name: "f", Code: hosttest.Module(t, "fetch"), AllowHosts: []string{"127.0.0.1"}, PreFreeze: fn.Hook{Handler: "preFreeze"},
	})
	require.EqualValues(t, 200, fetch(t, h, "POST "+s.URL, "points", 0, 0).result)
	require.Equal(t, "points", <-bodies)
	require.Equal(t, "points", <-bodies, "preFreeze sends them again")
}

func TestDeploy_RefusesAListThatIsNoList(t *testing.T) {
	h := hosttest.New(t, host.Config{})
	_, err := h.Deploy(t.Context(), fn.Function{Name: "f", Code: hosttest.Probe, AllowHosts: []string{"http://a.example"}})
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
	require.ErrorContains(t, err, "AllowHosts is set to an invalid value")
}
