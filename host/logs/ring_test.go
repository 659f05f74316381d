package logs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

func messages(rs []Record) (out []string) {
	for _, r := range rs {
		out = append(out, r.Message)
	}
	return out
}

func TestRing_PlatformLinesHaveTheExactText(t *testing.T) {
	r := NewRing(fn.Key{Service: "s", Name: "f"}, 0)
	id := fn.NewRequestID()
	for _, p := range []abi.Phase{abi.PhaseInitializer, abi.PhaseHandler, abi.PhasePreFreeze, abi.PhasePreStop} {
		r.Add(Entry{RequestID: id, Phase: p, Mark: Start})
		r.Add(Entry{RequestID: id, Phase: p, Mark: End})
	}
	r.Add(Entry{RequestID: id, Phase: abi.PhaseHandler, Mark: End, Fault: fn.Handled})
	r.Add(Entry{RequestID: id, Phase: abi.PhaseHandler, Mark: End, Fault: fn.Unhandled})
	require.Equal(t, []string{
		"FC Initialize Start RequestId: " + id.String(), "FC Initialize End RequestId: " + id.String(),
		"FC Invoke Start RequestId: " + id.String(), "FC Invoke End RequestId: " + id.String(),
		"FC PreFreeze Start RequestId: " + id.String(), "FC PreFreeze End RequestId: " + id.String(),
		"FC PreStop Start RequestId: " + id.String(), "FC PreStop End RequestId: " + id.String(),
		"FC Invoke End RequestId: " + id.String() + ", Error: Handled function error",
		"FC Invoke End RequestId: " + id.String() + ", Error: Unhandled function error",
	}, messages(r.Records(Filter{})))
}

func TestRing_FiltersByInstanceRequestAndHook(t *testing.T) {
	r := NewRing(fn.Key{}, 0)
	a, b := fn.NewRequestID(), fn.NewRequestID()
	r.Add(Entry{InstanceID: "c-1", RequestID: a, Phase: abi.PhaseHandler, Text: "one"})
	r.Add(Entry{InstanceID: "c-2", RequestID: b, Phase: abi.PhasePreStop, Text: "two"})
	r.Add(Entry{InstanceID: "c-1", RequestID: b, Phase: abi.PhasePreStop, Text: "three"})
	r.Add(Entry{InstanceID: "c-1", Text: "four"})
	for _, c := range []struct {
		f    Filter
		want []string
	}{
		{Filter{InstanceID: "c-1"}, []string{"one", "three", "four"}},
		{Filter{RequestID: strings.ToUpper(b.String())}, []string{"two", "three"}},
		{Filter{Hook: "prestop"}, []string{"two", "three"}},
		{Filter{Hook: "PreStop", InstanceID: "c-1"}, []string{"three"}},
		{Filter{Span: Span{Limit: 2}}, []string{"three", "four"}},
		{Filter{Span: Span{After: 3}}, []string{"four"}},
		{Filter{InstanceID: "c-3"}, nil},
	} {
		require.Equal(t, c.want, messages(r.Records(c.f)), "%+v", c.f)
	}
}

func TestRing_KeepsTheNewestWithinItsBytes(t *testing.T) {
	const kept = 10
	entryBytes := (&Ring{}).size()
	r := NewRing(fn.Key{}, kept*(entryBytes+4))
	for i := range 1000 {
		r.Add(Entry{Text: fmt.Sprintf("%04d", i)})
		require.LessOrEqual(t, r.mu.bytes, r.max)
	}
	got := r.Records(Filter{})
	require.Len(t, got, kept)
	require.Equal(t, "0990", got[0].Message)
	require.EqualValues(t, 1000, got[kept-1].Seq)
	require.LessOrEqual(t, len(r.mu.buf), 2*kept)
	require.EqualValues(t, 1000-kept, r.Dropped())

	r.Add(Entry{Text: strings.Repeat("x", 1<<20)}) // larger than the ring: cut, and alone
	got = r.Records(Filter{})
	require.Len(t, got, 1)
	require.Len(t, got[0].Message, r.max-entryBytes)
}
