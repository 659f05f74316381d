package host

import (
	"context"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/meter"
)

// ledgerAge is how long the ledger keeps an hour.
const ledgerAge = 400 * 24 * time.Hour

func (h *Host) startBook() (err error) {
	h.book, err = meter.NewBook(h.live, meter.BookConfig{
		Store: h.cfg.Store, Ledgers: h.records.ledgers, Open: h.busy, Trouble: h.trouble, MaxAge: ledgerAge,
	})
	return err
}

// busy tells of all busy intervals that are open, up to now. Instances that an update or a delete is draining are not among them.
func (h *Host) busy(yield func(fn.Key, fn.BusyInterval)) {
	now := time.Now()
	for _, v := range append(h.registry.List(""), h.registry.AllPublished("")...) {
		key := v.Function.Key()
		v.Pool.Busy(now, func(b fn.BusyInterval) { yield(key, b) })
	}
}

// Billing returns what a function has cost on all hosts that share the store, by hour; with an empty name each function of a service, or of all services if
// that is empty too. It is for the hours that begin at from or later and before to; a zero time is no bound, and from is taken down to its hour. The
// ledger is kept for 400 days, also of functions that were deleted. The result is sorted by service and name. Recent is what this host has had.
// Errors: FunctionNotFound and ServiceNotFound, if there is nothing in the ledger either.
func (h *Host) Billing(ctx context.Context, key fn.Key, from, to time.Time) ([]fn.Usage, error) {
	if err := h.book.Write(ctx); err != nil {
		return nil, storeError(err)
	}
	hours, err := h.book.Read(ctx, key, from.Truncate(time.Hour), to)
	if err != nil {
		return nil, err
	}
	all := []fn.Usage{}
	var sums meter.Sums
	for _, hour := range hours {
		if n := len(all); n == 0 || all[n-1].Service != hour.Key.Service || all[n-1].Function != hour.Key.Name {
			all, sums = append(all, h.recent(hour.Key)), meter.Sums{}
		}
		u := &all[len(all)-1]
		sums.Add(hour.Sums)
		u.Requests, u.BilledMs, u.CU, u.BusyIntervals = sums.Requests, sums.BilledMs, sums.CU(), sums.Intervals
		u.Hours = append(u.Hours, fn.HourUsage{
			Hour: hour.Begin, Requests: hour.Requests, BilledMs: hour.BilledMs, CU: hour.CU(), BusyIntervals: hour.Intervals,
		})
	}
	if len(all) > 0 {
		return all, nil
	}
	switch {
	case key.Name != "":
		if _, err := h.Usage(key); err != nil {
			return nil, err
		}
		all = append(all, h.recent(key))
	case key.Service != "":
		_, err = h.registry.Service(key.Service)
	}
	return all, err
}

// recent is a usage with nothing but the intervals that this host has had.
func (h *Host) recent(key fn.Key) fn.Usage {
	u := fn.Usage{Service: key.Service, Function: key.Name, Recent: []fn.BusyInterval{}}
	if rec, ok := h.records.find(key); ok {
		u.Recent = rec.ledger.Usage().Recent
	}
	return u
}
