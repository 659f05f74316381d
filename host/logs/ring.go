package logs

import (
	"strings"
	"sync"
	"unsafe"

	"github.com/lull-dev/lull/host/fn"
)

// DefaultBytes bounds one function's records: about 4,000 platform lines.
const DefaultBytes = 512 << 10

// entryBytes is what an entry costs besides its text.
const entryBytes = int(unsafe.Sizeof(Entry{}))

// Ring holds the newest records of one function. It is safe for concurrent use.
type Ring struct {
	key fn.Key
	max int // bytes

	mu struct {
		sync.Mutex
		buf   []Entry // a circle: n entries from index first
		first int
		n     int
		bytes int
		last  uint64 // sequence number of the newest entry
	}
}

// NewRing returns an empty ring that keeps at most max bytes; max <= 0 means DefaultBytes.
func NewRing(key fn.Key, max int) *Ring {
	if max <= 0 {
		max = DefaultBytes
	}
	return &Ring{key: key, max: max}
}

// Add writes one entry and drops the oldest ones if need be.
func (r *Ring) Add(e Entry) {
	if limit := r.max - entryBytes; len(e.Text) > limit {
		e.Text = e.Text[:max(limit, 0)]
	}
	size := entryBytes + len(e.Text)
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.mu.n > 0 && r.mu.bytes+size > r.max {
		old := &r.mu.buf[r.mu.first]
		r.mu.bytes -= entryBytes + len(old.Text)
		*old = Entry{}
		r.mu.first = (r.mu.first + 1) % len(r.mu.buf)
		r.mu.n--
	}
	if r.mu.n == len(r.mu.buf) {
		grown := make([]Entry, max(16, 2*r.mu.n))
		k := copy(grown, r.mu.buf[r.mu.first:])
		copy(grown[k:], r.mu.buf[:r.mu.first])
		r.mu.buf, r.mu.first = grown, 0
	}
	r.mu.buf[(r.mu.first+r.mu.n)%len(r.mu.buf)] = e
	r.mu.n++
	r.mu.bytes += size
	r.mu.last++
}

// Filter selects records; a zero field selects all.
type Filter struct {
	InstanceID string
	RequestID  string
	Hook       string // without regard to case
	After      uint64 // only records with a greater sequence number
	Limit      int    // the newest so many
}

// Records returns what the filter selects, oldest first. The slice is never nil.
func (r *Ring) Records(f Filter) []Record {
	out := []Record{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := r.mu.n - 1; i >= 0; i-- { // newest first, so that Limit can stop the walk
		seq := r.mu.last - uint64(r.mu.n-1-i)
		if seq <= f.After || f.Limit > 0 && len(out) == f.Limit {
			break
		}
		e := &r.mu.buf[(r.mu.first+i)%len(r.mu.buf)]
		if f.InstanceID != "" && e.InstanceID != f.InstanceID {
			continue
		}
		hook := HookName(e.Phase)
		if f.Hook != "" && !strings.EqualFold(f.Hook, hook) {
			continue
		}
		id := ""
		if e.RequestID != (fn.RequestID{}) {
			id = e.RequestID.String()
		}
		if f.RequestID != "" && !strings.EqualFold(f.RequestID, id) {
			continue
		}
		out = append(out, Record{
			Seq: seq, Time: e.Time, Service: r.key.Service, Function: r.key.Name,
			Qualifier: fn.Latest, VersionID: e.VersionID, InstanceID: e.InstanceID,
			RequestID: id, Hook: hook, Level: e.level(), Message: e.message(),
		})
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
