package host

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/meter"
	"github.com/lull-dev/lull/host/pool"
	"github.com/lull-dev/lull/host/registry"
	"github.com/lull-dev/lull/host/runtimes"
	"github.com/lull-dev/lull/host/source"
	"github.com/lull-dev/lull/host/store"
	"github.com/lull-dev/lull/host/store/memory"
)

// Host runs functions. It is safe for concurrent use.
type Host struct {
	cfg      Config
	engine   *engine.Engine
	runtimes runtimes.Table
	registry *registry.Registry
	keeper   *keeper
	ownStore store.Store // nil: the caller's
	records  *records
	async    *async.Runner
	book     *meter.Book
	room     *pool.Room // of all instances; nil: no bound

	closed atomic.Bool
	// changing is held for reading while a module is compiled or a version put in place or taken out: Close waits for that.
	changing sync.RWMutex
	scaling  sync.Mutex     // held while it is decided how many instances pools keep
	retiring sync.WaitGroup // versions that drain after an update or a delete
	// background ends, with a cause, when Close runs out of time: what drains is interrupted.
	background context.Context
	hurry      context.CancelCauseFunc
	// live ends when Close begins: what follows the store ends then. restored is closed when what the store had is in place.
	live      context.Context
	shut      context.CancelFunc
	restored  chan struct{}
	following sync.WaitGroup
	closing   sync.Once
	closeErr  error
}

// New makes a host with what its store has. It fails if an entry of AllowPreFreeze is unknown, if CacheDir cannot be made, or if the store
// cannot be read.
func New(cfg Config) (*Host, error) {
	cfg = cfg.withDefaults()
	table, err := runtimes.New(cfg.AllowPreFreeze...)
	if err != nil {
		return nil, err
	}
	e, err := engine.New(engine.Config{
		CacheDir: cfg.CacheDir, MaxAnswerBytes: cfg.MaxAnswerBytes, StartTimeout: cfg.StartTimeout, CompileTimeout: cfg.CompileTimeout, Interpreters: cfg.Interpreters,
		Outbound: cfg.Outbound, AccountID: cfg.AccountID, Region: cfg.Region,
	})
	if err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, engine: e, runtimes: table, restored: make(chan struct{}), room: pool.NewRoom(cfg.MaxInstances)}
	if h.records, err = newRecords(&cfg, h.trouble); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if h.cfg.Store == nil {
		h.ownStore = memory.New()
		h.cfg.Store = h.ownStore
	}
	h.background, h.hurry = context.WithCancelCause(context.Background())
	h.live, h.shut = context.WithCancel(context.Background())
	if h.keeper, err = newKeeper(h.live, h.cfg.Store); err == nil {
		h.registry = registry.New(h.keeper)
		err = h.restore()
	}
	close(h.restored)
	if err == nil {
		err = h.startBook()
	}
	if err == nil {
		if err = h.startAsync(); err != nil {
			err = errors.Join(err, h.book.Close(h.live))
		}
	}
	if err != nil {
		h.shut()
		h.following.Wait()
		return nil, errors.Join(err, h.records.close(context.Background()), e.Close())
	}
	h.following.Go(h.sweepCode)
	return h, nil
}

// Config returns the configuration with its defaults filled in.
func (h *Host) Config() Config { return h.cfg }

// Runtimes returns the capability table, and which interpreters are installed right now.
func (h *Host) Runtimes() runtimes.Table {
	t := slices.Clone(h.runtimes)
	for i := range t {
		if name := t[i].Interpreter; name != "" && h.cfg.Interpreters != nil {
			_, err := h.cfg.Interpreters.Find(name)
			t[i].Installed = err == nil
		}
	}
	return t
}

// interpreter names what would run f: nothing if its code is a module, or is a zip file and its runtime has no interpreter.
func (h *Host) interpreter(f *fn.Function) string {
	if !source.IsZip(f.Code) {
		return ""
	}
	r, _ := h.runtimes.Get(f.Runtime)
	return r.Interpreter
}

var errClosing = errors.New("host: closed before everything had stopped")

// Close refuses new requests with HostClosed, lets those that run end, runs preStop in every instance within the hook's timeout, and releases
// everything. A deploy that is under way is waited for. When ctx ends first, what still runs is interrupted, no further hook starts, and Close returns ctx's error; all is released
// in either case. Closing again waits for the first and returns the same.
//
// Later requests and changes, of services and aliases too, fail with HostClosed and leave Config.Store as it is. What Logs, Requests and Usage have in memory can still be read.
func (h *Host) Close(ctx context.Context) error {
	h.closing.Do(func() {
		h.closed.Store(true)
		h.shut()
		h.following.Wait()
		h.async.Stop()
		h.changing.Lock() // whoever comes later finds it closed
		h.changing.Unlock()
		stop := context.AfterFunc(ctx, func() { h.hurry(errClosing) })
		defer stop()
		for _, v := range h.registry.Clear(errHostClosed()) {
			h.retire(v)
		}
		h.retiring.Wait()
		h.async.Wait()
		h.closeErr = errors.Join(context.Cause(ctx), h.records.close(ctx), h.book.Close(ctx), h.engine.Close())
		if h.ownStore != nil {
			h.closeErr = errors.Join(h.closeErr, h.ownStore.Close())
		}
		h.hurry(errClosing)
	})
	return h.closeErr
}

// change keeps Close from going on until done is called.
func (h *Host) change() (done func(), err error) {
	h.changing.RLock()
	if h.closed.Load() {
		h.changing.RUnlock()
		return nil, errHostClosed()
	}
	return h.changing.RUnlock, nil
}

// retire drains a version that no new request can reach, in the background.
func (h *Host) retire(v *registry.Version) {
	h.retiring.Go(func() {
		v.Pool.Close(h.background)
		v.Program.Release()
	})
}

func (h *Host) notify(e fn.Event) {
	if h.cfg.Listener != nil {
		e.Time = time.Now()
		h.cfg.Listener(&e)
	}
}
