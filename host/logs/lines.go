package logs

import (
	"cmp"
	"slices"

	"github.com/lull-dev/lull/host/fn"
)

// DefaultBytes bounds one function's records: about 4,000 platform lines.
const DefaultBytes = 512 << 10

// Ring holds the newest records of one function. It is safe for concurrent use.
type Ring struct {
	ring[Entry]
}

// NewRing returns an empty ring that keeps at most max bytes; max <= 0 means DefaultBytes.
func NewRing(key fn.Key, max int) *Ring {
	if max <= 0 {
		max = DefaultBytes
	}
	return &Ring{ring[Entry]{key: key, max: max}}
}

// Add writes one entry and drops the oldest ones if need be. A text over the ring's bytes is cut. A nil ring keeps nothing.
func (r *Ring) Add(e Entry) {
	if r == nil {
		return
	}
	if limit := max(r.max-r.size(), 0); len(e.Text) > limit {
		e.Text, e.Cut = e.Text[:limit], true
	}
	r.add(e, e.Time, len(e.Text))
}

// Records returns what the filter selects, oldest first. The slice is never nil.
func (r *Ring) Records(f Filter) []Record {
	out := []Record{}
	if r == nil {
		return out
	}
	for _, e := range slices.Backward(r.since(f.After)) { // newest first, so that Limit can stop the walk
		if f.full(len(out)) {
			break
		}
		if rec := e.value.record(r.key, e.seq); f.Selects(&rec) {
			out = append(out, rec)
		}
	}
	slices.Reverse(out)
	return out
}

// record makes the text.
func (e *Entry) record(key fn.Key, seq uint64) Record {
	id := ""
	if e.RequestID != (fn.RequestID{}) {
		id = e.RequestID.String()
	}
	return Record{
		Seq: seq, Time: e.Time, Service: key.Service, Function: key.Name, Qualifier: cmp.Or(e.VersionID, fn.Latest), VersionID: e.VersionID,
		InstanceID: e.InstanceID, RequestID: id, Hook: HookName(e.Phase), Level: e.level(), Source: e.source(), Message: e.message(), Cut: e.Cut,
	}
}
