package source_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/source"
)

// entry is one of a zip file; a mode other than 0 is written as it is.
type entry struct {
	name, text string
	mode       fs.FileMode
}

func pack(t testing.TB, entries ...entry) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		w, err := z.CreateHeader(h)
		require.NoError(t, err)
		_, err = w.Write([]byte(e.text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestOpen_GivesAFileSystem(t *testing.T) {
	tree, err := source.Open(pack(t,
		entry{"src/deep/a.js", "a", 0}, entry{"index.js", "index", 0}, entry{"empty/", "", fs.ModeDir | 0o755}, entry{"bin/run", "#!", 0o755},
	), source.Limits{})
	require.NoError(t, err)
	require.NoError(t, fstest.TestFS(tree, "index.js", "src/deep/a.js", "empty", "bin/run"))
	require.Equal(t, []string{"bin/run", "index.js", "src/deep/a.js"}, tree.Files())
	require.EqualValues(t, 8, tree.Bytes())
	info, err := tree.Stat("bin/run")
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o555), info.Mode())
}

func TestOpen_RefusesWhatCouldDoHarm(t *testing.T) {
	long := strings.Repeat("a", 2000)
	var many []entry
	for i := range 11 {
		many = append(many, entry{fmt.Sprint("f", i), "", 0})
	}
	limits := source.Limits{Entries: 10, Bytes: 1000}
	for name, c := range map[string]struct {
		pkg   []byte
		want  error
		entry string
	}{
		"a name that goes up":           {pack(t, entry{"../evil.js", "x", 0}), source.ErrName, "../evil.js"},
		"a name that goes up inside":    {pack(t, entry{"a/../../evil.js", "x", 0}), source.ErrName, "a/../../evil.js"},
		"an absolute name":              {pack(t, entry{"/etc/passwd", "x", 0}), source.ErrName, "/etc/passwd"},
		"a drive":                       {pack(t, entry{"C:/x.js", "x", 0}), source.ErrName, "C:/x.js"},
		"a backslash":                   {pack(t, entry{`..\x.js`, "x", 0}), source.ErrName, `..\x.js`},
		"a zero byte":                   {pack(t, entry{"a\x00b", "x", 0}), source.ErrName, "a\x00b"},
		"a name that is not UTF-8":      {pack(t, entry{"a\xff", "x", 0}), source.ErrName, "a\uFFFD"},
		"no name":                       {pack(t, entry{"", "x", 0}), source.ErrName, ""},
		"a name that is too long":       {pack(t, entry{long, "x", 0}), source.ErrName, long},
		"a link":                        {pack(t, entry{"link", "/etc/passwd", fs.ModeSymlink | 0o777}), source.ErrLink, "link"},
		"a device":                      {pack(t, entry{"dev", "", fs.ModeDevice | 0o666}), source.ErrLink, "dev"},
		"a name twice":                  {pack(t, entry{"a", "1", 0}, entry{"a", "2", 0}), source.ErrDuplicate, "a"},
		"a file that is a folder":       {pack(t, entry{"a", "1", 0}, entry{"a/b", "2", 0}), source.ErrDuplicate, "a/b"},
		"a folder that is a file":       {pack(t, entry{"a/b", "1", 0}, entry{"a", "2", 0}), source.ErrDuplicate, "a"},
		"too many entries":              {pack(t, many...), source.ErrTooMany, ""},
		"too many folders":              {pack(t, entry{"a/b/c/d/e/f/g/h/i/j/k", "", 0}), source.ErrTooMany, "a/b/c/d/e/f/g/h/i/j/k"},
		"a bomb":                        {pack(t, entry{"bomb", strings.Repeat("0", 1001), 0}), source.ErrTooLarge, "bomb"},
		"two files that are too large":  {pack(t, entry{"a", strings.Repeat("0", 600), 0}, entry{"b", strings.Repeat("0", 600), 0}), source.ErrTooLarge, "b"},
		"no files":                      {pack(t), source.ErrEmpty, ""},
		"folders alone":                 {pack(t, entry{"a/", "", fs.ModeDir}), source.ErrEmpty, ""},
		"something else":                {[]byte("PK\x03\x04 and no more"), source.ErrNotZip, ""},
		"a package that was cut":        {pack(t, entry{"a", "1", 0})[:60], source.ErrNotZip, ""},
		"a file with another check sum": {broken(pack(t, entry{"a", strings.Repeat("1", 100), 0})), source.ErrDamaged, "a"},
		"a file that lies of its size":  {lying(pack(t, entry{"a", strings.Repeat("1", 2000), 0})), source.ErrDamaged, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.Open(c.pkg, limits)
			require.ErrorIs(t, err, c.want)
			var wrong *source.Error
			require.ErrorAs(t, err, &wrong)
			require.Equal(t, c.entry, wrong.Entry)
		})
	}
}

// broken changes a byte of the first file's contents.
func broken(pkg []byte) []byte {
	pkg[33] ^= 0xff
	return pkg
}

// lying makes the directory say that the only file has 10 bytes.
func lying(pkg []byte) []byte {
	at := bytes.Index(pkg, []byte("PK\x01\x02"))
	copy(pkg[at+24:], []byte{10, 0, 0, 0})
	return pkg
}

func write(t *testing.T, dir string, files map[string]string) {
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
}

func TestPack_LeavesOutWhatBelongsToTools(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"index.js": "1", "lib/b.js": "2", "node_modules/m/index.js": "3", ".env": "4",
		".git/config": "x", "lib/.git": "x", "node_modules/.bin/tool": "x", "old.zip": "x", "sub/__pycache__/a.pyc": "x",
	})
	pkg, err := source.Pack(dir, source.Limits{})
	require.NoError(t, err)
	tree, err := source.Open(pkg, source.Limits{})
	require.NoError(t, err)
	require.Equal(t, []string{".env", "index.js", "lib/b.js", "node_modules/m/index.js"}, tree.Files())

	again, err := source.Pack(dir, source.Limits{})
	require.NoError(t, err)
	require.Equal(t, pkg, again, "the same files give the same bytes")
}

func TestPack_FollowsLinksInsideAndRefusesOthers(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, map[string]string{"secret": "s"})
	packed := func(link, target string) ([]string, error) {
		dir := t.TempDir()
		write(t, dir, map[string]string{"a/b.js": "b"})
		require.NoError(t, os.Symlink(target, filepath.Join(dir, link)))
		pkg, err := source.Pack(dir, source.Limits{})
		if err != nil {
			return nil, err
		}
		tree, err := source.Open(pkg, source.Limits{})
		require.NoError(t, err)
		return tree.Files(), nil
	}
	files, err := packed("c.js", "a/b.js")
	require.NoError(t, err)
	require.Equal(t, []string{"a/b.js", "c.js"}, files)
	files, err = packed("d", "a")
	require.NoError(t, err)
	require.Equal(t, []string{"a/b.js", "d/b.js"}, files)
	for link, target := range map[string]string{
		"out": filepath.Join(outside, "secret"), "up": "../secret", "nowhere": "missing", "a/circle": "../a", "all": ".",
	} {
		_, err := packed(link, target)
		require.ErrorIs(t, err, source.ErrLink, link)
		require.ErrorContains(t, err, link)
	}
}

func TestPack_KeepsToItsLimits(t *testing.T) {
	dir := t.TempDir()
	_, err := source.Pack(dir, source.Limits{})
	require.ErrorIs(t, err, source.ErrEmpty)
	write(t, dir, map[string]string{"a": "12345", "b": "12345"})
	_, err = source.Pack(dir, source.Limits{Bytes: 9})
	require.ErrorIs(t, err, source.ErrTooLarge)
	_, err = source.Pack(dir, source.Limits{Entries: 1})
	require.ErrorIs(t, err, source.ErrTooMany)
	_, err = source.Pack(filepath.Join(dir, "missing"), source.Limits{})
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// FuzzOpen: whatever the bytes, a tree is a sound file system within its limits, or there is an *Error.
func FuzzOpen(f *testing.F) {
	f.Add(pack(f, entry{"a/b.js", "text", 0}, entry{"c", "", 0o755}))
	f.Add(pack(f, entry{"../x", "x", 0}))
	f.Add(pack(f, entry{"l", "/etc", fs.ModeSymlink}))
	f.Add(lying(pack(f, entry{"a", strings.Repeat("1", 2000), 0})))
	limits := source.Limits{Entries: 100, Bytes: 1 << 16}
	f.Fuzz(func(t *testing.T, pkg []byte) {
		tree, err := source.Open(pkg, limits)
		if err != nil {
			var wrong *source.Error
			require.ErrorAs(t, err, &wrong)
			return
		}
		require.LessOrEqual(t, tree.Bytes(), limits.Bytes)
		files := tree.Files()
		require.NotEmpty(t, files)
		require.NoError(t, fstest.TestFS(tree, files...))
	})
}
