package host

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
)

func newTestKeeper(t *testing.T, s store.Store) *keeper {
	k, err := newKeeper(t.Context(), s)
	require.NoError(t, err)
	return k
}

func (k *keeper) testPut(t *testing.T, code string) string {
	name, err := k.code.Put(t.Context(), []byte(code))
	require.NoError(t, err)
	return name
}

func (k *keeper) testRefer(t *testing.T, function, code string) {
	_, err := k.change(k.functions, functionKey(fn.Key{Service: "s", Name: function}), functionDocument{Code: code}, store.Any)
	require.NoError(t, err)
}

func (k *keeper) has(t *testing.T, code string) bool {
	_, err := k.code.Get(t.Context(), code)
	if err != nil {
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	return err == nil
}

func TestSweep_DeletesCodeThatNothingRefersTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTestKeeper(t, memory.New())
		s := sweeper{keeper: k}
		current, old, frozen, again := k.testPut(t, "current"), k.testPut(t, "old"), k.testPut(t, "frozen"), k.testPut(t, "again")
		k.testRefer(t, "f", old)
		k.testRefer(t, "f", current)
		v := &registry.Version{Function: fn.Function{Service: "s", Name: "f"}, ID: "1", Code: frozen}
		require.NoError(t, k.published(v))

		time.Sleep(unusedFor - 2*time.Minute)
		require.NoError(t, s.sweep(t.Context()))
		require.NoError(t, s.sweep(t.Context()))
		require.True(t, k.has(t, old), "it has not been unused for long")
		time.Sleep(time.Minute)
		require.Equal(t, again, k.testPut(t, "again"), "somebody is about to refer to it")
		time.Sleep(sweepEvery)
		require.NoError(t, s.sweep(t.Context()))
		require.True(t, k.has(t, old), "it was seen unused once")
		time.Sleep(sweepEvery)
		require.NoError(t, s.sweep(t.Context()))
		require.False(t, k.has(t, old))
		for _, name := range []string{current, frozen, again} {
			require.True(t, k.has(t, name))
		}

		require.NoError(t, k.unpublished(v))
		_, err := k.functions.Put(t.Context(), "s.damaged", []byte("{"), 0)
		require.NoError(t, err)
		for range 2 {
			time.Sleep(unusedFor)
			require.ErrorContains(t, s.sweep(t.Context()), "s.damaged")
		}
		require.True(t, k.has(t, frozen), "who knows what the document refers to that cannot be read")
		require.NoError(t, k.functions.Delete(t.Context(), "s.damaged", store.Any))
		for range 2 {
			time.Sleep(sweepEvery)
			require.NoError(t, s.sweep(t.Context()))
		}
		require.False(t, k.has(t, frozen))
		require.False(t, k.has(t, again))
		require.True(t, k.has(t, current))
	})
}

// Hosts deploy code that was there before, take their time between putting it and referring to it, publish, delete and sweep, over a month.
func TestSweep_NeverDeletesCodeThatIsReferredTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		end := time.Now().Add(30 * 24 * time.Hour)
		random := func(most time.Duration) time.Duration { return rand.N(most) }
		intact := func(k *keeper) {
			used, err := k.references(t.Context())
			require.NoError(t, err)
			for name := range used {
				require.True(t, k.has(t, name), "code that something refers to")
			}
		}
		for range 3 {
			k := newTestKeeper(t, shared)
			go func() {
				for time.Now().Before(end) {
					name := k.testPut(t, fmt.Sprint("code ", rand.IntN(20)))
					time.Sleep(random(settleWithin))
					k.testRefer(t, fmt.Sprint("f", rand.IntN(3)), name)
					intact(k)
					time.Sleep(random(90 * time.Minute))
				}
			}()
			go func() { // publishes what a function has, and deletes the version later
				for n := 0; time.Now().Before(end); n++ {
					documents, err := k.functions.List(t.Context(), "")
					require.NoError(t, err)
					if len(documents) > 0 {
						v := &registry.Version{Function: fn.Function{Service: "s", Name: "v"}, ID: fmt.Sprint(n), Code: codeOf(t, k)}
						time.Sleep(random(sweepEvery / 2)) // what is current may not be any more
						require.NoError(t, k.keepCode(t.Context(), v.Code))
						time.Sleep(random(settleWithin))
						require.NoError(t, k.published(v))
						intact(k)
						time.Sleep(random(6 * time.Hour))
						require.NoError(t, k.unpublished(v))
					}
					time.Sleep(random(2 * time.Hour))
				}
			}()
			go func() {
				time.Sleep(random(sweepEvery))
				for s := (sweeper{keeper: k}); time.Now().Before(end); time.Sleep(sweepEvery) {
					require.NoError(t, s.sweep(t.Context()))
					intact(k)
				}
			}()
		}
		time.Sleep(time.Until(end) + 24*time.Hour)
		k := newTestKeeper(t, shared)
		s := sweeper{keeper: k}
		for range 2 {
			require.NoError(t, s.sweep(t.Context()))
		}
		used, err := k.references(t.Context())
		require.NoError(t, err)
		left, err := k.code.List(t.Context())
		require.NoError(t, err)
		require.Len(t, left, len(used), "and nothing else is left")
	})
}

// codeOf returns the code of any function.
func codeOf(t *testing.T, k *keeper) string {
	used, err := k.references(t.Context())
	require.NoError(t, err)
	delete(used, "")
	var names []string
	for name := range used {
		names = append(names, name)
	}
	slices.Sort(names)
	return names[rand.IntN(len(names))]
}
