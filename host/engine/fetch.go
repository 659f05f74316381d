package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine/http1"
	"github.com/lull-dev/lull/host/fn"
)

// Outbound sends the HTTP requests of guests. It is safe for concurrent use. Package outbound has one.
type Outbound interface {
	// Open begins what one call of a guest sends; allow is its function's list. send checks a request, sends it and reads the whole answer
	// before ctx ends; its errors are *fn.OutboundError. One send runs at a time, and done follows the last: no connection of the
	// call is left after it.
	Open(allow fn.AllowHosts) (send func(ctx context.Context, req *fn.OutboundRequest) (*fn.OutboundResponse, error), done func())
}

// fetches are what one call sends.
type fetches struct {
	send func(context.Context, *fn.OutboundRequest) (*fn.OutboundResponse, error)
	done func()
	last [abi.PartError + 1][]byte // of the last fetch, by part
}

// fetch sends a request and waits for the answer, on the guest's goroutine. What it refuses fails no call: nothing of the
// function's own answer is lost with it.
func fetch(g *guest, mem api.Memory, p []uint64) int32 {
	if !g.maySend() {
		return g.refused(abi.Fetch, abi.WrongPhase, "there is no outbound HTTP in _initialize")
	}
	head := bytesAt(mem, abi.Fetch, p[0], uint64(uint32(p[1])))
	body := bytesAt(mem, abi.Fetch, p[2], uint64(uint32(p[3])))
	if g.fetches == nil {
		g.fetches = g.openFetches()
	}
	resp, err := g.fetch(head, body, uint32(p[4]), uint32(p[5]), false)
	last := &g.fetches.last
	clear(last[:])
	if err != nil {
		last[abi.PartError] = []byte(err.Message)
		return int32(err.Errno)
	}
	last[abi.PartBody], last[abi.PartURL], last[abi.PartHeaders] = resp.Body, []byte(resp.URL), headerLines(resp.Header)
	return int32(resp.Status)
}

// maySend tells whether there is outbound HTTP now. A server that stands still waits until it runs again. What it sends has the time that its calls have: at the
// deadline of one of them it is interrupted as a whole.
func (g *guest) maySend() bool {
	if g.server != nil {
		g.server.pass()
		return true
	}
	return g.call != nil
}

func headerLines(headers []fn.Header) (lines []byte) {
	for _, h := range headers {
		lines = append(lines, h.Name+": "+h.Value+"\n"...)
	}
	return lines
}

// fetchFile is fetch for guests that have device files. What they write is a line with the timeout, the flags and the length of the head, then head and body as in
// abi/spec.md; of the head, headers that belong to the host are left out: libraries set them. What they read is a line with the status and the length of
// the head, then the URL, a line for each header, and the body; or, with a status below 0, what is wrong.
func (g *guest) fetchFile(request []byte) []byte {
	if g.call == nil {
		return fetchFailed(fn.OutboundErrorf(abi.WrongPhase, "there is no outbound HTTP while the code is loaded, as instances share what comes of it"))
	}
	var timeout, flags, length uint32
	line, rest, ok := bytes.Cut(request, []byte{'\n'})
	if n, _ := fmt.Sscanf(string(line), "%d %d %d", &timeout, &flags, &length); !ok || n != 3 || uint64(length) > uint64(len(rest)) {
		return fetchFailed(fn.OutboundErrorf(abi.Invalid, "the request is not as it must be"))
	}
	if g.fetches == nil {
		g.fetches = g.openFetches()
	}
	resp, err := g.fetch(rest[:length], rest[length:], timeout, flags, true)
	if err != nil {
		return fetchFailed(err)
	}
	head := append([]byte(resp.URL+"\n"), headerLines(resp.Header)...)
	return append(append(fmt.Appendf(nil, "%d %d\n", resp.Status, len(head)), head...), resp.Body...)
}

func fetchFailed(err *fn.OutboundError) []byte {
	return fmt.Appendf(nil, "%d 0\n%s", err.Errno, err.Message)
}

func (g *guest) openFetches() *fetches {
	out := g.program.engine.cfg.Outbound
	if out == nil {
		return &fetches{
			send: func(context.Context, *fn.OutboundRequest) (*fn.OutboundResponse, error) {
				return nil, fn.OutboundErrorf(abi.Denied, "this host sends nothing: it was made without a client for outbound HTTP")
			},
			done: func() {},
		}
	}
	f := new(fetches)
	f.send, f.done = out.Open(g.program.allow)
	return f
}

// fetch does not return if the call is over. Of what libraries make, it drops headers that belong to the host, instead of refusing them.
func (g *guest) fetch(head, body []byte, timeout, flags uint32, drop bool) (*fn.OutboundResponse, *fn.OutboundError) {
	resp, err := g.exchange(head, body, timeout, flags, drop)
	g.mustGoOn(time.Now())
	if err == nil {
		return resp, nil
	}
	out, ok := errors.AsType[*fn.OutboundError](err)
	if !ok {
		out = fn.OutboundErrorf(abi.Failed, "%v", err)
	}
	out.Message = strings.ToValidUTF8(out.Message, "\uFFFD")
	return nil, out
}

func (g *guest) exchange(head, body []byte, timeout, flags uint32, drop bool) (*fn.OutboundResponse, error) {
	if len(body) > abi.MaxFetchBody {
		return nil, fn.OutboundErrorf(abi.TooLarge, "the request's body has %d bytes, the limit is %d", len(body), abi.MaxFetchBody)
	}
	if flags&^abi.FetchFollow != 0 {
		return nil, fn.OutboundErrorf(abi.Invalid, "the flags %#x are not all known", flags)
	}
	req, err := parseFetch(head, drop)
	if err != nil {
		return nil, err
	}
	// A copy: a connection may still be sending the body when an interrupted call, and the guest with it, has ended.
	req.Body, req.Follow = bytes.Clone(body), flags&abi.FetchFollow != 0

	deadline := g.deadline.Add(1) // so that mustGoOn sees it
	if timeout > 0 {
		if own := time.Now().Add(time.Duration(timeout) * time.Millisecond); own.Before(deadline) {
			deadline = own
		}
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	g.turn.end(g.program.engine.turns) // who waits for the network needs none
	g.onInterrupt(cancel)
	defer g.onInterrupt(nil)
	return g.fetches.send(ctx, req)
}

// end gives back what the call's requests held.
func (f *fetches) end() {
	if f != nil {
		f.done()
	}
}

// parseFetch reads "METHOD URL\n" and "Name: value\n" for each header; the last line needs no end.
func parseFetch(head []byte, drop bool) (*fn.OutboundRequest, error) {
	if len(head) > abi.MaxFetchHead {
		return nil, fn.OutboundErrorf(abi.TooLarge, "the request's line and headers have %d bytes, the limit is %d", len(head), abi.MaxFetchHead)
	}
	line, rest, _ := strings.Cut(string(head), "\n")
	method, url, ok := strings.Cut(line, " ")
	switch {
	case !ok:
		return nil, fn.OutboundErrorf(abi.Invalid, "the first line is %.100q, it must be METHOD URL", line)
	case !http1.IsToken(method):
		return nil, fn.OutboundErrorf(abi.Invalid, "illegal method %.100q", method)
	case method == "CONNECT" || method == "TRACE":
		return nil, fn.OutboundErrorf(abi.Invalid, "the method %s is not for guests", method)
	}
	req := &fn.OutboundRequest{Method: method, URL: url}
	for line := range strings.Lines(rest) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.Trim(value, " \t")
		switch {
		case !ok:
			return nil, fn.OutboundErrorf(abi.Invalid, "the line %.100q is not a header of the form Name: value", name)
		case !http1.IsToken(name):
			return nil, fn.OutboundErrorf(abi.Invalid, "illegal header name %.100q", name)
		case !http1.IsValue(value):
			return nil, fn.OutboundErrorf(abi.Invalid, "illegal value of header %q: %.100q", name, value)
		case clientOwned(name) && drop:
			continue
		case clientOwned(name):
			return nil, fn.OutboundErrorf(abi.Invalid, "the header %q belongs to the host", name)
		}
		req.Header = append(req.Header, fn.Header{Name: name, Value: value})
	}
	return req, nil
}

// fetchRead copies a piece of what the last fetch came to.
func fetchRead(g *guest, mem api.Memory, p []uint64) int32 {
	if g.call == nil && g.server == nil {
		return g.refused(abi.FetchRead, abi.WrongPhase, "there is no outbound HTTP in _initialize")
	}
	part, room, offset := uint32(p[0]), uint64(uint32(p[2])), uint64(uint32(p[3]))
	if part > uint32(abi.PartError) || g.fetches == nil {
		return int32(abi.NotFound)
	}
	text := g.fetches.last[part]
	text = text[min(offset, uint64(len(text))):]
	n := min(uint64(len(text)), room)
	copy(bytesAt(mem, abi.FetchRead, p[1], n), text)
	return int32(len(text))
}
