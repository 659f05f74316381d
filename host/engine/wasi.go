package engine

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// Numbers of wasi_snapshot_preview1's errno.
const (
	errnoSuccess = 0
	errnoBadf    = 8
	errnoNotsup  = 58
)

// maxSubscriptions is how much one poll_oneoff may wait for.
const maxSubscriptions = 4096

// instantiateWASI makes the host module of WASI: wazero's, but for calls that would leave something behind outside of the guest's memory.
// A module instance serves one guest after the other, and none may find descriptor 1 closed by the one before.
func instantiateWASI(ctx context.Context, rt wazero.Runtime) error {
	b, stock, err := stockWASI(ctx, rt)
	if err != nil {
		return err
	}
	// wazero's poll_oneoff goes through all subscriptions at one go, and a memory has room for millions.
	poll := stock["poll_oneoff"].GoFunction().(api.GoModuleFunction)
	b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
		if uint32(stack[2]) > maxSubscriptions {
			stack[0] = errnoInval
			return
		}
		poll.Call(ctx, m, stack)
	}), stock["poll_oneoff"].ParamTypes(), stock["poll_oneoff"].ResultTypes()).Export("poll_oneoff")
	override := func(name string, params int, f func(stack []uint64) uint64) {
		types := make([]api.ValueType, params)
		for i := range types {
			types[i] = i32
		}
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
			stack[0] = f(stack)
		}), types, []api.ValueType{i32}).Export(name)
	}
	standard := func(fd uint64) bool { return uint32(fd) <= 2 }
	// Closing a standard stream succeeds and closes nothing.
	override("fd_close", 1, func(p []uint64) uint64 {
		if standard(p[0]) {
			return errnoSuccess
		}
		return errnoBadf
	})
	override("fd_renumber", 2, func(p []uint64) uint64 {
		if standard(p[0]) && standard(p[1]) {
			return errnoNotsup
		}
		return errnoBadf
	})
	override("fd_fdstat_set_flags", 2, func(p []uint64) uint64 {
		if standard(p[0]) {
			return errnoSuccess // the streams do not block whatever the flags say
		}
		return errnoBadf
	})
	exportOwn(b)
	_, err = b.Instantiate(ctx)
	return err
}

// stockWASI is a builder with all of wazero's functions, and these functions, for what stands in their place to call.
func stockWASI(ctx context.Context, rt wazero.Runtime) (wazero.HostModuleBuilder, map[string]api.FunctionDefinition, error) {
	b := rt.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	compiled, err := b.Compile(ctx)
	if err != nil {
		return nil, nil, err
	}
	return b, compiled.ExportedFunctions(), compiled.Close(ctx)
}

// instantiateWASIWithFiles makes the host module of WASI for interpreters. What they have open is counted where it is opened (files).
func instantiateWASIWithFiles(ctx context.Context, rt wazero.Runtime) error {
	b, stock, err := stockWASI(ctx, rt)
	if err != nil {
		return err
	}
	override := func(name string, with func(ctx context.Context, m api.Module, stack []uint64, stock api.GoModuleFunction)) {
		f := stock[name]
		call := f.GoFunction().(api.GoModuleFunction)
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			with(ctx, m, stack, call)
		}), f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	// The streams and the folders that are open from the start stay open: the module instance serves other guests afterwards.
	guard := func(name string, params int, errno uint64) {
		override(name, func(ctx context.Context, m api.Module, stack []uint64, stock api.GoModuleFunction) {
			kept := running(ctx).standing
			for _, fd := range stack[:params] {
				if fd := int32(uint32(fd)); fd < kept || fd == eventsFD {
					stack[0] = errno
					return
				}
			}
			stock.Call(ctx, m, stack)
		})
	}
	guard("fd_close", 1, errnoSuccess)
	guard("fd_renumber", 2, errnoNotsup)
	for name, f := range eventsCalls {
		override(name, func(ctx context.Context, m api.Module, stack []uint64, stock api.GoModuleFunction) {
			if d, ok := running(ctx).driver.(*resident); ok && uint32(stack[0]) == eventsFD {
				stack[0] = uint64(f(d, m.Memory(), stack))
				return
			}
			stock.Call(ctx, m, stack)
		})
	}
	closing := stock["fd_close"].GoFunction().(api.GoModuleFunction)
	override("path_open", func(ctx context.Context, m api.Module, stack []uint64, stock api.GoModuleFunction) {
		result := uint32(stack[8])
		stock.Call(ctx, m, stack)
		if d, ok := running(ctx).driver.(*resident); ok && d.devices.opened {
			d.devices.opened = false
			fd, _ := m.Memory().ReadUint32Le(result)
			closing.Call(ctx, m, []uint64{uint64(fd)})
			m.Memory().WriteUint32Le(result, eventsFD)
		}
	})
	exportOwn(b)
	_, err = b.Instantiate(experimental.WithFunctionListenerFactory(ctx, listener{}))
	return err
}

// exportOwn overrides what every kind of guest has otherwise than wazero. Its proc_exit closes the module instance; this one only unwinds, so that the
// instance can be reset. Its random_get fills gigabytes at one go; this one ends at the deadline.
func exportOwn(b wazero.HostModuleBuilder) {
	b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
		p, ok := m.Memory().Read(uint32(stack[0]), uint32(stack[1]))
		if !ok {
			stack[0] = errnoFault
			return
		}
		for piece := range slices.Chunk(p, 64<<10) {
			rand.Read(piece) // cannot fail
			if len(p) > len(piece) {
				running(ctx).goOn()
			}
		}
		stack[0] = errnoSuccess
	}), []api.ValueType{i32, i32}, []api.ValueType{i32}).Export("random_get")
	b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
		panic(sys.NewExitError(uint32(stack[0])))
	}), []api.ValueType{i32}, nil).Export("proc_exit")
}
