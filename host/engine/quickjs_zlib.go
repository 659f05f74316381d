package engine

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"time"
)

// What opZlib answers in place of a length.
const (
	zlibWrong = -1 // this is not what is to be unpacked
	zlibShort = -2 // it ends too early
	zlibLarge = -3 // the result is larger than it may be
)

// packers are by the names that functions of Node.js have.
var packers = map[string]func(w io.Writer, level int) (io.WriteCloser, error){
	"gzip":       func(w io.Writer, level int) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, level) },
	"deflate":    func(w io.Writer, level int) (io.WriteCloser, error) { return zlib.NewWriterLevel(w, level) },
	"deflateRaw": func(w io.Writer, level int) (io.WriteCloser, error) { return flate.NewWriter(w, level) },
}

var unpackers = map[string]func(r *bufio.Reader) (io.Reader, error){
	"gunzip":     func(r *bufio.Reader) (io.Reader, error) { return newMembers(r) },
	"inflate":    func(r *bufio.Reader) (io.Reader, error) { return zlib.NewReader(r) },
	"inflateRaw": func(r *bufio.Reader) (io.Reader, error) { return flate.NewReader(r), nil },
}

// zlib packs or unpacks what is outgoing, which is pending then, and returns its length.
func (q *quickjs) zlib(g *guest, a arguments) int32 {
	data := q.outgoing
	q.outgoing = nil
	how := a.string(&g.ctx, 1)
	// What is larger than the guest's memory cannot get there.
	out := &packed{guest: g, most: min(int(a.int(3)), g.program.fn.Limits.MemoryMiB<<20)}
	err := errors.ErrUnsupported
	if pack := packers[how]; pack != nil {
		err = out.pack(pack, data, int(a.int(2)))
	} else if unpack := unpackers[how]; unpack != nil {
		var r io.Reader
		if r, err = unpack(bufio.NewReader(bytes.NewReader(data))); err == nil {
			_, err = io.CopyBuffer(out, struct{ io.Reader }{r}, make([]byte, mailRoom))
		}
	}
	switch {
	case errors.Is(err, errPacked):
		return zlibLarge
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return zlibShort
	case err != nil:
		return zlibWrong
	}
	q.pending = out.Bytes()
	copy(q.mail(mailRoom), q.pending)
	return int32(len(q.pending))
}

var errPacked = errors.New("larger than it may be")

// packed takes what comes out, up to a limit, and ends the guest's call at its deadline.
type packed struct {
	bytes.Buffer
	guest *guest
	most  int
}

func (p *packed) Write(b []byte) (int, error) {
	p.guest.mustGoOn(time.Now())
	if p.Len()+len(b) > p.most {
		return 0, errPacked
	}
	return p.Buffer.Write(b)
}

// ReadFrom hides that of the buffer, which has no limit.
func (p *packed) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{p}, r)
}

func (p *packed) pack(pack func(io.Writer, int) (io.WriteCloser, error), data []byte, level int) error {
	w, err := pack(p, level)
	if err != nil {
		return err
	}
	for len(data) > 0 {
		p.guest.mustGoOn(time.Now()) // much may go in before something comes out
		n := min(len(data), mailRoom)
		if _, err := w.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return w.Close()
}

// members are those of a gzip file, one behind the other. As in Node.js, what comes behind them and is none is not looked at.
type members struct {
	from *bufio.Reader
	gzip.Reader
}

func newMembers(from *bufio.Reader) (*members, error) {
	m := &members{from: from}
	return m, m.next()
}

func (m *members) next() error {
	if err := m.Reset(m.from); err != nil {
		return err
	}
	m.Multistream(false)
	return nil
}

func (m *members) Read(b []byte) (n int, err error) {
	for {
		if n, err = m.Reader.Read(b); err != io.EOF {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
		if magic, _ := m.from.Peek(2); string(magic) != "\x1f\x8b" {
			return 0, io.EOF
		}
		if err = m.next(); err != nil {
			return 0, err
		}
	}
}
