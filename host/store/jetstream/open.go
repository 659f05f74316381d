// Package jetstream is a store on NATS JetStream: a server inside the process with its files in a directory, or one or more servers elsewhere
// that hosts share. Documents are a key-value bucket, blobs an object store, streams are streams, a queue is a work-queue stream with a consumer for each
// lane, a stream for the dead, and a bucket of notes. Everything is named "lull-...".
package jetstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lull-dev/lull/host/store"
)

// callTimeout bounds a call to the server whose context has no deadline.
const callTimeout = 10 * time.Second

// Options describe a connection to servers elsewhere.
type Options struct {
	// URL of a server, or of several with commas between: nats://HOST:PORT, tls://HOST:PORT. It may have USER:PASSWORD@ or TOKEN@ before the host; no error
	// and no message repeats them.
	URL string
	// Credentials is a file with a user's JWT and seed, as nsc writes it. Empty: none.
	Credentials string
	// NKey is a file with a user's nkey seed. Empty: none.
	NKey string
	// TLS is used when it is not nil, and when the server asks for it.
	TLS *tls.Config
	// Replicas is how many servers of a cluster keep each message. Default 1.
	Replicas int
	// Log is told when the connection is lost and when it is back. Default: nobody.
	Log func(message string)
}

// Store implements store.Store.
type Store struct {
	conn     *nats.Conn
	js       jetstream.JetStream
	server   *server.Server // nil: it is elsewhere
	replicas int
	log      func(string)

	end  context.Context // ends with store.ErrClosed
	stop context.CancelCauseFunc
	// writable ends, with the reason, when the server inside the process cannot write any more. It does not answer to writes then.
	writable context.Context
	fail     context.CancelCauseFunc
	beats    sync.WaitGroup
	closed   sync.Once

	mu struct {
		sync.Mutex
		queues map[string]bool // those that were opened
		back   chan struct{}   // closed, and another one made, when the connection is back
	}
}

// Connect opens a store on servers elsewhere. It fails if none of them can be reached, or if they have no JetStream. Later the connection comes back
// by itself; calls made while there is none fail.
func Connect(ctx context.Context, o Options) (*Store, error) {
	log := o.Log
	if log == nil {
		log = func(string) {}
	}
	address, err := public(o.URL)
	if err != nil {
		return nil, err
	}
	opts := []nats.Option{
		nats.Name("lull"),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a password may be put right at the server
		nats.ReconnectWait(250 * time.Millisecond),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { log(fmt.Sprintf("the connection to NATS is lost: %v", err)) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log(fmt.Sprintf("NATS: %v", err)) }),
	}
	if o.Credentials != "" {
		opts = append(opts, nats.UserCredentials(o.Credentials))
	}
	if o.NKey != "" {
		key, err := nats.NkeyOptionFromSeed(o.NKey)
		if err != nil {
			return nil, fmt.Errorf("the nkey in %s: %w", o.NKey, err)
		}
		opts = append(opts, key)
	}
	if o.TLS != nil {
		opts = append(opts, nats.Secure(o.TLS))
	}
	conn, err := nats.Connect(o.URL, opts...)
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return nil, fmt.Errorf("NATS at %s does not take these credentials: %w", address, err)
	case refusesCertificate(err):
		return nil, fmt.Errorf("NATS at %s does not take this certificate, or wants one where there is none: %w", address, err)
	case err != nil:
		return nil, fmt.Errorf("cannot connect to NATS at %s: %w", address, err)
	}
	s, err := newStore(conn, nil, o.Replicas, log)
	if err != nil {
		return nil, err
	}
	if err := s.Check(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("NATS at %s has no JetStream to offer: %w", address, err)
	}
	return s, nil
}

// refusesCertificate reports whether a server ended the connection for want of a good certificate. In TLS 1.3 it does so after the handshake, with an alert that may
// come too late to be read.
func refusesCertificate(err error) bool {
	_, alert := errors.AsType[tls.AlertError](err)
	return err != nil && (alert || strings.Contains(err.Error(), "after TLS handshake") || strings.Contains(err.Error(), "remote error: tls:"))
}

// public returns the addresses of servers without users, passwords and tokens.
func public(servers string) (string, error) {
	var list []string
	for server := range strings.SplitSeq(servers, ",") {
		if server = strings.TrimSpace(server); !strings.Contains(server, "://") {
			server = "nats://" + server
		}
		u, err := url.Parse(server)
		if err != nil || u.Host == "" {
			return "", errors.New("an address of NATS is not one: expected nats://HOST:PORT or tls://HOST:PORT, with USER:PASSWORD@ or TOKEN@ before the host, where '%', '/', '?', '#', '@' and ':' are written as %25, %2F, %3F, %23, %40 and %3A")
		}
		list = append(list, u.Scheme+"://"+u.Host)
	}
	return strings.Join(list, ","), nil
}

func newStore(conn *nats.Conn, srv *server.Server, replicas int, log func(string)) (*Store, error) {
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(callTimeout))
	if err != nil {
		conn.Close()
		return nil, err
	}
	s := &Store{conn: conn, js: js, server: srv, replicas: max(1, replicas), log: log}
	s.end, s.stop = context.WithCancelCause(context.Background())
	s.writable, s.fail = context.WithCancelCause(s.end)
	s.mu.queues = map[string]bool{}
	s.mu.back = make(chan struct{})
	conn.SetReconnectHandler(func(c *nats.Conn) {
		s.mu.Lock()
		close(s.mu.back)
		s.mu.back = make(chan struct{})
		s.mu.Unlock()
		if srv == nil {
			log("connected to NATS again, at " + c.ConnectedAddr())
		}
	})
	return s, nil
}

// reconnected returns a channel that is closed when the connection is back after it was lost.
func (s *Store) reconnected() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.back
}

var errNotConnected = errors.New("store: there is no connection to NATS")

// Check implements store.Store.
func (s *Store) Check(ctx context.Context) error {
	ctx, done := s.begin(ctx)
	defer done()
	if s.end.Err() == nil && s.writable.Err() != nil {
		return context.Cause(s.writable)
	}
	_, err := s.js.AccountInfo(ctx)
	return s.explain(ctx, err)
}

// Close implements store.Store. A server inside the process is shut down and its files are closed.
func (s *Store) Close() error {
	s.closed.Do(func() {
		s.stop(store.ErrClosed)
		s.beats.Wait()
		s.conn.Close()
		if s.server != nil {
			s.server.Shutdown()
			s.server.WaitForShutdown()
		}
	})
	return nil
}

// begin makes the context of one call: it ends with the store too, and has a deadline.
func (s *Store) begin(ctx context.Context) (context.Context, func()) {
	return s.beginFor(ctx, callTimeout)
}

func (s *Store) beginFor(ctx context.Context, most time.Duration) (context.Context, func()) {
	ctx, done := s.join(ctx)
	if _, ok := ctx.Deadline(); ok {
		return ctx, done
	}
	if s.lost() { // it may come back meanwhile, but nobody waits for that as long as for a large blob
		most = min(most, callTimeout)
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	return ctx, func() { cancel(); done() }
}

// lost reports whether there is no connection to servers elsewhere right now.
func (s *Store) lost() bool { return s.server == nil && !s.conn.IsConnected() }

// beginWrite is begin for a call that writes.
func (s *Store) beginWrite(ctx context.Context, most time.Duration) (context.Context, func()) {
	ctx, done := s.beginFor(ctx, most)
	ctx, cancel := context.WithCancelCause(ctx)
	if s.writable.Err() != nil { // at once, not beside the call
		cancel(context.Cause(s.writable))
	}
	stop := context.AfterFunc(s.writable, func() { cancel(context.Cause(s.writable)) })
	return ctx, func() { stop(); cancel(nil); done() }
}

// join makes a context that ends with the store too.
func (s *Store) join(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.end, func() { cancel(store.ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// explain turns the error of a call into one of package store's where it is one.
func (s *Store) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case s.end.Err() != nil:
		return store.ErrClosed
	case errors.Is(err, jetstream.ErrKeyNotFound), errors.Is(err, jetstream.ErrObjectNotFound):
		return store.ErrNotFound
	case errors.Is(err, jetstream.ErrKeyExists), errors.Is(err, jetstream.ErrKeyRevisionMismatch):
		return store.ErrConflict
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && s.lost():
		return errNotConnected
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("store: %w", err)
}
