package wasmbin

import (
	"math"
	"strings"
)

// ValueType is the type of a value, as its byte in the binary format.
type ValueType byte

const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
	ExnRef    ValueType = 0x69
	Ref       ValueType = 0x64 // any other reference: typed, or never null
)

// String returns the name that the text format uses.
func (t ValueType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	case ExnRef:
		return "exnref"
	}
	return "ref"
}

const (
	refNull = 0x63 // ref null HEAPTYPE; [Ref] is the byte of ref HEAPTYPE
	recType = 0x4e
	funType = 0x60
)

// valueType reads a value type; types is how many function types there are.
func (r *reader) valueType(types int) ValueType {
	at := r.p
	switch t := ValueType(r.byte()); t {
	case I32, I64, F32, F64, V128, FuncRef, ExternRef, ExnRef:
		return t
	case Ref, refNull:
		if h := r.heapType(types); t == refNull && h != Ref {
			return h
		}
		return Ref
	default:
		r.fail(Unsupported, at, "value type %#02x", byte(t))
		return 0
	}
}

// heapType reads what a reference points to. It returns Ref for a type index.
//
// Abstract types must stand in one byte: the engine looks at the byte alone,
// and no byte may mean one thing here and another thing there.
func (r *reader) heapType(types int) ValueType {
	at := r.p
	h := r.s33()
	if r.err != nil {
		return 0
	}
	if h < 0 {
		t := ValueType(h & 0x7f)
		if r.p-at != 1 || (t != FuncRef && t != ExternRef && t != ExnRef) {
			r.fail(Unsupported, at, "heap type %d", h)
		}
		return t
	}
	if h >= int64(types) {
		r.fail(Malformed, at, "type %d, there are %d", h, types)
	}
	return Ref
}

// funcType is a signature: a range of parameters and results in signatures.
type funcType struct {
	from, results, to uint32
	same              uint32 // the lowest type that a call_indirect cannot tell from this one
}

// signatures are the function types of a module.
type signatures struct {
	list   []funcType
	values []ValueType
}

func (s *signatures) params(t uint32) []ValueType {
	return s.values[s.list[t].from:s.list[t].results]
}

func (s *signatures) results(t uint32) []ValueType {
	return s.values[s.list[t].results:s.list[t].to]
}

// text returns the signature as in "(i32, i32) -> (i64)".
func (s *signatures) text(t uint32) string {
	var b strings.Builder
	writeTypes(&b, s.params(t))
	if r := s.results(t); len(r) > 0 {
		b.WriteString(" -> ")
		writeTypes(&b, r)
	}
	return b.String()
}

func writeTypes(b *strings.Builder, types []ValueType) {
	b.WriteByte('(')
	for i, t := range types {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t.String())
	}
	b.WriteByte(')')
}

// typeSection copies the types and adds those of the yield function and of
// functions that fill a table.
func (t *transform) typeSection(r *reader, w *writer) {
	n := r.count("types", 1, t.limits.Types)
	w.u32(uint32(n) + 2*t.shift)
	w.from = r.p
	same := map[string]uint32{}
	for range n {
		at := r.p
		group := 1
		if r.p < len(r.b) && r.b[r.p] == recType {
			r.p++
			group = r.count("types", 3, t.limits.Types)
		}
		for range group {
			t.funcType(r, same)
		}
		if len(t.types.list) > t.limits.Types {
			r.fail(OverLimit, at, "%d types, %d are allowed", len(t.types.list), t.limits.Types)
		}
		if r.err != nil {
			return
		}
	}
	r.done()
	w.upTo(r.p)
	if t.shift > 0 {
		w.bytes([]byte{funType, 0, 0})
		w.bytes([]byte{funType, 1, byte(I32), 0})
	}
}

func (t *transform) funcType(r *reader, same map[string]uint32) {
	at := r.p
	if c := r.byte(); c != funType {
		r.fail(Unsupported, at, "type form %#02x (garbage collection?)", c)
		return
	}
	s := &t.types
	f := funcType{from: uint32(len(s.values))}
	t.valueTypes(r)
	f.results = uint32(len(s.values))
	t.valueTypes(r)
	f.to = uint32(len(s.values))

	// References with a type index are all one here. That makes more types
	// the same than the engine thinks, which costs a check and misses none.
	key := string(s.values[f.from:f.results]) + "\x00" + string(s.values[f.results:f.to])
	id, ok := same[key]
	if !ok {
		id = uint32(len(s.list))
		same[key] = id
	}
	f.same = id
	s.list = append(s.list, f)
}

func (t *transform) valueTypes(r *reader) {
	const anyIndex = math.MaxInt32 // a type may name one that comes later; the engine checks it
	for range r.count("values", 1, t.limits.Params) {
		if v := r.valueType(anyIndex); r.err == nil {
			t.types.values = append(t.types.values, v)
		}
	}
}
