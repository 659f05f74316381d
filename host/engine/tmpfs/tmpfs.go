// Package tmpfs is a file system in memory, for a guest's /tmp.
//
// A file's name is all there is to it: no links, no owners, no permissions. Like a guest it is used by one goroutine at a time.
package tmpfs

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
	wazerosys "github.com/tetratelabs/wazero/sys"
)

// entryBytes is what a name costs of the limit, beside a file's contents.
const entryBytes = 256

// FS implements wazero's sys.FS. Make one with New.
type FS struct {
	sys.UnimplementedFS
	root    *node
	limit   int64
	used    int64
	lastIno uint64
}

// node is a file or a folder. One that is removed lives on while it is open.
type node struct {
	ino      uint64
	children map[string]*node // nil: a file
	data     []byte
	modified int64 // ns since 1970
	linked   bool  // false: removed
	opened   int
}

// New returns an empty file system that takes up to limit bytes: contents, and 256 bytes for each name. Past it writes fail with ENOSPC.
func New(limit int64) *FS {
	f := &FS{limit: limit}
	f.Reset()
	return f
}

// Reset removes everything. No file is open.
func (f *FS) Reset() {
	if f.root != nil && len(f.root.children) == 0 {
		return
	}
	f.used = 0
	f.root = f.node(true)
}

// Used is how much of the limit is in use, in bytes.
func (f *FS) Used() int64 { return f.used }

func (f *FS) node(dir bool) *node {
	f.lastIno++
	n := &node{ino: f.lastIno, modified: time.Now().UnixNano(), linked: true}
	if dir {
		n.children = map[string]*node{}
	}
	return n
}

// take books bytes, or says that there is no room.
func (f *FS) take(bytes int64) sys.Errno {
	if bytes > f.limit-f.used {
		return enospc
	}
	f.used += bytes
	return 0
}

// enospc stands in for ENOSPC, which wazero's numbers do not have.
const enospc = sys.EIO

// parts splits a path, as the guest sent it. A slash at the end asks for a folder.
func parts(p string) (names []string, folder bool) {
	folder = strings.HasSuffix(p, "/")
	p = path.Clean("/" + p)
	if p == "/" {
		return nil, true
	}
	return strings.Split(p[1:], "/"), folder
}

// walk goes down from the root.
func (f *FS) walk(names []string) (*node, sys.Errno) {
	n := f.root
	for _, name := range names {
		if n.children == nil {
			return nil, sys.ENOTDIR
		}
		if n = n.children[name]; n == nil {
			return nil, sys.ENOENT
		}
	}
	return n, 0
}

func (f *FS) find(p string) (*node, sys.Errno) {
	names, folder := parts(p)
	n, errno := f.walk(names)
	if errno == 0 && folder && n.children == nil {
		return nil, sys.ENOTDIR
	}
	return n, errno
}

// parent finds the folder of a path, and the name in it. The root has none.
func (f *FS) parent(p string) (dir *node, name string, folder bool, errno sys.Errno) {
	names, folder := parts(p)
	if len(names) == 0 {
		return nil, "", true, sys.EINVAL
	}
	dir, errno = f.walk(names[:len(names)-1])
	if errno == 0 && dir.children == nil {
		errno = sys.ENOTDIR
	}
	return dir, names[len(names)-1], folder, errno
}

// link puts a new node in place.
func (f *FS) link(dir *node, name string, folder bool) (*node, sys.Errno) {
	if errno := f.take(entryBytes); errno != 0 {
		return nil, errno
	}
	n := f.node(folder)
	dir.children[name] = n
	dir.touch()
	return n, 0
}

func (f *FS) unlink(dir *node, name string) {
	n := dir.children[name]
	delete(dir.children, name)
	dir.touch()
	n.linked = false
	f.used -= entryBytes
	f.forget(n)
}

// forget gives back what a file held that nothing leads to any more.
func (f *FS) forget(n *node) {
	if !n.linked && n.opened == 0 {
		f.used -= int64(len(n.data))
		n.data = nil
	}
}

func (n *node) touch() { n.modified = time.Now().UnixNano() }

func (n *node) mode() fs.FileMode {
	if n.children != nil {
		return fs.ModeDir | 0o777
	}
	return 0o666
}

func (n *node) stat() wazerosys.Stat_t {
	return wazerosys.Stat_t{
		Dev: 1, Ino: n.ino, Mode: n.mode(), Nlink: 1, Size: int64(len(n.data)), Atim: n.modified, Mtim: n.modified, Ctim: n.modified,
	}
}

// OpenFile implements sys.FS.
func (f *FS) OpenFile(p string, flag sys.Oflag, _ fs.FileMode) (sys.File, sys.Errno) {
	n, errno := f.find(p)
	write := flag&(sys.O_RDWR|sys.O_WRONLY) != 0
	switch {
	case errno == 0 && flag&sys.O_CREAT != 0 && flag&sys.O_EXCL != 0:
		return nil, sys.EEXIST
	case errno == 0 && n.children != nil && (write || flag&(sys.O_CREAT|sys.O_TRUNC) != 0):
		return nil, sys.EISDIR
	case errno == 0 && n.children == nil && flag&sys.O_DIRECTORY != 0:
		return nil, sys.ENOTDIR
	case errno == sys.ENOENT && flag&sys.O_CREAT != 0:
		dir, name, folder, errno := f.parent(p)
		if errno != 0 {
			return nil, errno
		}
		if folder {
			return nil, sys.EISDIR
		}
		if n, errno = f.link(dir, name, false); errno != 0 {
			return nil, errno
		}
	case errno != 0:
		return nil, errno
	}
	o := &open{fs: f, node: n, append: flag&sys.O_APPEND != 0, read: flag&sys.O_WRONLY == 0, write: write}
	n.opened++
	if flag&sys.O_TRUNC != 0 && write {
		return o, o.Truncate(0)
	}
	return o, 0
}

// Stat implements sys.FS.
func (f *FS) Stat(p string) (wazerosys.Stat_t, sys.Errno) {
	n, errno := f.find(p)
	if errno != 0 {
		return wazerosys.Stat_t{}, errno
	}
	return n.stat(), 0
}

// Lstat implements sys.FS.
func (f *FS) Lstat(p string) (wazerosys.Stat_t, sys.Errno) { return f.Stat(p) }

// Mkdir implements sys.FS.
func (f *FS) Mkdir(p string, _ fs.FileMode) sys.Errno {
	dir, name, _, errno := f.parent(p)
	if errno == sys.EINVAL {
		return sys.EEXIST
	}
	if errno != 0 {
		return errno
	}
	if dir.children[name] != nil {
		return sys.EEXIST
	}
	_, errno = f.link(dir, name, true)
	return errno
}

// Rename implements sys.FS. A file replaces a file, a folder an empty folder.
func (f *FS) Rename(from, to string) sys.Errno {
	oldDir, oldName, _, errno := f.parent(from)
	if errno != 0 {
		return errno
	}
	newDir, newName, _, errno := f.parent(to)
	if errno != 0 {
		return errno
	}
	n, there := oldDir.children[oldName], newDir.children[newName]
	switch {
	case n == nil:
		return sys.ENOENT
	case n == there:
		return 0
	case n.children != nil && below(to, from):
		return sys.EINVAL
	case there == nil:
	case n.children == nil && there.children != nil:
		return sys.EISDIR
	case n.children != nil && there.children == nil:
		return sys.ENOTDIR
	case len(there.children) > 0:
		return sys.ENOTEMPTY
	}
	if there != nil {
		f.unlink(newDir, newName)
	}
	delete(oldDir.children, oldName)
	newDir.children[newName] = n
	oldDir.touch()
	newDir.touch()
	return 0
}

func below(p, dir string) bool {
	names, _ := parts(p)
	above, _ := parts(dir)
	return len(names) > len(above) && slices.Equal(names[:len(above)], above)
}

// Rmdir implements sys.FS.
func (f *FS) Rmdir(p string) sys.Errno {
	dir, name, _, errno := f.parent(p)
	if errno != 0 {
		return errno
	}
	switch n := dir.children[name]; {
	case n == nil:
		return sys.ENOENT
	case n.children == nil:
		return sys.ENOTDIR
	case len(n.children) > 0:
		return sys.ENOTEMPTY
	}
	f.unlink(dir, name)
	return 0
}

// Unlink implements sys.FS.
func (f *FS) Unlink(p string) sys.Errno {
	dir, name, folder, errno := f.parent(p)
	if errno != 0 {
		return errno
	}
	switch n := dir.children[name]; {
	case n == nil:
		return sys.ENOENT
	case n.children != nil:
		return sys.EISDIR
	case folder:
		return sys.ENOTDIR
	}
	f.unlink(dir, name)
	return 0
}

// Chmod implements sys.FS: there are no permissions to change.
func (f *FS) Chmod(p string, _ fs.FileMode) sys.Errno {
	_, errno := f.find(p)
	return errno
}

// Utimens implements sys.FS. Only the time of modification is kept.
func (f *FS) Utimens(p string, _, modified int64) sys.Errno {
	n, errno := f.find(p)
	if errno == 0 {
		n.setModified(modified)
	}
	return errno
}

func (n *node) setModified(ns int64) {
	if ns != sys.UTIME_OMIT {
		n.modified = ns
	}
}
