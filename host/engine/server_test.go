package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest/goserver"
	"github.com/lull-dev/lull/host/instance"
)

// served is one guest of kind server.
func served(t *testing.T, code []byte) *server {
	e, err := New(Config{CacheDir: goserver.CompileCache(t), CompileTimeout: 10 * time.Minute, StartTimeout: 20 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	f := fn.Function{Name: "s", Runtime: "custom", Isolation: fn.Shared, Limits: fn.Limits{Concurrency: 4}, Code: code}.WithDefaults()
	p, err := e.CompileServer(t.Context(), &f)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	g, fault := p.Start("c-1", &said{})
	require.Nil(t, fault)
	t.Cleanup(g.Close)
	return g.(*server)
}

// send is an event that the conformance kit's guest takes for a path of its own; to others it is an event.
func (s *server) send(t *testing.T, path string) (*fn.Response, *fn.Fault) {
	resp := &fn.Response{}
	now := time.Now()
	return resp, s.Call(&instance.Call{
		Phase: abi.PhaseHandler, RequestID: fn.NewRequestID(), Start: now, Deadline: now.Add(20 * time.Second),
		Request: &fn.Request{Body: []byte("tck " + path + "\n")}, Response: resp,
	})
}

// still waits until the guest stands still, and returns what it has run and how often it was woken.
func (s *server) still() (fuel, wakeups uint64) {
	for {
		fuel, wakeups = s.fuelUsed.Load(), s.wakeups.Load()
		time.Sleep(50 * time.Millisecond)
		if s.fuelUsed.Load() == fuel && s.wakeups.Load() == wakeups {
			return fuel, wakeups
		}
	}
}

func TestServer(t *testing.T) {
	s := served(t, goserver.Module(t))
	t.Run("uses an idle connection again", func(t *testing.T) { connections(t, s) })
	t.Run("leaves nothing behind", func(t *testing.T) { leavings(t, s) })
	t.Run("runs nothing while paused", func(t *testing.T) { pauses(t, s) })
}

func pauses(t *testing.T, s *server) {
	for _, path := range []string{"/echo", "/tick", "/spin"} { // a guest at rest, one with a timer of a millisecond, one that turns for ever
		_, fault := s.send(t, path)
		require.Nil(t, fault, path)
		fuel, wakeups := s.still()
		time.Sleep(300 * time.Millisecond)
		require.Equal(t, fuel, s.fuelUsed.Load(), "%s: fuel", path)
		require.Equal(t, wakeups, s.wakeups.Load(), "%s: wake-ups", path)
	}
}

// TestServer_InOtherLanguages serves connections one by one with calls that block.
func TestServer_InOtherLanguages(t *testing.T) {
	for _, lang := range []string{"c", "rust"} {
		t.Run(lang, func(t *testing.T) {
			s := served(t, exampleServer(t, lang))
			for _, waits := range []string{"accepting", "reading"} {
				fuel, wakeups := s.still()
				time.Sleep(100 * time.Millisecond)
				require.Equal(t, fuel, s.fuelUsed.Load(), "%s: fuel", waits)
				require.Equal(t, wakeups, s.wakeups.Load(), "%s: wake-ups", waits)
				_, fault := s.send(t, "Ada")
				require.Nil(t, fault)
				require.Len(t, s.net.conns, 1, "it has one connection, and reads from it")
			}
			var calls sync.WaitGroup
			for range 8 {
				calls.Go(func() {
					for range 20 {
						resp, fault := s.send(t, "Ada")
						assert.Nil(t, fault, "it leaves an idle connection for one that waits")
						assert.Equal(t, "hello tck Ada\n\n", string(resp.Body))
					}
				})
			}
			calls.Wait()
			s.still()
			require.Len(t, s.net.conns, 1)

			now := time.Now()
			require.Nil(t, s.Call(&instance.Call{Phase: abi.PhasePreFreeze, Start: now, Deadline: now.Add(20 * time.Second)}))
			s.still()
			require.Equal(t, []string{"pre-freeze served=162"}, s.out.(*said).lines)

			now = time.Now()
			late := instance.Call{
				Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(100 * time.Millisecond),
				Request: &fn.Request{HTTP: getRequest("/wait/1000"), Body: []byte("Ada")}, Response: &fn.Response{},
			}
			fault := s.Call(&late)
			require.Equal(t, fn.TypeTimeout, fault.Type)
			require.True(t, fault.Fatal)
			<-s.ended
		})
	}
}

// senders are servers that send a request of their own for each that they get, by their SDK.
var senders = map[string]struct{ file, code string }{
	"c": {"main.c", `
#include "%s/c/sdk/lull.h"
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
	for (int conn; (conn = accept(3, NULL, NULL)) >= 0; close(conn)) {
		char request[8192], answer[100];
		read(conn, request, sizeof request);
		int32_t status = lull_fetch("GET http://there.example/x", NULL, 0);
		char *body = lull_fetched(LULL_BODY, NULL);
		snprintf(answer, sizeof answer, "%%d %%s", (int)status, body);
		free(body);
		dprintf(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %%zu\r\n\r\n%%s", strlen(answer), answer);
	}
}
`},
	"rust": {"main.rs", `
#[path = "%s/rust/sdk/lull.rs"]
mod lull;
use std::io::{Read, Result, Write};
use std::os::wasi::io::FromRawFd;
fn main() -> Result<()> {
    for conn in unsafe { std::net::TcpListener::from_raw_fd(3) }.incoming() {
        let mut conn = conn?;
        conn.read(&mut [0; 8192])?;
        let got = lull::Fetch { url: "http://there.example/x", ..Default::default() }.send().unwrap();
        let answer = format!("{} {}", got.status, String::from_utf8_lossy(&got.body));
        write!(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", answer.len(), answer)?;
    }
    Ok(())
}
`},
}

// there answers requests with their URL.
type there struct{ left atomic.Int32 }

func (o *there) Open(fn.AllowHosts) (send func(context.Context, *fn.OutboundRequest) (*fn.OutboundResponse, error), done func()) {
	return func(_ context.Context, r *fn.OutboundRequest) (*fn.OutboundResponse, error) {
		return &fn.OutboundResponse{Status: 200, URL: r.URL, Body: []byte(r.URL)}, nil
	}, func() { o.left.Add(1) }
}

func TestServer_InOtherLanguagesSendsHTTPRequests(t *testing.T) {
	sdks, err := filepath.Abs(filepath.Join("..", "..", "guests"))
	require.NoError(t, err)
	for lang, program := range senders {
		t.Run(lang, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, program.file), fmt.Appendf(nil, program.code, filepath.ToSlash(sdks)), 0o644))
			s := served(t, builtServer(t, dir))
			out := &there{}
			s.program.engine.cfg.Outbound = out
			for n := range 3 {
				resp, fault := s.send(t, "any")
				require.Nil(t, fault)
				require.Equal(t, "200 http://there.example/x", string(resp.Body))
				require.Eventually(t, func() bool { return out.left.Load() == int32(n+1) }, 20*time.Second, time.Millisecond, "a server that stands still has no connection")
			}
		})
	}
}

// getRequest is the path of a request by HTTP.
type getRequest string

func (r getRequest) Method() string                  { return "GET" }
func (r getRequest) Path() string                    { return string(r) }
func (r getRequest) Query() string                   { return "" }
func (r getRequest) ClientIP() string                { return "192.0.2.7" }
func (r getRequest) AppendHeaders(dst []byte) []byte { return dst }

// exampleServer is guests/LANG/example/server.
func exampleServer(t *testing.T, lang string) []byte {
	return builtServer(t, filepath.Join("..", "..", "guests", lang, "example", "server"))
}

func builtServer(t *testing.T, dir string) []byte {
	out, err := guests.Build(t.Context(), dir, filepath.Join(t.TempDir(), "server.wasm"), nil)
	if missing, ok := errors.AsType[*guests.ToolchainError](err); ok {
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	require.NoError(t, err)
	code, err := os.ReadFile(out)
	require.NoError(t, err)
	return code
}

func connections(t *testing.T, s *server) {
	for range 10 {
		_, fault := s.send(t, "/echo")
		require.Nil(t, fault)
	}
	require.Len(t, s.net.conns, 1)
	require.Len(t, s.net.idle, 1)

	// One that the server has closed while it was idle is replaced.
	s.net.mu.Lock()
	s.net.idle[0].closed = true
	s.net.mu.Unlock()
	_, fault := s.send(t, "/echo")
	require.Nil(t, fault)
}

// played is a server whose guest is the test: it gets each request with its connection.
func played(t *testing.T, guest func(n int, c *conn)) *server {
	g, _ := inCall(abi.PhaseNone, nil)
	s := &server{guest: g, net: newSockets(), ended: make(chan struct{})}
	g.server = s
	quit := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		var open []*conn
		for n := 1; ; {
			if c := s.net.accept(true); c != nil {
				open = append(open, c)
			}
			for _, c := range open {
				s.net.mu.Lock()
				asked := len(c.in) > 0 && !c.closed
				s.net.mu.Unlock()
				if asked {
					guest(n, c)
					n++
				}
			}
			select {
			case <-s.net.wake:
			case <-quit:
				return
			}
		}
	}()
	t.Cleanup(func() { close(quit); <-done })
	return s
}

func (c *conn) answers(t *testing.T, text string) {
	p := make([]byte, 1<<20)
	n, _ := c.take(p, false)
	require.Contains(t, string(p[:n]), "\r\n\r\n")
	c.put([]byte(text))
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func TestServer_SendsARequestAgainThatAClosingConnectionHasNotRead(t *testing.T) {
	var seen []uint32
	s := played(t, func(n int, c *conn) {
		seen = append(seen, c.fd)
		switch n {
		case 2:
			c.net.close(c.fd) // as a server's idle timeout would that is due when the guest goes on
		case 4:
			c.take(make([]byte, 1), false)
			c.net.close(c.fd)
		default:
			c.answers(t, okAnswer)
		}
	})
	_, fault := s.send(t, "/one")
	require.Nil(t, fault)
	resp, fault := s.send(t, "/two")
	require.Nil(t, fault, "over another connection")
	require.Equal(t, "ok", string(resp.Body))
	_, fault = s.send(t, "/three")
	require.Equal(t, "the server closed the connection before it answered", fault.Message, "a request that has been read is not sent twice")
	require.Equal(t, []uint32{4, 4, 4, 4}, seen)
}

func TestServer_GivesNobodyWhatWasLeftOverInAConnection(t *testing.T) {
	s := played(t, func(n int, c *conn) {
		if n == 1 {
			c.answers(t, okAnswer+"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
			return
		}
		c.answers(t, okAnswer)
	})
	for range 3 {
		resp, fault := s.send(t, "/x")
		require.Nil(t, fault)
		require.Equal(t, "ok", string(resp.Body))
	}
}

func leavings(t *testing.T, s *server) {
	for range 3 {
		g, fault := s.program.Start("c-2", &said{})
		require.Nil(t, fault)
		resp := &fn.Response{}
		now := time.Now()
		require.Nil(t, g.Call(&instance.Call{Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(20 * time.Second), Request: &fn.Request{Body: []byte(strings.Repeat("x", 1<<20))}, Response: resp}))
		require.Len(t, resp.Body, 1<<20)
		g.Close()
		require.Zero(t, g.(*server).memory.space)
	}
	require.EqualValues(t, 1, s.program.engine.memories.Load(), "the first's")
}
