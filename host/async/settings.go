package async

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// Defaults and bounds of Settings, those of Function Compute's 2016-08-15 interface.
const (
	DefaultMaxRetries = 3
	MostRetries       = 8
	DefaultMaxAge     = 24 * time.Hour
	MostAge           = 30 * 24 * time.Hour
)

// Settings say what becomes of a function's asynchronous invocations. They are kept as JSON.
type Settings struct {
	// MaxRetries is how often an invocation that failed is tried again, 0 to 8, default 3. nil means the default.
	MaxRetries *int `json:"maxRetries,omitempty"`
	// MaxAgeSeconds bounds the time from an invocation's acceptance to the begin of its last try, 1 to 2,592,000 (30 days), default 86,400.
	// nil means the default.
	MaxAgeSeconds *int64 `json:"maxAgeSeconds,omitempty"`
	// Stateful is what clients set. lull keeps the state of every invocation until it is done.
	Stateful bool `json:"stateful,omitempty"`
	// OnSuccess and OnFailure name functions that are told of the end of an invocation, as resource names or as SERVICE[.QUALIFIER]/FUNCTION.
	// Empty: nobody.
	OnSuccess string `json:"onSuccess,omitempty"`
	OnFailure string `json:"onFailure,omitempty"`

	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
}

func (s *Settings) retries() int {
	if s.MaxRetries == nil {
		return DefaultMaxRetries
	}
	return *s.MaxRetries
}

func (s *Settings) age() time.Duration {
	if s.MaxAgeSeconds == nil {
		return DefaultMaxAge
	}
	return time.Duration(*s.MaxAgeSeconds) * time.Second
}

// Check returns InvalidArgument for the first field that is out of its range, or that names the function itself as its destination.
func (s *Settings) Check(self fn.Key) error {
	if n := s.retries(); n < 0 || n > MostRetries {
		return fn.Invalid("MaxAsyncRetryAttempts", fmt.Sprintf("[0, %d]", MostRetries), n)
	}
	if s.MaxAgeSeconds != nil && (*s.MaxAgeSeconds < 1 || *s.MaxAgeSeconds > int64(MostAge/time.Second)) {
		return fn.Invalid("MaxAsyncEventAgeInSeconds", fmt.Sprintf("[1, %d]", MostAge/time.Second), *s.MaxAgeSeconds)
	}
	for field, name := range map[string]string{"DestinationConfig.OnSuccess": s.OnSuccess, "DestinationConfig.OnFailure": s.OnFailure} {
		if name == "" {
			continue
		}
		d, err := parseTarget(name)
		if err != nil {
			return fn.Invalid(field, "a function: acs:fc:REGION:ACCOUNT:services/SERVICE[.QUALIFIER]/functions/FUNCTION or SERVICE[.QUALIFIER]/FUNCTION", name)
		}
		if d.Key == self {
			return fn.Errorf(fn.CodeInvalidArgument, "%s is the function itself: its invocations would never end", field)
		}
	}
	return nil
}

// target is a function at a qualifier.
type target struct {
	fn.Key
	qualifier string
}

// parseTarget reads the name of a destination.
func parseTarget(name string) (target, error) {
	service, function, ok := strings.Cut(name, "/")
	if at := strings.Index(name, "services/"); at >= 0 && strings.HasPrefix(name, "acs:fc:") {
		service, function, ok = strings.Cut(name[at+len("services/"):], "/functions/")
	}
	if !ok {
		return target{}, fmt.Errorf("there is no function in %q", name)
	}
	t := target{}
	t.Name = function
	t.Service, t.qualifier, _ = strings.Cut(service, ".")
	t.qualifier = cmp.Or(t.qualifier, fn.Latest)
	if err := fn.CheckName("service", t.Service); err != nil {
		return t, err
	}
	return t, fn.CheckName("function", t.Name)
}
