package tmpfs_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero/experimental/sys"

	"github.com/lull-dev/lull/host/engine/tmpfs"
)

const (
	create = sys.O_CREAT | sys.O_RDWR
	ok     = sys.Errno(0)
)

func write(t *testing.T, fs *tmpfs.FS, path, text string) {
	f, errno := fs.OpenFile(path, create|sys.O_TRUNC, 0o600)
	require.Zero(t, errno)
	n, errno := f.Write([]byte(text))
	require.Zero(t, errno)
	require.Equal(t, len(text), n)
	require.Zero(t, f.Close())
}

func read(t *testing.T, fs *tmpfs.FS, path string) string {
	f, errno := fs.OpenFile(path, sys.O_RDONLY, 0)
	require.Zero(t, errno, path)
	defer f.Close()
	var all strings.Builder
	for buf := make([]byte, 3); ; {
		n, errno := f.Read(buf)
		require.Zero(t, errno)
		if n == 0 {
			return all.String()
		}
		all.Write(buf[:n])
	}
}

func TestFS_KeepsFilesAndFolders(t *testing.T) {
	fs := tmpfs.New(1 << 20)
	require.Equal(t, ok, fs.Mkdir("a", 0))
	write(t, fs, "a/b.txt", "hello")
	require.Equal(t, "hello", read(t, fs, "a/b.txt"))
	require.Equal(t, "hello", read(t, fs, "/a/../a/./b.txt"))
	st, errno := fs.Stat("a/b.txt")
	require.Zero(t, errno)
	require.EqualValues(t, 5, st.Size)
	require.NotZero(t, st.Ino)

	f, errno := fs.OpenFile("a/b.txt", sys.O_RDWR|sys.O_APPEND, 0)
	require.Zero(t, errno)
	f.Write([]byte(" you"))
	at, errno := f.Seek(-3, io.SeekEnd)
	require.Zero(t, errno)
	require.EqualValues(t, 6, at)
	require.Zero(t, f.Truncate(7))
	require.Equal(t, "hello y", read(t, fs, "a/b.txt"))
	_, errno = f.Pwrite([]byte("!"), 9)
	require.Zero(t, errno)
	require.Equal(t, "hello y\x00\x00!", read(t, fs, "a/b.txt"))
	require.Zero(t, f.Close())

	write(t, fs, "a/a.txt", "")
	d, errno := fs.OpenFile("a", sys.O_RDONLY|sys.O_DIRECTORY, 0)
	require.Zero(t, errno)
	entries, errno := d.Readdir(-1)
	require.Zero(t, errno)
	require.Len(t, entries, 2)
	require.Equal(t, "a.txt", entries[0].Name)
}

func TestFS_AnswersAsPOSIXDoes(t *testing.T) {
	fs := tmpfs.New(1 << 20)
	fs.Mkdir("dir", 0)
	fs.Mkdir("dir/sub", 0)
	fs.Mkdir("empty", 0)
	write(t, fs, "file", "x")
	open := func(path string, flag sys.Oflag) sys.Errno {
		f, errno := fs.OpenFile(path, flag, 0)
		if f != nil {
			f.Close()
		}
		return errno
	}
	for name, c := range map[string]struct{ got, want sys.Errno }{
		"open a file that is missing":        {open("no", sys.O_RDONLY), sys.ENOENT},
		"open below a file":                  {open("file/x", create), sys.ENOTDIR},
		"create what is there, exclusively":  {open("file", create|sys.O_EXCL), sys.EEXIST},
		"write a folder":                     {open("dir", sys.O_RDWR), sys.EISDIR},
		"open a file as a folder":            {open("file", sys.O_DIRECTORY), sys.ENOTDIR},
		"open a file with a slash":           {open("file/", sys.O_RDONLY), sys.ENOTDIR},
		"make a folder twice":                {fs.Mkdir("dir", 0), sys.EEXIST},
		"make the root":                      {fs.Mkdir("/", 0), sys.EEXIST},
		"make a folder in one that is not":   {fs.Mkdir("no/x", 0), sys.ENOENT},
		"remove a folder that is not empty":  {fs.Rmdir("dir"), sys.ENOTEMPTY},
		"remove a file as a folder":          {fs.Rmdir("file"), sys.ENOTDIR},
		"unlink a folder":                    {fs.Unlink("dir"), sys.EISDIR},
		"rename a folder into itself":        {fs.Rename("dir", "dir/sub/x"), sys.EINVAL},
		"rename a folder over a full one":    {fs.Rename("empty", "dir"), sys.ENOTEMPTY},
		"rename a file over a folder":        {fs.Rename("file", "dir"), sys.EISDIR},
		"rename what is missing":             {fs.Rename("no", "x"), sys.ENOENT},
		"rename a file to itself":            {fs.Rename("file", "file"), ok},
		"truncate a file that is not for it": {func() sys.Errno { f, _ := fs.OpenFile("file", sys.O_RDONLY, 0); defer f.Close(); return f.Truncate(0) }(), sys.EBADF},
	} {
		require.Equal(t, c.want, c.got, name)
	}
}

func TestFS_KeepsToItsLimit(t *testing.T) {
	fs := tmpfs.New(1000)
	write(t, fs, "a", strings.Repeat("x", 700))
	f, errno := fs.OpenFile("a", sys.O_RDWR|sys.O_APPEND, 0)
	require.Zero(t, errno)
	_, errno = f.Write(make([]byte, 100))
	require.NotZero(t, errno, "700 + 256 for the name leave no 100")
	require.NotZero(t, f.Truncate(1<<40))
	require.NotZero(t, fs.Mkdir("b", 0))
	require.Equal(t, ok, fs.Unlink("a"))
	require.EqualValues(t, 700, fs.Used(), "it is still open")
	require.Zero(t, f.Close())
	require.Zero(t, fs.Used())
	write(t, fs, "c", strings.Repeat("x", 744))
}

func TestFS_ResetRemovesAll(t *testing.T) {
	fs := tmpfs.New(1000)
	write(t, fs, "a", "secret")
	fs.Mkdir("b", 0)
	fs.Reset()
	require.Zero(t, fs.Used())
	_, errno := fs.Stat("a")
	require.Equal(t, sys.ENOENT, errno)
	write(t, fs, "a", "")
	require.Empty(t, read(t, fs, "a"))
}
