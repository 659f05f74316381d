package fcapi_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
)

func TestService_LivesFromCreateToDelete(t *testing.T) {
	a := serve(t, fcapi.Config{})
	// The body as one client sends it: every key, what is not set as null.
	made := a.do("POST", v+"/services", `{"serviceName":"s","description":null,"role":null,"logConfig":null,"vpcConfig":null,
		"internetAccess":null,"nasConfig":null,"tracingConfig":null}`)
	o := made.ok()
	require.Equal(t, "s", o["serviceName"])
	require.Equal(t, "", o["description"])
	require.Equal(t, "", o["role"])
	require.Regexp(t, uuid, o["serviceId"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, o["createdTime"])
	require.Equal(t, object{"type": nil, "params": nil}, o["tracingConfig"])
	require.Equal(t, "None", o["logConfig"].(object)["logBeginRule"])
	etag := made.header.Get("ETag")
	require.Len(t, etag, 32)

	a.do("POST", v+"/services", object{"serviceName": "s"}).fails(409, fn.CodeServiceAlreadyExists)
	require.Equal(t, etag, a.do("GET", v+"/services/s", nil).header.Get("ETag"))

	changed := a.do("PUT", v+"/services/s", object{"Description": "words"}, "If-Match", etag)
	require.Equal(t, "words", changed.ok()["description"])
	require.NotEqual(t, etag, changed.header.Get("ETag"))
	a.do("PUT", v+"/services/s", object{"description": "lost"}, "If-Match", etag).fails(412, fn.CodePreconditionFailed)
	require.Equal(t, "words", a.do("PUT", v+"/services/s", object{"description": nil}).ok()["description"])

	a.do("POST", v+"/services/s/functions", function("f", nil)).ok()
	a.do("DELETE", v+"/services/s", nil).fails(409, fn.CodeServiceNotEmpty)
	a.do("DELETE", v+"/services/s/functions/f", nil).nothing()
	a.do("DELETE", v+"/services/s", nil, "If-Match", etag).fails(412, fn.CodePreconditionFailed)
	a.do("DELETE", v+"/services/s", nil).nothing()
	require.Equal(t, "service 's' does not exist", a.do("GET", v+"/services/s", nil).fails(404, fn.CodeServiceNotFound))
}

func TestService_RefusesQualifiersThatDoNotExist(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("f", nil)
	a.do("GET", v+"/services/default.LATEST", nil).ok()
	for _, path := range []string{"", "/functions", "/functions/f", "/functions/f/instances"} {
		got := a.do("GET", v+"/services/default.1.2"+path, nil)
		require.Equal(t, "version '1.2' of service 'default' does not exist", got.fails(404, fn.CodeVersionNotFound))
		got = a.do("GET", v+"/services/default.prod"+path, nil)
		require.Equal(t, "alias 'prod' of service 'default' does not exist", got.fails(404, fn.CodeAliasNotFound))
	}
	a.do("POST", v+"/services/default.prod/functions/f/invocations", nil).fails(404, fn.CodeAliasNotFound)
	a.do("GET", v+"/services/missing.1", nil).fails(404, fn.CodeServiceNotFound)
}

func TestService_KeepsTheSettingsThatItDoesNotActUpon(t *testing.T) {
	a := serve(t, fcapi.Config{})
	settings := object{
		"role": "acs:ram::1:role/r", "logConfig": object{"project": "p", "logstore": "l"}, "vpcConfig": object{"vpcId": "v"},
		"internetAccess": false, "nasConfig": object{"userId": 5.0}, "tracingConfig": object{"type": "Jaeger", "params": object{"endpoint": "e"}},
	}
	body := object{"serviceName": "s"}
	for name, value := range settings {
		body[name] = value
	}
	o := a.do("POST", v+"/services", body).ok()
	for name, value := range settings {
		require.Equal(t, value, o[name])
	}
	o = a.do("PUT", v+"/services/s", object{"role": "other", "vpcConfig": nil, "logConfig": object{}}).ok()
	require.Equal(t, "other", o["role"])
	require.Equal(t, settings["vpcConfig"], o["vpcConfig"], "null stays")
	require.Equal(t, object{}, o["logConfig"], "a field is replaced whole")
	require.Equal(t, o, a.do("GET", v+"/services/s", nil).ok())
	for name, value := range (object{"role": 5, "logConfig": "p", "internetAccess": "no", "nasConfig": []any{}}) {
		a.do("PUT", v+"/services/s", object{name: value}).fails(400, fn.CodeInvalidArgument)
	}
	require.Equal(t, object{"vpcIds": []any{}}, a.do("GET", v+"/services/s/bindings", nil).ok())
}

func TestService_RefusesBadNamesAndBadJSON(t *testing.T) {
	a := serve(t, fcapi.Config{})
	for _, name := range []any{nil, "", "1a", "-a", "a.b", "a/b", "a b", "ä", string(make([]byte, 129))} {
		a.do("POST", v+"/services", object{"serviceName": name}).fails(400, fn.CodeInvalidArgument)
	}
	for _, body := range []string{"", "{", "[]", `"s"`, "12", "{}{}", `{"serviceName":5}`, `{"serviceName":{}}`, "\x00", `{"serviceName":"s"`} {
		a.do("POST", v+"/services", body).fails(400, fn.CodeInvalidArgument)
	}
	require.Len(t, a.do("GET", v+"/services", nil).ok()["services"], 1, "only the service default")
}

// namesOf lists one field of the objects of a list.
func namesOf(list any, field string) []string {
	out := []string{}
	for _, o := range list.([]any) {
		out = append(out, o.(object)[field].(string))
	}
	return out
}

func TestList_PagesByPrefixStartAndToken(t *testing.T) {
	a := serve(t, fcapi.Config{})
	for i := range 25 {
		_, err := a.host.CreateService(fmt.Sprintf("s%02d", i), "", nil)
		require.NoError(t, err)
	}
	list := func(query string) ([]string, any) {
		o := a.do("GET", v+"/services?"+query, nil).ok()
		return namesOf(o["services"], "serviceName"), o["nextToken"]
	}
	names, token := list("")
	require.Len(t, names, 20)
	require.Equal(t, "default", names[0])
	require.NotEmpty(t, token)

	var all []string
	for query := "prefix=s&limit=10"; ; query = "prefix=s&limit=10&startKey=s24&nextToken=" + token.(string) { // the token overrides startKey
		names, token = list(query)
		all = append(all, names...)
		if token == nil {
			break
		}
	}
	require.Len(t, all, 25)
	require.Equal(t, "s00", all[0])
	require.Equal(t, "s24", all[24])

	names, token = list("startKey=s23")
	require.Equal(t, []string{"s23", "s24"}, names)
	require.Nil(t, token)
	names, _ = list("startKey=s1&prefix=s1&limit=2")
	require.Equal(t, []string{"s10", "s11"}, names)
	names, _ = list("prefix=nothing")
	require.Equal(t, []string{}, names)
	names, token = list("limit=26")
	require.Len(t, names, 26)
	require.Nil(t, token, "the page ends where the list ends")
	names, _ = list("limit=100")
	require.Len(t, names, 26)

	for _, limit := range []string{"0", "101", "-1", "x", "1.5", "99999999999999999999"} {
		require.Equal(t, "Limit is set to an invalid value (allowed: [1, 100], actual: '"+limit+"')",
			a.do("GET", v+"/services?limit="+limit, nil).fails(400, fn.CodeInvalidArgument))
	}
	a.do("GET", v+"/services?nextToken=***", nil).fails(400, fn.CodeInvalidArgument)
}
