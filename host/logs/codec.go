package logs

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// encoder writes the items of a block: numbers as varints, strings once and then by their place in a table that the block builds up. Times and sequence
// numbers are differences to those of the item before.
type encoder struct {
	buf   []byte
	table map[string]uint64
	seq   uint64
	at    int64
	id    fn.RequestID
}

func (e *encoder) uint(v uint64) { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) byte(v byte)   { e.buf = append(e.buf, v) }

func (e *encoder) bool(v bool) {
	if v {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

// text writes a string that does not come again.
func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// name writes a string that may come again. 0 means that it is new and follows.
func (e *encoder) name(s string) {
	if n, ok := e.table[s]; ok {
		e.uint(n)
		return
	}
	e.uint(0)
	e.text(s)
	e.table[s] = uint64(len(e.table)) + 1
}

func (e *encoder) sequence(seq uint64) {
	e.uint(seq - e.seq)
	e.seq = seq
}

func (e *encoder) time(t time.Time) {
	at := t.UnixNano()
	e.buf = binary.AppendVarint(e.buf, at-e.at)
	e.at = at
}

// request writes an id, mostly that of the item before.
func (e *encoder) request(id fn.RequestID) {
	if id == e.id {
		e.byte(0)
		return
	}
	e.byte(1)
	e.buf = append(e.buf, id[:]...)
	e.id = id
}

// errBlock is the error of data that no encoder wrote.
var errBlock = errors.New("logs: a damaged block")

// decoder reads what an encoder wrote. After an error all that it reads is zero.
type decoder struct {
	data  []byte
	err   error
	table []string
	seq   uint64
	at    int64
	id    fn.RequestID
}

func (d *decoder) fail() { d.data, d.err = nil, errBlock }

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.data)) {
		d.fail()
		return nil
	}
	taken := d.data[:n]
	d.data = d.data[n:]
	return taken
}

func (d *decoder) byte() byte {
	if b := d.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (d *decoder) bool() bool   { return d.byte() != 0 }
func (d *decoder) text() string { return string(d.take(d.uint())) }

func (d *decoder) name() string {
	n := d.uint()
	if n == 0 {
		s := d.text()
		d.table = append(d.table, s)
		return s
	}
	if n > uint64(len(d.table)) {
		d.fail()
		return ""
	}
	return d.table[n-1]
}

func (d *decoder) sequence() uint64 {
	d.seq += d.uint()
	return d.seq
}

func (d *decoder) time() time.Time {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.fail()
		return time.Time{}
	}
	d.data = d.data[n:]
	d.at += v
	return time.Unix(0, d.at)
}

func (d *decoder) request() fn.RequestID {
	if d.bool() {
		copy(d.id[:], d.take(uint64(len(d.id))))
	}
	return d.id
}
