// Package interpreters gets the interpreters that run source trees, from npm packages at pinned versions, and keeps them prepared in
// a folder. Nothing of them is part of lull.
//
// An interpreter is a file of this package: its packages, what is taken from them, and how it is prepared. Package engine has the
// other half, how it is driven.
package interpreters

import (
	"context"
	"fmt"
	"slices"
)

// Package is an npm package at a pinned version.
type Package struct {
	Name    string
	Version string
	SHA256  string   // of its tarball, in hex
	Files   []string // what is unpacked: files or folders, "/" between the parts; nil: all
}

func (p Package) String() string { return p.Name + "@" + p.Version }

// Interpreter is an entry of the catalogue.
type Interpreter struct {
	// Name is what runtimes name it by. Version is that of the program, for people.
	Name    string
	Version string
	// Packages is what it is made of. The first one's version names the folder that it is installed in.
	Packages []Package
	// Revision counts how the preparation has changed: what an earlier one has left is not used.
	Revision int
	// Notice tells whose work it is and under which terms, where the packages do not.
	Notice string

	// prepare fills w.Out. The files of the packages are unpacked and checked.
	prepare func(ctx context.Context, w *Work) error
}

// Folder names what it is installed as.
func (i *Interpreter) Folder() string {
	return fmt.Sprintf("%s-%s-r%d", i.Name, i.Packages[0].Version, i.Revision)
}

var catalogue = []*Interpreter{&quickjs, &python, &php, &ruby}

// Names are those of the catalogue, in its order.
func Names() (names []string) {
	for _, i := range catalogue {
		names = append(names, i.Name)
	}
	return names
}

// Get returns the entry of a name.
func Get(name string) (*Interpreter, bool) {
	at := slices.IndexFunc(catalogue, func(i *Interpreter) bool { return i.Name == name })
	if at < 0 {
		return nil, false
	}
	return catalogue[at], true
}
