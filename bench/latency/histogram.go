// Package latency holds distributions of durations: HDR histograms, with the percentiles that reports print.
package latency

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Longest is the largest duration that a histogram tells apart; what is longer counts as this long.
const Longest = time.Hour

// digits is the precision: a value is off by at most one in a thousand.
const digits = 3

// Histogram counts durations from 1 ns to Longest. It is not safe for concurrent use: give each goroutine its own and merge them.
type Histogram struct{ hdr *hdrhistogram.Histogram }

// New returns an empty histogram. It takes about 300 KB.
func New() *Histogram { return &Histogram{hdrhistogram.New(1, int64(Longest), digits)} }

// Record counts one duration. Less than 1 ns counts as 1 ns.
func (h *Histogram) Record(d time.Duration) {
	// It fails for values out of range only.
	_ = h.hdr.RecordValue(int64(min(max(d, 1), Longest)))
}

// Merge adds what o has counted.
func (h *Histogram) Merge(o *Histogram) { h.hdr.Merge(o.hdr) }

// Count is how many durations were recorded.
func (h *Histogram) Count() int64 { return h.hdr.TotalCount() }

// Percentile returns the duration that p percent of all do not exceed; 0 if nothing was recorded.
func (h *Histogram) Percentile(p float64) time.Duration {
	return time.Duration(h.hdr.ValueAtPercentile(p))
}

// Max is the longest, 0 if nothing was recorded.
func (h *Histogram) Max() time.Duration { return time.Duration(h.hdr.Max()) }

// Point of a distribution: Percent of all durations are at most Value.
type Point struct {
	Percent float64
	Value   time.Duration
}

// Distribution returns the points of the curve from the shortest to the longest duration, more of them the nearer to 100 percent.
func (h *Histogram) Distribution() []Point {
	if h.Count() == 0 {
		return nil
	}
	var points []Point
	for nines := 0.0; ; nines += 0.05 {
		left := math.Pow(10, -nines) // of all durations
		if left*float64(h.Count()) < 1 {
			return append(points, Point{100 * (1 - 1/float64(h.Count()+1)), h.Max()})
		}
		points = append(points, Point{100 * (1 - left), h.Percentile(100 * (1 - left))})
	}
}

// wire is a histogram in JSON: the percentiles for people, and the whole of it in HDR's own compressed format, V2 in base64.
type wire struct {
	Count int64         `json:"count"`
	P50   time.Duration `json:"p50"`
	P90   time.Duration `json:"p90"`
	P99   time.Duration `json:"p99"`
	P999  time.Duration `json:"p999"`
	Max   time.Duration `json:"max"`
	HDR   string        `json:"hdr"`
}

// MarshalJSON writes nanoseconds.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	encoded, err := h.hdr.EncodeV2()
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return json.Marshal(wire{h.Count(), h.Percentile(50), h.Percentile(90), h.Percentile(99), h.Percentile(99.9), h.Max(), string(encoded)})
}

// UnmarshalJSON reads what MarshalJSON wrote. Of that it needs the field "hdr" alone.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	hdr, err := hdrhistogram.Decode([]byte(w.HDR))
	if err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	h.hdr = hdr
	return nil
}
