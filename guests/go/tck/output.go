//go:build wasip1

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// outputCases are logs, standard output, clock and random numbers.
var outputCases = map[string]func(call) error{
	"log": func(c call) error {
		levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
		c.Context().Log().Log(context.Background(), levels[c.number(0)], string(c.payload))
		return answer(c.Response, "ok")
	},
	"stdout": func(c call) error { os.Stdout.Write(c.payload); return answer(c.Response, "ok") },
	"stderr": func(c call) error { os.Stderr.Write(c.payload); return answer(c.Response, "ok") },
	"clock":  func(c call) error { return answer(c.Response, fmt.Sprint(time.Now().UnixMilli())) },
	"random": func(c call) error {
		var b [16]byte
		rand.Read(b[:])
		return answer(c.Response, hex.EncodeToString(b[:]))
	},
}
