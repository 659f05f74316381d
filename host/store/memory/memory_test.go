package memory_test

import (
	"testing"

	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
	"github.com/lull-dev/lull/host/store/storetest"
)

func TestStore_PassesTheSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		s := memory.New()
		t.Cleanup(func() { s.Close() })
		return storetest.Subject{Open: func(*testing.T) store.Store { return s }, Shared: true}
	})
}
