package engine

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
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
	driver: func(p *Program) sourceDriver {
		q := &quickjs{}
		if p.booted != nil {
			q.places = p.booted.(*quickjs).places
		}
		return q
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
	fns   [len(quickjsExports)]api.Function // of mod, looked up when first called: each costs 10 KiB
	stack [4][4]uint64                      // for calls inside of host calls inside of calls
	depth int

	inv      invocation
	pending  []byte // what the script pulls in pieces
	outgoing []byte // what the script has pushed in pieces
	rejected []rejection
}

// places are addresses in the memory of the guest. They are the same in all guests from one image.
type places struct {
	context  uint32 // of the C library
	mailbox  uint32
	dispatch uint32 // functions of the script
	tick     uint32
	reject   uint32
	names    uint32
	seed     uint32 // state of Math.random
	addend   uint64 // what makes a float's bits a value
}

// invocation is a call on its way.
type invocation struct {
	done  bool
	fault *fn.Fault
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
	export("host_interrupt", 0, 1, func(_ *guest, _ *quickjs, stack []uint64) { stack[0] = 0 })
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
	*q = quickjs{mod: r.mod, files: r.files}
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
	install := q.eval(ctx, nodejs.Runtime, "lull:runtime")
	call := q.do(ctx, qHostFunction, uint64(q.mailbox), 0, 0)
	array, err := q.try(ctx, qUint8Array, uint64(q.context), uint64(q.mailbox+mailBytes), mailRoom, 0, 0, 0)
	if err != nil {
		return nil, err
	}
	settings := q.str(ctx, q.settings(r.program))
	q.invoke(ctx, install, q.value(call), array, q.value(settings))
	for _, box := range []uint32{install, call, settings} {
		q.do(ctx, qFreeValue, uint64(box))
	}
	global := q.do(ctx, qGetGlobal)
	for name, to := range map[string]*uint32{"dispatch": &q.dispatch, "tick": &q.tick, "reject": &q.reject, "names": &q.names} {
		key := q.cstring(ctx, "__lull_"+name)
		*to = q.do(ctx, qGetProp, uint64(global), uint64(key))
		q.do(ctx, qFree, uint64(key))
	}
	q.do(ctx, qFreeValue, uint64(global))
	if err := q.findSeed(ctx); err != nil {
		return nil, err
	}
	q.invoke(ctx, q.dispatch, intValue(0), intValue(int32(abi.PhaseNone)))
	q.drain(ctx)
	q.report(r)
	q.do(ctx, qRunGC)
	return q.inv.fault, nil
}

// settings are what the script has to know of the function.
func (q *quickjs) settings(p *Program) string {
	f, cfg := p.fn, p.engine.cfg
	type object = map[string]any
	env := f.Env
	if env == nil {
		env = map[string]string{}
	}
	initTimeout := f.Initializer.Timeout
	if !f.Initializer.On() {
		initTimeout = fn.DefaultHookTimeout
	}
	b, err := json.Marshal(object{
		"phases": []string{
			abi.PhaseNone: "start", abi.PhaseHandler: abi.PhaseHandler.String(), abi.PhaseInitializer: abi.PhaseInitializer.String(),
			abi.PhasePreFreeze: abi.PhasePreFreeze.String(), abi.PhasePreStop: abi.PhasePreStop.String(),
		},
		"env": env, "accountId": cfg.AccountID, "region": cfg.Region, "service": f.Service,
		"function": object{
			"name": f.Name, "handler": f.Handler, "memory": f.Limits.MemoryMiB, "timeout": int(f.Limits.Timeout / time.Second),
			"initializer": f.Initializer.Handler, "initializationTimeout": int(initTimeout / time.Second),
		},
		"handlers": object{
			abi.PhaseHandler.String(): f.Handler, abi.PhaseInitializer.String(): f.Initializer.Handler,
			abi.PhasePreFreeze.String(): f.PreFreeze.Handler, abi.PhasePreStop.String(): f.PreStop.Handler,
		},
	})
	if err != nil {
		panic(err) // strings and numbers only
	}
	return string(b)
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

// restored gives the guest its own random numbers.
func (q *quickjs) restored(r *reactor) error {
	if q.mod != r.mod {
		q.files = r.files
		q.mod, q.fns = r.mod, [len(q.fns)]api.Function{}
	}
	q.pending, q.outgoing, q.rejected, q.depth = nil, nil, nil, 0
	var seed [8]byte
	randomBytes(seed[:])
	seed[0] |= 1 // the generator stays at 0 for ever
	q.memory().Write(q.seed, seed[:])
	return nil
}

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
	ctx := &r.ctx
	q.inv = invocation{}
	meta := q.meta(r, c)
	length := 0
	if c.Request != nil {
		q.pending = c.Request.Body
		length = len(q.pending)
		q.memory().Write(q.mailbox+mailBytes, q.pending[:min(length, mailRoom)])
	}
	q.invoke(ctx, q.dispatch, intValue(0), intValue(int32(c.Phase)), q.value(meta), intValue(int32(length)))
	q.do(ctx, qFreeValue, uint64(meta))
	q.pending = nil
	for q.drain(ctx); !q.inv.done; q.drain(ctx) {
		switch wait := q.invoke(ctx, q.tick); {
		case wait == 0:
		case wait > 0:
			r.nanosleep(int64(wait) * int64(time.Millisecond))
		default:
			q.inv = invocation{true, &fn.Fault{Kind: fn.Unhandled, Type: "HandlerDidNotComplete", Message: fmt.Sprintf(
				"the %s has neither called back nor returned a promise that is settled, and there is nothing left that it could wait for", c.Phase)}}
		}
	}
	q.report(r)
	q.outgoing = nil
	switch {
	case r.memory.refused && q.inv.fault != nil:
		return nil, fmt.Errorf("%s: %s", q.inv.fault.Type, q.inv.fault.Message)
	case r.refusal != "":
		return r.result(abi.ResultOK), nil
	}
	return q.inv.fault, nil
}

// meta is what the script has to know of a call, parts separated by unit separators. It is a box to be freed.
func (q *quickjs) meta(r *reactor, c *instance.Call) uint32 {
	b := make([]byte, 0, 160)
	b = c.RequestID.Append(b)
	b = append(append(b, 0x1f), r.id...)
	b = append(append(b, 0x1f), cmp.Or(requested(c), c.VersionID, fn.Latest)...)
	b = append(append(b, 0x1f), c.VersionID...)
	b = strconv.AppendInt(append(b, 0x1f), c.Deadline.UnixMilli(), 10)
	if c.Request != nil && c.Request.HTTP != nil {
		h := c.Request.HTTP
		b = append(b, 0x1f)
		j, err := json.Marshal([]any{h.Method(), h.Path(), h.Query(), h.ClientIP(), string(h.AppendHeaders(nil))})
		if err != nil {
			panic(err) // strings
		}
		b = append(b, j...)
	}
	return q.str(&r.ctx, string(b))
}

// requested is the qualifier that the caller asked for.
func requested(c *instance.Call) string {
	if c.Request == nil {
		return ""
	}
	return c.Request.Qualifier
}

// mostJobsAfter bounds the jobs that run in a call that has its answer; the others run in the next call.
const mostJobsAfter = 1000

// drain runs the jobs of promises.
func (q *quickjs) drain(ctx context.Context) {
	for after := 0; after < mostJobsAfter; {
		switch ran := int32(q.do(ctx, qExecuteJob)); {
		case ran == 0:
			return
		case ran < 0:
			q.do(ctx, qFreeValue, uint64(q.do(ctx, qGetException))) // no job of ours or of a promise throws
		}
		if q.inv.done {
			after++
		}
	}
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

// report tells the script of rejections that nobody has handled by now.
func (q *quickjs) report(r *reactor) {
	for len(q.rejected) > 0 {
		lost := q.rejected
		q.rejected = nil
		for _, l := range lost {
			q.invoke(&r.ctx, q.reject, q.value(l.reason))
			q.do(&r.ctx, qFreeValue, uint64(l.promise))
			q.do(&r.ctx, qFreeValue, uint64(l.reason))
		}
		q.drain(&r.ctx)
	}
}
