package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine/http1"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// Paths of requests that the host makes, which are also the values of X-Fc-Control-Path. A request that came by HTTP keeps its own path.
const (
	pathInvoke     = "/invoke"
	pathHTTP       = "/http-invoke"
	pathInitialize = "/initialize"
	pathPreFreeze  = "/pre-freeze"
	pathPreStop    = "/pre-stop"
)

// exchange sends a call's request and makes of the answer what its phase means by it.
func (s *server) exchange(c *instance.Call) *fn.Fault {
	method, target, header, body := s.request(c)
	head := http1.AppendRequest(nil, method, target, header, len(body))
	timer := time.NewTimer(time.Until(c.Deadline))
	defer timer.Stop()
	max := s.program.engine.cfg.MaxAnswerBytes
	var answer http1.Response
	if c.Response != nil {
		answer.Body = c.Response.Body
	}
	for fresh := false; ; fresh = true {
		conn := s.net.connect(s.ended, fresh)
		if conn == nil {
			return s.gone(c)
		}
		conn.expired = timer.C
		conn.send(head, body)
		err := http1.ReadResponse(conn.reader, method, max, &answer)
		if err == nil && answer.Reusable {
			conn.giveBack()
			return s.outcome(c, &answer)
		}
		again := !fresh && errors.Is(err, io.EOF) && conn.untouched() // an idle connection that the server was about to close
		conn.hangUp()
		switch {
		case err == nil:
			return s.outcome(c, &answer)
		case again:
		default:
			return s.failed(c, err)
		}
	}
}

// gone is the fault of a guest that takes no connections any more.
func (s *server) gone(c *instance.Call) *fn.Fault {
	select {
	case <-s.ended:
		return s.diedSince(c.Start)
	default:
	}
	return fn.Died(fn.TypeExit, "it has closed its listener", time.Since(c.Start), s.Memory())
}

// failed explains why there is no answer.
func (s *server) failed(c *instance.Call, err error) *fn.Fault {
	text := ""
	switch {
	case errors.Is(err, errExpired):
		allowed := c.Deadline.Sub(c.Start).Round(time.Millisecond)
		s.expired.Store(true)
		s.Interrupt()
		return fn.Died(fn.TypeTimeout, fmt.Sprintf("it was stopped at its deadline of %s", allowed), time.Since(c.Start), s.Memory())
	case errors.Is(err, errEnded):
		<-s.ended
		return s.diedSince(c.Start)
	case errors.Is(err, io.EOF):
		select {
		case <-s.ended: // its connections close with it
			return s.diedSince(c.Start)
		default:
		}
		text = "the server closed the connection before it answered"
	case errors.Is(err, io.ErrUnexpectedEOF):
		text = "the server closed the connection in the middle of its answer"
	default:
		text = err.Error()
	}
	return &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeHTTP, Message: text}
}

// request is what a call says to the server.
func (s *server) request(c *instance.Call) (method, target string, header []http1.Header, body []byte) {
	var control string
	switch c.Phase {
	case abi.PhaseInitializer:
		method, control = "POST", pathInitialize
	case abi.PhasePreFreeze:
		method, control = "GET", pathPreFreeze
	case abi.PhasePreStop:
		method, control = "GET", pathPreStop
	default:
		method, control, body = "POST", pathInvoke, c.Request.Body
	}
	target = control
	host := s.program.fn.Name
	if c.Phase == abi.PhaseHandler {
		if h := c.Request.HTTP; h == nil {
			header = append(header, http1.Header{Name: "Content-Type", Value: "application/octet-stream"})
		} else {
			control, method, target = pathHTTP, h.Method(), h.Path()
			if q := h.Query(); q != "" {
				target += "?" + q
			}
			for line := range strings.Lines(string(h.AppendHeaders(nil))) {
				name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
				switch {
				case !http1.IsToken(name) || !http1.IsValue(value) || strings.HasPrefix(strings.ToLower(name), "x-fc-"):
				case strings.EqualFold(name, "Host"):
					host = value
				case clientOwned(name):
				default:
					header = append(header, http1.Header{Name: name, Value: value})
				}
			}
			header = append(header, http1.Header{Name: "X-Forwarded-For", Value: h.ClientIP()})
		}
	}
	header = append([]http1.Header{{Name: "Host", Value: host}}, header...)
	return method, target, s.common(c, control, header), body
}

// common adds the headers that every request of the platform has.
func (s *server) common(c *instance.Call, control string, header []http1.Header) []http1.Header {
	f, cfg := s.program.fn, s.program.engine.cfg
	qualifier := fn.Latest
	if c.Request != nil && c.Request.Qualifier != "" {
		qualifier = c.Request.Qualifier
	}
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	initTimeout := f.Initializer.Timeout
	if !f.Initializer.On() {
		initTimeout = fn.DefaultHookTimeout
	}
	for _, h := range [...][2]string{
		{"Request-Id", c.RequestID.String()},
		{"Control-Path", control},
		{"Function-Name", f.Name},
		{"Function-Handler", f.Handler},
		{"Function-Memory", strconv.Itoa(f.Limits.MemoryMiB)},
		{"Function-Timeout", seconds(f.Limits.Timeout)},
		{"Function-Initializer", f.Initializer.Handler},
		{"Initialization-Timeout", seconds(initTimeout)},
		{"Instance-Lifecycle-Pre-Freeze-Handler", f.PreFreeze.Handler},
		{"Instance-Lifecycle-Pre-Stop-Handler", f.PreStop.Handler},
		{"Function-Deadline", strconv.FormatInt(c.Deadline.UnixMilli(), 10)},
		{"Service-Name", f.Service},
		{"Service-Logproject", ""},
		{"Service-Logstore", ""},
		{"Qualifier", qualifier},
		{"Version-Id", c.VersionID},
		{"Instance-Id", s.id},
		{"Region", cfg.Region},
		{"Account-Id", cfg.AccountID},
		{"Access-Key-Id", ""},
		{"Access-Key-Secret", ""},
		{"Security-Token", ""},
		{"Retry-Count", "0"},
	} {
		header = append(header, http1.Header{Name: "X-Fc-" + h[0], Value: h[1]})
	}
	return header
}

// outcome says what an answer means. An instance that answers 500 is stopped in good order, with preStop.
func (s *server) outcome(c *instance.Call, a *http1.Response) *fn.Fault {
	c.Worn = a.Status == 500
	status := a.Get("X-Fc-Status")
	if c.Phase == abi.PhaseHandler && c.Request.HTTP != nil && (status == "" || status == "200") {
		return s.answer(c, a)
	}
	if status != "" && status != "200" || a.Status < 200 || a.Status > 299 {
		return faultOf(a)
	}
	if c.Phase == abi.PhaseHandler {
		c.Response.Body = a.Body
	}
	return nil
}

// answer passes an answer on.
func (s *server) answer(c *instance.Call, a *http1.Response) *fn.Fault {
	size := 0
	for _, h := range a.Header {
		if hostOwned(h.Name) {
			continue
		}
		if size += len(h.Name) + len(h.Value); size > abi.MaxHeaderBytes {
			return &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeHTTP, Message: fmt.Sprintf("the answer's headers are larger than %d bytes", abi.MaxHeaderBytes)}
		}
		c.Response.Header = append(c.Response.Header, fn.Header{Name: h.Name, Value: h.Value})
	}
	c.Response.Status, c.Response.Body = a.Status, a.Body
	return nil
}

// faultOf reads an answer that says no: the JSON of a function error, or text.
func faultOf(a *http1.Response) *fn.Fault {
	var said struct {
		Message string   `json:"errorMessage"`
		Type    string   `json:"errorType"`
		Stack   []string `json:"stackTrace"`
	}
	out := &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeHTTP}
	body := bytes.TrimSpace(a.Body)
	if json.Unmarshal(body, &said) == nil && said.Message != "" {
		out.Message, out.Stack = said.Message, said.Stack
		if said.Type != "" {
			out.Type = said.Type
		}
		return out
	}
	out.Message = fmt.Sprintf("the server answered with status %d", a.Status)
	if status := a.Get("X-Fc-Status"); status != "" {
		out.Message += " and X-Fc-Status " + status
	}
	if text := strings.ToValidUTF8(string(body[:min(len(body), abi.MaxLogBytes)]), "\uFFFD"); text != "" {
		out.Message += ": " + text
	}
	return out
}
