package engine

import (
	"net/textproto"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// isToken follows RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// isFieldValue refuses control characters; see abi/spec.md, response_header.
func isFieldValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

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
