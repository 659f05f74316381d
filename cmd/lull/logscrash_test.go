package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/logs"
)

// TestLogs_AKillLosesAtMostTheLastSecond kills the server at random moments under load. What has been answered a second before the kill is in the request list, and
// its three lines are in the log, once.
func TestLogs_AKillLosesAtMostTheLastSecond(t *testing.T) {
	type told struct {
		id string
		at time.Time
	}
	data := filepath.Join(t.TempDir(), "data")
	s := serveWatched(t, "--data", data)
	s.lull(t, "deploy", "f", probe(t)).ok(t)
	everSafe, lost := 0, 0
	for range 4 {
		since := logs.Span{From: time.Now()}
		var mu sync.Mutex
		var answered []told
		ctx, stop := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				api := client.New(s.api, nil)
				for ctx.Err() == nil {
					if r, err := api.Invoke(ctx, "default", "f", []byte("L"), false); err == nil {
						mu.Lock()
						answered = append(answered, told{r.RequestID, time.Now()})
						mu.Unlock()
					}
					time.Sleep(5 * time.Millisecond) // as many as a search can show
				}
			})
		}
		time.Sleep(ledgerLag + rand.N(time.Second))
		killed := time.Now()
		s.kill(t)
		stop()
		clients.Wait()

		s = serveWatched(t, "--data", data)
		api := client.New(s.api, nil)
		requests, err := api.Requests(t.Context(), "default", "f", logs.RequestFilter{Span: since})
		require.NoError(t, err)
		listed := map[string]int{}
		for _, r := range requests {
			listed[r.RequestID]++
		}
		records, err := api.Logs(t.Context(), "default", "f", logs.Filter{Span: since, Hook: "Invoke"})
		require.NoError(t, err)
		require.Less(t, len(records), logs.MaxResults)
		lines := map[string]map[string]int{}
		for _, r := range records {
			if lines[r.RequestID] == nil {
				lines[r.RequestID] = map[string]int{}
			}
			lines[r.RequestID][r.Message]++
		}
		for _, a := range answered {
			want := map[string]int{
				fmt.Sprintf("FC Invoke Start RequestId: %s", a.id): 1, "hello from the probe": 1, fmt.Sprintf("FC Invoke End RequestId: %s", a.id): 1,
			}
			if killed.Sub(a.at) > ledgerLag {
				everSafe++
				require.Equal(t, 1, listed[a.id], "request %s", a.id)
				require.Equal(t, want, lines[a.id], "request %s", a.id)
				continue
			}
			// Of the last second anything may be lost, and nothing doubled.
			if listed[a.id] == 0 {
				lost++
			}
			require.LessOrEqual(t, listed[a.id], 1)
			for message, n := range lines[a.id] {
				require.Equal(t, 1, n, "%s of request %s", message, a.id)
				require.Contains(t, want, message)
			}
		}
	}
	require.NotZero(t, everSafe)
	t.Logf("%d requests had to be there; %d of the last second were lost", everSafe, lost)
}
