package client_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/internal/webguest"
	"github.com/lull-dev/lull/host/logs"
)

func serve(t *testing.T) (*client.Client, *host.Host) {
	h := hosttest.New(t, host.Config{})
	srv := fcapi.New(h, fcapi.Config{Version: "v", HTTP: "a:1", API: "b:2"})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, srv.Shutdown(ctx))
		require.NoError(t, <-done)
	})
	return client.New(ln.Addr().String(), nil), h
}

func input() client.FunctionInput {
	return client.FunctionInput{Runtime: new("wasm"), Handler: new("index.handler"), Code: &client.Code{Bytes: webguest.Wasm}}
}

func TestClient_DeploysInvokesLooksAndDeletes(t *testing.T) {
	c, _ := serve(t)
	ctx := t.Context()
	require.NoError(t, c.Health(ctx))
	in := input()
	in.Lifecycle = &client.Lifecycle{PreStop: &client.Hook{Handler: "preStop", Timeout: 5}}
	in.Env = map[string]string{"K": "v"}
	f, created, err := c.Deploy(ctx, "s", "f", in)
	require.NoError(t, err)
	require.True(t, created, "function and service")
	require.Equal(t, "f", f.Name)
	require.Len(t, f.ETag, 32)
	require.Equal(t, &client.Hook{Handler: "preStop", Timeout: 5}, f.Lifecycle.PreStop)
	require.Equal(t, map[string]string{"K": "v"}, f.Env)
	require.False(t, f.Created.IsZero())

	g, created, err := c.Deploy(ctx, "s", "f", client.FunctionInput{Timeout: new(7), Env: map[string]string{}})
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, 7, g.Timeout)
	require.Equal(t, f.ID, g.ID)
	require.Empty(t, g.Env, "an empty map is not a nil one")
	require.Equal(t, f.Lifecycle, g.Lifecycle)
	got, err := c.Function(ctx, "s", "f")
	require.NoError(t, err)
	require.Equal(t, g, got)

	inv, err := c.Invoke(ctx, "s", "f", []byte("hello"), true)
	require.NoError(t, err)
	require.Equal(t, "hello", string(inv.Body))
	require.Contains(t, string(inv.Log), "FC Invoke Start RequestId: "+inv.RequestID)
	require.Positive(t, inv.Duration)
	require.Equal(t, 0.13, inv.MemoryMB)
	require.Empty(t, inv.ErrorType)

	infos, err := c.Instances(ctx, "s", "f")
	require.NoError(t, err)
	require.Len(t, infos, 1)
	require.Equal(t, inv.InstanceID, infos[0].InstanceID)
	over, err := c.Overview(ctx, "")
	require.NoError(t, err)
	require.Len(t, over, 1)
	require.Equal(t, "/s/f/", over[0].URL)

	n, err := c.Stop(ctx, "s", "f", inv.InstanceID)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	records, err := c.Logs(ctx, "s", "f", logs.Filter{Hook: "PreStop", InstanceID: inv.InstanceID})
	require.NoError(t, err)
	require.Len(t, records, 2)
	usage, err := c.Usage(ctx, "s", "f")
	require.NoError(t, err)
	require.EqualValues(t, 1, usage.Requests)

	require.Equal(t, fn.CodePreconditionFailed, fn.CodeOf(c.DeleteFunction(ctx, "s", "f", f.ETag)))
	require.NoError(t, c.DeleteFunction(ctx, "s", "f", g.ETag))
	_, err = c.Function(ctx, "s", "f")
	require.Equal(t, &fn.Error{Code: fn.CodeFunctionNotFound, Message: "function 'f' does not exist in service 's'"}, err)
}

func TestClient_ManagesServicesAndReadsListsToTheirEnd(t *testing.T) {
	c, h := serve(t)
	ctx := t.Context()
	s, err := c.CreateService(ctx, "s", "words")
	require.NoError(t, err)
	require.Equal(t, "words", s.Description)
	_, err = c.CreateService(ctx, "s", "")
	require.Equal(t, fn.CodeServiceAlreadyExists, fn.CodeOf(err))
	changed, err := c.UpdateService(ctx, "s", "others", s.ETag)
	require.NoError(t, err)
	require.Equal(t, "others", changed.Description)
	require.Equal(t, fn.CodePreconditionFailed, fn.CodeOf(c.DeleteService(ctx, "s", s.ETag)))
	again, err := c.Service(ctx, "s")
	require.NoError(t, err)
	require.Equal(t, changed, again)
	require.NoError(t, c.DeleteService(ctx, "s", ""))

	for i := range 120 {
		_, err := h.CreateService(fmt.Sprintf("x%d", i), "", nil)
		require.NoError(t, err)
	}
	all, err := c.Services(ctx)
	require.NoError(t, err)
	require.Len(t, all, 121)
	functions, err := c.Functions(ctx, "")
	require.NoError(t, err)
	require.Equal(t, []client.Function{}, functions)
}

func TestClient_AsksWhatServerAndModulesAre(t *testing.T) {
	c, _ := serve(t)
	info, err := c.Info(t.Context())
	require.NoError(t, err)
	require.Equal(t, &client.Info{Version: "v", HTTP: "a:1", API: "b:2"}, info)
	table, err := c.Runtimes(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, table)
	in, err := c.Inspect(t.Context(), client.FunctionInput{Code: &client.Code{Bytes: webguest.Wasm}})
	require.NoError(t, err)
	require.Equal(t, "reactor", in.Kind)
	require.Contains(t, in.Handlers, "handler")
	_, err = c.Inspect(t.Context(), client.FunctionInput{Code: &client.Code{Bytes: []byte("no")}})
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
}

func TestClient_TellsFaultsOfTheFunctionFromErrors(t *testing.T) {
	c, _ := serve(t)
	in := input()
	in.Handler = new("refuse")
	_, err := c.CreateFunction(t.Context(), "", "f", in)
	require.NoError(t, err)
	inv, err := c.Invoke(t.Context(), "", "f", nil, false)
	require.NoError(t, err)
	require.Equal(t, fn.Handled, inv.ErrorType)
	require.JSONEq(t, `{"errorMessage":"no name","errorType":"ValueError","stackTrace":["f (a.c:3)"]}`, string(inv.Body))
	_, err = c.Invoke(t.Context(), "", "g", nil, false)
	require.Equal(t, fn.CodeFunctionNotFound, fn.CodeOf(err))
	_, err = c.Invoke(t.Context(), "", "a/b?c", nil, false)
	require.Equal(t, fn.CodeFunctionNotFound, fn.CodeOf(err), "names are escaped")
}

func TestClient_TellsASilentServerFromOneThatRefuses(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close())
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	for _, base := range []string{addr, stranger.URL, "http://bad host", "ftp://x"} {
		_, err := client.New(base, nil).Info(t.Context())
		var e *client.ConnectError
		require.ErrorAs(t, err, &e, base)
		require.True(t, strings.Contains(err.Error(), base), err)
	}
}
