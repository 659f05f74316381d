package engine

import (
	"fmt"
	"io/fs"
	"strings"

	experimentalsys "github.com/tetratelabs/wazero/experimental/sys"
)

// Operations of opFile. Each answers a text, or a number that is an error's with a minus sign, as in fileErrors.
const (
	fileRead   = iota // what is in the file is pending; answers its length
	fileWrite         // writes what is outgoing; flag 1: appends, 2: only if the file is new
	fileStat          // answers "d|f SIZE MODIFIED", modified in ms since 1970
	fileList          // answers lines "d|f NAME"
	fileMkdir         //
	fileRmdir         //
	fileUnlink        //
	fileRename        // with the second path
)

// fileErrors are the names that Node.js has for errors; runtime.js has the same order.
var fileErrors = []experimentalsys.Errno{
	experimentalsys.EIO, experimentalsys.ENOENT, experimentalsys.EACCES, experimentalsys.EEXIST, experimentalsys.ENOTDIR, experimentalsys.EISDIR,
	experimentalsys.EINVAL, experimentalsys.EROFS, experimentalsys.ENOTEMPTY, experimentalsys.EBADF, experimentalsys.EPERM,
}

// maxFile bounds a file that is read as a whole, in bytes; the guest's memory bounds it, too.
const maxFile = 1 << 30

// file does one operation on the guest's files.
func (q *quickjs) file(g *guest, a arguments) uint32 {
	ctx := &g.ctx
	files := q.files
	path := a.string(ctx, 2)
	at, rel := files.find(path)
	if at == nil {
		switch a.int(1) {
		case fileRead, fileStat, fileList:
			return q.box(ctx, errnoValue(experimentalsys.ENOENT))
		}
		return q.box(ctx, errnoValue(experimentalsys.EACCES))
	}
	var text string
	var errno experimentalsys.Errno
	switch a.int(1) {
	case fileRead:
		q.pending, errno = readFile(at, rel)
		if errno == 0 {
			return q.box(ctx, intValue(int32(len(q.pending))))
		}
	case fileWrite:
		errno = writeFile(at, rel, q.outgoing, a.int(3))
		q.outgoing = nil
	case fileStat:
		st, e := at.Stat(rel)
		text, errno = fmt.Sprintf("%s %d %d", fileKind(st.Mode), st.Size, st.Mtim/1e6), e
	case fileList:
		text, errno = listFolder(at, rel)
	case fileMkdir:
		errno = at.Mkdir(rel, 0o777)
	case fileRmdir:
		errno = at.Rmdir(rel)
	case fileUnlink:
		errno = at.Unlink(rel)
	case fileRename:
		to, toRel := files.find(a.string(ctx, 3))
		errno = experimentalsys.EACCES
		if to == at {
			errno = at.Rename(rel, toRel)
		}
	}
	if errno != 0 {
		return q.box(ctx, errnoValue(errno))
	}
	return q.str(ctx, text)
}

func errnoValue(errno experimentalsys.Errno) uint64 {
	for i, e := range fileErrors {
		if e == errno {
			return intValue(int32(-1 - i))
		}
	}
	return intValue(-1)
}

func fileKind(mode fs.FileMode) string {
	if mode.IsDir() {
		return "d"
	}
	return "f"
}

func readFile(at experimentalsys.FS, path string) ([]byte, experimentalsys.Errno) {
	f, errno := at.OpenFile(path, experimentalsys.O_RDONLY, 0)
	if errno != 0 {
		return nil, errno
	}
	defer f.Close()
	st, errno := f.Stat()
	switch {
	case errno != 0:
		return nil, errno
	case st.Mode.IsDir():
		return nil, experimentalsys.EISDIR
	case st.Size > maxFile:
		return nil, experimentalsys.EIO
	}
	b := make([]byte, st.Size)
	for n := 0; n < len(b); {
		read, errno := f.Read(b[n:])
		if errno != 0 {
			return nil, errno
		}
		if read == 0 {
			return b[:n], 0
		}
		n += read
	}
	return b, 0
}

func writeFile(at experimentalsys.FS, path string, data []byte, flag int32) (errno experimentalsys.Errno) {
	how := experimentalsys.O_WRONLY | experimentalsys.O_CREAT | experimentalsys.O_TRUNC
	switch flag {
	case 1:
		how = experimentalsys.O_WRONLY | experimentalsys.O_CREAT | experimentalsys.O_APPEND
	case 2:
		how |= experimentalsys.O_EXCL
	}
	f, errno := at.OpenFile(path, how, 0o666)
	if errno != 0 {
		return errno
	}
	defer func() {
		if e := f.Close(); errno == 0 {
			errno = e
		}
	}()
	if len(data) == 0 {
		return 0
	}
	n, errno := f.Write(data)
	if errno == 0 && n < len(data) {
		return experimentalsys.EIO
	}
	return errno
}

func listFolder(at experimentalsys.FS, path string) (string, experimentalsys.Errno) {
	f, errno := at.OpenFile(path, experimentalsys.O_RDONLY, 0)
	if errno != 0 {
		return "", errno
	}
	defer f.Close()
	if dir, errno := f.IsDir(); errno != 0 || !dir {
		return "", experimentalsys.ENOTDIR
	}
	entries, errno := f.Readdir(-1)
	if errno != 0 {
		return "", errno
	}
	var lines strings.Builder
	for _, e := range entries {
		lines.WriteString(fileKind(e.Type) + " " + e.Name + "\n")
	}
	return lines.String(), 0
}
