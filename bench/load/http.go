package load

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/valyala/fasthttp"
)

// HTTP calls one URL. Each worker has a connection, which is kept alive and never pipelined: one request is under way on it. Nothing is
// sent twice: a connection that fails is an error of that call, and the next call opens another.
type HTTP struct {
	addr    string
	check   Check
	workers []conversation
}

// Check judges an answer. It must not keep the body.
type Check func(status int, body []byte) error

// conversation is a worker's connection.
type conversation struct {
	conn net.Conn // nil: not open
	in   *bufio.Reader
	out  *bufio.Writer
	req  fasthttp.Request
	resp fasthttp.Response
}

// HTTPTimeout bounds one call.
const HTTPTimeout = 60 * time.Second

// NewHTTP prepares calls of one URL by some workers: GET, or POST if there is a body. check judges every answer; nil means StatusOK.
// The body must not change afterwards.
func NewHTTP(target string, workers int, body []byte, check Check) (*HTTP, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("%q is not an http:// address", target)
	}
	if check == nil {
		check = StatusOK
	}
	h := &HTTP{addr: u.Host, check: check, workers: make([]conversation, workers)}
	if u.Port() == "" {
		h.addr += ":80"
	}
	for i := range h.workers {
		w := &h.workers[i]
		w.in, w.out = bufio.NewReader(nil), bufio.NewWriter(nil)
		w.req.SetRequestURI(target)
		w.req.Header.SetUserAgent("lull-bench")
		if body != nil {
			w.req.Header.SetMethod(fasthttp.MethodPost)
			w.req.SetBodyRaw(body)
		}
	}
	return h, nil
}

// StatusOK wants status 200.
func StatusOK(status int, body []byte) error {
	if status != fasthttp.StatusOK {
		return fmt.Errorf("status %d: %.200s", status, body)
	}
	return nil
}

// Call is one call by a worker, as the loops want it.
func (h *HTTP) Call(worker int) error {
	w := &h.workers[worker]
	if err := h.exchange(w); err != nil {
		w.close()
		return err
	}
	if w.resp.ConnectionClose() {
		w.close()
	}
	return h.check(w.resp.StatusCode(), w.resp.Body())
}

// CallPath is Call to another path on the same server.
func (h *HTTP) CallPath(worker int, path string) error {
	h.workers[worker].req.SetRequestURI("http://" + h.addr + path)
	return h.Call(worker)
}

func (h *HTTP) exchange(w *conversation) (err error) {
	if w.conn == nil {
		if w.conn, err = net.DialTimeout("tcp", h.addr, HTTPTimeout); err != nil {
			return err
		}
		w.in.Reset(w.conn)
		w.out.Reset(w.conn)
	}
	if err := w.conn.SetDeadline(time.Now().Add(HTTPTimeout)); err != nil {
		return err
	}
	if err := w.req.Write(w.out); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	return w.resp.Read(w.in)
}

func (w *conversation) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// Close closes the connections. No call is under way.
func (h *HTTP) Close() {
	for i := range h.workers {
		h.workers[i].close()
	}
}
