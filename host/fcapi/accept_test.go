package fcapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

// TestA6_AnswersWithoutABodyHaveNoContentType: one client parses whatever calls itself JSON.
func TestA6_AnswersWithoutABodyHaveNoContentType(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	a.publish()
	function := v + "/services/default/functions/f"
	got := a.do("POST", function+"/invocations", "event", "X-Fc-Invocation-Type", "Async")
	require.Equal(t, 202, got.status)
	require.Empty(t, got.body)
	require.NotContains(t, got.header, "Content-Type")

	a.trigger("t", "anonymous", nil).ok()
	a.do("PUT", function+"/on-demand-config", object{"maximumInstanceCount": 1}).ok()
	a.do("PUT", function+"/async-invoke-config", object{"maxAsyncRetryAttempts": 1}).ok()
	a.do("POST", v+"/services/default/aliases", object{"aliasName": "x", "versionId": "1"}).ok()
	a.do("POST", v+"/services", object{"serviceName": "s"}).ok()
	for _, path := range []string{
		function + "/triggers/t", function + "/on-demand-config", function + "/async-invoke-config", v + "/services/default/aliases/x",
		v + "/services/default/versions/1", function, v + "/services/s",
	} {
		a.do("DELETE", path, nil).nothing()
	}
}

func TestA7_PreFreezeIsRefusedWhereTheRuntimeMayNotHaveIt(t *testing.T) {
	a := serve(t, fcapi.Config{})
	may := map[string]bool{
		"nodejs14": true, "java11": true, "go1": true, "custom": true, "custom.debian10": true, "custom-container": true, "wasm": true,
		"python2.7": false, "python3": false, "python3.9": false, "python3.10": false, "php7.2": false, "dotnetcore2.1": false, "dotnetcore3.1": false,
	}
	n := 0
	for runtime, allowed := range may {
		create := func(config object) answer {
			n++
			return a.do("POST", v+"/services/default/functions", function(fmt.Sprintf("f%d", n), object{"runtime": runtime, "instanceLifecycleConfig": config}))
		}
		refused := fmt.Sprintf("InstanceLifecycleConfig.PreFreeze is not supported for runtime '%s'", runtime)
		if got := create(object{"preFreeze": on("index.preFreeze", 10)}); allowed {
			require.Equal(t, on("index.preFreeze", 10), got.ok()["instanceLifecycleConfig"].(object)["preFreeze"])
		} else {
			require.Equal(t, refused, got.fails(400, fn.CodeInvalidArgument))
		}
		create(object{"preFreeze": object{"handler": ""}, "preStop": object{"handler": ""}}).ok()
		o := create(object{"preFreeze": object{"handler": "", "timeout": "ignored"}, "preStop": on("index.preStop", 10)}).ok()
		require.Equal(t, object{"preFreeze": off, "preStop": on("index.preStop", 10)}, o["instanceLifecycleConfig"])

		path := v + "/services/default/functions/" + o["functionName"].(string)
		got := a.do("PUT", path, object{"instanceLifecycleConfig": object{"preFreeze": object{"handler": "preFreeze"}}})
		if !allowed {
			require.Equal(t, refused, got.fails(400, fn.CodeInvalidArgument))
			require.Equal(t, o["instanceLifecycleConfig"], a.do("GET", path, nil).ok()["instanceLifecycleConfig"], "nothing has changed")
		}
		a.do("PUT", path, object{"instanceLifecycleConfig": object{"preFreeze": object{"handler": ""}, "preStop": on("preStop", 5)}}).ok()
	}
}

// lines are the messages that a query of the logs of f finds.
func (a *api) lines(query string) []string {
	return messages(a.do("GET", "/_lull/logs?function=f&query="+url.QueryEscape(query), nil).ok())
}

// probed makes f of the guest that does what its event says.
func (a *api) probed(more object) {
	o := object{"handler": "handler", "code": object{"zipFile": hosttest.Probe}, "maxInstances": 1}
	for k, v := range more {
		o[k] = v
	}
	a.create("f", o)
}

// ran invokes f and returns the instance that ran it.
func (a *api) ran(event string) string {
	a.t.Helper()
	got := a.do("POST", v+"/services/default/functions/f/invocations", event)
	require.Equal(a.t, 200, got.status, got.body)
	require.Empty(a.t, got.header.Get("X-Fc-Error-Type"), got.body)
	return got.header.Get("X-Fc-Instance-Id")
}

func TestA11_IdleStopsAndUpdatesRunPreStopOnTheOldInstance(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.probed(object{"idleTimeout": 1, "instanceLifecycleConfig": object{"preFreeze": on("preFreeze", 3), "preStop": on("preStop", 1)}})
	stopped := func(instance string) []string {
		t.Helper()
		var lines []string
		require.Eventually(t, func() bool { lines = a.lines(instance + " and PreStop"); return len(lines) == 2 }, patience, tick)
		require.True(t, strings.HasPrefix(lines[0], "FC PreStop Start RequestId: "), lines[0])
		require.True(t, strings.HasPrefix(lines[1], "FC PreStop End RequestId: "), lines[1])
		return lines
	}
	idle := a.ran("c")
	stopped(idle)

	path := v + "/services/default/functions/f"
	a.do("PUT", path, object{"idleTimeout": -1}).ok()
	for _, change := range []object{{"description": "configuration"}, {"code": object{"zipFile": hosttest.Probe}}} {
		old := a.ran("c")
		a.do("PUT", path, change).ok()
		require.NotEqual(t, old, a.ran("c"), "later requests have other instances")
		stopped(old)
	}

	// A hook past its timeout ends there, and the instance with it. Without preFreeze, which would loop as well.
	a.do("PUT", path, object{"instanceLifecycleConfig": object{"preFreeze": object{"handler": ""}}}).ok()
	loops := a.ran("Ml")
	a.do("PUT", path, object{"description": "and again"}).ok()
	require.Contains(t, stopped(loops)[1], ", Error: Unhandled function error")
	require.NotEqual(t, loops, a.ran("c"))
}

func TestA14_HooksOfAContainerWithoutAWebServerAreKeptAndNeverCalled(t *testing.T) {
	a := serve(t, fcapi.Config{})
	config := object{"image": "registry/app:v1", "webServerMode": false}
	both := object{"preFreeze": on("index.preFreeze", 10), "preStop": on("index.preStop", 20)}
	a.probed(object{"runtime": "custom-container", "customContainerConfig": config, "initializer": "initializer", "instanceLifecycleConfig": both})
	path := v + "/services/default/functions/f"
	o := a.do("GET", path, nil).ok()
	require.Equal(t, both, o["instanceLifecycleConfig"])
	require.Equal(t, config, o["customContainerConfig"])
	a.ran("c")
	a.awaitPaused("f")
	require.Equal(t, []byte{4, 0, 0, 0}, []byte(a.do("POST", path+"/invocations", "c").body), "no preFreeze has added to the count")
	a.awaitPaused("f")
	a.do("POST", "/_lull/stop?function=f", nil).ok()
	require.Equal(t, 4, len(a.lines("FC")), "two requests, no hook")
	require.Empty(t, a.lines("PreFreeze or PreStop or Initialize"))

	a.do("PUT", path, object{"customContainerConfig": object{"image": "registry/app:v1"}}).ok()
	a.ran("c")
	a.awaitPaused("f")
	a.do("POST", "/_lull/stop?function=f", nil).ok()
	require.Len(t, a.lines("PreFreeze or PreStop or Initialize"), 6, "with a web server, which is the default, they run")
	a.do("PUT", path, object{"customContainerConfig": object{"webServerMode": "no"}}).fails(400, fn.CodeInvalidArgument)
}

func TestFunction_KeepsTheSettingsThatItDoesNotActUpon(t *testing.T) {
	a := serve(t, fcapi.Config{})
	settings := object{
		"instanceType": "c1", "caPort": 8080.0, "layers": []any{"acs:fc:::layers/l/versions/1"}, "customRuntimeConfig": object{"command": []any{"sh"}},
		"customDNS": object{"nameServers": nil, "searches": nil, "dnsOptions": nil}, "customContainerConfig": object{"image": "i", "command": `["sh"]`},
	}
	o := a.create("f", settings)
	path := v + "/services/default/functions/f"
	updated := a.do("PUT", path, object{"caPort": nil, "layers": []any{}, "instanceType": "e1"}).ok()
	for name, want := range settings {
		require.Equal(t, want, o[name], name)
	}
	require.Equal(t, 8080.0, updated["caPort"])
	require.Equal(t, []any{}, updated["layers"])
	require.Equal(t, "e1", updated["instanceType"])
	for name, value := range (object{"instanceType": "z9", "caPort": 70000, "layers": "x", "customDNS": 5, "customRuntimeConfig": []any{}}) {
		a.do("PUT", path, object{name: value}).fails(400, fn.CodeInvalidArgument)
	}
	a.publish()
	require.Equal(t, 8080.0, a.do("GET", v+"/services/default.1/functions/f", nil).ok()["caPort"])
}
