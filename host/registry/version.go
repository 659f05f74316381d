// Package registry holds the deployed functions and services. A deployed version never changes; an update puts another one in its
// place in one step, so that a request sees the old version or the new one and nothing between.
package registry

import (
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
	"github.com/lull-dev/lull/host/pool"
)

// Version is one deployed version of a function. It is immutable.
type Version struct {
	// Function is the host's own copy, with defaults filled in. Nothing in it may be changed, Code included.
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
	// CodeChecksum is the CRC-64/XZ of Function.Code, decimal.
	CodeChecksum string
	// Kind is how the module is driven: "reactor", "command" or "interpreter".
	Kind string
	// StartsBy says how instances start and why.
	StartsBy string

	// What runs it. Ledger and Logs are the function's and live on over updates.
	Pool   *pool.Pool
	Ledger *meter.Ledger
	Logs   *logs.Ring
	// Release frees the program; the pool is closed before.
	Release func()
}

// Service groups functions.
type Service struct {
	Name        string
	ID          string // a UUID
	Description string
	Created     time.Time
	Modified    time.Time
	ETag        string
}
