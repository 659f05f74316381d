package nethttp

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// request is an http.Request as the function's fn.HTTP.
type request struct{ *http.Request }

func (r request) Method() string {
	if r.Request.Method == "" {
		return http.MethodGet
	}
	return r.Request.Method
}

// Path is the encoded path. StripPrefix leaves "" of its own prefix.
func (r request) Path() string {
	path := r.URL.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		return "/" + path
	}
	return path
}

func (r request) Query() string { return r.URL.RawQuery }

func (r request) ClientIP() string {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return ip
}

// AppendHeaders appends Host and the headers sorted by name, without those that belong to the host.
func (r request) AppendHeaders(dst []byte) []byte {
	if r.Host != "" {
		dst = appendHeader(dst, "Host", r.Host)
	}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		if len(name) < len(fn.HeaderPrefix) || !strings.EqualFold(name[:len(fn.HeaderPrefix)], fn.HeaderPrefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.Header[name] {
			dst = appendHeader(dst, name, value)
		}
	}
	return dst
}

func appendHeader(dst []byte, name, value string) []byte {
	dst = append(append(dst, name...), ": "...)
	return append(append(dst, value...), '\n')
}
