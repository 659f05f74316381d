package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// Where QuickJS keeps what the driver reads without asking it, in bytes: references are counted before the address of a value, the others are behind it.
// knowLayout refuses a QuickJS with another layout.
const (
	beforeCount = 4  // the count of references
	atLength    = 0  // of a string, in characters; the highest bit is set if they are of two bytes
	atKind      = 4  // of a string: with a bit of elsewhere its text is not here
	atText      = 24 // of a string
	atClass     = 8  // of an object: in the upper half
	atShape     = 12 // of an object: another one when it has other properties
	atWeak      = 20 // of an object: those who refer to it without counting
	atBytes     = 28 // of a Uint8Array: the address of its bytes, and their number

	elsewhere = 0x30000000
)

var errLayout = errors.New("values are not laid out as they are expected: this is another QuickJS than the one that lull knows")

// knowLayout looks at two values whose contents are known: a text, and the mailbox's array.
func (q *quickjs) knowLayout(ctx context.Context, mail uint64) error {
	const probe = "a text of lull"
	text, array := q.newText(ctx, []byte(probe)), uint32(mail)
	defer q.drop(ctx, text)
	q.bytesClass = q.word(array+atClass) >> 16
	have, ok := q.ascii(text)
	if !ok || string(have) != probe || q.word(uint32(text)-beforeCount) != 1 ||
		q.word(array+atBytes) != q.mailbox+mailBytes || q.word(array+atBytes+4) != mailRoom {
		return errLayout
	}
	return nil
}

// ascii is the text of a string, in place, if it is one of ASCII in one piece, as most are.
func (q *quickjs) ascii(v uint64) ([]byte, bool) {
	at := uint32(v)
	if v>>32 != tagString || q.word(at+atKind)&elsewhere != 0 {
		return nil, false
	}
	text, ok := q.memory().Read(at+atText, q.word(at+atLength)) // a length with the highest bit is past the memory's end
	return text, ok && isASCII(text)
}

func isASCII(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if binary.LittleEndian.Uint64(text)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// view is what a Uint8Array has, in place, or nil for anything else.
func (q *quickjs) view(v uint64) []byte {
	at := uint32(v)
	if v>>32 != tagObject || q.word(at+atClass)>>16 != q.bytesClass {
		return nil
	}
	b, _ := q.memory().Read(q.word(at+atBytes), q.word(at+atBytes+4))
	return b
}

// kept is an object that the script would use again if nobody else has it.
type kept struct{ at, shape uint32 }

func (q *quickjs) keep(v uint64) kept { return kept{uint32(v), q.word(uint32(v) + atShape)} }

// alone reports whether the script is the only one that refers to k, and nobody has given k a property.
func (q *quickjs) alone(k kept) bool {
	return k.at != 0 && q.word(k.at-beforeCount) == 1 && q.word(k.at+atWeak) == 0 && q.word(k.at+atShape) == k.shape
}
