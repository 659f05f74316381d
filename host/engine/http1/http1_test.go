package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func read(t *testing.T, method, text string, limit int) (Response, error) {
	t.Helper()
	var resp Response
	err := ReadResponse(bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(text)), 16), method, limit, &resp)
	return resp, err
}

func TestReadResponse_ReadsBodiesOfEveryLength(t *testing.T) {
	for name, c := range map[string]struct {
		method, text, body string
		status             int
		reusable           bool
	}{
		"a length":                {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, true},
		"two equal lengths":       {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, true},
		"chunks":                  {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", "hello", 200, true},
		"chunks with trailers":    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n", "hello", 200, true},
		"until the end":           {"GET", "HTTP/1.1 200 OK\r\n\r\nhello", "hello", 200, false},
		"HTTP/1.0":                {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, false},
		"close":                   {"GET", "HTTP/1.1 404 No\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\nhello", "hello", 404, false},
		"HEAD":                    {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", 200, true},
		"204":                     {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, true},
		"304 with a length":       {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", 304, true},
		"no reason":               {"GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "", 200, true},
		"interim answers":         {"GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nhi", "hi", 201, true},
		"line feeds without more": {"GET", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "hi", 200, true},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := read(t, c.method, c.text, 5)
			require.NoError(t, err)
			require.Equal(t, c.status, resp.Status)
			require.Equal(t, c.body, string(resp.Body))
			require.Equal(t, c.reusable, resp.Reusable)
		})
	}
}

func TestReadResponse_SaysWhatIsWrong(t *testing.T) {
	for text, says := range map[string]string{
		"\x00\x01garbage\r\n\r\n":                                                                   "it begins with",
		"HTTP/2 200 OK\r\n\r\n":                                                                     "it begins with",
		"HTTP/1.1 2000 OK\r\n\r\n":                                                                  "it begins with",
		"HTTP/1.1 700 OK\r\n\r\n":                                                                   "the status is",
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                                                  "status 101",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n":                                                       "the header line",
		"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n":                                                "the header line",
		"HTTP/1.1 200 OK\r\nA : b\r\n\r\n":                                                          "the header line",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n":                                             "Content-Length",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab":                       "Content-Length",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n":                                     "Transfer-Encoding",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n":                                        "Transfer-Encoding",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n":       "both Content-Length and",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":                               "the chunk size",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n":                "longer than its size",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n0\r\n\r\n": "the chunk size",
	} {
		_, err := read(t, "GET", text, 5)
		var wrong *MalformedError
		require.ErrorAs(t, err, &wrong, "%q", text)
		require.ErrorContains(t, err, says)
	}
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef", "HTTP/1.1 200 OK\r\n\r\nabcdef", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", MaxHeadBytes),
	} {
		_, err := read(t, "GET", text, 5)
		require.ErrorIs(t, err, ErrTooLarge, "%.60q", text)
	}
	_, err := read(t, "GET", "", 5)
	require.Equal(t, io.EOF, err)
	for _, text := range []string{
		"H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nA: b", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
	} {
		_, err := read(t, "GET", text, 5)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%q", text)
	}
}

// What it writes, net/http reads; what net/http writes, it reads.
func TestHTTP1_AgreesWithNetHTTP(t *testing.T) {
	head := AppendRequest(nil, "POST", "/a b?q=\x01ä", []Header{{"Host", "f"}, {"X-A", "1"}}, 3)
	req, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(head), strings.NewReader("xyz"))))
	require.NoError(t, err)
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	require.Equal(t, "POST /a%20b?q=%01%C3%A4 f 1 xyz", req.Method+" "+req.RequestURI+" "+req.Host+" "+req.Header.Get("X-A")+" "+string(body))
	require.NotContains(t, string(AppendRequest(nil, "GET", "/", nil, 0)), "Content-Length")

	rec := httptest.NewRecorder()
	rec.Header().Set("X-B", "2")
	rec.WriteHeader(418)
	rec.WriteString("teapot")
	var wire bytes.Buffer
	result := rec.Result()
	result.ContentLength, result.TransferEncoding = -1, []string{"chunked"}
	require.NoError(t, result.Write(&wire))
	resp, err := read(t, "GET", wire.String(), 100)
	require.NoError(t, err)
	require.Equal(t, "418 2 teapot", http.StatusText(0)+"418 "+resp.Get("x-b")+" "+string(resp.Body))
}

func FuzzReadResponse(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	f.Add("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\n\r\n")
	f.Add("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nx")
	f.Fuzz(func(t *testing.T, text string) {
		const limit = 100
		var resp Response
		err := ReadResponse(bufio.NewReader(strings.NewReader(text)), "GET", limit, &resp)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(resp.Body), limit)
		require.GreaterOrEqual(t, resp.Status, 200)
		// Where net/http reads the same bytes, it reads the same answer.
		theirs, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
		if err != nil || theirs.StatusCode != resp.Status {
			return // an interim answer first, or what net/http is stricter about
		}
		body, err := io.ReadAll(theirs.Body)
		if err == nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			require.Equal(t, string(body), string(resp.Body))
		}
	})
}
