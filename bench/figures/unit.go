package figures

import (
	"fmt"
	"math"
	"strconv"
)

// Unit of a figure. The strings are in JSON and in Go's benchmark format.
type Unit string

const (
	Nanoseconds Unit = "ns"
	Bytes       Unit = "B"
	PerSecond   Unit = "req/s"
	Fuel        Unit = "fuel"
	Times       Unit = "x" // a ratio
	Count       Unit = "n"
	Percent     Unit = "%"
)

// Format gives a figure with three digits and its unit, for people. Sizes are in units of 1024.
func (u Unit) Format(v float64) string {
	switch u {
	case Nanoseconds:
		return scaled(v, 1000, "ns", "us", "ms", "s")
	case Bytes:
		return scaled(v, 1024, "B", "KiB", "MiB", "GiB")
	case Times:
		return digits(v) + "x"
	case Percent:
		return digits(v) + " %"
	case Count:
		return digits(v)
	}
	return digits(v) + " " + string(u)
}

func scaled(v, step float64, units ...string) string {
	i := 0
	for math.Abs(v) >= step && i < len(units)-1 {
		v, i = v/step, i+1
	}
	return digits(v) + " " + units[i]
}

// digits gives at least three of them, and no fraction of what has more.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case v == math.Trunc(v) && a < 1000:
		return strconv.Itoa(int(v))
	case a >= 1000:
		return grouped(int64(math.Round(v)))
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// grouped writes 12345 as 12,345.
func grouped(v int64) string {
	if v < 0 {
		return "-" + grouped(-v)
	}
	if v < 1000 {
		return strconv.FormatInt(v, 10)
	}
	return grouped(v/1000) + fmt.Sprintf(",%03d", v%1000)
}
