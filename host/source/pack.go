package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// ignored are the names of files and folders that belong to tools and not to the program.
var ignored = []string{".git", ".hg", ".svn", ".DS_Store", "__pycache__", ".venv", ".lull", "node_modules/.bin", "node_modules/.cache"}

// Pack makes a zip file of a folder. The same files give the same bytes. Left out are what version control and tools keep beside a program
// (.git and the like), and *.zip files at the top. A link to something in the folder is packed as what it leads to.
//
// Errors: an [*Error] with ErrLink for a link that leads out of the folder or round in a circle and for what is neither file nor
// folder, with ErrTooMany or ErrTooLarge past limits, with ErrEmpty; or that of the file system.
func Pack(dir string, limits Limits) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var out bytes.Buffer
	p := packer{root: root, zip: zip.NewWriter(&out), limits: limits.withDefaults()}
	if err := p.folder(".", nil); err != nil {
		return nil, err
	}
	if p.files == 0 {
		return nil, &Error{Err: ErrEmpty}
	}
	if err := p.zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

type packer struct {
	root    *os.Root
	zip     *zip.Writer
	limits  Limits
	entries int
	files   int
	bytes   int64
}

// folder packs what is in dir. above are the folders that lead there: a link to one of them has no end.
func (p *packer) folder(dir string, above []fs.FileInfo) error {
	f, err := p.root.Open(dir)
	if err != nil {
		return p.outside(dir, err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	names, err := f.Readdirnames(-1)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
		return &Error{Entry: dir, Err: fmt.Errorf("%w: it leads to a folder above it", ErrLink)}
	}
	above = append(slices.Clip(above), info)
	slices.Sort(names)
	for _, name := range names {
		if skip(path.Join(dir, name)) {
			continue
		}
		if err := p.entry(path.Join(dir, name), above); err != nil {
			return err
		}
	}
	return nil
}

func skip(name string) bool {
	return !strings.Contains(name, "/") && strings.HasSuffix(name, ".zip") ||
		slices.ContainsFunc(ignored, func(i string) bool { return name == i || strings.HasSuffix(name, "/"+i) })
}

func (p *packer) entry(name string, above []fs.FileInfo) error {
	if !legal(name) || len(name) > p.limits.NameBytes {
		return &Error{Entry: name, Err: ErrName}
	}
	if p.entries++; p.entries > p.limits.Entries {
		return &Error{Entry: name, Err: ErrTooMany}
	}
	info, err := p.root.Stat(name)
	switch {
	case err != nil:
		return p.outside(name, err)
	case info.IsDir():
		return p.folder(name, above)
	case !info.Mode().IsRegular():
		return &Error{Entry: name, Err: ErrLink}
	case p.bytes+info.Size() > p.limits.Bytes:
		return &Error{Entry: name, Err: ErrTooLarge}
	}
	data, err := p.root.ReadFile(name)
	if err != nil {
		return err
	}
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(0o644 | info.Mode()&0o111)
	w, err := p.zip.CreateHeader(h)
	if err != nil {
		return err
	}
	p.files++
	p.bytes += int64(len(data))
	_, err = w.Write(data)
	return err
}

// outside explains what os.Root refuses: a link that leads out of the folder, or to nothing.
func (p *packer) outside(name string, err error) error {
	if info, e := p.root.Lstat(name); e == nil && info.Mode()&fs.ModeSymlink != 0 {
		return &Error{Entry: name, Err: fmt.Errorf("%w: it leads out of the folder or to nothing", ErrLink)}
	}
	return err
}
