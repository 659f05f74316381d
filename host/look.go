package host

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
	"github.com/lull-dev/lull/host/logs"
	"github.com/lull-dev/lull/host/registry"
)

// Function returns the current version of a function. Errors: FunctionNotFound, ServiceNotFound, HostClosed.
func (h *Host) Function(key fn.Key) (*registry.Version, error) {
	return h.find(key, "", nil)
}

// FunctionAt returns the version of a function that a qualifier stands for; for an alias that is its main version. Errors: those of
// Function, VersionNotFound, AliasNotFound.
func (h *Host) FunctionAt(key fn.Key, qualifier string) (*registry.Version, error) {
	return h.find(key, qualifier, (*registry.Alias).Main)
}

// versions returns LATEST and the published versions of a function, those that there are.
func (h *Host) versions(key fn.Key) (all []*registry.Version) {
	if v := h.registry.Get(key); v != nil {
		all = append(all, v)
	}
	for _, v := range h.registry.AllPublished(key.Service) {
		if v.Function.Name == key.Name {
			all = append(all, v)
		}
	}
	return all
}

// FunctionsAt returns the functions that a service has at a qualifier, sorted by name. Errors: ServiceNotFound, VersionNotFound, AliasNotFound.
func (h *Host) FunctionsAt(service, qualifier string) ([]*registry.Version, error) {
	id, err := h.registry.VersionID(service, qualifier, (*registry.Alias).Main)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return h.registry.List(service), nil
	}
	return slices.DeleteFunc(h.registry.AllPublished(service), func(v *registry.Version) bool { return v.ID != id }), nil
}

// Functions returns the current versions of a service's functions, or of all if service is empty, sorted by service and name.
func (h *Host) Functions(service string) []*registry.Version { return h.registry.List(service) }

// Instances returns the live instances of a function's current and published versions, or of all functions if key is zero, sorted by function and age.
// Instances that an update or a delete is draining are not in it.
func (h *Host) Instances(key fn.Key) []instance.Info {
	infos := []instance.Info{}
	for _, v := range append(h.registry.List(key.Service), h.registry.AllPublished(key.Service)...) {
		if key.Name == "" || key.Name == v.Function.Name {
			infos = append(infos, v.Pool.Instances()...)
		}
	}
	slices.SortFunc(infos, func(a, b instance.Info) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Function, b.Function), a.Created.Compare(b.Created))
	})
	return infos
}

// StopInstances stops one instance of a function, or all if id is empty, of whatever version, and returns how many. Each ends the requests it has and runs
// preStop; StopInstances waits for that. When ctx ends, what still runs is interrupted. The function stays deployed. Errors: FunctionNotFound,
// ServiceNotFound, InstanceNotFound (an id was given and there is no such instance).
func (h *Host) StopInstances(ctx context.Context, key fn.Key, id string) (int, error) {
	if !h.lives(key) {
		return 0, h.notFound(key)
	}
	n := 0
	for _, v := range h.versions(key) {
		n += v.Pool.Stop(ctx, id)
	}
	if n == 0 && id != "" {
		return 0, fn.Errorf(fn.CodeInstanceNotFound, "function '%s' in service '%s' has no instance '%s'", key.Name, key.Service, id)
	}
	return n, nil
}

// Usage returns what a function has cost since the host started, also for some time after it was deleted. Errors: FunctionNotFound,
// ServiceNotFound.
func (h *Host) Usage(key fn.Key) (fn.Usage, error) {
	rec, ok := h.records.find(key)
	if !ok {
		return fn.Usage{}, h.notFound(key)
	}
	return rec.ledger.Usage(), nil
}

// Logs returns a function's records that are in memory, oldest first, also for some time after it was deleted. With an empty name they are those of all functions
// of the service, or of all services if that is empty too. Errors: FunctionNotFound, ServiceNotFound.
func (h *Host) Logs(key fn.Key, f logs.Filter) ([]logs.Record, error) {
	some, err := h.recorded(key)
	if err != nil {
		return nil, err
	}
	all := []logs.Record{}
	for _, rec := range some {
		all = append(all, rec.logs.Records(f)...)
	}
	return logs.Merge(all, f.Limit), nil
}

// Requests returns the requests that ran and are in memory, in the order in which they ended, of what Logs would return the records of. Hook runs are not
// requests, nor are those that got no instance. Errors: FunctionNotFound, ServiceNotFound.
func (h *Host) Requests(key fn.Key, f logs.RequestFilter) ([]logs.Request, error) {
	some, err := h.recorded(key)
	if err != nil {
		return nil, err
	}
	all := []logs.Request{}
	for _, rec := range some {
		all = append(all, rec.requests.List(f)...)
	}
	return logs.MergeRequests(all, f.Limit), nil
}

// SearchLogs is Logs of what is in memory and in Config.Store, from before a restart and from other hosts too. It returns at most logs.MaxResults. A function that
// has records counts as found, also when it was deleted. Besides the errors of Logs: InternalServerError (the store cannot be read).
func (h *Host) SearchLogs(ctx context.Context, key fn.Key, f logs.Filter) ([]logs.Record, error) {
	if h.records.archive == nil {
		return h.Logs(key, f)
	}
	some, unknown := h.recorded(key)
	var rings []*logs.Ring
	for _, rec := range some {
		rings = append(rings, rec.logs)
	}
	all, err := h.records.archive.Records(ctx, key, rings, f)
	return found(all, err, unknown)
}

// SearchRequests is to Requests what SearchLogs is to Logs.
func (h *Host) SearchRequests(ctx context.Context, key fn.Key, f logs.RequestFilter) ([]logs.Request, error) {
	if h.records.archive == nil {
		return h.Requests(key, f)
	}
	some, unknown := h.recorded(key)
	var lists []*logs.Requests
	for _, rec := range some {
		lists = append(lists, rec.requests)
	}
	all, err := h.records.archive.List(ctx, key, lists, f)
	return found(all, err, unknown)
}

// found is what a search of the store ends with. unknown is what is said of a name if there is nothing.
func found[T any](all []T, err, unknown error) ([]T, error) {
	switch {
	case err != nil:
		return nil, fn.Errorf(fn.CodeInternal, "the store cannot be read now: %w", err)
	case len(all) == 0 && unknown != nil:
		return nil, unknown
	}
	return all, nil
}

// recorded returns what is kept of a function, or of all of a service, or of all services. The error says that there is no such function or service.
func (h *Host) recorded(key fn.Key) ([]record, error) {
	if key.Name != "" {
		rec, ok := h.records.find(key)
		if !ok {
			return nil, h.notFound(key)
		}
		return []record{rec}, nil
	}
	some := h.records.ofService(key.Service)
	if key.Service == "" {
		return some, nil
	}
	_, err := h.registry.Service(key.Service)
	return some, err
}
