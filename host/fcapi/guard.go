package fcapi

import (
	"net/url"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// guard refuses changes that a web page of another site asks a browser for: this API listens on the loopback address of the machine that
// the browser runs on, and needs no password there. Browsers put Origin on such requests; newer ones also say Sec-Fetch-Site. Other clients
// send neither.
//
// A page whose own name points to this address (DNS rebinding) passes as same-origin. The Host header would tell, but clients of
// Function Compute's interface may send any Host, or none.
func (s *Server) guard(r *request) error {
	if r.method == "GET" || r.method == "HEAD" {
		return nil
	}
	origin, site := r.header("Origin"), r.header("Sec-Fetch-Site")
	if origin != "" && !sameOrigin(origin, r.header("Host")) || site != "" && site != "same-origin" && site != "none" {
		return fn.Errorf(fn.CodeAccessDenied, "a page of another site (%s) may not use this API", strings.Trim(origin+" "+site, " "))
	}
	return nil
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}
