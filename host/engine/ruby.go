package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/guests/ruby"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// CRuby is a library that the driver calls; guests/ruby has the Ruby part.
func init() {
	languages["ruby"] = &language{
		module:  "ruby.wasm",
		imports: rubyImports,
		mounts: func(p *Program) []mount {
			return []mount{readOnly("/boot", ruby.Boot), readOnly("/code", p.source)}
		},
		configure: func(p *Program, c wazero.ModuleConfig) wazero.ModuleConfig {
			return c.WithEnv("LULL_FUNCTIONS", p.names())
		},
		driver: func(p *Program) sourceDriver {
			d := &rubyDriver{}
			if p.places != nil {
				d.places = p.places.(rubyPlaces)
			}
			d.devices = &devices{guest: func() *guest { return d.r.guest }, answer: func(reply []byte) { d.reply, d.replied = reply, true }}
			return d
		},
	}
}

// Exports of the interpreter, by the names that its interface description gives them.
const (
	rubyInit   = "ruby-init: func(args: list<string>) -> ()"
	rubyEval   = "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
	rubyIntern = "rb-intern: func(name: string) -> u32"
	rubyCall   = "rb-funcallv-protect: func(recv: handle<rb-abi-value>, mid: u32, args: list<handle<rb-abi-value>>) -> tuple<handle<rb-abi-value>, s32>"
	rubyAlloc  = "cabi_realloc"
)

// rubyDriver drives one guest. Event and answer are passed in two strings of the interpreter; what does not fit is its standard input, and a device file.
type rubyDriver struct {
	places  rubyPlaces
	devices *devices
	r       *reactor
	mod     api.Module
	funcall function // of mod
	stack   [4]uint64

	event   []byte
	reply   []byte
	replied bool
	fresh   bool // the next event is the first since the start
}

// rubyPlaces are the same in all guests from one image.
type rubyPlaces struct {
	receiver uint64 // the object that is called
	method   uint64
	in       uint32 // where it takes the event from
	out      uint32 // where it leaves the answer: its length in 4 bytes, and the bytes
}

// rubyRoom is the length of both strings.
const rubyRoom = 64 << 10

// rubyImports makes the modules that the interpreter imports its other host from, JavaScript. There is none: of it only handles are needed, which here are the
// addresses that they stand for.
func rubyImports(ctx context.Context, rt wazero.Runtime) error {
	same := func([]uint64) {}
	drop := func([]uint64) {}
	canonical := rt.NewHostModuleBuilder("canonical_abi")
	exportRuby(canonical, "resource_drop_js-abi-value", "i:", drop)
	exportRuby(canonical, "resource_new_rb-abi-value", "i:i", same)
	exportRuby(canonical, "resource_get_rb-abi-value", "i:i", same)
	js := rt.NewHostModuleBuilder("rb-js-abi-host")
	for name, types := range map[string]string{
		"rb_wasm_throw_prohibit_rewind_exception": "ii:",

		"eval-js: func(code: string) -> variant { success(handle<js-abi-value>), failure(handle<js-abi-value>) }":                                                                        "iii:",
		"is-js: func(value: handle<js-abi-value>) -> bool":                                                                                                                               "i:i",
		"instance-of: func(value: handle<js-abi-value>, klass: handle<js-abi-value>) -> bool":                                                                                            "ii:i",
		"global-this: func() -> handle<js-abi-value>":                                                                                                                                    ":i",
		"int-to-js-number: func(value: s32) -> handle<js-abi-value>":                                                                                                                     "i:i",
		"float-to-js-number: func(value: float64) -> handle<js-abi-value>":                                                                                                               "d:i",
		"string-to-js-string: func(value: string) -> handle<js-abi-value>":                                                                                                               "ii:i",
		"bool-to-js-bool: func(value: bool) -> handle<js-abi-value>":                                                                                                                     "i:i",
		"proc-to-js-function: func(value: u32) -> handle<js-abi-value>":                                                                                                                  "i:i",
		"rb-object-to-js-rb-value: func(raw-rb-abi-value: u32) -> handle<js-abi-value>":                                                                                                  "i:i",
		"js-value-to-string: func(value: handle<js-abi-value>) -> string":                                                                                                                "ii:",
		"js-value-to-integer: func(value: handle<js-abi-value>) -> variant { as-float(float64), bignum(string) }":                                                                        "ii:",
		"export-js-value-to-host: func(value: handle<js-abi-value>) -> ()":                                                                                                               "i:",
		"import-js-value-from-host: func() -> handle<js-abi-value>":                                                                                                                      ":i",
		"js-value-typeof: func(value: handle<js-abi-value>) -> string":                                                                                                                   "ii:",
		"js-value-equal: func(lhs: handle<js-abi-value>, rhs: handle<js-abi-value>) -> bool":                                                                                             "ii:i",
		"js-value-strictly-equal: func(lhs: handle<js-abi-value>, rhs: handle<js-abi-value>) -> bool":                                                                                    "ii:i",
		"reflect-get: func(target: handle<js-abi-value>, property-key: string) -> variant { success(handle<js-abi-value>), failure(handle<js-abi-value>) }":                              "iiii:",
		"reflect-set: func(target: handle<js-abi-value>, property-key: string, value: handle<js-abi-value>) -> variant { success(handle<js-abi-value>), failure(handle<js-abi-value>) }": "iiiii:",
		"reflect-apply: func(target: handle<js-abi-value>, this-argument: handle<js-abi-value>, arguments: list<handle<js-abi-value>>) -> variant { success(handle<js-abi-value>), failure(handle<js-abi-value>) }": "iiiii:",
	} {
		short, _, _ := strings.Cut(name, ":")
		exportRuby(js, name, types, func([]uint64) {
			panic(fmt.Errorf("%s: there is no JavaScript here that Ruby could use", short))
		})
	}
	_, first := canonical.Instantiate(ctx)
	_, second := js.Instantiate(ctx)
	return errors.Join(first, second)
}

// exportRuby adds a function whose types are letters, parameters and results: i for i32, d for f64.
func exportRuby(b wazero.HostModuleBuilder, name, types string, f func([]uint64)) {
	of := func(letters string) (t []api.ValueType) {
		for _, l := range letters {
			t = append(t, map[rune]api.ValueType{'i': i32, 'd': api.ValueTypeF64}[l])
		}
		return t
	}
	params, results, _ := strings.Cut(types, ":")
	b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) { f(stack) }),
		of(params), of(results)).Export(name)
}

func (d *rubyDriver) mount() mount { return mount{"/fc", d.devices} }

// Read gives the guest's standard input.
func (d *rubyDriver) Read(p []byte) (int, error) {
	if len(d.event) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.event)
	d.event = d.event[n:]
	return n, nil
}

func (d *rubyDriver) bind(r *reactor) {
	d.r, d.mod, d.funcall = r, r.mod, r.function(r.mod, rubyCall)
}

// boot starts the interpreter, and loads the files of handler and hooks.
func (d *rubyDriver) boot(r *reactor) (*fn.Fault, error) {
	d.bind(r)
	if err := d.start(); err != nil {
		return nil, err
	}
	methods := map[string]uint64{"buffers": 0, "load": 0, "call": 0}
	for name := range methods {
		id, err := d.intern(name)
		if err != nil {
			return nil, err
		}
		methods[name] = id
	}
	d.places.in, d.places.out, d.places.method = 0, 0, methods["call"]
	if err := d.exchange(methods["buffers"], nil); err != nil {
		return nil, err
	}
	if _, err := fmt.Sscan(string(d.reply), &d.places.in, &d.places.out); err != nil {
		return nil, err
	}
	if err := d.exchange(methods["load"], nil); err != nil {
		return nil, err
	}
	return d.answer()
}

// start brings the interpreter up, with what is in guests/ruby.
func (d *rubyDriver) start() error {
	args := []string{"ruby", "-EUTF-8", "-e_=0"}
	var list []byte
	for _, a := range args {
		at, err := d.text(a)
		if err != nil {
			return err
		}
		list = binary.LittleEndian.AppendUint32(list, uint32(at))
		list = binary.LittleEndian.AppendUint32(list, uint32(len(a))+1)
	}
	at, err := d.text(string(list))
	if err != nil {
		return err
	}
	if _, err := d.do(rubyInit, at, uint64(len(args))); err != nil {
		return err
	}
	const boot = `require "/boot/boot.rb"; Lull`
	if at, err = d.text(boot); err != nil {
		return err
	}
	result, err := d.do(rubyEval, at, uint64(len(boot)))
	if err != nil {
		return err
	}
	d.places.receiver, err = d.value(result)
	return err
}

// do calls an export that is called once.
func (d *rubyDriver) do(name string, args ...uint64) (uint64, error) {
	stack := append(args, 0) // some have a result and no parameters
	err := d.r.callExport(d.mod, name, stack)
	return stack[0], err
}

// text puts bytes into memory that is the interpreter's from then on. C reads some of them up to a zero byte.
func (d *rubyDriver) text(s string) (uint64, error) {
	at, err := d.do(rubyAlloc, 0, 0, 1, uint64(len(s))+1)
	if err == nil && !d.mod.Memory().WriteString(uint32(at), s+"\x00") {
		err = errors.New("the interpreter has no memory")
	}
	return at, err
}

func (d *rubyDriver) intern(name string) (uint64, error) {
	at, err := d.text(name)
	if err != nil {
		return 0, err
	}
	return d.do(rubyIntern, at, uint64(len(name)))
}

// value takes what a protected call returned: an object, and a state that is 0 unless it was left in another way than by returning.
func (d *rubyDriver) value(at uint64) (uint64, error) {
	object, ok1 := d.mod.Memory().ReadUint32Le(uint32(at))
	state, ok2 := d.mod.Memory().ReadUint32Le(uint32(at) + 4)
	if !ok1 || !ok2 || state != 0 {
		return 0, fmt.Errorf("Ruby did not return but ended the call in its own way (state %d)", state)
	}
	return uint64(object), nil
}

// restored notes that the next event is the first one of an instance: it brings the context, and what must be the instance's own is renewed.
func (d *rubyDriver) restored(r *reactor) error {
	if d.mod != r.mod {
		d.bind(r)
	}
	d.fresh = true
	return nil
}

// exchange calls a method of the receiver, which takes the event and leaves its answer in d.reply.
func (d *rubyDriver) exchange(method uint64, event []byte) error {
	memory := d.mod.Memory()
	here := event[:min(len(event), rubyRoom)]
	d.event, d.reply, d.replied = event[len(here):], nil, false
	memory.Write(d.places.in, here)
	memory.WriteUint32Le(d.places.out, 0)
	d.stack = [4]uint64{d.places.receiver, method, 0, 0}
	err := d.r.callFunction(&d.funcall, d.stack[:])
	d.event = nil
	if err != nil {
		return err
	}
	if _, err := d.value(d.stack[0]); err != nil {
		return err
	}
	if length, _ := memory.ReadUint32Le(d.places.out); length > 0 {
		d.reply, d.replied = memory.Read(d.places.out+4, length)
	}
	if !d.replied {
		return errors.New("the interpreter did not answer")
	}
	return nil
}

// answer takes what is in d.reply: a paused guest keeps none.
func (d *rubyDriver) answer() (*fn.Fault, error) {
	fault := d.r.takeReply(d.reply)
	d.reply = nil
	if fault != nil && d.r.memory.refused {
		return nil, fmt.Errorf("%s: %s", fault.Type, fault.Message) // who knows what else has failed for want of memory
	}
	return fault, nil
}

func (d *rubyDriver) call(r *reactor, c *instance.Call) (*fn.Fault, error) {
	if err := d.exchange(d.places.method, r.frame(c, &d.fresh)); err != nil {
		return nil, err
	}
	fault, err := d.answer()
	if fault == nil && err == nil && r.refusal != "" {
		return r.result(abi.ResultOK), nil
	}
	return fault, err
}

func (d *rubyDriver) standing() any { return d.places }

// functions asks the interpreter what the handler's file has.
func (d *rubyDriver) functions(r *reactor) ([]string, error) {
	if err := d.exchange(d.places.method, functionsFrame(r.program)); err != nil {
		return nil, err
	}
	defer func() { d.reply = nil }()
	return functionsOf(d.reply)
}
