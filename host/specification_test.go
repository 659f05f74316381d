package host_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSpecification_NamesTestsThatExist reads SPECIFICATION.md, where `package.TestName` stands behind each promise.
func TestSpecification_NamesTestsThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "SPECIFICATION.md"))
	require.NoError(t, err)
	names := regexp.MustCompile("`([a-z0-9_/]+)\\.((?:Test|Fuzz|Benchmark)\\w+)").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(names), 100)
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)`)
	declared := map[string][]string{}
	for _, name := range names {
		dir, test := name[1], name[2]
		if test == "TestX" { // the example of how to read it
			continue
		}
		if _, ok := declared[dir]; !ok {
			files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*_test.go"))
			require.NoError(t, err)
			for _, file := range files {
				source, err := os.ReadFile(file)
				require.NoError(t, err)
				for _, found := range declaration.FindAllSubmatch(source, -1) {
					declared[dir] = append(declared[dir], string(found[1]))
				}
			}
		}
		// A name may stand for all tests that begin with it, as TestA1_ does.
		found := slices.ContainsFunc(declared[dir], func(name string) bool { return strings.HasPrefix(name, test) })
		require.True(t, found, "%s.%s", dir, test)
	}
}
