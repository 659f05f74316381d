package host_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSpecification_NamesTestsThatExist reads SPECIFICATION.md, where `package.TestName` stands behind each promise.
func TestSpecification_NamesTestsThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "SPECIFICATION.md"))
	require.NoError(t, err)
	names := regexp.MustCompile("`([a-z0-9_/]+)\\.((?:Test|Fuzz|Benchmark)\\w+)").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(names), 100)
	sources := map[string]string{}
	for _, name := range names {
		dir, test := name[1], name[2]
		if test == "TestX" { // the example of how to read it
			continue
		}
		if _, ok := sources[dir]; !ok {
			files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*_test.go"))
			require.NoError(t, err)
			for _, file := range files {
				source, err := os.ReadFile(file)
				require.NoError(t, err)
				sources[dir] += string(source)
			}
		}
		// A name may stand for all tests that begin with it, as TestA1_ does.
		require.Regexp(t, `(?m)^func `+test+`\w*\(`, sources[dir], "%s.%s", dir, test)
	}
}
