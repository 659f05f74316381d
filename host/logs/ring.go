package logs

import (
	"cmp"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/lull-dev/lull/host/fn"
)

// DefaultBytes bounds one function's records: about 4,000 platform lines.
const DefaultBytes = 512 << 10

// entryBytes is what an entry costs besides its text.
const entryBytes = int(unsafe.Sizeof(sequenced{}))

// sequenced is an entry with its place in the order.
type sequenced struct {
	seq uint64
	Entry
}

// Ring holds the newest records of one function. It is safe for concurrent use.
type Ring struct {
	key fn.Key
	max int // bytes

	mu struct {
		sync.Mutex
		circle[sequenced]
		bytes   int
		last    uint64 // sequence number of the newest entry
		dropped uint64
	}
}

// NewRing returns an empty ring that keeps at most max bytes; max <= 0 means DefaultBytes.
func NewRing(key fn.Key, max int) *Ring {
	if max <= 0 {
		max = DefaultBytes
	}
	return &Ring{key: key, max: max}
}

// after is the sequence number of something that happened at t and came in after last. Numbers grow with the time, so that they go on growing after a restart.
func after(last uint64, t time.Time) uint64 { return uint64(max(int64(last)+1, t.UnixMicro())) }

// Add writes one entry and drops the oldest ones if need be.
func (r *Ring) Add(e Entry) {
	if limit := r.max - entryBytes; len(e.Text) > limit {
		e.Text, e.Cut = e.Text[:max(limit, 0)], true
	}
	size := entryBytes + len(e.Text)
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.mu.n > 0 && r.mu.bytes+size > r.max {
		r.mu.bytes -= entryBytes + len(r.mu.at(0).Text)
		r.mu.drop()
		r.mu.dropped++
	}
	r.mu.last = after(r.mu.last, e.Time)
	r.mu.push(sequenced{r.mu.last, e})
	r.mu.bytes += size
}

// Dropped tells how many records have made room for newer ones.
func (r *Ring) Dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.dropped
}

// Records returns what the filter selects, oldest first. The slice is never nil.
func (r *Ring) Records(f Filter) []Record {
	out := []Record{}
	for _, e := range slices.Backward(r.entries(f.Span)) { // newest first, so that Limit can stop the walk
		if f.full(len(out)) {
			break
		}
		if rec := e.record(r.key); f.Selects(&rec) {
			out = append(out, rec)
		}
	}
	slices.Reverse(out)
	return out
}

// entries copies what is in the span, but for its limit: whoever writes does not wait for a search.
func (r *Ring) entries(s Span) (entries []sequenced) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.mu.n {
		if e := r.mu.at(i); e.seq > s.After && s.has(e.Time) {
			entries = append(entries, *e)
		}
	}
	return entries
}

// record makes the text.
func (e *sequenced) record(key fn.Key) Record {
	id := ""
	if e.RequestID != (fn.RequestID{}) {
		id = e.RequestID.String()
	}
	return Record{
		Seq: e.seq, Time: e.Time, Service: key.Service, Function: key.Name, Qualifier: cmp.Or(e.VersionID, fn.Latest), VersionID: e.VersionID,
		InstanceID: e.InstanceID, RequestID: id, Hook: HookName(e.Phase), Level: e.level(), Source: e.source(), Message: e.message(), Cut: e.Cut,
	}
}
