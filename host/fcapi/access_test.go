package fcapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fcapi/sign"
	"github.com/lull-dev/lull/host/fn"
)

var (
	firstKey  = must(sign.ParseKey("first:a-secret"))
	secondKey = must(sign.ParseKey("ak:sk"))
	bothKeys  = must(sign.NewKeys(firstKey, secondKey))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// signed gives the headers of a signed request.
func signed(t *testing.T, k sign.Key, method, path string, header ...string) []string {
	t.Helper()
	r := sign.Request{Method: method, Proxy: strings.HasPrefix(path, v+"/proxy/")}
	r.Path, r.Query, _ = strings.Cut(path, "?")
	for i := 0; i < len(header); i += 2 {
		switch name := strings.ToLower(header[i]); {
		case name == "content-type":
			r.ContentType = header[i+1]
		case strings.HasPrefix(name, "x-fc-"):
			r.Headers = append(r.Headers, [2]string{name, header[i+1]})
		}
	}
	require.NoError(t, k.Sign(&r, time.Now()))
	return append(header, "Date", r.Date, "Authorization", r.Authorization)
}

func TestAccess_WithKeysEveryRequestIsSigned(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys, Metrics: http.NotFoundHandler()})
	for _, path := range []string{
		v + "/services", v + "/services/default", v + "/services/default/functions", v + "/services/default/functions/f",
		v + "/services/default/functions/f/instances", "/metrics", "/_lull/info", "/_lull/runtimes", "/_lull/functions", "/_lull/instances",
		"/_lull/logs?function=f", "/_lull/requests?function=f", "/_lull/usage?function=f",
	} {
		require.Equal(t, "required HTTP header Authorization was not specified", a.do("GET", path, nil).fails(400, fn.CodeMissingRequiredHeader), path)
		require.NotEqual(t, 403, a.do("GET", path, nil, signed(t, firstKey, "GET", path)...).status, path)
		a.do("GET", path, nil, signed(t, firstKey, "PUT", path)...).fails(403, fn.CodeSignatureNotMatch)
	}
	for path, method := range map[string]string{
		v + "/services": "POST", v + "/services/default/functions": "POST", v + "/services/default/functions/f": "PUT", "/_lull/stop": "POST",
		v + "/services/default/functions/f/invocations": "POST", "/_lull/inspect": "POST",
	} {
		a.do(method, path, "{}").fails(400, fn.CodeMissingRequiredHeader)
	}
	require.Equal(t, "ok\n", a.do("GET", "/healthz", nil).body)
	require.Equal(t, "ok\n", a.do("GET", "/readyz", nil).body)
}

func TestAccess_ManyKeysAreGood(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	for _, k := range []sign.Key{firstKey, secondKey} {
		c := client.New(a.addr, &k)
		_, err := c.CreateService(t.Context(), "of-"+k.ID, "signed")
		require.NoError(t, err)
		_, err = c.Services(t.Context())
		require.NoError(t, err, "with a query")
	}
	stranger := must(sign.ParseKey("nobody:x"))
	_, err := client.New(a.addr, &stranger).Services(t.Context())
	require.Equal(t, &fn.Error{Code: fn.CodeInvalidAccessKeyID, Message: "invalid access key ID 'nobody'"}, err)
	impostor := must(sign.ParseKey("ak:guessed"))
	_, err = client.New(a.addr, &impostor).Services(t.Context())
	require.Equal(t, fn.CodeSignatureNotMatch, fn.CodeOf(err))
}

func TestAccess_ARequestOutOfItsTimeIsDenied(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys, ClockSkew: time.Minute})
	r := sign.Request{Method: "GET", Path: v + "/services"}
	require.NoError(t, secondKey.Sign(&r, time.Now().Add(-2*time.Minute)))
	got := a.do("GET", v+"/services", nil, "Date", r.Date, "Authorization", r.Authorization)
	require.Contains(t, got.fails(403, fn.CodeAccessDenied), "more than 1m0s from the server's clock")
}

func TestAccess_NobodyGetsMemoryForALargeBodyWithoutAKey(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	path := v + "/services/default/functions"
	head := func(auth string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + auth + fmt.Sprintf("Content-Length: %d\r\n\r\n", maxCode)
	}
	a.raw(head("")).fails(400, fn.CodeMissingRequiredHeader) // before the body has come
	a.raw(head("Date: "+time.Now().UTC().Format(http.TimeFormat)+"\r\nAuthorization: FC ak:x\r\n")).fails(403, fn.CodeSignatureNotMatch)
	a.do("POST", path, function("f", object{"code": object{"zipFile": make([]byte, maxCode*2/3)}}), signed(t, firstKey, "POST", path)...).
		fails(400, fn.CodeInvalidArgument)
}

func TestAccess_MetricsCanBeReadWithUserAndPassword(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys, Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) })})
	get := func(user, password, path string) answer {
		r, err := http.NewRequest("GET", "http://"+a.addr, nil)
		require.NoError(t, err)
		r.SetBasicAuth(user, password)
		return a.do("GET", path, nil, "Authorization", r.Header.Get("Authorization"))
	}
	require.Equal(t, "up 1\n", get("ak", "sk", "/metrics").body)
	get("ak", "wrong", "/metrics").fails(403, fn.CodeAccessDenied)
	get("", "", "/metrics").fails(403, fn.CodeAccessDenied)
	require.NotEqual(t, 200, get("ak", "sk", v+"/services").status, "nothing else can")
}

func TestAccess_NoAnswerAndNoLogShowsASecret(t *testing.T) {
	var log strings.Builder
	a := serve(t, fcapi.Config{Keys: bothKeys, Log: zerolog.New(&log).Level(zerolog.TraceLevel)})
	for _, header := range [][]string{nil, {"Authorization", "FC first:a-secret"}, {"Authorization", "FC first:x", "Date", "x"}, signed(t, firstKey, "GET", v+"/services")} {
		require.NotContains(t, a.do("GET", v+"/services", nil, header...).body, "a-secret")
	}
	require.NotContains(t, log.String(), "a-secret")
	require.NotContains(t, fmt.Sprintf("%+v %#v", fcapi.Config{Keys: bothKeys}, bothKeys), "a-secret")
}
