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
BenchmarkStart/C-2   	       1	        99.50 image-median-us	        1.0 reset-median-us
BenchmarkStart/C-2   	       1	        17.00 image-median-us	        17.0 reset-median-us
BenchmarkWarmCall/C-2         	  842061	       361 ns/op	       0 B/op	       0 allocs/op
BenchmarkWarmHTTP-2   	       1	         0.5800 hooks/bare	         0.8000 fresh/no-hooks
some words of a test
BenchmarkInterpreterStart/PHP-2  	       1	        0.5 ms-image
BenchmarkInterpreterPaused/PHP-2  	       1	        0.25 MB-instance
--- BENCH: BenchmarkInterpreterStart/PHP-2
    interpreters_test.go:96: php is not on the PATH: no comparison with it
    interpreters_test.go:96: php is not on the PATH: no comparison with it
--- SKIP: BenchmarkNodeJSStart
    interpreters.go:27: the interpreter is not installed
PASS
`

func TestTable_TellsWhatWasReached(t *testing.T) {
	found, err := metrics(strings.NewReader(ran))
	require.NoError(t, err)
	var b bytes.Buffer
	report := figures.New("", nil)
	require.NoError(t, print(&b, found, reasons([]byte(ran)), report))
	for _, line := range []string{
		`(?m)^start from image \+ first answer, C +<= 20 us +18\.5 us +reached`,
		`(?m)^start by reset \+ first answer, C +<= 15 us +16 us +missed`,
		`(?m)^warm call with deadline, 100 bytes, C +<= 0\.4 us +0\.361 us +reached`,
		`(?m)^allocations of it, C +<= 0 +0 +reached`,
		`(?m)^warm HTTP, Go with both hooks / bare fasthttp +>= 0\.8 x +0\.58 x +missed`,
		`(?m)^HTTP, isolation fresh / serial, Go +>= 0\.4 x +0\.8 x +reached`,
		`(?m)^transform of a 14 MB module +<= 0\.15 s +- +not measured +no such benchmark ran: Transform sec/op`,
		`(?m)^memory of its own of a paused instance, PHP +<= 0\.8 MiB +0\.25 MiB +reached`,
		`(?m)^the program php / start from image +>= 20 x +- +not measured +php is not on the PATH`,
		`(?m)^start from image \+ first answer, JavaScript +<= 0\.35 ms +- +not measured +the interpreter is not installed`,
	} {
		require.Regexp(t, line, b.String())
	}
	require.Len(t, report.Rows, len(targets))
}
