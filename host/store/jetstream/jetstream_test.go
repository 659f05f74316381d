package jetstream_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/jetstream"
	"github.com/lull-dev/lull/host/store/storetest"
)

func TestStore_InsideTheProcessPassesTheSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		dir := filepath.Join(t.TempDir(), "store")
		return storetest.Subject{Lasting: true, Open: func(t *testing.T) store.Store {
			s, err := jetstream.Open(t.Context(), dir, func(m string) { t.Log(m) })
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		}}
	})
}

func TestStore_OnAServerElsewherePassesTheSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		url := "nats://" + startServer(t).Address
		return storetest.Subject{Lasting: true, Shared: true, Open: func(t *testing.T) store.Store {
			s, err := jetstream.Connect(t.Context(), jetstream.Options{URL: url})
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		}}
	})
}

// natsServer builds nats-server once.
var natsServer = sync.OnceValues(func() (string, error) { return storetest.BuildNATS(tempDir) })

func startServer(t *testing.T, args ...string) *storetest.NATS {
	t.Helper()
	path, err := natsServer()
	require.NoError(t, err)
	return storetest.StartNATS(t, path, args...)
}

var tempDir string

func TestMain(m *testing.M) {
	var err error
	if tempDir, err = os.MkdirTemp("", "jetstream"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(tempDir)
	os.Exit(code)
}
