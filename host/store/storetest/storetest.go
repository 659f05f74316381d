// Package storetest judges a store: every implementation passes the same suite.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
)

// Subject is what is judged.
type Subject struct {
	// Open opens what is empty when a test begins, and again what was written since. It closes what it opened when the test ends.
	Open func(t *testing.T) store.Store
	// Shared: two may be open at a time.
	Shared bool
	// Lasting: what was written is there after Close.
	Lasting bool
}

// Run judges the stores that fresh makes, one for each test.
func Run(t *testing.T, fresh func(t *testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"a document is read as it was written":                           documentRoundTrip,
		"a write with a stale revision conflicts":                        documentConflicts,
		"one of many concurrent writers wins":                            documentOneWins,
		"a deleted document can be made again":                           documentComesBack,
		"documents are listed by prefix, sorted":                         documentList,
		"a watch tells what is there, then changes in order":             watchTellsAll,
		"a watch of a prefix tells nothing else":                         watchPrefix,
		"a watch sees what another handle writes":                        watchOther,
		"keys and names that are none are refused":                       invalidNames,
		"a blob is kept once, under its hash":                            blobRoundTrip,
		"blobs larger than a message are kept":                           blobLarge,
		"messages are read in order, by subject, sequence and time":      streamRead,
		"a reader may stop, and go on":                                   streamStops,
		"a follower is told what is appended later":                      streamFollow,
		"appending again with the same id adds nothing":                  streamOnce,
		"a stream with one message a subject holds the last value":       streamLastValue,
		"a stream drops what is over its size, oldest first":             streamSize,
		"a stream drops what is over its age":                            streamAge,
		"a purged subject is gone, and no other":                         streamPurge,
		"reading ends where what was to be read is purged meanwhile":     streamPurgedMeanwhile,
		"an entry over its limit is refused":                             streamEntryLimit,
		"a job is handed to one taker":                                   queueOnce,
		"a job that is retried comes back later, with its note":          queueRetry,
		"a buried job is listed among the dead":                          queueBury,
		"jobs of one subject are in one lane":                            queueLanes,
		"pushing the same job again adds nothing":                        queuePushOnce,
		"pending jobs are listed, also those that are taken or wait":     queuePending,
		"a purge takes jobs out, dead ones too":                          queuePurge,
		"a job whose taker is silent is handed out again":                queueLease,
		"a job is kept by its taker for longer than the lease":           queueKept,
		"what was written is there after a restart":                      restart,
		"a job that was not settled is handed out again after a restart": restartQueue,
		"closing ends those who wait":                                    closeEnds,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// within is how long a test waits for what must come.
const within = 30 * time.Second

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*within)
	t.Cleanup(cancel)
	return ctx
}

// next receives what must come.
func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(within):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}
