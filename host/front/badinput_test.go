package front_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/internal/webguest"
)

// raw sends bytes on a connection of its own and reads one answer. Errors of sending do not matter: the server may have had enough.
func raw(t *testing.T, addr, request string) (status int, header http.Header, body string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	go func() { _, _ = io.WriteString(c, request) }()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(text)
}

// requireUndisturbed checks that what is deployed still answers.
func requireUndisturbed(t *testing.T, addr string) {
	t.Helper()
	resp, body := do(t, "POST", "http://"+addr+"/echo/", strings.NewReader("still here"))
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "still here", body)
}

func TestServer_Answers404ForWhatIsNoFunction(t *testing.T) {
	_, addr := serve(t, front.Config{})
	for _, path := range []string{
		"/", "/favicon.ico", "/missing", "/missing/", "/missing/echo", "/other", "/other/", "/other/missing/x", "/echo2",
		"/%65cho", "/ECHO", "//echo", "/other//echo", "/.", "/..", "/" + strings.Repeat("a", 4000), "/default",
	} {
		status, header, body := raw(t, addr, "GET "+path+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		requireError(t, &http.Response{StatusCode: status, Header: header}, body, 404, fn.CodeFunctionNotFound)
	}
	for _, line := range []string{"OPTIONS *", "CONNECT echo:80", "CONNECT echo"} {
		status, header, body := raw(t, addr, line+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		requireError(t, &http.Response{StatusCode: status, Header: header}, body, 404, fn.CodeFunctionNotFound)
	}
	status, _, _ := raw(t, addr, "GET /default/echo HTTP/1.1\r\nHost: h\r\n\r\n")
	require.Equal(t, 200, status, "the default service by its name")
	requireUndisturbed(t, addr)
}

func TestServer_RefusesBodiesOverTheLimit(t *testing.T) {
	_, addr := serve(t, front.Config{})
	tooLong := strings.Repeat("x", maxEvent+1)

	resp, body := do(t, "POST", "http://"+addr+"/echo/", strings.NewReader(tooLong))
	requireError(t, resp, body, 413, fn.CodeEntityTooLarge)
	require.Contains(t, body, "payload size exceeds maximum allowed size (1048576 bytes)")

	resp, body = do(t, "POST", "http://"+addr+"/echo/", io.MultiReader(strings.NewReader(tooLong))) // chunked
	requireError(t, resp, body, 413, fn.CodeEntityTooLarge)

	resp, body = do(t, "POST", "http://"+addr+"/echo/", strings.NewReader(tooLong), "Expect", "100-continue")
	requireError(t, resp, body, 413, fn.CodeEntityTooLarge)

	for _, head := range []string{
		"Content-Length: 9223372036854775807\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
	} {
		status, header, body := raw(t, addr, "POST /echo HTTP/1.1\r\nHost: h\r\n"+head)
		requireError(t, &http.Response{StatusCode: status, Header: header}, body, 413, fn.CodeEntityTooLarge)
	}
	requireUndisturbed(t, addr)
}

func TestServer_RefusesHeaderBombs(t *testing.T) {
	_, addr := serve(t, front.Config{})
	const head = "GET /echo HTTP/1.1\r\nHost: h\r\n"
	for name, request := range map[string]string{
		"a header over 8 KB":      head + "A: " + strings.Repeat("a", 8<<10) + "\r\n\r\n",
		"many headers over 8 KB":  head + strings.Repeat("A: aaaaa\r\n", 1000) + "\r\n",
		"a header over 1 MB":      head + "A: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"a header without an end": head + "A: " + strings.Repeat("a", 20<<10),
		"a path over 4 KB":        "GET /echo/" + strings.Repeat("a", 4<<10) + " HTTP/1.1\r\nHost: h\r\n\r\n",
		"a path over 1 MB":        "GET /echo/" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: h\r\n\r\n",
		"a query over 16 KB":      "GET /echo/?" + strings.Repeat("a", 16<<10) + " HTTP/1.1\r\nHost: h\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			status, header, body := raw(t, addr, request)
			requireError(t, &http.Response{StatusCode: status, Header: header}, body, 400, fn.CodeInvalidArgument)
		})
	}
	status, _, _ := raw(t, addr, head+"A: "+strings.Repeat("a", 8000)+"\r\n\r\n")
	require.Equal(t, 200, status, "8,000 bytes are within the limit")
	status, _, _ = raw(t, addr, "GET /echo/?"+strings.Repeat("a", 8000)+" HTTP/1.1\r\nHost: h\r\n\r\n")
	require.Equal(t, 200, status, "a long query is not a long path")
	requireUndisturbed(t, addr)
}

func TestServer_RefusesWhatIsNotHTTP(t *testing.T) {
	_, addr := serve(t, front.Config{})
	for name, request := range map[string]string{
		"noise":                    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
		"no version":               "GET /echo\r\n\r\n",
		"two lengths":              "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"a negative length":        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
		"a chunk that is no chunk": "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"an unknown coding":        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nabc",
		"a control character":      "GET /echo/\x01 HTTP/1.1\r\nHost: h\r\n\r\n",
		"no host":                  "GET /echo/ HTTP/1.1\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			status, header, body := raw(t, addr, request)
			requireError(t, &http.Response{StatusCode: status, Header: header}, body, 400, fn.CodeInvalidArgument)
		})
	}
	requireUndisturbed(t, addr)
}

func TestServer_KeepsAFoldedHeaderFromReadingAsTwo(t *testing.T) {
	_, addr := serve(t, front.Config{})
	status, _, body := raw(t, addr, "GET /describe HTTP/1.1\r\nHost: h\r\nA: 1\r\n X-Fc-Request-Id: spoofed\r\n\r\n")
	if status == 200 {
		require.NotContains(t, body, "\nX-Fc-")
		require.NotContains(t, body, "\n X-Fc-")
	} else {
		require.Equal(t, 400, status)
	}
}

func TestServer_CutsOffSlowSenders(t *testing.T) {
	_, addr := serve(t, front.Config{ReadTimeout: 50 * time.Millisecond})
	for _, part := range []string{"GET /ec", "GET /echo HTTP/1.1\r\nA", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"} {
		status, header, body := raw(t, addr, part)
		requireError(t, &http.Response{StatusCode: status, Header: header}, body, 408, fn.CodeRequestTimeout)
	}
	requireUndisturbed(t, addr)
}

func TestServer_TellsWhyARequestGotNoInstance(t *testing.T) {
	h, addr := serve(t, front.Config{})
	_, err := h.Deploy(t.Context(), fn.Function{
		Name: "busy", Handler: "spin", Code: webguest.Wasm,
		Limits: fn.Limits{MaxInstances: 1, QueueLimit: -1, Timeout: time.Second},
	})
	require.NoError(t, err)
	first := make(chan int, 1)
	go func() {
		resp, err := http.Get("http://" + addr + "/busy")
		if err != nil {
			first <- 0
			return
		}
		resp.Body.Close()
		first <- resp.StatusCode
	}()
	require.Eventually(t, func() bool {
		list := h.Instances(fn.Key{Service: fn.DefaultService, Name: "busy"})
		return len(list) == 1 && list[0].State == "running"
	}, 10*time.Second, time.Millisecond)
	resp, body := do(t, "GET", "http://"+addr+"/busy", nil)
	requireError(t, resp, body, 429, fn.CodeResourceExhausted)
	require.Equal(t, 502, <-first, "stopped at its deadline")
	requireUndisturbed(t, addr)
}

func TestServer_ShutdownLetsARunningRequestEnd(t *testing.T) {
	h, err := host.New(host.Config{})
	require.NoError(t, err)
	defer h.Close(context.Background())
	_, err = h.Deploy(t.Context(), fn.Function{Name: "busy", Handler: "spin", Code: webguest.Wasm, Limits: fn.Limits{Timeout: time.Second}})
	require.NoError(t, err)
	srv := front.New(h, front.Config{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	c, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET /busy HTTP/1.1\r\nHost: h\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		list := h.Instances(fn.Key{Service: fn.DefaultService, Name: "busy"})
		return len(list) == 1 && list[0].State == "running"
	}, 10*time.Second, time.Millisecond)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Shutdown(ctx) }()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.Equal(t, 502, resp.StatusCode, "the guest ran to its deadline")
	resp.Body.Close()
	require.NoError(t, <-stopped)
	require.NoError(t, <-done)

	late, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, srv.Serve(late), "a server that was shut down does not serve")
	_, err = net.Dial("tcp", late.Addr().String())
	require.Error(t, err)
}
