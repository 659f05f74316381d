package guests

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	// ErrLanguage is wrapped when there is no such language, or a folder has no source in any.
	ErrLanguage = errors.New("unknown language")
	// ErrName is wrapped when a project's name cannot be a function's name or a module's.
	ErrName = errors.New("bad project name")
	// ErrNotEmpty is wrapped when the folder for a new project holds something already.
	ErrNotEmpty = errors.New("folder is not empty")
)

// validName is the rule for function names.
var validName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,127}$`)

// WriteProject writes a ready project for the function name into dir, which is made if it does not
// exist. The SDK is part of the project: it builds with the toolchain alone.
//
// It fails with [ErrLanguage], [ErrName], [ErrNotEmpty], or the error of the file system, before which
// some files may have been written. Nothing that exists is overwritten.
func WriteProject(dir, name, lang string) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("%w %q: use 1 to 128 letters, digits, - and _, with a letter or _ first", ErrName, name)
	}
	i := slices.IndexFunc(languages, func(l language) bool { return l.name == lang })
	if i < 0 {
		return fmt.Errorf("%w %q: choose one of %s", ErrLanguage, lang, strings.Join(Languages(), ", "))
	}
	project, err := languages[i].project(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%w: %s holds %s", ErrNotEmpty, dir, entries[0].Name())
	}
	project[".gitignore"] += "*.wasm\n"
	for file, text := range project {
		if err := write(filepath.Join(dir, filepath.FromSlash(file)), text); err != nil {
			return err
		}
	}
	return nil
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

const sdkImport = `lull "github.com/lull-dev/lull/guests/go/sdk"`

// goReserved cannot be a module's name: the go command, or a package of the standard library that the
// project's own package would hide.
var goReserved = strings.Fields(`builtin bufio bytes cmd cmp context crypto embed encoding errors expvar
	flag fmt go hash html image io iter log maps math mime net os path plugin reflect regexp runtime slices
	sort std strconv strings structs sync syscall testing time unicode unique unsafe weak`)

// goModule is the go.mod of a project of that name.
func goModule(name string) (map[string]string, error) {
	if slices.Contains(goReserved, name) {
		return nil, fmt.Errorf("%w %q: Go has a package of that name; choose another", ErrName, name)
	}
	return map[string]string{"go.mod": "module " + name + "\n\ngo 1.24\n"}, nil
}

func goProject(name string) (map[string]string, error) {
	project, err := goModule(name)
	if err != nil {
		return nil, err
	}
	for file, text := range source("go/template") {
		text = strings.ReplaceAll(text, sdkImport, `"`+name+`/lull"`)
		project[file] = strings.ReplaceAll(text, "NAME", name)
	}
	for file, text := range source("go/sdk") {
		if !strings.HasSuffix(file, "_test.go") {
			project["lull/"+file] = strings.ReplaceAll(text, sdkImport, `"`+name+`/lull"`)
		}
	}
	return project, nil
}

func goHTTPProject(name string) (map[string]string, error) {
	project, err := goModule(name)
	if err != nil {
		return nil, err
	}
	for file, text := range source("gohttp/template") {
		project[file] = strings.ReplaceAll(text, "NAME", name)
	}
	return project, nil
}

func cProject(name string) (map[string]string, error) {
	project := source("c/sdk")
	for file, text := range source("c/template") {
		text = strings.ReplaceAll(text, `"../sdk/lull.h"`, `"lull.h"`)
		project[file] = strings.ReplaceAll(text, "NAME", name)
	}
	return project, nil
}

func rustProject(name string) (map[string]string, error) {
	project := source("rust/sdk")
	for file, text := range source("rust/template") {
		text = strings.ReplaceAll(text, "#[path = \"../sdk/lull.rs\"]\n", "")
		project[file] = strings.ReplaceAll(text, "NAME", name)
	}
	return project, nil
}

func assemblyScriptProject(name string) (map[string]string, error) {
	project := map[string]string{}
	for file, text := range source("assemblyscript/sdk") {
		project["assembly/"+file] = text
	}
	for file, text := range source("assemblyscript/template") {
		text = strings.ReplaceAll(text, `"../../sdk/lull"`, `"./lull"`)
		project[file] = strings.ReplaceAll(text, "NAME", name)
	}
	project[".gitignore"] = "node_modules/\n"
	return project, nil
}

// sourceProject is a template as it is: a language with an interpreter needs no SDK.
func sourceProject(folder string) func(name string) (map[string]string, error) {
	return func(name string) (map[string]string, error) {
		project := source(folder)
		for file, text := range project {
			project[file] = strings.ReplaceAll(text, "NAME", name)
		}
		project[".gitignore"] = "*.zip\nnode_modules/\n"
		return project, nil
	}
}

// source returns the embedded files below a folder by their paths in it.
func source(dir string) map[string]string {
	texts := map[string]string{}
	err := fs.WalkDir(files, dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, file)
		texts[strings.TrimPrefix(file, dir+"/")] = string(text)
		return err
	})
	if err != nil {
		panic(err) // the folder is named in go:embed
	}
	return texts
}
