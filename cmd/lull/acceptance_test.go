package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// found asks the API for the log records that a query finds, and returns their messages.
func (s *server) found(t testing.TB, query string) (messages []string) {
	t.Helper()
	resp, err := http.Get(s.api + "/_lull/logs?query=" + url.QueryEscape(query))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", body)
	var answer struct {
		Records []struct{ Message string }
	}
	require.NoError(t, json.Unmarshal(body, &answer))
	for _, r := range answer.Records {
		messages = append(messages, r.Message)
	}
	return messages
}

// Line A12 of the control API's acceptance checklist, with the example of its section 4.3: one request, a freeze and a stop.
func TestA12_LogQueriesFindHookRunsAndTheRequestListDoesNot(t *testing.T) {
	s := serve(t)
	s.lull(t, "deploy", "bystander", probe(t)).ok(t)
	s.lull(t, "deploy", "resize", probe(t)).ok(t)
	s.lull(t, "invoke", "bystander", "-d", "c").ok(t)
	s.lull(t, "invoke", "resize", "-d", "c").ok(t)
	requests := fromJSON[[]map[string]any](t, s.lull(t, "requests", "resize", "--json").ok(t))
	require.Len(t, requests, 1)
	request, instance := requests[0]["requestId"].(string), requests[0]["instanceId"].(string)
	require.Equal(t, "stopped 1 instance\n", s.lull(t, "stop", "resize").ok(t))

	ids := map[string]string{} // the hooks' request ids
	for _, hook := range []string{"Initialize", "PreFreeze", "PreStop"} {
		run := fromJSON[[]map[string]any](t, s.lull(t, "logs", "resize", "--json", "--query", instance+" and "+hook).ok(t))
		require.Len(t, run, 2, hook)
		ids[hook] = run[0]["requestId"].(string)
	}
	pair := func(hook, id string) []string {
		return []string{"FC " + hook + " Start RequestId: " + id, "FC " + hook + " End RequestId: " + id}
	}
	all := append(pair("Initialize", ids["Initialize"]), pair("Invoke", request)...)
	all = append(append(all, pair("PreFreeze", ids["PreFreeze"])...), pair("PreStop", ids["PreStop"])...)

	t.Run("the instance id finds all its lines", func(t *testing.T) { require.Equal(t, all, s.found(t, instance)) })
	t.Run("the instance id and a hook find its start and its end", func(t *testing.T) {
		require.Equal(t, pair("PreStop", ids["PreStop"]), s.found(t, instance+" and PreStop"))
	})
	t.Run("a request id finds the run of the request or the hook", func(t *testing.T) {
		require.Equal(t, pair("Invoke", request), s.found(t, request))
		require.Equal(t, pair("PreFreeze", ids["PreFreeze"]), s.found(t, ids["PreFreeze"]))
	})
	t.Run("hook runs are not in the request list", func(t *testing.T) {
		table := rows(t, s.lull(t, "requests", "resize").ok(t))
		require.Len(t, table, 1)
		require.Equal(t, []string{request, instance}, table[0][:2])
		require.Contains(t, table[0], "cold")
		require.Empty(t, rows(t, s.lull(t, "requests", "resize", "--request", ids["PreStop"]).ok(t)))
		require.Empty(t, rows(t, s.lull(t, "requests", "resize", "--failed").ok(t)))
		require.JSONEq(t, "[]", s.lull(t, "requests", "resize", "--to=1h", "--json").ok(t))
	})
}
