package client

import (
	"context"
	"net/http"

	"github.com/lull-dev/lull/host/fn"
)

// AsyncConfig says what becomes of a function's asynchronous invocations. A nil field has its default.
type AsyncConfig struct {
	Stateful      bool             `json:"statefulInvocation"`
	Destinations  AsyncDestination `json:"destinationConfig"`
	MaxAgeSeconds *int             `json:"maxAsyncEventAgeInSeconds,omitempty"` // default 86,400
	MaxRetries    *int             `json:"maxAsyncRetryAttempts,omitempty"`     // default 3
}

// AsyncDestination names the functions that are told of the end of an invocation: acs:fc:REGION:ACCOUNT:services/SERVICE[.QUALIFIER]/functions/FUNCTION, or
// SERVICE[.QUALIFIER]/FUNCTION. Nil: nobody.
type AsyncDestination struct {
	OnSuccess *Destination `json:"onSuccess,omitempty"`
	OnFailure *Destination `json:"onFailure,omitempty"`
}

// Destination names a function.
type Destination struct {
	Name string `json:"destination"`
}

// SetAsync puts a function's asynchronous configuration in place of the one that it has. Errors: InvalidArgument, FunctionNotFound, ServiceNotFound.
func (c *Client) SetAsync(ctx context.Context, service, function string, a AsyncConfig) error {
	_, err := c.send(ctx, http.MethodPut, servicePath(service, "functions", function, "async-invoke-config"), nil, "", a, nil)
	return err
}

// DeleteAsync gives a function the defaults again; one that has them is fine. Errors: FunctionNotFound, ServiceNotFound.
func (c *Client) DeleteAsync(ctx context.Context, service, function string) error {
	err := c.remove(ctx, servicePath(service, "functions", function, "async-invoke-config"), "")
	if fn.CodeOf(err) == fn.CodeAsyncConfigNotExists {
		return nil
	}
	return err
}
