package main

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

var (
	fine   = fn.Event{InstanceID: "c-1", RequestID: fn.NewRequestID(), Duration: 1500 * time.Microsecond}
	failed = fn.Event{Fault: &fn.Fault{Type: "Trap", Message: "unreachable"}}
)

func kind(k fn.EventKind, e fn.Event) *fn.Event {
	e.Kind, e.Function = k, fn.Key{Service: "s", Name: "f"}
	return &e
}

func TestEventLog_TellsDeploysAndWhatWentWrongAndWithAllEverything(t *testing.T) {
	for _, c := range []struct {
		event     *fn.Event
		some, all string // what lines have; empty: no line
	}{
		{kind(fn.EventDeployed, fn.Event{}), `"level":"info","function":"s/f","message":"deployed"`, `"message":"deployed"`},
		{kind(fn.EventDeleted, fn.Event{}), `"message":"deleted"`, `"message":"deleted"`},
		{kind(fn.EventRefused, fn.Event{Err: errors.New("full")}), `"level":"warn","error":"full"`, `"error":"full"`},
		{kind(fn.EventHook, fine), "", `"tookMs":1.5,"hook":`},
		{kind(fn.EventHook, failed), `"level":"warn","error":"Trap: unreachable"`, `"level":"warn"`},
		{kind(fn.EventRequest, fine), "", `"tookMs":1.5,"cold":false,"instance":"c-1"`},
		{kind(fn.EventRequest, failed), "", `"level":"warn","error":"Trap: unreachable"`},
		{kind(fn.EventStateChange, fn.Event{From: "running", To: "paused"}), "", `"from":"running","to":"paused"`},
		{kind(fn.EventBilled, fn.Event{}), "", `"billedMs":0`},
	} {
		for all, want := range map[bool]string{false: c.some, true: c.all} {
			var out bytes.Buffer
			(&eventLog{log: zerolog.New(&out), all: all}).listen(c.event)
			if want == "" {
				require.Empty(t, out.String(), "%s, all %t", c.event.Kind, all)
			}
			require.Contains(t, out.String(), want, "%s, all %t", c.event.Kind, all)
		}
	}
}

func TestEventLog_AllocatesNothingForWhatItDoesNotLog(t *testing.T) {
	l := &eventLog{log: zerolog.New(&bytes.Buffer{})}
	for _, k := range []fn.EventKind{fn.EventStateChange, fn.EventRequest, fn.EventHook, fn.EventBilled} {
		e := kind(k, fine)
		require.Zero(t, testing.AllocsPerRun(100, func() { l.listen(e) }), k)
	}
}
