package guests

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ToolchainError says that something is missing on this machine, and how to get it.
type ToolchainError struct {
	Language string
	Missing  string
	Get      string
}

func (e *ToolchainError) Error() string {
	return fmt.Sprintf("cannot build %s here: %s is missing; get %s", e.Language, e.Missing, e.Get)
}

// CompileError is a compiler that said no.
type CompileError struct {
	Command string
	Output  string // what it wrote, standard output and standard error
	Err     error  // how it ended
}

func (e *CompileError) Error() string {
	return fmt.Sprintf("%s: %v\n%s", e.Command, e.Err, strings.TrimRight(e.Output, "\n"))
}

func (e *CompileError) Unwrap() error { return e.Err }

// build is one run of Build.
type build struct {
	ctx context.Context
	dir string // absolute
	out string // absolute
	log io.Writer
}

// Build makes a module from the sources in dir, whose language it finds from the names of the files, or a
// package for a runtime with an interpreter, and returns its path: out, or, if out is empty, dir/BASE.wasm
// or dir/BASE.zip with the folder's own name.
// The command and what it prints go to log as they come; log may be nil.
//
// It fails with [ErrLanguage], a [*ToolchainError], a [*CompileError], the error of ctx or of the
// file system.
func Build(ctx context.Context, dir, out string, log io.Writer) (string, error) {
	if log == nil {
		log = io.Discard
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	lang, err := detect(dir)
	if err != nil {
		return "", err
	}
	if out == "" {
		out = filepath.Join(dir, filepath.Base(dir)+cmp.Or(lang.ext, ".wasm"))
	}
	if out, err = filepath.Abs(out); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return "", err
	}
	if err := lang.build(&build{ctx: ctx, dir: dir, out: out, log: log}); err != nil {
		return "", err
	}
	return out, nil
}

func detect(dir string) (*language, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var signs []string
	for i := range languages {
		shows := func(e os.DirEntry) bool {
			match, _ := path.Match(languages[i].sign, e.Name())
			return match && !e.IsDir()
		}
		if slices.ContainsFunc(entries, shows) {
			return &languages[i], nil
		}
		signs = append(signs, languages[i].sign)
	}
	return nil, fmt.Errorf("%w: %s has none of %s", ErrLanguage, dir, strings.Join(signs, ", "))
}

// run runs a compiler in the project's folder.
func (b *build) run(env []string, name string, args ...string) error {
	var output bytes.Buffer
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout = io.MultiWriter(b.log, &output)
	cmd.Stderr = cmd.Stdout
	cmd.WaitDelay = 2 * time.Second // a compiler's child may hold the pipe
	line := strings.Join(append(slices.Clone(env), cmd.Args...), " ")
	fmt.Fprintln(b.log, line)
	err := cmd.Run()
	if cause := context.Cause(b.ctx); err != nil && cause != nil {
		return cause
	}
	if err != nil {
		return &CompileError{Command: line, Output: output.String(), Err: err}
	}
	return nil
}

// ask runs a tool for the one line that it prints.
func (b *build) ask(name string, args ...string) (string, error) { return b.askIn(nil, name, args...) }

// askIn is ask with variables added to the environment.
func (b *build) askIn(env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = &CompileError{Command: strings.Join(cmd.Args, " "), Output: string(exit.Stderr), Err: err}
		}
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}
