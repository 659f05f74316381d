// Package python holds the part of the python runtime that is written in Python. It is mounted at /boot.
package python

import (
	"embed"
	"io/fs"
)

//go:embed boot/*.py
var files embed.FS

// Boot has boot.py, which the interpreter starts with, and what it imports.
var Boot = func() fs.FS {
	boot, err := fs.Sub(files, "boot")
	if err != nil {
		panic(err)
	}
	return boot
}()
