package fn

import (
	"fmt"
	"time"
)

// MiB is the unit of memory limits: 1,048,576 bytes.
const MiB = 1 << 20

// PageBytes is WebAssembly's unit of memory.
const PageBytes = 64 << 10

// Bounds and defaults of a function's limits. Timeouts and concurrency follow Function Compute's
// 2016-08-15 interface; lull takes any memory size from 1 MiB, since a module may need no more.
const (
	DefaultTimeout     = 3 * time.Second
	MaxTimeout         = 86400 * time.Second
	DefaultHookTimeout = 3 * time.Second
	MaxHookTimeout     = 300 * time.Second

	DefaultMemoryMiB = 128
	MaxMemoryMiB     = 4096

	DefaultConcurrency = 1
	MaxConcurrency     = 200

	DefaultMaxInstances = 100
	MaxMaxInstances     = 100_000

	DefaultIdleTimeout  = 180 * time.Second
	DefaultQueueTimeout = 30 * time.Second
	DefaultQueueLimit   = 1000
)

// Limits bounds one function. The zero value of each field means its default.
type Limits struct {
	// Timeout of one request, whole seconds, 1 s to 86,400 s. Default 3 s.
	Timeout time.Duration

	// MemoryMiB is the most linear memory an instance may have, in MiB (16 pages of 64 KiB each), and
	// what it is billed for. 1 to 4096, default 128. A grow past it fails in the guest.
	MemoryMiB int

	// Concurrency is how many requests one instance takes at a time, 1 to 200, default 1. Kinds of
	// guest that cannot overlap requests queue them on the instance.
	Concurrency int

	// MaxInstances is how many instances may live at a time, 1 to 100,000. Default 100.
	MaxInstances int

	// MinInstances stay when they are idle; they are not started ahead of requests. Default 0.
	MinInstances int

	// IdleTimeout is how long an instance stays paused before it is stopped. Default 180 s, negative:
	// for ever.
	IdleTimeout time.Duration

	// QueueTimeout is how long a request waits for an instance. Default 30 s.
	QueueTimeout time.Duration

	// QueueLimit is how many requests may wait. Default 1000, negative: none.
	QueueLimit int
}

func (l Limits) withDefaults() Limits {
	def(&l.Timeout, DefaultTimeout)
	def(&l.MemoryMiB, DefaultMemoryMiB)
	def(&l.Concurrency, DefaultConcurrency)
	def(&l.MaxInstances, DefaultMaxInstances)
	def(&l.IdleTimeout, DefaultIdleTimeout)
	def(&l.QueueTimeout, DefaultQueueTimeout)
	def(&l.QueueLimit, DefaultQueueLimit)
	return l
}

func def[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

func (l Limits) check() error {
	if err := checkSeconds("Timeout", l.Timeout, time.Second, MaxTimeout); err != nil {
		return err
	}
	for _, r := range []struct {
		field            string
		value, low, high int
	}{
		{"MemorySize", l.MemoryMiB, 1, MaxMemoryMiB},
		{"InstanceConcurrency", l.Concurrency, 1, MaxConcurrency},
		{"MaxInstances", l.MaxInstances, 1, MaxMaxInstances},
		{"MinInstances", l.MinInstances, 0, l.MaxInstances},
	} {
		if r.value < r.low || r.value > r.high {
			return Invalid(r.field, fmt.Sprintf("[%d, %d]", r.low, r.high), r.value)
		}
	}
	if l.QueueTimeout < 0 {
		return Invalid("QueueTimeout", "0 or more", l.QueueTimeout)
	}
	return nil
}

// checkSeconds wants whole seconds within [low, high].
func checkSeconds(field string, d, low, high time.Duration) error {
	if d < low || d > high || d%time.Second != 0 {
		return Invalid(field, fmt.Sprintf("[%d, %d]", low/time.Second, high/time.Second), seconds(d))
	}
	return nil
}

func seconds(d time.Duration) string {
	return fmt.Sprint(d.Seconds())
}
