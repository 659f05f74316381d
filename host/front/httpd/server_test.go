package httpd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
)

// log is a buffer that the server may write while the test reads.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func start(t *testing.T, handler func(*Server, *fasthttp.RequestCtx)) (s *Server, addr string, out *log) {
	out = &log{}
	s = New(Config{
		Handler: func(ctx *fasthttp.RequestCtx) { handler(s, ctx) },
		MaxBody: func(*fasthttp.RequestHeader) (int, error) { return 100, nil },
		Log:     zerolog.New(out),
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
		require.NoError(t, <-done)
	})
	return s, ln.Addr().String(), out
}

func get(t *testing.T, addr string) (int, http.Header, string) {
	resp, err := http.Get("http://" + addr)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(body)
}

func TestServer_SurvivesAHandlerThatPanics(t *testing.T) {
	panics := true
	_, addr, out := start(t, func(_ *Server, ctx *fasthttp.RequestCtx) {
		if panics {
			panics = false
			ctx.SetBodyString("half an answer")
			panic("the secret reason")
		}
	})
	status, header, body := get(t, addr)
	require.Equal(t, 500, status)
	require.Contains(t, body, `"ErrorCode":"InternalServerError"`)
	require.NotContains(t, body, "half")
	require.NotContains(t, body, "secret")
	require.Contains(t, out.String(), "the secret reason")
	require.Contains(t, out.String(), header.Get(fn.HeaderRequestID))
	require.Contains(t, out.String(), "server_test.go", "the stack")

	status, _, _ = get(t, addr)
	require.Equal(t, 200, status)
}

func TestServer_KeepsFailuresOfTheHostToItsLog(t *testing.T) {
	_, addr, out := start(t, func(s *Server, ctx *fasthttp.RequestCtx) {
		s.WriteError(ctx, fn.NewRequestID(), errors.New("disk sda1 is on fire"))
	})
	status, header, body := get(t, addr)
	require.Equal(t, 500, status)
	require.NotContains(t, body, "sda1")
	require.Contains(t, body, header.Get(fn.HeaderRequestID))
	require.Contains(t, out.String(), "disk sda1 is on fire")
}

func TestServer_ShutdownDoesNotWaitForAConnectionWithoutARequest(t *testing.T) {
	s, addr, _ := start(t, func(_ *Server, ctx *fasthttp.RequestCtx) { ctx.SetBodyString("here") })
	idle, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer idle.Close()
	late, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer late.Close()
	require.Eventually(t, func() bool { return s.fast.GetOpenConnectionsCount() == 2 }, 10*time.Second, time.Millisecond)

	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond, "it listens no more")
	_, err = io.WriteString(late, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(late)
	require.NoError(t, err)
	require.Contains(t, string(answer), "here", "a request that comes at once is served")
	require.NoError(t, <-stopped)
	_, err = io.ReadAll(idle)
	require.NoError(t, err, "it is closed in order")
}

func TestServer_ShutdownClosesConnectionsWhenItsContextEnds(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s, addr, _ := start(t, func(*Server, *fasthttp.RequestCtx) {
		close(entered)
		<-leave
	})
	defer close(leave)
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	require.NoError(t, err)
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, s.Shutdown(ctx), context.Canceled)
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err)
}
