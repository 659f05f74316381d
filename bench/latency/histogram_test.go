package latency_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/latency"
)

func TestHistogram_KnowsItsPercentiles(t *testing.T) {
	h := latency.New()
	for n := range 1000 {
		h.Record(time.Duration(n+1) * time.Microsecond)
	}
	require.EqualValues(t, 1000, h.Count())
	for p, want := range map[float64]time.Duration{50: 500, 90: 900, 99: 990, 99.9: 999} {
		require.InEpsilon(t, want*time.Microsecond, h.Percentile(p), 0.002)
	}
	require.InEpsilon(t, time.Millisecond, h.Max(), 0.002)
}

func TestHistogram_TakesWhatIsOutOfRangeAsTheNearestItCanTell(t *testing.T) {
	h := latency.New()
	h.Record(-time.Second)
	h.Record(24 * time.Hour)
	require.EqualValues(t, 2, h.Count())
	require.InEpsilon(t, latency.Longest, h.Max(), 0.002)
	require.LessOrEqual(t, h.Percentile(50), time.Microsecond)
}

func TestHistogram_SurvivesJSON(t *testing.T) {
	h := latency.New()
	for n := range 100 {
		h.Record(time.Duration(n*n) * time.Microsecond)
	}
	text, err := json.Marshal(h)
	require.NoError(t, err)
	read := new(latency.Histogram)
	require.NoError(t, json.Unmarshal(text, read))
	require.Equal(t, h.Distribution(), read.Distribution())
	require.ErrorContains(t, json.Unmarshal([]byte(`{"hdr":"AAAA"}`), read), "histogram")
}

func TestDistribution_RisesToTheLongest(t *testing.T) {
	h := latency.New()
	require.Empty(t, h.Distribution())
	for n := range 5000 {
		h.Record(time.Duration(n+1) * time.Millisecond)
	}
	points := h.Distribution()
	for i := 1; i < len(points); i++ {
		require.Greater(t, points[i].Percent, points[i-1].Percent)
		require.GreaterOrEqual(t, points[i].Value, points[i-1].Value)
	}
	require.Equal(t, h.Max(), points[len(points)-1].Value)
}
