package engine

import (
	"context"
	"encoding/binary"
	"math"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// More numbers of wasi_snapshot_preview1.
const (
	errnoAgain = 6
	errnoFault = 21
	errnoInval = 28
	errnoPipe  = 64

	filetypeCharacter = 2
	filetypeStream    = 6
	flagNonblock      = 4
	pollClock         = 0
	pollRead          = 1
	pollWrite         = 2
)

// instantiateServerWASI makes the host module of WASI for servers: wazero's, with descriptors of the guest's sockets in place of
// its own. There are no other descriptors but the standard streams.
func instantiateServerWASI(ctx context.Context, rt wazero.Runtime) error {
	b := rt.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	for name, f := range map[string]struct {
		params int
		call   func(s *server, mem guestMemory, p []uint64) uint32
	}{
		"fd_close":            {1, fdClose},
		"fd_fdstat_get":       {2, fdStat},
		"fd_fdstat_set_flags": {2, fdSetFlags},
		"fd_renumber":         {2, func(*server, guestMemory, []uint64) uint32 { return errnoNotsup }},
		"fd_read":             {4, func(s *server, mem guestMemory, p []uint64) uint32 { return receive(s, mem, p[0], p[1], p[2], 0, p[3]) }},
		"fd_write":            {4, func(s *server, mem guestMemory, p []uint64) uint32 { return transmit(s, mem, p[0], p[1], p[2], p[3]) }},
		"sock_accept":         {3, sockAccept},
		"sock_recv":           {6, sockReceive},
		"sock_send":           {5, func(s *server, mem guestMemory, p []uint64) uint32 { return transmit(s, mem, p[0], p[1], p[2], p[4]) }},
		"sock_shutdown":       {2, sockShutdown},
		"poll_oneoff":         {4, poll},
	} {
		types := make([]api.ValueType, f.params)
		for i := range types {
			types[i] = i32
		}
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			stack[0] = uint64(f.call(running(ctx).server, guestMemory{m.Memory()}, stack))
		}), types, []api.ValueType{i32}).Export(name)
	}
	exportOwn(b)
	_, err := b.Instantiate(ctx)
	return err
}

// guestMemory reads and writes what WASI's structures are made of. ok is false for a range that is not there.
type guestMemory struct{ api.Memory }

func (m guestMemory) vectors(ptr, count uint64) (out [][]byte, ok bool) {
	if uint32(count) > 1024 {
		return nil, false
	}
	for i := range uint32(count) {
		at := uint32(ptr) + 8*i
		base, ok1 := m.ReadUint32Le(at)
		size, ok2 := m.ReadUint32Le(at + 4)
		p, ok3 := m.Read(base, size)
		if !ok1 || !ok2 || !ok3 {
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}

func (m guestMemory) number(ptr, value uint64) uint32 {
	if !m.WriteUint32Le(uint32(ptr), uint32(value)) {
		return errnoFault
	}
	return errnoSuccess
}

func fdClose(s *server, _ guestMemory, p []uint64) uint32 {
	if fd := uint32(p[0]); fd < listenerFD || s.net.close(fd) {
		return errnoSuccess // closing a standard stream closes nothing
	}
	return errnoBadf
}

func fdStat(s *server, mem guestMemory, p []uint64) uint32 {
	fd := uint32(p[0])
	stat, ok := mem.Read(uint32(p[1]), 24)
	if !ok {
		return errnoFault
	}
	filetype, nonblock := byte(filetypeCharacter), false
	switch c := s.net.conn(fd); {
	case fd < listenerFD:
	case fd == listenerFD:
		filetype, nonblock = filetypeStream, s.net.nonblock
	case c != nil:
		filetype, nonblock = filetypeStream, c.nonblock
	default:
		return errnoBadf
	}
	clear(stat)
	stat[0] = filetype
	if nonblock {
		stat[2] = flagNonblock
	}
	binary.LittleEndian.PutUint64(stat[8:], math.MaxUint64) // all rights
	return errnoSuccess
}

func fdSetFlags(s *server, _ guestMemory, p []uint64) uint32 {
	fd, nonblock := uint32(p[0]), p[1]&flagNonblock != 0
	switch c := s.net.conn(fd); {
	case fd < listenerFD:
	case fd == listenerFD:
		s.net.nonblock = nonblock
	case c != nil:
		c.nonblock = nonblock
	default:
		return errnoBadf
	}
	return errnoSuccess
}

func sockAccept(s *server, mem guestMemory, p []uint64) uint32 {
	if uint32(p[0]) != listenerFD {
		return errnoBadf
	}
	for {
		if c := s.net.accept(p[1]&flagNonblock != 0); c != nil {
			return mem.number(p[2], uint64(c.fd))
		}
		if s.net.nonblock {
			return errnoAgain
		}
		s.await(time.Time{}, func() bool { return s.net.readableLocked(listenerFD) })
	}
}

func sockReceive(s *server, mem guestMemory, p []uint64) uint32 {
	if !mem.WriteUint16Le(uint32(p[5]), 0) {
		return errnoFault
	}
	return receive(s, mem, p[0], p[1], p[2], p[3], p[4])
}

// receive reads from a connection, or from standard input, which is empty.
func receive(s *server, mem guestMemory, fd, vectors, count, flags, size uint64) uint32 {
	const peek = 1
	into, ok := mem.vectors(vectors, count)
	if !ok {
		return errnoFault
	}
	if uint32(fd) < listenerFD {
		return mem.number(size, 0)
	}
	c := s.net.conn(uint32(fd))
	if c == nil {
		return errnoBadf
	}
	for {
		total, ready := 0, len(into) == 0
		for _, p := range into {
			n, ok := c.take(p, flags&peek != 0)
			total, ready = total+n, ready || ok
			if n < len(p) || flags&peek != 0 {
				break
			}
		}
		switch {
		case ready:
			return mem.number(size, uint64(total))
		case c.nonblock:
			return errnoAgain
		}
		s.await(time.Time{}, func() bool { return s.net.readableLocked(c.fd) || s.net.giveWayLocked(c) })
	}
}

// transmit writes to a connection, or to a standard stream, whose lines are log records.
func transmit(s *server, mem guestMemory, fd, vectors, count, size uint64) uint32 {
	from, ok := mem.vectors(vectors, count)
	if !ok {
		return errnoFault
	}
	total := 0
	if uint32(fd) < listenerFD {
		for _, p := range from {
			if uint32(fd) == 2 {
				s.stderr.Write(p)
			} else {
				s.stdout.Write(p)
			}
			total += len(p)
		}
		return mem.number(size, uint64(total))
	}
	c := s.net.conn(uint32(fd))
	if c == nil {
		return errnoBadf
	}
	s.fuelUsed.Store(s.fuel.used())
	for _, p := range from {
		for len(p) > 0 {
			n, gone := c.put(p)
			total, p = total+n, p[n:]
			switch {
			case gone && total == 0:
				return errnoPipe
			case gone || len(p) > 0 && total > 0 && c.nonblock:
				return mem.number(size, uint64(total))
			case len(p) > 0 && c.nonblock:
				return errnoAgain
			case len(p) > 0:
				s.await(time.Time{}, func() bool { return s.net.writableLocked(c.fd) })
			}
		}
	}
	return mem.number(size, uint64(total))
}

func sockShutdown(s *server, _ guestMemory, p []uint64) uint32 {
	const write = 2
	c := s.net.conn(uint32(p[0]))
	if c == nil {
		return errnoBadf
	}
	if p[1]&write != 0 {
		c.shutdown()
	}
	return errnoSuccess
}

// poll is poll_oneoff, the place where a server waits.
func poll(s *server, mem guestMemory, p []uint64) uint32 {
	const subscription, event = 48, 32
	count := uint32(p[2])
	if count == 0 || count > maxSubscriptions {
		return errnoInval
	}
	in, ok1 := mem.Read(uint32(p[0]), subscription*count)
	out, ok2 := mem.Read(uint32(p[1]), event*count)
	if !ok1 || !ok2 {
		return errnoFault
	}
	le := binary.LittleEndian
	now := time.Now()
	clock := func(sub []byte) (time.Time, bool) {
		const realtime, absolute = 0, 1
		n := time.Duration(min(le.Uint64(sub[24:]), math.MaxInt64))
		if le.Uint16(sub[40:])&absolute == 0 {
			return now.Add(min(n, forever)), true
		}
		return time.Unix(0, int64(n)), le.Uint32(sub[16:]) == realtime
	}
	ready := func(sub []byte) bool {
		if sub[8] == pollRead {
			return s.net.readableLocked(le.Uint32(sub[16:]))
		}
		return sub[8] == pollWrite && s.net.writableLocked(le.Uint32(sub[16:]))
	}
	var until time.Time
	for i := range count {
		sub := in[i*subscription:]
		switch sub[8] {
		case pollClock:
			t, ok := clock(sub)
			if !ok {
				return errnoNotsup
			}
			if until.IsZero() || t.Before(until) {
				until = t
			}
		case pollRead, pollWrite:
		default:
			return errnoInval
		}
	}
	s.await(until, func() bool {
		for i := range count {
			if ready(in[i*subscription:]) {
				return true
			}
		}
		return false
	})

	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	found, now2 := uint32(0), time.Now()
	for i := range count {
		sub := in[i*subscription : (i+1)*subscription]
		errno := byte(errnoSuccess)
		switch {
		case sub[8] == pollClock:
			if t, _ := clock(sub); now2.Before(t) {
				continue
			}
		case !ready(sub):
			continue
		case le.Uint32(sub[16:]) > listenerFD && s.net.conns[le.Uint32(sub[16:])] == nil:
			errno = errnoBadf
		}
		// The two may be the same memory: what of sub is needed is read before ev is written.
		data, typ := le.Uint64(sub), sub[8]
		ev := out[found*event : (found+1)*event]
		clear(ev)
		le.PutUint64(ev, data)
		ev[8], ev[10] = errno, typ
		if typ != pollClock {
			le.PutUint64(ev[16:], 1)
		}
		found++
	}
	return mem.number(p[3], uint64(found))
}
