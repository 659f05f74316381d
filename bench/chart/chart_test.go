package chart_test

import (
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/chart"
	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/latency"
)

func report() *figures.Report {
	r := figures.New("a <test> & more", []string{"lull", "bench"})
	for _, name := range []string{"cold start", "warm call"} {
		h := latency.New()
		for n := range 1000 {
			h.Record(time.Duration(n+1) * time.Microsecond * time.Duration(len(name)))
		}
		row := r.Row("counter </script>", name, figures.Nanoseconds)
		row.AddLatency(h)
		row.Timeline, row.Tick = []int{10, 20, 15}, 100*time.Millisecond
	}
	r.Skip("counter </script>", "reset", "no image")
	c := r.Curve("memory over instances", "instances", "bytes")
	c.LogX, c.LogY = true, true
	for n := range 4 {
		c.Add("Go", float64(n*100), float64(n*n))
	}
	r.Curve("empty", "x", "y")
	return r
}

func TestWrite_DrawsEveryPlotTwiceAndOnePage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	page, err := chart.Write(dir, report())
	require.NoError(t, err)
	names := []string{"counter-script-time-median", "counter-script-distribution-of-latency", "counter-script-throughput-over-time", "memory-over-instances"}
	for _, name := range names {
		f, err := os.Open(filepath.Join(dir, name+".png"))
		require.NoError(t, err)
		image, err := png.Decode(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Greater(t, image.Bounds().Dx(), 500)
		drawing, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		require.NoError(t, err)
		require.Positive(t, elements(t, string(drawing))["path"], name)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2*len(names)+1)

	text, err := os.ReadFile(page)
	require.NoError(t, err)
	html := string(text)
	require.Equal(t, len(names), strings.Count(html, "<svg"))
	require.Contains(t, html, "a &lt;test&gt; &amp; more")
	require.Equal(t, 1, strings.Count(html, "</script>"), "what was measured cannot end the script")
	for _, outside := range []string{"src=", "<link", "@import", "url("} {
		require.NotContains(t, html, outside)
	}
}

func TestWrite_OfAnEmptyReportIsAPageWithoutPlots(t *testing.T) {
	dir := t.TempDir()
	page, err := chart.Write(dir, figures.New("nothing", nil))
	require.NoError(t, err)
	require.FileExists(t, page)
}

// elements counts the elements of an XML document by name.
func elements(t *testing.T, document string) map[string]int {
	counts := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(document)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return counts
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			counts[start.Name.Local]++
		}
	}
}
