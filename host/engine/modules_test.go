package engine

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestModules_AreSharedByProgramsOfTheSameCode(t *testing.T) {
	e := newEngine(t, Config{})
	f := probe(t).WithDefaults()
	shared := func() int {
		e.modules.mu.Lock()
		defer e.modules.mu.Unlock()
		return len(e.modules.of)
	}
	program := func() *Program {
		p, err := e.Compile(t.Context(), &f)
		require.NoError(t, err)
		return p
	}
	first, second := program(), program()
	require.Same(t, first.mod, second.mod)
	first.Close()
	require.Equal(t, 1, shared())
	second.Close()
	require.Zero(t, shared(), "closed with its last program")

	t.Run("also when they come and go at once", func(t *testing.T) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 5 {
					p := program()
					g, fault := p.Start("c-1", &said{})
					if fault != nil || g.Call(request("c")) != nil {
						t.Error("the guest does not answer")
					}
					g.Close()
					p.Close()
				}
			})
		}
		all.Wait()
		require.Zero(t, shared())
	})
}

// wazero lets who asks for a module find one that it is still reading from its cache.
func TestModules_TheSameCodeIsCompiledByOneAtATime(t *testing.T) {
	e := newEngine(t, Config{})
	f := probe(t).WithDefaults()
	made, err := e.modules.alone(t.Context(), sha256.Sum256(f.Code))
	require.NoError(t, err)
	for _, compile := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := e.Compile(ctx, &f); return err },
		func(ctx context.Context) error { _, err := e.shared(ctx, e.runtime, f.Code); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		require.ErrorIs(t, compile(ctx), context.DeadlineExceeded)
		cancel()
	}
	other := f
	other.Code = append(slices.Clone(f.Code), 0, 2, 1, 'x') // a section without a meaning
	p, err := e.Compile(t.Context(), &other)
	require.NoError(t, err, "other code does not wait")
	p.Close()
	made()
	p, err = e.Compile(t.Context(), &f)
	require.NoError(t, err)
	p.Close()
}
