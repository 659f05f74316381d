// Package chart draws reports: bars of latencies, their distributions, throughput over time, and the report's own curves, as SVG and PNG files
// and together in one HTML file that needs nothing beside it.
package chart

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/lull-dev/lull/bench/figures"
)

// Page is the name of the HTML file.
const Page = "report.html"

// figure is one plot of a report.
type figure struct {
	name  string // of its files, without extension
	title string
	plot  *plot.Plot
	high  vg.Length
}

const (
	width  = 20 * vg.Centimeter
	height = 11 * vg.Centimeter
)

// Publish prints a report, and with a folder saves it there as NAME.json and draws it.
func Publish(dir, name string, r *figures.Report) error {
	if err := r.WriteText(os.Stdout); err != nil || dir == "" {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := r.Save(filepath.Join(dir, name+".json")); err != nil { // first: the data stay if drawing fails
		return err
	}
	_, err := Write(dir, r)
	return err
}

// Write draws a report into a folder, which it makes if it is missing: NAME.svg and NAME.png for each plot, and Page. It returns the
// path of the page.
func Write(dir string, r *figures.Report) (page string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	var svgs []svg
	for _, f := range plots(r) {
		var image bytes.Buffer
		for _, format := range []string{"svg", "png"} {
			image.Reset()
			if err := f.draw(&image, format); err != nil {
				return "", fmt.Errorf("%s: %w", f.name, err)
			}
			if err := os.WriteFile(filepath.Join(dir, f.name+"."+format), image.Bytes(), 0o666); err != nil {
				return "", err
			}
			if format == "svg" {
				svgs = append(svgs, svg{f.title, image.String()})
			}
		}
	}
	page = filepath.Join(dir, Page)
	out, err := os.Create(page)
	if err != nil {
		return "", err
	}
	if err := writePage(out, r, svgs); err != nil {
		out.Close()
		return "", err
	}
	return page, out.Close()
}

func (f figure) draw(w io.Writer, format string) error {
	to, err := f.plot.WriterTo(width, f.high, format)
	if err != nil {
		return err
	}
	_, err = to.WriteTo(w)
	return err
}

// plots returns the plots of a report, in the order of its groups.
func plots(r *figures.Report) (all []figure) {
	names := map[string]int{}
	add := func(title string, p *plot.Plot, high vg.Length) {
		if p == nil {
			return
		}
		p.Title.Text = title
		p.Title.Padding = vg.Points(6)
		name := fileName(title)
		if names[name]++; names[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, names[name])
		}
		all = append(all, figure{name, title, p, high})
	}
	for _, group := range r.Groups() {
		rows := r.In(group)
		for _, unit := range []figures.Unit{figures.Nanoseconds, figures.PerSecond, figures.Bytes, figures.Times} {
			p, n := bars(rows, unit)
			add(group+": "+unitTitle(unit), p, max(height/2, vg.Length(n)*0.9*vg.Centimeter+3*vg.Centimeter))
		}
		add(group+": distribution of latency", distributions(rows), height)
		add(group+": throughput over time", timelines(rows), height)
	}
	for _, c := range r.Curves {
		add(c.Title, curve(c), height)
	}
	return all
}

func unitTitle(u figures.Unit) string {
	switch u {
	case figures.Nanoseconds:
		return "time, median"
	case figures.PerSecond:
		return "throughput"
	case figures.Bytes:
		return "memory"
	}
	return "ratios"
}

// fileName keeps letters, digits and single dashes.
func fileName(title string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(title) {
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// unitTicks labels a logarithmic axis at 1, 10, 100 ... of a unit.
type unitTicks struct{ unit figures.Unit }

// Ticks implements plot.Ticker.
func (t unitTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.LogTicks{Prec: -1}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = t.unit.Format(ticks[i].Value)
		}
	}
	return ticks
}

// decade widens a range of positive values to whole powers of ten, so that a logarithmic axis has labels.
func decade(low, high float64) (float64, float64) {
	low, high = math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high)))
	if low == high {
		high *= 10
	}
	return low, high
}
