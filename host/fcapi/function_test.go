package fcapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/internal/webguest"
)

func TestFunction_LivesFromCreateToDelete(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.do("POST", v+"/services", object{"serviceName": "s"}).ok()
	made := a.do("POST", v+"/services/s/functions", function("f", object{
		"description": nil, "initializer": nil, "timeout": nil, "memorySize": 256, "layers": nil, "somethingElse": 5,
		"environmentVariables": object{"K": "v"},
		"code":                 object{"ossBucketName": nil, "ossObjectName": nil, "zipFile": moduleBase64},
	}))
	o := made.ok()
	require.NotContains(t, o, "code")
	require.Regexp(t, uuid, o["functionId"])
	require.Regexp(t, `^\d+$`, o["codeChecksum"])
	for field, want := range (object{
		"functionName": "f", "description": "", "runtime": "wasm", "handler": "index.handler", "initializer": "", "initializationTimeout": 3.0,
		"timeout": 3.0, "memorySize": 256.0, "instanceConcurrency": 1.0, "environmentVariables": object{"K": "v"}, "codeSize": float64(len(webguest.Wasm)),
		"instanceLifecycleConfig": object{"preFreeze": off, "preStop": off}, "layers": []any{}, "instanceType": "e1",
		"maxInstances": 100.0, "minInstances": 0.0, "idleTimeout": 180.0, "queueTimeout": 30.0, "queueLimit": 1000.0,
	}) {
		require.Equal(t, want, o[field], field)
	}
	etag := made.header.Get("ETag")
	require.Len(t, etag, 32)
	path := v + "/services/s/functions/f"
	require.Equal(t, o, a.do("GET", path, nil).ok())
	require.Equal(t, o, a.do("GET", v+"/services/s/functions", nil).ok()["functions"].([]any)[0])

	require.Equal(t, "function 'f' already exists in service 's'",
		a.do("POST", v+"/services/s/functions", function("f", nil)).fails(409, fn.CodeFunctionAlreadyExists))

	changed := a.do("PUT", path, object{"functionName": "ignored", "description": "words", "code": nil, "timeout": 7}, "If-Match", `"`+etag+`"`)
	c := changed.ok()
	require.Equal(t, "words", c["description"])
	require.Equal(t, "f", c["functionName"])
	require.Equal(t, 7.0, c["timeout"])
	for _, kept := range []string{"functionId", "codeChecksum", "createdTime", "memorySize", "environmentVariables"} {
		require.Equal(t, o[kept], c[kept], kept)
	}
	require.NotEqual(t, etag, changed.header.Get("ETag"))

	a.do("PUT", path, object{"description": "lost"}, "If-Match", etag).fails(412, fn.CodePreconditionFailed)
	a.do("DELETE", path+"?if-match="+etag, nil).fails(412, fn.CodePreconditionFailed)
	a.do("DELETE", path+"?if-match="+changed.header.Get("ETag"), nil).nothing()
	require.Equal(t, "function 'f' does not exist in service 's'", a.do("GET", path, nil).fails(404, fn.CodeFunctionNotFound))
}

func TestFunction_PutOnAMissingOneIsExactlyFunctionNotFound(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.do("PUT", v+"/services/default/functions/f", function("f", nil)).fails(404, fn.CodeFunctionNotFound)
	a.do("DELETE", v+"/services/default/functions/f", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("PUT", v+"/services/s/functions/f", function("f", nil)).fails(404, fn.CodeServiceNotFound)
}

func TestFunction_CreateMakesItsServiceOnlyWhenAsked(t *testing.T) {
	a := serve(t, fcapi.Config{})
	require.Equal(t, "service 's' does not exist", a.do("POST", v+"/services/s/functions", function("f", nil)).fails(404, fn.CodeServiceNotFound))
	a.do("POST", v+"/services/s/functions?createService=true", function("f", object{"timeout": 0})).fails(400, fn.CodeInvalidArgument)
	a.do("GET", v+"/services/s", nil).fails(404, fn.CodeServiceNotFound)
	a.do("POST", v+"/services/s/functions?createService=true", function("f", nil)).ok()
	a.do("GET", v+"/services/s", nil).ok()
	a.do("POST", v+"/services/a.b/functions?createService=true", function("f", nil)).fails(404, fn.CodeServiceNotFound)
	a.do("POST", v+"/services/1x/functions?createService=true", function("f", nil)).fails(400, fn.CodeInvalidArgument)
}

func TestFunction_UpdateReplacesTheEnvironmentWhole(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", object{"environmentVariables": object{"A": "1", "B": "2"}})
	path := v + "/services/default/functions/f"
	require.Equal(t, object{"A": "1", "B": "2"}, a.do("PUT", path, object{"environmentVariables": nil}).ok()["environmentVariables"])
	require.Equal(t, object{"C": "3"}, a.do("PUT", path, object{"environmentVariables": object{"C": "3"}}).ok()["environmentVariables"])
	require.Equal(t, object{}, a.do("PUT", path, object{"environmentVariables": object{}}).ok()["environmentVariables"])
}

func TestFunction_HasAListOfAllowedHosts(t *testing.T) {
	a := serve(t, fcapi.Config{})
	const path = v + "/services/default/functions/f"
	require.Equal(t, []any{}, a.create("f", object{})["allowHosts"])
	require.Equal(t, []any{"a.example", "b.example:443"}, a.do("PUT", path, object{"allowHosts": []string{"a.example", "b.example:443"}}).ok()["allowHosts"])
	require.Len(t, a.do("PUT", path, object{"allowHosts": nil, "description": "x"}).ok()["allowHosts"], 2, "absent and null keep it")
	require.Equal(t, []any{}, a.do("PUT", path, object{"allowHosts": []string{}}).ok()["allowHosts"])
}

func TestFunction_TakesLullsOwnLimits(t *testing.T) {
	a := serve(t, fcapi.Config{})
	o := a.create("f", object{"maxInstances": 3, "minInstances": 1, "idleTimeout": -1, "queueTimeout": 5, "queueLimit": 0, "memorySize": 1,
		"instanceConcurrency": 200, "initializer": "initializer", "initializationTimeout": 9})
	for field, want := range (object{"maxInstances": 3.0, "minInstances": 1.0, "idleTimeout": -1.0, "queueTimeout": 5.0, "queueLimit": 0.0,
		"instanceConcurrency": 200.0, "initializer": "initializer", "initializationTimeout": 9.0}) {
		require.Equal(t, want, o[field], field)
	}
	path := v + "/services/default/functions/f"
	again := a.do("PUT", path, o).ok()
	for _, own := range []string{"lastModifiedTime"} {
		delete(again, own)
		delete(o, own)
	}
	require.Equal(t, o, again, "writing back what was read changes nothing")
	off := a.do("PUT", path, object{"initializer": "", "idleTimeout": 60}).ok()
	require.Equal(t, "", off["initializer"])
	require.Equal(t, 3.0, off["initializationTimeout"])
	require.Equal(t, 60.0, off["idleTimeout"])
}
