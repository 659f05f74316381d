package fn

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// RequestID is a random UUID (RFC 9562, version 4). The zero value means none.
type RequestID [16]byte

// NewRequestID draws a fresh id. It comes from a generator that the runtime seeds from the system's
// entropy; ids are unique, they are not secrets.
func NewRequestID() (id RequestID) {
	hi, lo := rand.Uint64(), rand.Uint64()
	for i := range 8 {
		id[i], id[8+i] = byte(hi>>(8*i)), byte(lo>>(8*i))
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

const hexDigits = "0123456789abcdef"

// Append appends the 36 characters of the id.
func (id RequestID) Append(dst []byte) []byte {
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	return dst
}

func (id RequestID) String() string { return string(id.Append(make([]byte, 0, 36))) }

// ParseRequestID reads what String gives.
func ParseRequestID(s string) (id RequestID, err error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(s) != 36 || len(raw) != len(id) {
		return id, fmt.Errorf("%q is not a request id", s)
	}
	copy(id[:], raw)
	if id.String() != strings.ToLower(s) {
		return RequestID{}, fmt.Errorf("%q is not a request id", s)
	}
	return id, nil
}

// Request is one call of a function. The caller owns everything in it and must not change it until
// Invoke has returned.
type Request struct {
	ID        RequestID // zero: the host draws one
	Qualifier string    // what the caller asked for; empty means Latest
	Body      []byte    // the event
	HTTP      HTTP      // nil: an event, not an HTTP request
}

// HTTP is the request line and the headers, read only when the guest asks for them.
type HTTP interface {
	Method() string
	Path() string     // as the function sees it, at least "/", as sent
	Query() string    // without "?", as sent
	ClientIP() string // without the port
	// AppendHeaders appends "Name: value\n" for each header, names in canonical form.
	AppendHeaders(dst []byte) []byte
}

// Header is one field of an answer.
type Header struct{ Name, Value string }

// Response is what a request ended with. A Response may be used again: Invoke resets it and reuses
// Body and Header. The caller owns it.
type Response struct {
	RequestID  RequestID
	InstanceID string
	Version    string // version id that ran; empty for Latest

	Status int // 200 unless the guest set another
	Header []Header
	Body   []byte

	// Fault is nil when the guest answered. Otherwise Status, Header and Body are as if it had not
	// written any.
	Fault *Fault

	// Start is when the handler was called, or, if Fault says that the instance could not be started, when that began.
	Start time.Time
	// Duration is the handler's time on the monotonic clock: no waiting, no start, no hook.
	Duration time.Duration
	// Cold tells that an instance was started for this request.
	Cold bool
	// MemoryBytes is the linear memory of the instance after the call.
	MemoryBytes int64
	// Fuel counts what the guest ran: a unit for a turn of a loop, an entry of a function that can recurse, 256 bytes of a bulk
	// instruction. The same module and event use about the same, whatever the machine.
	Fuel uint64
}

// Reset empties r and keeps its buffers, except those grown past 64 KiB.
func (r *Response) Reset() {
	body := r.Body[:0]
	if cap(body) > 64<<10 {
		body = nil
	}
	clear(r.Header)
	*r = Response{Status: 200, Header: r.Header[:0], Body: body}
}
