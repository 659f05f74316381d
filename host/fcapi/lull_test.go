package fcapi_test

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/internal/webguest"
)

// invoke runs one event and returns its request and instance ids.
func (a *api) invoke(name, event string) (request, instance string) {
	a.t.Helper()
	got := a.do("POST", v+"/services/default/functions/"+name+"/invocations", event)
	require.Equal(a.t, 200, got.status, got.body)
	return got.header.Get("X-Fc-Request-Id"), got.header.Get("X-Fc-Instance-Id")
}

// awaitPaused waits until no instance of a function runs, so that its hooks have run too.
func (a *api) awaitPaused(name string) {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		for _, i := range a.host.Instances(fn.Key{Service: "default", Name: name}) {
			if i.State != "paused" {
				return false
			}
		}
		return true
	}, 10*time.Second, time.Millisecond)
}

func messages(o object) []string { return namesOf(o["records"], "message") }

func TestLull_FindsLogRecords(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("say", object{"handler": "say", "instanceLifecycleConfig": stored})
	first, instance := a.invoke("say", "")
	a.awaitPaused("say")
	second, _ := a.invoke("say", "")
	a.awaitPaused("say")

	all := a.do("GET", "/_lull/logs?service=default&function=say", nil).ok()
	require.Len(t, all["records"], 10)
	record := all["records"].([]any)[0].(object)
	require.Equal(t, "say", record["functionName"])
	require.Equal(t, instance, record["instanceID"])
	require.Equal(t, "FC Invoke Start RequestId: "+first, record["message"])

	require.Len(t, messages(a.do("GET", "/_lull/logs?function=say&request="+second, nil).ok()), 3)
	require.Len(t, messages(a.do("GET", "/_lull/logs?function=say&hook=prefreeze", nil).ok()), 4)
	require.Len(t, messages(a.do("GET", "/_lull/logs?function=say&instance="+instance, nil).ok()), 10)
	require.Empty(t, messages(a.do("GET", "/_lull/logs?function=say&instance=c-0", nil).ok()))
	seq := all["records"].([]any)[6].(object)["seq"].(float64)
	require.Len(t, messages(a.do("GET", "/_lull/logs?function=say&after="+strconv.FormatFloat(seq, 'f', 0, 64), nil).ok()), 3)
	require.Equal(t, all["records"].([]any)[9], a.do("GET", "/_lull/logs?function=say&limit=1", nil).ok()["records"].([]any)[0])

	a.do("GET", "/_lull/logs?function=say&after=x", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", "/_lull/logs?function=say&limit=-1", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", "/_lull/logs?function=other", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("GET", "/_lull/logs?service=s&function=say", nil).fails(404, fn.CodeServiceNotFound)
	a.do("GET", "/_lull/logs?service=s", nil).fails(404, fn.CodeServiceNotFound)
}

func TestLull_SearchesLogsOfManyFunctionsByQueryAndTime(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("say", object{"handler": "say", "instanceLifecycleConfig": stored})
	a.create("other", object{"handler": "say"})
	before := time.Now()
	request, instance := a.invoke("say", "")
	a.awaitPaused("say")
	a.invoke("other", "")
	a.awaitPaused("other")
	find := func(query string, more ...string) []string {
		return messages(a.do("GET", "/_lull/logs?query="+url.QueryEscape(query)+strings.Join(more, ""), nil).ok())
	}

	require.Len(t, find(""), 8, "of both functions")
	require.Equal(t, []string{"FC Invoke Start RequestId: " + request, "FC Invoke End RequestId: " + request}, find(instance+" and invoke"))
	require.Len(t, find(request), 3)
	require.Len(t, find("other AND default AND qualifier: LATEST"), 3)
	require.Len(t, find("source:guest"), 2, "the handlers' own lines")
	require.Len(t, find("source:guest", "&function=say"), 1)
	require.Len(t, find("hook:invoke", "&limit=4", "&service=default"), 4)
	require.Len(t, find("", "&from="+before.Format("2006-01-02T15:04:05.999999999Z07:00")), 8)
	require.Empty(t, find("", "&to="+strconv.FormatInt(before.Unix(), 10)))

	record := a.do("GET", "/_lull/logs?limit=1&function=say", nil).ok()["records"].([]any)[0].(object)
	require.Equal(t, "default", record["__topic__"])
	require.InDelta(t, time.Now().Unix(), record["__time__"], 60)

	got := a.do("GET", "/_lull/logs?query="+url.QueryEscape("x and (y"), nil).fails(400, fn.CodeInvalidArgument)
	require.Contains(t, got, "at character 7: a '(' that is not closed")
	a.do("GET", "/_lull/logs?from=noon", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", "/_lull/logs?to=99999999999999999999", nil).fails(400, fn.CodeInvalidArgument)
}

func TestLull_ShowsInstancesAndStopsThem(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", object{"instanceLifecycleConfig": stored})
	a.create("g", nil)
	_, id := a.invoke("f", "")
	a.invoke("g", "")
	a.awaitPaused("f")
	a.awaitPaused("g")

	require.Len(t, a.do("GET", "/_lull/instances", nil).ok()["instances"], 2)
	require.Len(t, a.do("GET", "/_lull/instances?service=default", nil).ok()["instances"], 2)
	one := a.do("GET", "/_lull/instances?function=f", nil).ok()["instances"].([]any)
	require.Len(t, one, 1)
	require.Equal(t, id, one[0].(object)["instanceId"])
	require.Equal(t, "paused", one[0].(object)["state"])
	a.do("GET", "/_lull/instances?function=nope", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("GET", "/_lull/instances?service=nope", nil).fails(404, fn.CodeServiceNotFound)

	a.do("POST", "/_lull/stop?function=f&instance=c-0", nil).fails(404, fn.CodeInstanceNotFound)
	a.do("POST", "/_lull/stop", nil).fails(400, fn.CodeInvalidArgument)
	require.Equal(t, object{"stopped": 1.0}, a.do("POST", "/_lull/stop?function=f&instance="+id, nil).ok())
	require.Len(t, messages(a.do("GET", "/_lull/logs?function=f&hook=PreStop", nil).ok()), 2, "preStop ran before the answer")
	require.Empty(t, a.do("GET", "/_lull/instances?function=f", nil).ok()["instances"])
	require.Equal(t, object{"stopped": 0.0}, a.do("POST", "/_lull/stop?function=f", nil).ok())
	require.Equal(t, object{"stopped": 1.0}, a.do("POST", "/_lull/stop?function=g", nil).ok())
	_, other := a.invoke("f", "")
	require.NotEqual(t, id, other)
}

func TestLull_ListsRequests(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	first, instance := a.invoke("f", "")
	second, _ := a.invoke("f", "")
	list := func(query string) []string {
		return namesOf(a.do("GET", "/_lull/requests?"+query, nil).ok()["requests"], "requestId")
	}
	require.Equal(t, []string{first, second}, list("function=f"))
	require.Equal(t, []string{first, second}, list("service=default"))
	require.Equal(t, []string{second}, list("limit=1&instance="+instance))
	require.Equal(t, []string{first}, list("request="+first))
	require.Empty(t, list("failed=true"))
	require.Empty(t, list("to=1"))
	a.do("GET", "/_lull/requests?failed=maybe", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", "/_lull/requests?from=maybe", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", "/_lull/requests?function=g", nil).fails(404, fn.CodeFunctionNotFound)
}

func TestLull_TellsWhatFunctionsCost(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	a.invoke("f", "")
	a.invoke("f", "")
	o := a.do("GET", "/_lull/usage?function=f", nil).ok()
	require.Equal(t, 2.0, o["requests"])
	require.Equal(t, "f", o["functionName"])
	all := a.do("GET", "/_lull/usage", nil).ok()
	require.Len(t, all["functions"], 1)
	service := all["services"].([]any)[0].(object)
	require.Equal(t, "default", service["serviceName"])
	require.Equal(t, 2.0, service["requests"])
	require.NotEmpty(t, service["hours"])
	a.do("GET", "/_lull/usage?from=yesterday", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", "/_lull/usage?function=g", nil).fails(404, fn.CodeFunctionNotFound)
}

func TestLull_GivesAnOverviewOfFunctions(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", object{"initializer": "initializer", "instanceLifecycleConfig": stored, "timeout": 9})
	a.do("POST", v+"/services/s/functions?createService=true", function("g", nil)).ok()
	a.invoke("f", "")
	a.awaitPaused("f")
	all := a.do("GET", "/_lull/functions", nil).ok()["functions"].([]any)
	require.Len(t, all, 2)
	startsBy := all[0].(object)["startsBy"]
	require.NotEmpty(t, startsBy)
	require.Equal(t, object{
		"serviceName": "default", "functionName": "f", "runtime": "wasm", "kind": "reactor", "handler": "index.handler",
		"initializer": "initializer", "preFreeze": "index.preFreeze", "preStop": "preStop", "memorySize": 128.0, "timeout": 9.0,
		"startsBy": startsBy, "url": "/f/", "instances": object{"paused": 1.0},
	}, all[0])
	some := a.do("GET", "/_lull/functions?service=s", nil).ok()["functions"].([]any)
	require.Len(t, some, 1)
	require.Equal(t, "/s/g/", some[0].(object)["url"])
	require.Equal(t, object{}, some[0].(object)["instances"])
	a.do("GET", "/_lull/functions?service=nope", nil).fails(404, fn.CodeServiceNotFound)
}

func TestLull_ListsRuntimes(t *testing.T) {
	a := serve(t, fcapi.Config{})
	list := a.do("GET", "/_lull/runtimes", nil).ok()["runtimes"]
	require.Contains(t, namesOf(list, "name"), "python3")
}

func TestLull_InspectsAModule(t *testing.T) {
	a := serve(t, fcapi.Config{})
	inspect := func(code []byte) answer {
		return a.do("POST", "/_lull/inspect", object{"code": object{"zipFile": code}})
	}
	o := inspect(webguest.Wasm).ok()
	require.Equal(t, "reactor", o["kind"])
	require.Contains(t, o["handlers"], "teapot")
	require.Equal(t, []any{"initializer", "preFreeze", "preStop"}, o["hooks"])
	inspect([]byte("hello")).fails(400, fn.CodeInvalidArgument)
	a.do("POST", "/_lull/inspect", "hello").fails(400, fn.CodeInvalidArgument)
	a.do("POST", "/_lull/inspect", nil).fails(400, fn.CodeInvalidArgument)
	inspect(append(bytes.Clone(webguest.Wasm), make([]byte, maxCode)...)).fails(400, fn.CodeEntityTooLarge)
}
