package host

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

func newService(name, description string, settings map[string]json.RawMessage) registry.Service {
	now := time.Now()
	return registry.Service{
		Name: name, ID: fn.NewRequestID().String(), Description: description, Settings: settings, Created: now, Modified: now, ETag: newETag(),
	}
}

// newServiceFor makes the service that a deploy names.
func newServiceFor(name string) registry.Service { return newService(name, "", nil) }

// CreateService adds a service. The settings are kept and not acted upon; they may be nil. Errors: InvalidArgument (the name), ServiceAlreadyExists.
func (h *Host) CreateService(name, description string, settings map[string]json.RawMessage) (registry.Service, error) {
	if err := fn.CheckName("ServiceName", name); err != nil {
		return registry.Service{}, err
	}
	s := newService(name, description, settings)
	return s, h.registry.AddService(s)
}

// UpdateService changes a service's description, unless it is nil, and those of its settings that are in settings. Errors: ServiceNotFound,
// PreconditionFailed.
func (h *Host) UpdateService(name, ifMatch string, description *string, settings map[string]json.RawMessage) (registry.Service, error) {
	return h.registry.ChangeService(name, ifMatch, func(s *registry.Service) error {
		if description != nil {
			s.Description = *description
		}
		if len(settings) > 0 {
			all := map[string]json.RawMessage{}
			maps.Copy(all, s.Settings)
			maps.Copy(all, settings)
			s.Settings = all
		}
		s.Modified, s.ETag = time.Now(), newETag()
		return nil
	})
}

// Service returns a service, or ServiceNotFound.
func (h *Host) Service(name string) (registry.Service, error) { return h.registry.Service(name) }

// Services returns all services sorted by name. The service "default" is there from the start.
func (h *Host) Services() []registry.Service { return h.registry.Services() }

// DeleteService removes a service without functions, versions and aliases. Errors: ServiceNotFound, PreconditionFailed, ServiceNotEmpty.
func (h *Host) DeleteService(name, ifMatch string) error {
	return h.registry.RemoveService(name, ifMatch)
}
