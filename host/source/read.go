package source

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"
)

// Limits bound what a package may unpack to. A field that is 0 takes the default given with it.
type Limits struct {
	Entries   int   // files and folders; 50,000
	Bytes     int64 // of all files, unpacked; 256 MiB
	NameBytes int   // of one path; 1,024
}

func (l Limits) withDefaults() Limits {
	if l.Entries == 0 {
		l.Entries = 50_000
	}
	if l.Bytes == 0 {
		l.Bytes = 256 << 20
	}
	if l.NameBytes == 0 {
		l.NameBytes = 1024
	}
	return l
}

// IsZip tells what begins as a zip file does.
func IsZip(b []byte) bool {
	return bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("PK\x05\x06"))
}

// Open unpacks a zip file into memory. The tree keeps nothing of pkg. The error is an [*Error]; time and memory are bounded by limits and by the size of pkg, whatever
// it says of itself.
func Open(pkg []byte, limits Limits) (*Tree, error) {
	limits = limits.withDefaults()
	z, err := zip.NewReader(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		return nil, &Error{Err: ErrNotZip}
	}
	if len(z.File) > limits.Entries {
		return nil, &Error{Err: ErrTooMany}
	}
	t := newTree()
	for _, f := range z.File {
		if err := t.unpack(f, limits); err != nil {
			return nil, &Error{Entry: strings.ToValidUTF8(f.Name, "\uFFFD"), Err: err}
		}
		if len(t.nodes) > limits.Entries { // with the folders that no entry names
			return nil, &Error{Entry: f.Name, Err: ErrTooMany}
		}
	}
	if len(t.Files()) == 0 {
		return nil, &Error{Err: ErrEmpty}
	}
	t.sorted()
	return t, nil
}

func (t *Tree) unpack(f *zip.File, limits Limits) error {
	name := strings.TrimSuffix(f.Name, "/")
	if len(name) > limits.NameBytes || !legal(name) {
		return ErrName
	}
	n := &node{mode: 0o444, modified: f.Modified}
	switch mode := f.Mode(); {
	case mode.IsDir() || strings.HasSuffix(f.Name, "/"):
		n.mode = fs.ModeDir | 0o555
	case !mode.IsRegular():
		return ErrLink
	default:
		n.mode |= mode & 0o111
		data, err := unpack(f, limits.Bytes-t.bytes)
		if err != nil {
			return err
		}
		n.data = data
	}
	if !t.add(name, n) {
		return ErrDuplicate
	}
	return nil
}

// unpack reads at most room bytes.
func unpack(f *zip.File, room int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(room) {
		return nil, ErrTooLarge
	}
	r, err := f.Open()
	if err != nil {
		return nil, ErrDamaged
	}
	defer r.Close()
	// The declared size is not a reason to allocate: the file may be shorter.
	data, err := io.ReadAll(io.LimitReader(r, room+1))
	switch {
	case int64(len(data)) > room:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrDamaged
	}
	return bytes.Clone(data), nil
}

// legal tells a name that stays inside of the tree, on any system.
func legal(name string) bool {
	if name == "." || !fs.ValidPath(name) || path.IsAbs(name) || !utf8.ValidString(name) {
		return false
	}
	if len(name) >= 2 && name[1] == ':' { // a drive
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }) < 0
}
