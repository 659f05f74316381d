//go:build wasip1

package main

import (
	"fmt"
	"strings"
	"unsafe"
)

// The imports with plain addresses, for what the SDK rightly does not let through.

//go:wasmimport lull_v1 event_read
func eventRead(ptr, size, offset uint32) int32

//go:wasmimport lull_v1 context_read
func contextRead(field, ptr, size uint32) int32

//go:wasmimport lull_v1 response_status
func responseStatus(status uint32) int32

//go:wasmimport lull_v1 response_header
func responseHeader(name, nameLen, value, valueLen uint32) int32

//go:wasmimport lull_v1 response_write
func responseWrite(ptr, size uint32) int32

//go:wasmimport lull_v1 error_report
func errorReport(typ, typLen, msg, msgLen, stack, stackLen uint32) int32

//go:wasmimport lull_v1 log
func logWrite(level, ptr, size uint32) int32

// buf is static, so that its address is one for good.
var buf [64 << 10]byte

func at() uint32 { return uint32(uintptr(unsafe.Pointer(&buf[0]))) }

// boot holds what the imports answered in _initialize.
var boot = fmt.Sprint(eventRead(at(), 1, 0), contextRead(7, at(), 16), responseWrite(at(), 1))

var rawCases = map[string]func(call) error{
	"boot":       func(c call) error { return answer(c.Response, boot) },
	"pieces":     pieces,
	"field":      readField,
	"report":     func(c call) error { errorReport(at(), 1, at(), 1, at(), 1); return answer(c.Response, "ok") },
	"loglevel":   func(c call) error { logWrite(uint32(c.number(0)), at(), 1); return answer(c.Response, "ok") },
	"pointer":    outside,
	"zerolength": zeroLength,
}

// callImport calls an import that a hook may not call.
func callImport(name string) int32 {
	switch name {
	case "event_read":
		return eventRead(at(), 1, 0)
	case "response_status":
		return responseStatus(200)
	case "response_header":
		return responseHeader(at(), 1, at(), 1)
	case "response_write":
		return responseWrite(at(), 1)
	}
	panic("there is no action " + name)
}

func pieces(c call) error {
	size, total := uint32(c.number(0)), uint32(c.Len())
	whole, sum := make([]byte, total), 0
	for i := (total - 1) / size; ; i-- {
		n := eventRead(at(), size, i*size)
		if n < 0 {
			return fmt.Errorf("event_read answered %d", n)
		}
		sum += copy(whole[i*size:], buf[:n])
		if i == 0 {
			break
		}
	}
	hash := strings.Fields(digest(whole))[1]
	return answer(c.Response, sum, hash, eventRead(at(), size, total), eventRead(at(), size, total+size))
}

func readField(c call) error {
	for i := range buf {
		buf[i] = 0xaa
	}
	n := contextRead(uint32(c.number(0)), at(), uint32(c.number(1)))
	state := "untouched"
	for _, b := range buf {
		if b != 0xaa {
			state = "written"
		}
	}
	return answer(c.Response, n, state)
}

func outside(c call) error {
	const ptr, size = 0xffff_0000, 1000
	switch c.arg(0) {
	case "event_read":
		eventRead(ptr, size, 0)
	case "context_read":
		contextRead(1, ptr, size)
	case "response_header":
		responseHeader(at(), 1, ptr, size)
	case "response_write":
		responseWrite(ptr, size)
	case "error_report":
		errorReport(at(), 1, at(), 1, ptr, size)
	case "log":
		logWrite(1, ptr, size)
	}
	return answer(c.Response, "the import came back")
}

func zeroLength(c call) error {
	const ptr = 0xffff_ffff
	return answer(c.Response, eventRead(ptr, 0, 0), contextRead(7, ptr, 0), responseWrite(ptr, 0), logWrite(0, ptr, 0))
}
