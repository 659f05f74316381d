// Package guests holds what a function's author starts from: the guest SDKs, a small project in each
// language, and the call of that language's toolchain. Everything is embedded, so that a new
// project is written and built without a network.
package guests

import (
	"embed"
	"slices"
)

//go:embed go/sdk/*.go go/sdk/lullhttp/*.go go/template/*.go c/sdk/lull.h c/template/main.c
//go:embed rust/sdk/lull.rs rust/template/main.rs assemblyscript/sdk/lull.ts assemblyscript/template
var files embed.FS

// language is one row of the matrix in README.md.
type language struct {
	name    string
	project func(name string) (map[string]string, error) // file path to content
	sign    string                                       // a file that shows the language: a pattern of path.Match
	build   func(b *build) error
}

// languages in the order in which a folder is looked at.
var languages = []language{
	{"go", goProject, "*.go", buildGo},
	{"c", cProject, "*.c", buildC},
	{"rust", rustProject, "*.rs", buildRust},
	{"assemblyscript", assemblyScriptProject, "asconfig.json", buildAssemblyScript},
}

// Languages returns the names that [WriteProject] takes, sorted.
func Languages() []string {
	var names []string
	for _, l := range languages {
		names = append(names, l.name)
	}
	slices.Sort(names)
	return names
}
