// Package php holds the part of the php runtime that is written in PHP. It is mounted at /boot.
package php

import (
	"embed"
	"io/fs"
)

//go:embed boot/*.php
var files embed.FS

// Boot has boot.php, which the interpreter starts with.
var Boot = func() fs.FS {
	boot, err := fs.Sub(files, "boot")
	if err != nil {
		panic(err)
	}
	return boot
}()
