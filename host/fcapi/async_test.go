package fcapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
)

func TestInvoke_AnswersAnAsynchronousOneWith202AndNothing(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	got := a.do("POST", v+"/services/default/functions/f/invocations", "c", "X-Fc-Invocation-Type", "Async")
	require.Equal(t, 202, got.status)
	require.Empty(t, got.body)
	require.NotContains(t, got.header.Get("Content-Type"), "json")
	require.Len(t, got.header.Get("X-Fc-Request-Id"), 36)
	key := fn.Key{Service: "default", Name: "f"}
	require.Eventually(t, func() bool { u, err := a.host.Usage(key); return err == nil && u.Requests == 1 }, 30*time.Second, time.Millisecond)
	require.Eventually(t, func() bool {
		return len(a.do("GET", "/_lull/async?function=f", nil).ok()["invocations"].([]any)) == 0
	}, 30*time.Second, time.Millisecond)

	a.do("POST", v+"/services/default/functions/nobody/invocations", nil, "X-Fc-Invocation-Type", "Async").fails(404, fn.CodeFunctionNotFound)
	a.do("POST", v+"/services/default/functions/f/invocations", string(make([]byte, 128<<10+1)), "X-Fc-Invocation-Type", "Async").
		fails(400, fn.CodeEntityTooLarge)
	a.do("GET", "/_lull/async?function=nobody", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("GET", "/_lull/async?limit=1001", nil).fails(400, fn.CodeInvalidArgument)
}

func TestAsyncConfig_IsPutReadListedAndDeleted(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	path := v + "/services/default.LATEST/functions/f/async-invoke-config"
	a.do("GET", path, nil).fails(404, fn.CodeAsyncConfigNotExists)
	a.do("DELETE", path, nil).fails(404, fn.CodeAsyncConfigNotExists)
	got := a.do("PUT", path, object{
		"statefulInvocation": true, "maxAsyncEventAgeInSeconds": 60, "maxAsyncRetryAttempts": 0,
		"destinationConfig": object{"onFailure": object{"destination": "acs:fc:local::services/s.LATEST/functions/g"}},
	}).ok()
	require.Equal(t, "default", got["service"])
	require.Equal(t, "f", got["function"])
	require.Equal(t, "LATEST", got["qualifier"])
	require.Equal(t, true, got["statefulInvocation"])
	require.EqualValues(t, 60, got["maxAsyncEventAgeInSeconds"])
	require.EqualValues(t, 0, got["maxAsyncRetryAttempts"])
	require.NotEmpty(t, got["createdTime"])
	require.NotEmpty(t, got["lastModifiedTime"])
	require.Equal(t, map[string]any{"onFailure": map[string]any{"destination": "acs:fc:local::services/s.LATEST/functions/g"}}, got["destinationConfig"])
	require.Equal(t, got, a.do("GET", path, nil).ok())
	list := a.do("GET", v+"/services/default/functions/f/async-invoke-configs", nil).ok()
	require.Equal(t, []any{any(got)}, list["configs"])

	a.do("PUT", path, object{"maxAsyncRetryAttempts": 9}).fails(400, fn.CodeInvalidArgument)
	a.do("PUT", path, object{"destinationConfig": object{"onSuccess": object{"destination": "acs:mns:x"}}}).fails(400, fn.CodeInvalidArgument)
	require.Equal(t, got, a.do("GET", path, nil).ok(), "what was refused has changed nothing")
	require.Equal(t, 204, a.do("DELETE", path, nil).status)
	a.do("GET", path, nil).fails(404, fn.CodeAsyncConfigNotExists)
	a.do("PUT", v+"/services/default/functions/nobody/async-invoke-config", object{}).fails(404, fn.CodeFunctionNotFound)
	a.do("PUT", v+"/services/default.prod/functions/f/async-invoke-config", object{}).fails(404, fn.CodeAliasNotFound)
}
