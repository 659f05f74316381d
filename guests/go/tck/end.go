//go:build wasip1

package main

import (
	"os"
	"time"
	"unsafe"
)

// endCases are those after which the instance is gone, and sleep, which can be one.
var endCases = map[string]func(call) error{
	"exit":    func(c call) error { os.Exit(c.number(0)); return nil },
	"loop":    func(c call) error { return loop() },
	"recurse": func(c call) error { return answer(c.Response, recurse(1)) },
	"grow":    func(c call) error { return grow() },
	"sleep": func(c call) error {
		time.Sleep(time.Duration(c.number(0)) * time.Millisecond)
		return answer(c.Response, "ok")
	},
	"trap": func(c call) error {
		if c.arg(0) == "unreachable" {
			trap()
		}
		return answer(c.Response, *(*byte)(unsafe.Add(unsafe.Pointer(nil), farOutside)))
	},
}

// trap is in trap_wasm.s: Go itself never emits a bare unreachable.
func trap()

var farOutside uintptr = 0xffff_fff0

func loop() error {
	for sink := 0; ; sink++ {
	}
}

// recurse has a large frame: Go copies its stack when it grows, and with few bytes a frame that takes long.
func recurse(n int) int {
	var frame [1024]byte
	frame[n%len(frame)] = 1
	return recurse(n+1) + int(frame[(n+1)%len(frame)])
}

var hoard [][]byte

func grow() error {
	for {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		hoard = append(hoard, b)
	}
}
