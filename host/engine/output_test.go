package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lull-dev/lull/abi"
)

// write sends chunks through a lines and returns the records.
func write(t require.TestingT, chunks ...string) []string {
	records, _ := writeAll(t, chunks...)
	return records
}

// writeAll also tells which of the records are pieces that went on.
func writeAll(t require.TestingT, chunks ...string) (records []string, cut []int) {
	var s said
	g := &guest{out: &s, deadline: time.Now().Add(time.Hour), program: &Program{engine: &Engine{turns: newTurns()}}}
	g.turn.begin(time.Now())
	l := &lines{guest: g}
	for _, c := range chunks {
		n, err := l.Write([]byte(c))
		require.NoError(t, err)
		require.Equal(t, len(c), n)
	}
	l.flush()
	require.Empty(t, l.part)
	return s.lines, s.cut
}

func TestLines_MakesARecordOfEachLine(t *testing.T) {
	long := strings.Repeat("x", abi.MaxLogBytes)
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":                      {"", nil},
		"one":                          {"a\n", []string{"a"}},
		"without an end":               {"a\nb", []string{"a", "b"}},
		"empty lines":                  {"\n\na\n\n", []string{"", "", "a", ""}},
		"ends of Windows":              {"a\r\nb\r\n", []string{"a", "b"}},
		"a carriage return inside":     {"a\rb\n", []string{"a\rb"}},
		"as long as a record may be":   {long + "\n", []string{long}},
		"longer":                       {long + "y\n", []string{long, "y"}},
		"three times as long":          {long + long + long, []string{long, long, long}},
		"a carriage return at the cut": {long[1:] + "\ry\n", []string{long[1:] + "\r", "y"}},
	} {
		require.Equal(t, c.want, write(t, c.in), name)
	}
}

func TestLines_MarksThePiecesOfALongLine(t *testing.T) {
	long := strings.Repeat("x", abi.MaxLogBytes)
	_, cut := writeAll(t, "a\n"+long+long+"y\n"+long+"\n")
	require.Equal(t, []int{1, 2}, cut)
}

func TestLines_DoesNotDependOnHowTheGuestCutsItsOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "lines") {
			n := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(abi.MaxLogBytes-2, abi.MaxLogBytes+2), rapid.Just(2*abi.MaxLogBytes)).Draw(t, "length")
			text.WriteString(strings.Repeat("x", n))
			text.WriteString(rapid.SampledFrom([]string{"\n", "\r\n", "\r", ""}).Draw(t, "end"))
		}
		all := text.String()
		var chunks []string
		for rest := all; rest != ""; {
			n := min(len(rest), rapid.OneOf(rapid.IntRange(1, 3), rapid.IntRange(1, 2*abi.MaxLogBytes)).Draw(t, "chunk"))
			chunks = append(chunks, rest[:n])
			rest = rest[n:]
		}
		records := write(t, chunks...)
		require.Equal(t, write(t, all), records)
		joined := 0
		for _, r := range records {
			require.LessOrEqual(t, len(r), abi.MaxLogBytes)
			require.NotContains(t, r, "\n")
			joined += strings.Count(r, "x")
		}
		require.Equal(t, strings.Count(all, "x"), joined, "nothing is lost")
	})
}
