package host

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/meter"
)

// keepDeleted is how many deleted functions keep their logs and usage: people look after the fact.
const keepDeleted = 100

// records are the logs, the requests and the ledger of each function. They outlive versions.
type records struct {
	logBytes int           // of a ring; less than 0: no log
	archive  *logs.Archive // or nil

	mu struct {
		sync.Mutex
		all  map[fn.Key]record
		gone []fn.Key // deleted functions, oldest first
	}
}

type record struct {
	ledger   *meter.Ledger
	logs     *logs.Ring
	requests *logs.Requests
}

// newRecords opens an archive if there is a store. trouble is told when that refuses.
func newRecords(cfg *Config, trouble func(error)) (*records, error) {
	r := &records{logBytes: cfg.LogBytes}
	r.mu.all = map[fn.Key]record{}
	if cfg.Store == nil {
		return r, nil
	}
	var err error
	r.archive, err = logs.NewArchive(context.Background(), logs.ArchiveConfig{
		Store: cfg.Store, MaxAge: cfg.LogMaxAge, MaxBytes: cfg.LogMaxBytes,
		Trouble: func(err error) { trouble(fmt.Errorf("keeping log records: %w", err)) },
	})
	return r, err
}

// close stores what is left.
func (r *records) close(ctx context.Context) error {
	if r.archive == nil {
		return nil
	}
	return r.archive.Close(ctx)
}

// of returns a function's records; a function that comes back after a delete goes on with its old ones.
func (r *records) of(key fn.Key) record {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.gone = slices.DeleteFunc(r.mu.gone, func(k fn.Key) bool { return k == key })
	rec, ok := r.mu.all[key]
	if !ok {
		rec = r.make(key)
		r.mu.all[key] = rec
	}
	return rec
}

func (r *records) make(key fn.Key) record {
	rec := record{ledger: meter.NewLedger(key)}
	if r.archive == nil {
		rec.requests = logs.NewRequests(key, 0)
	} else {
		rec.requests = r.archive.Requests(key, 0)
	}
	switch {
	case r.logBytes < 0:
	case r.archive == nil:
		rec.logs = logs.NewRing(key, r.logBytes)
	default:
		rec.logs = r.archive.Ring(key, r.logBytes)
	}
	return rec
}

// find returns the records that exist.
func (r *records) find(key fn.Key) (record, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec, ok := r.mu.all[key]
	return rec, ok
}

// ofService returns the records of a service's functions, or of all if it is empty.
func (r *records) ofService(service string) (some []record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, rec := range r.mu.all {
		if service == "" || key.Service == service {
			some = append(some, rec)
		}
	}
	return some
}

// ledgers returns all ledgers.
func (r *records) ledgers() []*meter.Ledger {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*meter.Ledger, 0, len(r.mu.all))
	for _, rec := range r.mu.all {
		all = append(all, rec.ledger)
	}
	return all
}

// deleted forgets the function that was deleted the longest ago, if there are too many, and tells its ledger. One that is live has come back meanwhile.
func (r *records) deleted(key fn.Key, live func(fn.Key) bool, leave func(*meter.Ledger)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.gone = append(r.mu.gone, key)
	if len(r.mu.gone) > keepDeleted {
		if oldest := r.mu.gone[0]; !live(oldest) {
			leave(r.mu.all[oldest].ledger)
			delete(r.mu.all, oldest)
		}
		r.mu.gone = slices.Delete(r.mu.gone, 0, 1)
	}
}
