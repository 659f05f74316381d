package jetstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// syncInterval is how long what was written may stay in the system's cache: a power cut may cost that much, the end of the process nothing.
const syncInterval = time.Second

// Open opens a store with its files in dir, which it makes if need be, on a server inside the process that listens nowhere. Nobody else may have
// dir open: the caller sees to that. It fails if what is in dir cannot be read; then nothing in it has been changed on purpose.
//
// log is told what the server warns of; nil: nobody.
func Open(ctx context.Context, dir string, log func(message string)) (*Store, error) {
	if log == nil {
		log = func(string) {}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	before, err := streamsIn(dir)
	if err != nil {
		return nil, err
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "lull", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: dir, SyncInterval: syncInterval,
		// The limit is the disk.
		JetStreamMaxStore: 1 << 50, JetStreamMaxMemory: 1 << 30,
	})
	if err != nil {
		return nil, fmt.Errorf("the store in %s: %w", dir, err)
	}
	complaints := &complaints{dir: dir, log: log}
	srv.SetLogger(complaints, false, false)
	srv.Start()
	fail := func(err error) (*Store, error) {
		srv.Shutdown()
		srv.WaitForShutdown()
		return nil, fmt.Errorf("the store in %s: %w", dir, complaints.with(err))
	}
	if !srv.ReadyForConnections(time.Minute) || !srv.JetStreamEnabled() {
		return fail(fmt.Errorf("its server did not start"))
	}
	conn, err := nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		return fail(err)
	}
	s, err := newStore(conn, srv, 1, log)
	if err != nil {
		return fail(err)
	}
	if err := s.complete(ctx, before); err != nil {
		conn.Close()
		return fail(err)
	}
	complaints.started(s.fail)
	return s, nil
}

// streamsIn lists the streams whose files are in dir.
func streamsIn(dir string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*"))
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths, err
}

// complete fails unless every stream that has files was read: the server leaves out those that it cannot read, and would begin new ones in their place.
func (s *Store) complete(ctx context.Context, want []string) error {
	ctx, done := s.begin(ctx)
	defer done()
	have := map[string]bool{}
	names := s.js.StreamNames(ctx)
	for name := range names.Name() {
		have[name] = true
	}
	if err := names.Err(); err != nil {
		return err
	}
	var missing []string
	for _, name := range want {
		if !have[name] {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("cannot read %s; put its files back from a copy, or move them away to begin without", strings.Join(missing, ", "))
	}
	return nil
}
