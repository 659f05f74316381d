package interpreters

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// Variable is the environment variable that names the folder of a Store.
const Variable = "LULL_RUNTIMES"

// Store is a folder of prepared interpreters. It is safe for concurrent use, also by several processes.
type Store struct{ dir string }

// Open returns the store in dir, or, if dir is empty, in the folder that LULL_RUNTIMES names, or in the user's cache folder, under
// lull/runtimes. Nothing is made before something is installed. It fails if there is no cache folder.
func Open(dir string) (*Store, error) {
	if dir == "" {
		dir = os.Getenv(Variable)
	}
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(cache, "lull", "runtimes")
	}
	dir, err := filepath.Abs(dir)
	return &Store{dir}, err
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// ErrNotInstalled is wrapped by Find's error when the interpreter is in the catalogue but not in the store.
var ErrNotInstalled = errors.New("not installed")

// Find returns the folder of a prepared interpreter. It fails, as InvalidArgument, with ErrNotInstalled and the command that helps, or
// if there is no such interpreter.
func (s *Store) Find(name string) (string, error) {
	i, ok := Get(name)
	if !ok {
		return "", errUnknown(name)
	}
	dir := filepath.Join(s.dir, i.Folder())
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return "", fn.Errorf(fn.CodeInvalidArgument, "the interpreter %s is %w; run `lull runtimes install %s` on the server's machine", name, ErrNotInstalled, name)
	case err != nil:
		return "", fn.Errorf(fn.CodeInternal, "interpreter %s: %w", name, err)
	case !info.IsDir():
		return "", fn.Errorf(fn.CodeInternal, "interpreter %s: %s is not a folder", name, dir)
	}
	return dir, nil
}

func errUnknown(name string) error {
	return fn.Errorf(fn.CodeInvalidArgument, "there is no interpreter '%.100s' (there are: %s)", name, strings.Join(Names(), ", "))
}
