package nethttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/nethttp"
	"github.com/lull-dev/lull/host/internal/webguest"
)

func serve(t *testing.T) string {
	h, err := host.New(host.Config{MaxEventBytes: 1000})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	mux := http.NewServeMux()
	for name, handler := range map[string]string{"echo": "handler", "s/describe": "describe", "teapot": "teapot", "refuse": "refuse"} {
		key := host.ParseKey(name)
		_, err := h.Deploy(t.Context(), fn.Function{Service: key.Service, Name: key.Name, Handler: handler, Code: webguest.Wasm})
		require.NoError(t, err)
		mux.Handle("/"+key.Name+"/", http.StripPrefix("/"+key.Name, nethttp.Handler(h, name)))
		mux.Handle("/"+key.Name, http.StripPrefix("/"+key.Name, nethttp.Handler(h, name)))
	}
	mux.Handle("/missing", nethttp.Handler(h, "nope/missing"))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func do(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

func TestHandler_AnswersAsTheFrontDoes(t *testing.T) {
	url := serve(t)
	resp, body := do(t, "POST", url+"/echo", "hello")
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "hello", body)
	require.Len(t, resp.Header.Get("X-Fc-Request-Id"), 36)
	require.Regexp(t, `^c-[0-9a-f]{8}-[0-9a-f]{20}$`, resp.Header.Get("X-Fc-Instance-Id"))
	require.Regexp(t, `^\d+(\.\d{1,3})?$`, resp.Header.Get("X-Fc-Invocation-Duration"))
	require.Equal(t, "0.13", resp.Header.Get("X-Fc-Max-Memory-Usage"))
	require.NotContains(t, resp.Header, "Content-Type")

	resp, body = do(t, "GET", url+"/teapot/", "")
	require.Equal(t, 418, resp.StatusCode)
	require.Equal(t, "short and stout", body)
	require.Equal(t, []string{"a=1", "b=2"}, resp.Header.Values("Set-Cookie"))
	require.Equal(t, "text/html", resp.Header.Get("Content-Type"))

	resp, body = do(t, "GET", url+"/refuse", "")
	require.Equal(t, 502, resp.StatusCode)
	require.Equal(t, "HandledInvocationError", resp.Header.Get("X-Fc-Error-Type"))
	require.JSONEq(t, `{"errorMessage":"no name","errorType":"ValueError","stackTrace":["f (a.c:3)"]}`, body)
}

func TestHandler_ShowsTheFunctionTheRequest(t *testing.T) {
	url := serve(t)
	_, body := do(t, "PUT", url+"/describe/a%2Fb?c=%20", "", "X-Mine", "1", "X-Mine", "2", "x-fc-request-id", "spoofed")
	require.True(t, strings.HasPrefix(body, "PUT\n/a%2Fb\nc=%20\n127.0.0.1\nHost: 127.0.0.1:"), body)
	require.Contains(t, body, "X-Mine: 1\nX-Mine: 2\n")
	require.NotContains(t, body, "spoofed")
	_, body = do(t, "GET", url+"/describe", "")
	require.True(t, strings.HasPrefix(body, "GET\n/\n\n"), body)
}

func TestHandler_TellsWhatWentWrongInTheHost(t *testing.T) {
	url := serve(t)
	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{"/missing", "", 404, "ServiceNotFound"},
		{"/echo", strings.Repeat("x", 1001), 413, "EntityTooLarge"},
	} {
		resp, body := do(t, "POST", url+c.path, c.body)
		require.Equal(t, c.status, resp.StatusCode)
		require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		require.Len(t, resp.Header.Get("X-Fc-Request-Id"), 36)
		require.Contains(t, body, `"ErrorCode":"`+c.code+`"`)
	}
}

func TestHandler_GivesUpARequestWhoseCallerGoesWhileItWaits(t *testing.T) {
	h, err := host.New(host.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	_, err = h.Deploy(t.Context(), fn.Function{
		Name: "f", Handler: "spin", Code: webguest.Wasm, Limits: fn.Limits{MaxInstances: 1, Timeout: 2 * time.Second},
	})
	require.NoError(t, err)
	handler := nethttp.Handler(h, "f")
	var busy sync.WaitGroup
	busy.Go(func() { handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) })
	require.Eventually(t, func() bool { return len(h.Instances(host.ParseKey("f"))) == 1 }, time.Minute, time.Millisecond)
	ctx, gone := context.WithCancel(t.Context())
	gone()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	require.Equal(t, 499, answer.Code, "for the log alone: nobody reads it")
	require.Contains(t, answer.Body.String(), `"ErrorCode":"ClientClosedRequest"`)
	busy.Wait()
}

func TestHandler_TakesARequestWithoutABodyThatNoServerMade(t *testing.T) {
	h, err := host.New(host.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	_, err = h.Deploy(t.Context(), fn.Function{Name: "echo", Code: webguest.Wasm})
	require.NoError(t, err)
	r, err := http.NewRequest("GET", "http://example.org/", nil)
	require.NoError(t, err)
	require.Nil(t, r.Body)
	w := httptest.NewRecorder()
	nethttp.Handler(h, "echo").ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
	require.Empty(t, w.Body.String())
}
