package guests

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/interpreters"
	"github.com/lull-dev/lull/host/runtimes"
	"github.com/lull-dev/lull/host/source"
)

// Source is a guest that an interpreter runs.
type Source struct {
	Name        string // as in tables
	Folder      string // of Dir
	Runtime     string
	Handler     string
	Interpreter string
}

// Sources lists them.
func Sources() []Source {
	all := []Source{
		{Name: "JavaScript", Folder: "js", Runtime: "nodejs20", Handler: "index.handler"},
		{Name: "Python", Folder: "python", Runtime: "python3.11", Handler: "index.handler"},
	}
	table, err := runtimes.New()
	if err != nil {
		panic(err) // nothing was asked to be allowed
	}
	var known []Source
	for _, s := range all {
		if rt, ok := table.Get(s.Runtime); ok {
			s.Interpreter = rt.Interpreter
		}
		known = append(known, s)
	}
	return known
}

// Pack returns the guest's source tree as code, and where its interpreter is found. It fails if that is not installed.
func (s Source) Pack() (code []byte, store engine.Interpreters, err error) {
	opened, err := interpreters.Open("")
	if err != nil {
		return nil, nil, err
	}
	if s.Interpreter == "" {
		return nil, nil, fmt.Errorf("runtime %s has no interpreter", s.Runtime)
	}
	if _, err := opened.Find(s.Interpreter); err != nil {
		return nil, nil, err
	}
	dir := filepath.Join(Dir(), s.Folder)
	if _, err := os.Stat(dir); err != nil {
		return nil, nil, err
	}
	code, err = source.Pack(dir, source.Limits{})
	return code, opened, err
}

// Function is the guest as lull deploys it.
func (s Source) Function(code []byte) fn.Function {
	return fn.Function{Name: "f", Code: code, Runtime: s.Runtime, Handler: s.Handler}
}
