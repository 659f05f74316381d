//go:build wasip1

package lull

// Every program exports all hooks, because exports cannot depend on what init functions
// do; lull_hooks tells the host which of them have code.

//go:wasmexport handler
func exportHandler(size uint32) int32 { return runHandler(size) }

//go:wasmexport initializer
func exportInitializer() int32 { return runHook(PhaseInitializer, &program.hooks[0]) }

//go:wasmexport preFreeze
func exportPreFreeze() int32 { return runHook(PhasePreFreeze, &program.hooks[1]) }

//go:wasmexport preStop
func exportPreStop() int32 { return runHook(PhasePreStop, &program.hooks[2]) }

//go:wasmexport lull_hooks
func exportHooks() uint32 { return registeredHooks() }
