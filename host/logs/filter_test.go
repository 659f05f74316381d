package logs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs/query"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func parse(t testing.TB, s string) *query.Query {
	t.Helper()
	q, err := query.Parse(s)
	require.NoError(t, err)
	return q
}

// The example of fc-api section 4.3.
func TestRing_AnswersTheQueriesOfAnInstancesHooks(t *testing.T) {
	const instance = "c-62833f38-20f1629801fa4bd00001"
	r := NewRing(fn.Key{Service: "shop", Name: "resize"}, 0)
	var ids []string
	for i, p := range []abi.Phase{abi.PhaseInitializer, abi.PhaseHandler, abi.PhasePreFreeze, abi.PhasePreStop} {
		id := fn.NewRequestID()
		ids = append(ids, id.String())
		at := epoch.Add(time.Duration(i) * time.Second)
		r.Add(Entry{Time: at, InstanceID: instance, RequestID: id, Phase: p, Mark: Start})
		r.Add(Entry{Time: at, InstanceID: "c-62833f38-other", RequestID: fn.NewRequestID(), Phase: p, Mark: Start})
		r.Add(Entry{Time: at, InstanceID: instance, RequestID: id, Phase: p, Text: "words of the guest"})
		r.Add(Entry{Time: at, InstanceID: instance, RequestID: id, Phase: p, Mark: End})
	}
	find := func(q string) []string { return messages(r.Records(Filter{Query: parse(t, q)})) }
	require.Len(t, find(instance), 12)
	require.Equal(t, []string{"FC PreStop Start RequestId: " + ids[3], "FC PreStop End RequestId: " + ids[3]}, find(instance+" and PreStop"))
	require.Equal(t, []string{"FC PreFreeze Start RequestId: " + ids[2], "words of the guest", "FC PreFreeze End RequestId: " + ids[2]}, find(ids[2]))
	require.Len(t, find("c-62833f38-*****"), 16)
	require.Len(t, find("resize AND shop AND qualifier: LATEST"), 16)
	require.Len(t, find("hook:prestop"), 4)
	require.Len(t, r.Records(Filter{Span: Span{From: epoch.Add(time.Second), To: epoch.Add(3 * time.Second)}}), 8)
}

func TestRecord_TellsWhoWroteIt(t *testing.T) {
	r := NewRing(fn.Key{Service: "s", Name: "f"}, 0)
	id := fn.NewRequestID()
	r.Add(Entry{Time: epoch, RequestID: id, Phase: abi.PhasePreStop, Mark: Start})
	real := r.Records(Filter{})[0]
	r.Add(Entry{Time: epoch, RequestID: id, Phase: abi.PhasePreStop, Level: abi.Info, Text: real.Message})
	r.Add(Entry{Time: epoch, Mark: Note, Level: abi.Error, Text: "Trap: unreachable"})
	got := r.Records(Filter{})
	require.Equal(t, real.Message, got[1].Message, "a guest can say anything")
	require.Equal(t, []string{Platform, Guest, Platform}, []string{got[0].Source, got[1].Source, got[2].Source})
	require.Equal(t, []Record{real}, r.Records(Filter{Query: parse(t, "prestop and source:platform")}))
}

func TestRecord_HasTheFieldsOfFunctionComputesLogStore(t *testing.T) {
	text, err := json.Marshal(Record{Time: epoch, Service: "s", Function: "f", Qualifier: "LATEST", InstanceID: "c-1", Message: "m"})
	require.NoError(t, err)
	var object map[string]any
	require.NoError(t, json.Unmarshal(text, &object))
	for field, want := range map[string]any{
		"__topic__": "s", "__time__": float64(epoch.Unix()), "serviceName": "s", "functionName": "f", "qualifier": "LATEST",
		"versionId": "", "instanceID": "c-1", "message": "m",
	} {
		require.Equal(t, want, object[field], field)
	}
	require.NotContains(t, object, "cut")
	var back Record
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, "f", back.Function)
	require.True(t, epoch.Equal(back.Time))
}

func TestRecord_AnswersEveryFieldOfAQuery(t *testing.T) {
	r := &Record{
		Service: "serviceName", Function: "functionName", Qualifier: "qualifier", VersionID: "versionId", InstanceID: "instanceID",
		RequestID: "requestId", Hook: "hook", Level: "level", Source: "source", Message: "message",
	}
	for i, name := range query.Fields() {
		if name == "__topic__" {
			name = "serviceName"
		}
		require.Equal(t, name, r.Field(query.Field(i)))
	}
}

func TestRing_NumbersGrowWithTheTimeAndAlwaysGrow(t *testing.T) {
	r := NewRing(fn.Key{}, 0)
	for _, at := range []time.Time{epoch, epoch, epoch.Add(-time.Hour), epoch.Add(time.Second)} {
		r.Add(Entry{Time: at})
	}
	var seqs []uint64
	for _, rec := range r.Records(Filter{}) {
		seqs = append(seqs, rec.Seq-uint64(epoch.UnixMicro()))
	}
	require.Equal(t, []uint64{0, 1, 2, 1e6}, seqs)
}

func TestMerge_OrdersBySequenceAndKeepsTheNewest(t *testing.T) {
	at := func(seq uint64, message string) Record { return Record{Seq: seq, Message: message} }
	all := []Record{at(1, "a"), at(4, "d"), at(2, "b"), at(3, "c")}
	require.Equal(t, "a b c d", strings.Join(messages(Merge(all, 0)), " "))
	require.Equal(t, "c d", strings.Join(messages(Merge(all, 2)), " "))
}
