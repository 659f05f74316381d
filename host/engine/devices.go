package engine

import (
	"io/fs"
	"strconv"
	"strings"
	"time"

	esys "github.com/tetratelabs/wazero/experimental/sys"
	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/abi"
)

// devices is the folder /fc of an interpreter. A device is open for the time of one event or one record only, so that an image holds none.
//
//	events     opening it gives eventsFD. Residents have it
//	context    the context's JSON, as far as it is known before any call
//	functions  the functions that the configuration names, a line each
//	reply      what is written until it is closed is the answer, for who has no eventsFD
//	out        what is written goes where standard output does
//	fetch      what is written is an HTTP request, which is sent when the answer is read
//	log/LEVEL  what is written until it is closed is one record; LEVEL is debug, info, warn or error
//	sleep-N    a stat of it sleeps for N microseconds
type devices struct {
	esys.UnimplementedFS
	guest    func() *guest
	resident bool // there is the device events
	opened   bool // it has just been opened
	answer   func(reply []byte)
}

// maxSleep is far above any deadline.
const maxSleep = int64(24 * time.Hour / time.Microsecond)

var levels = map[string]abi.Level{"log/debug": abi.Debug, "log/info": abi.Info, "log/warn": abi.Warn, "log/error": abi.Error}

func (d *devices) OpenFile(p string, _ esys.Oflag, _ fs.FileMode) (esys.File, esys.Errno) {
	switch {
	case p == ".":
		return &device{dir: true}, 0
	case p == "events" && d.resident:
		d.opened = true
		return &device{}, 0
	case p == "functions":
		return &device{in: []byte(d.guest().program.names())}, 0
	case p == "context":
		return &device{in: []byte(d.guest().standingContext())}, 0
	case p == "fetch":
		return &device{ask: func(request []byte) []byte { return d.guest().fetchFile(request) }}, 0
	case p == "out":
		return &device{done: func(text []byte) { d.guest().stdout.Write(text) }}, 0
	case p == "reply":
		return &device{done: d.answer}, 0
	}
	if level, ok := levels[p]; ok {
		return &device{limit: abi.MaxLogBytes, done: func(text []byte) {
			g := d.guest()
			g.out.Line(g.call, level, strings.ToValidUTF8(string(text), "\uFFFD"))
		}}, 0
	}
	return nil, esys.ENOENT
}

// answer takes what the guest has written as its answer. An empty one is none.
func (d *resident) answer(reply []byte) {
	if len(reply) > 0 {
		d.reply, d.replied = reply, true
	}
}

func (d *devices) Stat(p string) (sys.Stat_t, esys.Errno) {
	if us, ok := strings.CutPrefix(p, "sleep-"); ok {
		n, err := strconv.ParseInt(us, 10, 64)
		if err != nil {
			return sys.Stat_t{}, esys.EINVAL
		}
		d.guest().nanosleep(min(n, maxSleep) * int64(time.Microsecond))
		return deviceStat(false), 0
	}
	if _, ok := levels[p]; ok || p == "events" || p == "reply" || p == "context" || p == "functions" || p == "fetch" || p == "out" {
		return deviceStat(false), 0
	}
	if p == "." || p == "log" {
		return deviceStat(true), 0
	}
	return sys.Stat_t{}, esys.ENOENT
}

func (d *devices) Lstat(p string) (sys.Stat_t, esys.Errno) { return d.Stat(p) }

// deviceStat makes devices character devices: nobody seeks in one.
func deviceStat(dir bool) sys.Stat_t {
	if dir {
		return sys.Stat_t{Dev: 2, Ino: 1, Nlink: 1, Mode: fs.ModeDir | 0o555}
	}
	return sys.Stat_t{Dev: 2, Ino: 2, Nlink: 1, Mode: fs.ModeDevice | fs.ModeCharDevice | 0o666}
}

// device is an open device.
type device struct {
	esys.UnimplementedFile
	dir   bool
	in    []byte
	out   []byte
	limit int                          // of out; 0: none but the guest's memory
	ask   func(out []byte) (in []byte) // nil: in is not an answer to out
	done  func(out []byte)
}

func (d *device) IsDir() (bool, esys.Errno)      { return d.dir, 0 }
func (d *device) Stat() (sys.Stat_t, esys.Errno) { return deviceStat(d.dir), 0 }

func (d *device) Read(b []byte) (int, esys.Errno) {
	if d.ask != nil && len(d.out) > 0 {
		request := d.out
		d.out = nil
		d.in = d.ask(request)
	}
	n := copy(b, d.in)
	d.in = d.in[n:]
	return n, 0
}

// Write takes all, and keeps what is within the limit.
func (d *device) Write(b []byte) (int, esys.Errno) {
	n := len(b)
	if d.limit > 0 {
		b = b[:min(n, d.limit-len(d.out))]
	}
	d.out = append(d.out, b...)
	return n, 0
}

func (d *device) Close() esys.Errno {
	if d.done != nil {
		d.done(d.out)
		d.done = nil
	}
	return 0
}
