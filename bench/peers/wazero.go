package main

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/lull-dev/lull/abi"
)

// plainWazero is wazero as its documentation shows it, with the part of lull_v1 that the guest needs.
type plainWazero struct {
	runtime   wazero.Runtime
	compiled  wazero.CompiledModule
	deadlines bool
}

// openWazero compiles with or without WithCloseOnContextDone, wazero's way to stop a guest at a deadline.
func openWazero(deadlines bool) func(*guest, string) (contender, error) {
	return func(g *guest, cache string) (contender, error) {
		if g.program != nil {
			return wazeroProgram(g.program, cache, deadlines)
		}
		if g.module == nil {
			return nil, errNoSource(g)
		}
		kept, err := wazero.NewCompilationCacheWithDir(filepath.Join(cache, "wazero"))
		if err != nil {
			return nil, err
		}
		ctx := context.Background()
		w := &plainWazero{deadlines: deadlines}
		w.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(kept).WithCloseOnContextDone(deadlines))
		if _, err := wasi_snapshot_preview1.Instantiate(ctx, w.runtime); err != nil {
			return nil, err
		}
		if w.compiled, err = w.runtime.CompileModule(ctx, g.module); err != nil {
			return nil, err
		}
		b := w.runtime.NewHostModuleBuilder(abi.Module)
		for _, f := range w.compiled.ImportedFunctions() {
			if module, name, _ := f.Import(); module == abi.Module {
				b.NewFunctionBuilder().WithGoModuleFunction(hostFunction(name), f.ParamTypes(), f.ResultTypes()).Export(name)
			}
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return nil, err
		}
		return w, nil
	}
}

// exchange is one event and its answer.
type exchange struct{ event, answer []byte }

type exchangeKey struct{}

// hostFunction is an import of lull_v1. Those that this work does not call answer "not found".
func hostFunction(name string) api.GoModuleFunction {
	of := func(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }
	switch name {
	case abi.EventRead:
		return api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			to, _ := m.Memory().Read(uint32(stack[0]), uint32(stack[1]))
			event := of(ctx).event
			stack[0] = uint64(copy(to, event[min(len(event), int(uint32(stack[2]))):]))
		})
	case abi.ResponseWrite:
		return api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			from, _ := m.Memory().Read(uint32(stack[0]), uint32(stack[1]))
			x := of(ctx)
			x.answer = append(x.answer, from...)
			stack[0] = 0
		})
	}
	return api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
		if len(stack) > 0 {
			notFound := int32(abi.NotFound)
			stack[0] = uint64(uint32(notFound))
		}
	})
}

func (w *plainWazero) close() error { return w.runtime.Close(context.Background()) }

func (w *plainWazero) start() (instance, error) {
	i := &wazeroInstance{w: w}
	i.ctx = context.WithValue(context.Background(), exchangeKey{}, &i.x)
	var err error
	i.module, err = w.runtime.InstantiateModule(i.ctx, w.compiled, wazero.NewModuleConfig().
		WithName("").WithStartFunctions(abi.Initialize).WithRandSource(rand.Reader).WithSysWalltime().WithSysNanotime())
	if err != nil {
		return nil, err
	}
	i.handler = i.module.ExportedFunction(abi.Handler)
	return i, nil
}

type wazeroInstance struct {
	w       *plainWazero
	ctx     context.Context
	x       exchange
	module  api.Module
	handler api.Function
	stack   [1]uint64
}

var errGuest = errors.New("the guest fails")

func (i *wazeroInstance) call(event []byte) ([]byte, error) {
	ctx := i.ctx
	if i.w.deadlines {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	i.x = exchange{event, i.x.answer[:0]}
	i.stack[0] = uint64(len(event))
	if err := i.handler.CallWithStack(ctx, i.stack[:]); err != nil {
		return nil, err
	}
	if i.stack[0] != 0 {
		return nil, errGuest
	}
	return i.x.answer, nil
}

func (i *wazeroInstance) close() error { return i.module.Close(i.ctx) }
