package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// quiet is how long nothing must have changed before a change is told: editors and version control write many files at once.
const quiet = 150 * time.Millisecond

// watcher tells that files of a project have changed.
type watcher struct {
	*fsnotify.Watcher
	root   string
	ignore string // a folder that is not the project's, or empty
}

// watch begins to look at the folders of a project. Paths are absolute.
func watch(root, ignore string) (*watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	all := &watcher{w, root, ignore}
	if err := all.add(root); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return all, nil
}

// add looks at a folder and those in it.
func (w *watcher) add(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path != w.root: // it is gone again
			return nil
		case err != nil:
			return err
		case !e.IsDir():
			return nil
		case w.foreign(path):
			return filepath.SkipDir
		}
		return w.Add(path)
	})
}

// foreign tells what is not source: hidden files, packages, what editors write for themselves, and what `lull build` makes.
func (w *watcher) foreign(path string) bool {
	name := filepath.Base(path)
	switch {
	case path == w.root:
		return false
	case path == w.ignore, name == "node_modules", name == "__pycache__", strings.HasPrefix(name, "."), strings.HasSuffix(name, "~"), strings.HasPrefix(name, "#"):
		return true
	}
	made := filepath.Join(w.root, filepath.Base(w.root))
	return path == made+".wasm" || path == made+".zip"
}

// next waits until something has changed and then nothing more for a while. Its error is ctx's or the watcher's.
func (w *watcher) next(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
			return nil
		case err := <-w.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return err
			}
			timer.Reset(quiet) // who knows what has changed
		case e := <-w.Events:
			if w.foreign(e.Name) || e.Op == fsnotify.Chmod {
				continue
			}
			if e.Has(fsnotify.Create) {
				if err := w.add(e.Name); err != nil {
					return err
				}
			}
			timer.Reset(quiet)
		}
	}
}
