// Package guests has the guests that contenders are compared with: the same work in several languages, and what their answers must be.
package guests

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/lull-dev/lull/guests"
)

// Dir is the folder of the guests' sources. The program must run where it was built.
func Dir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// Build compiles the guest of a folder ("c", "go", "extism") and returns the module. Errors are those of guests.Build.
func Build(ctx context.Context, name string) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "lull-bench-guest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	out, err := guests.Build(ctx, filepath.Join(Dir(), name), filepath.Join(tmp, "guest.wasm"), nil)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// Spin is the event that runs a loop.
func Spin(turns int) []byte { return strconv.AppendInt([]byte("spin "), int64(turns), 10) }

// Spun is the answer to it.
func Spun(turns int) []byte {
	x := uint32(1)
	for range turns {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
	}
	return fmt.Appendf(nil, "%08x", x)
}

// Sum is the second part of the answer to an event.
func Sum(event []byte) string {
	h := fnv.New32a()
	h.Write(event)
	return fmt.Sprintf("%08x", h.Sum32())
}

// Answer checks an answer to an event: fresh wants the count of an instance that has answered nothing before.
func Answer(event, answer []byte, fresh bool) error {
	count, sum, ok := bytes.Cut(answer, []byte(" "))
	n, err := strconv.Atoi(string(count))
	if !ok || err != nil || n < 1 || string(sum) != Sum(event) {
		return fmt.Errorf("wrong answer %.100q to an event of %d bytes", answer, len(event))
	}
	if fresh && n != 1 {
		return fmt.Errorf("an instance that should be new has answered %d events", n)
	}
	return nil
}
