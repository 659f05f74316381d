package figures

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// columns of a table behind the name.
var columns = []string{"median", "rounds", "p90", "p99", "p99.9", "max", "n"}

// cells are the columns of one row; nil if it was not measured.
func (r *Row) cells() []string {
	if !r.Measured() {
		return nil
	}
	low, high := r.Spread()
	cells := []string{r.Unit.Format(r.Figure()), "", "", "", "", "", ""}
	if len(r.Rounds) > 1 {
		cells[1] = r.Unit.Format(low) + " to " + r.Unit.Format(high)
	}
	if h := r.Latency; h != nil {
		for i, v := range []time.Duration{h.Percentile(90), h.Percentile(99), h.Percentile(99.9), h.Max()} {
			cells[2+i] = Nanoseconds.Format(float64(v))
		}
		cells[6] = strconv.FormatInt(h.Count(), 10)
	}
	return cells
}

// why says why there is no figure.
func (r *Row) why() string {
	if r.Skipped == "" {
		return "not measured"
	}
	return "not measured: " + r.Skipped
}

// remark is what is to be said about a row that was measured.
func (r *Row) remark() string {
	if r.Skipped == "" {
		return r.Note
	}
	return strings.TrimPrefix(r.Note+"; not in every round: "+r.Skipped, "; ")
}

// WriteText prints the report as tables for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s\nmachine   %s\nmeasured  %s, in %.0f s\n", r.Title, r.Machine, r.Began.Format(time.RFC3339), r.Seconds)
	for _, s := range r.Settings {
		fmt.Fprintf(w, "%-9s %s\n", s.Name, s.Value)
	}
	if r.Partial != "" {
		fmt.Fprintf(w, "PARTIAL   %s\n", r.Partial)
	}
	for _, group := range r.Groups() {
		fmt.Fprintln(w)
		rows := r.In(group)
		used := usedColumns(rows)
		t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
		fmt.Fprint(t, group)
		for _, c := range used {
			fmt.Fprint(t, "\t"+columns[c])
		}
		fmt.Fprintln(t)
		for _, row := range rows {
			cells := row.cells()
			if cells == nil {
				continue
			}
			fmt.Fprint(t, row.Name)
			for _, c := range used {
				fmt.Fprint(t, "\t"+cells[c])
			}
			fmt.Fprintln(t)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for _, row := range r.In(group) {
			switch {
			case !row.Measured():
				fmt.Fprintf(w, "  %s: %s\n", row.Name, row.why())
			case row.remark() != "":
				fmt.Fprintf(w, "  %s: %s\n", row.Name, row.remark())
			}
		}
	}
	return nil
}

// WriteMarkdown prints the report as Markdown: what it was measured on, and a table for each group.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured %s in %.0f s on %s.\n", r.Began.Format(time.RFC3339), r.Seconds, r.Machine)
	for _, s := range r.Settings {
		fmt.Fprintf(&b, "%s: %s. ", s.Name, s.Value)
	}
	b.WriteString("\n")
	if r.Partial != "" {
		fmt.Fprintf(&b, "\n**Partial**: %s\n", r.Partial)
	}
	for _, group := range r.Groups() {
		rows := r.In(group)
		used := usedColumns(rows)
		remarks := slices.ContainsFunc(rows, func(row *Row) bool { return row.Measured() && row.remark() != "" })
		b.WriteString("\n| " + cell(group))
		for _, c := range used {
			b.WriteString(" | " + columns[c])
		}
		width := len(used) + 1
		if remarks {
			b.WriteString(" | note")
			width++
		}
		b.WriteString(" |\n|" + strings.Repeat(" --- |", width) + "\n")
		for _, row := range rows {
			b.WriteString("| " + cell(row.Name))
			cells := row.cells()
			for i, c := range used {
				switch {
				case cells != nil:
					b.WriteString(" | " + cells[c])
				case i == 0:
					b.WriteString(" | " + cell(row.why()))
				default:
					b.WriteString(" | ")
				}
			}
			if remarks {
				b.WriteString(" | ")
				if cells != nil {
					b.WriteString(cell(row.remark()))
				}
			}
			b.WriteString(" |\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// usedColumns are those that a row of the group has something in; the first is always one.
func usedColumns(rows []*Row) []int {
	used := []int{0}
	for c := 1; c < len(columns); c++ {
		for _, row := range rows {
			if cells := row.cells(); cells != nil && cells[c] != "" {
				used = append(used, c)
				break
			}
		}
	}
	return used
}

// cell keeps a text from ending its cell.
func cell(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) }
