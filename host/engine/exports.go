package engine

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// exports drives a module of the function's own: each phase is an export.
type exports struct {
	mod       api.Module
	functions [abi.PhasePreStop + 1]function // of mod, looked up when first called
	stack     [1]uint64
}

// boot has nothing to do: what a module does by itself is its start function and _initialize.
func (*exports) boot(*reactor) (*fn.Fault, error) { return nil, nil }

// restored lets the guest renew what must not be the same in two instances.
func (x *exports) restored(r *reactor) error {
	if x.mod != r.mod {
		x.mod, x.functions = r.mod, [len(x.functions)]function{}
	}
	if r.program.mod.exports[abi.AfterRestore] != hookType {
		return nil
	}
	x.stack[0] = 0
	if err := r.callExport(r.mod, abi.AfterRestore, x.stack[:]); err != nil {
		return err
	}
	if code := uint32(x.stack[0]); code != abi.ResultOK {
		return fmt.Errorf("%s returned %d", abi.AfterRestore, int32(code))
	}
	return nil
}

func (x *exports) call(r *reactor, c *instance.Call) (*fn.Fault, error) {
	f := &x.functions[c.Phase]
	if !f.found() {
		*f = r.function(r.mod, r.program.export(c.Phase))
	}
	x.stack[0] = 0
	if c.Request != nil {
		x.stack[0] = uint64(len(c.Request.Body))
	}
	if err := r.callFunction(f, x.stack[:]); err != nil {
		return nil, err
	}
	return r.result(uint32(x.stack[0])), nil
}

// export names the function that a phase calls.
func (p *Program) export(phase abi.Phase) string {
	switch phase {
	case abi.PhaseHandler:
		return fn.Export(p.fn.Handler)
	case abi.PhaseInitializer:
		return fn.Export(p.fn.Initializer.Handler)
	case abi.PhasePreFreeze:
		return fn.Export(p.fn.PreFreeze.Handler)
	case abi.PhasePreStop:
		return fn.Export(p.fn.PreStop.Handler)
	case abi.PhaseNone:
	}
	panic(fmt.Sprintf("engine: no export for phase %d", phase))
}
