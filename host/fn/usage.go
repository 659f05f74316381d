package fn

import "time"

// Usage is what a function has cost.
type Usage struct {
	Service       string  `json:"serviceName"`
	Function      string  `json:"functionName"`
	Requests      uint64  `json:"requests"`      // requests that ran; hooks do not count
	BilledMs      uint64  `json:"billedMs"`      // busy time, each interval rounded up to 1 ms once
	CU            float64 `json:"cu"`            // GB x s: memory limit / 1024 MiB times billed seconds
	BusyIntervals uint64  `json:"busyIntervals"` // how many have closed
	// Recent holds the newest busy intervals, oldest first, at most 100.
	Recent []BusyInterval `json:"intervals"`
	// Hours is the same by hour, oldest first, where it was asked for. An interval counts in the hour in which it ended, one that is open in the
	// current hour.
	Hours []HourUsage `json:"hours,omitempty"`
}

// HourUsage is what a function has cost in one hour.
type HourUsage struct {
	Hour          time.Time `json:"hour"` // its begin, UTC
	Requests      uint64    `json:"requests"`
	BilledMs      uint64    `json:"billedMs"`
	CU            float64   `json:"cu"`
	BusyIntervals uint64    `json:"busyIntervals"`
}

// BusyInterval is the time from the moment an instance's work count (requests, hooks, initializer) left 0 until
// it was 0 again.
type BusyInterval struct {
	InstanceID string    `json:"instanceId"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	MemoryMiB  int       `json:"memoryMB"`
}

// BilledMs is the length in ms, rounded up. It is measured on the monotonic clock.
func (b BusyInterval) BilledMs() uint64 {
	return BilledMs(b.End.Sub(b.Start))
}

// BilledMs is d in ms, a started one counted whole.
func BilledMs(d time.Duration) uint64 {
	if d <= 0 {
		return 0
	}
	return uint64((d + time.Millisecond - 1) / time.Millisecond)
}

// CU is BilledMs / 1000 x memory in GB.
func (b BusyInterval) CU() float64 {
	return float64(b.BilledMs()) / 1000 * float64(b.MemoryMiB) / 1024
}
