// Package lullhttp lets net/http clients, and what is built on them, send through the host:
//
//	http.DefaultClient.Transport = lullhttp.Transport{}
//
// It is a package of its own because net/http makes a module some megabytes larger.
package lullhttp

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

// Transport is an [http.RoundTripper] over [lull.Fetch]. A request's body is read, and an answer's is there, as a whole: at most 6 MiB
// each. The request's context bounds it by its deadline; its cancellation cannot be noticed while the host sends.
type Transport struct{}

// notSent are headers that the host writes itself.
var notSent = map[string]bool{"Connection": true, "Content-Length": true, "Expect": true, "Host": true, "Keep-Alive": true, "Te": true,
	"Trailer": true, "Transfer-Encoding": true, "Upgrade": true}

// RoundTrip sends one request. Its errors are those of the body, of the context, and a [*lull.FetchError].
func (Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	out := lull.FetchRequest{Method: req.Method, URL: req.URL.String(), KeepRedirects: true} // the client follows them
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if deadline, ok := req.Context().Deadline(); ok {
		out.Timeout = max(time.Until(deadline), 1)
	}
	for name, values := range req.Header {
		for _, value := range values {
			if !notSent[name] {
				out.Headers = append(out.Headers, [2]string{name, value})
			}
		}
	}
	in, err := lull.Fetch(&out)
	if err != nil {
		return nil, err
	}
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", in.Status, http.StatusText(in.Status)), StatusCode: in.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(in.Body)), ContentLength: int64(len(in.Body)), Request: req,
	}
	for _, h := range in.Headers {
		resp.Header.Add(h[0], h[1])
	}
	return resp, nil
}
