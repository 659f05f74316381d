package figures

import (
	"slices"
	"time"

	"github.com/lull-dev/lull/bench/latency"
)

// Row is one thing that was measured.
type Row struct {
	Group string `json:"group"` // a function, or a question that several contenders answer
	Name  string `json:"name"`
	Unit  Unit   `json:"unit"`
	// Rounds has the figure of each round, in the order in which they ran. Of a latency it is the median.
	Rounds []float64 `json:"rounds"`
	// HigherIsBetter is set for rows whose unit does not say so.
	HigherIsBetter bool `json:"higherIsBetter,omitempty"`
	// Latency has all rounds together, for rows in nanoseconds that are distributions.
	Latency *latency.Histogram `json:"latency,omitempty"`
	// Timeline has the answers in each tick of all rounds, one round behind the other.
	Timeline []int         `json:"timeline,omitempty"`
	Tick     time.Duration `json:"tick,omitempty"`
	// Skipped says why the row was not measured. Then it has no figures.
	Skipped string `json:"skipped,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Add adds the figure of a round.
func (r *Row) Add(figure float64) { r.Rounds = append(r.Rounds, figure) }

// AddLatency adds the latencies of a round; its figure is their median. A round without any adds nothing.
func (r *Row) AddLatency(h *latency.Histogram) {
	if h.Count() == 0 {
		return
	}
	r.Add(float64(h.Percentile(50)))
	if r.Latency == nil {
		r.Latency = latency.New()
	}
	r.Latency.Merge(h)
}

// Measured reports whether there is a figure.
func (r *Row) Measured() bool { return len(r.Rounds) > 0 }

// Figure is the median over the rounds; 0 if there are none.
func (r *Row) Figure() float64 {
	if !r.Measured() {
		return 0
	}
	return Median(r.Rounds)
}

// Median of at least one value. Of an even number it is the mean of the two in the middle.
func Median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// Spread is the lowest and the highest figure of a round.
func (r *Row) Spread() (low, high float64) {
	if !r.Measured() {
		return 0, 0
	}
	return slices.Min(r.Rounds), slices.Max(r.Rounds)
}

// Higher reports whether more is better.
func (r *Row) Higher() bool { return r.HigherIsBetter || r.Unit == PerSecond }

// Ratio makes a row that has, for each round, what row a has by what row b has: rounds that took turns are compared with their
// neighbours. If one of the two was not measured the row says so.
func (r *Report) Ratio(group, name string, a, b *Row) *Row {
	row := r.Row(group, name, Times)
	row.Rounds, row.Skipped = []float64{}, ""
	for i := range min(len(a.Rounds), len(b.Rounds)) {
		if b.Rounds[i] != 0 {
			row.Add(a.Rounds[i] / b.Rounds[i])
		}
	}
	row.HigherIsBetter = a.Higher()
	if !row.Measured() {
		row.Skipped = "there is nothing to compare"
	}
	return row
}

// Merge adds the rounds of another report to the rows of this one; rows that are missing are added.
func (r *Report) Merge(o *Report) {
	for _, from := range o.Rows {
		to := r.Row(from.Group, from.Name, from.Unit)
		to.Rounds = append(to.Rounds, from.Rounds...)
		to.HigherIsBetter, to.Note = from.HigherIsBetter, from.Note
		if from.Latency != nil {
			if to.Latency == nil {
				to.Latency = latency.New()
			}
			to.Latency.Merge(from.Latency)
		}
		if from.Skipped != "" {
			to.Skipped = from.Skipped
		}
	}
}
