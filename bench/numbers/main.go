// Numbers runs the Go benchmarks and prints what they reached of what they have to reach, as one table.
//
//	go run ./bench/numbers            run the benchmarks that the table needs, some minutes
//	go run ./bench/numbers FILE       read the output of go test -bench from a file; - is standard input
//
// A figure that was measured several times is the median. With -v the benchmarks' own output comes first, and -json FILE keeps the figures. A target that is missed is not an error: machines differ. A benchmark that
// fails is.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
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
			return errors.Join(err, parseErr)
		}
		fmt.Printf("%s\n\n", report.Machine)
		if err := print(os.Stdout, found, reasons(text), report); err != nil {
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
	var failed error
	for _, part := range []struct{ packages, pattern, count string }{
		{"./bench", "Start|WarmCall|PauseResume", "3"},
		{"./bench", "WarmHTTP|Deadline", "1"}, // of many rounds, or the longest of many
		// Each in a process of its own: what one leaves behind is in the other's memory and collections.
		{"./bench", "PausedMemory", "1"}, {"./bench", "Collection", "3"}, {"./bench", "Neighbours", "3"},
		{"./host/engine/wasmbin", "Transform|Checks", "3"},
		{"./bench", "NodeJS(Start|Warm|Memory|Checks)", "1"}, {"./bench", "Interpreter(Start|Warm|Paused|Checks)", "1"},
		{"./bench", "Server(Start|Warm|Paused|HTTP)", "1"},
	} {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark("+part.pattern+")$", "-benchmem", "-benchtime", "300ms", "-timeout", "30m", "-count", part.count, part.packages)
		cmd.Dir = root()
		fmt.Fprintln(os.Stderr, strings.Join(cmd.Args, " "))
		out, err := cmd.CombinedOutput()
		all.Write(out)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return all.Bytes(), failed
}

// root is the module's folder; the program runs where it was built.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// processors end a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

// reason is what a benchmark says of what it has not measured.
var reason = regexp.MustCompile(`(?m)^\s*--- (?:SKIP|BENCH): Benchmark(\S+)\n\s+\S+\.go:\d+: (.*)$`)

// reasons returns by name what benchmarks have said.
func reasons(text []byte) map[string]string {
	said := map[string]string{}
	for _, m := range reason.FindAllSubmatch(text, -1) {
		said[processors.ReplaceAllString(string(m[1]), "")] = string(m[2])
	}
	return said
}

// metrics returns the figures of all benchmarks by name and unit, one for each run.
func metrics(r io.Reader) (map[[2]string][]float64, error) {
	found := map[[2]string][]float64{}
	reader := benchfmt.NewReader(r, "go test")
	for reader.Scan() {
		rec, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue // a line that is no result
		}
		for _, v := range rec.Values {
			key := [2]string{processors.ReplaceAllString(string(rec.Name), ""), v.Unit}
			found[key] = append(found[key], v.Value)
		}
	}
	return found, reader.Err()
}

// print prints the table, and adds its figures to the report.
func print(w io.Writer, found map[[2]string][]float64, said map[string]string, report *figures.Report) error {
	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(t, "what\tto reach\tfigure\t\tbenchmark")
	for _, target := range targets {
		bound := "<= "
		if target.atLeast {
			bound = ">= "
		}
		bound += strings.TrimSpace(fmt.Sprintf("%v %s", target.bound, target.shown))
		values := found[[2]string{target.benchmark, target.unit}]
		if len(values) == 0 {
			why := said[target.benchmark]
			if why == "" {
				why = "no such benchmark ran: " + target.benchmark + " " + target.unit
			}
			fmt.Fprintf(t, "%s\t%s\t-\tnot measured\t%s\n", target.what, bound, why)
			report.Skip("numbers to reach", target.what, why)
			continue
		}
		slices.Sort(values)
		value := (values[(len(values)-1)/2] + values[len(values)/2]) / 2 * target.scale
		verdict := "missed"
		if value <= target.bound && !target.atLeast || value >= target.bound && target.atLeast {
			verdict = "reached"
		}
		fmt.Fprintf(t, "%s\t%s\t%.3g %s\t%s\t%s\n", target.what, bound, value, target.shown, verdict, target.benchmark)
		row := report.Row("numbers to reach", target.what, figures.Unit(target.shown))
		for _, v := range values {
			row.Add(v * target.scale)
		}
		row.HigherIsBetter = target.atLeast
		row.Note = bound + ", " + verdict
	}
	return t.Flush()
}
