//go:build wasip1

package lull

import (
	"strings"
	"time"
	"unsafe"
)

//go:wasmimport lull_v1 fetch
//go:noescape
func importFetch(head string, body unsafe.Pointer, size, timeout, flags uint32) int32

//go:wasmimport lull_v1 fetch_read
//go:noescape
func importFetchRead(part uint32, p unsafe.Pointer, size, offset uint32) int32

// Parts of fetch_read, and the flag of fetch. Spec section 4.
const (
	partBody = iota
	partHeaders
	partURL
	partError
	flagFollow = 1
)

func sendFetch(r *FetchRequest) (*FetchResponse, error) {
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	flags := uint32(flagFollow)
	if r.KeepRedirects {
		flags = 0
	}
	// A time below a millisecond is not none.
	timeout := uint32(min(max((r.Timeout+time.Millisecond-1)/time.Millisecond, 0), 1<<32-1))
	status := importFetch(head, unsafe.Pointer(unsafe.SliceData(r.Body)), uint32(len(r.Body)), timeout, flags)
	if status < 0 {
		return nil, &FetchError{Errno(status), string(fetched(partError))}
	}
	resp := &FetchResponse{Status: int(status), URL: string(fetched(partURL)), Body: fetched(partBody)}
	for line := range strings.Lines(string(fetched(partHeaders))) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		resp.Headers = append(resp.Headers, [2]string{name, value})
	}
	return resp, nil
}

func fetched(part uint32) []byte {
	size := importFetchRead(part, nil, 0, 0)
	if size <= 0 {
		return nil
	}
	p := make([]byte, size)
	importFetchRead(part, unsafe.Pointer(unsafe.SliceData(p)), uint32(size), 0)
	return p
}
