// Package ordinary has the work of the guests as servers of the languages' own programs, without lull and without WebAssembly.
package ordinary

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lull-dev/lull/bench/process"
)

//go:embed server.js
var serverJS []byte

//go:embed server.py
var serverPy []byte

// Server is a program that prints "listening URL" and answers events there.
type Server struct {
	Name    string
	program string
	file    string
	text    []byte
}

// Node is a server of Node.js, Python one of Python's http.server.
var (
	Node   = Server{"Node.js", "node", "server.js", serverJS}
	Python = Server{"Python http.server", "python3", "server.py", serverPy}
)

// Command is how to run it, with its source in dir; it is written once, since many processes may read it at a time. It fails if the program is not installed.
func (s Server) Command(dir string) (process.Command, error) {
	path, err := s.find()
	if err != nil {
		return process.Command{}, err
	}
	file := filepath.Join(dir, s.file)
	if _, err := os.Stat(file); err != nil {
		if err := os.WriteFile(file, s.text, 0o600); err != nil {
			return process.Command{}, err
		}
	}
	return process.Command{Path: path, Args: []string{file}}, nil
}

// find looks for the program. python3 may be a script of a version manager that starts the real one; that would be measured, too.
func (s Server) find() (string, error) {
	path, err := exec.LookPath(s.program)
	if err != nil {
		return "", fmt.Errorf("%s is not installed", s.program)
	}
	if s.program == "python3" {
		if out, err := exec.Command(path, "-c", "import sys; print(sys.executable)").Output(); err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return path, nil
}
