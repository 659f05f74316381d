package main

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/store/storetest"
)

// natsServer builds nats-server once.
var natsServer = sync.OnceValues(func() (string, error) { return storetest.BuildNATS(filepath.Dir(binary)) })

func startNATS(t *testing.T, args ...string) *storetest.NATS {
	t.Helper()
	path, err := natsServer()
	require.NoError(t, err)
	return storetest.StartNATS(t, path, args...)
}

// soon waits for what the other server has to do. The promise is a second; a loaded machine is not what is judged here.
func soon(t *testing.T, what string, f func() bool) {
	t.Helper()
	require.Eventually(t, f, patience, 5*time.Millisecond, what)
}

func TestNATS_TwoServersShareFunctions(t *testing.T) {
	nats := startNATS(t)
	a, b := serveWatched(t, "--nats", "nats://"+nats.Address), serveWatched(t, "--nats", "nats://"+nats.Address)
	api := map[*server]*client.Client{a: client.New(a.api, nil), b: client.New(b.api, nil)}
	says := func(s *server) string {
		f, err := api[s].Function(t.Context(), "default", "f")
		if err != nil {
			return ""
		}
		return f.Description
	}
	deploy := func(s *server, description string) {
		t.Helper()
		_, _, err := api[s].Deploy(t.Context(), "default", "f", input(description))
		require.NoError(t, err)
	}

	deploy(a, "one")
	soon(t, "a deploy on a answers on b", func() bool {
		return run(t, []string{"LULL_API=" + b.api}, "", "invoke", "f", "-d", "ehello").stdout == "ehello"
	})
	require.Equal(t, "ehello", a.lull(t, "invoke", "f", "-d", "ehello").ok(t))
	deploy(b, "two")
	soon(t, "an update on b is on a", func() bool { return says(a) == "two" })
	soon(t, "and its old instances are gone from a", func() bool { return len(fromJSON[[]any](t, a.lull(t, "ps", "f", "--json").ok(t))) == 0 })
	require.Equal(t, "ehello", a.lull(t, "invoke", "f", "-d", "ehello").ok(t))

	nats.Kill()
	require.Equal(t, "ehello", a.lull(t, "invoke", "f", "-d", "ehello").ok(t), "what is deployed goes on without NATS")
	run(t, []string{"LULL_API=" + a.api}, "", "deploy", "g", probe(t)).fails(t, exitServer, "InternalServerError", "no connection to NATS")
	nats.Start(t)
	soon(t, "a deploys again", func() bool {
		_, _, err := api[a].Deploy(t.Context(), "default", "f", input("three"))
		return err == nil
	})
	soon(t, "and b follows again", func() bool { return says(b) == "three" })

	b.lull(t, "rm", "f").ok(t)
	soon(t, "a delete on b is on a", func() bool { return says(a) == "" })
	a.lull(t, "invoke", "f").fails(t, exitServer, "FunctionNotFound")
}

func TestNATS_TwoServersRunEachAsynchronousInvocationOnce(t *testing.T) {
	const each = 100
	nats := startNATS(t)
	a, b := serveWatched(t, "--nats", "nats://"+nats.Address), serveWatched(t, "--nats", "nats://"+nats.Address)
	a.lull(t, "deploy", "f", probe(t)).ok(t)
	soon(t, "b has it", func() bool { return run(t, []string{"LULL_API=" + b.api}, "", "invoke", "f", "-d", "c").code == 0 })
	accepted := map[string]int{}
	var mu sync.Mutex
	var clients sync.WaitGroup
	for _, s := range []*server{a, b} {
		clients.Go(func() {
			for i := range each {
				id, err := client.New(s.api, nil).InvokeAsync(t.Context(), "default", "f", []byte("c"))
				if err != nil {
					t.Errorf("invocation %d: %v", i, err)
					return
				}
				mu.Lock()
				accepted[id] = 0
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	require.Len(t, accepted, 2*each)
	soon(t, "all are done", func() bool { return len(invocations(t, client.New(a.api, nil), "f")) == 0 })

	// The request list of both servers is in the store, a tenth of a second later.
	instances := map[string]bool{}
	soon(t, "all are in the request list", func() bool {
		requests, err := client.New(b.api, nil).Requests(t.Context(), "default", "f", logs.RequestFilter{})
		require.NoError(t, err)
		for id := range accepted {
			accepted[id] = 0
		}
		for _, r := range requests {
			if _, ok := accepted[r.RequestID]; ok {
				accepted[r.RequestID]++
				instances[r.InstanceID] = true
			}
		}
		for _, n := range accepted {
			if n == 0 {
				return false
			}
		}
		return true
	})
	for id, n := range accepted {
		require.Equal(t, 1, n, "how often %s ran", id)
	}
	for name, s := range map[string]*server{"a": a, "b": b} {
		own, err := client.New(s.api, nil).Instances(t.Context(), "default", "f")
		require.NoError(t, err)
		ran := 0
		for _, i := range own {
			if instances[i.InstanceID] {
				ran++
			}
		}
		require.NotZero(t, ran, fmt.Sprintf("server %s took part", name))
	}
}
