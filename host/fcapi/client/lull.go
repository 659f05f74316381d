package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/runtimes"
)

// Info is what a server says of itself: its version and the addresses of its listeners.
type Info struct {
	Version string `json:"version"`
	HTTP    string `json:"http"` // function URLs
	API     string `json:"api"`
}

// Info asks the server what it is.
func (c *Client) Info(ctx context.Context) (*Info, error) {
	out := new(Info)
	_, err := c.get(ctx, call{path: "/_lull/info"}, out)
	return out, err
}

// Runtimes returns the capability table.
func (c *Client) Runtimes(ctx context.Context) ([]runtimes.Runtime, error) {
	var out struct {
		Runtimes []runtimes.Runtime `json:"runtimes"`
	}
	_, err := c.get(ctx, call{path: "/_lull/runtimes"}, &out)
	return out.Runtimes, err
}

// Overview is a function at a glance.
type Overview struct {
	Service     string         `json:"serviceName"`
	Name        string         `json:"functionName"`
	Runtime     string         `json:"runtime"`
	Kind        string         `json:"kind"` // "reactor", "command" or "interpreter"
	Handler     string         `json:"handler"`
	Initializer string         `json:"initializer"`
	PreFreeze   string         `json:"preFreeze"`
	PreStop     string         `json:"preStop"`
	MemorySize  int            `json:"memorySize"` // MB
	Timeout     int            `json:"timeout"`    // seconds
	StartsBy    string         `json:"startsBy"`
	URL         string         `json:"url"`       // path on the data plane
	Instances   map[string]int `json:"instances"` // how many by state
}

// Overview returns the functions of a service, or of all services if it is empty, sorted by service and name.
func (c *Client) Overview(ctx context.Context, service string) ([]Overview, error) {
	var out struct {
		Functions []Overview `json:"functions"`
	}
	_, err := c.get(ctx, call{path: "/_lull/functions", query: url.Values{"service": {service}}}, &out)
	return out.Functions, err
}

// Instances returns the live instances of a function; with an empty name those of a service, or of all if that is empty too. Errors:
// FunctionNotFound, ServiceNotFound.
func (c *Client) Instances(ctx context.Context, service, name string) ([]instance.Info, error) {
	var out struct {
		Instances []instance.Info `json:"instances"`
	}
	_, err := c.get(ctx, call{path: "/_lull/instances", query: of(service, name)}, &out)
	return out.Instances, err
}

// Logs returns the log records of a function that f selects, oldest first; with an empty name those of a service's functions, or of all if
// that is empty too. Errors: InvalidArgument, FunctionNotFound, ServiceNotFound.
func (c *Client) Logs(ctx context.Context, service, name string, f logs.Filter) ([]logs.Record, error) {
	query := spanned(of(service, name), f.Span)
	query.Set("instance", f.InstanceID)
	query.Set("request", f.RequestID)
	query.Set("hook", f.Hook)
	query.Set("query", f.Query.String())
	var out struct {
		Records []logs.Record `json:"records"`
	}
	_, err := c.get(ctx, call{path: "/_lull/logs", query: query}, &out)
	return out.Records, err
}

// Requests returns the requests that f selects of a function, of a service's functions or of all, like Logs.
func (c *Client) Requests(ctx context.Context, service, name string, f logs.RequestFilter) ([]logs.Request, error) {
	query := spanned(of(service, name), f.Span)
	query.Set("instance", f.InstanceID)
	query.Set("request", f.RequestID)
	query.Set("failed", strconv.FormatBool(f.Failed))
	var out struct {
		Requests []logs.Request `json:"requests"`
	}
	_, err := c.get(ctx, call{path: "/_lull/requests", query: query}, &out)
	return out.Requests, err
}

// Usage returns what a function has cost on all hosts that share its store. Errors: FunctionNotFound, ServiceNotFound.
func (c *Client) Usage(ctx context.Context, service, name string) (fn.Usage, error) {
	return c.UsageBetween(ctx, service, name, time.Time{}, time.Time{})
}

// UsageBetween returns the same of the hours that begin at from or later, which is taken down to its hour, and
// before to; a zero time is no bound. Errors: FunctionNotFound, ServiceNotFound.
func (c *Client) UsageBetween(ctx context.Context, service, name string, from, to time.Time) (fn.Usage, error) {
	var out fn.Usage
	_, err := c.get(ctx, call{path: "/_lull/usage", query: spanned(of(service, name), logs.Span{From: from, To: to})}, &out)
	return out, err
}

// Stop stops one instance of a function, or all if the id is empty, waits for their preStop hooks, and returns how many it were. Errors:
// FunctionNotFound, ServiceNotFound, InstanceNotFound.
func (c *Client) Stop(ctx context.Context, service, name, instanceID string) (int, error) {
	query := of(service, name)
	query.Set("instance", instanceID)
	var out struct {
		Stopped int `json:"stopped"`
	}
	_, err := c.get(ctx, call{method: http.MethodPost, path: "/_lull/stop", query: query}, &out)
	return out.Stopped, err
}

// Inspection is what code can be deployed as.
type Inspection struct {
	Kind     string   `json:"kind"`     // "reactor", "command" or "interpreter"
	Handlers []string `json:"handlers"` // exports that have a handler's type, sorted; of a source tree the one asked for
	Hooks    []string `json:"hooks"`    // handlers of initializer, preFreeze and preStop, those that have code behind them
}

// Inspect asks what in.Code can be deployed as. The code is loaded once, with in.Env and in.MemorySize; in.Runtime and in.Handler mean nothing for a module.
// InvalidArgument says why it cannot.
func (c *Client) Inspect(ctx context.Context, in FunctionInput) (*Inspection, error) {
	out := new(Inspection)
	_, err := c.send(ctx, http.MethodPost, "/_lull/inspect", nil, "", in, out)
	return out, err
}

// spanned adds the bounds of a look at records to a query.
func spanned(query url.Values, s logs.Span) url.Values {
	for name, t := range map[string]time.Time{"from": s.From, "to": s.To} {
		if !t.IsZero() {
			query.Set(name, t.Format(time.RFC3339Nano))
		}
	}
	query.Set("after", strconv.FormatUint(s.After, 10))
	query.Set("limit", strconv.Itoa(s.Limit))
	return query
}

// of names a function in a query.
func of(service, name string) url.Values {
	return url.Values{"service": {service}, "function": {name}}
}
