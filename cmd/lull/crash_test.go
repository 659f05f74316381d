package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

// crashRounds names how often TestCrash kills the server; without it 10 times.
const crashRounds = "LULL_CRASH_ROUNDS"

// ledgerLag is what a crash may cost of the ledger.
const ledgerLag = time.Second

// crash is what clients know of a server that is killed again and again.
type crash struct {
	mu       sync.Mutex
	deployed map[string]string   // the description that was acknowledged last, by function; "": its deletion was
	tried    map[string]string   // the one that was asked for last
	accepted map[string][]string // ids of asynchronous invocations, by function
	sent     uint64              // requests to "sync"
	answered []time.Time         // when those of this round were answered
	safe     uint64              // answers that the ledger has to have
}

func (c *crash) locked(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// deploy creates, updates and deletes functions until ctx ends or the server is dead.
func (c *crash) deploy(ctx context.Context, api *client.Client, round int) {
	for n := 0; ctx.Err() == nil; n++ {
		name, description := fmt.Sprint("f", rand.IntN(5)), fmt.Sprintf("%d-%d", round, n)
		if rand.IntN(5) == 0 {
			description = ""
		}
		c.locked(func() { c.tried[name] = description })
		var err error
		if description == "" {
			if err = api.DeleteFunction(ctx, "default", name, ""); fn.CodeOf(err) == fn.CodeFunctionNotFound {
				err = nil
			}
		} else {
			_, _, err = api.Deploy(ctx, "default", name, input(description))
		}
		if err != nil {
			return // the server is dead, and has this change or not
		}
		c.locked(func() { c.deployed[name] = description })
	}
}

func input(description string) client.FunctionInput {
	runtime, handler, hook := "wasm", "handler", client.Hook{Handler: "preFreeze"}
	return client.FunctionInput{
		Runtime: &runtime, Handler: &handler, Description: &description, Code: &client.Code{Bytes: hosttest.Probe},
		Lifecycle: &client.Lifecycle{PreFreeze: &hook},
	}
}

// invoke sends asynchronous invocations: to "works", whose end another function is told of, and to "fails", which stay.
func (c *crash) invoke(ctx context.Context, api *client.Client, most int) {
	for n := 0; ctx.Err() == nil && n < most; n++ {
		for name, event := range map[string]string{"works": "c", "fails": "f"} {
			if id, err := api.InvokeAsync(ctx, "default", name, []byte(event)); err == nil {
				c.locked(func() { c.accepted[name] = append(c.accepted[name], id) })
			}
		}
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	}
}

// request sends requests to "sync".
func (c *crash) request(ctx context.Context, api *client.Client) {
	for ctx.Err() == nil {
		c.locked(func() { c.sent++ })
		if _, err := api.Invoke(ctx, "default", "sync", []byte("c"), false); err == nil {
			c.locked(func() { c.answered = append(c.answered, time.Now()) })
		}
	}
}

// TestCrash_LosesNothingThatWasAcknowledged kills the server at random moments under load. After each restart every function is as its last acknowledged change left it, or as
// the change that was under way; every asynchronous invocation that was accepted is kept or has been run to its end, which is told once; and the ledger has
// every request that was answered a second before the kill, and none twice.
func TestCrash_LosesNothingThatWasAcknowledged(t *testing.T) {
	rounds := 10
	if text := os.Getenv(crashRounds); text != "" {
		var err error
		rounds, err = strconv.Atoi(text)
		require.NoError(t, err, crashRounds)
	}
	if testing.Short() {
		rounds = 2
	}
	data := filepath.Join(t.TempDir(), "data")
	c := &crash{deployed: map[string]string{}, tried: map[string]string{}, accepted: map[string][]string{}}
	s := serveWatched(t, "--data", data)
	for _, name := range []string{"works", "fails", "sync"} {
		_, _, err := client.New(s.api, nil).Deploy(t.Context(), "default", name, input(""))
		require.NoError(t, err)
	}
	configure(t, s, "works", `{"destinationConfig":{"onSuccess":{"destination":"default/nobody"}}}`)
	configure(t, s, "fails", `{"maxAsyncRetryAttempts":8}`)

	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		api := client.New(s.api, nil)
		var clients sync.WaitGroup
		clients.Go(func() { c.deploy(ctx, api, round) })
		clients.Go(func() { c.invoke(ctx, api, 900/rounds) })
		clients.Go(func() { c.request(ctx, api) })
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Millisecond)
		killed := time.Now()
		s.kill(t)
		stop()
		clients.Wait()
		for _, at := range c.answered {
			if killed.Sub(at) > ledgerLag {
				c.safe++
			}
		}
		c.answered = nil
		s = serveWatched(t, "--data", data)
		c.check(t, client.New(s.api, nil))
	}
	c.checkEnd(t, client.New(s.api, nil))
	t.Logf("%d rounds: %d invocations that worked, %d that stay, %d requests of which the ledger had to have %d",
		rounds, len(c.accepted["works"]), len(c.accepted["fails"]), c.sent, c.safe)
}

func configure(t *testing.T, s *server, name, config string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
		s.api+"/2016-08-15/services/default/functions/"+name+"/async-invoke-config", strings.NewReader(config))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
}

func (c *crash) check(t *testing.T, api *client.Client) {
	t.Helper()
	functions, err := api.Functions(t.Context(), "default")
	require.NoError(t, err)
	there := map[string]string{}
	for _, f := range functions {
		there[f.Name] = f.Description
		require.Equal(t, len(hosttest.Probe), f.CodeSize)
	}
	for name, tried := range c.tried {
		require.Contains(t, []string{c.deployed[name], tried}, there[name], "function %s", name)
		c.deployed[name] = there[name]
		if there[name] != "" {
			r, err := api.Invoke(t.Context(), "default", name, []byte("c"), false)
			require.NoError(t, err)
			require.Empty(t, r.ErrorType, "%s", r.Body)
		}
	}
	kept := map[string]int{}
	for _, i := range invocations(t, api, "fails") {
		kept[i.ID]++
	}
	for _, id := range c.accepted["fails"] {
		require.Equal(t, 1, kept[id], "invocation %s, which was accepted", id)
	}
	c.checkLedger(t, api)
}

func (c *crash) checkLedger(t *testing.T, api *client.Client) {
	t.Helper()
	u, err := api.Usage(t.Context(), "default", "sync")
	require.NoError(t, err)
	require.LessOrEqual(t, u.Requests, c.sent)
	require.LessOrEqual(t, u.BusyIntervals, 2*c.sent, "an interval with the request, or one for it and one for preFreeze")
	require.GreaterOrEqual(t, u.Requests, c.safe)
	sum := uint64(0)
	for _, h := range u.Hours {
		sum += h.BilledMs
	}
	require.Equal(t, sum, u.BilledMs)
}

// checkEnd waits until all that was accepted has come to its end.
func (c *crash) checkEnd(t *testing.T, api *client.Client) {
	t.Helper()
	require.Eventually(t, func() bool { return len(invocations(t, api, "works")) == 0 }, patience, 100*time.Millisecond)
	told := map[string]int{}
	for _, i := range invocations(t, api, "nobody") {
		require.Equal(t, async.Dead, i.State)
		told[strings.TrimSuffix(i.ID, "-success")]++
	}
	for _, id := range c.accepted["works"] {
		require.Equal(t, 1, told[id], "how often the end of invocation %s was told", id)
	}
}

func invocations(t *testing.T, api *client.Client, name string) []async.Status {
	t.Helper()
	list, err := api.AsyncInvocations(t.Context(), "default", name, 1000)
	require.NoError(t, err)
	return list
}
