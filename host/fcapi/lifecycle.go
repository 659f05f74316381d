package fcapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// lifecycleInput is instanceLifecycleConfig. What is absent or null stays as it is; on a create that is off.
type lifecycleInput struct {
	PreFreeze *hookInput `json:"preFreeze"`
	PreStop   *hookInput `json:"preStop"`
}

// hookInput is one hook. An empty handler switches it off, whatever the timeout says.
type hookInput struct {
	Handler *string         `json:"handler"`
	Timeout json.RawMessage `json:"timeout"`
}

func (in *lifecycleInput) apply(f *fn.Function) error {
	if in == nil {
		return nil
	}
	if err := in.PreFreeze.apply("InstanceLifecycleConfig.PreFreeze", &f.PreFreeze); err != nil {
		return err
	}
	return in.PreStop.apply("InstanceLifecycleConfig.PreStop", &f.PreStop)
}

func (in *hookInput) apply(field string, h *fn.Hook) error {
	switch {
	case in == nil:
		return nil
	case in.Handler == nil && !h.On():
		// A timeout for a hook that is off: nothing to change, but what is no number is refused.
		_, _, err := in.seconds(field)
		return err
	case in.Handler != nil && *in.Handler == "":
		*h = fn.Hook{}
		return nil
	}
	n, given, err := in.seconds(field)
	if err != nil {
		return err
	}
	if given {
		if n < 1 || n > seconds(fn.MaxHookTimeout) {
			return fn.Invalid(field+".Timeout", fmt.Sprintf("[1, %d]", seconds(fn.MaxHookTimeout)), n)
		}
		h.Timeout = time.Duration(n) * time.Second
	}
	set(&h.Handler, in.Handler)
	return nil
}

// seconds reads the timeout; given is false if it is absent or null.
func (in *hookInput) seconds(field string) (n int64, given bool, err error) {
	raw := bytes.TrimSpace(in.Timeout)
	if len(raw) == 0 || string(raw) == "null" {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0, false, fn.Invalid(field+".Timeout", fmt.Sprintf("[1, %d]", seconds(fn.MaxHookTimeout)), string(raw))
	}
	return n, true, nil
}
