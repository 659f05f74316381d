package fcapi

import (
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/async"
	"github.com/lull-dev/lull/host/fn"
)

type destination struct {
	Destination string `json:"destination"`
}

type destinations struct {
	OnSuccess *destination `json:"onSuccess,omitempty"`
	OnFailure *destination `json:"onFailure,omitempty"`
}

// asyncFields are what clients set of an asynchronous configuration.
type asyncFields struct {
	Stateful      bool         `json:"statefulInvocation"`
	Destinations  destinations `json:"destinationConfig"`
	MaxAgeSeconds *int64       `json:"maxAsyncEventAgeInSeconds"`
	MaxRetries    *int         `json:"maxAsyncRetryAttempts"`
}

type asyncObject struct {
	Service   string `json:"service"`
	Function  string `json:"function"`
	Qualifier string `json:"qualifier"`
	asyncFields
	Created  string `json:"createdTime"`
	Modified string `json:"lastModifiedTime"`
}

func newAsyncObject(a host.AsyncSettings) asyncObject {
	o := asyncObject{
		Service: a.Key.Service, Function: a.Key.Name, Qualifier: a.Qualifier,
		asyncFields: asyncFields{Stateful: a.Stateful, MaxAgeSeconds: a.MaxAgeSeconds, MaxRetries: a.MaxRetries},
		Created:     timeText(a.Created), Modified: timeText(a.Modified),
	}
	if a.OnSuccess != "" {
		o.Destinations.OnSuccess = &destination{a.OnSuccess}
	}
	if a.OnFailure != "" {
		o.Destinations.OnFailure = &destination{a.OnFailure}
	}
	return o
}

func (s *Server) putAsync(r *request) error {
	var in asyncFields
	if err := r.read(&in); err != nil {
		return err
	}
	settings := async.Settings{MaxRetries: in.MaxRetries, MaxAgeSeconds: in.MaxAgeSeconds, Stateful: in.Stateful}
	if d := in.Destinations.OnSuccess; d != nil {
		settings.OnSuccess = d.Destination
	}
	if d := in.Destinations.OnFailure; d != nil {
		settings.OnFailure = d.Destination
	}
	if _, err := s.host.SetAsync(r.key(), r.qualifier, settings); err != nil {
		return err
	}
	return s.getAsync(r)
}

func (s *Server) getAsync(r *request) error {
	a, err := s.host.Async(r.key(), r.qualifier)
	if err != nil {
		return err
	}
	return r.write(newAsyncObject(a))
}

func (s *Server) deleteAsync(r *request) error {
	if err := s.host.DeleteAsync(r.key(), r.qualifier); err != nil {
		return err
	}
	return r.writeNothing()
}

func (s *Server) listAsync(r *request) error {
	all, err := s.host.AllAsync(r.key())
	if err != nil {
		return err
	}
	all, next, err := page(r, all, func(a host.AsyncSettings) string { return a.Qualifier })
	if err != nil {
		return err
	}
	configs := []asyncObject{}
	for _, a := range all {
		configs = append(configs, newAsyncObject(a))
	}
	return r.write(struct {
		Configs   []asyncObject `json:"configs"`
		NextToken string        `json:"nextToken,omitempty"`
	}{configs, next})
}

// Bounds of how many invocations are listed.
const (
	defaultInvocations = 100
	maxInvocations     = 1000
)

// asyncInvocations lists the asynchronous invocations that are not done: of a function, or, without one, of a service or of all.
func (s *Server) asyncInvocations(r *request) error {
	limit, err := r.number("limit")
	if err != nil {
		return err
	}
	if limit > maxInvocations {
		return fn.Invalid("limit", "at most 1000", limit)
	}
	if limit == 0 {
		limit = defaultInvocations
	}
	key := r.scope()
	if key.Name != "" && !s.host.Has(key) {
		// Its invocations are kept, but who asks for one function would rather know of a wrong name.
		if list, err := s.host.AsyncInvocations(s.base, key, 1); err != nil || len(list) == 0 {
			_, err := s.host.Function(key)
			return err
		}
	}
	list, err := s.host.AsyncInvocations(s.base, key, int(limit))
	if err != nil {
		return err
	}
	return r.write(struct {
		Invocations []async.Status `json:"invocations"`
	}{list})
}
