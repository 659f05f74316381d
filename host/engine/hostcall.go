package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine/http1"
	"github.com/lull-dev/lull/host/fn"
)

// hostcall is one import of lull_v1. It gets the running guest, its memory and the parameters, and returns the result.
type hostcall func(g *guest, mem api.Memory, p []uint64) int32

// hostcalls are all imports, with how many i32 parameters each takes.
var hostcalls = []struct {
	name   string
	params int
	call   hostcall
}{
	{abi.EventRead, 3, eventRead},
	{abi.ContextRead, 3, contextRead},
	{abi.ResponseStatus, 1, responseStatus},
	{abi.ResponseHeader, 4, responseHeader},
	{abi.ResponseWrite, 2, responseWrite},
	{abi.ErrorReport, 6, errorReport},
	{abi.Log, 3, logCall},
	{abi.Fetch, 6, fetch},
	{abi.FetchRead, 4, fetchRead},
}

// instantiateABI makes the host module.
func instantiateABI(ctx context.Context, rt wazero.Runtime) error {
	b := rt.NewHostModuleBuilder(abi.Module)
	for _, h := range hostcalls {
		params := make([]api.ValueType, h.params)
		for i := range params {
			params[i] = i32
		}
		call := h.call
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			g := running(ctx)
			stack[0] = uint64(uint32(call(g, m.Memory(), stack)))
		}), params, []api.ValueType{i32}).Export(h.name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// bytesAt is a range of guest memory, valid until the guest runs again. A range outside is the guest's bug: it traps.
func bytesAt(mem api.Memory, name string, ptr, n uint64) []byte {
	if n == 0 {
		return nil
	}
	b, ok := mem.Read(uint32(ptr), uint32(n))
	if !ok {
		panic(fmt.Errorf("%s.%s: the range [%d, %d) is outside the memory of %d bytes", abi.Module, name, uint32(ptr), uint64(uint32(ptr))+n, mem.Size()))
	}
	return b
}

// refuse remembers the first import that was used wrongly in this call.
func (g *guest) refuse(name, why string) {
	if g.refusal == "" {
		g.refusal = abi.Module + "." + name + ": " + why
	}
}

func (g *guest) refused(name string, errno abi.Errno, why string, args ...any) int32 {
	g.refuse(name, fmt.Sprintf(why, args...))
	return int32(errno)
}

// inHandler checks the phase of imports that belong to a request.
func (g *guest) inHandler(name string) bool {
	if g.call != nil && g.call.Phase == abi.PhaseHandler {
		return true
	}
	where := "_initialize"
	if g.call != nil {
		where = g.call.Phase.String()
	}
	g.refuse(name, fmt.Sprintf("there is no event and no answer in %s", where))
	return false
}

func eventRead(g *guest, mem api.Memory, p []uint64) int32 {
	if !g.inHandler(abi.EventRead) {
		return int32(abi.WrongPhase)
	}
	ptr, room, offset := p[0], uint64(uint32(p[1])), uint64(uint32(p[2]))
	event := g.call.Request.Body
	if offset >= uint64(len(event)) {
		return 0
	}
	event = event[offset:]
	if uint64(len(event)) > room {
		event = event[:room]
	}
	copy(bytesAt(mem, abi.EventRead, ptr, uint64(len(event))), event)
	return int32(len(event))
}

func responseStatus(g *guest, _ api.Memory, p []uint64) int32 {
	if !g.inHandler(abi.ResponseStatus) {
		return int32(abi.WrongPhase)
	}
	return g.setStatus(int(int32(uint32(p[0]))))
}

// setStatus sets the answer's status.
func (g *guest) setStatus(status int) int32 {
	if status < 200 || status > 599 {
		return g.refused(abi.ResponseStatus, abi.Invalid, "status %d is outside 200..599", status)
	}
	g.call.Response.Status = status
	return 0
}

func responseWrite(g *guest, mem api.Memory, p []uint64) int32 {
	if !g.inHandler(abi.ResponseWrite) {
		return int32(abi.WrongPhase)
	}
	return g.write(bytesAt(mem, abi.ResponseWrite, p[0], uint64(uint32(p[1]))))
}

// write is called in a handler.
func (g *guest) write(chunk []byte) int32 {
	resp, most := g.call.Response, g.program.engine.cfg.MaxAnswerBytes
	if len(resp.Body)+len(chunk) > most {
		return g.refused(abi.ResponseWrite, abi.TooLarge, "the answer is larger than %d bytes", most)
	}
	resp.Body = append(resp.Body, chunk...)
	return 0
}

func responseHeader(g *guest, mem api.Memory, p []uint64) int32 {
	if !g.inHandler(abi.ResponseHeader) {
		return int32(abi.WrongPhase)
	}
	return g.addHeader(string(bytesAt(mem, abi.ResponseHeader, p[0], uint64(uint32(p[1])))), string(bytesAt(mem, abi.ResponseHeader, p[2], uint64(uint32(p[3])))))
}

// addHeader adds a header to the answer.
func (g *guest) addHeader(name, value string) int32 {
	switch {
	case !http1.IsToken(name):
		return g.refused(abi.ResponseHeader, abi.Invalid, "illegal header name %.100q", name)
	case hostOwned(name):
		return g.refused(abi.ResponseHeader, abi.Invalid, "the header %q belongs to the host", name)
	case !http1.IsValue(value):
		return g.refused(abi.ResponseHeader, abi.Invalid, "illegal value of header %q: %.100q", name, value)
	}
	g.headers += len(name) + len(value)
	if g.headers > abi.MaxHeaderBytes {
		return g.refused(abi.ResponseHeader, abi.TooLarge, "the headers are larger than %d bytes", abi.MaxHeaderBytes)
	}
	g.call.Response.Header = append(g.call.Response.Header, fn.Header{Name: name, Value: value})
	return 0
}

func errorReport(g *guest, mem api.Memory, p []uint64) int32 {
	if g.call == nil {
		return g.refused(abi.ErrorReport, abi.WrongPhase, "there is no call to report an error of in _initialize")
	}
	text := func(i int) []byte { return bytesAt(mem, abi.ErrorReport, p[i], uint64(uint32(p[i+1]))) }
	g.report = newReport(text(0), text(2), text(4))
	return 0
}

// newReport is the error that a guest speaks of, without its kind. Each part is cut off as a log record is.
func newReport(typ, message, stack []byte) *fn.Fault {
	text := func(b []byte) string {
		return strings.ToValidUTF8(string(b[:min(len(b), abi.MaxLogBytes)]), "\uFFFD")
	}
	f := &fn.Fault{Type: text(typ), Message: text(message)}
	if f.Type == "" {
		f.Type = fn.TypeGuest
	}
	if stack := strings.TrimRight(text(stack), "\n"); stack != "" {
		f.Stack = strings.Split(stack, "\n")
	}
	return f
}

func logCall(g *guest, mem api.Memory, p []uint64) int32 {
	level := uint32(p[0])
	if level > uint32(abi.Error) {
		return g.refused(abi.Log, abi.Invalid, "level %d is outside 0..3", level)
	}
	g.say(abi.Level(level), bytesAt(mem, abi.Log, p[1], uint64(uint32(p[2]))))
	return 0
}

// say writes one record.
func (g *guest) say(level abi.Level, text []byte) {
	write := g.out.Line
	if len(text) > abi.MaxLogBytes {
		text, write = text[:abi.MaxLogBytes], g.out.Part
	}
	write(g.call, level, strings.ToValidUTF8(string(text), "\uFFFD"))
}
