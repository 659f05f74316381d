package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// frame is an event as the guest reads it. It begins with three lines: its length, in ten places, a space and the deadline; the request id; and, with tabs between them, phase, qualifier,
// in the first event of an instance its id and its version's with a space between, the HTTP request's JSON if there is one, and the name of the function. The body follows.
// What else of the context there is, the guest has from the device "context".
//
// Few pieces make a quick event: the third line is mostly the same as in the last event, which is all that a guest needs to know of it.
//
// fresh tells that it is the first event, and is reset.
func (g *guest) frame(c *instance.Call, fresh *bool) []byte {
	var h fn.HTTP
	var body []byte
	qualifier := fn.Latest
	if c.Request != nil {
		h, body = c.Request.HTTP, c.Request.Body
		if c.Request.Qualifier != "" {
			qualifier = c.Request.Qualifier
		}
	}
	b := make([]byte, frameLength, 256+len(body))
	b = append(strconv.AppendInt(append(b, ' '), c.Deadline.UnixMilli(), 10), '\n')
	b = append(append(b, c.RequestID.String()...), '\n')
	b = append(append(b, c.Phase.String()...), '\t')
	b = append(append(b, qualifier...), '\t')
	if *fresh {
		*fresh = false
		b = append(append(append(b, g.id...), ' '), c.VersionID...)
	}
	b = append(b, '\t')
	if h != nil {
		b = append(b, mustJSON(httpObject(h))...)
	}
	b = append(append(append(b, '\t'), g.program.name(c.Phase)...), '\n')
	return withLength(append(b, body...))
}

// frameLength is how many places the length of a frame has.
const frameLength = 10

// withLength fills the length in.
func withLength(b []byte) []byte {
	copy(b, fmt.Sprintf("%*d", frameLength, len(b)))
	return b
}

// name is the function of a phase, as it is configured.
func (p *Program) name(phase abi.Phase) string {
	f := p.fn
	switch phase {
	case abi.PhaseInitializer:
		return fileFunction(f.Initializer.Handler)
	case abi.PhasePreFreeze:
		return fileFunction(f.PreFreeze.Handler)
	case abi.PhasePreStop:
		return fileFunction(f.PreStop.Handler)
	}
	return fileFunction(f.Handler)
}

func fileFunction(name string) string { return fn.File(name) + "." + fn.Export(name) }

// names are the functions of all phases that are configured, a line each.
func (p *Program) names() string {
	names := []string{p.name(abi.PhaseHandler)}
	for _, h := range hooksOf(p.fn) {
		if h.hook.On() {
			names = append(names, fileFunction(h.hook.Handler))
		}
	}
	return strings.Join(names, "\n")
}

// takeReply takes the guest's answer apart: into the response, or into what is wrong.
func (g *guest) takeReply(reply []byte) *fn.Fault {
	broken := &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeABI, Message: "the interpreter's answer is damaged"}
	if len(reply) == 0 {
		return broken
	}
	body := reply[1:]
	switch reply[0] {
	case '=':
	case '#':
		head, rest, _ := bytes.Cut(body, []byte{'\n'})
		var h struct {
			Status  *int        `json:"status"`
			Headers [][2]string `json:"headers"`
		}
		if json.Unmarshal(head, &h) != nil {
			return broken
		}
		if g.call.Response != nil {
			if h.Status != nil {
				g.setStatus(*h.Status)
			}
			for _, x := range h.Headers {
				g.addHeader(x[0], x[1])
			}
		}
		body = rest
	case '!':
		var e struct {
			Handled       bool `json:"handled"`
			Type, Message string
			Stack         []string `json:"stack"`
		}
		if json.Unmarshal(body, &e) != nil {
			return broken
		}
		f := &fn.Fault{Kind: fn.Unhandled, Type: e.Type, Message: clip(e.Message, abi.MaxLogBytes), Stack: e.Stack}
		if e.Handled {
			f.Kind = fn.Handled
		}
		if f.Type == "" {
			f.Type = fn.TypeGuest
		}
		return f
	default:
		return broken
	}
	if g.call != nil && g.call.Response != nil {
		if most := g.program.engine.cfg.MaxAnswerBytes; len(body) > most {
			return &fn.Fault{Kind: fn.Unhandled, Type: fn.TypeABI, Message: fmt.Sprintf("the answer is larger than %d bytes", most)}
		}
		g.call.Response.Body = append(g.call.Response.Body, body...)
	}
	return nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "..."
	}
	return s
}

// functionsFrame asks for the names of what the handler's file has.
func functionsFrame(p *Program) []byte {
	return withLength([]byte(strings.Repeat(" ", frameLength) + " 0\n\nfunctions\t\t\t\t" + fn.File(p.fn.Handler) + ".\n"))
}

// functionsOf reads the answer.
func functionsOf(reply []byte) (names []string, err error) {
	if len(reply) == 0 || reply[0] != '=' {
		return nil, errors.New("the interpreter did not list its functions")
	}
	return names, json.Unmarshal(reply[1:], &names)
}
