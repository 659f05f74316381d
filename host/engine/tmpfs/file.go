package tmpfs

import (
	"io"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero/experimental/sys"
	wazerosys "github.com/tetratelabs/wazero/sys"
)

// offset keeps go vet from taking wazero's Seek for io.Seeker's.
type offset = int64

// open is an open file or folder.
type open struct {
	sys.UnimplementedFile
	fs          *FS
	node        *node
	at          int64
	append      bool
	read, write bool
	entries     []sys.Dirent // of a folder: what Readdir has yet to give
	listed      bool
	closed      bool
}

func (o *open) Dev() (uint64, sys.Errno)            { return 1, 0 }
func (o *open) Ino() (wazerosys.Inode, sys.Errno)   { return o.node.ino, 0 }
func (o *open) IsDir() (bool, sys.Errno)            { return o.node.children != nil, 0 }
func (o *open) IsAppend() bool                      { return o.append }
func (o *open) SetAppend(enable bool) sys.Errno     { o.append = enable; return 0 }
func (o *open) Stat() (wazerosys.Stat_t, sys.Errno) { return o.node.stat(), 0 }
func (o *open) Sync() sys.Errno                     { return 0 }
func (o *open) Datasync() sys.Errno                 { return 0 }
func (o *open) Utimens(_, modified int64) sys.Errno { o.node.setModified(modified); return 0 }

func (o *open) Read(buf []byte) (int, sys.Errno) {
	n, errno := o.Pread(buf, o.at)
	o.at += int64(n)
	return n, errno
}

func (o *open) Pread(buf []byte, off int64) (int, sys.Errno) {
	switch {
	case o.node.children != nil:
		return 0, sys.EISDIR
	case !o.read:
		return 0, sys.EBADF
	case off < 0:
		return 0, sys.EINVAL
	case off >= int64(len(o.node.data)):
		return 0, 0
	}
	return copy(buf, o.node.data[off:]), 0
}

func (o *open) Write(buf []byte) (int, sys.Errno) {
	if o.append {
		o.at = int64(len(o.node.data))
	}
	n, errno := o.Pwrite(buf, o.at)
	o.at += int64(n)
	return n, errno
}

func (o *open) Pwrite(buf []byte, off int64) (int, sys.Errno) {
	switch {
	case o.node.children != nil:
		return 0, sys.EISDIR
	case !o.write:
		return 0, sys.EBADF
	case off < 0:
		return 0, sys.EINVAL
	}
	if end := off + int64(len(buf)); len(buf) > 0 && end > int64(len(o.node.data)) {
		if errno := o.resize(end); errno != 0 {
			return 0, errno
		}
	}
	o.node.touch()
	if len(buf) == 0 {
		return 0, 0
	}
	return copy(o.node.data[off:], buf), 0
}

// resize makes the file size bytes long; what is new is zero.
func (o *open) resize(size int64) sys.Errno {
	n := o.node
	old := int64(len(n.data))
	if size < 0 || size > o.fs.limit {
		return enospc
	}
	if errno := o.fs.take(size - old); errno != 0 {
		return errno
	}
	if size <= old {
		clear(n.data[size:])
		n.data = n.data[:size]
		return 0
	}
	n.data = slices.Grow(n.data, int(size-old))[:size]
	clear(n.data[old:])
	return 0
}

func (o *open) Truncate(size int64) sys.Errno {
	switch {
	case o.node.children != nil:
		return sys.EISDIR
	case !o.write:
		return sys.EBADF
	case size < 0:
		return sys.EINVAL
	}
	o.node.touch()
	return o.resize(size)
}

func (o *open) Seek(to offset, whence int) (int64, sys.Errno) {
	if o.node.children != nil {
		if to != 0 || whence != io.SeekStart {
			return 0, sys.EISDIR
		}
		o.listed = false
		return 0, 0
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		to += o.at
	case io.SeekEnd:
		to += int64(len(o.node.data))
	default:
		return 0, sys.EINVAL
	}
	if to < 0 {
		return 0, sys.EINVAL
	}
	o.at = to
	return to, 0
}

func (o *open) Readdir(n int) ([]sys.Dirent, sys.Errno) {
	if o.node.children == nil {
		return nil, sys.ENOTDIR
	}
	if !o.listed {
		o.listed, o.entries = true, nil
		for name, c := range o.node.children {
			o.entries = append(o.entries, sys.Dirent{Ino: c.ino, Name: name, Type: c.mode().Type()})
		}
		slices.SortFunc(o.entries, func(a, b sys.Dirent) int { return strings.Compare(a.Name, b.Name) })
	}
	if n <= 0 || n > len(o.entries) {
		n = len(o.entries)
	}
	out := o.entries[:n]
	o.entries = o.entries[n:]
	return out, 0
}

func (o *open) Close() sys.Errno {
	if !o.closed {
		o.closed = true
		o.node.opened--
		o.fs.forget(o.node)
	}
	return 0
}
