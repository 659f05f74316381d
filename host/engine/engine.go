// Package engine runs modules with wazero. It is the only package that imports it.
//
// An Engine makes a function's module into a Program; instances start Guests from it.
//
// # Stopping a guest
//
// A module is transformed once, at deploy (package wasmbin): every loop and every recursion counts fuel, in the guest, and calls the
// import lull.yield when there is none left. The yield looks at the clock and at the interrupt flag, and gives fuel for about a
// fifth of a millisecond more. wazero's own way (WithCloseOnContextDone) makes a tight loop 11 times slower, costs every call a goroutine, and
// does not let Go's garbage collector stop a spinning guest.
//
// # Starting a guest
//
// At deploy the module is started once. What comes of it, memory and mutable globals, is the program's image. A guest starts by
// mapping the image copy-on-write. A guest that ends leaves its module instance and its mapping as a slot, reset to the image, for the next
// one. Modules whose state is more than memory and globals start fresh each time.
package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Config of an Engine. The zero value is usable.
type Config struct {
	// CacheDir keeps compiled modules over restarts; wazero names its folders by version, architecture and system, and its files by
	// the transformed module. Empty: in memory.
	CacheDir string
	// MaxAnswerBytes bounds the body of one answer. Default 32 MiB.
	MaxAnswerBytes int
	// StartTimeout bounds the start of a guest: its start function and _initialize, and at deploy lull_hooks with them.
	// Default 10 s.
	StartTimeout time.Duration
	// CompileTimeout bounds the compilation of a module, to a function: one that has begun is ended (a second or two for code of
	// compilers, some 20 s at most for one written to hurt). Default 5 min.
	CompileTimeout time.Duration
	// PlainStart makes every guest start by its module's own start, without images and slots: to compare with, and where copy-on-write
	// is not wanted.
	PlainStart bool
	// Interpreters finds the interpreters for source trees. nil: only modules can be deployed.
	Interpreters Interpreters
	// Outbound sends the HTTP requests of guests. Nil: all are denied.
	Outbound Outbound
	// AccountID and Region are context fields.
	AccountID string
	Region    string
}

// DefaultMaxAnswerBytes is the default of Config.MaxAnswerBytes.
const DefaultMaxAnswerBytes = 32 << 20

// DefaultStartTimeout is the default of Config.StartTimeout.
const DefaultStartTimeout = 10 * time.Second

// DefaultCompileTimeout is that of the compilation of a module.
const DefaultCompileTimeout = 5 * time.Minute

// Engine is safe for concurrent use.
type Engine struct {
	cfg     Config
	runtime wazero.Runtime
	cache   wazero.CompilationCache
	turns   turns

	modules      modules
	images       images
	interpreters interpreters
	servers      servers

	programs    atomic.Int64 // compiled and not closed
	memories    atomic.Int64 // reserved and not freed
	spaces      spaces
	callEngines callEngines
}

// features are those of WebAssembly 2.0 with the proposals that wazero implements. Shared memories are refused (module.go), so that
// no guest can wait in memory.atomic.wait, where nothing could stop it.
const features = api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall | experimental.CoreFeaturesExtendedConst |
	experimental.CoreFeaturesExceptionHandling | experimental.CoreFeaturesThreads

// New makes an engine. It fails if CacheDir cannot be made or written.
func New(cfg Config) (*Engine, error) {
	if cfg.MaxAnswerBytes <= 0 {
		cfg.MaxAnswerBytes = DefaultMaxAnswerBytes
	}
	if cfg.StartTimeout <= 0 {
		cfg.StartTimeout = DefaultStartTimeout
	}
	if cfg.CompileTimeout <= 0 {
		cfg.CompileTimeout = DefaultCompileTimeout
	}
	e := &Engine{cfg: cfg, turns: newTurns()}
	e.callEngines.spaces = &e.spaces
	if cfg.CacheDir == "" {
		e.cache = wazero.NewCompilationCache()
	} else {
		cache, err := wazero.NewCompilationCacheWithDir(cfg.CacheDir)
		if err != nil {
			return nil, fmt.Errorf("compile cache: %w", err)
		}
		e.cache = cache
	}
	ctx := context.Background()
	e.runtime = e.newRuntime(ctx)
	if err := errors.Join(instantiateWASI(ctx, e.runtime), instantiateABI(ctx, e.runtime), instantiateYield(ctx, e.runtime)); err != nil {
		return nil, fmt.Errorf("host modules: %w", err)
	}
	return e, nil
}

func (e *Engine) newRuntime(ctx context.Context) wazero.Runtime {
	return wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCompilationCache(e.cache).
		WithCoreFeatures(features))
}

// ErrInUse is part of Close's error when programs or guests were not closed before: something of the host has lost them.
var ErrInUse = errors.New("engine: closed while in use")

// Close releases all compiled code. Nothing of the engine runs, or is called afterwards. It fails with ErrInUse if programs or guests are
// not closed.
func (e *Engine) Close() error {
	ctx := context.Background()
	var leak error
	if programs, memories := e.programs.Load(), e.memories.Load(); programs != 0 || memories != 0 {
		leak = fmt.Errorf("%w: %d programs, %d guests", ErrInUse, programs, memories)
	}
	e.spaces.close() // and keeps none any more
	if leak == nil { // what leaks may run
		e.callEngines.close()
	}
	return errors.Join(leak, e.interpreters.close(ctx), e.servers.close(ctx), e.runtime.Close(ctx), e.cache.Close(ctx))
}

// moduleConfig is what all guests have in common. wazero's own defaults are a fixed seed and clocks that stand still.
func moduleConfig() wazero.ModuleConfig {
	return wazero.NewModuleConfig().
		WithName("").
		WithStartFunctions().
		WithRandSource(rand.Reader).
		WithSysWalltime().
		WithSysNanotime()
}
