package http1

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MaxHeadBytes bounds the status line and the headers of an answer, and the trailers of one.
const MaxHeadBytes = 64 << 10

// Response is an answer. ReadResponse fills it and reuses its buffers.
type Response struct {
	Status int // 200 to 599
	Header []Header
	Body   []byte
	// Reusable tells that the connection may carry another request.
	Reusable bool
}

// Get returns the first value of a header, without regard to case, empty if there is none.
func (r *Response) Get(name string) string {
	for _, h := range r.Header {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// ErrTooLarge is wrapped when a head or a body passes its limit.
var ErrTooLarge = errors.New("too large")

// A MalformedError says what of an answer is not HTTP/1.
type MalformedError struct{ Text string }

func (e *MalformedError) Error() string { return "not an HTTP/1.1 answer: " + e.Text }

func malformed(format string, args ...any) error {
	return &MalformedError{fmt.Sprintf(format, args...)}
}

// ReadResponse reads the answer to a request of that method, with a body of at most maxBody bytes. Interim answers (1xx) are skipped, but
// for 101, which nobody asked for. Errors: a *MalformedError, one that wraps ErrTooLarge, io.EOF if there was no byte of an answer,
// io.ErrUnexpectedEOF if it breaks off, or the reader's. r is of no use after an error.
func ReadResponse(r *bufio.Reader, method string, maxBody int, resp *Response) error {
	for {
		minor, err := readHead(r, resp)
		switch {
		case err != nil:
			return err
		case resp.Status == 101:
			return malformed("status 101, though the request did not ask for another protocol")
		case resp.Status < 200:
			continue
		}
		return readBody(r, method, minor, maxBody, resp)
	}
}

// readHead reads a status line and headers, and returns the minor version.
func readHead(r *bufio.Reader, resp *Response) (minor byte, err error) {
	resp.Header = resp.Header[:0]
	left := MaxHeadBytes
	line, err := readLine(r, &left)
	if err != nil {
		return 0, err
	}
	rest, ok := strings.CutPrefix(line, "HTTP/1.")
	if !ok || len(rest) < 5 || rest[0] != '0' && rest[0] != '1' || rest[1] != ' ' || len(rest) > 5 && rest[5] != ' ' {
		return 0, malformed("it begins with %.60q", line)
	}
	status, err := strconv.ParseUint(rest[2:5], 10, 16)
	if err != nil || status < 100 || status > 599 {
		return 0, malformed("the status is %q", rest[2:5])
	}
	resp.Status = int(status)
	for {
		switch line, err := readLine(r, &left); {
		case errors.Is(err, io.EOF):
			return 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, err
		case line == "":
			return rest[0], nil
		default:
			name, value, ok := strings.Cut(line, ":")
			value = strings.Trim(value, " \t")
			if !ok || !IsToken(name) || !IsValue(value) {
				return 0, malformed("the header line %.60q", line)
			}
			resp.Header = append(resp.Header, Header{name, value})
		}
	}
}

// readLine reads to a line feed, and takes the line's length off left.
func readLine(r *bufio.Reader, left *int) (string, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if *left -= len(piece); *left < 0 {
			return "", fmt.Errorf("the answer's headers are larger than %d bytes: %w", MaxHeadBytes, ErrTooLarge)
		}
		line = append(line, piece...)
		switch {
		case err == nil:
			line = line[:len(line)-1]
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			return string(line), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}

// readBody follows RFC 9112, section 6.3.
func readBody(r *bufio.Reader, method string, minor byte, maxBody int, resp *Response) error {
	resp.Reusable = minor == '1'
	chunked, length := false, int64(-1)
	for _, h := range resp.Header {
		switch strings.ToLower(h.Name) {
		case "connection":
			for option := range strings.SplitSeq(h.Value, ",") {
				if strings.EqualFold(strings.TrimSpace(option), "close") {
					resp.Reusable = false
				}
			}
		case "transfer-encoding":
			if !strings.EqualFold(h.Value, "chunked") || chunked || minor == '0' {
				return malformed("Transfer-Encoding %.60q", h.Value)
			}
			chunked = true
		case "content-length":
			n, err := strconv.ParseUint(h.Value, 10, 63)
			if err != nil || length >= 0 && length != int64(n) {
				return malformed("Content-Length %.60q", h.Value)
			}
			length = int64(n)
		}
	}
	if chunked && length >= 0 {
		return malformed("both Content-Length and Transfer-Encoding")
	}
	tooLarge := fmt.Errorf("the answer is larger than %d bytes: %w", maxBody, ErrTooLarge)
	switch {
	case method == "HEAD" || resp.Status == 204 || resp.Status == 304:
		return nil
	case chunked:
		return readChunks(r, maxBody, tooLarge, resp)
	case length > int64(maxBody):
		return tooLarge
	case length >= 0:
		return readN(r, int(length), resp)
	}
	resp.Reusable = false
	body, err := io.ReadAll(io.LimitReader(r, int64(maxBody)+1))
	if err == nil && len(body) > maxBody {
		err = tooLarge
	}
	resp.Body = append(resp.Body, body...)
	return err
}

// readN appends n bytes to the body. It grows the body by what comes, not by what is announced.
func readN(r *bufio.Reader, n int, resp *Response) error {
	const step = 256 << 10
	for n > 0 {
		k := min(n, step)
		at := len(resp.Body)
		resp.Body = append(resp.Body, make([]byte, k)...)
		if _, err := io.ReadFull(r, resp.Body[at:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		n -= k
	}
	return nil
}

func readChunks(r *bufio.Reader, maxBody int, tooLarge error, resp *Response) error {
	for {
		left := MaxHeadBytes
		line, err := readLine(r, &left)
		if err != nil {
			return unexpected(err)
		}
		text, _, _ := strings.Cut(line, ";")
		text = strings.TrimRight(text, " \t")
		n, err := strconv.ParseUint(text, 16, 63)
		switch {
		case err != nil || strings.HasPrefix(text, "+"):
			return malformed("the chunk size %.60q", line)
		case n > uint64(maxBody-len(resp.Body)):
			return tooLarge
		case n == 0:
			return unexpected(readTrailers(r))
		}
		if err := readN(r, int(n), resp); err != nil {
			return err
		}
		if end, err := readLine(r, &left); err != nil || end != "" {
			if err != nil {
				return unexpected(err)
			}
			return malformed("a chunk is longer than its size")
		}
	}
}

// readTrailers reads and forgets them.
func readTrailers(r *bufio.Reader) error {
	left := MaxHeadBytes
	for {
		if line, err := readLine(r, &left); err != nil || line == "" {
			return err
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// IsToken tells what may be a method or a header's name: RFC 9110, section 5.6.2.
func IsToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// IsValue tells what may be a header's value: anything without control characters but tabs.
func IsValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
