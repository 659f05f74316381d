package host

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
	"github.com/lull-dev/lull/host/store"
)

// restore puts in place what the store has, and then follows what other hosts change there.
func (h *Host) restore() error {
	services, err := h.watch(h.keeper.services, h.followService)
	if err != nil {
		return err
	}
	functions, err := h.watch(h.keeper.functions, h.followFunction)
	if err != nil {
		return err
	}
	belongings, err := h.watch(h.keeper.attached, h.followAttached)
	if err != nil {
		return err
	}
	frozen, err := h.keeper.versions.List(h.live, "")
	if err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	var known []registry.Service
	ids := map[string]bool{}
	for _, d := range services {
		s, err := readService(d)
		if err != nil {
			return err
		}
		known = append(known, s)
		for _, p := range s.Versions {
			ids[versionKey(s.Name, p.ID)] = true
		}
	}
	current, err := h.readFunctions(functions)
	if err != nil {
		return err
	}
	frozen = slices.DeleteFunc(frozen, func(d store.Document) bool { return !ids[d.Key[:strings.LastIndexByte(d.Key, '.')]] })
	published, err := h.readFunctions(frozen)
	if err != nil {
		return err
	}
	attached := map[fn.Key]registry.Attached{}
	for _, d := range belongings {
		a, err := readAttached(d)
		if err != nil {
			return err
		}
		attached[keyOf(d.Key)] = a
	}
	h.registry.Load(known, current, published, attached)
	for _, v := range current {
		h.notify(fn.Event{Kind: fn.EventRestored, Function: v.Function.Key(), Runtime: v.Function.Runtime})
	}
	for key := range attached {
		h.scale(key)
	}
	for _, name := range append(serviceNames(current), fn.DefaultService) {
		err := h.registry.AddService(newServiceFor(name))
		switch fn.CodeOf(err) {
		case "", fn.CodeServiceAlreadyExists, fn.CodeConcurrentUpdate: // in the last case the watch will tell of it
		default:
			return err
		}
	}
	return nil
}

func serviceNames(versions []*registry.Version) (names []string) {
	for _, v := range versions {
		names = append(names, v.Function.Service)
	}
	return names
}

// watch returns what a bucket has, and calls follow for every change from then on, until the host closes.
func (h *Host) watch(b store.Bucket, follow func(store.Change)) ([]store.Document, error) {
	var there []store.Document
	caught, failed := make(chan struct{}), make(chan error, 1)
	h.following.Go(func() {
		first := true
		failed <- b.Watch(h.live, "", func(c store.Change) {
			switch {
			case c.Caught:
				first = false
				close(caught)
				<-h.restored // what comes now is newer than what was there
			case first:
				there = append(there, c.Document)
			default:
				follow(c)
			}
		})
	})
	select {
	case <-caught:
		return there, nil
	case err := <-failed:
		return nil, fmt.Errorf("reading the store: %w", err)
	}
}

func readService(d store.Document) (registry.Service, error) {
	var s registry.Service
	if err := json.Unmarshal(d.Value, &s); err != nil {
		return s, fmt.Errorf("service '%s' in the store cannot be read: %w", d.Key, err)
	}
	s.Revision = d.Revision
	return s, nil
}

func (h *Host) readFunctions(documents []store.Document) ([]*registry.Version, error) {
	var list []*registry.Version
	for _, d := range documents {
		v, err := h.readFunction(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (h *Host) readFunction(d store.Document) (*registry.Version, error) {
	var doc functionDocument
	if err := json.Unmarshal(d.Value, &doc); err != nil {
		return nil, fmt.Errorf("function '%s' in the store cannot be read: %w", d.Key, err)
	}
	v := &registry.Version{
		Function: doc.Function, ID: doc.ID, FunctionID: doc.FunctionID, ETag: doc.ETag, Created: doc.Created, Modified: doc.Modified,
		Code: doc.Code, CodeSize: doc.CodeSize, CodeChecksum: doc.CodeChecksum, Kind: doc.Kind, StartsBy: doc.StartsBy, Revision: d.Revision,
	}
	key := functionKey(v.Function.Key())
	if v.ID != "" {
		key = versionKey(v.Function.Service, v.ID) + "." + v.Function.Name
	}
	if key != d.Key {
		return nil, fmt.Errorf("function '%s' in the store says that it is '%s'", d.Key, v.Function.Key())
	}
	program := &lazy{host: h, version: v}
	v.Program = registry.Share(program, program.close)
	h.open(v)
	return v, nil
}

// followService does what changes of a service, its versions and aliases do, for one that another host has made.
func (h *Host) followService(c store.Change) {
	done, err := h.change()
	if err != nil {
		return
	}
	defer done()
	if h.registry.KnowsService(c.Key, c.Revision) {
		return
	}
	var next *registry.Service
	var published []*registry.Version
	if !c.Deleted {
		s, err := readService(c.Document)
		if err == nil {
			published, err = h.readNewVersions(&s)
		}
		if err != nil {
			h.trouble(err)
			return
		}
		next = &s
	}
	for _, v := range h.registry.FollowService(c.Key, c.Revision, next, published) {
		h.retire(v)
	}
	h.scaleService(c.Key)
}

// followAttached does what changes of triggers and of kept instances do, for one that another host has made.
func (h *Host) followAttached(c store.Change) {
	done, err := h.change()
	if err != nil {
		return
	}
	defer done()
	var next *registry.Attached
	if !c.Deleted {
		a, err := readAttached(c.Document)
		if err != nil {
			h.trouble(err)
			return
		}
		next = &a
	}
	key := keyOf(c.Key)
	h.registry.FollowAttached(key, c.Revision, next)
	h.scale(key)
}

func readAttached(d store.Document) (registry.Attached, error) {
	var a registry.Attached
	if err := json.Unmarshal(d.Value, &a); err != nil {
		return a, fmt.Errorf("what belongs to function '%s' in the store cannot be read: %w", d.Key, err)
	}
	a.Revision = d.Revision
	return a, nil
}

// readNewVersions returns the functions of the published versions that this host does not have yet.
func (h *Host) readNewVersions(s *registry.Service) ([]*registry.Version, error) {
	have := map[string]bool{}
	for _, v := range h.registry.AllPublished(s.Name) {
		have[v.ID] = true
	}
	var published []*registry.Version
	for _, p := range s.Versions {
		if have[p.ID] {
			continue
		}
		documents, err := h.keeper.versions.List(h.live, versionKey(s.Name, p.ID))
		if err != nil {
			return nil, err
		}
		versions, err := h.readFunctions(documents)
		if err != nil {
			return nil, err
		}
		published = append(published, versions...)
	}
	return published, nil
}

// followFunction does what put and Delete do, for a change that another host has made.
func (h *Host) followFunction(c store.Change) {
	key := keyOf(c.Key)
	done, err := h.change()
	if err != nil || h.registry.Knows(key, c.Revision) {
		if err == nil {
			done()
		}
		return
	}
	defer done()
	if c.Deleted {
		if old, ok := h.registry.Follow(key, c.Revision, nil); ok && old != nil {
			h.gone(old)
		}
		return
	}
	v, err := h.readFunction(c.Document)
	if err != nil {
		h.trouble(err)
		return
	}
	old, ok := h.registry.Follow(key, c.Revision, v)
	if !ok {
		return
	}
	h.scale(key)
	h.notify(fn.Event{Kind: fn.EventDeployed, Function: key, Runtime: v.Function.Runtime})
	if old != nil {
		h.retire(old)
	}
}

// trouble tells the listener of what goes wrong in the background.
func (h *Host) trouble(err error) {
	h.notify(fn.Event{Kind: fn.EventTrouble, Err: err})
}
