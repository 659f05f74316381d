package jetstream_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/jetstream"
)

// cable carries connections to a server until it is cut.
type cable struct {
	address string
	mu      sync.Mutex
	cut     bool
	open    []net.Conn
}

func newCable(t *testing.T, to string) *cable {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	c := &cable{address: l.Addr().String()}
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			c.carry(here, to)
		}
	}()
	t.Cleanup(func() { c.set(true) })
	return c
}

func (c *cable) carry(here net.Conn, to string) {
	there, err := net.Dial("tcp", to)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || c.cut {
		here.Close()
		if err == nil {
			there.Close()
		}
		return
	}
	c.open = append(c.open, here, there)
	go func() { _, _ = io.Copy(here, there); here.Close() }()
	go func() { _, _ = io.Copy(there, here); there.Close() }()
}

func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	for _, conn := range c.open {
		conn.Close()
	}
	c.open = nil
}

func connect(t *testing.T, o jetstream.Options) *jetstream.Store {
	t.Helper()
	s, err := jetstream.Connect(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestWatch_TellsWhatHappenedWhileTheConnectionWasLost(t *testing.T) {
	t.Parallel()
	nats := startServer(t)
	line := newCable(t, nats.Address)
	here, far := connect(t, jetstream.Options{URL: "nats://" + nats.Address}), connect(t, jetstream.Options{URL: "nats://" + line.address})
	b, err := here.Bucket(t.Context(), "watched")
	require.NoError(t, err)
	put := func(key, value string) {
		t.Helper()
		_, err := b.Put(t.Context(), key, []byte(value), store.Any)
		require.NoError(t, err)
	}
	for _, key := range []string{"changes", "goes", "goes.and.comes", "stays"} {
		put(key, "1")
	}
	put("went.before", "1")
	require.NoError(t, b.Delete(t.Context(), "went.before", store.Any))

	watched, err := far.Bucket(t.Context(), "watched")
	require.NoError(t, err)
	var mu sync.Mutex
	there, revision, caught := map[string]string{}, map[string]uint64{}, 0
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		ended <- watched.Watch(ctx, "", func(c store.Change) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case c.Caught:
				caught++
			case c.Revision < revision[c.Key]:
				t.Errorf("%s at revision %d is told after %d", c.Key, c.Revision, revision[c.Key])
			case c.Deleted:
				delete(there, c.Key)
			default:
				there[c.Key] = string(c.Value)
			}
			revision[c.Key] = c.Revision
		})
	}()
	shows := func(want map[string]string) {
		t.Helper()
		require.EventuallyWithT(t, func(t *assert.CollectT) {
			mu.Lock()
			defer mu.Unlock()
			assert.Equal(t, want, there)
			assert.Equal(t, 1, caught)
		}, 30*time.Second, 10*time.Millisecond)
	}
	shows(map[string]string{"changes": "1", "goes": "1", "goes.and.comes": "1", "stays": "1"})

	for range 2 {
		line.set(true)
		put("changes", "2")
		put("new", "1")
		require.NoError(t, b.Delete(t.Context(), "goes", store.Any))
		require.NoError(t, b.Delete(t.Context(), "goes.and.comes", store.Any))
		put("goes.and.comes", "2")
		line.set(false)
		shows(map[string]string{"changes": "2", "new": "1", "goes.and.comes": "2", "stays": "1"})
		put("changes", "1")
		put("goes", "1")
		require.NoError(t, b.Delete(t.Context(), "new", store.Any))
		shows(map[string]string{"changes": "1", "goes": "1", "goes.and.comes": "2", "stays": "1"})
	}
	nats.Kill()
	nats.Start(t)
	require.Eventually(t, func() bool { return b.Delete(t.Context(), "goes", store.Any) == nil }, 30*time.Second, 10*time.Millisecond)
	shows(map[string]string{"changes": "1", "goes.and.comes": "2", "stays": "1"})
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
}
