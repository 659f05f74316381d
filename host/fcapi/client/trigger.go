package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/lull-dev/lull/host/fn"
)

// Trigger lets something beside the control API call a function. Config is a JSON object.
type Trigger struct {
	Name        string          `json:"triggerName"`
	Type        string          `json:"triggerType"`
	Description string          `json:"description"`
	SourceARN   string          `json:"sourceArn,omitempty"`
	Role        string          `json:"invocationRole"`
	Qualifier   string          `json:"qualifier,omitempty"` // empty: LATEST
	Config      json.RawMessage `json:"triggerConfig"`
}

// SetTrigger puts a function's trigger in place, or changes the one of that name; created tells which. Errors: InvalidArgument, FunctionNotFound,
// ServiceNotFound, VersionNotFound, AliasNotFound.
func (c *Client) SetTrigger(ctx context.Context, service, function string, t Trigger) (set *Trigger, created bool, err error) {
	set = new(Trigger)
	_, err = c.send(ctx, http.MethodPut, servicePath(service, "functions", function, "triggers", t.Name), nil, "", t, set)
	if fn.CodeOf(err) != fn.CodeTriggerNotFound {
		return set, false, err
	}
	_, err = c.send(ctx, http.MethodPost, servicePath(service, "functions", function, "triggers"), nil, "", t, set)
	return set, err == nil, err
}
