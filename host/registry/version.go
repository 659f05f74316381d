// Package registry holds the deployed functions and services. A deployed version never changes; an update puts another one in its
// place in one step, so that a request sees the old version or the new one and nothing between.
package registry

import (
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
	"github.com/lull-dev/lull/host/pool"
)

// Version is one deployed version of a function. It is immutable.
type Version struct {
	// Function is the host's own copy, with defaults filled in. Nothing in it may be changed. It has no Code: that is in the store, and
	// Host.Code reads it.
	Function fn.Function
	// ID is the version id, empty for LATEST.
	ID string
	// FunctionID is a UUID that the function keeps over updates.
	FunctionID string
	// ETag is 32 hex digits that change with every version.
	ETag string
	// Created is when the function was made, Modified when this version was.
	Created  time.Time
	Modified time.Time
	// Code names the function's code among the store's blobs, CodeSize is how many bytes it has, CodeChecksum its CRC-64/XZ, decimal.
	Code         string
	CodeSize     int
	CodeChecksum string
	// Kind is how the module is driven: "reactor", "command" or "interpreter".
	Kind string
	// StartsBy says how instances start and why.
	StartsBy string

	// Revision is that of the version's document in the store; the Keeper sets it.
	Revision uint64

	// What runs it. Ledger, Logs and Requests are the function's and live on over updates.
	Pool     *pool.Pool
	Ledger   *meter.Ledger
	Logs     *logs.Ring
	Requests *logs.Requests
	// Program is freed when no version uses it any more; the pool is closed before.
	Program *Shared
}

// Shared is what runs the code of one or several versions.
type Shared struct {
	Program instance.Program

	users atomic.Int64
	free  func()
}

// Share returns p with one user; free is called when the last one has released it.
func Share(p instance.Program, free func()) *Shared {
	s := &Shared{Program: p, free: free}
	s.users.Store(1)
	return s
}

// Retain adds a user. The caller knows that there is one.
func (s *Shared) Retain() *Shared {
	s.users.Add(1)
	return s
}

// Release takes a user away.
func (s *Shared) Release() {
	if s.users.Add(-1) == 0 {
		s.free()
	}
}
