// Package meter turns busy intervals into billed milliseconds and CU. It is pure arithmetic: callers bring the times.
package meter

import "time"

// Busy follows the work count of one instance: requests, hooks and the initializer. It is not safe for concurrent
// use; the instance's lock guards it.
type Busy struct {
	work int
	open time.Time
}

// Begin adds one piece of work. The first one opens the interval.
func (b *Busy) Begin(now time.Time) {
	if b.work == 0 {
		b.open = now
	}
	b.work++
}

// End takes one piece of work away. It reports the interval that the last one closes.
func (b *Busy) End(now time.Time) (start time.Time, closed bool) {
	if b.work == 0 {
		panic("meter: End without Begin")
	}
	b.work--
	return b.open, b.work == 0
}

// Open returns when the interval began that is open, if there is one.
func (b *Busy) Open() (start time.Time, open bool) { return b.open, b.work > 0 }
