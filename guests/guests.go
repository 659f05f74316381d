// Package guests holds what a function's author starts from: the guest SDKs, a small project in each
// language, and the call of that language's toolchain. Everything is embedded, so that a new
// project is written and built without a network.
package guests

import (
	"embed"
	"slices"
	"strings"
)

//go:embed go/sdk/*.go go/sdk/lullhttp/*.go go/template/*.go c/sdk/lull.h c/template/main.c
var files embed.FS

// language is one row of the matrix in README.md.
type language struct {
	name    string
	project func(name string) (map[string]string, error) // file path to content
	owns    func(file string) bool                       // a file of this name shows the language
	build   func(b *build) error
}

// languages in the order in which a folder is looked at.
var languages = []language{
	{"go", goProject, func(f string) bool { return f == "go.mod" || strings.HasSuffix(f, ".go") }, buildGo},
	{"c", cProject, func(f string) bool { return strings.HasSuffix(f, ".c") }, buildC},
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
