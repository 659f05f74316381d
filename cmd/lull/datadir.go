package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// dataDir is the directory that a running server has for itself.
type dataDir struct {
	path string
	lock *os.File
}

// openDataDir makes the directory if need be, for its owner's eyes only, and locks it: two servers must not
// share one. The lock ends with the process, however it ends.
func openDataDir(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	locked, err := lockFile(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("data directory: locking %s: %w", f.Name(), err)
	}
	if !locked {
		f.Close()
		return nil, fmt.Errorf("data directory %s is in use by another `lull serve`; stop it, or choose another --data", path)
	}
	return &dataDir{path, f}, nil
}

// cache is where compiled modules go. What is in it can be deleted while no server runs.
func (d *dataDir) cache() string { return filepath.Join(d.path, "cache") }

// Close lets the next server in.
func (d *dataDir) Close() error { return d.lock.Close() }
