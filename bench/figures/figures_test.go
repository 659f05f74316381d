package figures_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/latency"
)

func sample() *figures.Report {
	r := figures.New("a test", []string{"lull", "bench", "counter"})
	r.Set("rounds", 3)
	warm := r.Row("counter", "warm call", figures.Nanoseconds)
	for round := range 3 {
		h := latency.New()
		for n := range 100 {
			h.Record(time.Duration(1000+10*n+round) * time.Microsecond)
		}
		warm.AddLatency(h)
	}
	through := r.Row("counter", "throughput, closed loop", figures.PerSecond)
	for _, v := range []float64{18000, 17500, 19250.5} {
		through.Add(v)
	}
	r.Skip("counter", "cold start, reset", "the module | has\nno image")
	r.Done()
	return r
}

func TestReport_PrintsWhatItHasAndWhyItLacksTheRest(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample().WriteText(&b))
	text := b.String()
	require.Regexp(t, `(?m)^warm call +1\.49 ms +1\.49 ms to 1\.49 ms +1\.89 ms +1\.98 ms +1\.99 ms +1\.99 ms +300$`, text)
	require.Regexp(t, `(?m)^throughput, closed loop +18,000 req/s +17,500 req/s to 19,251 req/s`, text)
	require.Contains(t, text, "cold start, reset: not measured: the module | has")
	require.Contains(t, text, "cores")

	b.Reset()
	require.NoError(t, sample().WriteMarkdown(&b))
	require.Contains(t, b.String(), "| cold start, reset | not measured: the module \\| has no image |")
}

func TestReport_SurvivesAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	r := sample()
	require.NoError(t, r.Save(file))
	read, err := figures.Load(file)
	require.NoError(t, err)
	var want, got bytes.Buffer
	require.NoError(t, r.WriteText(&want))
	require.NoError(t, read.WriteText(&got))
	require.Equal(t, want.String(), got.String())
}

func TestLoad_RefusesWhatIsNoReport(t *testing.T) {
	dir := t.TempDir()
	_, err := figures.Load(filepath.Join(dir, "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	for name, text := range map[string]string{"text": "no", "another object": `{"a":1}`, "a list": `[]`} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, "bad")
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			_, err := figures.Load(file)
			require.ErrorIs(t, err, figures.ErrNoReport)
			require.ErrorContains(t, err, file)
		})
	}
}

func TestWriteGoBench_IsReadByBenchstat(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample().WriteGoBench(&b))
	figures := map[string][]float64{}
	for r := benchfmt.NewReader(&b, "test"); r.Scan(); {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Fatal(rec)
		case *benchfmt.Result:
			for _, v := range rec.Values {
				name := string(rec.Name) + " " + v.Unit
				figures[name] = append(figures[name], v.Value)
			}
		}
	}
	require.Equal(t, []float64{18000, 17500, 19250.5}, figures["ThroughputClosedLoop/group=counter req/s"])
	require.Len(t, figures["WarmCall/group=counter sec/op"], 3) // the reader makes ns into seconds
	require.Len(t, figures, 2)
}

func TestCompare_JudgesEachRow(t *testing.T) {
	rows := func(unit figures.Unit, rounds ...float64) *figures.Report {
		r := figures.New("", nil)
		row := r.Row("g", "n", unit)
		for _, v := range rounds {
			row.Add(v)
		}
		return r
	}
	for sentence, c := range map[string]struct {
		unit     figures.Unit
		old, now []float64
		want     figures.Verdict
	}{
		"within the threshold":                   {figures.Nanoseconds, []float64{100, 101, 102}, []float64{104, 105, 106}, figures.Same},
		"slower in every round":                  {figures.Nanoseconds, []float64{100, 101, 102}, []float64{120, 121, 122}, figures.Worse},
		"slower, but one round is as before":     {figures.Nanoseconds, []float64{100, 101, 102}, []float64{101, 121, 122}, figures.Noise},
		"faster":                                 {figures.Nanoseconds, []float64{100, 101, 102}, []float64{80, 81, 82}, figures.Better},
		"less throughput":                        {figures.PerSecond, []float64{1000, 1010}, []float64{800, 810}, figures.Worse},
		"less throughput, but one round is high": {figures.PerSecond, []float64{1000, 1010}, []float64{800, 1005, 700}, figures.Noise},
		"more throughput":                        {figures.PerSecond, []float64{1000}, []float64{1200}, figures.Better},
		"gone":                                   {figures.Bytes, []float64{1}, nil, figures.Gone},
		"new":                                    {figures.Bytes, nil, []float64{1}, figures.Added},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := figures.Compare(rows(c.unit, c.old...), rows(c.unit, c.now...), 0.1)
			require.Len(t, got.Changes, 1)
			require.Equal(t, c.want, got.Changes[0].Verdict)
			require.Equal(t, c.want == figures.Worse || c.want == figures.Gone, len(got.Failed()) == 1)
			require.Empty(t, got.Machines)
			var b bytes.Buffer
			require.NoError(t, got.WriteText(&b))
			require.Contains(t, b.String(), string(c.want))
		})
	}
	other := rows(figures.Bytes, 1)
	other.Machine.Cores += 2
	require.NotEmpty(t, figures.Compare(other, rows(figures.Bytes, 1), 0.1).Machines)
}

func TestRatio_ComparesRoundsThatTookTurns(t *testing.T) {
	r := figures.New("", nil)
	a, b := r.Row("throughput", "a", figures.PerSecond), r.Row("throughput", "b", figures.PerSecond)
	for _, v := range []float64{10, 100, 30} {
		a.Add(v)
		b.Add(2 * v)
	}
	ratio := r.Ratio("throughput", "a / b", a, b)
	require.Equal(t, []float64{0.5, 0.5, 0.5}, ratio.Rounds)
	require.True(t, ratio.Higher())
	require.NotEmpty(t, r.Ratio("throughput", "a / none", a, &figures.Row{}).Skipped)
}

func TestUnit_FormatsForPeople(t *testing.T) {
	for want, got := range map[string]string{
		"0": figures.Count.Format(0), "999 ns": figures.Nanoseconds.Format(999), "1.50 us": figures.Nanoseconds.Format(1500),
		"12.3 ms": figures.Nanoseconds.Format(12.34e6), "4,321 s": figures.Nanoseconds.Format(4321e9), "64 KiB": figures.Bytes.Format(65536),
		"1,234,567 req/s": figures.PerSecond.Format(1234567), "0.583x": figures.Times.Format(0.5831), "123 fuel": figures.Fuel.Format(123),
	} {
		require.Equal(t, want, got)
	}
}
