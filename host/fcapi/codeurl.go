package fcapi

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// codeURLTime is how long the address of a function's code can be used.
const codeURLTime = 10 * time.Minute

// getCode answers with an address from which the code can be fetched without a signature.
func (s *Server) getCode(r *request) error {
	v, err := s.function(r)
	if err != nil {
		return err
	}
	claim := fmt.Sprintf("%s %s %s %d", r.service, r.qualifier, r.function, time.Now().Add(codeURLTime).Unix())
	token := base64.RawURLEncoding.EncodeToString(append(s.codeMAC(claim), claim...))
	return r.write(map[string]string{"url": "http://" + s.address(r) + "/_lull/code/" + token, "checksum": v.CodeChecksum})
}

// address is where the client reached this server. One client leaves the port out of Host, so that a Host without one means nothing.
func (s *Server) address(r *request) string {
	if host := r.header("Host"); strings.Contains(host, ":") {
		return host
	}
	return r.ctx.LocalAddr().String()
}

// codeMAC signs a claim with what this server alone has, and not longer than it runs.
func (s *Server) codeMAC(claim string) []byte {
	h := hmac.New(sha256.New, s.codeSecret[:])
	h.Write([]byte(claim))
	return h.Sum(nil)
}

// fetchCode answers with the code itself: a module, or a zip file of a source tree.
func (s *Server) fetchCode(r *request) error {
	token, err := base64.RawURLEncoding.DecodeString(r.item)
	claim := ""
	if err == nil && len(token) > sha256.Size && hmac.Equal(token[:sha256.Size], s.codeMAC(string(token[sha256.Size:]))) {
		claim = string(token[sha256.Size:])
	}
	parts := strings.Split(claim, " ")
	if len(parts) != 4 {
		return fn.Errorf(fn.CodeAccessDenied, "this is not the address of a function's code; ask for a new one")
	}
	if until, err := strconv.ParseInt(parts[3], 10, 64); err != nil || time.Now().Unix() > until {
		return fn.Errorf(fn.CodeAccessDenied, "the address of the code is good for %s and past that; ask for a new one", codeURLTime)
	}
	v, err := s.host.FunctionAt(fn.Key{Service: parts[0], Name: parts[2]}, parts[1])
	if err != nil {
		return err
	}
	code, err := s.host.Code(s.base, v)
	if err != nil {
		return err
	}
	r.ctx.SetContentType("application/zip")
	if bytes.HasPrefix(code, []byte("\x00asm")) {
		r.ctx.SetContentType("application/wasm")
	}
	r.ctx.Response.SetBodyRaw(code)
	return nil
}
