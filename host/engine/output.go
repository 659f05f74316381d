package engine

import (
	"bytes"
	"strings"

	"github.com/lull-dev/lull/abi"
)

// lines turns what a guest writes to stdout or stderr into records, one a line. Only the goroutine that runs the guest uses it.
type lines struct {
	guest *guest
	level abi.Level
	part  []byte // a line without its end
	last  string // the last whole line of this call
}

// Write takes whole lines and keeps the rest, of which it cuts a piece off when it is as long as a record may be. One fd_write can come here millions
// of times, each with all of the memory.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	l.guest.goOn()
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		line := p
		if end >= 0 {
			line, p = p[:end], p[end+1:]
		} else {
			p = nil
		}
		for len(l.part)+len(line) > abi.MaxLogBytes {
			k := abi.MaxLogBytes - len(l.part)
			l.part = append(l.part, line[:k]...)
			line = line[k:]
			l.emit(l.part, true)
			l.guest.goOn()
		}
		l.part = append(l.part, line...)
		if end >= 0 {
			l.emit(bytes.TrimSuffix(l.part, []byte{'\r'}), false)
			l.guest.goOn()
		}
	}
	return n, nil
}

// flush ends a line that the guest has not ended, when its call ends.
func (l *lines) flush() {
	if len(l.part) > 0 {
		l.emit(l.part, false)
	}
}

func (l *lines) emit(text []byte, cut bool) {
	write := l.guest.out.Line
	if cut {
		write = l.guest.out.Part
	}
	l.last = strings.ToValidUTF8(string(text), "\uFFFD")
	write(l.guest.caller(), l.level, l.last)
	l.part = l.part[:0]
	if cap(l.part) > 4<<10 {
		l.part = nil // a paused guest keeps no big buffer
	}
}
