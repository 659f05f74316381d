package fcapi_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
)

func TestInvoke_AnswersTheEventAndTellsHowItWent(t *testing.T) {
	a := serve(t, fcapi.Config{})
	o := a.create("f", nil)
	path := v + "/services/default.LATEST/functions/f/invocations"
	got := a.do("POST", path, "hello")
	require.Equal(t, 200, got.status, got.body)
	require.Equal(t, "hello", got.body)
	require.Equal(t, "application/octet-stream", got.header.Get("Content-Type"))
	require.Regexp(t, `^c-[0-9a-f]{8}-[0-9a-f]{20}$`, got.header.Get("X-Fc-Instance-Id"))
	require.Regexp(t, `^\d+(\.\d{1,3})?$`, got.header.Get("X-Fc-Invocation-Duration"))
	require.Equal(t, "0.13", got.header.Get("X-Fc-Max-Memory-Usage"))
	require.Equal(t, "LATEST", got.header.Get("X-Fc-Invocation-Service-Version"))
	require.Equal(t, o["codeChecksum"], got.header.Get("X-Fc-Code-Checksum"))
	require.Contains(t, got.header.Get("Access-Control-Expose-Headers"), "x-fc-log-result")
	require.NotContains(t, got.header, "X-Fc-Log-Result")
	require.NotContains(t, got.header, "X-Fc-Error-Type")

	got = a.do("POST", path, nil)
	require.Equal(t, 200, got.status)
	require.Empty(t, got.body)
	a.do("POST", v+"/services/default/functions/missing/invocations", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("POST", v+"/services/missing/functions/f/invocations", nil).fails(404, fn.CodeServiceNotFound)
}

func TestInvoke_AnswersFaultsWith200AndTheirType(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("steady", nil)
	a.create("refuse", object{"handler": "refuse"})
	a.create("trap", object{"handler": "trap"})
	a.create("badinit", object{"initializer": "badInitializer"})
	for name, kind := range map[string]string{
		"refuse": "HandledInvocationError", "trap": "UnhandledInvocationError", "badinit": "InitializationError",
	} {
		got := a.do("POST", v+"/services/default/functions/"+name+"/invocations", "x")
		o := got.ok()
		require.Equal(t, kind, got.header.Get("X-Fc-Error-Type"), name)
		require.Len(t, o, 3)
		require.Contains(t, o, "errorMessage")
		require.Contains(t, o, "errorType")
		require.IsType(t, []any{}, o["stackTrace"])
	}
	a.undisturbed()
}

func TestInvoke_IgnoresStatusAndHeadersOfTheFunction(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("teapot", object{"handler": "teapot"})
	got := a.do("POST", v+"/services/default/functions/teapot/invocations", nil)
	require.Equal(t, 200, got.status)
	require.Equal(t, "short and stout", got.body)
	require.Equal(t, "application/octet-stream", got.header.Get("Content-Type"))
	require.NotContains(t, got.header, "X-Tea")
}

func logResult(t *testing.T, got answer) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(got.header.Get("X-Fc-Log-Result"))
	require.NoError(t, err)
	return string(text)
}

func TestInvoke_TailsTheLogOfTheRequest(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("say", object{"maxInstances": 1, "handler": "say", "initializer": "initializer", "instanceLifecycleConfig": object{"preFreeze": on("preFreeze", 3)}})
	path := v + "/services/default/functions/say/invocations"
	cold := logResult(t, a.do("POST", path, nil, "X-Fc-Log-Type", "Tail"))
	require.True(t, strings.HasPrefix(cold, "FC Initialize Start RequestId: "), cold)

	got := a.do("POST", path, nil, "x-fc-log-type", "Tail", "x-fc-invocation-type", "Sync")
	id := got.header.Get("X-Fc-Request-Id")
	require.Equal(t, "FC Invoke Start RequestId: "+id+"\nsaid something\nFC Invoke End RequestId: "+id+"\n", logResult(t, got))

	require.NotContains(t, a.do("POST", path, nil, "X-Fc-Log-Type", "None").header, "X-Fc-Log-Result")
	a.do("PUT", v+"/services/default/functions/say", object{"instanceConcurrency": 2}).ok()
	got = a.do("POST", path, nil, "X-Fc-Log-Type", "Tail")
	require.Equal(t, 200, got.status)
	require.NotContains(t, got.header, "X-Fc-Log-Result", "lines of several requests would mix")
}

func TestInvoke_TailsAtMostTheLast4KB(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("chatter", object{"handler": "chatter"})
	got := a.do("POST", v+"/services/default/functions/chatter/invocations", strings.Repeat("x", 1000), "X-Fc-Log-Type", "Tail")
	tail := logResult(t, got)
	require.Len(t, tail, 4096)
	require.True(t, strings.HasSuffix(tail, "said something\nFC Invoke End RequestId: "+got.header.Get("X-Fc-Request-Id")+"\n"), tail)
}

func TestInvoke_RefusesTypesThatItDoesNotHave(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	for _, c := range []struct{ kind, log, says string }{
		{"", "Invalid", "LogType is set to an invalid value (allowed: Tail | None, actual: 'Invalid')"},
		{"Async", "Tail", "LogType is set to an invalid value (allowed: None, actual: 'Tail')"},
		{"Later", "", "InvocationType is set to an invalid value (allowed: Sync | Async, actual: 'Later')"},
	} {
		got := a.do("POST", v+"/services/default/functions/f/invocations", nil, "X-Fc-Invocation-Type", c.kind, "X-Fc-Log-Type", c.log)
		require.Equal(t, c.says, got.fails(400, fn.CodeInvalidArgument))
	}
	usage, err := a.host.Usage(fn.Key{Service: "default", Name: "f"})
	require.NoError(t, err)
	require.Zero(t, usage.Requests)
}

func TestInstances_ListsIdsAndVersionsAsNumbers(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	path := v + "/services/default/functions/f/instances"
	require.Equal(t, []any{}, a.do("GET", path, nil).ok()["instances"])
	id := a.do("POST", v+"/services/default/functions/f/invocations", nil).header.Get("X-Fc-Instance-Id")
	got := a.do("GET", path+"?limit=10", nil)
	require.Equal(t, object{
		"instances": []any{object{"instanceId": id, "versionId": 0.0}}, "requestId": got.header.Get("X-Fc-Request-Id"),
	}, got.ok())
	a.do("GET", v+"/services/default/functions/g/instances", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("GET", path+"?limit=0", nil).fails(400, fn.CodeInvalidArgument)
}
