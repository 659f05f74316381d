package registry

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// Alias is a name for a version of a service, or for several of which each gets a share of the requests.
type Alias struct {
	Name        string `json:"name"`
	VersionID   string `json:"versionId"`
	Description string `json:"description,omitempty"`
	// Weights are the shares of requests, 0 to 1, that other versions get; VersionID gets the rest.
	Weights  map[string]float64 `json:"weights,omitempty"`
	Created  time.Time          `json:"created"`
	Modified time.Time          `json:"modified"`
	ETag     string             `json:"etag"`
}

// Main is the version that an alias stands for when something is looked at.
func (a *Alias) Main() string { return a.VersionID }

// Pick draws the version that a request goes to.
func (a *Alias) Pick() string {
	if len(a.Weights) == 0 {
		return a.VersionID
	}
	at := rand.Float64()
	for id, w := range a.Weights {
		if at -= w; at < 0 {
			return id
		}
	}
	return a.VersionID
}

func (s *Service) alias(name string) *Alias {
	i, ok := slices.BinarySearchFunc(s.Aliases, name, func(a Alias, name string) int { return strings.Compare(a.Name, name) })
	if !ok {
		return nil
	}
	return &s.Aliases[i]
}

// check wants versions that exist and shares that leave none below 0.
func (s *Service) check(a *Alias) error {
	if a.VersionID == "" {
		return fn.Errorf(fn.CodeInvalidArgument, "versionId is required")
	}
	rest := 1.0
	ids := []string{a.VersionID}
	for id, w := range a.Weights {
		if math.IsNaN(w) || w < 0 || w > 1 {
			return fn.Invalid("AdditionalVersionWeight", "[0, 1]", w)
		}
		if id == a.VersionID {
			return fn.Errorf(fn.CodeInvalidArgument, "AdditionalVersionWeight names version '%s', which is the alias's own and gets the rest", id)
		}
		rest -= w
		ids = append(ids, id)
	}
	if rest < -1e-9 {
		return fn.Invalid("AdditionalVersionWeight", "a sum of at most 1", fmt.Sprint(1-rest))
	}
	for _, id := range ids {
		if !s.hasVersion(id) {
			return noVersion(s.Name, id)
		}
	}
	return nil
}

// AddAlias adds an alias. Errors: ServiceNotFound, AliasAlreadyExists, VersionNotFound, InvalidArgument (the shares).
func (r *Registry) AddAlias(service string, a Alias) error {
	_, err := r.ChangeService(service, "", func(s *Service) error {
		if s.alias(a.Name) != nil {
			return fn.Errorf(fn.CodeAliasAlreadyExists, "alias '%s' already exists in service '%s'", a.Name, service)
		}
		if err := s.check(&a); err != nil {
			return err
		}
		s.Aliases = append(slices.Clone(s.Aliases), a)
		slices.SortFunc(s.Aliases, func(a, b Alias) int { return strings.Compare(a.Name, b.Name) })
		return nil
	})
	return err
}

// Alias returns an alias. Errors: ServiceNotFound, AliasNotFound.
func (r *Registry) Alias(service, name string) (Alias, error) {
	s, err := r.Service(service)
	if err != nil {
		return Alias{}, err
	}
	a := s.alias(name)
	if a == nil {
		return Alias{}, noAlias(service, name)
	}
	return *a, nil
}

// ChangeAlias applies change to an alias; requests that come later follow it. Errors: those of Alias, PreconditionFailed,
// VersionNotFound, InvalidArgument (the shares).
func (r *Registry) ChangeAlias(service, name, ifMatch string, change func(*Alias)) (Alias, error) {
	var changed Alias
	_, err := r.ChangeService(service, "", func(s *Service) error {
		s.Aliases = slices.Clone(s.Aliases)
		a := s.alias(name)
		if a == nil {
			return noAlias(service, name)
		}
		if err := CheckMatch(ifMatch, a.ETag); err != nil {
			return err
		}
		change(a)
		changed = *a
		return s.check(a)
	})
	return changed, err
}

// RemoveAlias removes an alias. Errors: ServiceNotFound, AliasNotFound, PreconditionFailed.
func (r *Registry) RemoveAlias(service, name, ifMatch string) error {
	_, err := r.ChangeService(service, "", func(s *Service) error {
		a := s.alias(name)
		if a == nil {
			return noAlias(service, name)
		}
		if err := CheckMatch(ifMatch, a.ETag); err != nil {
			return err
		}
		s.Aliases = slices.DeleteFunc(slices.Clone(s.Aliases), func(a Alias) bool { return a.Name == name })
		return nil
	})
	return err
}

func noAlias(service, name string) error {
	return fn.Errorf(fn.CodeAliasNotFound, "alias '%s' of service '%s' does not exist", name, service)
}
