package engine

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/guests/nodejs"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// quickjsLanguage runs Node.js functions in QuickJS-NG. The interpreter is a library of C functions that the driver calls; what Node.js has and
// QuickJS does not is in package guests/nodejs, and, for whole modules of Node.js, in the bundle that was prepared with the interpreter.
var quickjsLanguage = language{
	module:   "quickjs.wasm",
	imports:  quickjsImports,
	mounts:   func(p *Program) []mount { return []mount{readOnly("/code", p.source)} },
	ownFiles: true,
	overlaps: true,
	driver: func(p *Program) sourceDriver {
		return &quickjs{}
	},
}

// nodeBundle is the script of Node.js's modules, in the folder of the interpreter.
const nodeBundle = "node.js"

// quickjs drives one guest.
//
// Values of JavaScript are in C's heap; the host has the addresses of boxes of 8 bytes with a value in them. Data goes through the mailbox, a
// stretch of memory that the script sees as an array of bytes: the host never allocates for an event or an answer there.
type quickjs struct {
	places
	files *files
	mod   api.Module
	fns   [len(quickjsExports)]function // of mod, looked up when first called
	stack [4][5]uint64                  // for calls inside of host calls inside of calls
	depth int

	calls
	flights  flights
	pending  []byte // what the script pulls in pieces
	outgoing []byte // what the script has pushed in pieces
	rejected []rejection
}

// places are addresses in the memory of the guest. They are the same in all guests from one image.
type places struct {
	context  uint32 // of the C library
	mailbox  uint32
	dispatch uint64 // functions of the script, as values
	tick     uint64
	reject   uint64
	names    uint64
	fetched  uint64
	settle   uint64
	inFrame  uint64
	seed     uint32 // state of Math.random
	jobs     uint32 // head of the list of jobs
	addend   uint64 // what makes a float's bits a value

	bytesClass uint32  // that of Uint8Array
	kit        [2]kept // context and callback of the call before
}

// rejection is a promise that was rejected and that nobody has asked for a reason.
type rejection struct{ promise, reason uint32 }

// maxJSStack is how deep JavaScript may recurse, in bytes of the C stack.
const maxJSStack = 200_000

// quickjsImports makes the module that QuickJS imports its host's functions from.
func quickjsImports(ctx context.Context, rt wazero.Runtime) error {
	b := rt.NewHostModuleBuilder("env")
	export := func(name string, params, results int, f func(g *guest, q *quickjs, stack []uint64)) {
		types := []api.ValueType{i32, i32, i32, i32, i32}
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
			g := running(ctx)
			f(g, g.driver.(*quickjs), stack)
		}), types[:params], types[:results]).Export(name)
	}
	nothing := func(_ *guest, _ *quickjs, stack []uint64) { stack[0] = 0 }
	export("host_call", 5, 1, func(g *guest, q *quickjs, stack []uint64) {
		stack[0] = uint64(q.hostCall(g, arguments{q, uint32(stack[4]), uint32(stack[3])}))
	})
	export("host_promise_rejection", 3, 0, func(g *guest, q *quickjs, stack []uint64) {
		q.rejection(&g.ctx, uint32(stack[0]), uint32(stack[1]), uint32(stack[2]) != 0)
	})
	export("host_interrupt", 0, 1, func(_ *guest, q *quickjs, stack []uint64) {
		stack[0] = 0
		if q.runner != nil && time.Now().After(q.runner.deadline) {
			stack[0], q.stopped = 1, true
		}
	})
	export("host_get_timezone_offset", 2, 1, nothing) // UTC
	export("host_module_normalize", 2, 1, nothing)    // not switched on
	export("host_module_load", 2, 1, nothing)
	_, err := b.Instantiate(ctx)
	return err
}

// boot starts the interpreter, and loads the files of handler and hooks.
func (q *quickjs) boot(r *reactor) (wrong *fn.Fault, err error) {
	defer catch(&err)
	ctx := &r.ctx
	*q = quickjs{mod: r.mod, files: r.files, calls: calls{frame: undefined}, flights: flights{bell: make(chan struct{}, 1)}}
	if q.do(ctx, qInit) != 0 {
		return nil, errors.New("QuickJS does not start")
	}
	q.do(ctx, qMaxStack, maxJSStack)
	q.do(ctx, qTrackRejections, 1)
	q.context = q.do(ctx, qContextPtr)
	number := q.do(ctx, qNewNumber, math.Float64bits(1.5))
	q.addend = math.Float64bits(1.5) - q.value(number)
	q.do(ctx, qFreeValue, uint64(number))
	q.mailbox = q.do(ctx, qMalloc, mailSize)

	bundle, err := os.ReadFile(filepath.Join(r.program.interpreter.dir, nodeBundle))
	if err != nil {
		return nil, err
	}
	q.do(ctx, qFreeValue, uint64(q.eval(ctx, string(bundle), "lull:node")))
	q.compact(ctx)
	install := q.eval(ctx, nodejs.Runtime, "lull:runtime")
	call := q.do(ctx, qHostFunction, uint64(q.mailbox), 0, 0)
	array, err := q.try(ctx, qUint8Array, uint64(q.context), uint64(q.mailbox+mailBytes), mailRoom, 0, 0, 0)
	if err != nil {
		return nil, err
	}
	if err := q.knowLayout(ctx, array); err != nil {
		return nil, err
	}
	settings := q.str(ctx, q.settings(r.program))
	q.invoke(ctx, q.value(install), q.value(call), array, q.value(settings))
	for _, box := range []uint32{install, call, settings} {
		q.do(ctx, qFreeValue, uint64(box))
	}
	global, prepare := q.do(ctx, qGetGlobal), uint64(0)
	for name, to := range map[string]*uint64{"dispatch": &q.dispatch, "tick": &q.tick, "reject": &q.reject, "names": &q.names, "fetched": &q.fetched, "settle": &q.settle, "prepare": &prepare, "reframe": &q.inFrame} {
		key := q.cstring(ctx, "__lull_"+name)
		*to = q.value(q.do(ctx, qGetProp, uint64(global), uint64(key)))
		q.do(ctx, qFree, uint64(key))
	}
	q.do(ctx, qFreeValue, uint64(global))
	if err := q.findSeed(ctx); err != nil {
		return nil, err
	}
	if err := q.findJobs(ctx); err != nil {
		return nil, err
	}
	if r.program.Overlaps() {
		q.do(ctx, qInterrupt, 1)
	}
	inv := q.begin(r.guest, nil, time.Time{})
	q.invoke(ctx, q.dispatch, intValue(inv.id), intValue(int32(abi.PhaseNone)))
	for q.drain(r.guest); q.deliver(r.guest); q.drain(r.guest) {
	}
	q.report(r.guest)
	q.compact(ctx)
	if !r.program.Overlaps() {
		q.invoke(ctx, prepare) // its kit is where the calls' other blocks will be
	}
	q.do(ctx, qGCThreshold, 1)
	q.drop(ctx, q.bytes(ctx, nil)) // that is a collection, and sets a threshold of half as much again
	return inv.fault, nil
}

// findSeed looks for the state of Math.random in the context: the word that changes as the generator, xorshift64*, changes its state.
func (q *quickjs) findSeed(ctx context.Context) error {
	const most = 4096
	look := func() []byte {
		b, ok := q.memory().Read(q.context, most)
		if !ok {
			return nil
		}
		return append([]byte(nil), b...)
	}
	before := look()
	q.do(ctx, qFreeValue, uint64(q.eval(ctx, "Math.random()", "lull:seed")))
	after := look()
	for at := 0; at+8 <= len(before); at += 4 {
		x := binary.LittleEndian.Uint64(before[at:])
		x ^= x >> 12
		x ^= x << 25
		x ^= x >> 27
		if x != 0 && x == binary.LittleEndian.Uint64(after[at:]) && x != binary.LittleEndian.Uint64(before[at:]) {
			q.seed = q.context + uint32(at)
			return nil
		}
	}
	return errors.New("the state of Math.random is not where it is looked for: this is another QuickJS than the one that lull knows")
}

// findJobs looks for the list of jobs in the runtime: the head of an empty list, which has one entry when there is one job.
func (q *quickjs) findJobs(ctx context.Context) error {
	const most = 4096
	runtime := q.do(ctx, qRuntimePtr)
	var empty []uint32
	for at := runtime; at < runtime+most; at += 4 {
		if q.word(at) == at && q.word(at+4) == at {
			empty = append(empty, at)
		}
	}
	q.do(ctx, qFreeValue, uint64(q.eval(ctx, "Promise.resolve().then(() => {}), 0", "lull:jobs")))
	for _, head := range empty {
		if job := q.word(head); job != head && q.word(head+4) == job && q.word(job) == head && q.word(job+4) == head {
			q.jobs = head
			break
		}
	}
	q.do(ctx, qExecuteJob)
	if q.jobs == 0 || q.word(q.jobs) != q.jobs {
		return errors.New("the list of jobs is not where it is looked for: this is another QuickJS than the one that lull knows")
	}
	return nil
}

// word reads an address.
func (q *quickjs) word(at uint32) uint32 {
	v, _ := q.memory().ReadUint32Le(at)
	return v
}

// restored gives the guest its own random numbers.
func (q *quickjs) restored(r *reactor) error {
	if q.mod != r.mod {
		q.files = r.files
		q.mod, q.fns = r.mod, [len(q.fns)]function{}
	}
	if booted, ok := r.program.places.(places); ok {
		q.places = booted
	}
	q.pending, q.outgoing, q.rejected, q.depth, q.calls = nil, nil, nil, 0, calls{overlap: r.program.Overlaps(), frame: undefined}
	q.flights = flights{bell: make(chan struct{}, 1)} // none is left: each ends with its call
	var seed [8]byte
	randomBytes(seed[:])
	seed[0] |= 1 // the generator stays at 0 for ever
	q.memory().Write(q.seed, seed[:])
	return nil
}

func (q *quickjs) standing() any { return q.places }

// functions are the names of the functions that the handler's file exports.
func (q *quickjs) functions(r *reactor) (names []string, err error) {
	defer catch(&err)
	q.outgoing = nil
	q.invoke(&r.ctx, q.names)
	if len(q.outgoing) > 0 {
		names = strings.Split(string(q.outgoing), "\n")
	}
	q.outgoing = nil
	return names, nil
}

// call runs a phase.
func (q *quickjs) call(r *reactor, c *instance.Call) (fault *fn.Fault, err error) {
	defer catch(&err)
	inv := q.begin(r.guest, c, c.Deadline)
	defer q.ground(inv)
	q.start(r.guest, inv)
	for q.drain(r.guest); !inv.done; q.drain(r.guest) {
		if q.settled(r.guest, inv) || q.deliver(r.guest) {
			continue
		}
		switch wait := q.advance(r.guest); {
		case wait == 0:
		case wait > 0 || q.flying():
			q.await(r.guest, wait)
		default:
			q.end(inv, &fn.Fault{Kind: fn.Unhandled, Type: "HandlerDidNotComplete", Message: fmt.Sprintf(
				"the %s has neither called back nor returned a promise that is settled, and there is nothing left that it could wait for", c.Phase)})
		}
	}
	q.drop(&r.ctx, inv.promise)
	q.report(r.guest)
	q.outgoing = nil
	if r.memory.refused && inv.fault != nil {
		return nil, fmt.Errorf("%s: %s", inv.fault.Type, inv.fault.Message)
	}
	return inv.fault, nil
}

// start dispatches a call.
func (q *quickjs) start(g *guest, inv *invocation) {
	c, ctx := inv.call, &g.ctx
	q.deliver(g) // what is left of calls before
	event := uint64(undefined)
	if c.Phase == abi.PhaseHandler {
		event = q.bytes(ctx, c.Request.Body)
	}
	var id [64]byte
	requestID := q.newText(ctx, c.RequestID.Append(id[:0]))
	detail := uint64(undefined)
	if text := g.detail(c); text != "" {
		detail = q.newText(ctx, []byte(text))
	}
	again := uint64(tagBool << 32)
	if q.alone(q.kit[0]) && q.alone(q.kit[1]) {
		again |= 1
	}
	answer := q.ask(ctx, q.dispatch, intValue(inv.id), intValue(int32(c.Phase)), event, requestID, q.number(float64(c.Deadline.UnixMilli())), detail, again)
	switch answer >> 32 {
	case tagObject:
		inv.promise = answer
		q.watch(ctx, answer)
	case tagNull:
		q.end(inv, g.refusedFault())
	case tagUndefined, tagException:
	default:
		q.take(ctx, answer, func(text []byte) { g.writeText(text) })
		q.end(inv, g.refusedFault())
		q.drop(ctx, answer)
	}
	q.drop(ctx, event)
	q.drop(ctx, requestID)
	q.drop(ctx, detail)
	q.tag(ctx)
}

// advance runs one timer that is due and returns 0, or the milliseconds until one is, or -1 if there is none.
func (q *quickjs) advance(g *guest) int32 {
	wait := q.invoke(&g.ctx, q.tick)
	q.tag(&g.ctx)
	q.enter(g, q.runner)
	return wait
}

// mostJobsAfter bounds the jobs that run in a call that has its answer; the others run in the next call.
const mostJobsAfter = 1000

// drain runs the jobs of promises.
func (q *quickjs) drain(g *guest) {
	for after := 0; after < mostJobsAfter; {
		job := q.word(q.jobs + 4)
		if job == q.jobs {
			break
		}
		var from origin
		if q.overlap || q.framed {
			from = q.origins[job]
			delete(q.origins, job)
			if q.overlap {
				q.enter(g, from.owner)
			}
			q.reframe(&g.ctx, cmp.Or(from.frame, undefined))
		}
		if int32(q.do(&g.ctx, qExecuteJob)) < 0 { // one that was interrupted: no job of ours or of a promise throws
			q.do(&g.ctx, qFreeValue, uint64(q.do(&g.ctx, qGetException)))
		}
		q.tag(&g.ctx)
		q.drop(&g.ctx, from.frame)
		if q.runner.done {
			after++
		}
	}
	q.enter(g, q.runner)
	q.reframe(&g.ctx, undefined)
}

// rejection notes a promise that was rejected, or that somebody asked for its reason after all.
func (q *quickjs) rejection(ctx context.Context, promise, reason uint32, handled bool) {
	if !handled {
		q.rejected = append(q.rejected, rejection{promise, reason})
		return
	}
	free := []rejection{{promise, reason}}
	for i, r := range q.rejected {
		if q.value(r.promise) == q.value(promise) {
			free = append(free, r)
			q.rejected = append(q.rejected[:i], q.rejected[i+1:]...)
			break
		}
	}
	for _, r := range free {
		q.do(ctx, qFreeValue, uint64(r.promise))
		q.do(ctx, qFreeValue, uint64(r.reason))
	}
}

// watch makes a promise one that the host looks at: nobody else needs to handle its rejection.
func (q *quickjs) watch(ctx context.Context, promise uint64) {
	q.try(ctx, qPromiseHandled, uint64(q.context), promise)
	for i, r := range q.rejected {
		if q.value(r.promise) == promise { // it was rejected at once
			q.do(ctx, qFreeValue, uint64(r.promise))
			q.do(ctx, qFreeValue, uint64(r.reason))
			q.rejected = append(q.rejected[:i], q.rejected[i+1:]...)
			return
		}
	}
}

// settled ends an invocation whose promise is settled. To look at that costs a fraction of a then.
func (q *quickjs) settled(g *guest, inv *invocation) bool {
	const pending, rejected = 0, 2
	if inv.promise>>32 != tagObject {
		return false
	}
	ctx := &g.ctx
	state := q.do(ctx, qPromiseState, uint64(q.context), inv.promise)
	if state == pending {
		return false
	}
	value := q.made(q.try(ctx, qPromiseResult, uint64(q.context), inv.promise))
	q.drop(ctx, inv.promise)
	inv.promise = undefined
	failed := uint64(0)
	if state == rejected {
		failed = 1
	}
	q.invoke(ctx, q.settle, intValue(inv.id), tagBool<<32|failed, value)
	q.drop(ctx, value)
	return true
}

// report tells the script of rejections that nobody has handled by now.
func (q *quickjs) report(g *guest) {
	for len(q.rejected) > 0 {
		lost := q.rejected
		q.rejected = nil
		for _, l := range lost {
			q.invoke(&g.ctx, q.reject, q.value(l.reason))
			q.do(&g.ctx, qFreeValue, uint64(l.promise))
			q.do(&g.ctx, qFreeValue, uint64(l.reason))
		}
		q.drain(g)
	}
}
