package main

import (
	"io"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"
)

// Log lines wait in a buffer for whoever reads standard error. A reader that stops, such as a terminal with its output
// held, then costs lines and never stalls a request. The buffer is read every pollInterval: the diode's other way, a
// condition variable, can miss a wake-up and hold the last line back.
const (
	bufferedLines = 8192
	pollInterval  = 20 * time.Millisecond
	flushTimeout  = 2 * time.Second
)

// logTime is how times look in logs, on terminals without the date.
const logTime = "2006-01-02T15:04:05.000Z07:00"

func init() { zerolog.TimeFieldFormat = logTime }

// writerOnly hides every other method, so that closing a log does not close standard error.
type writerOnly struct{ io.Writer }

// newLogger returns a logger that writes to w, as text for people if w is a terminal, otherwise as one JSON object a
// line. flush writes what is buffered and ends the logger; a writer that is stuck gets two seconds.
func newLogger(w io.Writer, level string) (log zerolog.Logger, flush func()) {
	out := io.Writer(writerOnly{w})
	if isTerminal(w) {
		out = zerolog.ConsoleWriter{Out: writerOnly{w}, TimeFormat: "15:04:05.000", FieldsOrder: fieldsOrder}
	}
	direct := zerolog.New(out).With().Timestamp().Logger()
	buffer := diode.NewWriter(out, bufferedLines, pollInterval, func(lost int) {
		direct.Warn().Int("lines", lost).Msg("log lines were lost: standard error was not read fast enough")
	})
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		panic(err) // the flag is an enumeration
	}
	flush = func() {
		done := make(chan struct{})
		go func() { buffer.Close(); close(done) }()
		select {
		case <-done:
		case <-time.After(flushTimeout):
		}
	}
	return zerolog.New(buffer).Level(parsed).With().Timestamp().Logger(), flush
}
