// Numbers runs the Go benchmarks and prints what they reached of what they have to reach, as one table.
//
//	go run ./bench/numbers            run the benchmarks that the table needs, about two minutes
//	go run ./bench/numbers FILE       read the output of go test -bench from a file; - is standard input
//
// With -v the benchmarks' own output comes first, and -json FILE keeps the figures. A target that is missed is not an error: machines differ. A benchmark that
// fails is.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchfmt"

	"github.com/lull-dev/lull/bench/figures"
)

func main() {
	verbose := flag.Bool("v", false, "print what the benchmarks print, too")
	file := flag.String("json", "", "write the figures to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report := figures.New("numbers to reach", append([]string{"bench/numbers"}, os.Args[1:]...))
	err := func() error {
		text, err := output(ctx, flag.Arg(0))
		if *verbose || err != nil {
			os.Stdout.Write(text)
		}
		found, parseErr := metrics(bytes.NewReader(text))
		if parseErr != nil {
			return parseErr
		}
		fmt.Printf("%s\n\n", report.Machine)
		if err := print(os.Stdout, found, report); err != nil {
			return err
		}
		report.Done()
		if *file != "" {
			if err := report.Save(*file); err != nil {
				return err
			}
		}
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "numbers:", err)
		os.Exit(1)
	}
}

// output is what the benchmarks print: of a run now, or of the file.
func output(ctx context.Context, file string) ([]byte, error) {
	switch file {
	case "":
	case "-":
		return io.ReadAll(os.Stdin)
	default:
		return os.ReadFile(file)
	}
	var all bytes.Buffer
	for _, part := range []struct{ packages, pattern string }{
		{"./bench", "Start|WarmCall|PauseResume|WarmHTTP|Deadline"},
		// Each in a process of its own: what one leaves behind is in the other's memory and collections.
		{"./bench", "PausedMemory"}, {"./bench", "Collection"}, {"./bench", "Neighbours"},
		{"./host/engine/wasmbin", "Transform|Checks"},
	} {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark("+part.pattern+")$", "-benchmem", "-benchtime", "300ms", part.packages)
		cmd.Dir = root()
		fmt.Fprintln(os.Stderr, strings.Join(cmd.Args, " "))
		out, err := cmd.CombinedOutput()
		all.Write(out)
		if err != nil {
			return all.Bytes(), fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
		}
	}
	return all.Bytes(), nil
}

// root is the module's folder; the program runs where it was built.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// processors end a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

// metrics returns the figures of all benchmarks by name and unit.
func metrics(r io.Reader) (map[[2]string]float64, error) {
	found := map[[2]string]float64{}
	reader := benchfmt.NewReader(r, "go test")
	for reader.Scan() {
		rec, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue // a line that is no result
		}
		for _, v := range rec.Values {
			found[[2]string{processors.ReplaceAllString(string(rec.Name), ""), v.Unit}] = v.Value
		}
	}
	return found, reader.Err()
}

// print prints the table, and adds its figures to the report.
func print(w io.Writer, found map[[2]string]float64, report *figures.Report) error {
	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(t, "what\tto reach\tfigure\t\tbenchmark")
	for _, target := range targets {
		bound := "<= "
		if target.atLeast {
			bound = ">= "
		}
		bound += strings.TrimSpace(fmt.Sprintf("%v %s", target.bound, target.shown))
		value, ok := found[[2]string{target.benchmark, target.unit}]
		if !ok {
			fmt.Fprintf(t, "%s\t%s\t-\tno such benchmark ran\t%s %s\n", target.what, bound, target.benchmark, target.unit)
			report.Skip("numbers to reach", target.what, "no such benchmark ran: "+target.benchmark+" "+target.unit)
			continue
		}
		value *= target.scale
		verdict := "missed"
		if value <= target.bound && !target.atLeast || value >= target.bound && target.atLeast {
			verdict = "reached"
		}
		fmt.Fprintf(t, "%s\t%s\t%.3g %s\t%s\t%s\n", target.what, bound, value, target.shown, verdict, target.benchmark)
		row := report.Row("numbers to reach", target.what, figures.Unit(target.shown))
		row.Add(value)
		row.HigherIsBetter = target.atLeast
		row.Note = bound + ", " + verdict
	}
	return t.Flush()
}
