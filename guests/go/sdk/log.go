package lull

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"
)

// Levels of the import log.
const (
	levelDebug = iota
	levelInfo
	levelWarn
	levelError
)

// logger is made on first use: a program that does not log does not carry log/slog.
var (
	logger     *slog.Logger
	loggerOnce sync.Once
)

// LogHandler returns a [slog.Handler] that writes to the function's log, all levels. A record is the
// message and then its attributes as key=value. Time, request and instance are added by the host. A
// record over 64 KiB is cut.
func LogHandler() slog.Handler {
	out := &logBuffer{}
	return &logHandler{out: out, text: slog.NewTextHandler(out, &slog.HandlerOptions{
		Level:       slog.LevelDebug,
		ReplaceAttr: dropBuiltin,
	})}
}

// logBuffer collects one record. mu is held from the first byte until the record is sent.
type logBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

type logHandler struct {
	out  *logBuffer
	text slog.Handler // writes the attributes to out
}

func (h *logHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.text.Enabled(ctx, l) }

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{out: h.out, text: h.text.WithAttrs(attrs)}
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{out: h.out, text: h.text.WithGroup(name)}
}

func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.Reset()
	h.out.WriteString(r.Message)
	h.out.WriteByte(' ')
	r.Message, r.Time = "", time.Time{} // a zero time is left out
	if err := h.text.Handle(ctx, r); err != nil {
		return err
	}
	line := bytes.TrimRight(h.out.Bytes(), " \n")
	return refusal("log", hostLog(hostLevel(r.Level), view(line)))
}

// dropBuiltin leaves the attributes of the caller: Handle writes the message, the host
// keeps the level.
func dropBuiltin(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	_, isLevel := a.Value.Any().(slog.Level)
	switch {
	case a.Key == slog.LevelKey && isLevel,
		a.Key == slog.MessageKey && a.Value.Kind() == slog.KindString && a.Value.String() == "":
		return slog.Attr{}
	}
	return a
}

func hostLevel(l slog.Level) uint32 {
	switch {
	case l < slog.LevelInfo:
		return levelDebug
	case l < slog.LevelWarn:
		return levelInfo
	case l < slog.LevelError:
		return levelWarn
	}
	return levelError
}
