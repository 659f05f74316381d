package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// What the script asks the host for: the first argument of its one host function. guests/nodejs/runtime.js has the same numbers.
const (
	opLog      = iota // level, text
	opDone            // invocation, text or bytes: to the answer, unless missing
	opFail            // invocation, handled, type, message, stack
	opWrite           // invocation, text or bytes: to the answer
	opStatus          // invocation, status
	opHeader          // invocation, name, value
	opPull            // offset: the next piece of what is pending, into the mailbox; its length
	opNow             // monotonic milliseconds
	opRandom          // n: bytes into the mailbox
	opCompile         // file, text: the value of a script
	opExit            // code
	opPrint           // 1 or 2, text: to stdout or stderr
	opText            // bytes: they as a string, read as UTF-8
	opUTF8            // text: its UTF-8 is pending and its first piece in the mailbox; its length
	opPush            // n: bytes of the mailbox, to what is outgoing
	opHash            // algorithm, keyed, key length: of what is outgoing, behind the key, into the mailbox; its length or -1
	opNames           // text: to what is outgoing
	opEnter           // invocation: whose code runs from now on
	opOwner           // the invocation whose code runs
	opInstance        // the instance's id
	opFetch           // head, body, flags, milliseconds: the id of the flight, see quickjs_fetch.go
	opAbort           // id of a flight
	opFile            // operation, path, second path or flag: see quickjs_files.go
	opKit             // context, callback: which the next call uses again if nobody has kept them
	opZlib            // how, level, most: packs or unpacks what is outgoing, see quickjs_zlib.go
	opFrame           // frame: that of the code that runs from now on
)

// arguments of a host call.
type arguments struct {
	q    *quickjs
	argv uint32
	n    uint32
}

func (a arguments) box(i uint32) uint32 {
	b, _ := a.q.memory().ReadUint32Le(a.argv + 4*i)
	return b
}

// int is 0 for what is not a number.
func (a arguments) int(i uint32) int32 {
	if i >= a.n {
		return 0
	}
	v := a.q.value(a.box(i))
	switch v >> 32 {
	case tagInt, tagBool:
		return int32(uint32(v))
	}
	if f := math.Float64frombits(v + a.q.addend); f >= math.MinInt32 && f <= math.MaxInt32 {
		return int32(f)
	}
	return 0
}

func (a arguments) take(ctx context.Context, i uint32, use func([]byte)) {
	if i < a.n {
		a.q.take(ctx, a.q.value(a.box(i)), use)
	}
}

func (a arguments) string(ctx context.Context, i uint32) (s string) {
	a.take(ctx, i, func(b []byte) { s = wellFormed(b) })
	return s
}

// wellFormed makes a string of what JavaScript calls text: halves of surrogate pairs alone become U+FFFD.
func wellFormed(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// mail is the first n bytes of the mailbox.
func (q *quickjs) mail(n int32) []byte {
	b, _ := q.memory().Read(q.mailbox+mailBytes, uint32(min(max(n, 0), mailRoom)))
	return b
}

// hostCall does what the script asks for. It returns the box of a value, which the caller frees, or 0 for an exception that was thrown.
func (q *quickjs) hostCall(g *guest, a arguments) uint32 {
	ctx := &g.ctx
	q.depth++ // the call that we are in has its numbers in the stack below
	defer func() { q.depth-- }()
	result := uint64(tagUndefined) << 32
	switch a.int(0) {
	case opLog:
		a.take(ctx, 2, func(text []byte) { g.say(abi.Level(min(max(a.int(1), 0), int32(abi.Error))), text) })
	case opDone, opFail, opWrite, opStatus, opHeader:
		q.on(g, a.int(1), func(inv *invocation) { result = intValue(q.answer(g, inv, a)) })
	case opEnter:
		inv := q.find(a.int(1))
		if inv == nil {
			inv = q.runner // something that is left over runs in the call that runs it
		}
		q.enter(g, inv)
	case opOwner:
		if q.current != nil {
			result = intValue(q.current.id)
		}
	case opInstance:
		return q.str(ctx, g.id)
	case opFetch:
		result = intValue(q.fetch(g, a))
	case opAbort:
		q.abort(a.int(1))
	case opPull:
		n := 0
		if at := int(a.int(1)); at >= 0 && at < len(q.pending) {
			n = copy(q.mail(mailRoom), q.pending[at:])
		}
		result = intValue(int32(n))
	case opNow:
		return q.float(ctx, float64(time.Since(started))/float64(time.Millisecond))
	case opRandom:
		randomBytes(q.mail(a.int(1)))
	case opCompile:
		return q.compile(ctx, a)
	case opExit:
		panic(sys.NewExitError(uint32(a.int(1))))
	case opPrint:
		to := &g.stdout
		if a.int(1) == 2 {
			to = &g.stderr
		}
		a.take(ctx, 2, func(text []byte) { to.Write([]byte(wellFormed(text))) })
	case opText:
		if v := q.value(a.box(1)); v>>32 == tagObject && q.word(uint32(v)+atClass)>>16 == q.bytesClass {
			return q.text(ctx, q.word(uint32(v)+atBytes), q.word(uint32(v)+atBytes+4))
		}
	case opUTF8:
		a.take(ctx, 1, func(text []byte) { q.pending = []byte(wellFormed(text)) })
		copy(q.mail(mailRoom), q.pending)
		result = intValue(int32(len(q.pending)))
	case opPush:
		q.outgoing = append(q.outgoing, q.mail(a.int(1))...)
	case opHash:
		result = intValue(q.hash(ctx, a))
	case opNames:
		a.take(ctx, 1, func(text []byte) { q.outgoing = append(q.outgoing, text...) })
	case opFile:
		return q.file(g, a)
	case opZlib:
		result = intValue(q.zlib(g, a))
	case opFrame:
		q.framed = true
		q.tag(ctx)
		q.frame = q.value(a.box(1)) // the script has it
	case opKit:
		q.kit = [2]kept{q.keep(q.value(a.box(1))), q.keep(q.value(a.box(2)))}
	}
	return q.box(ctx, result)
}

// started is where the script's monotonic clock begins.
var started = time.Now()

func randomBytes(b []byte) { rand.Read(b) } // which never fails

// answer does what the script says of one invocation. It returns a number below 0 for what was refused; then that is the call's error, whatever the
// script makes of it.
func (q *quickjs) answer(g *guest, inv *invocation, a arguments) (refused int32) {
	ctx := &g.ctx
	switch a.int(0) {
	case opDone:
		if a.n > 2 {
			q.write(g, a)
		}
		q.end(inv, g.refusedFault())
	case opFail:
		part := func(i uint32) (b []byte) {
			a.take(ctx, i, func(text []byte) { b = append(b, text...) })
			return b
		}
		fault := newReport(part(3), part(4), part(5))
		fault.Kind = fn.Unhandled
		if a.int(2) != 0 {
			fault.Kind = fn.Handled
		}
		q.end(inv, cmp.Or(g.refusedFault(), fault))
	case opWrite:
		refused = q.write(g, a)
	case opStatus:
		if g.inHandler(abi.ResponseStatus) {
			refused = g.setStatus(int(a.int(2)))
		}
	case opHeader:
		if g.inHandler(abi.ResponseHeader) {
			refused = g.addHeader(a.string(ctx, 2), a.string(ctx, 3))
		}
	}
	return refused
}

// write appends the third argument, text or bytes, to the answer.
func (q *quickjs) write(g *guest, a arguments) (refused int32) {
	if !g.inHandler(abi.ResponseWrite) {
		return 0
	}
	if v := q.value(a.box(2)); v>>32 == tagObject {
		return g.write(q.view(v))
	}
	a.take(&g.ctx, 2, func(text []byte) { refused = g.writeText(text) })
	return refused
}

// writeText is write for what JavaScript calls text.
func (g *guest) writeText(text []byte) (refused int32) {
	return g.write(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}

// refusedFault is the fault of a call in which something was refused, or nil.
func (g *guest) refusedFault() *fn.Fault {
	if g.refusal == "" {
		return nil
	}
	return g.result(abi.ResultOK)
}

// compile evaluates a script of the user's under its file name. What it throws goes on to the script.
func (q *quickjs) compile(ctx context.Context, a arguments) uint32 {
	file := q.cstring(ctx, a.string(ctx, 1))
	code := q.do(ctx, qCString, uint64(q.context), uint64(q.mailbox+mailLength), q.value(a.box(2)), 0)
	v := q.do(ctx, qEval, uint64(code), uint64(q.word(q.mailbox+mailLength)), uint64(file), 0)
	q.do(ctx, qFreeCString, uint64(q.context), uint64(code))
	q.do(ctx, qFree, uint64(file))
	if q.value(v)>>32 != tagException {
		return v
	}
	q.do(ctx, qFreeValue, uint64(v))
	thrown := q.do(ctx, qGetException)
	q.do(ctx, qFreeValue, uint64(q.do(ctx, qThrow, uint64(thrown))))
	q.do(ctx, qFreeValue, uint64(thrown))
	return 0
}

// hashes are those of Node.js that people use.
var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

// hash leaves the sum of what is outgoing in the mailbox. With a key, which comes first in it, it is an HMAC.
func (q *quickjs) hash(ctx context.Context, a arguments) int32 {
	data := q.outgoing
	q.outgoing = nil
	sum, ok := hashes[strings.ReplaceAll(strings.ToLower(a.string(ctx, 1)), "-", "")]
	if !ok {
		return -1
	}
	h := sum()
	if a.int(2) != 0 {
		n := min(int(max(a.int(3), 0)), len(data))
		h, data = hmac.New(sum, data[:n]), data[n:]
	}
	h.Write(data)
	return int32(copy(q.mail(mailRoom), h.Sum(nil)))
}
