package fcapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
)

const triggersOfF = v + "/services/default/functions/f/triggers"

// trigger makes an http trigger of function f and returns the answer.
func (a *api) trigger(name, auth string, more object) answer {
	a.t.Helper()
	o := object{"triggerName": name, "triggerType": "http", "triggerConfig": object{"authType": auth}}
	for k, v := range more {
		o[k] = v
	}
	return a.do("POST", triggersOfF, o)
}

func TestTrigger_LivesFromCreateToDelete(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	// As one client sends it: what is not set as null, and an ARN that http triggers do not have.
	made := a.do("POST", triggersOfF, `{"triggerName":"t","description":null,"sourceArn":"dummy_arn","triggerType":"http","invocationRole":"",
		"triggerConfig":{"authType":"anonymous","methods":["GET","POST"]},"qualifier":null}`)
	o := made.ok()
	require.Regexp(t, uuid, o["triggerId"])
	require.Equal(t, object{
		"triggerName": "t", "triggerId": o["triggerId"], "description": "", "sourceArn": nil, "triggerType": "http", "invocationRole": "",
		"qualifier": "LATEST", "triggerConfig": object{"authType": "anonymous", "methods": []any{"GET", "POST"}},
		"createdTime": o["createdTime"], "lastModifiedTime": o["lastModifiedTime"],
	}, o)
	etag := made.header.Get("ETag")
	require.Len(t, etag, 32)
	require.Equal(t, "trigger 't' already exists in function 'f' of service 'default'", a.trigger("t", "anonymous", nil).fails(409, fn.CodeTriggerAlreadyExists))
	require.Equal(t, o, a.do("GET", triggersOfF+"/t", nil).ok())

	changed := a.do("PUT", triggersOfF+"/t", object{"description": "words", "triggerConfig": nil}, "If-Match", etag)
	require.Equal(t, "words", changed.ok()["description"])
	require.Equal(t, o["triggerConfig"], changed.ok()["triggerConfig"])
	a.do("PUT", triggersOfF+"/t", object{"description": "lost"}, "If-Match", etag).fails(412, fn.CodePreconditionFailed)
	o = a.do("PUT", triggersOfF+"/t", object{"triggerConfig": object{"disableURLInternet": true}}).ok()
	require.Equal(t, "function", o["triggerConfig"].(object)["authType"], "the default")
	require.Len(t, o["triggerConfig"].(object)["methods"], 7)
	require.Equal(t, true, o["triggerConfig"].(object)["disableURLInternet"])

	a.do("POST", triggersOfF, object{"triggerName": "daily", "triggerType": "timer", "sourceArn": "arn", "triggerConfig": object{"cronExpression": "@daily"}}).ok()
	require.Equal(t, "arn", a.do("GET", triggersOfF+"/daily", nil).ok()["sourceArn"])
	require.Equal(t, []string{"daily", "t"}, namesOf(a.do("GET", triggersOfF, nil).ok()["triggers"], "triggerName"))
	require.Equal(t, []string{"t"}, namesOf(a.do("GET", triggersOfF+"?startKey=e", nil).ok()["triggers"], "triggerName"))

	a.do("DELETE", triggersOfF+"/t?if-match="+etag, nil).fails(412, fn.CodePreconditionFailed)
	a.do("DELETE", triggersOfF+"/t", nil).nothing()
	a.do("GET", triggersOfF+"/t", nil).fails(404, fn.CodeTriggerNotFound)
	a.do("PUT", triggersOfF+"/t", object{}).fails(404, fn.CodeTriggerNotFound)
	a.do("DELETE", triggersOfF+"/t", nil).fails(404, fn.CodeTriggerNotFound)
	a.do("GET", v+"/services/default/functions/g/triggers/t", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("GET", v+"/services/s/functions/g/triggers", nil).fails(404, fn.CodeServiceNotFound)

	a.do("DELETE", v+"/services/default/functions/f", nil).nothing()
	a.create("f", nil)
	require.Equal(t, []any{}, a.do("GET", triggersOfF, nil).ok()["triggers"], "triggers go with their function")
}

func TestTrigger_RefusesWhatCannotBe(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	for _, more := range []object{
		{"triggerName": ""}, {"triggerName": "a/b"}, {"triggerType": nil}, {"triggerType": "smoke"}, {"triggerConfig": nil}, {"triggerConfig": "x"},
		{"triggerConfig": []any{}}, {"triggerConfig": object{"authType": "none"}}, {"triggerConfig": object{"methods": []string{"BREW"}}},
		{"triggerConfig": object{"methods": "GET"}}, {"triggerConfig": object{"authType": 5}},
	} {
		a.trigger("t", "anonymous", more).fails(400, fn.CodeInvalidArgument)
	}
	a.trigger("t", "anonymous", object{"qualifier": "7"}).fails(404, fn.CodeVersionNotFound)
	a.trigger("t", "anonymous", object{"qualifier": "prod"}).fails(404, fn.CodeAliasNotFound)
	require.Equal(t, []any{}, a.do("GET", triggersOfF, nil).ok()["triggers"])
}

func TestProxy_ShowsTheFunctionItsPartOfTheRequest(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", object{"handler": "describe"})
	a.trigger("t", "anonymous", nil).ok()
	for path, want := range map[string][2]string{
		"/proxy/default/f": {"/", ""}, "/proxy/default/f/": {"/", ""}, "/proxy/default.LATEST/f/a%20b//c/?x=1&y=%2F": {"/a%20b//c/", "x=1&y=%2F"},
		"//proxy//default/f//x": {"//x", ""},
	} {
		got := a.do("PUT", v+path, nil, "X-Fc-Account-Id", "5", "A", "b")
		require.Equal(t, 200, got.status, got.body)
		lines := strings.Split(got.body, "\n")
		require.Equal(t, []string{"PUT", want[0], want[1], "127.0.0.1"}, lines[:4], path)
		require.NotContains(t, got.body, "X-Fc-Account-Id")
		require.Contains(t, lines, "A: b")
	}
	require.Contains(t, a.do("GET", v+"/proxy/default.LATEST/f/x", nil).body, "X-Fc-Base-Path: /2016-08-15/proxy/default.LATEST/f/\n")
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		require.True(t, strings.HasPrefix(a.do(method, v+"/proxy/default/f/", nil).body, method+"\n"))
	}
	require.Equal(t, 200, a.do("POST", v+"/proxy/default/f/", "x", "Origin", "https://elsewhere.example").status, "other sites' pages may call functions")
}

func TestProxy_AnswersAsTheFunctionDoes(t *testing.T) {
	a := serve(t, fcapi.Config{})
	o := a.create("f", object{"handler": "teapot"})
	a.trigger("t", "anonymous", object{"triggerConfig": object{"authType": "anonymous", "methods": []string{"GET"}}}).ok()
	got := a.do("GET", v+"/proxy/default/f/", nil)
	require.Equal(t, 418, got.status)
	require.Equal(t, "short and stout", got.body)
	require.Equal(t, "green", got.header.Get("X-Tea"))
	require.Equal(t, "text/html", got.header.Get("Content-Type"))
	require.Equal(t, "LATEST", got.header.Get("X-Fc-Invocation-Service-Version"))
	require.Equal(t, o["codeChecksum"], got.header.Get("X-Fc-Code-Checksum"))
	require.Regexp(t, `^c-`, got.header.Get("X-Fc-Instance-Id"))

	got = a.do("POST", v+"/proxy/default/f/", nil)
	got.fails(405, fn.CodeMethodNotAllowed)
	require.Equal(t, "GET", got.header.Get("Allow"))

	a.do("PUT", v+"/services/default/functions/f", object{"handler": "refuse"}).ok()
	got = a.do("GET", v+"/proxy/default/f/", nil)
	require.Equal(t, 502, got.status)
	require.Equal(t, "HandledInvocationError", got.header.Get("X-Fc-Error-Type"))
	var fault object
	require.NoError(t, json.Unmarshal([]byte(got.body), &fault))
	require.Equal(t, "no name", fault["errorMessage"])

	a.do("GET", v+"/proxy/default/g/", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("GET", v+"/proxy/s/g/", nil).fails(404, fn.CodeServiceNotFound)
	a.do("GET", v+"/proxy/default.1/f/", nil).fails(404, fn.CodeVersionNotFound)
	a.do("GET", v+"/proxy/default", nil).fails(400, fn.CodePathNotSupported)
	a.do("DELETE", triggersOfF+"/t", nil).nothing()
	require.Contains(t, a.do("GET", v+"/proxy/default/f/", nil).fails(404, fn.CodeTriggerNotFound), "no http trigger with qualifier 'LATEST'")
	a.raw("GET "+v+"/proxy/default/f/"+strings.Repeat("a", 4096)+" HTTP/1.1\r\nHost: h\r\n\r\n").fails(400, fn.CodeInvalidArgument)
	a.raw("GET "+v+"/proxy/default/f/ HTTP/1.1\r\nHost: h\r\nA: "+strings.Repeat("a", 8192)+"\r\n\r\n").fails(400, fn.CodeInvalidArgument)
}

func TestProxy_GoesToTheVersionOfItsTrigger(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.twoVersions()
	a.do("POST", v+"/services/default/aliases", object{"aliasName": "prod", "versionId": "2"}).ok()
	a.trigger("t", "anonymous", object{"qualifier": "prod"}).ok()
	got := a.do("POST", v+"/proxy/default.prod/f/", "event")
	require.Equal(t, "event", got.body)
	require.Equal(t, "2", got.header.Get("X-Fc-Invocation-Service-Version"))
	a.do("POST", v+"/proxy/default.1/f/", "event").fails(404, fn.CodeTriggerNotFound)
	a.do("POST", v+"/proxy/default/f/", "event").fails(404, fn.CodeTriggerNotFound)
}

func TestProxy_WithKeysLetsInWhoMayCome(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	do := func(method, path string, body any, header ...string) answer {
		a.t.Helper()
		return a.do(method, path, body, signed(t, firstKey, method, path, header...)...)
	}
	for _, name := range []string{"open", "closed", "none"} {
		do("POST", v+"/services/default/functions", function(name, nil)).ok()
	}
	for name, auth := range map[string]string{"open": "anonymous", "closed": "function"} {
		do("POST", v+"/services/default/functions/"+name+"/triggers", object{"triggerName": "t", "triggerType": "http", "triggerConfig": object{"authType": auth}}).ok()
	}
	require.Equal(t, "x", a.do("POST", v+"/proxy/default/open/", "x").body)
	for _, name := range []string{"closed", "none", "missing"} {
		a.do("POST", v+"/proxy/default/"+name+"/", "x").fails(400, fn.CodeMissingRequiredHeader)
	}
	require.Equal(t, "x", do("POST", v+"/proxy/default/closed/p?a=b", "x").body)
	do("POST", v+"/proxy/default/none/", "x").fails(404, fn.CodeTriggerNotFound)

	header := signed(t, firstKey, "POST", v+"/proxy/default/closed/p?a=b")
	a.do("POST", v+"/proxy/default/closed/p?a=c", "x", header...).fails(403, fn.CodeSignatureNotMatch)

	query, err := firstKey.URL("GET", v+"/proxy/default/closed/p", "a=b", time.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, 200, a.do("GET", v+"/proxy/default/closed/p?"+query, nil).status, "a signed URL")
	a.do("GET", v+"/proxy/default/closed/p?"+strings.Replace(query, "a=b", "a=c", 1), nil).fails(403, fn.CodeSignatureNotMatch)
	a.do("POST", v+"/proxy/default/closed/p?"+query, nil).fails(403, fn.CodeSignatureNotMatch)
	query, err = firstKey.URL("GET", v+"/proxy/default/closed/p", "", time.Now().Add(-time.Minute))
	require.NoError(t, err)
	a.do("GET", v+"/proxy/default/closed/p?"+query, nil).fails(403, fn.CodeAccessDenied)
}

func TestCode_CanBeFetchedWithoutASignatureForAWhile(t *testing.T) {
	a := serve(t, fcapi.Config{Keys: bothKeys})
	path := v + "/services/default/functions"
	o := a.do("POST", path, function("f", nil), signed(t, firstKey, "POST", path)...).ok()
	path += "/f/code"
	for _, header := range [][]string{nil, {"Host", "127.0.0.1"}} {
		got := a.do("GET", path, nil, append(header, signed(t, firstKey, "GET", path)...)...).ok()
		require.Equal(t, o["codeChecksum"], got["checksum"])
		url := got["url"].(string)
		require.True(t, strings.HasPrefix(url, "http://"+a.addr+"/_lull/code/"), url)
		address := strings.TrimPrefix(url, "http://"+a.addr)
		code := a.do("GET", address, nil)
		require.Equal(t, 200, code.status)
		require.Equal(t, "application/wasm", code.header.Get("Content-Type"))
		require.Len(t, code.body, int(o["codeSize"].(float64)))
		for _, bad := range []string{address[:len(address)-1], address + "A", "/_lull/code/x", "/_lull/code/" + strings.Repeat("A", 100), strings.Replace(address, "/code/", "/code/A", 1)} {
			a.do("GET", bad, nil).fails(403, fn.CodeAccessDenied)
		}
	}
	other := strings.Replace(path, "/f/", "/g/", 1)
	a.do("GET", other, nil, signed(t, firstKey, "GET", other)...).fails(404, fn.CodeFunctionNotFound)
}
