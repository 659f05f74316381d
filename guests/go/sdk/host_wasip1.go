//go:build wasip1

package lull

import "unsafe"

// The imports of lull_v1. None keeps an address after it has returned.

//go:wasmimport lull_v1 event_read
//go:noescape
func importEventRead(p unsafe.Pointer, size, offset uint32) int32

//go:wasmimport lull_v1 context_read
//go:noescape
func importContextRead(field uint32, p unsafe.Pointer, size uint32) int32

//go:wasmimport lull_v1 response_status
func hostStatus(code uint32) int32

//go:wasmimport lull_v1 response_header
//go:noescape
func hostHeader(name, value string) int32

//go:wasmimport lull_v1 response_write
//go:noescape
func hostWrite(s string) int32

//go:wasmimport lull_v1 error_report
//go:noescape
func hostError(typ, message, stack string) int32

//go:wasmimport lull_v1 log
//go:noescape
func hostLog(level uint32, message string) int32

func hostEvent(p []byte, offset uint32) int32 {
	return importEventRead(unsafe.Pointer(unsafe.SliceData(p)), uint32(len(p)), offset)
}

func hostContext(f field, p []byte) int32 {
	return importContextRead(uint32(f), unsafe.Pointer(unsafe.SliceData(p)), uint32(len(p)))
}
