package main

import (
	"context"
	"fmt"
	"path/filepath"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// plugins are Extism's Go SDK: a plug-in is compiled once and an instance made of it. The guest is the same work in Extism's ABI.
type plugins struct {
	compiled *extism.CompiledPlugin
}

func openExtism(g *guest, cache string) (contender, error) {
	if g.extism == nil {
		return nil, fmt.Errorf("%w: there is no plug-in kit for %s here", errCannot, g.name)
	}
	kept, err := wazero.NewCompilationCacheWithDir(filepath.Join(cache, "extism"))
	if err != nil {
		return nil, err
	}
	p := &plugins{}
	p.compiled, err = extism.NewCompiledPlugin(context.Background(), extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: g.extism}}, Timeout: uint64(timeout.Milliseconds()),
	}, extism.PluginConfig{EnableWasi: true, RuntimeConfig: wazero.NewRuntimeConfig().WithCompilationCache(kept)}, nil)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *plugins) close() error { return p.compiled.Close(context.Background()) }

func (p *plugins) start() (instance, error) {
	made, err := p.compiled.Instance(context.Background(), extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
	if err != nil {
		return nil, err
	}
	return &plugin{made}, nil
}

type plugin struct{ *extism.Plugin }

func (p *plugin) call(event []byte) ([]byte, error) {
	code, answer, err := p.Call("handler", event)
	if err != nil {
		return nil, err
	}
	if code != 0 {
		return nil, errGuest
	}
	return answer, nil
}

func (p *plugin) close() error { return p.Close(context.Background()) }

func errNoSource(g *guest) error {
	return fmt.Errorf("%w: the interpreter for %s is a library that lull drives, not a program", errCannot, g.name)
}
