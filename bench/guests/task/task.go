// Package task is the work of the comparison in Go: see work.h beside the folder.
package task

import (
	"bytes"
	"hash/fnv"
	"strconv"
)

var count int

// Do answers an event; the answer is appended to to. It fails if the number of turns is none.
func Do(to, event []byte) ([]byte, error) {
	if n, ok := bytes.CutPrefix(event, []byte("spin ")); ok {
		turns, err := strconv.Atoi(string(n))
		return hex(to, spin(turns)), err
	}
	count++
	h := fnv.New32a()
	h.Write(event)
	return hex(append(strconv.AppendInt(to, int64(count), 10), ' '), h.Sum32()), nil
}

func spin(turns int) uint32 {
	x := uint32(1)
	for range turns {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
	}
	return x
}

// hex appends the eight digits of v.
func hex(to []byte, v uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		to = append(to, digits[v>>shift&15])
	}
	return to
}
