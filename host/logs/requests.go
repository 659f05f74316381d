package logs

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// DefaultRequestBytes bounds one function's request list: about 1,000 requests.
const DefaultRequestBytes = 160 << 10

// Request is one request that ran, as it is read. Hook runs are not requests.
type Request struct {
	Seq        uint64 `json:"seq"` // orders a function's requests by their end, like Record.Seq
	RequestID  string `json:"requestId"`
	Service    string `json:"serviceName"`
	Function   string `json:"functionName"`
	Qualifier  string `json:"qualifier"`
	VersionID  string `json:"versionId"`
	InstanceID string `json:"instanceId"`
	// Start is when the handler was called, or, if it was not since the instance failed to start, when that began.
	Start      time.Time `json:"startTime"`
	DurationMs float64   `json:"durationMs"` // of the handler alone
	// BilledMs is the duration rounded up. What a function costs is less where requests overlap, and more where hooks run; Usage tells.
	BilledMs uint64 `json:"billedMs"`
	Cold     bool   `json:"cold"` // an instance was started for it
	// Status is that of the answer at a function URL.
	Status int `json:"status"`
	// ErrorType is "HandledInvocationError", "UnhandledInvocationError", "InitializationError" or empty, Error its type, like "Timeout".
	ErrorType fn.FaultKind `json:"errorType"`
	Error     string       `json:"error"`
}

// served is one request, as it is kept.
type served struct {
	id                fn.RequestID
	instance, version string
	start             time.Time
	duration          time.Duration
	cold              bool
	status            int
	errorType         fn.FaultKind
	error             string
}

// Requests holds the newest requests of one function. It is safe for concurrent use.
type Requests struct {
	ring[served]
}

// NewRequests returns an empty list that keeps at most max bytes; max <= 0 means DefaultRequestBytes.
func NewRequests(key fn.Key, max int) *Requests {
	if max <= 0 {
		max = DefaultRequestBytes
	}
	return &Requests{ring[served]{key: key, max: max}}
}

// maxErrorName bounds what is kept of a fault's type, which guests choose.
const maxErrorName = 100

// Add writes down a request that has ended. It keeps nothing of resp but its ids.
func (r *Requests) Add(resp *fn.Response) {
	s := served{
		id: resp.RequestID, instance: resp.InstanceID, version: resp.Version, start: resp.Start, duration: resp.Duration,
		cold: resp.Cold, status: resp.Status,
	}
	if f := resp.Fault; f != nil {
		s.status, s.errorType = fn.FaultStatus, f.Kind
		s.error = strings.Clone(f.Type[:min(len(f.Type), maxErrorName)]) // the fault may be large
	}
	r.add(s, s.start.Add(s.duration), len(s.error))
}

// RequestFilter selects requests; a zero field selects all.
type RequestFilter struct {
	Span       // of the time at which they ended
	InstanceID string
	RequestID  string // without regard to case
	Failed     bool   // only those with an error
}

// Selects reports whether the request is one of those that f asks for. It does not look at the span's limit.
func (f *RequestFilter) Selects(r *Request) bool {
	return (f.InstanceID == "" || f.InstanceID == r.InstanceID) &&
		(f.RequestID == "" || strings.EqualFold(f.RequestID, r.RequestID)) &&
		(!f.Failed || r.ErrorType != "") &&
		f.has(r.end())
}

func (r *Request) end() time.Time {
	return r.Start.Add(time.Duration(r.DurationMs * float64(time.Millisecond)))
}

// List returns what the filter selects, oldest first. The slice is never nil.
func (r *Requests) List(f RequestFilter) []Request {
	out := []Request{}
	for _, s := range slices.Backward(r.since(f.After)) {
		if f.full(len(out)) {
			break
		}
		if req := s.value.request(r.key, s.seq); f.Selects(&req) {
			out = append(out, req)
		}
	}
	slices.Reverse(out)
	return out
}

func (s *served) request(key fn.Key, seq uint64) Request {
	return Request{
		Seq: seq, RequestID: s.id.String(), Service: key.Service, Function: key.Name, Qualifier: cmp.Or(s.version, fn.Latest), VersionID: s.version,
		InstanceID: s.instance, Start: s.start, DurationMs: float64(s.duration) / float64(time.Millisecond), BilledMs: fn.BilledMs(s.duration),
		Cold: s.cold, Status: s.status, ErrorType: s.errorType, Error: s.error,
	}
}
