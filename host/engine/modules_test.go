package engine

import (
	"sync"
	"testing"

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
