// Document puts the figures of a run into BENCHMARKS.md: it replaces what stands between the comments "begin NAME" and "end NAME" by the tables of NAME/NAME.json, and
// copies the plots that the text links.
//
//	go run ./bench/document -in DIR
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"github.com/lull-dev/lull/bench/figures"
)

func main() {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..")
	in := flag.String("in", filepath.Join(root, "bin", "bench"), "folder that has NAME/NAME.json of each measurement")
	doc := flag.String("doc", filepath.Join(root, "BENCHMARKS.md"), "document to change")
	flag.Parse()
	if err := update(*doc, *in); err != nil {
		fmt.Fprintln(os.Stderr, "document:", err)
		os.Exit(1)
	}
}

var (
	section = regexp.MustCompile(`(?s)<!-- begin (\w+) -->\n.*?<!-- end (\w+) -->\n`)
	link    = regexp.MustCompile(`\]\((bench/plots/([\w-]+\.svg))\)`)
)

// update rewrites the document. Sections whose measurement is not there, and their plots, stay as they are, and are named in the error.
func update(doc, in string) error {
	text, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	var missing error
	text = section.ReplaceAllFunc(text, func(old []byte) []byte {
		names := section.FindSubmatch(old)
		name := string(names[1])
		if string(names[2]) != name {
			missing = errors.Join(missing, fmt.Errorf("section %s ends as %s", name, names[2]))
			return old
		}
		r, err := figures.Load(filepath.Join(in, name, name+".json"))
		if err != nil {
			missing = errors.Join(missing, err)
			return old
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "<!-- begin %s -->\n", name)
		if err := r.WriteMarkdown(&b); err != nil {
			missing = errors.Join(missing, err)
			return old
		}
		fmt.Fprintf(&b, "<!-- end %s -->\n", name)
		return b.Bytes()
	})
	for _, m := range link.FindAllSubmatch(text, -1) {
		if err := plot(filepath.Join(filepath.Dir(doc), string(m[1])), in, string(m[2])); err != nil {
			missing = errors.Join(missing, err)
		}
	}
	return errors.Join(os.WriteFile(doc, text, 0o666), missing)
}

// plot copies the plot of a name, from whichever measurement has it.
func plot(to, in, name string) error {
	found, err := filepath.Glob(filepath.Join(in, "*", name))
	if err != nil || len(found) == 0 {
		return fmt.Errorf("no measurement has the plot %s", name)
	}
	drawing, err := os.ReadFile(found[0])
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.WriteFile(to, drawing, 0o666)
}
