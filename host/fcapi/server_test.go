package fcapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
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
	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/internal/webguest"
)

func TestMain(m *testing.M) {
	// fasthttp keeps a goroutine for the Date header, and one of each server for 10 s after its end.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// The limits of test hosts are small, so that tests need not send much to pass them.
const (
	maxEvent = 1 << 20
	maxCode  = 2 << 20
)

// How long tests wait for what has to come, and how often they look.
const (
	patience = 30 * time.Second
	tick     = 5 * time.Millisecond
)

// api is a running control API.
type api struct {
	t    *testing.T
	host *host.Host
	addr string
}

func serve(t *testing.T, cfg fcapi.Config) *api {
	t.Helper()
	return serveHost(t, host.Config{MaxEventBytes: maxEvent, MaxCodeBytes: maxCode}, cfg)
}

func serveHost(t *testing.T, config host.Config, cfg fcapi.Config) *api {
	t.Helper()
	h := hosttest.New(t, config)
	srv := fcapi.New(h, cfg)
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
	})
	return &api{t, h, ln.Addr().String()}
}

const v = "/2016-08-15"

type object = map[string]any

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// do sends a request; a body that is neither a string nor a reader goes as JSON.
func (a *api) do(method, path string, body any, header ...string) answer {
	a.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case io.Reader:
		r = b
	default:
		text, err := json.Marshal(b)
		require.NoError(a.t, err)
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, "http://"+a.addr+path, r)
	require.NoError(a.t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	require.Regexp(a.t, uuid, resp.Header.Get(fn.HeaderRequestID), "%s %s: every answer has a request id", method, path)
	return answer{a.t, resp.StatusCode, resp.Header, string(text)}
}

// ok wants 200 and JSON.
func (a answer) ok() object {
	a.t.Helper()
	require.Equal(a.t, 200, a.status, a.body)
	require.Equal(a.t, "application/json", a.header.Get("Content-Type"))
	var o object
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &o), a.body)
	return o
}

// nothing wants 204 without a body and without a content type.
func (a answer) nothing() {
	a.t.Helper()
	require.Equal(a.t, 204, a.status, a.body)
	require.Empty(a.t, a.body)
	require.NotContains(a.t, a.header, "Content-Type")
}

// fails wants an error whose body has exactly the two keys, and returns its message.
func (a answer) fails(status int, code fn.Code) string {
	a.t.Helper()
	require.Equal(a.t, status, a.status, a.body)
	require.Equal(a.t, "application/json", a.header.Get("Content-Type"))
	var o map[string]string
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &o), a.body)
	require.Len(a.t, o, 2)
	require.Equal(a.t, string(code), o["ErrorCode"], a.body)
	require.NotEmpty(a.t, o["ErrorMessage"])
	return o["ErrorMessage"]
}

var moduleBase64 = base64.StdEncoding.EncodeToString(webguest.Wasm)

// function is the body of a create.
func function(name string, more object) object {
	o := object{"functionName": name, "runtime": "wasm", "handler": "index.handler", "code": object{"zipFile": moduleBase64}}
	for k, v := range more {
		o[k] = v
	}
	return o
}

// create makes a function in service default.
func (a *api) create(name string, more object) object {
	a.t.Helper()
	return a.do("POST", v+"/services/default/functions", function(name, more)).ok()
}

// undisturbed checks that the function "steady" still answers.
func (a *api) undisturbed() {
	a.t.Helper()
	got := a.do("POST", v+"/services/default/functions/steady/invocations", "still here")
	require.Equal(a.t, 200, got.status, got.body)
	require.Equal(a.t, "still here", got.body)
}

func TestServer_TellsApartUnknownPathsAndMethods(t *testing.T) {
	a := serve(t, fcapi.Config{})
	for _, path := range []string{v, v + "/", v + "/nothing", v + "/services/s/functions/f/nothing", "/" + v + "/x"} {
		got := a.do("GET", path, nil)
		require.Equal(t, "'GET' against '"+path+"' is not supported", got.fails(400, fn.CodePathNotSupported))
	}
	for _, path := range []string{"/", "/favicon.ico", "/services", "/_lull", "/_lull/nothing", "/metrics", "/2016-08-155/services"} {
		got := a.do("GET", path, nil)
		require.Equal(t, "'GET' against '"+path+"' is not supported", got.fails(404, fn.CodePathNotSupported))
	}
	for path, allow := range map[string]string{
		v + "/services": "GET, POST", v + "/services/s/functions/f": "DELETE, GET, PUT",
		v + "/services/s/functions/f/invocations": "POST", "/_lull/stop": "POST", "/healthz": "GET, HEAD",
	} {
		got := a.do("PATCH", path, nil)
		require.Contains(t, got.fails(405, fn.CodeMethodNotAllowed), "'PATCH' against '"+path+"' is not allowed")
		require.Equal(t, allow, got.header.Get("Allow"))
	}
	a.raw("GET "+v+"/services/%zz HTTP/1.1\r\nHost: h\r\n\r\n").fails(400, fn.CodeInvalidArgument)
}

func TestServer_CountsRepeatedSlashesAsOneAndDecodesOnce(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	for _, path := range []string{
		"/" + v + "/services/default/functions/f", "//" + v + "//services/default//functions/f", v + "/services/%64efault/functions/%66",
		v + "/services/default.LATEST/functions/f", v + "/services/default%2ELATEST/functions/f",
	} {
		require.Equal(t, "f", a.do("GET", path, nil).ok()["functionName"], path)
	}
	a.do("GET", v+"/services/default/functions/%2566", nil).fails(404, fn.CodeFunctionNotFound)
}

func TestServer_IsHealthy(t *testing.T) {
	a := serve(t, fcapi.Config{Version: "1.2.3", HTTP: "127.0.0.1:8080", API: "127.0.0.1:9600"})
	got := a.do("GET", "/healthz", nil)
	require.Equal(t, 200, got.status)
	require.Equal(t, "ok\n", got.body)
	require.Equal(t, object{"version": "1.2.3", "http": "127.0.0.1:8080", "api": "127.0.0.1:9600"}, a.do("GET", "/_lull/info", nil).ok())
}

func TestServer_ServesMetricsOfANetHTTPHandler(t *testing.T) {
	a := serve(t, fcapi.Config{Metrics: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, "lull_up 1\n")
	})})
	got := a.do("GET", "/metrics", nil)
	require.Equal(t, 200, got.status)
	require.Equal(t, "lull_up 1\n", got.body)
	require.Equal(t, "text/plain; version=0.0.4", got.header.Get("Content-Type"))
}

func TestServer_RefusesChangesThatOtherSitesAskABrowserFor(t *testing.T) {
	a := serve(t, fcapi.Config{})
	for _, header := range [][]string{
		{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://127.0.0.1:1"}, {"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"}, {"Origin", "http://" + a.addr, "Sec-Fetch-Site", "cross-site"},
	} {
		a.do("POST", v+"/services", object{"serviceName": "s"}, header...).fails(403, fn.CodeAccessDenied)
		a.do("DELETE", v+"/services/default", nil, header...).fails(403, fn.CodeAccessDenied)
		a.do("POST", "/_lull/inspect", string(webguest.Wasm), header...).fails(403, fn.CodeAccessDenied)
		a.do("GET", v+"/services", nil, header...).ok()
	}
	a.do("POST", v+"/services", object{"serviceName": "s1"}, "Origin", "http://"+a.addr, "Sec-Fetch-Site", "same-origin").ok()
	a.do("POST", v+"/services", object{"serviceName": "s2"}, "Sec-Fetch-Site", "none").ok()
}
