package logs

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/store"
)

// A block is a message of a stream: things of one sort of one function, in order.
//
//	version, 1 byte | origin, 8 bytes | lost, uvarint | items
//
// Lost counts those that were dropped before the first item, since the store did not take them in time.
type block[T any] struct {
	origin origin
	lost   uint64
	items  []sequenced[T]
}

// origin tells the blocks of one archive from those of others on the same stream.
type origin [8]byte

func (o origin) String() string { return hex.EncodeToString(o[:]) }

// blockVersion changes when older programs cannot read what newer ones write.
const blockVersion = 1

// blockBytes is the size at which another block begins. An item may go beyond it by its own size, 64 KiB and some.
const blockBytes = store.MaxEntryBytes / 4

// itemBytes is about what an item takes in a block, unless it has text.
const itemBytes = 40

// coding writes and reads one sort of thing.
type coding[T any] struct {
	put func(*encoder, *T)
	get func(*decoder, *T)
}

// encode makes blocks of items.
func (c coding[T]) encode(from origin, lost uint64, items []sequenced[T]) (blocks [][]byte) {
	var e encoder
	for i := range items {
		if len(e.buf) == 0 {
			e = encoder{buf: make([]byte, 0, min(blockBytes+blockBytes/8, itemBytes*(len(items)-i)+64)), table: map[string]uint64{}}
			e.byte(blockVersion)
			e.buf = append(e.buf, from[:]...)
			e.uint(lost)
			lost = 0
		}
		e.sequence(items[i].seq)
		c.put(&e, &items[i].value)
		if len(e.buf) >= blockBytes || i == len(items)-1 {
			blocks = append(blocks, e.buf)
			e = encoder{}
		}
	}
	return blocks
}

// decode reads a block. What could be read before an error counts.
func (c coding[T]) decode(data []byte) (b block[T], err error) {
	d := decoder{data: data}
	if v := d.byte(); v != blockVersion {
		return b, fmt.Errorf("%w: of version %d, this program reads %d", errBlock, v, blockVersion)
	}
	copy(b.origin[:], d.take(uint64(len(b.origin))))
	b.lost = d.uint()
	for len(d.data) > 0 {
		s := sequenced[T]{seq: d.sequence()}
		c.get(&d, &s.value)
		if d.err != nil {
			break
		}
		b.items = append(b.items, s)
	}
	return b, d.err
}

var entryCoding = coding[Entry]{
	put: func(e *encoder, v *Entry) {
		e.time(v.Time)
		e.request(v.RequestID)
		e.name(v.InstanceID)
		e.name(v.VersionID)
		e.byte(byte(v.Phase))
		e.byte(byte(v.Mark))
		e.name(string(v.Fault))
		if v.Mark == Line || v.Mark == Note {
			e.byte(byte(v.Level))
			e.bool(v.Cut)
			e.text(v.Text)
		}
	},
	get: func(d *decoder, v *Entry) {
		v.Time = d.time()
		v.RequestID = d.request()
		v.InstanceID = d.name()
		v.VersionID = d.name()
		v.Phase = abi.Phase(d.byte())
		v.Mark = Mark(d.byte())
		v.Fault = fn.FaultKind(d.name())
		if v.Mark == Line || v.Mark == Note {
			v.Level = abi.Level(d.byte())
			v.Cut = d.bool()
			v.Text = d.text()
		}
	},
}

var requestCoding = coding[served]{
	put: func(e *encoder, v *served) {
		e.time(v.start)
		e.uint(uint64(v.duration))
		e.request(v.id)
		e.name(v.instance)
		e.name(v.version)
		e.bool(v.cold)
		e.uint(uint64(v.status))
		e.name(string(v.errorType))
		e.name(v.error)
	},
	get: func(d *decoder, v *served) {
		v.start = d.time()
		v.duration = time.Duration(d.uint())
		v.id = d.request()
		v.instance = d.name()
		v.version = d.name()
		v.cold = d.bool()
		v.status = int(d.uint())
		v.errorType = fn.FaultKind(d.name())
		v.error = d.name()
	},
}
