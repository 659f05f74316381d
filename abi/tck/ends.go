package tck

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The range that the case pointer gives to an import.
const (
	outside      = 0xffff0000
	outsideBytes = 1000
)

// ends are calls after which the instance is gone.
func (k *kit) ends(t *testing.T) {
	t.Run("by exit name the code", func(t *testing.T) {
		k.need(t, "exit")
		for _, code := range []string{"0", "3", "255"} {
			cause := k.gone(t, k.call(t, "exit %s", code), "Exit")
			if !regexp.MustCompile(`\b` + code + `\b`).MatchString(cause) {
				t.Errorf("the cause %q does not name the exit code %s", cause, code)
			}
		}
	})
	t.Run("by a trap", func(t *testing.T) {
		k.need(t, "trap")
		k.gone(t, k.call(t, "trap unreachable"), "Trap")
		k.gone(t, k.call(t, "trap memory"), "Trap")
	})
	for _, name := range []string{"event_read", "context_read", "response_write", "response_header", "error_report", "log"} {
		t.Run("by a range outside memory given to "+name, func(t *testing.T) {
			k.need(t, "pointer")
			cause := k.gone(t, k.call(t, "pointer %s", name), "Trap")
			contains(t, "cause", cause, name)
			contains(t, "cause", cause, strconv.Itoa(outside))
			for _, number := range regexp.MustCompile(`\d+`).FindAllString(strings.ReplaceAll(cause, "lull_v1", ""), -1) {
				if n, err := strconv.ParseUint(number, 10, 64); err != nil || n > outside+outsideBytes {
					t.Errorf("the cause %q names %s, which is neither address, length nor memory", cause, number)
				}
			}
		})
	}
	t.Run("by the time limit in an endless loop", func(t *testing.T) {
		k.oneSecond(t)
		k.gone(t, k.call(t, "loop"), "Timeout")
	})
	t.Run("by the time limit in a long sleep", func(t *testing.T) {
		k.oneSecond(t)
		k.gone(t, k.call(t, "sleep 60000"), "Timeout")
	})
	// Where these two end depends on the language: its runtime may notice, or the host.
	for _, line := range []string{"recurse", "grow"} {
		t.Run("by "+line+" without end", func(t *testing.T) {
			o := k.call(t, "%s", line)
			o.failed(t, unhandled)
			if slices.Contains(causes, o.err.Type) {
				k.gone(t, o, causes...)
			}
			k.call(t, "count").text(t)
		})
	}
}

// causes are the error types of a call that took its instance down.
var causes = []string{"Timeout", "Exit", "Trap", "OutOfMemory"}

var exited = regexp.MustCompile(`^Process exited unexpectedly before completing request \(duration: [0-9.]+ms, maxMemoryUsage: [0-9.]+MB\): (.+)`)

// gone checks that a call took its instance down, and that the next requests get sound ones. It returns the cause.
func (k *kit) gone(t *testing.T, o outcome, types ...string) string {
	t.Helper()
	e := o.failed(t, unhandled)
	if !slices.Contains(types, e.Type) {
		t.Errorf("errorType: got %q, want %s; the message is %q", e.Type, strings.Join(types, " or "), e.Message)
	}
	message := exited.FindStringSubmatch(e.Message)
	if message == nil {
		t.Fatalf("errorMessage: %q does not match %v", e.Message, exited)
	}
	for range 3 {
		next, _ := k.count(t)
		if next.instance == o.instance {
			t.Fatalf("instance %s served after it was gone", o.instance)
		}
	}
	return message[1]
}
