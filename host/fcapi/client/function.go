package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// Function is a deployed function. Times named in words are seconds, MemorySize is MB of 1,048,576 bytes.
type Function struct {
	Name                  string            `json:"functionName"`
	ID                    string            `json:"functionId"`
	Description           string            `json:"description"`
	Runtime               string            `json:"runtime"`
	Handler               string            `json:"handler"`
	Initializer           string            `json:"initializer"` // empty: none
	InitializationTimeout int               `json:"initializationTimeout"`
	Timeout               int               `json:"timeout"`
	MemorySize            int               `json:"memorySize"`
	Concurrency           int               `json:"instanceConcurrency"`
	Lifecycle             Lifecycle         `json:"instanceLifecycleConfig"`
	Env                   map[string]string `json:"environmentVariables"`
	CodeSize              int               `json:"codeSize"`
	CodeChecksum          string            `json:"codeChecksum"`
	Created               time.Time         `json:"createdTime"`
	Modified              time.Time         `json:"lastModifiedTime"`
	MaxInstances          int               `json:"maxInstances"`
	MinInstances          int               `json:"minInstances"`
	IdleTimeout           int               `json:"idleTimeout"` // -1: for ever
	QueueTimeout          int               `json:"queueTimeout"`
	QueueLimit            int               `json:"queueLimit"` // 0: nobody waits
	Isolation             string            `json:"isolation"`
	AllowHosts            []string          `json:"allowHosts"`
	ETag                  string            `json:"-"` // empty in lists
}

// Lifecycle is the configuration of the hooks around the pause. A nil hook stays as it is, which on a create is off.
type Lifecycle struct {
	PreFreeze *Hook `json:"preFreeze,omitempty"`
	PreStop   *Hook `json:"preStop,omitempty"`
}

// Hook is one of them. An empty Handler is off; Timeout 0 means the one it has, or 3.
type Hook struct {
	Handler string `json:"handler"`
	Timeout int    `json:"timeout,omitempty"`
}

// FunctionInput says what to set; a nil field stays as it is, which on a create is the default. A create needs Runtime, Handler and Code.
type FunctionInput struct {
	Name                  string            `json:"functionName,omitempty"` // set by CreateFunction
	Description           *string           `json:"description,omitempty"`
	Runtime               *string           `json:"runtime,omitempty"`
	Handler               *string           `json:"handler,omitempty"`
	Initializer           *string           `json:"initializer,omitempty"` // "" is none
	InitializationTimeout *int              `json:"initializationTimeout,omitempty"`
	Timeout               *int              `json:"timeout,omitempty"`
	MemorySize            *int              `json:"memorySize,omitempty"`
	Concurrency           *int              `json:"instanceConcurrency,omitempty"`
	Lifecycle             *Lifecycle        `json:"instanceLifecycleConfig,omitempty"`
	Env                   map[string]string `json:"environmentVariables,omitzero"` // replaces all of them
	Code                  *Code             `json:"code,omitempty"`
	MaxInstances          *int              `json:"maxInstances,omitempty"`
	MinInstances          *int              `json:"minInstances,omitempty"`
	IdleTimeout           *int              `json:"idleTimeout,omitempty"`
	QueueTimeout          *int              `json:"queueTimeout,omitempty"`
	QueueLimit            *int              `json:"queueLimit,omitempty"`
	Isolation             *string           `json:"isolation,omitempty"` // serial, shared, fresh
	AllowHosts            []string          `json:"allowHosts,omitzero"` // replaces all of them
}

// Code is a module, a zip file that holds one .wasm file, or, for runtimes with an interpreter, a zip file of a source tree.
type Code struct {
	Bytes []byte `json:"zipFile"`
}

// CreateFunction makes a function, and its service if that is missing. Errors: InvalidArgument, EntityTooLarge, FunctionAlreadyExists.
func (c *Client) CreateFunction(ctx context.Context, service, name string, in FunctionInput) (*Function, error) {
	in.Name = name
	f := new(Function)
	etag, err := c.send(ctx, http.MethodPost, servicePath(service, "functions"), url.Values{"createService": {"true"}}, "", in, f)
	f.ETag = etag
	return f, err
}

// UpdateFunction changes a function. Errors: InvalidArgument, EntityTooLarge, FunctionNotFound, ServiceNotFound, PreconditionFailed.
func (c *Client) UpdateFunction(ctx context.Context, service, name string, in FunctionInput, ifMatch string) (*Function, error) {
	f := new(Function)
	etag, err := c.send(ctx, http.MethodPut, servicePath(service, "functions", name), nil, ifMatch, in, f)
	f.ETag = etag
	return f, err
}

// Deploy updates a function, or creates it if it is missing; created tells which.
func (c *Client) Deploy(ctx context.Context, service, name string, in FunctionInput) (f *Function, created bool, err error) {
	f, err = c.UpdateFunction(ctx, service, name, in, "")
	switch fn.CodeOf(err) {
	case fn.CodeFunctionNotFound, fn.CodeServiceNotFound:
		f, err = c.CreateFunction(ctx, service, name, in)
		return f, err == nil, err
	}
	return f, false, err
}

// Function returns a function. Errors: FunctionNotFound, ServiceNotFound.
func (c *Client) Function(ctx context.Context, service, name string) (*Function, error) {
	f := new(Function)
	etag, err := c.get(ctx, call{path: servicePath(service, "functions", name)}, f)
	f.ETag = etag
	return f, err
}

// Functions returns all functions of a service sorted by name, or ServiceNotFound.
func (c *Client) Functions(ctx context.Context, service string) ([]Function, error) {
	all := []Function{}
	err := c.pages(ctx, servicePath(service, "functions"), func(p *listing) { all = append(all, p.Functions...) })
	return all, err
}

// Code fetches a function's code as it was deployed: a module, or a zip file of a source tree. Errors: FunctionNotFound, ServiceNotFound.
func (c *Client) Code(ctx context.Context, service, name string) ([]byte, error) {
	var at struct{ URL string }
	if _, err := c.get(ctx, call{path: servicePath(service, "functions", name, "code")}, &at); err != nil {
		return nil, err
	}
	u, err := url.Parse(at.URL)
	if err != nil {
		return nil, &ConnectError{c.base, err}
	}
	_, code, err := c.do(ctx, call{method: http.MethodGet, path: u.EscapedPath()}) // of this server, whatever it calls itself
	return code, err
}

// DeleteFunction removes a function. Errors: FunctionNotFound, ServiceNotFound, PreconditionFailed.
func (c *Client) DeleteFunction(ctx context.Context, service, name, ifMatch string) error {
	return c.remove(ctx, servicePath(service, "functions", name), ifMatch)
}
