package engine

import (
	"github.com/tetratelabs/wazero/api"
)

// eventsFD is the descriptor that a resident has its events from. A read for waitBytes waits for the next event and gives it; what does not fit is there for further
// reads, and the end after it for those that ask for less. A write is the answer. It is always open, and none
// of wazero's, which gives the lowest number that is free: so an image may hold it, and a call opens and closes no file.
//
// A guest may use the number as it is, or open the device "events" to get it.
const (
	eventsFD  = 1 << 10
	waitBytes = 2 << 10
)

// eventsCalls are the calls of WASI that it has; stack holds their parameters.
var eventsCalls = map[string]func(d *resident, mem api.Memory, stack []uint64) uint32{
	"fd_read": func(d *resident, mem api.Memory, p []uint64) uint32 {
		if size, _ := mem.ReadUint32Le(uint32(p[1]) + 4); len(d.unread) == 0 && size >= waitBytes {
			event, ok := d.next(d.guest.frames)
			if !ok {
				return errnoAgain // nobody sees it, unless the stack was a wrong one
			}
			d.unread = event
		}
		return pieces(mem, p, func(b []byte) int {
			n := copy(b, d.unread)
			d.unread = d.unread[n:]
			return n
		})
	},
	"fd_write": func(d *resident, mem api.Memory, p []uint64) uint32 {
		var answer []byte
		errno := pieces(mem, p, func(b []byte) int {
			answer = append(answer, b...)
			return len(b)
		})
		d.answer(answer)
		return errno
	},
	"fd_fdstat_get": func(_ *resident, mem api.Memory, p []uint64) uint32 {
		stat, ok := mem.Read(uint32(p[1]), 24)
		if !ok {
			return errnoFault
		}
		clear(stat)
		stat[0] = characterDevice
		for i := 8; i < 24; i++ {
			stat[i] = 0xff // all rights
		}
		return errnoSuccess
	},
	"fd_filestat_get": func(_ *resident, mem api.Memory, p []uint64) uint32 {
		stat, ok := mem.Read(uint32(p[1]), 64)
		if !ok {
			return errnoFault
		}
		clear(stat)
		stat[16] = characterDevice
		return errnoSuccess
	},
}

// characterDevice is a filetype of WASI: nobody seeks in one.
const characterDevice = 2

// pieces calls f for each piece of memory that a read or a write has in its parameters 1 and 2, as long as f takes all of it, and stores the sum of what it took where parameter 3 says.
func pieces(mem api.Memory, p []uint64, f func([]byte) int) uint32 {
	list, count, sum := uint32(p[1]), uint32(p[2]), 0
	for i := range count {
		at, ok1 := mem.ReadUint32Le(list + 8*i)
		size, ok2 := mem.ReadUint32Le(list + 8*i + 4)
		b, ok3 := mem.Read(at, size)
		if !ok1 || !ok2 || !ok3 {
			return errnoFault
		}
		n := f(b)
		sum += n
		if n < len(b) {
			break
		}
	}
	if !mem.WriteUint32Le(uint32(p[3]), uint32(sum)) {
		return errnoFault
	}
	return errnoSuccess
}
