package wasmbin_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/api"
	"pgregory.net/rapid"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// program draws modules whose functions call each other in every way there is.
// What they do depends on a coin that the host tosses, so each path is taken
// at some time.
type program struct {
	*rapid.T
	types []byte // of each function: 0 is () -> (), 1 is (i32) -> ()
	depth int    // labels around the current instruction; the function's is one
	stmts int
}

const coin = 0 // the import's index

func drawProgram(t *rapid.T) []byte {
	p := &program{T: t}
	p.types = rapid.SliceOfN(rapid.ByteRange(0, 1), 1, 10).Draw(t, "types")
	p.types[0] = 0
	var bodies [][]byte
	for range p.types {
		p.depth, p.stmts = 1, 30
		bodies = append(bodies, p.block(3))
	}
	// The second half of the functions is in the table.
	var table []byte
	for i := range p.types {
		table = append(table, byte(1+len(p.types)/2+i/2))
	}
	return module(types(":", "i:", ":i"),
		section(2, vec(join(name("env"), name("coin"), []byte{0, 2}))...),
		funcs(p.types...),
		section(4, 1, 0x70, 0, byte(len(table))),
		section(13, 1, 0, 0),
		section(7, vec(exportFunc("run", 1))...),
		section(9, vec(join([]byte{0, 0x41, 0, 0x0b}, sized(table...)))...),
		codes(bodies...))
}

func (p *program) n(most int, what string) byte { return byte(rapid.IntRange(0, most).Draw(p.T, what)) }

// block draws some instructions that leave the operand stack as it was.
func (p *program) block(nesting int) (b []byte) {
	for range p.n(4, "instructions") {
		if p.stmts--; p.stmts < 0 {
			return b
		}
		b = append(b, p.stmt(nesting)...)
	}
	return b
}

func (p *program) stmt(nesting int) []byte {
	toss := []byte{0x10, coin}
	inside := func(open ...byte) []byte {
		p.depth++
		b := join(open, p.block(nesting-1), []byte{0x0b})
		p.depth--
		return b
	}
	label := func() byte { return p.n(p.depth-1, "label") }
	kinds := 9
	if nesting > 0 {
		kinds = 14
	}
	f := p.n(len(p.types)-1, "function")
	args := repeat(int(p.types[f]), 0x41, 1)
	switch p.n(kinds, "kind") {
	case 0, 1: // work, which the test can count
		return repeat(int(p.n(40, "work")), 0x10, coin, 0x1a)
	case 2:
		return repeat(1+int(p.n(30, "calls")), join(args, []byte{0x10, f + 1})...)
	case 3: // through the table, by a type that may not fit
		return repeat(1+int(p.n(30, "calls")), join(args, []byte{0x41, f, 0x11, p.types[f], 0})...)
	case 4:
		return join(args, []byte{0x12, f + 1})
	case 5:
		return join(args, []byte{0x41, f, 0x13, p.types[f], 0})
	case 6:
		return join(toss, []byte{0x0d, label()})
	case 7:
		return []byte{0x0c, label()}
	case 8:
		return join(toss, []byte{0x0e, 1, label(), label()})
	case 9:
		return []byte{0x08, 0} // throw
	case 10:
		return inside(0x02, 0x40)
	case 11:
		return inside(0x03, 0x40)
	case 12:
		return join(toss, inside(0x04, 0x40))
	case 13:
		p.depth++
		then := p.block(nesting - 1)
		otherwise := p.block(nesting - 1)
		p.depth--
		return join(toss, []byte{0x04, 0x40}, then, []byte{0x05}, otherwise, []byte{0x0b})
	default:
		return inside(0x1f, 0x40, 1, 2, label())
	}
}

// maxCoins is how many tosses one check pays for: on a path through a function
// and through what it calls without a check, each toss counts for 64 bytes.
const maxCoins = (2048 + 512) / 64

func TestTransform_PutsACheckIntoEveryCycleAndLongPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := wasmbin.Transform(drawProgram(t), wasmbin.Options{})
		require.NoError(t, err)
		longest, err := newChecker(m.Code).longest(1 + coin)
		require.NoError(t, err)
		require.LessOrEqual(t, longest, maxCoins)
	})
}

func TestTransform_BoundsTheWorkBetweenChecks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := drawProgram(t)
		seed := rapid.Uint64().Draw(t, "coins")
		random := rand.New(rand.NewPCG(seed, 0))
		tossed := 0

		h := newHost(t, allFeatures)
		h.stopAt = 300
		_, err := h.NewHostModuleBuilder("env").NewFunctionBuilder().
			WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
				tossed++
				stack[0] = random.Uint64N(2)
			}), nil, []api.ValueType{api.ValueTypeI32}).Export("coin").Instantiate(h.ctx)
		require.NoError(t, err)
		guest, _, err := h.start(code, "")
		require.NoError(t, err)
		// It ends, traps, throws or is stopped; a fuel of 1 lasts for two checks.
		_, _ = guest.ExportedFunction("run").Call(h.ctx)
		require.LessOrEqual(t, tossed, maxCoins*2*(h.yields+1))
	})
}
