package engine

import (
	"io/fs"
	"path"
	"strings"

	"github.com/tetratelabs/wazero"
	experimentalsys "github.com/tetratelabs/wazero/experimental/sys"
	"github.com/tetratelabs/wazero/experimental/sysfs"

	"github.com/lull-dev/lull/host/engine/tmpfs"
)

// mount is a file system and where a guest finds it.
type mount struct {
	at string // absolute in the guest, without a slash at its end
	fs experimentalsys.FS
}

// readOnly mounts a Go file system, of which the guest may change nothing.
func readOnly(at string, files fs.FS) mount {
	return mount{at, &readOnlyFS{sysfs.ReadFS{FS: &sysfs.AdaptFS{FS: files}}}}
}

type readOnlyFS struct{ sysfs.ReadFS }

// OpenFile says of a read-only file system what POSIX says; ReadFS says ENOSYS.
func (r *readOnlyFS) OpenFile(p string, flag experimentalsys.Oflag, perm fs.FileMode) (experimentalsys.File, experimentalsys.Errno) {
	if flag&(experimentalsys.O_WRONLY|experimentalsys.O_RDWR|experimentalsys.O_CREAT|experimentalsys.O_TRUNC) != 0 {
		if _, errno := r.Stat(p); errno == 0 || flag&experimentalsys.O_CREAT != 0 {
			return nil, experimentalsys.EROFS
		}
	}
	return r.ReadFS.OpenFile(p, flag, perm)
}

// files is what one interpreted guest sees of files: its program's mounts and a /tmp of its own. A guest that has left nothing open can be
// reset; the numbers of open files are wazero's, and would be found by the next one.
type files struct {
	mounts []counted
	tmp    *tmpfs.FS
	open   int
}

// bootFolder is where an interpreter finds the host's part of itself. It may keep open what it starts with: it has read all of it.
const bootFolder = "/boot"

// counted is a mount that counts what is open.
type counted struct {
	mount
	files *files
	root  bool // wazero opens the root once, when it is first used, for good
}

func newFiles(mounts []mount, tmpBytes int64) *files {
	f := &files{tmp: tmpfs.New(tmpBytes)}
	for _, m := range append(mounts[:len(mounts):len(mounts)], mount{"/tmp", f.tmp}) {
		f.mounts = append(f.mounts, counted{mount: m, files: f})
	}
	return f
}

// config adds the mounts to a module's configuration.
func (f *files) config(c wazero.ModuleConfig) wazero.ModuleConfig {
	config := wazero.NewFSConfig()
	for i := range f.mounts {
		m := &f.mounts[i]
		config = config.(sysfs.FSConfig).WithSysFSMount(&countedFS{m.fs, m}, m.at)
	}
	return c.WithFSConfig(config)
}

// reset empties /tmp, and reports whether nothing is open.
func (f *files) reset() bool {
	if f.open > 0 {
		return false
	}
	f.tmp.Reset()
	return true
}

// obstacle says why the image of a guest would not be all of it: what is in files is the host's.
func (f *files) obstacle() string {
	switch {
	case f == nil:
	case f.open > 0:
		return "the code leaves a file open when it is loaded"
	case f.tmp.Used() > 0:
		return "the code writes to /tmp when it is loaded"
	}
	return ""
}

// find gives the file system that an absolute path is in, and the path in there; nil if there is none.
func (f *files) find(p string) (experimentalsys.FS, string) {
	p = path.Clean("/" + p)
	for _, m := range f.mounts {
		if p == m.at {
			return m.fs, "."
		}
		if rel, ok := strings.CutPrefix(p, m.at+"/"); ok {
			return m.fs, rel
		}
	}
	return nil, ""
}

// countedFS is what wazero gets of a mount.
type countedFS struct {
	experimentalsys.FS
	mount *counted
}

func (c *countedFS) OpenFile(p string, flag experimentalsys.Oflag, perm fs.FileMode) (experimentalsys.File, experimentalsys.Errno) {
	f, errno := c.FS.OpenFile(p, flag, perm)
	if errno != 0 {
		return nil, errno
	}
	if p == "." && !c.mount.root {
		c.mount.root = true
		return f, 0
	}
	if c.mount.at == bootFolder {
		return f, 0
	}
	c.mount.files.open++
	return &countedFile{File: f, files: c.mount.files}, 0
}

type countedFile struct {
	experimentalsys.File
	files  *files
	closed bool
}

func (c *countedFile) Close() experimentalsys.Errno {
	if !c.closed {
		c.closed = true
		c.files.open--
	}
	return c.File.Close()
}
