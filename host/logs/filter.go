package logs

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/logs/query"
)

// Span bounds a look at records or requests; a zero field does not.
type Span struct {
	From, To time.Time // from and before
	After    uint64    // only what has a greater sequence number
	Limit    int       // the newest so many
}

func (s *Span) has(t time.Time) bool {
	return (s.From.IsZero() || !t.Before(s.From)) && (s.To.IsZero() || t.Before(s.To))
}

func (s *Span) full(n int) bool { return s.Limit > 0 && n >= s.Limit }

// Filter selects records; a zero field selects all.
type Filter struct {
	Span
	InstanceID string
	RequestID  string // without regard to case, like Hook
	Hook       string
	Query      *query.Query
}

// Selects reports whether the record is one of those that f asks for. It does not look at the span's limit.
func (f *Filter) Selects(r *Record) bool {
	return (f.InstanceID == "" || f.InstanceID == r.InstanceID) &&
		(f.RequestID == "" || strings.EqualFold(f.RequestID, r.RequestID)) &&
		(f.Hook == "" || strings.EqualFold(f.Hook, r.Hook)) &&
		f.has(r.Time) && f.Query.Match(r)
}

// Merge puts records of several functions in order and keeps the newest limit, or all if it is 0. The order is that of sequence numbers, which are times, but
// keep what one instance wrote in the order in which it did.
func Merge(records []Record, limit int) []Record {
	return merge(records, limit, func(a, b Record) int { return cmp.Compare(a.Seq, b.Seq) })
}

// MergeRequests is Merge for requests.
func MergeRequests(requests []Request, limit int) []Request {
	return merge(requests, limit, func(a, b Request) int { return cmp.Compare(a.Seq, b.Seq) })
}

func merge[T any](all []T, limit int, order func(a, b T) int) []T {
	slices.SortStableFunc(all, order)
	if limit > 0 && len(all) > limit {
		all = all[len(all)-limit:]
	}
	return all
}
