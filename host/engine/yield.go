package engine

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

// A slice is the fuel that a guest gets at once. It is fitted to the guest, so that yields come about sliceTime apart: a unit of fuel
// is one turn of a loop, and says little about time.
const (
	firstSlice = 1 << 10
	minSlice   = 16
	maxSlice   = 1 << 24
	sliceTime  = 200 * time.Microsecond
)

// errInterrupted ends a call by Interrupt.
var errInterrupted = errors.New("interrupted by the host")

// instantiateYield makes the host module that transformed modules import the yield from.
func instantiateYield(ctx context.Context, rt wazero.Runtime) error {
	_, err := rt.NewHostModuleBuilder(wasmbin.ImportModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, _ api.Module, _ []uint64) {
			running(ctx).yield()
		}), nil, nil).Export(wasmbin.ImportYield).Instantiate(ctx)
	return err
}

// tank is a guest's fuel. Only the goroutine that runs the guest uses it.
type tank struct {
	global api.MutableGlobal // nil until the module is instantiated
	at     *uint64           // where it is, to get and set it sooner; nil where that is not known
	slice  int64             // what was given last
	given  uint64            // to the running call
	since  time.Time         // when it was given
}

func (t *tank) set(fuel int64) {
	if t.at != nil {
		*t.at = uint64(uint32(fuel))
		return
	}
	t.global.Set(uint64(fuel))
}

func (t *tank) get() uint64 {
	if t.at != nil {
		return *t.at
	}
	return t.global.Get()
}

// fill begins a call.
func (t *tank) fill(now time.Time) {
	if t.slice == 0 {
		t.slice = firstSlice
	}
	t.given, t.since = uint64(t.slice), now
	t.set(t.slice)
}

// used is the fuel that the call has used so far.
func (t *tank) used() uint64 {
	return uint64(int64(t.given) - t.left())
}

// left is below zero when the guest has to yield, far below after a bulk instruction that cost more than was left.
func (t *tank) left() int64 { return int64(int32(uint32(t.get()))) }

// refill gives another slice, longer or shorter by what the last one took.
func (t *tank) refill(now time.Time) {
	switch took := now.Sub(t.since); {
	case took < sliceTime/2:
		t.slice = min(t.slice*2, maxSlice)
	case took > 2*sliceTime:
		t.slice = max(int64(float64(t.slice)*float64(sliceTime)/float64(took)), minSlice)
	}
	t.given += uint64(t.slice)
	t.since = now
	t.set(t.slice)
}

// yield is called by a guest that has no fuel left, or, with fuel, before a try_table. It unwinds one that is past its deadline or interrupted. Being a call from compiled code
// into Go it is also where Go's scheduler and garbage collector can stop the goroutine.
func (g *guest) yield() {
	if g.fuel.left() >= 0 {
		g.mayTry()
		return
	}
	g.sound()
	if g.server != nil {
		g.server.pass()
	}
	g.fuel.refill(g.goOn())
}

// goOn unwinds a guest that is past its deadline or interrupted, and has one that runs long take turns. It returns the time. Whatever the host does
// for a guest in a loop whose length the guest has chosen goes through here.
func (g *guest) goOn() time.Time {
	now := time.Now()
	g.mustGoOn(now)
	if g.turn.due(now) {
		g.turn.change(g)
		now = time.Now()
		g.mustGoOn(now)
	}
	return now
}

// mustGoOn panics if the call is over.
func (g *guest) mustGoOn(now time.Time) {
	if g.interrupted.Load() {
		panic(errInterrupted)
	}
	if now.After(g.deadline) {
		panic(context.DeadlineExceeded)
	}
}
