package chart

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"github.com/lull-dev/lull/bench/figures"
)

// series is one line of a plot.
type series struct {
	name   string
	points plotter.XYs
}

// lines draws series with a legend; dots marks the points. It returns nil if there are none.
func lines(all []series, dots bool) *plot.Plot {
	p := plot.New()
	n := 0
	for _, s := range all {
		if len(s.points) == 0 {
			continue
		}
		line, points, err := plotter.NewLinePoints(s.points)
		if err != nil {
			continue // a figure that is no number
		}
		line.Color, line.Width = plotutil.Color(n), vg.Points(1.5)
		line.Dashes = plotutil.Dashes(n / 7)
		p.Add(line)
		if dots {
			points.Color, points.Shape, points.Radius = plotutil.Color(n), plotutil.Shape(n), vg.Points(2.5)
			p.Add(points)
			p.Legend.Add(s.name, line, points)
		} else {
			p.Legend.Add(s.name, line)
		}
		n++
	}
	if n == 0 {
		return nil
	}
	p.Add(plotter.NewGrid())
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Font.Size = 9
	return p
}

// logY makes the axis of positive values logarithmic.
func logY(p *plot.Plot, ticks plot.Ticker) {
	p.Y.Min, p.Y.Max = decade(max(p.Y.Min, 1e-3), max(p.Y.Max, 1e-2)*3) // room for the legend
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, ticks
}

// distributions draws the latency of each row over the part of calls that were at most that slow; every step to the right is a tenth of the calls before.
func distributions(rows []*figures.Row) *plot.Plot {
	var all []series
	nines := 1.0
	for _, row := range rows {
		if row.Latency == nil {
			continue
		}
		var xys plotter.XYs
		for _, point := range row.Latency.Distribution() {
			x := -math.Log10(1 - point.Percent/100)
			nines = max(nines, x)
			xys = append(xys, plotter.XY{X: x, Y: float64(max(point.Value, 1))})
		}
		all = append(all, series{row.Name, xys})
	}
	p := lines(all, false)
	if p == nil {
		return nil
	}
	var ticks plot.ConstantTicks
	for n := range int(nines) + 1 {
		percent := 100 * (1 - math.Pow(10, -float64(n)))
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: strconv.FormatFloat(percent, 'f', max(0, n-2), 64) + " %"})
	}
	p.X.Label.Text, p.X.Tick.Marker = "of all calls", ticks
	logY(p, unitTicks{figures.Nanoseconds})
	return p
}

// timelines draws the answers per second of rows over the time of their rounds.
func timelines(rows []*figures.Row) *plot.Plot {
	var all []series
	for _, row := range rows {
		var xys plotter.XYs
		for i, n := range row.Timeline {
			xys = append(xys, plotter.XY{X: float64(i) * row.Tick.Seconds(), Y: float64(n) / row.Tick.Seconds()})
		}
		all = append(all, series{row.Name, xys})
	}
	p := lines(all, false)
	if p == nil {
		return nil
	}
	p.X.Label.Text, p.Y.Label.Text = "seconds, all rounds", "answers per second"
	p.Y.Min, p.Y.Max = 0, p.Y.Max*1.2
	return p
}

// curve draws a curve of the report. Points that a logarithmic axis cannot show are left out.
func curve(c *figures.Curve) *plot.Plot {
	var all []series
	for _, line := range c.Lines {
		var xys plotter.XYs
		for _, point := range line.Points {
			if (point.X > 0 || !c.LogX) && (point.Y > 0 || !c.LogY) {
				xys = append(xys, plotter.XY{X: point.X, Y: point.Y})
			}
		}
		all = append(all, series{line.Name, xys})
	}
	p := lines(all, true)
	if p == nil {
		return nil
	}
	p.X.Label.Text, p.Y.Label.Text = c.X, c.Y
	if c.LogX {
		p.X.Min, p.X.Max = decade(p.X.Min, p.X.Max)
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, unitTicks{figures.Count}
	}
	if c.LogY {
		logY(p, unitTicks{figures.Count})
	} else {
		p.Y.Min, p.Y.Max = 0, p.Y.Max*1.25
	}
	return p
}
