package host

import (
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

func newService(name, description string) registry.Service {
	now := time.Now()
	return registry.Service{
		Name: name, ID: fn.NewRequestID().String(), Description: description, Created: now, Modified: now, ETag: newETag(),
	}
}

// newServiceFor makes the service that a deploy names.
func newServiceFor(name string) registry.Service { return newService(name, "") }

// CreateService adds a service. Errors: InvalidArgument (the name), ServiceAlreadyExists.
func (h *Host) CreateService(name, description string) (registry.Service, error) {
	if err := fn.CheckName("ServiceName", name); err != nil {
		return registry.Service{}, err
	}
	s := newService(name, description)
	return s, h.registry.AddService(s)
}

// UpdateService changes a service's description, unless it is nil. Errors: ServiceNotFound, PreconditionFailed.
func (h *Host) UpdateService(name, ifMatch string, description *string) (registry.Service, error) {
	return h.registry.ChangeService(name, ifMatch, func(s *registry.Service) {
		if description != nil {
			s.Description = *description
		}
		s.Modified, s.ETag = time.Now(), newETag()
	})
}

// Service returns a service, or ServiceNotFound.
func (h *Host) Service(name string) (registry.Service, error) { return h.registry.Service(name) }

// Services returns all services sorted by name. The service "default" is there from the start.
func (h *Host) Services() []registry.Service { return h.registry.Services() }

// DeleteService removes an empty service. Errors: ServiceNotFound, PreconditionFailed, ServiceNotEmpty.
func (h *Host) DeleteService(name, ifMatch string) error {
	return h.registry.RemoveService(name, ifMatch)
}
