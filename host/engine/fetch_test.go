package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine/http1"
	"github.com/lull-dev/lull/host/fn"
)

func TestParseFetch_ReadsTheWorkedExample(t *testing.T) {
	req, err := parseFetch([]byte("POST http://127.0.0.1:9091/metrics\nContent-Type: text/plain\nX-Two:a:b \nX-Two:\n"), false)
	require.NoError(t, err)
	require.Equal(t, &fn.OutboundRequest{Method: "POST", URL: "http://127.0.0.1:9091/metrics",
		Header: []fn.Header{{Name: "Content-Type", Value: "text/plain"}, {Name: "X-Two", Value: "a:b"}, {Name: "X-Two", Value: ""}}}, req)
	req, err = parseFetch([]byte("GET http://a.example/"), false)
	require.NoError(t, err)
	require.Empty(t, req.Header)
}

func TestParseFetch_RefusesWhatIsMalformed(t *testing.T) {
	for head, says := range map[string]string{
		"":                         "must be METHOD URL",
		"GET":                      "must be METHOD URL",
		" http://a/":               "illegal method",
		"G\tT http://a/":           "illegal method",
		"CONNECT a:80":             "the method CONNECT",
		"TRACE http://a/":          "the method TRACE",
		"GET http://a/\n\n":        `the line "" is not a header`,
		"GET http://a/\nX":         `the line "X" is not a header`,
		"GET http://a/\n: x":       "illegal header name",
		"GET http://a/\nA B: x":    "illegal header name",
		"GET http://a/\nA: x\ry":   "illegal value",
		"GET http://a/\nA: \x00":   "illegal value",
		"GET http://a/\nhost: b":   `the header "host" belongs to the host`,
		"GET http://a/\nTE: x":     `the header "TE" belongs to the host`,
		"GET http://a/\nExpect: x": `the header "Expect" belongs to the host`,
		"GET http://a/\nTransfer-Encoding: chunked": `the header "Transfer-Encoding" belongs to the host`,
		"GET http://a/\nContent-Length: 1":          `the header "Content-Length" belongs to the host`,
		"GET http://a/\nConnection: close":          `the header "Connection" belongs to the host`,
		"GET http://a/\nProxy-Authorization: x":     `the header "Proxy-Authorization" belongs to the host`,
	} {
		_, err := parseFetch([]byte(head), false)
		require.ErrorContains(t, err, says, "%q", head)
		require.Equal(t, abi.Invalid, err.(*fn.OutboundError).Errno)
	}
	_, err := parseFetch([]byte("GET http://a/"+strings.Repeat("x", abi.MaxFetchHead)), false)
	require.Equal(t, abi.TooLarge, err.(*fn.OutboundError).Errno)
}

func TestFetch_IsRefusedOutsideOfCalls(t *testing.T) {
	g, mem := inCall(abi.PhaseNone, nil)
	require.EqualValues(t, abi.WrongPhase, fetch(g, mem, []uint64{0, 0, 0, 0, 0, 0}))
	require.Equal(t, "lull_v1.fetch: there is no outbound HTTP in _initialize", g.refusal)
	require.EqualValues(t, abi.WrongPhase, fetchRead(g, mem, []uint64{0, 0, 0, 0}))
}

func TestFetch_TrapsOnRangesOutsideOfTheMemory(t *testing.T) {
	g, mem := inCall(abi.PhaseHandler, &fn.Request{})
	require.PanicsWithError(t, "lull_v1.fetch: the range [65535, 65537) is outside the memory of 65536 bytes", func() { fetch(g, mem, []uint64{65535, 2, 0, 0, 0, 0}) })
	require.PanicsWithError(t, "lull_v1.fetch: the range [0, 4294967295) is outside the memory of 65536 bytes", func() { fetch(g, mem, []uint64{0, 2, 0, 1<<32 - 1, 0, 0}) })
}

// FuzzParseFetch reads any bytes as a request's head: what comes of it can be written as HTTP without a line more than was meant.
func FuzzParseFetch(f *testing.F) {
	f.Add([]byte("POST http://127.0.0.1:9091/metrics\nContent-Type: text/plain\n"))
	f.Add([]byte("GET http://a/ HTTP/1.1\r\nHost: b\r\n"))
	f.Add([]byte("GET  http://a/\nA:b\n\nC: d"))
	f.Fuzz(func(t *testing.T, head []byte) {
		req, err := parseFetch(head, false)
		if err != nil {
			require.IsType(t, &fn.OutboundError{}, err)
			return
		}
		require.True(t, http1.IsToken(req.Method))
		require.NotContains(t, req.URL, "\n")
		for _, h := range req.Header {
			require.NotContains(t, h.Name+h.Value, "\n")
			require.NotContains(t, h.Name+h.Value, "\r")
			require.False(t, clientOwned(h.Name))
		}
	})
}
