package source

import (
	"errors"
	"fmt"
)

// What can be wrong with a package. An [*Error] wraps one of them.
var (
	ErrNotZip    = errors.New("not a sound zip file")
	ErrDamaged   = errors.New("damaged, or compressed in a way that is not supported")
	ErrName      = errors.New("illegal name: a relative path with '/' between its parts is needed, without '.', '..', '\\' and control characters")
	ErrLink      = errors.New("a link or a special file; only files and folders are allowed")
	ErrDuplicate = errors.New("the name is there twice, or names a file and a folder")
	ErrTooMany   = errors.New("too many entries")
	ErrTooLarge  = errors.New("too large when unpacked")
	ErrEmpty     = errors.New("no files in it")
)

// Error says which entry of a package is wrong, and how.
type Error struct {
	Entry string // empty when it is the package as a whole
	Err   error
}

func (e *Error) Error() string {
	if e.Entry == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("'%.200s': %v", e.Entry, e.Err)
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

var (
	errIsDir  = errors.New("is a directory")
	errNotDir = errors.New("not a directory")
)
