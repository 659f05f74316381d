package outbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// userAgent is what a request says that sets none.
const userAgent = "lull"

// send checks a request, sends it, and reads the whole answer. Every error is a *fn.OutboundError.
func (s *session) send(ctx context.Context, r *fn.OutboundRequest) (*fn.OutboundResponse, error) {
	resp, err := s.exchange(ctx, r)
	if err == nil {
		return resp, nil
	}
	if own, ok := errors.AsType[*fn.OutboundError](err); ok {
		return nil, own
	}
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // without the URL, which the guest knows
	}
	out := fn.OutboundErrorf(abi.Failed, "%v", err)
	switch {
	case ctx.Err() != nil:
		out = fn.OutboundErrorf(abi.TimedOut, "there was no answer in time")
	case isTimeout(err):
		out.Errno = abi.TimedOut
	case strings.Contains(err.Error(), "server response headers exceeded"):
		out = fn.OutboundErrorf(abi.TooLarge, "the answer's headers have more than %d bytes", abi.MaxFetchHead)
	}
	out.Err = err
	return nil, out
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

func (s *session) exchange(ctx context.Context, r *fn.OutboundRequest) (*fn.OutboundResponse, error) {
	target, err := url.Parse(r.URL)
	if err != nil {
		return nil, fn.OutboundErrorf(abi.Invalid, "%v", err)
	}
	if err := s.check(target); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fn.OutboundErrorf(abi.Invalid, "%v", err)
	}
	req.Header.Set("User-Agent", userAgent)
	for _, h := range r.Header {
		if strings.EqualFold(h.Name, "User-Agent") {
			req.Header.Del("User-Agent")
		}
	}
	for _, h := range r.Header {
		req.Header.Add(h.Name, h.Value)
	}

	select {
	case s.client.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.client.places }()

	do := s.transport.RoundTrip
	if r.Follow {
		do = (&http.Client{Transport: s.transport, CheckRedirect: s.checkRedirect}).Do
	}
	resp, err := do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 599 {
		return nil, fn.OutboundErrorf(abi.Failed, "the answer has the status %d", resp.StatusCode)
	}
	if resp.ContentLength > abi.MaxFetchBody && r.Method != http.MethodHead {
		return nil, errTooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, abi.MaxFetchBody+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > abi.MaxFetchBody:
		return nil, errTooLarge()
	}
	return &fn.OutboundResponse{Status: resp.StatusCode, URL: resp.Request.URL.String(), Header: headers(resp.Header), Body: body}, nil
}

func errTooLarge() error {
	return fn.OutboundErrorf(abi.TooLarge, "the answer's body has more than %d bytes", abi.MaxFetchBody)
}

// checkRedirect lets net/http follow as many redirects as allowed, each after the check of the first request.
func (s *session) checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > abi.MaxFetchHops {
		return fn.OutboundErrorf(abi.Failed, "more than %d redirects", abi.MaxFetchHops)
	}
	err := s.check(next.URL)
	if own, ok := errors.AsType[*fn.OutboundError](err); ok {
		own.Message = "redirect to " + next.URL.Redacted() + ": " + own.Message
	}
	return err
}

// check refuses URLs that are not for guests, or not for this one.
func (s *session) check(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fn.OutboundErrorf(abi.Invalid, "the URL's scheme is %q, it must be http or https", u.Scheme)
	case u.Opaque != "" || u.Hostname() == "":
		return fn.OutboundErrorf(abi.Invalid, "the URL has no host")
	case strings.ContainsFunc(u.Hostname(), func(c rune) bool { return c > '~' }):
		return fn.OutboundErrorf(abi.Invalid, "the host %q is not ASCII; write it in punycode (xn--...)", u.Hostname())
	case u.User != nil:
		return fn.OutboundErrorf(abi.Invalid, "the URL holds a user; send an Authorization header")
	}
	// What net/http connects to is the host that is checked here: both in the same form.
	host := fn.HostName(u.Hostname())
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return fn.OutboundErrorf(abi.Invalid, "the address %s has a zone", host)
		}
		host = a.Unmap().String()
	}
	port := uint64(80)
	if u.Scheme == "https" {
		port = 443
	}
	if text := u.Port(); text != "" {
		var err error
		if port, err = strconv.ParseUint(text, 10, 16); err != nil || port == 0 {
			return fn.OutboundErrorf(abi.Invalid, "the URL's port is %q", text)
		}
	}
	if !s.allow.Allows(host, uint16(port)) {
		return fn.OutboundErrorf(abi.Denied, "the function may not send requests to %s port %d; its list of allowed hosts must name it", host, port)
	}
	return nil
}

// hopByHop are the headers that end with a connection.
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// headers gives an answer's, sorted by name, without those of the connection.
func headers(h http.Header) (out []fn.Header) {
	drop := slices.Clone(hopByHop)
	for _, names := range h.Values("Connection") {
		for name := range strings.SplitSeq(names, ",") {
			drop = append(drop, http.CanonicalHeaderKey(strings.TrimSpace(name)))
		}
	}
	for name, values := range h {
		if slices.Contains(drop, name) {
			continue
		}
		for _, value := range values {
			out = append(out, fn.Header{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(out, func(a, b fn.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}
