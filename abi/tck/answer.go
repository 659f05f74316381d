package tck

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func (k *kit) answer(t *testing.T) {
	t.Run("is made of chunks", func(t *testing.T) {
		equal(t, "5 chunks", k.call(t, "chunks 5 3").text(t), "aaabbbcccdddeee")
		equal(t, "no chunk", k.call(t, "chunks 0 1").text(t), "")
		equal(t, "many chunks", digest([]byte(k.call(t, "chunks 64 65536").text(t))), digest(letters(64, 65536)))
		o := k.request(t, http.MethodPost, "/", nil, event("", "chunks 5 3"))
		equal(t, "5 chunks on the URL", o.text(t), "aaabbbcccdddeee")
	})
	t.Run("that passes the host's limit is refused", func(t *testing.T) {
		o := k.call(t, "chunks 256 1048576")
		if o.errorKind == "" {
			equal(t, "the answer of a host that takes it, in bytes", len(o.body), 256<<20)
			return
		}
		o.refused(t)
	})
	t.Run("has the status that was set last", func(t *testing.T) {
		for line, want := range map[string]int{
			"status": 200, "status 200": 200, "status 404": 404, "status 599": 599, "status 500 201": 201, "status 302": 302,
		} {
			o := k.request(t, http.MethodPost, "/", nil, event("", "%s", line))
			equal(t, line, o.status, want)
			equal(t, "body of "+line, string(o.body), "ok")
			equal(t, "event answer of "+line, k.call(t, "%s", line).text(t), "ok")
		}
	})
	t.Run("with an illegal status is refused", func(t *testing.T) {
		for _, status := range []string{"0", "99", "199", "600", "1000", "404 199", "199 404"} {
			k.call(t, "status %s", status).refused(t)
		}
		o := k.request(t, http.MethodPost, "/", nil, event("", "status 199"))
		o.refused(t)
		equal(t, "status of a function error on the URL", o.status, http.StatusBadGateway)
	})
	t.Run("has the headers that were added", func(t *testing.T) {
		o := k.request(t, http.MethodPost, "/", nil, withHeaders(
			"X-Tck", "one", "x-tck", "two", "X-Empty", "", "Content-Type", "text/x-tck", "X-Tab", "a\tb", "Set-Cookie", "a=1", "Set-Cookie", "b=2"))
		equal(t, "body", o.text(t), "ok")
		for name, want := range map[string][]string{
			"X-Tck": {"one", "two"}, "X-Empty": {""}, "Content-Type": {"text/x-tck"}, "X-Tab": {"a\tb"}, "Set-Cookie": {"a=1", "b=2"},
		} {
			if got := o.header[name]; !slices.Equal(got, want) {
				t.Errorf("header %s: got %q, want %q", name, got, want)
			}
		}
	})
	t.Run("with an illegal header is refused, which is named", func(t *testing.T) {
		for _, header := range [][2]string{
			{"X Y", "1"}, {"X:Y", "1"}, {"X-Ä", "1"}, {"(X)", "1"}, {"X-Line", "a\nb"}, {"X-Return", "a\rX-B: c"}, {"X-Delete", "\x7f"}, {"X-Bell", "\x07"},
		} {
			e := k.invoke(t, withHeaders(header[0], header[1])).refused(t)
			contains(t, "message", e.Message, header[0])
		}
		k.invoke(t, withHeaders("", "no name")).refused(t)
		k.invoke(t, withHeaders("X-Line\n", "1")).refused(t)
	})
	t.Run("with a header of the host's is refused, which is named", func(t *testing.T) {
		for _, name := range []string{
			"Connection", "Content-Length", "Date", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
			"X-Fc-Request-Id", "X-Fc-Anything", "x-fc-lower", "content-length", "TRANSFER-ENCODING",
		} {
			contains(t, "message", k.invoke(t, withHeaders("X-Fine", "1", name, "1")).refused(t).Message, name)
		}
	})
	t.Run("with more than 16 KiB of headers is refused", func(t *testing.T) {
		fits := withHeaders("X", strings.Repeat("v", 8<<10), "Y", strings.Repeat("v", 8<<10-2))
		equal(t, "exactly 16 KiB", k.invoke(t, fits).text(t), "ok")
		over := withHeaders("X", strings.Repeat("v", 8<<10), "Y", strings.Repeat("v", 8<<10-1))
		k.invoke(t, over).refused(t)
		var bomb []string
		for i := range 5000 {
			bomb = append(bomb, fmt.Sprintf("X-%d", i), "boom")
		}
		k.invoke(t, withHeaders(bomb...)).refused(t)
	})
	t.Run("with a report and the result 0 is not an error", func(t *testing.T) {
		k.need(t, "report")
		equal(t, "answer", k.call(t, "report").text(t), "ok")
	})
	t.Run("takes ranges of length 0 at any address", func(t *testing.T) {
		k.need(t, "zerolength")
		equal(t, "results", k.call(t, "zerolength").text(t), "0 7 0 0")
	})
}

// withHeaders is an event that adds the headers, given as names and values in turn.
func withHeaders(pairs ...string) []byte { return event(strings.Join(pairs, "\x00"), "headers") }

func letters(count, size int) []byte {
	var b bytes.Buffer
	for i := range count {
		b.Write(bytes.Repeat([]byte{byte('a' + i%26)}, size))
	}
	return b.Bytes()
}
