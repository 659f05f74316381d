// Package ruby holds the part of the ruby runtime that is written in Ruby. It is mounted at /boot.
package ruby

import (
	"embed"
	"io/fs"
)

//go:embed boot
var files embed.FS

// Boot has boot.rb, which the host requires first, and what it finds in folders.
var Boot = func() fs.FS {
	boot, err := fs.Sub(files, "boot")
	if err != nil {
		panic(err)
	}
	return boot
}()
