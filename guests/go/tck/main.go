//go:build wasip1

// The guest of the conformance kit. abi/tck/README.md says what each case does.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"time"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

func main() {}

func init() {
	lull.HandleHTTP(handle)
	lull.Initializer(hook("initializer"))
	lull.PreFreeze(hook("preFreeze"))
	lull.PreStop(hook("preStop"))
	if name, action, found := strings.Cut(os.Getenv("LULL_TCK"), " "); found {
		armed[name] = action
	}
}

var (
	count = map[string]int{} // runs of handler and hooks
	armed = map[string]string{}
)

// call is one request of the kit.
type call struct {
	*lull.Response
	*lull.Request
	args    []string
	payload []byte
}

func handle(w *lull.Response, r *lull.Request) error {
	count["handler"]++
	event, err := r.Body()
	if err != nil {
		return err
	}
	line, payload, _ := bytes.Cut(event, []byte("\n"))
	words := strings.Split(string(line), " ")
	if words[0] != "tck" {
		return answer(w, digest(event))
	}
	do, ok := cases[words[1]]
	if !ok {
		return fmt.Errorf("this guest has no case %q", words[1])
	}
	return do(call{Response: w, Request: r, args: words[2:], payload: payload})
}

func answer(w *lull.Response, a ...any) error {
	_, err := w.WriteString(strings.TrimSuffix(fmt.Sprintln(a...), "\n"))
	return err
}

func digest(p []byte) string {
	h := fnv.New32a()
	h.Write(p)
	return fmt.Sprintf("%d %08x", len(p), h.Sum32())
}

// arg is an argument, empty if it is not there.
func (c call) arg(i int) string {
	if i < len(c.args) {
		return c.args[i]
	}
	return ""
}

func (c call) text() string { return strings.Join(c.args, " ") }

// number is an argument as a number. The kit sends only valid ones.
func (c call) number(i int) (n int) {
	fmt.Sscan(c.arg(i), &n)
	return n
}

var cases map[string]func(call) error

func init() {
	cases = map[string]func(call) error{
		"cases":     listCases,
		"echo":      func(c call) error { _, err := c.Write(c.payload); return err },
		"context":   readContext,
		"chunks":    chunks,
		"status":    status,
		"headers":   headers,
		"fail":      fail,
		"error":     func(c call) error { return errors.New(c.text()) },
		"unhandled": func(c call) error { panic(c.text()) },
		"count":     counts,
		"arm":       arm,
		"fetch":     fetch,
		"env":       func(c call) error { return answer(c.Response, os.Getenv(c.arg(0))) },
	}
	for _, more := range []map[string]func(call) error{outputCases, endCases, rawCases} {
		for name, do := range more {
			cases[name] = do
		}
	}
}

func listCases(c call) error {
	names := []string{"initializer", "preFreeze", "preStop"}
	for name := range cases {
		names = append(names, name)
	}
	slices.Sort(names)
	return answer(c.Response, strings.Join(names, "\n"))
}

func readContext(c call) error {
	x := c.Context()
	deadline, _ := x.Deadline()
	var headers strings.Builder
	for name, value := range c.Headers() {
		fmt.Fprintf(&headers, "%s: %s\n", name, value)
	}
	value, ok := map[string]string{
		"requestId": x.RequestID(), "function": x.Function(), "service": x.Service(), "qualifier": x.Qualifier(),
		"versionId": x.VersionID(), "instanceId": x.InstanceID(), "phase": x.Phase(), "json": x.JSON(),
		"deadline": fmt.Sprint(deadline.UnixMilli()),
	}[c.arg(0)]
	if !ok && c.Method() != "" {
		value, ok = map[string]string{
			"method": c.Method(), "path": c.Path(), "query": c.RawQuery(), "clientIP": c.ClientIP(), "headers": headers.String(),
		}[c.arg(0)]
	}
	if !ok {
		value = "-1"
	}
	return answer(c.Response, value)
}

func chunks(c call) error {
	for i := range c.number(0) {
		chunk := bytes.Repeat([]byte{byte('a' + i%26)}, c.number(1))
		if _, err := c.Write(chunk); err != nil {
			return err
		}
	}
	return nil
}

func status(c call) error {
	for i := range c.args {
		c.SetStatus(c.number(i))
	}
	return answer(c.Response, "ok")
}

func headers(c call) error {
	parts := strings.Split(string(c.payload), "\x00")
	for pair := range slices.Chunk(parts, 2) {
		c.AddHeader(pair[0], pair[1])
	}
	return answer(c.Response, "ok")
}

func fail(c call) error {
	message, stack, _ := strings.Cut(string(c.payload), "\x00")
	return &lull.Error{Type: c.arg(0), Message: message, Stack: strings.Split(stack, "\n")}
}

func counts(c call) error {
	return answer(c.Response, fmt.Sprintf("handler=%d initializer=%d preFreeze=%d preStop=%d",
		count["handler"], count["initializer"], count["preFreeze"], count["preStop"]))
}

func fetch(c call) error {
	resp, err := lull.Fetch(&lull.FetchRequest{
		Method: c.arg(0), URL: c.arg(1), Headers: [][2]string{{"X-Tck", "a b"}}, Body: c.payload,
		Timeout: time.Duration(c.number(2)) * time.Millisecond, KeepRedirects: c.arg(3) != "follow",
	})
	if failed, ok := errors.AsType[*lull.FetchError](err); ok {
		return answer(c.Response, fmt.Sprintf("%d\x00%s", failed.Errno, failed.Message))
	}
	fmt.Fprintf(c, "%d\x00%s\x00", resp.Status, resp.URL)
	for _, h := range resp.Headers {
		fmt.Fprintf(c, "%s: %s\n", h[0], h[1])
	}
	_, err = fmt.Fprintf(c, "\x00%s", resp.Body)
	return err
}

func arm(c call) error {
	armed[c.arg(0)] = strings.Join(c.args[1:], " ")
	return answer(c.Response, "ok")
}
