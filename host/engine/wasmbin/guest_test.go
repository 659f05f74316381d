package wasmbin_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/lull-dev/lull/host/engine/wasmbin"
)

const allFeatures = api.CoreFeaturesV2 |
	experimental.CoreFeaturesThreads |
	experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst |
	experimental.CoreFeaturesExceptionHandling |
	experimental.CoreFeaturesTypedFunctionReferences

var errYieldedEnough = errors.New("the guest has yielded often enough")

// host is a wazero runtime that does what lull's engine does with transformed
// modules, as far as the tests need it.
type host struct {
	wazero.Runtime
	ctx    context.Context
	refill func() uint64 // the fuel after a yield
	yields int
	stopAt int                       // stops the guest at this many yields; 0: never
	fuels  map[api.Module]api.Global // the fuel of each instance

	options wasmbin.Options
}

// tester is what a host needs of a test, or of one of rapid's draws.
type tester interface {
	require.TestingT
	Cleanup(func())
}

func newHost(t tester, features api.CoreFeatures) *host {
	h := &host{
		ctx:    context.Background(),
		refill: func() uint64 { return 1 },
		fuels:  map[api.Module]api.Global{},
	}
	h.Runtime = wazero.NewRuntimeWithConfig(h.ctx, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(features))
	t.Cleanup(func() { require.NoError(t, h.Close(h.ctx)) })
	_, err := h.NewHostModuleBuilder(wasmbin.ImportModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(h.yield), nil, nil).Export(wasmbin.ImportYield).Instantiate(h.ctx)
	require.NoError(t, err)
	return h
}

func (h *host) yield(_ context.Context, guest api.Module, _ []uint64) {
	h.yields++
	if h.yields == h.stopAt {
		panic(errYieldedEnough)
	}
	fuel := h.fuels[guest]
	if fuel == nil {
		fuel = guest.ExportedGlobal(wasmbin.FuelExport)
		h.fuels[guest] = fuel
	}
	fuel.(api.MutableGlobal).Set(h.refill())
}

// anonymous instances may be many.
var anonymous = wazero.NewModuleConfig().WithName("").WithStartFunctions()

// errNotValid marks what fails before the module is instantiated.
var errNotValid = errors.New("not valid")

// start transforms a module and brings an instance up in the order that the
// specification gives to instantiation.
func (h *host) start(code []byte, name string) (api.Module, *wasmbin.Module, error) {
	m, err := wasmbin.Transform(code, h.options)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errNotValid, err)
	}
	compiled, err := h.CompileModule(h.ctx, m.Code)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errNotValid, err)
	}
	config := wazero.NewModuleConfig().WithName(name).WithStartFunctions()
	guest, err := h.InstantiateModule(h.ctx, compiled, config)
	if err != nil {
		return nil, m, err
	}
	if err := m.LayData(memory(guest, m)); err != nil {
		return guest, m, err
	}
	if m.Start != "" {
		if _, err := guest.ExportedFunction(m.Start).Call(h.ctx); err != nil {
			return guest, m, err
		}
	}
	return guest, m, nil
}

func memory(guest api.Module, m *wasmbin.Module) []byte {
	if m.Memory == nil {
		return nil
	}
	b, _ := guest.Memory().Read(0, guest.Memory().Size())
	return b
}
