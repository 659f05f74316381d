package fcapi

import (
	"math"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/logs/query"
)

// queryKey is the function that the query names; the service is "default" unless named.
func (r *request) queryKey() (fn.Key, error) {
	key := fn.Key{Service: r.query("service"), Name: r.query("function")}
	if key.Service == "" {
		key.Service = fn.DefaultService
	}
	if key.Name == "" {
		return key, fn.Errorf(fn.CodeInvalidArgument, "the query parameter function is required")
	}
	return key, nil
}

// span reads what bounds a look at records: "from" and "to" are times, "after" is a sequence number, "limit" takes the newest so many.
func (r *request) span() (span logs.Span, err error) {
	if span.From, err = r.time("from"); err != nil {
		return span, err
	}
	if span.To, err = r.time("to"); err != nil {
		return span, err
	}
	if span.After, err = r.number("after"); err != nil {
		return span, err
	}
	limit, err := r.number("limit")
	span.Limit = int(min(limit, math.MaxInt32))
	return span, err
}

// scope is a function, or, if the query names none, a service or all.
func (r *request) scope() fn.Key {
	if r.query("function") == "" {
		return fn.Key{Service: r.query("service")}
	}
	key, _ := r.queryKey()
	return key
}

// logs answers log records, oldest first: those of a function, or, without one, of a service or of all. They are selected by a span, by instance, request and
// hook, and by "query", in the language of package query.
func (s *Server) logs(r *request) error {
	f := logs.Filter{InstanceID: r.query("instance"), RequestID: r.query("request"), Hook: r.query("hook")}
	var err error
	if f.Span, err = r.span(); err != nil {
		return err
	}
	if f.Query, err = query.Parse(r.query("query")); err != nil {
		return fn.Errorf(fn.CodeInvalidArgument, "the query cannot be read: %w", err)
	}
	records, err := s.host.SearchLogs(s.base, r.scope(), f)
	if err != nil {
		return err
	}
	return r.write(map[string]any{"records": records})
}

// requests answers the requests that ran, in the order in which they ended, of the same scope and selected by a span, by instance and request; "failed" leaves
// those out that went well.
func (s *Server) requests(r *request) error {
	f := logs.RequestFilter{InstanceID: r.query("instance"), RequestID: r.query("request")}
	var err error
	if f.Span, err = r.span(); err != nil {
		return err
	}
	if f.Failed, err = r.flag("failed"); err != nil {
		return err
	}
	requests, err := s.host.SearchRequests(s.base, r.scope(), f)
	if err != nil {
		return err
	}
	return r.write(map[string]any{"requests": requests})
}

// instances lists the instances of a function, or, without one, those of a service or of all.
func (s *Server) instances(r *request) error {
	key := fn.Key{Service: r.query("service")}
	if r.query("function") != "" {
		named, err := r.queryKey()
		if err != nil {
			return err
		}
		if _, err := s.host.Function(named); err != nil {
			return err
		}
		key = named
	} else if key.Service != "" {
		if _, err := s.host.Service(key.Service); err != nil {
			return err
		}
	}
	return r.write(map[string]any{"instances": s.host.Instances(key)})
}

// stop stops one instance of a function, or all, and answers after their preStop hooks have run.
func (s *Server) stop(r *request) error {
	key, err := r.queryKey()
	if err != nil {
		return err
	}
	n, err := s.host.StopInstances(s.base, key, r.query("instance"))
	if err != nil {
		return err
	}
	return r.write(map[string]int{"stopped": n})
}
