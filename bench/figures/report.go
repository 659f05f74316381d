// Package figures holds what a benchmark has measured: rows with a figure for every round, and what they were measured on. It prints them as
// text, as Markdown, as JSON and in Go's benchmark format, and compares two reports.
package figures

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Report of one run. It is not safe for concurrent use.
type Report struct {
	Title   string    `json:"title"`
	Command []string  `json:"command"`
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	Machine Machine   `json:"machine"`
	// Settings say how it was measured: rounds, connections, the state of keep-alive.
	Settings []Setting `json:"settings"`
	Rows     []*Row    `json:"rows"`
	Curves   []*Curve  `json:"curves,omitempty"`
	// Partial says why the run ended early. Empty: it did not.
	Partial string `json:"partial,omitempty"`
}

// Setting is one of the things that a run was told.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// New returns an empty report that begins now, on this machine.
func New(title string, command []string) *Report {
	return &Report{Title: title, Command: command, Began: time.Now().UTC().Truncate(time.Second), Machine: ThisMachine(), Settings: []Setting{}, Rows: []*Row{}}
}

// Set adds a setting.
func (r *Report) Set(name string, value any) {
	r.Settings = append(r.Settings, Setting{name, fmt.Sprint(value)})
}

// Done notes how long the run took, and the machine's load at its end.
func (r *Report) Done() {
	r.Seconds = time.Since(r.Began).Seconds()
	r.Machine.LoadAfter = loadAverage()
}

// Row returns the row of a group by its name, which it adds if it is missing. unit is of no use if it is there.
func (r *Report) Row(group, name string, unit Unit) *Row {
	if row := r.Find(group, name); row != nil {
		return row
	}
	row := &Row{Group: group, Name: name, Unit: unit, Rounds: []float64{}}
	r.Rows = append(r.Rows, row)
	return row
}

// Find returns a row, or nil.
func (r *Report) Find(group, name string) *Row {
	for _, row := range r.Rows {
		if row.Group == group && row.Name == name {
			return row
		}
	}
	return nil
}

// Skip adds a row that could not be measured, and why.
func (r *Report) Skip(group, name, why string) { r.Row(group, name, "").Skipped = why }

// Groups lists the groups in the order of their first rows.
func (r *Report) Groups() (names []string) {
	seen := map[string]bool{}
	for _, row := range r.Rows {
		if !seen[row.Group] {
			seen[row.Group] = true
			names = append(names, row.Group)
		}
	}
	return names
}

// In returns the rows of a group.
func (r *Report) In(group string) (rows []*Row) {
	for _, row := range r.Rows {
		if row.Group == group {
			rows = append(rows, row)
		}
	}
	return rows
}

// Save writes the report to a file, as JSON.
func (r *Report) Save(file string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o666)
}

// ErrNoReport is wrapped when a file is not a report.
var ErrNoReport = errors.New("not a report that was printed with --json")

// Load reads a report from a file. Errors: those of the file system, ErrNoReport.
func Load(file string) (*Report, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(Report)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", file, ErrNoReport, err)
	}
	if r.Rows == nil {
		return nil, fmt.Errorf("%s: %w: it has no rows", file, ErrNoReport)
	}
	return r, nil
}
