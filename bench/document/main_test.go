package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/figures"
)

func TestUpdate_ReplacesTablesAndCopiesPlots(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in", "peers")
	require.NoError(t, os.MkdirAll(in, 0o777))
	r := figures.New("", nil)
	r.Row("cold start", "lull", figures.Nanoseconds).Add(12_000)
	require.NoError(t, r.Save(filepath.Join(in, "peers.json")))
	require.NoError(t, os.WriteFile(filepath.Join(in, "cold-start.svg"), []byte("<svg/>"), 0o600))

	doc := filepath.Join(dir, "DOC.md")
	write := func(text string) { require.NoError(t, os.WriteFile(doc, []byte(text), 0o600)) }
	read := func(file string) string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(text)
	}
	write("before\n<!-- begin peers -->\nbefore this run\n<!-- end peers -->\n![a](bench/plots/cold-start.svg)\nafter\n")
	require.NoError(t, update(doc, filepath.Join(dir, "in")))
	text := read(doc)
	require.Contains(t, text, "| lull | 12 us |")
	require.Contains(t, text, "before\n")
	require.Contains(t, text, "after\n")
	require.NotContains(t, text, "before this run")
	require.Equal(t, "<svg/>", read(filepath.Join(dir, "bench", "plots", "cold-start.svg")))

	write("<!-- begin absent -->\nstays\n<!-- end absent -->\n")
	require.ErrorContains(t, update(doc, filepath.Join(dir, "in")), "absent")
	require.Contains(t, read(doc), "stays")
}
