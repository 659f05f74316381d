package host

import (
	"time"

	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/store"
)

// Config of a Host. The zero value is usable.
type Config struct {
	// CacheDir keeps compiled modules, so that a restart need not compile again. Empty: they are kept in memory.
	CacheDir string

	// AllowPreFreeze raises the preFreeze flag of runtimes that may not have the hook by default: families
	// (python, php, csharp) or runtime names.
	AllowPreFreeze []string

	// MaxInstances bounds the instances of all functions together, each function's own limit aside. A request that needs a further one waits in its function's
	// queue, and the instance that has been paused for the longest time, of any function, is stopped with its preStop; see pool.Room. Default 0: no bound.
	MaxInstances int

	// MaxEventBytes bounds an event, default 32 MiB. A larger one is EntityTooLarge.
	MaxEventBytes int
	// MaxAnswerBytes bounds the body of an answer, default 32 MiB. The import that would pass it refuses.
	MaxAnswerBytes int
	// MaxCodeBytes bounds a module or a package, default 100 MiB. A larger one is EntityTooLarge.
	MaxCodeBytes int

	// StartTimeout bounds the start of a guest, its start function, _initialize and afterRestore: when an instance starts, and once at
	// deploy. Default 10 s.
	StartTimeout time.Duration

	// CompileTimeout bounds the compilation of one module at deploy, see engine.Config. Default 5 min.
	CompileTimeout time.Duration

	// Interpreters finds the interpreters that run source trees; package interpreters has one. Default: none, only modules can be deployed.
	Interpreters engine.Interpreters

	// LogBytes bounds the log records of one function that are in memory, default logs.DefaultBytes. Below 0 there is no log at all.
	LogBytes int
	// LogMaxAge and LogMaxBytes bound the log records and the request list in Store; see logs.ArchiveConfig for their defaults. Without Store nothing is kept but
	// what is in memory.
	LogMaxAge   time.Duration
	LogMaxBytes int64

	// Outbound sends the HTTP requests that guests make with fetch, to the hosts that their functions list; outbound.New makes one. Nil: all are
	// denied. The host does not close it.
	Outbound engine.Outbound

	// AccountID and Region are shown to guests in their context. Region is "local" by default.
	AccountID string
	Region    string

	// Store keeps functions, services and their code, and what else must survive the host. Hosts that share one follow each other's deploys. The
	// caller closes it after the host. Default: one in memory, which ends with the host.
	Store store.Store

	// AsyncBackoff is how long an asynchronous invocation that failed waits for its second try, default 1 s. Each later wait is twice as long, up to 5 min.
	AsyncBackoff time.Duration

	// Listener is told of what happens; see fn.Listener for what it may do. Default: none.
	Listener fn.Listener
}

func (c Config) withDefaults() Config {
	positive(&c.MaxEventBytes, 32<<20)
	positive(&c.MaxAnswerBytes, engine.DefaultMaxAnswerBytes)
	positive(&c.MaxCodeBytes, 100<<20)
	if c.LogBytes == 0 {
		c.LogBytes = logs.DefaultBytes
	}
	if c.Region == "" {
		c.Region = "local"
	}
	return c
}

func positive(p *int, v int) {
	if *p <= 0 {
		*p = v
	}
}
