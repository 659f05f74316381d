//go:build wasip1

// The work of the comparison as an Extism plug-in in Go. It speaks Extism's ABI itself: the plug-in kit for Go is not needed for six imports.
package main

import (
	"encoding/binary"

	"github.com/lull-dev/lull/bench/guests/task"
)

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u8
func inputLoad8(at uint64) uint32

//go:wasmimport extism:host/env input_load_u64
func inputLoad64(at uint64) uint64

//go:wasmimport extism:host/env alloc
func alloc(n uint64) uint64

//go:wasmimport extism:host/env store_u8
func store8(at uint64, value uint32)

//go:wasmimport extism:host/env output_set
func outputSet(at, n uint64)

var event, answer []byte

func main() {}

//go:wasmexport handler
func handler() int32 {
	n := inputLength()
	event = event[:0]
	at := uint64(0)
	for ; at+8 <= n; at += 8 {
		event = binary.LittleEndian.AppendUint64(event, inputLoad64(at))
	}
	for ; at < n; at++ {
		event = append(event, byte(inputLoad8(at)))
	}
	var err error
	if answer, err = task.Do(answer[:0], event); err != nil {
		return 1
	}
	to := alloc(uint64(len(answer)))
	for i, b := range answer {
		store8(to+uint64(i), uint32(b))
	}
	outputSet(to, uint64(len(answer)))
	return 0
}
