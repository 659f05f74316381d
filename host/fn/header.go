package fn

import (
	"strconv"
	"time"
)

// Headers of answers that say how a request went.
const (
	HeaderRequestID  = "X-Fc-Request-Id"          // on every answer
	HeaderInstanceID = "X-Fc-Instance-Id"         // which instance ran it
	HeaderDuration   = "X-Fc-Invocation-Duration" // Response.AppendDuration
	HeaderMemory     = "X-Fc-Max-Memory-Usage"    // Response.AppendMemory
	HeaderErrorType  = "X-Fc-Error-Type"          // the FaultKind; absent after success
)

// HeaderPrefix, without regard to case, marks the headers that belong to the host: a guest neither sees nor sets them.
const HeaderPrefix = "X-Fc-"

// AppendDuration appends the handler's time in milliseconds, decimal, with up to three digits after the
// point: 80.16 for 80.16 ms, 5 for 5 ms. What is less than a microsecond is dropped.
func (r *Response) AppendDuration(dst []byte) []byte {
	us := max(int64(r.Duration/time.Microsecond), 0)
	dst = strconv.AppendInt(dst, us/1000, 10)
	rest := us % 1000
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendMemory appends the instance's linear memory in MB of 1,048,576 bytes, with two digits after the point,
// rounded up: 12.85, 0.07.
func (r *Response) AppendMemory(dst []byte) []byte {
	hundredths := (max(r.MemoryBytes, 0)*100 + MiB - 1) / MiB
	dst = strconv.AppendInt(dst, hundredths/100, 10)
	return append(dst, '.', byte('0'+hundredths/10%10), byte('0'+hundredths%10))
}
