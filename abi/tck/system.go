package tck

import (
	"strconv"
	"testing"
	"time"
)

// system is what a guest gets from WASI.
func (k *kit) system(t *testing.T) {
	t.Run("gives the function's environment", func(t *testing.T) {
		k.undone(t)
		k.change(t, func(f *function) { f.Environment["TCK_VALUE"] = "a b=ä" })
		equal(t, "TCK_VALUE", k.call(t, "env TCK_VALUE").text(t), "a b=ä")
		equal(t, "a variable that is not there", k.call(t, "env TCK_MISSING").text(t), "")
	})
	t.Run("gives the time of day", func(t *testing.T) {
		k.need(t, "clock")
		ask := func(line string) int64 { return must(strconv.ParseInt(k.call(t, "%s", line).text(t), 10, 64))(t) }
		before := ask("clock")
		deadline := ask("context deadline")
		after := ask("clock")
		// The deadline of a call between two readings is at most the time limit behind them.
		if before > after || deadline < before || deadline > after+longLimit*1000 {
			t.Errorf("clock %d, deadline %d, clock %d", before, deadline, after)
		}
	})
	t.Run("gives random numbers that differ", func(t *testing.T) {
		k.need(t, "random")
		seen := map[string]bool{}
		for range 3 {
			seen[k.call(t, "random").text(t)] = true
			seen[k.call(t, "random").text(t)] = true
			k.reset(t) // new instances
		}
		equal(t, "different answers of 6", len(seen), 6)
	})
	t.Run("lets the guest sleep", func(t *testing.T) {
		start := time.Now()
		equal(t, "answer", k.call(t, "sleep 30").text(t), "ok")
		if time.Since(start) < 30*time.Millisecond {
			t.Error("it did not sleep")
		}
	})
	t.Run("has neither event nor answer nor context in _initialize", func(t *testing.T) {
		k.need(t, "boot")
		equal(t, "event_read, context_read, response_write", k.call(t, "boot").text(t), "-2 -2 -2")
	})
}
