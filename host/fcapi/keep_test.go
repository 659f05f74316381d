package fcapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
)

// awaitInstances waits until f has n instances at a qualifier, all of them paused.
func (a *api) awaitInstances(qualifier string, n int) {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		v, err := a.host.FunctionAt(fn.Key{Service: "default", Name: "f"}, qualifier)
		require.NoError(a.t, err)
		infos := v.Pool.Instances()
		for _, i := range infos {
			if i.State != "paused" {
				return false
			}
		}
		return len(infos) == n
	}, patience, tick, "%d paused instances", n)
}

func (a *api) preStops() int {
	return strings.Count(a.do("GET", "/_lull/logs?function=f&hook=PreStop", nil).body, "FC PreStop End")
}

func TestProvision_KeepsInstancesReadyAndReleasesThemWithPreStop(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", object{"instanceLifecycleConfig": object{"preStop": on("preStop", 5)}})
	path := v + "/services/default.LATEST/functions/f/provision-config"
	require.Equal(t, object{"resource": "#default#LATEST#f", "target": 0.0, "current": 0.0}, a.do("GET", path, nil).ok())
	o := a.do("PUT", path, object{"target": 3, "scheduledActions": []any{}}).ok()
	require.Equal(t, "#default#LATEST#f", o["resource"])
	require.Equal(t, 3.0, o["target"])
	a.awaitInstances("", 3)
	require.Equal(t, 3.0, a.do("GET", path, nil).ok()["current"])
	require.Equal(t, 200, a.do("POST", v+"/services/default/functions/f/invocations", "x").status)
	a.awaitInstances("", 3)

	a.do("PUT", v+"/services/default/functions/f", object{"timeout": 9}).ok()
	a.awaitInstances("", 3)
	require.Eventually(t, func() bool { return a.preStops() == 3 }, patience, tick, "the old version's")

	a.do("PUT", path, object{"target": 1}).ok()
	a.awaitInstances("", 1)
	a.do("PUT", path, object{"target": 0}).ok()
	a.awaitInstances("", 0)
	require.Eventually(t, func() bool { return a.preStops() == 6 }, patience, tick)
}

func TestProvision_FollowsItsAlias(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.twoVersions()
	a.do("POST", v+"/services/default/aliases", object{"aliasName": "prod", "versionId": "1"}).ok()
	a.do("PUT", v+"/services/default.prod/functions/f/provision-config", object{"target": 2}).ok()
	a.awaitInstances("1", 2)
	a.do("PUT", v+"/services/default.1/functions/f/provision-config", object{"target": 1}).ok()
	a.awaitInstances("1", 3)
	a.do("PUT", v+"/services/default/aliases/prod", object{"versionId": "2"}).ok()
	a.awaitInstances("1", 1)
	a.awaitInstances("2", 2)

	list := func(query string) []string {
		return namesOf(a.do("GET", v+"/provision-configs?"+query, nil).ok()["provisionConfigs"], "resource")
	}
	require.Equal(t, []string{"#default#1#f", "#default#prod#f"}, list(""))
	require.Equal(t, []string{"#default#prod#f"}, list("qualifier=prod&serviceName=default"))
	require.Equal(t, []string{}, list("serviceName=other"))
	require.Equal(t, []string{"#default#1#f"}, list("limit=1"))
	a.do("DELETE", v+"/services/default/aliases/prod", nil).nothing()
	a.awaitInstances("2", 0)
	require.Equal(t, []string{"#default#1#f"}, list(""))
	a.do("DELETE", v+"/services/default/versions/1", nil).nothing()
	require.Equal(t, []string{}, list(""))
}

func TestOnDemand_BoundsTheInstancesThatRequestsStart(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", object{"instanceLifecycleConfig": object{"preStop": on("preStop", 5)}})
	path := v + "/services/default/functions/f/on-demand-config"
	a.do("GET", path, nil).fails(404, fn.CodeOnDemandConfigNotFound)
	a.do("DELETE", path, nil).fails(404, fn.CodeOnDemandConfigNotFound)
	require.Equal(t, 200, a.do("POST", v+"/services/default/functions/f/invocations", "x").status)
	a.awaitInstances("", 1)
	want := object{"resource": "services/default.LATEST/functions/f", "maximumInstanceCount": 0.0}
	require.Equal(t, want, a.do("PUT", path, object{"maximumInstanceCount": 0}).ok())
	require.Equal(t, want, a.do("GET", path, nil).ok())
	a.awaitInstances("", 0)
	require.Eventually(t, func() bool { return a.preStops() == 1 }, patience, tick)
	require.Contains(t, a.do("POST", v+"/services/default/functions/f/invocations", "x").fails(429, fn.CodeResourceExhausted), "may have no instances")
	require.Equal(t, []string{"services/default.LATEST/functions/f"}, namesOf(a.do("GET", v+"/on-demand-configs", nil).ok()["configs"], "resource"))
	a.do("DELETE", path, nil).nothing()
	require.Equal(t, 200, a.do("POST", v+"/services/default/functions/f/invocations", "x").status)
	require.Equal(t, []any{}, a.do("GET", v+"/on-demand-configs", nil).ok()["configs"])
}

func TestKeep_RefusesWhatCannotBe(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	for config, field := range map[string]string{"provision-config": "target", "on-demand-config": "maximumInstanceCount"} {
		path := v + "/services/default/functions/f/" + config
		for _, n := range []any{nil, -1, 100_001, 1.5, "1"} {
			a.do("PUT", path, object{field: n}).fails(400, fn.CodeInvalidArgument)
		}
		a.do("PUT", strings.Replace(path, "default", "default.7", 1), object{field: 1}).fails(404, fn.CodeVersionNotFound)
		a.do("PUT", strings.Replace(path, "default", "default.prod", 1), object{field: 1}).fails(404, fn.CodeAliasNotFound)
		a.do("PUT", strings.Replace(path, "/f/", "/g/", 1), object{field: 1}).fails(404, fn.CodeFunctionNotFound)
		a.do("GET", strings.Replace(path, "/f/", "/g/", 1), nil).fails(404, fn.CodeFunctionNotFound)
	}
}
