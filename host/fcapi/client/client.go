// Package client speaks to a running lull through its control API (package fcapi).
//
// Errors are of two sorts. *fn.Error is what the server answered: its code and message. *ConnectError means that there was no answer of a
// lull server. Service names may be left empty for "default".
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fcapi/sign"
	"github.com/lull-dev/lull/host/fn"
)

// Client is safe for concurrent use.
type Client struct {
	base string
	key  *sign.Key // nil: requests are not signed
	http http.Client
}

// New returns a client of the API at base, "http://host:port" or "host:port". It does not connect. Requests are bounded by their
// contexts only, since an invocation may take a day.
//
// With a key requests are signed; nil is for a server that has none.
func New(base string, key *sign.Key) *Client {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	return &Client{base: strings.TrimRight(base, "/"), key: key, http: http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ConnectError means that no lull server answered.
type ConnectError struct {
	Base string // the API's address
	Err  error
}

func (e *ConnectError) Error() string {
	return fmt.Sprintf("no lull server answers at %s: %v", e.Base, e.Err)
}

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// call is one request.
type call struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   []byte
}

// do sends c and returns the answer of a status below 300 with its whole body.
func (c *Client) do(ctx context.Context, r call) (*http.Response, []byte, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, nil, &ConnectError{c.base, err}
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if err := c.sign(req); err != nil {
		return nil, nil, &ConnectError{c.base, err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, &ConnectError{c.base, err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, &ConnectError{c.base, err}
	}
	if resp.Header.Get(fn.HeaderRequestID) == "" {
		return nil, nil, &ConnectError{c.base, fmt.Errorf("%s, but not from lull's API", resp.Status)}
	}
	if resp.StatusCode >= 300 {
		return nil, nil, serverError(resp.Status, body)
	}
	return resp, body, nil
}

// sign signs a request whose headers are complete.
func (c *Client) sign(req *http.Request) error {
	if c.key == nil {
		return nil
	}
	r := sign.Request{
		Method: req.Method, ContentMD5: req.Header.Get("Content-Md5"), ContentType: req.Header.Get("Content-Type"),
		Path: req.URL.EscapedPath(), Query: req.URL.RawQuery,
	}
	for name, values := range req.Header {
		for _, v := range values {
			if strings.HasPrefix(name, fn.HeaderPrefix) {
				r.Headers = append(r.Headers, [2]string{name, v})
			}
		}
	}
	if err := c.key.Sign(&r, time.Now()); err != nil {
		return err
	}
	req.Header.Set("Date", r.Date)
	req.Header.Set("Authorization", r.Authorization)
	return nil
}

// serverError reads an error body.
func serverError(status string, body []byte) error {
	var e struct {
		ErrorCode    fn.Code
		ErrorMessage string
	}
	if json.Unmarshal(body, &e) != nil || e.ErrorCode == "" {
		return &fn.Error{Code: fn.CodeInternal, Message: "the server answered " + status}
	}
	return &fn.Error{Code: e.ErrorCode, Message: e.ErrorMessage}
}

// get sends r and decodes the answer into out.
func (c *Client) get(ctx context.Context, r call, out any) (etag string, err error) {
	if r.method == "" {
		r.method = http.MethodGet
	}
	resp, body, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			return "", &ConnectError{c.base, fmt.Errorf("the answer is not what lull's API answers: %w", err)}
		}
	}
	return resp.Header.Get("ETag"), nil
}

// send sends in as JSON and decodes the answer into out. ifMatch may be empty.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, ifMatch string, in, out any) (etag string, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if ifMatch != "" {
		h.Set("If-Match", ifMatch)
	}
	return c.get(ctx, call{method: method, path: path, query: query, header: h, body: body}, out)
}

// remove sends a DELETE. ifMatch may be empty.
func (c *Client) remove(ctx context.Context, path, ifMatch string) error {
	h := http.Header{}
	if ifMatch != "" {
		h.Set("If-Match", ifMatch)
	}
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: path, header: h})
	return err
}

// servicePath is the path of a service and of what is below it.
func servicePath(service string, below ...string) string {
	if service == "" {
		service = fn.DefaultService
	}
	path := "/2016-08-15/services/" + url.PathEscape(service)
	for _, segment := range below {
		path += "/" + url.PathEscape(segment)
	}
	return path
}

// Health reports whether the server answers.
func (c *Client) Health(ctx context.Context) error {
	_, _, err := c.do(ctx, call{method: http.MethodGet, path: "/healthz"})
	return err
}
