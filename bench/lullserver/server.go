// Package lullserver runs `lull serve` in a process of its own, on free ports and an empty data directory.
package lullserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lull-dev/lull/bench/process"
	"github.com/lull-dev/lull/host/fcapi/client"
)

// Server is a running lull.
type Server struct {
	*process.Child
	API  string // base URL of the control API
	HTTP string // base URL of the function URLs
	data string // to be removed; empty: none
}

// Config of a Server. The zero value is usable, within lull itself.
type Config struct {
	Binary string   // the lull to run; empty: this program
	HTTP   string   // address of the function URLs; empty: a free port on loopback
	Data   string   // folder that stays, for compiled code; empty: a new one, which Stop removes
	Cache  string   // folder of compiled code, for several data folders; empty: each has its own
	Args   []string // further flags of serve
}

// Start starts a server and waits until it listens. Errors: process.EndedError, with its words, if it does not come up.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	data, err := cfg.Data, error(nil)
	s := &Server{}
	if data == "" {
		if data, err = os.MkdirTemp("", "lull-bench-"); err != nil {
			return nil, err
		}
		s.data = data
	}
	if err := share(cfg.Cache, filepath.Join(data, "data")); err != nil {
		os.RemoveAll(s.data)
		return nil, err
	}
	address := cfg.HTTP
	if address == "" {
		address = "127.0.0.1:0"
	}
	args := append([]string{"serve", "--api", "127.0.0.1:0", "--http", address, "--data", filepath.Join(data, "data")}, cfg.Args...)
	s.Child, err = process.Start(ctx, process.Command{Path: cfg.Binary, Args: args}, func(line string) bool {
		if url, ok := strings.CutPrefix(line, "listening: control API "); ok {
			s.API = url
		}
		url, ok := strings.CutPrefix(line, "listening: function URLs ")
		if ok {
			s.HTTP = url
		}
		return ok
	})
	if err != nil {
		os.RemoveAll(s.data)
		return nil, fmt.Errorf("the measured server does not start: %w", err)
	}
	return s, nil
}

// share makes the folder of compiled code that of a data directory.
func share(cache, data string) error {
	if cache == "" {
		return nil
	}
	err := errors.Join(os.MkdirAll(cache, 0o700), os.MkdirAll(data, 0o700), os.Symlink(cache, filepath.Join(data, "cache")))
	if errors.Is(err, fs.ErrExist) {
		return nil // from the server before
	}
	return err
}

// Client returns a client of the server's control API.
func (s *Server) Client() *client.Client { return client.New(s.API, nil) }

// Deploy runs lull deploy NAME SOURCE against the server. binary is the lull to run; empty: this program.
func (s *Server) Deploy(ctx context.Context, binary, name, source string, flags ...string) error {
	if binary == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		binary = self
	}
	cmd := exec.CommandContext(ctx, binary, append([]string{"deploy", name, source}, flags...)...)
	cmd.Env = append(os.Environ(), "LULL_API="+s.API)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("lull deploy %s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Stop stops the server and removes its data. It may be called again.
func (s *Server) Stop() {
	s.Child.Stop()
	os.RemoveAll(s.data)
}
