package front_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/internal/webguest"
)

func TestMain(m *testing.M) {
	// fasthttp keeps a goroutine for the Date header, and one of each server for 10 s after its end.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// maxEvent is small, so that tests need not send much to pass it.
const maxEvent = 1 << 20

// deployed are the functions of a test server: handler export by "service/name".
var deployed = map[string]string{
	"default/echo": "handler", "default/describe": "describe", "default/teapot": "teapot", "default/nocontent": "nocontent",
	"default/refuse": "refuse", "default/trap": "trap", "other/echo": "handler", "other/describe": "describe",
	"echo/hidden": "handler",
}

// serve starts a host with deployed and a front on it, and returns the front's address.
func serve(t *testing.T, cfg front.Config) (h *host.Host, addr string) {
	t.Helper()
	h, err := host.New(host.Config{MaxEventBytes: maxEvent})
	require.NoError(t, err)
	for name, handler := range deployed {
		key := host.ParseKey(name)
		_, err := h.Deploy(t.Context(), fn.Function{Service: key.Service, Name: key.Name, Handler: handler, Code: webguest.Wasm})
		require.NoError(t, err)
	}
	srv := front.New(h, cfg)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, srv.Shutdown(ctx))
		require.NoError(t, <-done)
		require.NoError(t, h.Close(ctx))
	})
	return h, ln.Addr().String()
}

func do(t *testing.T, method, url string, body io.Reader, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
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

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// requireError checks an error of the host.
func requireError(t *testing.T, resp *http.Response, body string, status int, code fn.Code) {
	t.Helper()
	require.Equal(t, status, resp.StatusCode, body)
	require.Regexp(t, uuid, resp.Header.Get(fn.HeaderRequestID))
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var e struct {
		ErrorCode    fn.Code
		ErrorMessage string
	}
	require.NoError(t, json.Unmarshal([]byte(body), &e), body)
	require.Equal(t, code, e.ErrorCode)
	require.NotEmpty(t, e.ErrorMessage)
}

func TestServer_AnswersWithTheFunctionsBodyAndTellsHowItWent(t *testing.T) {
	_, addr := serve(t, front.Config{})
	resp, body := do(t, "POST", "http://"+addr+"/echo/", strings.NewReader("hello"))
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "hello", body)
	require.Regexp(t, uuid, resp.Header.Get("X-Fc-Request-Id"))
	require.Regexp(t, `^c-[0-9a-f]{8}-[0-9a-f]{20}$`, resp.Header.Get("X-Fc-Instance-Id"))
	require.Regexp(t, `^\d+(\.\d{1,3})?$`, resp.Header.Get("X-Fc-Invocation-Duration"))
	require.Equal(t, "0.13", resp.Header.Get("X-Fc-Max-Memory-Usage"))
	require.Equal(t, "lull", resp.Header.Get("Server"))
	require.NotContains(t, resp.Header, "Content-Type", "the function set none")
	require.NotContains(t, resp.Header, "X-Fc-Error-Type")

	again, _ := do(t, "POST", "http://"+addr+"/echo/", nil)
	require.Equal(t, resp.Header.Get("X-Fc-Instance-Id"), again.Header.Get("X-Fc-Instance-Id"), "the instance is warm")
	require.NotEqual(t, resp.Header.Get("X-Fc-Request-Id"), again.Header.Get("X-Fc-Request-Id"))
}

func TestServer_PassesStatusAndHeadersOfTheFunction(t *testing.T) {
	_, addr := serve(t, front.Config{})
	resp, body := do(t, "GET", "http://"+addr+"/teapot", nil)
	require.Equal(t, 418, resp.StatusCode)
	require.Equal(t, "short and stout", body)
	require.Equal(t, "green", resp.Header.Get("X-Tea"))
	require.Equal(t, []string{"a=1", "b=2"}, resp.Header.Values("Set-Cookie"))
	require.Equal(t, "text/html", resp.Header.Get("Content-Type"))

	resp, body = do(t, "GET", "http://"+addr+"/nocontent", nil)
	require.Equal(t, 204, resp.StatusCode)
	require.Empty(t, body)
}

func TestServer_ShowsTheFunctionItsPartOfThePath(t *testing.T) {
	_, addr := serve(t, front.Config{})
	for target, want := range map[string]string{
		"/describe":                         "/ ",
		"/describe/":                        "/ ",
		"/describe?":                        "/ ",
		"/describe?a=1&b=%20":               "/ a=1&b=%20",
		"/describe/a/b/?u=http://x/y?z#cut": "/a/b/ u=http://x/y?z",
		"/describe/%2Fa%20b":                "/%2Fa%20b ",
		"/describe//a//":                    "//a// ",
		"/describe/../../etc/passwd":        "/../../etc/passwd ",
		"/other/describe":                   "/ ",
		"/other/describe/x":                 "/x ",
		"http://elsewhere/describe/x":       "/x ",
		"http://elsewhere/other/describe":   "/ ",
	} {
		status, _, body := raw(t, addr, "GET "+target+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		require.Equal(t, 200, status, target)
		lines := strings.Split(body, "\n")
		require.Equal(t, "GET", lines[0], target)
		require.Equal(t, want, lines[1]+" "+lines[2], target)
		require.Equal(t, "127.0.0.1", lines[3], target)
	}
}

func TestServer_PrefersAFunctionOfTheDefaultServiceToAService(t *testing.T) {
	h, addr := serve(t, front.Config{})
	_, body := do(t, "POST", "http://"+addr+"/echo/hidden", strings.NewReader("x"))
	require.Equal(t, "x", body)
	usage, err := h.Usage(fn.Key{Service: "echo", Name: "hidden"})
	require.NoError(t, err)
	require.Zero(t, usage.Requests)
}

func TestServer_GivesTheGuestTheHeadersButNotTheHosts(t *testing.T) {
	_, addr := serve(t, front.Config{})
	_, body := do(t, "PATCH", "http://"+addr+"/describe/", nil,
		"x-mine", "1", "X-Mine", "2", "x-fc-request-id", "spoofed", "X-FC-Account-Id", "spoofed", "Cookie", "a=b")
	require.True(t, strings.HasPrefix(body, "PATCH\n"), body)
	require.Contains(t, body, "X-Mine: 1\nX-Mine: 2\n")
	require.Contains(t, body, "Cookie: a=b\n")
	require.NotContains(t, body, "spoofed")
}

func TestServer_TakesAnyMethodAndAnswersHeadWithoutABody(t *testing.T) {
	_, addr := serve(t, front.Config{})
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"} {
		resp, body := do(t, method, "http://"+addr+"/describe/", nil)
		require.Equal(t, 200, resp.StatusCode, method)
		require.True(t, strings.HasPrefix(body, method+"\n"), body)
	}
	resp, body := do(t, "HEAD", "http://"+addr+"/teapot/", nil)
	require.Equal(t, 418, resp.StatusCode)
	require.Empty(t, body)
	require.EqualValues(t, len("short and stout"), resp.ContentLength)
	resp, _ = do(t, "HEAD", "http://"+addr+"/missing/", nil)
	require.Equal(t, 404, resp.StatusCode)
}

func TestServer_AnswersFaultsOfTheGuestWith502(t *testing.T) {
	_, addr := serve(t, front.Config{})
	resp, body := do(t, "GET", "http://"+addr+"/refuse", nil)
	require.Equal(t, 502, resp.StatusCode)
	require.Equal(t, "HandledInvocationError", resp.Header.Get("X-Fc-Error-Type"))
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.JSONEq(t, `{"errorMessage":"no name","errorType":"ValueError","stackTrace":["f (a.c:3)"]}`, body)

	resp, body = do(t, "GET", "http://"+addr+"/trap", nil)
	require.Equal(t, 502, resp.StatusCode)
	require.Equal(t, "UnhandledInvocationError", resp.Header.Get("X-Fc-Error-Type"))
	require.Contains(t, body, "Process exited unexpectedly")
	require.NotEmpty(t, resp.Header.Get("X-Fc-Instance-Id"))
}

func TestServer_MovesBodiesOfAnySizeWithoutMixingThem(t *testing.T) {
	_, addr := serve(t, front.Config{})
	for _, n := range []int{0, 1, 32 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, maxEvent} {
		want := bytes.Repeat([]byte{byte('a' + n%26)}, n)
		for range 2 {
			resp, body := do(t, "POST", "http://"+addr+"/echo", bytes.NewReader(want))
			require.Equal(t, 200, resp.StatusCode)
			require.True(t, string(want) == body, "%d bytes", n)
		}
		// chunked: the reader has no length
		_, body := do(t, "POST", "http://"+addr+"/echo", io.MultiReader(bytes.NewReader(want)))
		require.True(t, string(want) == body, "%d bytes, chunked", n)
	}
}

func TestServer_AnswersPipelinedRequestsInOrder(t *testing.T) {
	_, addr := serve(t, front.Config{})
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	var all strings.Builder
	for i := range 20 {
		fmt.Fprintf(&all, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n%02d", i)
	}
	_, err = io.WriteString(c, all.String())
	require.NoError(t, err)
	r := bufio.NewReader(c)
	for i := range 20 {
		resp, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%02d", i), string(body))
	}
}
