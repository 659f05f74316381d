package fcapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fcapi/sign"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/internal/webguest"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
)

// TestErrors_EveryRowOfTheTable has a request for each row of the table of errors that this API gives, but for those of the tests below. It has no quotas
// (LimitExceeded) and no throttling of its own (ResourceThrottled), and does not learn that a caller went away (ClientClosedRequest).
func TestErrors_EveryRowOfTheTable(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	a.publish()
	a.do("POST", v+"/services/default/aliases", object{"aliasName": "prod", "versionId": "1"}).ok()
	a.trigger("t", "anonymous", nil).ok()
	const f = v + "/services/default/functions/f"
	for _, c := range []struct {
		status       int
		code         fn.Code
		message      string
		method, path string
		body         any
		header       []string
	}{
		{400, fn.CodeInvalidArgument, "Runtime is set to an invalid value", "PUT", f, object{"runtime": "cobol"}, nil},
		{400, fn.CodeInvalidArgument, "LogType is set to an invalid value (allowed: Tail | None, actual: 'Invalid')", "POST", f + "/invocations", nil, []string{"X-Fc-Log-Type", "Invalid"}},
		{400, fn.CodeInvalidArgument, "LogType is set to an invalid value (allowed: None, actual: 'Tail')", "POST", f + "/invocations", nil, []string{"X-Fc-Log-Type", "Tail", "X-Fc-Invocation-Type", "Async"}},
		{400, fn.CodePathNotSupported, "'GET' against '/2016-08-15/layers' is not supported", "GET", v + "/layers", nil, nil},
		{400, fn.CodeEntityTooLarge, "payload size exceeds maximum allowed size (1048576 bytes)", "POST", f + "/invocations", strings.Repeat("x", maxEvent+1), nil},
		{403, fn.CodeAccessDenied, "a page of another site (https://elsewhere.example) may not use this API", "DELETE", f, nil, []string{"Origin", "https://elsewhere.example"}},
		{404, fn.CodeServiceNotFound, "service 's' does not exist", "GET", v + "/services/s", nil, nil},
		{404, fn.CodeFunctionNotFound, "function 'g' does not exist in service 'default'", "GET", v + "/services/default/functions/g", nil, nil},
		{404, fn.CodeTriggerNotFound, "trigger 'x' does not exist in function 'f' of service 'default'", "GET", f + "/triggers/x", nil, nil},
		{404, fn.CodeVersionNotFound, "version '7' of service 'default' does not exist", "GET", v + "/services/default.7/functions/f", nil, nil},
		{404, fn.CodeAliasNotFound, "alias 'x' of service 'default' does not exist", "GET", v + "/services/default/aliases/x", nil, nil},
		{404, "AsyncConfigNotExists", "", "GET", v + "/services/default.LATEST/functions/f/async-invoke-config", nil, nil},
		{404, fn.CodeOnDemandConfigNotFound, "", "GET", f + "/on-demand-config", nil, nil},
		{409, fn.CodeServiceAlreadyExists, "service 'default' already exists", "POST", v + "/services", object{"serviceName": "default"}, nil},
		{409, fn.CodeFunctionAlreadyExists, "function 'f' already exists in service 'default'", "POST", v + "/services/default/functions", function("f", nil), nil},
		{409, fn.CodeTriggerAlreadyExists, "trigger 't' already exists in function 'f' of service 'default'", "POST", f + "/triggers", object{"triggerName": "t", "triggerType": "http", "triggerConfig": object{}}, nil},
		{409, fn.CodeAliasAlreadyExists, "alias 'prod' already exists in service 'default'", "POST", v + "/services/default/aliases", object{"aliasName": "prod", "versionId": "1"}, nil},
		{409, fn.CodeServiceNotEmpty, "service 'default' still has 1 functions, 1 versions and 1 aliases; delete them first", "DELETE", v + "/services/default", nil, nil},
		{412, fn.CodePreconditionFailed, "", "PUT", f, object{}, []string{"If-Match", "something else"}},
	} {
		got := a.do(c.method, c.path, c.body, c.header...).fails(c.status, c.code)
		require.Contains(t, got, c.message)
	}

	a.do("PUT", f, object{"maxInstances": 1, "queueLimit": 0, "handler": "spin", "timeout": 2}).ok()
	var busy sync.WaitGroup
	busy.Go(func() { a.do("POST", f+"/invocations", nil) })
	require.Eventually(t, func() bool { return len(a.host.Instances(fn.Key{Service: "default", Name: "f"})) == 1 }, patience, tick)
	a.do("POST", f+"/invocations", nil).fails(429, fn.CodeResourceExhausted)
	busy.Wait()
}

// refusing is a store that can be told not to keep documents and jobs.
type refusing struct {
	store.Store
	now atomic.Bool
}

type refusingBucket struct {
	store.Bucket
	s *refusing
}

var errDisk = errors.New("no space left on device")

func (r *refusing) Bucket(ctx context.Context, name string) (store.Bucket, error) {
	b, err := r.Store.Bucket(ctx, name)
	return &refusingBucket{b, r}, err
}

func (b *refusingBucket) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if b.s.now.Load() {
		return 0, errDisk
	}
	return b.Bucket.Put(ctx, key, value, revision)
}

func (b *refusingBucket) Delete(ctx context.Context, key string, revision uint64) error {
	if b.s.now.Load() {
		return errDisk
	}
	return b.Bucket.Delete(ctx, key, revision)
}

func TestErrors_WhatTheStoreDoesNotTakeIsAnInternalServerError(t *testing.T) {
	kept := &refusing{Store: memory.New()}
	t.Cleanup(func() { require.NoError(t, kept.Close()) })
	a := serveHost(t, host.Config{MaxEventBytes: maxEvent, MaxCodeBytes: maxCode, Store: kept}, fcapi.Config{})
	before := a.create("f", nil)
	kept.now.Store(true)
	const f = v + "/services/default/functions/f"
	for _, c := range [][2]string{{"POST", v + "/services/default/functions"}, {"PUT", f}, {"DELETE", f}, {"POST", v + "/services"}, {"POST", f + "/triggers"}, {"POST", v + "/services/default/versions"}} {
		body := function("g", object{"serviceName": "s", "triggerName": "t", "triggerType": "http", "triggerConfig": object{}})
		require.Contains(t, a.do(c[0], c[1], body).fails(500, fn.CodeInternal), "cannot be stored now: no space left on device", "%s %s", c[0], c[1])
	}
	kept.now.Store(false)
	require.Equal(t, before, a.do("GET", f, nil).ok(), "nothing has changed")
	a.do("DELETE", f, nil).nothing()
}

func TestErrors_OneOfTwoUpdatesAtOnceIsTold(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	seen := make(chan answer, 1000)
	end := time.Now().Add(patience)
	var updates sync.WaitGroup
	for range 8 {
		updates.Go(func() {
			for len(seen) == 0 && time.Now().Before(end) {
				got := a.do("PUT", v+"/services/default/functions/f", object{"code": object{"zipFile": moduleBase64}})
				if got.status != 200 {
					seen <- got
				}
			}
		})
	}
	updates.Wait()
	(<-seen).fails(409, fn.CodeConcurrentUpdate)
}

func TestErrors_OfSignaturesSayWhatTheyAre(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	path := v + "/services"
	require.Equal(t, "required HTTP header Authorization was not specified", a.do("GET", path, nil).fails(400, fn.CodeMissingRequiredHeader))
	require.Equal(t, "required HTTP header Date was not specified", a.do("GET", path, nil, "Authorization", "FC ak:x").fails(400, fn.CodeMissingRequiredHeader))
	require.Equal(t, "invalid access key ID 'nobody'",
		a.do("GET", path, nil, signed(t, must(sign.ParseKey("nobody:x")), "GET", path)...).fails(403, fn.CodeInvalidAccessKeyID))
	require.Equal(t, "The request signature we calculated does not match the signature you provided. Check your access key and signing method.",
		a.do("GET", path, nil, signed(t, must(sign.ParseKey("ak:wrong")), "GET", path)...).fails(403, fn.CodeSignatureNotMatch))
	require.Contains(t, a.do("GET", path, nil, "Authorization", "FC ak:x", "Date", "Sun, 22 Nov 2020 02:59:56 GMT").fails(403, fn.CodeAccessDenied), "more than 15m0s")
}

// bodied are the requests that have a JSON body.
var bodied = [][2]string{
	{"POST", v + "/services"}, {"PUT", v + "/services/default"}, {"POST", v + "/services/default/functions"}, {"PUT", v + "/services/default/functions/f"},
	{"POST", v + "/services/default/versions"}, {"POST", v + "/services/default/aliases"}, {"PUT", v + "/services/default/aliases/prod"},
	{"POST", v + "/services/default/functions/f/triggers"}, {"PUT", v + "/services/default/functions/f/triggers/t"},
	{"PUT", v + "/services/default/functions/f/on-demand-config"}, {"PUT", v + "/services/default/functions/f/async-invoke-config"},
}

// FuzzJSON sends any body to all that take one: each is an answer of the API, none is a failure of the host, and a function beside goes on.
func FuzzJSON(f *testing.F) {
	h := hosttest.New(f, host.Config{MaxCodeBytes: maxCode})
	srv := fcapi.New(h, fcapi.Config{})
	_, err := h.Deploy(f.Context(), fn.Function{Name: "steady", Code: webguest.Wasm})
	require.NoError(f, err)
	_, err = h.Deploy(f.Context(), fn.Function{Name: "f", Code: webguest.Wasm})
	require.NoError(f, err)
	for i := range bodied {
		for _, body := range []string{
			`{}`, `{"serviceName":"s","logConfig":{"project":null}}`, `{"functionName":"g","runtime":"wasm","handler":"handler","code":{"zipFile":"AGFzbQ=="}}`,
			`{"instanceLifecycleConfig":{"preFreeze":{"handler":"preFreeze","timeout":1e400},"preStop":null}}`, `{"environmentVariables":{"A":null}}`,
			`{"aliasName":"prod","versionId":"1","additionalVersionWeight":{"2":0.5}}`, `{"triggerName":"t","triggerType":"http","triggerConfig":{"methods":[null]}}`,
			`{"customContainerConfig":{"webServerMode":[]}}`, `{"maximumInstanceCount":1}`, `{"destinationConfig":{"onSuccess":{"destination":""}}}`, `null`, `[`, "\xff",
		} {
			f.Add(uint8(i), []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		to := bodied[int(which)%len(bodied)]
		var ctx fasthttp.RequestCtx
		ctx.Request.Header.SetMethod(to[0])
		ctx.Request.SetRequestURI(to[1])
		ctx.Request.SetBody(body)
		srv.Handler(&ctx)
		status := ctx.Response.StatusCode()
		require.NotEqual(t, 500, status, "%s", ctx.Response.Body())
		if status >= 300 {
			var e map[string]string
			require.NoError(t, json.Unmarshal(ctx.Response.Body(), &e))
			require.NotEmpty(t, e["ErrorCode"])
			require.NotEmpty(t, e["ErrorMessage"])
		}
		resp, err := h.Invoke(t.Context(), "steady", fn.Request{Body: body})
		require.NoError(t, err)
		require.Equal(t, string(body), string(resp.Body))
	})
}
