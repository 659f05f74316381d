package host

import (
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
	logBytes int

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

func newRecords(logBytes int) *records {
	r := &records{logBytes: logBytes}
	r.mu.all = map[fn.Key]record{}
	return r
}

// of returns a function's records; a function that comes back after a delete goes on with its old ones.
func (r *records) of(key fn.Key) record {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.gone = slices.DeleteFunc(r.mu.gone, func(k fn.Key) bool { return k == key })
	rec, ok := r.mu.all[key]
	if !ok {
		rec = record{meter.NewLedger(key), logs.NewRing(key, r.logBytes), logs.NewRequests(key, 0)}
		r.mu.all[key] = rec
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

// deleted forgets the function that was deleted the longest ago, if there are too many. One that is live has come back meanwhile.
func (r *records) deleted(key fn.Key, live func(fn.Key) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.gone = append(r.mu.gone, key)
	if len(r.mu.gone) > keepDeleted {
		if oldest := r.mu.gone[0]; !live(oldest) {
			delete(r.mu.all, oldest)
		}
		r.mu.gone = slices.Delete(r.mu.gone, 0, 1)
	}
}
