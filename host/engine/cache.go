package engine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// isCacheError tells that wazero could not read a file of the compile cache. It has no other mark than its text, and fails the compilation
// instead of doing it.
func isCacheError(err error) bool {
	return err != nil && strings.Contains(err.Error(), "compilationcache:")
}

// isFileError tells that wazero could not write a file of the compile cache, as on a full disk. It has the compiled module in memory then, and finds it
// there when it is asked again.
func isFileError(err error) bool {
	_, ok := errors.AsType[*fs.PathError](err)
	return ok
}

// purgeCache removes the files of wazero's folders in the cache: which one is damaged is not told, and all of them are only copies of what can be
// compiled again.
func (e *Engine) purgeCache() error {
	files, err := filepath.Glob(filepath.Join(e.cfg.CacheDir, "wazero-*", "*"))
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}
