// Package http1 is the client's side of HTTP/1.1 (RFC 9112) over a connection to one guest: what the host says to a server that runs inside it. It is here because
// package host links no HTTP library, and because a guest's answer is read into the host's own buffers, within its limits, with the host's words for
// what is wrong.
package http1

import (
	"strconv"
)

// Header is one field.
type Header struct{ Name, Value string }

// AppendRequest appends the head of a request whose body of size bytes follows. The caller has checked names and values; target is made
// fit for a request line.
func AppendRequest(dst []byte, method, target string, header []Header, size int) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = appendTarget(dst, target)
	dst = append(dst, " HTTP/1.1\r\n"...)
	for _, h := range header {
		dst = append(dst, h.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, h.Value...)
		dst = append(dst, '\r', '\n')
	}
	if size > 0 || method != "GET" && method != "HEAD" {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(size), 10)
		dst = append(dst, '\r', '\n')
	}
	return append(dst, '\r', '\n')
}

// appendTarget percent-encodes what would end the target, or what a server may refuse in one.
func appendTarget(dst []byte, target string) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(target); i++ {
		if c := target[i]; c <= ' ' || c >= 0x7f {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
