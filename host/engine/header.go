package engine

import (
	"net/textproto"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// hostOwned tells the headers that a guest may not set.
func hostOwned(name string) bool {
	switch name = textproto.CanonicalMIMEHeaderKey(name); name {
	case "Connection", "Content-Length", "Date", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return strings.HasPrefix(name, "X-Fc-")
}

// clientOwned tells the headers of an outbound request that a guest may not set: those of the connection, and those that follow from the
// URL and the body.
func clientOwned(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// headers reads the header block of a request.
func headers(h fn.HTTP) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(string(h.AppendHeaders(nil))) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		out[name] = append(out[name], value)
	}
	return out
}
