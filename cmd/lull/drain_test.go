package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// ask sends one request and returns status and body, or 0 if nobody answers.
func ask(t testing.TB, method, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(""))
	require.NoError(t, err)
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestServe_TellsThatItDrainsUntilItHasStopped(t *testing.T) {
	s := serveWatched(t, "--events", "--deploy", "slow="+probe(t))
	require.Eventually(t, func() bool { status, _ := ask(t, "GET", s.api+"/readyz"); return status == http.StatusOK }, patience, 10e6)
	// A request that is stopped after its timeout holds the drain open.
	s.lull(t, "deploy", "slow", probe(t), "--timeout", "6").ok(t)
	answered := make(chan int)
	go func() {
		resp, err := http.Post(s.http+"/slow/", "", strings.NewReader("z"))
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	s.waitFor(t, `"message":"state"`, `"to":"running"`)
	status, _ := ask(t, "GET", s.api+"/readyz")
	require.Equal(t, http.StatusOK, status)

	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	s.waitFor(t, "stopping")
	status, body := ask(t, "GET", s.api+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status, body)
	require.Contains(t, body, "shutting down")
	status, _ = ask(t, "GET", s.api+"/healthz")
	require.Equal(t, http.StatusOK, status)
	status, body = ask(t, "GET", s.api+"/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "lull_")
	status, body = ask(t, "POST", s.api+"/2016-08-15/services/default/functions/slow/invocations")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "HostClosed")
	status, _ = ask(t, "GET", s.http+"/slow/")
	require.Zero(t, status, "function URLs are closed")

	require.Equal(t, http.StatusBadGateway, <-answered, "the running request ended")
	<-s.ended
	require.Zero(t, s.cmd.ProcessState.ExitCode())
	status, _ = ask(t, "GET", s.api+"/readyz")
	require.Zero(t, status)
}
