package main

import (
	"strconv"
	"time"

	"github.com/lull-dev/lull/host/logs"
)

// since is the pair of flags that bound a look at the past.
type since struct {
	From string `placeholder:"TIME" help:"From this time on: like 2026-01-02T15:04:05Z, or how long ago, like 20m."`
	To   string `placeholder:"TIME" help:"Before this time, given like --from."`
}

// span reads the flags, seen from now. limit is that of the command, 0 for none.
func (s *since) span(now time.Time, limit int) (span logs.Span, err error) {
	if limit < 0 {
		return span, usagef("--limit is 1 or more")
	}
	span.Limit = limit
	if span.From, err = moment("--from", s.From, now); err != nil {
		return span, err
	}
	span.To, err = moment("--to", s.To, now)
	return span, err
}

// moment reads a time, in the form of RFC 3339 with or without a zone, a date, seconds since 1970, or how long ago.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 40); err == nil {
		return time.Unix(seconds, 0), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("%s %s: expected a time like 2026-01-02T15:04:05Z, or how long ago, like 20m or 48h", flag, text)
}
