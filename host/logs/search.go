package logs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
)

// MaxResults bounds what a search in an archive returns: the newest so many, and of those as many as take 32 MiB.
const (
	MaxResults  = 10_000
	resultBytes = 32 << 20
)

// Records returns the records that f selects of a function, or, with an empty name, of a service or of all: those in the store, and those that only the
// rings given have as yet. It returns at most MaxResults. Errors are those of the store.
func (a *Archive) Records(ctx context.Context, key fn.Key, rings []*Ring, f Filter) ([]Record, error) {
	s := search[Entry, Record]{Span: f.Span, key: key}
	s.see = func(key fn.Key, v *sequenced[Entry]) (Record, int, bool) {
		r := v.value.record(key, v.seq)
		return r, len(r.Message) + 256, f.Selects(&r)
	}
	s.missing = func(at time.Time, what string) Entry { return Entry{Time: at, Mark: Note, Level: abi.Warn, Text: what} }
	for _, r := range rings {
		if r != nil {
			s.ring(&r.ring)
		}
	}
	return s.run(ctx, &a.records)
}

// List is Records for requests.
func (a *Archive) List(ctx context.Context, key fn.Key, lists []*Requests, f RequestFilter) ([]Request, error) {
	s := search[served, Request]{Span: f.Span, key: key}
	s.see = func(key fn.Key, v *sequenced[served]) (Request, int, bool) {
		r := v.value.request(key, v.seq)
		return r, 512, f.Selects(&r)
	}
	for _, r := range lists {
		s.ring(&r.ring)
	}
	return s.run(ctx, &a.requests)
}

// search looks for R in what is kept as T.
type search[T, R any] struct {
	Span
	key fn.Key
	// see makes what is read, with its size in bytes, and tells whether it is asked for.
	see func(fn.Key, *sequenced[T]) (R, int, bool)
	// missing makes what stands in the place of things that cannot be read, or is nil.
	missing func(at time.Time, what string) T

	kept  map[fn.Key]uint64 // up to where the store has what this process wrote
	found []hit[R]
	bytes int
}

type hit[R any] struct {
	seq   uint64
	bytes int
	value R
}

// ring looks at what is not in the store. It comes before run: what is stored between is then seen in the ring alone.
func (s *search[T, R]) ring(r *ring[T]) {
	if s.kept == nil {
		s.kept = map[fn.Key]uint64{}
	}
	kept, fresh := r.unkept()
	s.kept[r.key] = kept
	s.look(r.key, fresh)
}

func (s *search[T, R]) look(key fn.Key, items []sequenced[T]) {
	for i := range items {
		if items[i].seq <= s.After {
			continue
		}
		if v, n, ok := s.see(key, &items[i]); ok {
			s.found = append(s.found, hit[R]{items[i].seq, n, v})
			s.bytes += n
		}
	}
	if len(s.found) >= 2*s.limit() || s.bytes > 2*resultBytes {
		s.trim()
	}
}

func (s *search[T, R]) limit() int {
	if s.Limit <= 0 {
		return MaxResults
	}
	return min(s.Limit, MaxResults)
}

// trim puts what was found in order and drops what is too much, oldest first.
func (s *search[T, R]) trim() {
	slices.SortStableFunc(s.found, func(a, b hit[R]) int { return cmp.Compare(a.seq, b.seq) })
	s.bytes = 0
	first := len(s.found)
	for first > 0 && len(s.found)-first < s.limit() && s.bytes+s.found[first-1].bytes <= resultBytes {
		first--
		s.bytes += s.found[first].bytes
	}
	s.found = append([]hit[R](nil), s.found[first:]...)
}

// firstWindow is how far a search looks back at first. As long as it has not found enough it goes back eight times as far.
const firstWindow = time.Minute

// slack is how much earlier than the store took it something may seem to have happened: another machine's clock may be that far ahead. Who follows a log reads as
// much again each time.
const slack = 10 * time.Second

// run looks at the store, window by window towards the past, so that the newest few of much are found soon.
func (s *search[T, R]) run(ctx context.Context, shelf *shelf[T]) ([]R, error) {
	earliest := s.From
	if t := time.UnixMicro(int64(s.After)); s.After > 0 && t.After(earliest) {
		earliest = t
	}
	if !earliest.IsZero() {
		earliest = earliest.Add(-slack)
	}
	end := time.Now()
	if !s.To.IsZero() && s.To.Before(end) {
		end = s.To
	}
	until := time.Time{}
	for window := firstWindow; ; window *= 8 {
		since := end.Add(-window)
		last := !since.After(earliest) || window > shelf.archive.cfg.MaxAge
		if last {
			since = earliest
		}
		if err := s.read(ctx, shelf, since, until); err != nil {
			return nil, err
		}
		if last || len(s.found) >= s.limit() {
			break
		}
		until = since
	}
	s.trim()
	out := make([]R, len(s.found))
	for i := range s.found {
		out[i] = s.found[i].value
	}
	return out, nil
}

// read looks at what the store took since a time and before another, if that is not zero.
func (s *search[T, R]) read(ctx context.Context, shelf *shelf[T], since, until time.Time) error {
	return shelf.stream.Read(ctx, store.Query{Subject: subject(s.key), Since: since}, func(m store.Message) bool {
		if !until.IsZero() && !m.Time.Before(until) {
			return false
		}
		service, name, _ := strings.Cut(m.Subject, ".")
		key := fn.Key{Service: service, Name: name}
		b, err := shelf.decode(m.Data)
		if err != nil {
			s.miss(key, m.Time, fmt.Sprintf("records cannot be read here: %v", err))
		}
		if b.lost > 0 {
			s.miss(key, m.Time, fmt.Sprintf("%d records are missing before this time: the store did not take them soon enough", b.lost))
		}
		if kept, ours := s.kept[key]; ours && b.origin == shelf.archive.origin {
			b.items = slices.DeleteFunc(b.items, func(v sequenced[T]) bool { return v.seq > kept }) // seen in the ring
		}
		s.look(key, b.items)
		return true
	})
}

// miss puts a remark in the place of what is missing.
func (s *search[T, R]) miss(key fn.Key, at time.Time, what string) {
	if s.missing != nil {
		s.look(key, []sequenced[T]{{seq: uint64(at.UnixMicro()), value: s.missing(at, what)}})
	}
}
