package fcapi_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

func TestDrain_LetsRunningRequestsEndAndRefusesNewOnes(t *testing.T) {
	h := hosttest.New(t, host.Config{})
	hosttest.Deploy(t, h, fn.Function{Name: "f", Code: hosttest.Probe, Limits: fn.Limits{Timeout: time.Hour}})
	notYet := errors.New("not yet")
	s := fcapi.New(h, fcapi.Config{Ready: func() error { return notYet }})
	ask := func(method, path, body string) (int, string) {
		var ctx fasthttp.RequestCtx
		ctx.Request.Header.SetMethod(method)
		ctx.Request.SetRequestURI(path)
		ctx.Request.SetBodyString(body)
		s.Handler(&ctx)
		return ctx.Response.StatusCode(), string(ctx.Response.Body())
	}
	status, body := ask("GET", "/readyz", "")
	require.Equal(t, 503, status)
	require.Contains(t, body, "the host is not ready: not yet")
	notYet = nil
	status, _ = ask("GET", "/readyz", "")
	require.Equal(t, 200, status)

	const invocations = v + "/services/default/functions/f/invocations"
	running := make(chan int)
	go func() {
		status, _ := ask("POST", invocations, "z") // until it is interrupted
		running <- status
	}()
	require.Eventually(t, func() bool {
		infos := h.Instances(fn.Key{Service: "default", Name: "f"})
		return len(infos) == 1 && infos[0].State == "running"
	}, 10*time.Second, time.Millisecond)

	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Drain(soon), context.DeadlineExceeded, "one request runs")
	for path, want := range map[string]int{"/readyz": 503, "/healthz": 200, "/_lull/info": 503, v + "/services": 503} {
		status, _ := ask("GET", path, "")
		require.Equal(t, want, status, path)
	}
	status, body = ask("POST", invocations, "c")
	require.Equal(t, 503, status)
	require.Contains(t, body, fn.CodeHostClosed)

	_, err := h.StopInstances(soon, fn.Key{Service: "default", Name: "f"}, "")
	require.NoError(t, err)
	require.Equal(t, 200, <-running, "its fault is in the body")
	require.NoError(t, s.Drain(t.Context()))
	require.NoError(t, s.Drain(t.Context()), "again")
}
