package fcapi

import (
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

// serviceInput is the body of a create or an update; what lull does not have is not here and so ignored.
type serviceInput struct {
	ServiceName *string `json:"serviceName"`
	Description *string `json:"description"`
}

// serviceObject is a service as clients see it. lull keeps name and description; the other settings have the values that stand for "not set".
type serviceObject struct {
	ServiceName      string         `json:"serviceName"`
	ServiceID        string         `json:"serviceId"`
	Description      string         `json:"description"`
	Role             string         `json:"role"`
	LogConfig        map[string]any `json:"logConfig"`
	VPCConfig        map[string]any `json:"vpcConfig"`
	InternetAccess   bool           `json:"internetAccess"`
	NASConfig        map[string]any `json:"nasConfig"`
	TracingConfig    map[string]any `json:"tracingConfig"`
	Tags             map[string]any `json:"tags"`
	CreatedTime      string         `json:"createdTime"`
	LastModifiedTime string         `json:"lastModifiedTime"`
}

func newServiceObject(s registry.Service) serviceObject {
	type object = map[string]any
	return serviceObject{
		ServiceName: s.Name, ServiceID: s.ID, Description: s.Description, InternetAccess: true,
		LogConfig: object{
			"project": "", "logstore": "", "enableRequestMetrics": false, "enableInstanceMetrics": false, "logBeginRule": "None",
		},
		VPCConfig:     object{"vpcId": "", "vSwitchIds": []string{}, "securityGroupId": ""},
		NASConfig:     object{"userId": -1, "groupId": -1, "mountPoints": []string{}},
		TracingConfig: object{"type": nil, "params": nil},
		Tags:          object{},
		CreatedTime:   timeText(s.Created), LastModifiedTime: timeText(s.Modified),
	}
}

// timeText is UTC to the second.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (s *Server) createService(r *request) error {
	var in serviceInput
	if err := r.read(&in); err != nil {
		return err
	}
	made, err := s.host.CreateService(value(in.ServiceName), value(in.Description))
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
	if err == nil && r.qualifier != "" && r.qualifier != fn.Latest {
		err = fn.Errorf(fn.CodeVersionNotFound, "version '%s' of service '%s' does not exist", r.qualifier, r.service)
	}
	return found, err
}

func (s *Server) updateService(r *request) error {
	var in serviceInput
	if err := r.read(&in); err != nil {
		return err
	}
	if _, err := s.service(r); err != nil {
		return err
	}
	changed, err := s.host.UpdateService(r.service, r.ifMatch(), in.Description)
	if err != nil {
		return err
	}
	return r.writeTagged(changed.ETag, newServiceObject(changed))
}

func (s *Server) deleteService(r *request) error {
	if _, err := s.service(r); err != nil {
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
