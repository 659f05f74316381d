package chart

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/lull-dev/lull/bench/figures"
)

// bars draws the figures of the rows that have a unit, on a logarithmic axis: a cold start and a warm call are a factor of thousand apart. It
// returns nil if there are fewer than two.
func bars(rows []*figures.Row, unit figures.Unit) (*plot.Plot, int) {
	b := &barPlot{unit: unit}
	var names []string
	for _, row := range slices.Backward(rows) { // the first row is on top
		if low, high := row.Spread(); row.Unit == unit && row.Figure() > 0 {
			b.bars = append(b.bars, bar{row.Figure(), low, high})
			names = append(names, row.Name)
		}
	}
	if len(b.bars) < 2 {
		return nil, 0
	}
	low, high := b.bars[0].low, b.bars[0].high
	for _, each := range b.bars {
		low, high = min(low, each.low), max(high, each.high)
	}
	p := plot.New()
	p.Add(b)
	p.NominalY(names...)
	p.X.Min, p.X.Max = decade(max(low/2, math.SmallestNonzeroFloat32), high*3) // room for the labels
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = unitTicks{unit}
	p.Y.Min, p.Y.Max = -0.6, float64(len(b.bars))-0.4
	p.Y.Tick.Label.Font.Size = 9
	p.X.Tick.Label.Font.Size = 9
	return p, len(b.bars)
}

type bar struct{ figure, low, high float64 }

// barPlot draws horizontal bars that begin at the left edge, since a logarithmic axis has no zero, with their spread and their figure.
type barPlot struct {
	unit figures.Unit
	bars []bar
}

var barColor = color.NRGBA{0x3b, 0x75, 0xaf, 0xff}

// Plot implements plot.Plotter.
func (b *barPlot) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	label := text.Style{Color: color.Black, Font: font.From(plot.DefaultFont, 9), YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
	for i, each := range b.bars {
		low, high := y(float64(i)-0.32), y(float64(i)+0.32)
		left, right := x(p.X.Min), x(each.figure)
		c.FillPolygon(barColor, []vg.Point{{X: left, Y: low}, {X: right, Y: low}, {X: right, Y: high}, {X: left, Y: high}})
		middle := y(float64(i))
		c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: vg.Points(1)}, x(each.low), middle, x(each.high), middle)
		c.FillText(label, vg.Point{X: max(right, x(each.high)) + vg.Points(4), Y: middle}, b.unit.Format(each.figure))
	}
}
