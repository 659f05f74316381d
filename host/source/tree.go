// Package source holds code packages: zip files of a source tree. It reads one into a tree in memory, and makes one of a folder.
//
// What a package says of itself is checked, not believed: whoever deploys may send anything.
package source

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Tree is a read-only file system in memory. It implements fs.FS, fs.StatFS, fs.ReadFileFS and fs.ReadDirFS, is safe for concurrent
// use, and its files implement io.ReaderAt and io.Seeker.
type Tree struct {
	nodes map[string]*node // by path, "." the root
	bytes int64
}

// node is a file or a folder. It is its own fs.FileInfo and fs.DirEntry.
type node struct {
	name     string
	mode     fs.FileMode
	modified time.Time
	data     []byte
	children []fs.DirEntry // of a folder, sorted by name
}

func newTree() *Tree {
	return &Tree{nodes: map[string]*node{".": {name: ".", mode: fs.ModeDir | 0o555}}}
}

// Files are the paths of all files, sorted.
func (t *Tree) Files() []string {
	files := []string{}
	for p, n := range t.nodes {
		if !n.IsDir() {
			files = append(files, p)
		}
	}
	slices.Sort(files)
	return files
}

// Bytes is the size of all files together.
func (t *Tree) Bytes() int64 { return t.bytes }

// add puts a node at p and makes the folders above it. It fails where a file is in the way, or another file of that name.
func (t *Tree) add(p string, n *node) bool {
	if there := t.nodes[p]; there != nil {
		return there.IsDir() && n.IsDir()
	}
	n.name = path.Base(p)
	parent := path.Dir(p)
	if !t.add(parent, &node{mode: fs.ModeDir | 0o555}) {
		return false
	}
	t.nodes[p] = n
	dir := t.nodes[parent]
	dir.children = append(dir.children, n)
	t.bytes += int64(len(n.data))
	return true
}

// sorted puts the children of all folders in order, once all are there.
func (t *Tree) sorted() {
	for _, n := range t.nodes {
		slices.SortFunc(n.children, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
}

func (t *Tree) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := t.nodes[name]
	if n == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// Open implements fs.FS.
func (t *Tree) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.IsDir() {
		return &folder{node: n}, nil
	}
	return &file{node: n, Reader: bytes.NewReader(n.data)}, nil
}

// Stat implements fs.StatFS.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	n, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// ReadFile implements fs.ReadFileFS.
func (t *Tree) ReadFile(name string) ([]byte, error) {
	n, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	if n.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errIsDir}
	}
	return bytes.Clone(n.data), nil
}

// ReadDir implements fs.ReadDirFS.
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotDir}
	}
	return slices.Clone(n.children), nil
}

func (n *node) Name() string               { return n.name }
func (n *node) Size() int64                { return int64(len(n.data)) }
func (n *node) Mode() fs.FileMode          { return n.mode }
func (n *node) ModTime() time.Time         { return n.modified }
func (n *node) IsDir() bool                { return n.mode.IsDir() }
func (n *node) Sys() any                   { return nil }
func (n *node) Type() fs.FileMode          { return n.mode.Type() }
func (n *node) Info() (fs.FileInfo, error) { return n, nil }

// file is an open file.
type file struct {
	*node
	*bytes.Reader
}

func (f *file) Size() int64                { return f.node.Size() }
func (f *file) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *file) Close() error               { return nil }

// folder is an open folder.
type folder struct {
	*node
	at int
}

func (f *folder) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *folder) Close() error               { return nil }
func (f *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: errIsDir}
}

// ReadDir implements fs.ReadDirFile.
func (f *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := f.children[f.at:]
	if n > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	if n > 0 {
		rest = rest[:min(n, len(rest))]
	}
	f.at += len(rest)
	return slices.Clone(rest), nil
}
