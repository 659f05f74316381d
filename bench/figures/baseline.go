package figures

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Verdict of one row that two reports have.
type Verdict string

const (
	Same   Verdict = "same"   // within the threshold
	Better Verdict = "better" // past the threshold
	Worse  Verdict = "WORSE"  // past the threshold, and every round is worse than every round of the baseline
	Noise  Verdict = "noise"  // the medians are past the threshold, but some rounds of both overlap
	Gone   Verdict = "GONE"   // the baseline has a figure, this report has none
	Added  Verdict = "new"    // only this report has a figure
)

// Change is how a row compares with the baseline's.
type Change struct {
	Row      *Row // of this report, or of the baseline if it is gone
	Old, New float64
	// By is New / Old; 0 if one is missing.
	By      float64
	Verdict Verdict
}

// Comparison of a report with a baseline.
type Comparison struct {
	Threshold float64 // a part of 1
	Changes   []Change
	// Machines is not empty if the two were not measured on the same sort of machine.
	Machines string
}

// Compare compares two reports. A row is worse if its median is worse than the baseline's by more than the threshold (a part of 1) and its rounds do not overlap the
// baseline's: what one round could have been by chance is noise, not a verdict.
func Compare(baseline, now *Report, threshold float64) *Comparison {
	c := &Comparison{Threshold: threshold}
	if !baseline.Machine.Same(now.Machine) {
		c.Machines = fmt.Sprintf("the baseline is of another machine (%s): figures differ for that alone", baseline.Machine)
	}
	for _, old := range baseline.Rows {
		if row := now.Find(old.Group, old.Name); old.Measured() && (row == nil || !row.Measured()) {
			c.Changes = append(c.Changes, Change{Row: old, Old: old.Figure(), Verdict: Gone})
		}
	}
	for _, row := range now.Rows {
		if !row.Measured() {
			continue
		}
		old := baseline.Find(row.Group, row.Name)
		if old == nil || !old.Measured() {
			c.Changes = append(c.Changes, Change{Row: row, New: row.Figure(), Verdict: Added})
			continue
		}
		change := Change{Row: row, Old: old.Figure(), New: row.Figure(), Verdict: judge(old, row, threshold)}
		if change.Old != 0 {
			change.By = change.New / change.Old
		}
		c.Changes = append(c.Changes, change)
	}
	return c
}

func judge(old, row *Row, threshold float64) Verdict {
	was, is := old.Figure(), row.Figure()
	oldLow, oldHigh := old.Spread()
	low, high := row.Spread()
	up, down := is > was*(1+threshold), is < was*(1-threshold)
	if row.Higher() {
		// A throughput that is worse by a factor has fallen by it: 10 percent worse is 1/1.1.
		down = is < was/(1+threshold)
	}
	worse, better, overlap := up, down, low <= oldHigh
	if row.Higher() {
		worse, better, overlap = down, up, high >= oldLow
	}
	switch {
	case worse && overlap:
		return Noise
	case worse:
		return Worse
	case better:
		return Better
	}
	return Same
}

// Failed lists the changes that make a gate close: worse, and gone.
func (c *Comparison) Failed() (failed []Change) {
	for _, change := range c.Changes {
		if change.Verdict == Worse || change.Verdict == Gone {
			failed = append(failed, change)
		}
	}
	return failed
}

// WriteText prints the comparison as a table.
func (c *Comparison) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "against the baseline, threshold %s\n", Percent.Format(100*c.Threshold))
	if c.Machines != "" {
		fmt.Fprintln(w, "NOTE", c.Machines)
	}
	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(t, "group\tmetric\tbaseline\tnow\tnow/baseline\tverdict")
	for _, change := range c.Changes {
		u := change.Row.Unit
		old, now, by := u.Format(change.Old), u.Format(change.New), Times.Format(change.By)
		switch change.Verdict {
		case Gone:
			now, by = "-", "-"
		case Added:
			old, by = "-", "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", change.Row.Group, change.Row.Name, old, now, by, change.Verdict)
	}
	return t.Flush()
}
