package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/figures"
)

const ran = `goos: linux
BenchmarkStart/C-2   	       1	        18.50 image-median-us	        16.0 reset-median-us
BenchmarkWarmCall/C-2         	  842061	       361 ns/op	       0 B/op	       0 allocs/op
BenchmarkWarmHTTP-2   	       1	         0.5800 hooks/bare	         0.8000 fresh/no-hooks
some words of a test
PASS
`

func TestTable_TellsWhatWasReached(t *testing.T) {
	found, err := metrics(strings.NewReader(ran))
	require.NoError(t, err)
	var b bytes.Buffer
	report := figures.New("", nil)
	require.NoError(t, print(&b, found, report))
	for _, line := range []string{
		`(?m)^start from image \+ first answer, C +<= 20 us +18\.5 us +reached`,
		`(?m)^start by reset \+ first answer, C +<= 15 us +16 us +missed`,
		`(?m)^warm call with deadline, 100 bytes, C +<= 0\.4 us +0\.361 us +reached`,
		`(?m)^allocations of it, C +<= 0 +0 +reached`,
		`(?m)^warm HTTP, Go with both hooks / bare fasthttp +>= 0\.8 x +0\.58 x +missed`,
		`(?m)^HTTP, isolation fresh / serial, Go +>= 0\.4 x +0\.8 x +reached`,
		`(?m)^transform of a 14 MB module +<= 0\.15 s +- +no such benchmark ran`,
	} {
		require.Regexp(t, line, b.String())
	}
	require.Len(t, report.Rows, len(targets))
}
