package fcapi

import (
	"cmp"
	"fmt"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
)

// warmObject tells how many instances are kept ready ahead of requests.
type warmObject struct {
	Resource string `json:"resource"`
	Target   int    `json:"target"`
	Current  int    `json:"current"`
}

func (s *Server) newWarmObject(k host.Keeping) warmObject {
	return warmObject{fmt.Sprintf("%s#%s#%s#%s", s.host.Config().AccountID, k.Key.Service, k.Qualifier, k.Key.Name), k.Number, k.Current}
}

// instanceNumber reads a number of instances.
func instanceNumber(field string, n *int64) (int, error) {
	if n == nil {
		return 0, fn.Errorf(fn.CodeInvalidArgument, "%s is required", field)
	}
	if *n < 0 || *n > fn.MaxMaxInstances {
		return 0, fn.Invalid(field, fmt.Sprintf("[0, %d]", fn.MaxMaxInstances), *n)
	}
	return int(*n), nil
}

func (s *Server) putProvision(r *request) error {
	var in struct {
		Target *int64 `json:"target"`
	}
	if err := r.read(&in); err != nil {
		return err
	}
	n, err := instanceNumber("Target", in.Target)
	if err != nil {
		return err
	}
	k, err := s.host.SetWarm(r.key(), r.qualifier, n)
	if err != nil {
		return err
	}
	return r.write(s.newWarmObject(k))
}

// getProvision answers with a target of 0 where none was set.
func (s *Server) getProvision(r *request) error {
	k, _, err := s.host.Warm(r.key(), r.qualifier)
	if err != nil {
		return err
	}
	return r.write(s.newWarmObject(k))
}

func (s *Server) listProvisions(r *request) error {
	all := []warmObject{}
	for _, k := range s.host.AllWarm() {
		if of, at := r.query("serviceName"), r.query("qualifier"); (of == "" || of == k.Key.Service) && (at == "" || at == k.Qualifier) {
			all = append(all, s.newWarmObject(k))
		}
	}
	configs, next, err := page(r, all, func(o warmObject) string { return o.Resource })
	if err != nil {
		return err
	}
	return r.write(struct {
		ProvisionConfigs []warmObject `json:"provisionConfigs"`
		NextToken        string       `json:"nextToken,omitempty"`
	}{configs, next})
}

// onDemandObject tells how many instances requests may start beside those.
type onDemandObject struct {
	Resource             string `json:"resource"`
	MaximumInstanceCount int    `json:"maximumInstanceCount"`
}

func newOnDemandObject(key fn.Key, qualifier string, n int) onDemandObject {
	return onDemandObject{fmt.Sprintf("services/%s.%s/functions/%s", key.Service, cmp.Or(qualifier, fn.Latest), key.Name), n}
}

func (s *Server) putOnDemand(r *request) error {
	var in struct {
		MaximumInstanceCount *int64 `json:"maximumInstanceCount"`
	}
	if err := r.read(&in); err != nil {
		return err
	}
	n, err := instanceNumber("MaximumInstanceCount", in.MaximumInstanceCount)
	if err != nil {
		return err
	}
	if err := s.host.SetOnDemand(r.key(), r.qualifier, n); err != nil {
		return err
	}
	return r.write(newOnDemandObject(r.key(), r.qualifier, n))
}

func (s *Server) getOnDemand(r *request) error {
	n, err := s.onDemand(r)
	if err != nil {
		return err
	}
	return r.write(newOnDemandObject(r.key(), r.qualifier, n))
}

func (s *Server) onDemand(r *request) (int, error) {
	n, ok, err := s.host.OnDemand(r.key(), r.qualifier)
	if err == nil && !ok {
		err = fn.Errorf(fn.CodeOnDemandConfigNotFound, "function '%s' in service '%s' has no on-demand configuration with qualifier '%s'",
			r.function, r.service, cmp.Or(r.qualifier, fn.Latest))
	}
	return n, err
}

func (s *Server) deleteOnDemand(r *request) error {
	if _, err := s.onDemand(r); err != nil {
		return err
	}
	if err := s.host.SetOnDemand(r.key(), r.qualifier, -1); err != nil {
		return err
	}
	return r.writeNothing()
}

func (s *Server) listOnDemands(r *request) error {
	all := []onDemandObject{}
	for _, k := range s.host.AllOnDemand() {
		all = append(all, newOnDemandObject(k.Key, k.Qualifier, k.Number))
	}
	configs, next, err := page(r, all, func(o onDemandObject) string { return o.Resource })
	if err != nil {
		return err
	}
	return r.write(struct {
		Configs   []onDemandObject `json:"configs"`
		NextToken string           `json:"nextToken,omitempty"`
	}{configs, next})
}
