package tck

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// fetched is what a guest's fetch came to.
type fetched struct{ result, url, headers, body, message string }

func (k *kit) fetch(t *testing.T, payload, line string, args ...any) fetched {
	t.Helper()
	parts := strings.SplitN(k.callWith(t, payload, "fetch "+line, args...).text(t), "\x00", 4)
	switch len(parts) {
	case 2:
		return fetched{result: parts[0], message: parts[1]}
	case 4:
		return fetched{parts[0], parts[1], parts[2], parts[3], ""}
	}
	t.Fatalf("the case fetch answered %q", parts)
	return fetched{}
}

// outbound judges requests that the guest sends. Their server is the kit's own, on this machine's loopback.
func (k *kit) outbound(t *testing.T) {
	k.need(t, "fetch")
	k.fetches(t)
}

func (k *kit) fetches(t *testing.T) {
	var arrived atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/away":
			w.Header().Set("Location", r.URL.Query().Get("to"))
			w.WriteHeader(http.StatusFound)
		default:
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Seen", r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("X-Tck"))
			w.Header().Add("X-Two", "1")
			w.Header().Add("X-Two", "2")
			w.WriteHeader(http.StatusAccepted)
			w.Write(body)
		}
	}))
	t.Cleanup(s.Close)
	host := s.Listener.Addr().String()
	allow := func(t *testing.T, hosts ...string) {
		k.change(t, func(f *function) { f.AllowHosts = append([]string{}, hosts...) })
	}
	k.undone(t)

	t.Run("sends a request and reads the answer", func(t *testing.T) {
		allow(t, host)
		for name, body := range map[string]string{
			"empty": "", "text": "hello", "every byte": everyByte(), "1 MiB": strings.Repeat("0123456789abcdef", 1<<16),
		} {
			f := k.fetch(t, body, "POST %s/p?q=1 0", s.URL)
			equal(t, name+": status", f.result, "202")
			equal(t, name+": URL", f.url, s.URL+"/p?q=1")
			equal(t, name+": body", f.body == body, true)
			for _, line := range []string{"X-Seen: POST /p?q=1 a b\n", "X-Two: 1\n", "X-Two: 2\n"} {
				contains(t, name+": headers", f.headers, line)
			}
		}
	})
	t.Run("is denied to hosts that are not listed, and the call goes on", func(t *testing.T) {
		before := arrived.Load()
		for _, list := range [][]string{{}, {"example.invalid"}, {"127.0.0.1:1"}} {
			allow(t, list...)
			f := k.fetch(t, "", "GET %s/ 0", s.URL)
			equal(t, "result", f.result, "-5")
			contains(t, "message", f.message, "127.0.0.1")
		}
		equal(t, "requests that arrived", arrived.Load()-before, 0)
	})
	t.Run("checks redirects", func(t *testing.T) {
		allow(t, host)
		equal(t, "kept", k.fetch(t, "", "GET %s/away?to=/x 0", s.URL).result, "302")
		f := k.fetch(t, "", "GET %s/away?to=/x 0 follow", s.URL)
		equal(t, "followed", f.result, "202")
		equal(t, "URL", f.url, s.URL+"/x")
		equal(t, "to a host that is not listed", k.fetch(t, "", "GET %s/away?to=http://127.0.0.1:1/ 0 follow", s.URL).result, "-5")
	})
	t.Run("refuses what is no request", func(t *testing.T) {
		allow(t, host)
		equal(t, "a scheme", k.fetch(t, "", "GET file:///etc/passwd 0").result, "-4")
		equal(t, "a method", k.fetch(t, "", "CONNECT %s/ 0", s.URL).result, "-4")
	})
	t.Run("ends in its own time", func(t *testing.T) {
		allow(t, host)
		equal(t, "result", k.fetch(t, "", "GET %s/slow 50", s.URL).result, "-7")
	})
}

func everyByte() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}
