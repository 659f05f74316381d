package logs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
)

func drawID(t *rapid.T) (id fn.RequestID) {
	if rapid.Bool().Draw(t, "id") {
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
	}
	return id
}

func drawTime(t *rapid.T) time.Time {
	return time.Unix(0, epoch.UnixNano()+rapid.Int64Range(-1e15, 1e15).Draw(t, "time"))
}

var someNames = rapid.SampledFrom([]string{"", "c-1", "c-2", "7"})

func drawEntry(t *rapid.T) Entry {
	e := Entry{
		Time: drawTime(t), InstanceID: someNames.Draw(t, "instance"), VersionID: someNames.Draw(t, "version"), RequestID: drawID(t),
		Phase: abi.Phase(rapid.IntRange(0, 4).Draw(t, "phase")), Mark: Mark(rapid.IntRange(0, 3).Draw(t, "mark")),
		Fault: rapid.SampledFrom([]fn.FaultKind{"", fn.Handled, fn.Unhandled}).Draw(t, "fault"),
	}
	if e.Mark == Line || e.Mark == Note {
		e.Level, e.Cut = abi.Level(rapid.IntRange(0, 3).Draw(t, "level")), rapid.Bool().Draw(t, "cut")
		e.Text = rapid.String().Draw(t, "text")
		if rapid.IntRange(0, 20).Draw(t, "long") == 0 {
			e.Text = string(make([]byte, abi.MaxLogBytes))
		}
	}
	return e
}

func drawServed(t *rapid.T) served {
	return served{
		id: drawID(t), instance: someNames.Draw(t, "instance"), version: someNames.Draw(t, "version"), start: drawTime(t),
		duration: time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "duration")), cold: rapid.Bool().Draw(t, "cold"),
		status: rapid.IntRange(0, 599).Draw(t, "status"), errorType: rapid.SampledFrom([]fn.FaultKind{"", fn.Handled}).Draw(t, "type"),
		error: someNames.Draw(t, "error"),
	}
}

func roundTrip[T any](c coding[T], draw func(*rapid.T) T) func(*rapid.T) {
	return func(t *rapid.T) {
		var items []sequenced[T]
		seq := uint64(0)
		for range rapid.IntRange(0, 40).Draw(t, "items") {
			seq += rapid.Uint64Range(1, 1e9).Draw(t, "step")
			items = append(items, sequenced[T]{seq: seq, value: draw(t)})
		}
		lost := rapid.Uint64Max(3).Draw(t, "lost")
		var got []sequenced[T]
		for i, data := range c.encode(origin{1, 2}, lost, items) {
			require.LessOrEqual(t, len(data), store.MaxEntryBytes)
			b, err := c.decode(data)
			require.NoError(t, err)
			require.Equal(t, origin{1, 2}, b.origin)
			if i > 0 {
				lost = 0
			}
			require.Equal(t, lost, b.lost)
			got = append(got, b.items...)
		}
		require.Equal(t, items, got)
	}
}

func TestBlock_ReadsWhatWasWritten(t *testing.T) {
	t.Run("records", func(t *testing.T) { rapid.Check(t, roundTrip(entryCoding, drawEntry)) })
	t.Run("requests", func(t *testing.T) { rapid.Check(t, roundTrip(requestCoding, drawServed)) })
}

func TestBlock_OfAnotherVersionIsNotRead(t *testing.T) {
	data := entryCoding.encode(origin{}, 0, []sequenced[Entry]{{seq: 1}})[0]
	data[0]++
	_, err := entryCoding.decode(data)
	require.ErrorIs(t, err, errBlock)
	require.ErrorContains(t, err, "version 2")
}

func FuzzDecode(f *testing.F) {
	e := Entry{Time: epoch, InstanceID: "c-1", RequestID: fn.RequestID{1}, Mark: Line, Text: "text"}
	f.Add(entryCoding.encode(origin{}, 5, []sequenced[Entry]{{seq: 1, value: e}, {seq: 9, value: e}})[0])
	f.Add(requestCoding.encode(origin{}, 0, []sequenced[served]{{seq: 1, value: served{start: epoch}}})[0])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := entryCoding.decode(data)
		if err != nil {
			require.ErrorIs(t, err, errBlock)
		}
		require.LessOrEqual(t, len(records.items), len(data))
		requests, err := requestCoding.decode(data)
		if err != nil {
			require.ErrorIs(t, err, errBlock)
		}
		require.LessOrEqual(t, len(requests.items), len(data))
	})
}
