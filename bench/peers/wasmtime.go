package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/lull-dev/lull/abi"
)

// epoch is how often wasmtime's clock for deadlines ticks.
const epoch = 10 * time.Millisecond

// bytecode is wasmtime through its Go binding, with the part of lull_v1 that the guest needs.
type bytecode struct {
	engine    *wasmtime.Engine
	module    *wasmtime.Module
	linker    *wasmtime.Linker
	deadlines bool
	stop      chan struct{}
}

// openWasmtime compiles with or without epoch interruption, wasmtime's cheaper way to stop a guest at a deadline.
func openWasmtime(deadlines bool) func(*guest, string) (contender, error) {
	return func(g *guest, cache string) (contender, error) {
		if g.program != nil {
			return wasmtimeProgram(g.program, cache, deadlines)
		}
		if g.module == nil {
			return nil, errNoSource(g)
		}
		return newWasmtime(g.module, cache, deadlines)
	}
}

// newWasmtime compiles code, or takes what an earlier process has compiled.
func newWasmtime(code []byte, cache string, deadlines bool) (*bytecode, error) {
	cfg := wasmtime.NewConfig()
	cfg.SetEpochInterruption(deadlines)
	w := &bytecode{engine: wasmtime.NewEngineWithConfig(cfg), deadlines: deadlines, stop: make(chan struct{})}
	file := filepath.Join(cache, fmt.Sprintf("wasmtime-%x-%t", sha256.Sum256(code), deadlines))
	var err error
	if w.module, err = wasmtime.NewModuleDeserializeFile(w.engine, file); err != nil {
		if w.module, err = wasmtime.NewModule(w.engine, code); err != nil {
			return nil, err
		}
		compiled, err := w.module.Serialize()
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, compiled, 0o600); err != nil {
			return nil, err
		}
	}
	w.linker = wasmtime.NewLinker(w.engine)
	if err := w.linker.DefineWasi(); err != nil {
		return nil, err
	}
	for _, i := range w.module.Imports() {
		if i.Module() != abi.Module {
			continue
		}
		if err := w.linker.FuncNew(abi.Module, *i.Name(), i.Type().FuncType(), linked(*i.Name())); err != nil {
			return nil, err
		}
	}
	if deadlines {
		go w.tick()
	}
	return w, nil
}

func (w *bytecode) tick() {
	for t := time.NewTicker(epoch); ; {
		select {
		case <-t.C:
			w.engine.IncrementEpoch()
		case <-w.stop:
			t.Stop()
			return
		}
	}
}

// linked is an import of lull_v1. Those that this work does not call answer "not found".
func linked(name string) func(*wasmtime.Caller, []wasmtime.Val) ([]wasmtime.Val, *wasmtime.Trap) {
	return func(c *wasmtime.Caller, args []wasmtime.Val) ([]wasmtime.Val, *wasmtime.Trap) {
		result := int32(abi.NotFound)
		switch name {
		case abi.EventRead:
			i := c.Data().(*wasmtimeInstance)
			at, room, offset := uint32(args[0].I32()), uint32(args[1].I32()), uint32(args[2].I32())
			result = int32(copy(i.memory.UnsafeData(c)[at:at+room], i.x.event[min(len(i.x.event), int(offset)):]))
		case abi.ResponseWrite:
			i := c.Data().(*wasmtimeInstance)
			at, n := uint32(args[0].I32()), uint32(args[1].I32())
			i.x.answer = append(i.x.answer, i.memory.UnsafeData(c)[at:at+n]...)
			result = 0
		}
		return []wasmtime.Val{wasmtime.ValI32(result)}, nil
	}
}

func (w *bytecode) close() error {
	close(w.stop)
	return nil
}

type wasmtimeInstance struct {
	w       *bytecode
	store   *wasmtime.Store
	memory  *wasmtime.Memory
	handler *wasmtime.Func
	x       exchange
}

func (w *bytecode) start() (instance, error) {
	i := &wasmtimeInstance{w: w}
	i.store = wasmtime.NewStoreWithData(w.engine, i)
	i.store.SetWasi(wasmtime.NewWasiConfig())
	i.deadline()
	made, err := w.linker.Instantiate(i.store, w.module)
	if err != nil {
		i.store.Close()
		return nil, err
	}
	i.memory = made.GetExport(i.store, abi.Memory).Memory()
	i.handler = made.GetFunc(i.store, abi.Handler)
	if f := made.GetFunc(i.store, abi.Initialize); f != nil {
		if _, err := f.Call(i.store); err != nil {
			i.store.Close()
			return nil, err
		}
	}
	return i, nil
}

func (i *wasmtimeInstance) deadline() {
	if i.w.deadlines {
		i.store.SetEpochDeadline(uint64(timeout / epoch))
	}
}

func (i *wasmtimeInstance) call(event []byte) ([]byte, error) {
	i.deadline()
	i.x = exchange{event, i.x.answer[:0]}
	result, err := i.handler.Call(i.store, int32(len(event)))
	if err != nil {
		return nil, err
	}
	if result.(int32) != 0 {
		return nil, errGuest
	}
	return i.x.answer, nil
}

func (i *wasmtimeInstance) close() error {
	i.store.Close()
	return nil
}
