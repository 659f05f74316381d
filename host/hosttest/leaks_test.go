package hosttest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
)

func TestLeaked_TellsOfAGoroutineThatIsLeft(t *testing.T) {
	before := goleak.IgnoreCurrent()
	release, done := make(chan struct{}), make(chan struct{})
	go func() { // its function is one of this package, which is below host
		defer close(done)
		<-release
	}()
	require.ErrorContains(t, leaked(before), "hosttest.TestLeaked")
	close(release)
	<-done
	require.NoError(t, leaked(before))
}

func TestClose_TellsOfAProgramThatIsLeft(t *testing.T) {
	h, err := host.New(host.Config{})
	require.NoError(t, err)
	Deploy(t, h, Function("f"))
	v, err := h.Function(fn.Key{Service: fn.DefaultService, Name: "f"})
	require.NoError(t, err)
	program := v.Program.Retain() // a host that forgets a release
	require.ErrorIs(t, h.Close(t.Context()), engine.ErrInUse)
	program.Release()
}
