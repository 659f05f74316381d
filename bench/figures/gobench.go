package figures

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// WriteGoBench prints the report in Go's benchmark format: a line for each round of a row, for benchstat. The group is the configuration
// key "group" of the name, as in BenchmarkWarmCall/group=counter.
func (r *Report) WriteGoBench(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: github.com/lull-dev/lull/bench\n", r.Machine.OS, r.Machine.Arch)
	if r.Machine.CPU != "" {
		fmt.Fprintf(&b, "cpu: %s\n", r.Machine.CPU)
	}
	for _, row := range r.Rows {
		name := "Benchmark" + camel(row.Name) + "/group=" + dashed(row.Group)
		unit := string(row.Unit)
		if row.Unit == Nanoseconds {
			unit = "ns/op"
		}
		n := int64(1)
		if row.Latency != nil && row.Measured() {
			n = max(1, row.Latency.Count()/int64(len(row.Rounds)))
		}
		for _, figure := range row.Rounds {
			fmt.Fprintf(&b, "%s %d %.6g %s\n", name, n, figure, unit)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// camel makes "cold start, from image" into ColdStartFromImage.
func camel(s string) string {
	var b strings.Builder
	up := true
	for _, c := range s {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			up = true
			continue
		case up:
			c = unicode.ToUpper(c)
		}
		up = false
		b.WriteRune(c)
	}
	return b.String()
}

// dashed replaces what may not be in a benchmark's name.
func dashed(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || c == '/' || c == '=' {
			return '-'
		}
		return c
	}, s)
}
