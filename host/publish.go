package host

import (
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/pool"
	"github.com/lull-dev/lull/host/registry"
)

// PublishVersion freezes the functions of a service, code and configuration, under a new version id. They get instances of their own. Errors:
// ServiceNotFound, InvalidArgument (nothing has changed since the last version), HostClosed.
func (h *Host) PublishVersion(service, description string) (registry.Published, error) {
	done, err := h.change()
	if err != nil {
		return registry.Published{}, err
	}
	defer done()
	for _, v := range h.registry.List(service) { // not with the registry locked; code that comes meanwhile has just been put
		if err := h.keeper.keepCode(h.live, v.Code); err != nil {
			return registry.Published{}, err
		}
	}
	p, failed, err := h.registry.Publish(service, description, time.Now(), func(id string, current []*registry.Version) ([]*registry.Version, error) {
		frozen := []*registry.Version{}
		for _, latest := range current {
			v := *latest
			v.ID = id
			if err := h.keeper.published(&v); err != nil {
				return nil, err
			}
			frozen = append(frozen, &v)
		}
		for _, v := range frozen {
			v.Program = v.Program.Retain()
			h.open(v)
		}
		return frozen, nil
	})
	for _, v := range failed {
		h.retire(v)
	}
	return p, err
}

// DeleteVersion removes a published version. No new request reaches it; those that run end, and its instances get preStop in the background. Errors: ServiceNotFound,
// VersionNotFound, InvalidArgument (an alias stands for it), HostClosed.
func (h *Host) DeleteVersion(service, id string) error {
	done, err := h.change()
	if err != nil {
		return err
	}
	defer done()
	gone, err := h.registry.Unpublish(service, id)
	if err == nil {
		h.detachService(service, id)
	}
	for _, v := range gone {
		h.retire(v)
		if err := h.keeper.unpublished(v); err != nil {
			h.trouble(err) // it is only clutter: the service does not have the version any more
		}
	}
	return err
}

// open gives a version its records and its pool.
func (h *Host) open(v *registry.Version) {
	rec := h.records.of(v.Function.Key())
	v.Ledger, v.Logs, v.Requests = rec.ledger, rec.logs, rec.requests
	v.Pool = pool.New(&instance.Config{
		Function: v.Function.Running(), VersionID: v.ID, Program: v.Program.Program, Ledger: v.Ledger, Logs: v.Logs, Listener: h.cfg.Listener,
	}, h.room)
}

// CreateAlias adds a name for a version of a service. Errors: InvalidArgument (the name, the shares), ServiceNotFound,
// AliasAlreadyExists, VersionNotFound.
func (h *Host) CreateAlias(service string, a registry.Alias) (registry.Alias, error) {
	if err := fn.CheckName("AliasName", a.Name); err != nil {
		return a, err
	}
	if a.Name == fn.Latest {
		return a, fn.Invalid("AliasName", "any other name", a.Name)
	}
	a.Created, a.ETag = time.Now(), newETag()
	a.Modified = a.Created
	return a, h.registry.AddAlias(service, a)
}

// UpdateAlias changes an alias; requests that come later follow it. Errors: ServiceNotFound, AliasNotFound, PreconditionFailed, VersionNotFound,
// InvalidArgument (the shares).
func (h *Host) UpdateAlias(service, name, ifMatch string, change func(*registry.Alias)) (registry.Alias, error) {
	a, err := h.registry.ChangeAlias(service, name, ifMatch, func(a *registry.Alias) {
		created := a.Created
		change(a)
		a.Name, a.Created, a.Modified, a.ETag = name, created, time.Now(), newETag()
	})
	if err == nil {
		h.scaleService(service)
	}
	return a, err
}

// Alias returns an alias. Errors: ServiceNotFound, AliasNotFound.
func (h *Host) Alias(service, name string) (registry.Alias, error) {
	return h.registry.Alias(service, name)
}

// DeleteAlias removes an alias. Errors: ServiceNotFound, AliasNotFound, PreconditionFailed.
func (h *Host) DeleteAlias(service, name, ifMatch string) error {
	err := h.registry.RemoveAlias(service, name, ifMatch)
	if err == nil {
		h.detachService(service, name)
		h.scaleService(service)
	}
	return err
}
