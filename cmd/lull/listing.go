package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// listing is the flag that every command with a table has.
type listing struct {
	JSON bool `name:"json" help:"Print JSON instead of a table."`
}

// show prints value as JSON, or the rows under their header.
func (l listing) show(w io.Writer, value any, header string, rows [][]string) error {
	if l.JSON {
		return printJSON(w, value)
	}
	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

// printJSON writes value, indented, and a line end.
func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// humanBytes gives a size with one decimal, in units of 1024.
func humanBytes(n int64) string {
	const units = "KMGT"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1024, 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return fmt.Sprintf("%.1f %ciB", v, units[i])
}

// age is how long ago t was, in whole seconds.
func age(t time.Time) string { return max(0, time.Since(t)).Round(time.Second).String() }
