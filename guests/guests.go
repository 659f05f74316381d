// Package guests holds what a function's author starts from: the guest SDKs, a small project in each
// language, and the call of that language's toolchain. Everything is embedded, so that a new
// project is written and built without a network.
package guests

import (
	"embed"
	"slices"
)

//go:embed go/sdk/*.go go/sdk/lullhttp/*.go go/template/*.go gohttp/template/*.go c/sdk/lull.h c/template/main.c
//go:embed rust/sdk/lull.rs rust/template/main.rs assemblyscript/sdk/lull.ts assemblyscript/template
//go:embed nodejs/template nodejs/typescript python/template php/template ruby/template
var files embed.FS

// language is one row of the matrix in README.md.
type language struct {
	name    string
	project func(name string) (map[string]string, error) // file path to content
	sign    string                                       // a file that shows the language: a pattern of path.Match
	build   func(b *build) error
	ext     string // of what is built; empty: .wasm
	runtime string // that the package needs; empty: any
}

// languages in the order in which a folder is looked at.
var languages = []language{
	{name: "go", project: goProject, sign: "*.go", build: buildGo},
	{name: "go-http", project: goHTTPProject, sign: "go.mod", build: buildGo}, // the source says which of the two it is
	{name: "c", project: cProject, sign: "*.c", build: buildC},
	{name: "rust", project: rustProject, sign: "*.rs", build: buildRust},
	{name: "assemblyscript", project: assemblyScriptProject, sign: "asconfig.json", build: buildAssemblyScript},
	{name: "typescript", project: sourceProject("nodejs/typescript"), sign: "index.*ts", build: buildNodeJS, ext: ".zip", runtime: "nodejs20"},
	{name: "nodejs", project: sourceProject("nodejs/template"), sign: "index.*js", build: buildNodeJS, ext: ".zip", runtime: "nodejs20"},
	{name: "python", project: sourceProject("python/template"), sign: "*.py", build: buildSource, ext: ".zip", runtime: "python3.11"},
	{name: "php", project: sourceProject("php/template"), sign: "*.php", build: buildSource, ext: ".zip", runtime: "php8.2"},
	{name: "ruby", project: sourceProject("ruby/template"), sign: "*.rb", build: buildSource, ext: ".zip", runtime: "ruby3.4"},
}

// Runtime names the runtime that the project in dir needs: that of an interpreter, or nothing if it is built to a module or is no
// project.
func Runtime(dir string) string {
	l, err := detect(dir)
	if err != nil {
		return ""
	}
	return l.runtime
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
