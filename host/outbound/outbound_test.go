package outbound_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/outbound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sender is one call of a guest.
type sender func(context.Context, *fn.OutboundRequest) (*fn.OutboundResponse, error)

func open(t *testing.T, cfg outbound.Config, allow ...string) sender {
	list, err := fn.ParseAllowHosts(allow)
	require.NoError(t, err)
	send, done := outbound.New(cfg).Open(list)
	t.Cleanup(done)
	return send
}

func (s sender) get(t *testing.T, url string) (*fn.OutboundResponse, error) {
	return s(t.Context(), &fn.OutboundRequest{Method: "GET", URL: url})
}

// refused wants an error of a number, whose message holds says.
func (s sender) refused(t *testing.T, errno abi.Errno, says string, req fn.OutboundRequest) {
	t.Helper()
	if req.Method == "" {
		req.Method = "GET"
	}
	_, err := s(t.Context(), &req)
	var own *fn.OutboundError
	require.ErrorAs(t, err, &own)
	require.Equal(t, errno, own.Errno, own.Message)
	require.Contains(t, own.Message, says)
}

// server is an HTTP server on the loopback, without connections left at the end.
func server(t *testing.T, h http.HandlerFunc) (url, address string) {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL, s.Listener.Addr().String()
}

// names is a look-up of names that do not exist elsewhere.
func names(table map[string]string) func(context.Context, string) ([]netip.Addr, error) {
	return func(_ context.Context, name string) (out []netip.Addr, err error) {
		for text := range strings.FieldsSeq(table[name]) {
			out = append(out, netip.MustParseAddr(text))
		}
		if out == nil {
			err = &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
		return out, err
	}
}

func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func TestSend_SendsARequestAndReadsTheAnswer(t *testing.T) {
	url, address := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Add("X-Seen", r.Method+" "+r.URL.String()+" "+r.Host+" "+string(body))
		w.Header().Add("X-Seen", r.Header.Get("User-Agent")+" "+strings.Join(r.Header.Values("X-Two"), "+")+" "+r.Header.Get("Accept-Encoding"))
		w.Header().Set("Connection", "X-Private")
		w.Header().Set("X-Private", "1")
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "short and stout")
	})
	resp, err := open(t, outbound.Config{}, address)(t.Context(), &fn.OutboundRequest{
		Method: "PUT", URL: url + "/p?q=1", Header: []fn.Header{{Name: "X-Two", Value: "a"}, {Name: "X-Two", Value: "b"}}, Body: []byte("hello"),
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusTeapot, resp.Status)
	require.Equal(t, "short and stout", string(resp.Body))
	require.Equal(t, url+"/p?q=1", resp.URL)
	seen := []string{}
	for _, h := range resp.Header {
		require.NotContains(t, []string{"Connection", "X-Private", "Transfer-Encoding"}, h.Name)
		if h.Name == "X-Seen" {
			seen = append(seen, h.Value)
		}
	}
	require.Equal(t, []string{"PUT /p?q=1 " + address + " hello", "lull a+b"}, seen)
}

func TestSend_UsesNoProxyOfTheEnvironment(t *testing.T) {
	_, proxy := server(t, func(w http.ResponseWriter, r *http.Request) { t.Error("the proxy was asked for " + r.URL.String()) })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://"+proxy)
	}
	_, address := server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "direct") })
	send := open(t, outbound.Config{Lookup: names(map[string]string{"a.example": "127.0.0.1"})}, "a.example", "127.0.0.1")
	resp, err := send.get(t, "http://a.example:"+port(address)+"/")
	require.NoError(t, err)
	require.Equal(t, "direct", string(resp.Body))
}

func TestSend_RefusesURLsThatAreNotForGuests(t *testing.T) {
	send := open(t, outbound.Config{}, "a.example", "*.b.example")
	for target, says := range map[string]string{
		"":                        "scheme",
		"a.example":               "scheme",
		"/path":                   "scheme",
		"//a.example/":            "scheme",
		"file:///etc/passwd":      "scheme",
		"ftp://a.example/":        "scheme",
		"gopher://a.example/":     "scheme",
		"unix:///run/x.sock":      "scheme",
		"http:a.example":          "no host",
		"http:///x":               "no host",
		"http://:80/":             "no host",
		"http://u:p@a.example/":   "holds a user",
		"http://a.example:0/":     "port",
		"http://a.example:99999/": "port",
		"http://[fe80::1%25lo]/":  "zone",
		"http://bü.b.example/":    "not ASCII",
		"http://a.example/\x7f":   "invalid control character",
		"http://a.exam ple/":      "invalid character",
	} {
		t.Run(target, func(t *testing.T) { send.refused(t, abi.Invalid, says, fn.OutboundRequest{URL: target}) })
	}
}

func TestSend_RefusesHostsThatTheListDoesNotName(t *testing.T) {
	url, address := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") })
	for name, allow := range map[string][]string{
		"an empty list":       nil,
		"another host":        {"a.example"},
		"another port":        {"127.0.0.1:1"},
		"another address":     {"127.0.0.2"},
		"a name for the same": {"localhost.example"},
	} {
		t.Run(name, func(t *testing.T) {
			open(t, outbound.Config{}, allow...).refused(t, abi.Denied, "may not send requests to 127.0.0.1 port "+port(address), fn.OutboundRequest{URL: url})
		})
	}
	_, err := open(t, outbound.Config{}).get(t, "http://[::ffff:127.0.0.1]:"+port(address)+"/")
	require.ErrorContains(t, err, "may not send requests to 127.0.0.1 port")
}

func TestSend_ReachesAddressesThatAreNotPublicOnlyIfTheyAreNamed(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "239.1.1.1", "240.0.0.1",
		"255.255.255.255", "198.18.0.1", "192.0.0.192", "192.0.2.1", "203.0.113.9", "::1", "::", "::7f00:1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "100::1",
	} {
		t.Run(address, func(t *testing.T) {
			lookup := names(map[string]string{"a.example": address})
			open(t, outbound.Config{Lookup: lookup}, "a.example").refused(t, abi.Denied, "which is not public", fn.OutboundRequest{URL: "http://a.example/"})
		})
	}
	url, address := server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	lookup := names(map[string]string{"a.example": "127.0.0.1", "b.example": "10.0.0.1 169.254.1.1 127.0.0.1"})
	for name, c := range map[string]struct{ url, allow string }{
		"by its address":                    {url, address},
		"by a range":                        {url, "127.0.0.0/8"},
		"as localhost":                      {"http://localhost:" + port(address), "localhost"},
		"by a name and its address":         {"http://a.example:" + port(address), "a.example 127.0.0.1"},
		"where other addresses are refused": {"http://b.example:" + port(address), "b.example 127.0.0.1"},
		"written in IPv6":                   {"http://[::ffff:127.0.0.1]:" + port(address), "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := outbound.Config{Lookup: lookup}
			if name == "as localhost" {
				cfg.Lookup = nil
			}
			resp, err := open(t, cfg, strings.Fields(c.allow)...).get(t, c.url)
			require.NoError(t, err)
			require.Equal(t, 200, resp.Status)
		})
	}
}

// A name server that gives a good address first and a bad one afterwards must not get a second question for one connection.
func TestSend_ConnectsToTheAddressThatItChecked(t *testing.T) {
	url, address := server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "good") })
	_ = url
	asked := 0
	send := open(t, outbound.Config{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		asked++
		if asked == 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.9")}, nil
	}}, "a.example", "127.0.0.1")
	resp, err := send.get(t, "http://a.example:"+port(address)+"/")
	require.NoError(t, err)
	require.Equal(t, "good", string(resp.Body))
	require.Equal(t, 1, asked)
	resp, err = send.get(t, "http://a.example:"+port(address)+"/")
	require.NoError(t, err, "the connection is used again, and so is its address")
	require.Equal(t, "good", string(resp.Body))
	require.Equal(t, 1, asked)

	again := open(t, outbound.Config{Lookup: names(map[string]string{"a.example": "127.0.0.9"})}, "a.example", "127.0.0.1")
	again.refused(t, abi.Denied, "127.0.0.9", fn.OutboundRequest{URL: "http://a.example:" + port(address) + "/"})
}

func TestSend_ChecksEveryRedirect(t *testing.T) {
	inner, innerAddress := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Trap") != "" {
			t.Error("the inner server was reached")
		}
		io.WriteString(w, "inner "+r.Method)
	})
	var hops atomic.Int32
	outer, address := server(t, func(w http.ResponseWriter, r *http.Request) {
		to, _ := url.QueryUnescape(r.URL.RawQuery)
		switch r.URL.Path {
		case "/loop":
			hops.Add(1)
			to = "/loop"
		case "/back":
			to = "/to?" + r.URL.RawQuery
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	})
	trap := []fn.Header{{Name: "X-Trap", Value: "1"}}
	follow := func(to string) fn.OutboundRequest {
		return fn.OutboundRequest{URL: outer + "/to?" + url.QueryEscape(to), Header: trap, Follow: true}
	}
	lookup := names(map[string]string{"meta.example": "169.254.169.254"})
	send := open(t, outbound.Config{Lookup: lookup}, address, "meta.example")
	send.refused(t, abi.Denied, "redirect to "+inner, follow(inner))
	send.refused(t, abi.Denied, "may not send requests", fn.OutboundRequest{URL: outer + "/back?" + url.QueryEscape(inner), Header: trap, Follow: true})
	send.refused(t, abi.Denied, "169.254.169.254, which is not public", follow("http://meta.example/latest"))
	send.refused(t, abi.Invalid, "scheme", follow("file:///etc/passwd"))
	send.refused(t, abi.Invalid, "holds a user", follow("http://u:p@"+address+"/"))
	send.refused(t, abi.Failed, "Location", follow("http://[::1"))
	send.refused(t, abi.Failed, "more than 10 redirects", fn.OutboundRequest{URL: outer + "/loop", Follow: true})
	require.EqualValues(t, abi.MaxFetchHops+1, hops.Load())

	resp, err := open(t, outbound.Config{}, address, innerAddress)(t.Context(), &fn.OutboundRequest{Method: "GET", URL: outer + "/to?" + url.QueryEscape(inner+"/x"), Follow: true})
	require.NoError(t, err)
	require.Equal(t, "inner GET", string(resp.Body))
	require.Equal(t, inner+"/x", resp.URL)

	for _, to := range []string{inner, "http://[::1"} {
		resp, err = send.get(t, outer+"/to?"+url.QueryEscape(to))
		require.NoError(t, err, "without Follow the redirect is the answer")
		require.Equal(t, http.StatusFound, resp.Status)
	}
}

func TestSend_BoundsTheAnswer(t *testing.T) {
	url, address := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/full":
			w.Write(make([]byte, abi.MaxFetchBody))
		case "/declared":
			w.Header().Set("Content-Length", fmt.Sprint(abi.MaxFetchBody+1))
			w.WriteHeader(200)
		case "/streamed":
			for range 100 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		case "/headers":
			w.Header().Set("X-Long", strings.Repeat("x", abi.MaxFetchHead))
		}
	})
	send := open(t, outbound.Config{}, address)
	resp, err := send.get(t, url+"/full")
	require.NoError(t, err)
	require.Len(t, resp.Body, abi.MaxFetchBody)
	send.refused(t, abi.TooLarge, "the answer's body has more than 6291456 bytes", fn.OutboundRequest{URL: url + "/declared"})
	send.refused(t, abi.TooLarge, "the answer's body has more than 6291456 bytes", fn.OutboundRequest{URL: url + "/streamed"})
	send.refused(t, abi.TooLarge, "the answer's headers have more than 65536 bytes", fn.OutboundRequest{URL: url + "/headers"})
	resp, err = send(t.Context(), &fn.OutboundRequest{Method: "HEAD", URL: url + "/declared"})
	require.NoError(t, err, "the answer to HEAD has no body")
	require.Empty(t, resp.Body)
}

// raw is a server that answers any request with these bytes and closes, or, without bytes, never answers.
func raw(t *testing.T, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gone := make(chan struct{})
	t.Cleanup(func() { close(gone); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				if answer == "" {
					<-gone
				}
				io.WriteString(conn, answer)
			}()
		}
	}()
	return l.Addr().String()
}

func TestSend_TellsWhatWentWrong(t *testing.T) {
	for name, c := range map[string]struct{ answer, says string }{
		"garbage":         {"\x00\x01\x02 what\r\n\r\n", "malformed HTTP"},
		"a torn body":     {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "unexpected EOF"},
		"an odd status":   {"HTTP/1.1 700 What\r\nContent-Length: 0\r\n\r\n", "the status 700"},
		"another 1xx":     {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "status 101"},
		"two lengths":     {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "Content-Length"},
		"a closed stream": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			address := raw(t, c.answer)
			open(t, outbound.Config{}, address).refused(t, abi.Failed, c.says, fn.OutboundRequest{URL: "http://" + address})
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		l.Close()
		open(t, outbound.Config{}, "127.0.0.1").refused(t, abi.Failed, "connection refused", fn.OutboundRequest{URL: "http://" + l.Addr().String()})
	})
	t.Run("no such name", func(t *testing.T) {
		open(t, outbound.Config{Lookup: names(nil)}, "no.example").refused(t, abi.Failed, "no such host", fn.OutboundRequest{URL: "http://no.example"})
	})
}

func TestSend_EndsWithItsContext(t *testing.T) {
	address := raw(t, "")
	list, err := fn.ParseAllowHosts([]string{address, "slow.example", "10.255.255.1"})
	require.NoError(t, err)
	started := make(chan struct{}, 1)
	client := outbound.New(outbound.Config{MaxRequests: 1, Lookup: func(ctx context.Context, _ string) ([]netip.Addr, error) {
		started <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	send, done := client.Open(list)
	defer done()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = send(ctx, &fn.OutboundRequest{Method: "GET", URL: "http://" + address})
	require.ErrorContains(t, err, "timed out: there was no answer in time")

	ctx, cancel = context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	_, err = send(ctx, &fn.OutboundRequest{Method: "GET", URL: "http://slow.example"})
	require.ErrorContains(t, err, "timed out", "a look-up ends, too")

	// The only place is taken: the second waits for it no longer than its own time.
	ctx, cancel = context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := send(ctx, &fn.OutboundRequest{Method: "GET", URL: "http://slow.example"})
		first <- err
	}()
	<-started
	second, done2 := client.Open(list)
	defer done2()
	short, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	_, err = second(short, &fn.OutboundRequest{Method: "GET", URL: "http://" + address})
	require.ErrorContains(t, err, "timed out")
	cancel()
	require.Error(t, <-first)
}

func TestOpen_KeepsAConnectionForTheCallAndNoLonger(t *testing.T) {
	var opened, closed atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	list, err := fn.ParseAllowHosts([]string{s.Listener.Addr().String()})
	require.NoError(t, err)
	client := outbound.New(outbound.Config{})
	for call := range int32(2) {
		send, done := client.Open(list)
		for range 3 {
			_, err := send(t.Context(), &fn.OutboundRequest{Method: "POST", URL: s.URL, Body: []byte("x")})
			require.NoError(t, err)
		}
		require.Equal(t, call+1, opened.Load())
		done()
		require.Eventually(t, func() bool { return closed.Load() == call+1 }, 10*time.Second, time.Millisecond)
	}
}

func TestSend_WantsAGoodCertificate(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	defer s.Close()
	s.Config.ErrorLog = nil
	address := s.Listener.Addr().String()
	open(t, outbound.Config{}, address).refused(t, abi.Failed, "certificate", fn.OutboundRequest{URL: s.URL})
	trusted := x509.NewCertPool()
	trusted.AddCert(s.Certificate())
	cfg := outbound.Config{TLS: &tls.Config{RootCAs: trusted}, Lookup: names(map[string]string{"example.com": "127.0.0.1", "other.example": "127.0.0.1"})}
	send := open(t, cfg, "example.com", "other.example", "127.0.0.1")
	resp, err := send.get(t, "https://example.com:"+port(address))
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1", string(resp.Body))
	send.refused(t, abi.Failed, "certificate is valid for example.com", fn.OutboundRequest{URL: "https://other.example:" + port(address)})
}

func FuzzSend_NeverReachesWhatIsNotAllowed(f *testing.F) {
	for _, u := range []string{
		"http://127.0.0.1/", "http://[::ffff:7f00:1]/", "http://2130706433/", "http://0x7f.1/", "http://a.example@127.0.0.1/", "http://a.example#@b", "http://a.example\\@b/", "http://A.EXAMPLE.:80/",
	} {
		f.Add(u)
	}
	list, err := fn.ParseAllowHosts([]string{"a.example"})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, target string) {
		client := outbound.New(outbound.Config{Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
			if fn.HostName(name) != "a.example" {
				t.Errorf("%q asked for the addresses of %q", target, name)
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}})
		send, done := client.Open(list)
		defer done()
		if _, err := send(t.Context(), &fn.OutboundRequest{Method: "GET", URL: target, Follow: true}); err == nil {
			t.Errorf("%q was answered", target)
		}
	})
}
