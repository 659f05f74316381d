package fcapi

import (
	"encoding/json"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

// serviceInput is the body of a create or an update; what lull does not know is not here and so ignored. What follows Description is kept and
// shown, and lull does nothing with it.
type serviceInput struct {
	ServiceName    *string        `json:"serviceName"`
	Description    *string        `json:"description"`
	Role           *string        `json:"role"`
	LogConfig      map[string]any `json:"logConfig"`
	VPCConfig      map[string]any `json:"vpcConfig"`
	InternetAccess *bool          `json:"internetAccess"`
	NASConfig      map[string]any `json:"nasConfig"`
	TracingConfig  map[string]any `json:"tracingConfig"`
}

// settings are the settings that the input has, by their names.
func (in *serviceInput) settings() (map[string]json.RawMessage, error) {
	return given(map[string]any{
		"role": in.Role, "logConfig": in.LogConfig, "vpcConfig": in.VPCConfig, "internetAccess": in.InternetAccess, "nasConfig": in.NASConfig,
		"tracingConfig": in.TracingConfig,
	})
}

// given encodes the values that are not nil.
func given(values map[string]any) (map[string]json.RawMessage, error) {
	set := map[string]json.RawMessage{}
	for name, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if string(text) != "null" {
			set[name] = text
		}
	}
	return set, nil
}

// serviceObject is a service as clients see it.
type serviceObject struct {
	ServiceName      string         `json:"serviceName"`
	ServiceID        string         `json:"serviceId"`
	Description      string         `json:"description"`
	Role             any            `json:"role"`
	LogConfig        any            `json:"logConfig"`
	VPCConfig        any            `json:"vpcConfig"`
	InternetAccess   any            `json:"internetAccess"`
	NASConfig        any            `json:"nasConfig"`
	TracingConfig    any            `json:"tracingConfig"`
	Tags             map[string]any `json:"tags"`
	CreatedTime      string         `json:"createdTime"`
	LastModifiedTime string         `json:"lastModifiedTime"`
}

func newServiceObject(s registry.Service) serviceObject {
	type object = map[string]any
	return serviceObject{
		ServiceName: s.Name, ServiceID: s.ID, Description: s.Description,
		Role: setting(s.Settings, "role", ""), InternetAccess: setting(s.Settings, "internetAccess", true),
		LogConfig: setting(s.Settings, "logConfig", object{
			"project": "", "logstore": "", "enableRequestMetrics": false, "enableInstanceMetrics": false, "logBeginRule": "None",
		}),
		VPCConfig:     setting(s.Settings, "vpcConfig", object{"vpcId": "", "vSwitchIds": []string{}, "securityGroupId": ""}),
		NASConfig:     setting(s.Settings, "nasConfig", object{"userId": -1, "groupId": -1, "mountPoints": []string{}}),
		TracingConfig: setting(s.Settings, "tracingConfig", object{"type": nil, "params": nil}),
		Tags:          object{},
		CreatedTime:   timeText(s.Created), LastModifiedTime: timeText(s.Modified),
	}
}

// setting is what a client has set, or what stands for unset.
func setting(settings map[string]json.RawMessage, name string, unset any) any {
	if set, ok := settings[name]; ok {
		return set
	}
	return unset
}

// timeText is UTC to the second.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (s *Server) createService(r *request) error {
	var in serviceInput
	if err := r.read(&in); err != nil {
		return err
	}
	settings, err := in.settings()
	if err != nil {
		return err
	}
	made, err := s.host.CreateService(value(in.ServiceName), value(in.Description), settings)
	if err != nil {
		return err
	}
	return r.writeTagged(made.ETag, newServiceObject(made))
}

func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func (s *Server) getService(r *request) error {
	found, err := s.service(r)
	if err != nil {
		return err
	}
	return r.writeTagged(found.ETag, newServiceObject(found))
}

// service finds the service of a path, and refuses a qualifier that does not exist.
func (s *Server) service(r *request) (registry.Service, error) {
	found, err := s.host.Service(r.service)
	if err == nil && !r.latest() {
		_, err = s.host.FunctionsAt(r.service, r.qualifier)
	}
	return found, err
}

// latest reports whether the path means what can be changed.
func (r *request) latest() bool { return r.qualifier == "" || r.qualifier == fn.Latest }

// changeable wants that: a published version never changes.
func (s *Server) changeable(r *request) error {
	if r.latest() {
		return nil
	}
	if _, err := s.service(r); err != nil {
		return err
	}
	return fn.Errorf(fn.CodeInvalidArgument, "a published version cannot be changed; leave '.%.128s' out of the path", r.qualifier)
}

func (s *Server) updateService(r *request) error {
	if err := s.changeable(r); err != nil {
		return err
	}
	var in serviceInput
	if err := r.read(&in); err != nil {
		return err
	}
	settings, err := in.settings()
	if err != nil {
		return err
	}
	changed, err := s.host.UpdateService(r.service, r.ifMatch(), in.Description, settings)
	if err != nil {
		return err
	}
	return r.writeTagged(changed.ETag, newServiceObject(changed))
}

func (s *Server) deleteService(r *request) error {
	if err := s.changeable(r); err != nil {
		return err
	}
	if err := s.host.DeleteService(r.service, r.ifMatch()); err != nil {
		return err
	}
	return r.writeNothing()
}

func (s *Server) listServices(r *request) error {
	services, next, err := page(r, s.host.Services(), func(s registry.Service) string { return s.Name })
	if err != nil {
		return err
	}
	out := struct {
		Services  []serviceObject `json:"services"`
		NextToken string          `json:"nextToken,omitempty"`
	}{[]serviceObject{}, next}
	for _, s := range services {
		out.Services = append(out.Services, newServiceObject(s))
	}
	return r.write(out)
}

// bindings answers with the networks that may call a service: none are bound, and one client asks after every deploy of a service.
func (s *Server) bindings(r *request) error {
	if _, err := s.service(r); err != nil {
		return err
	}
	return r.write(map[string]any{"vpcIds": []string{}})
}
