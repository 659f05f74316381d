//go:build !race

package metrics_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/metrics"
)

// The race detector allocates, hence the build tag.
func TestListener_AllocatesNothingForAFunctionItKnows(t *testing.T) {
	m := metrics.New()
	listen := m.Listener()
	events := []fn.Event{
		{Kind: fn.EventStateChange, From: "paused", To: "running"},
		{Kind: fn.EventRequest, Duration: time.Millisecond},
		{Kind: fn.EventStateChange, From: "running", To: "pre-freezing"},
		{Kind: fn.EventHook, Hook: "PreFreeze", Duration: time.Millisecond},
		{Kind: fn.EventStateChange, From: "pre-freezing", To: "paused"},
		{Kind: fn.EventBilled},
	}
	for i := range events {
		events[i].Function = key
	}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for i := range events {
			listen(&events[i])
		}
	}))
}
