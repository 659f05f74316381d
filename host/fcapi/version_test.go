package fcapi_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

// publish makes one more version of service default and returns its id.
func (a *api) publish() string {
	a.t.Helper()
	a.do("PUT", v+"/services/default", object{"description": "something new"}).ok()
	return a.do("POST", v+"/services/default/versions", nil).ok()["versionId"].(string)
}

// twoVersions makes a function f that answers in another way in version 1, in version 2 and as LATEST.
func (a *api) twoVersions() {
	a.t.Helper()
	a.create("f", object{"handler": "say", "instanceLifecycleConfig": object{"preStop": on("preStop", 5)}})
	require.Equal(a.t, "1", a.publish())
	a.do("PUT", v+"/services/default/functions/f", object{"handler": "handler", "instanceLifecycleConfig": object{"preStop": object{"handler": ""}}}).ok()
	require.Equal(a.t, "2", a.publish())
	a.do("PUT", v+"/services/default/functions/f", object{"handler": "teapot"}).ok()
}

// ranAt invokes f at a qualifier and returns which version answered.
func (a *api) ranAt(qualifier string) string {
	a.t.Helper()
	got := a.do("POST", v+"/services/default"+qualifier+"/functions/f/invocations", "event")
	require.Equal(a.t, 200, got.status, got.body)
	version := got.header.Get("X-Fc-Invocation-Service-Version")
	require.Equal(a.t, map[string]string{"1": "", "2": "event", "LATEST": "short and stout"}[version], got.body, "the version's own code answers")
	return version
}

func TestVersion_FreezesCodeConfigurationAndHooks(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.twoVersions()
	require.Equal(t, "1", a.ranAt(".1"))
	require.Equal(t, "2", a.ranAt(".2"))
	require.Equal(t, "LATEST", a.ranAt(""))
	require.Equal(t, "LATEST", a.ranAt(".LATEST"))

	for qualifier, want := range map[string]object{".1": on("preStop", 5), ".2": off, "": off} {
		o := a.do("GET", v+"/services/default"+qualifier+"/functions/f", nil).ok()
		require.Equal(t, want, o["instanceLifecycleConfig"].(object)["preStop"], qualifier)
		require.Equal(t, o, a.do("GET", v+"/services/default"+qualifier+"/functions", nil).ok()["functions"].([]any)[0])
		list := a.do("GET", v+"/services/default"+qualifier+"/functions/f/instances", nil).ok()["instances"].([]any)
		require.Len(t, list, 1)
		id := map[string]float64{".1": 1, ".2": 2, "": 0}[qualifier]
		require.Equal(t, id, list[0].(object)["versionId"], "a number")
	}
	records := a.do("GET", "/_lull/logs?function=f", nil).body
	for _, version := range []string{"1", "2"} {
		require.Contains(t, records, `"qualifier":"`+version+`","versionId":"`+version+`"`)
	}

	a.create("g", nil)
	a.do("POST", v+"/services/default.1/functions/g/invocations", nil).fails(404, fn.CodeFunctionNotFound)
	a.do("DELETE", v+"/services/default/functions/f", nil).nothing()
	require.Equal(t, "1", a.ranAt(".1"), "what is published stays when the function is deleted")
	a.do("GET", v+"/services/default/functions/f", nil).fails(404, fn.CodeFunctionNotFound)
}

func TestVersion_CannotBeChanged(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.twoVersions()
	for path, method := range map[string]string{
		"/services/default.1": "PUT", "/services/default.2": "DELETE", "/services/default.1/functions": "POST",
		"/services/default.1/functions/f": "PUT", "/services/default.2/functions/f": "DELETE", "/services/default.1/versions": "POST",
		"/services/default.1/aliases": "POST",
	} {
		require.Contains(t, a.do(method, v+path, function("f", nil)).fails(400, fn.CodeInvalidArgument), "a published version cannot be changed")
	}
	require.Equal(t, "1", a.ranAt(".1"))
}

func TestVersion_IDsGrowAndAreNeverUsedAgain(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	versions := v + "/services/default/versions"
	made := a.do("POST", versions, `{"Description":null}`).ok()
	require.Equal(t, "1", made["versionId"])
	require.Equal(t, "", made["description"])
	require.Regexp(t, `Z$`, made["createdTime"])
	require.Contains(t, a.do("POST", versions, nil).fails(400, fn.CodeInvalidArgument), "nothing to publish")
	a.do("PUT", v+"/services/default/functions/f", object{"description": "new"}).ok()
	require.Equal(t, "the second", a.do("POST", versions, object{"description": "the second"}).ok()["description"])
	a.do("DELETE", versions+"/2", nil).nothing()
	require.Equal(t, "3", a.publish(), "2 is gone for ever")
	a.do("DELETE", versions+"/2", nil).fails(404, fn.CodeVersionNotFound)
	require.Equal(t, "version '2' of service 'default' does not exist", a.do("GET", v+"/services/default.2/functions/f", nil).fails(404, fn.CodeVersionNotFound))
	a.do("POST", v+"/services/default.2/functions/f/invocations", nil).fails(404, fn.CodeVersionNotFound)
}

func TestVersion_ListsBothWays(t *testing.T) {
	a := serve(t, fcapi.Config{})
	for range 12 {
		a.publish()
	}
	all := func(query string) string {
		ids := []string{}
		for next := ""; ; {
			o := a.do("GET", v+"/services/default/versions?limit=5"+query+next, nil).ok()
			ids = append(ids, namesOf(o["versions"], "versionId")...)
			if o["nextToken"] == nil {
				return strings.Join(ids, " ")
			}
			next = "&nextToken=" + o["nextToken"].(string)
		}
	}
	require.Equal(t, "12 11 10 9 8 7 6 5 4 3 2 1", all(""))
	require.Equal(t, "1 2 3 4 5 6 7 8 9 10 11 12", all("&direction=FORWARD"))
	require.Equal(t, "9 8 7 6 5 4 3 2 1", all("&startKey=9&direction=BACKWARD"))
	require.Equal(t, "9 10 11 12", all("&startKey=9&direction=FORWARD"))
	a.do("GET", v+"/services/default/versions?direction=UP", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", v+"/services/default/versions?startKey=x", nil).fails(400, fn.CodeInvalidArgument)
	a.do("GET", v+"/services/default/versions?limit=101", nil).fails(400, fn.CodeInvalidArgument)
	a.do("POST", v+"/services", object{"serviceName": "s"}).ok()
	require.Equal(t, []any{}, a.do("GET", v+"/services/s/versions", nil).ok()["versions"])
}

func TestAlias_LivesFromCreateToDelete(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.twoVersions()
	aliases := v + "/services/default/aliases"
	made := a.do("POST", aliases, `{"aliasName":"prod","versionId":"1","description":null,"additionalVersionWeight":null}`)
	o := made.ok()
	require.Equal(t, object{"aliasName": "prod", "versionId": "1", "description": "", "additionalVersionWeight": object{},
		"createdTime": o["createdTime"], "lastModifiedTime": o["lastModifiedTime"]}, o)
	etag := made.header.Get("ETag")
	require.Len(t, etag, 32)
	require.Equal(t, "1", a.ranAt(".prod"))
	require.Equal(t, "say", a.do("GET", v+"/services/default.prod/functions/f", nil).ok()["handler"])
	a.do("POST", aliases, object{"aliasName": "prod", "versionId": "1"}).fails(409, fn.CodeAliasAlreadyExists)

	changed := a.do("PUT", aliases+"/prod", object{"versionId": "2"}, "If-Match", etag)
	require.Equal(t, "2", changed.ok()["versionId"])
	require.Equal(t, "2", a.ranAt(".prod"), "at once")
	a.do("PUT", aliases+"/prod", object{"versionId": "1"}, "If-Match", etag).fails(412, fn.CodePreconditionFailed)
	require.Equal(t, changed.header.Get("ETag"), a.do("GET", aliases+"/prod", nil).header.Get("ETag"))

	a.do("POST", aliases, object{"aliasName": "beta", "versionId": "1"}).ok()
	require.Equal(t, []string{"beta", "prod"}, namesOf(a.do("GET", aliases, nil).ok()["aliases"], "aliasName"))
	require.Equal(t, []string{"prod"}, namesOf(a.do("GET", aliases+"?prefix=p", nil).ok()["aliases"], "aliasName"))

	require.Contains(t, a.do("DELETE", v+"/services/default/versions/2", nil).fails(400, fn.CodeInvalidArgument), "alias 'prod' stands for")
	a.do("DELETE", aliases+"/prod", nil, "If-Match", etag).fails(412, fn.CodePreconditionFailed)
	a.do("DELETE", aliases+"/prod", nil).nothing()
	require.Equal(t, "alias 'prod' of service 'default' does not exist", a.do("GET", aliases+"/prod", nil).fails(404, fn.CodeAliasNotFound))
	a.do("PUT", aliases+"/prod", object{"versionId": "1"}).fails(404, fn.CodeAliasNotFound)
	a.do("DELETE", aliases+"/prod", nil).fails(404, fn.CodeAliasNotFound)
	a.do("POST", v+"/services/default.prod/functions/f/invocations", nil).fails(404, fn.CodeAliasNotFound)
	a.do("DELETE", v+"/services/default/versions/2", nil).nothing()
}

func TestAlias_SharesRequestsByWeight(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.twoVersions()
	aliases := v + "/services/default/aliases"
	a.do("POST", aliases, object{"aliasName": "canary", "versionId": "1", "additionalVersionWeight": object{"2": 0.3}}).ok()
	count := map[string]int{}
	for range 300 {
		count[a.ranAt(".canary")]++
	}
	require.Greater(t, count["1"], count["2"])
	require.Greater(t, count["2"], 30)
	for weight, want := range map[float64]string{0: "1", 1: "2"} {
		a.do("PUT", aliases+"/canary", object{"additionalVersionWeight": object{"2": weight}}).ok()
		for range 20 {
			require.Equal(t, want, a.ranAt(".canary"))
		}
	}
	a.do("PUT", aliases+"/canary", object{"additionalVersionWeight": object{}}).ok()
	require.Equal(t, "1", a.ranAt(".canary"))
}

func TestAlias_RefusesWhatCannotBe(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.twoVersions()
	aliases := v + "/services/default/aliases"
	a.do("POST", aliases, object{"aliasName": "kept", "versionId": "1"}).ok()
	before := a.do("GET", aliases+"/kept", nil).body
	for _, body := range map[string]object{
		"no name": {"versionId": "1"}, "LATEST": {"aliasName": "LATEST", "versionId": "1"}, "a number": {"aliasName": "1", "versionId": "1"},
		"a dot": {"aliasName": "a.b", "versionId": "1"}, "no version": {"aliasName": "x"}, "a number for a version": {"aliasName": "x", "versionId": 1},
		"more than all": {"aliasName": "x", "versionId": "1", "additionalVersionWeight": object{"2": 1.1}}, "below 0": {"aliasName": "x", "versionId": "1", "additionalVersionWeight": object{"2": -0.1}},
		"its own": {"aliasName": "x", "versionId": "1", "additionalVersionWeight": object{"1": 0.5}}, "text": {"aliasName": "x", "versionId": "1", "additionalVersionWeight": object{"2": "0.5"}},
	} {
		a.do("POST", aliases, body).fails(400, fn.CodeInvalidArgument)
		if body["additionalVersionWeight"] != nil {
			a.do("PUT", aliases+"/kept", body).fails(400, fn.CodeInvalidArgument)
		}
	}
	a.do("POST", aliases, object{"aliasName": "x", "versionId": "7"}).fails(404, fn.CodeVersionNotFound)
	a.do("POST", aliases, object{"aliasName": "x", "versionId": "1", "additionalVersionWeight": object{"7": 0.1}}).fails(404, fn.CodeVersionNotFound)
	a.do("PUT", aliases+"/kept", object{"versionId": "7"}).fails(404, fn.CodeVersionNotFound)
	a.do("POST", v+"/services/nothing/aliases", object{"aliasName": "x", "versionId": "1"}).fails(404, fn.CodeServiceNotFound)
	require.Equal(t, before, a.do("GET", aliases+"/kept", nil).body)
	require.Len(t, a.do("GET", aliases, nil).ok()["aliases"], 1)
}

func TestService_IsNotDeletedWithVersionsOrAliases(t *testing.T) {
	a := serve(t, fcapi.Config{})
	service := v + "/services/s"
	a.do("POST", v+"/services", object{"serviceName": "s"}).ok()
	a.do("POST", service+"/versions", nil).ok()
	require.Contains(t, a.do("DELETE", service, nil).fails(409, fn.CodeServiceNotEmpty), "1 versions")
	a.do("POST", service+"/aliases", object{"aliasName": "x", "versionId": "1"}).ok()
	a.do("DELETE", service, nil).fails(409, fn.CodeServiceNotEmpty)
	a.do("DELETE", service+"/aliases/x", nil).nothing()
	a.do("DELETE", service+"/versions/1", nil).nothing()
	a.do("DELETE", service, nil).nothing()
}

// TestVersion_RequestsOfADeletedVersionEndOnIt deletes a version while requests run in it: they end, later ones are told, and its instances
// run preStop.
func TestVersion_RequestsOfADeletedVersionEndOnIt(t *testing.T) {
	a := serve(t, fcapi.Config{})
	hosttest.Deploy(t, a.host, hosttest.Function("slow"))
	a.publish()
	var running sync.WaitGroup
	for range 5 {
		running.Go(func() {
			got := a.do("POST", v+"/services/default.1/functions/slow/invocations", "s")
			if got.status != 200 {
				got.fails(404, fn.CodeVersionNotFound)
			}
		})
	}
	require.Eventually(t, func() bool { return len(a.host.Instances(fn.Key{Service: "default", Name: "slow"})) > 0 }, patience, tick)
	a.do("DELETE", v+"/services/default/versions/1", nil).nothing()
	running.Wait()
	require.Eventually(t, func() bool {
		return strings.Contains(a.do("GET", "/_lull/logs?function=slow&hook=PreStop", nil).body, "FC PreStop End")
	}, patience, tick, "preStop runs on the instances of the version")
	require.Empty(t, a.host.Instances(fn.Key{Service: "default", Name: "slow"}))
	require.Equal(t, 200, a.do("POST", v+"/services/default/functions/slow/invocations", "c").status, "LATEST goes on")
}
