package figures

// Curve is a plot of figures over something else: latency over the number of instances.
type Curve struct {
	Title string `json:"title"`
	X     string `json:"x"` // what the axis shows, with its unit
	Y     string `json:"y"`
	LogX  bool   `json:"logX,omitempty"`
	LogY  bool   `json:"logY,omitempty"`
	Lines []Line `json:"lines"`
}

// Line of a curve.
type Line struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
}

// Point of a line.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Curve returns the curve of a title, which it adds if it is missing.
func (r *Report) Curve(title, x, y string) *Curve {
	for _, c := range r.Curves {
		if c.Title == title {
			return c
		}
	}
	c := &Curve{Title: title, X: x, Y: y}
	r.Curves = append(r.Curves, c)
	return c
}

// Add adds a point to the line of a name.
func (c *Curve) Add(name string, x, y float64) {
	for i := range c.Lines {
		if c.Lines[i].Name == name {
			c.Lines[i].Points = append(c.Lines[i].Points, Point{x, y})
			return
		}
	}
	c.Lines = append(c.Lines, Line{name, []Point{{x, y}}})
}
