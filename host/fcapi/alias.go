package fcapi

import "github.com/lull-dev/lull/host/registry"

// aliasInput is the body of a create or an update.
type aliasInput struct {
	AliasName               *string            `json:"aliasName"`
	VersionID               *string            `json:"versionId"`
	Description             *string            `json:"description"`
	AdditionalVersionWeight map[string]float64 `json:"additionalVersionWeight"` // replaces all of them
}

func (in *aliasInput) apply(a *registry.Alias) {
	set(&a.VersionID, in.VersionID)
	set(&a.Description, in.Description)
	if in.AdditionalVersionWeight != nil {
		a.Weights = in.AdditionalVersionWeight
	}
}

// aliasObject is an alias as clients see it.
type aliasObject struct {
	AliasName               string             `json:"aliasName"`
	VersionID               string             `json:"versionId"`
	Description             string             `json:"description"`
	AdditionalVersionWeight map[string]float64 `json:"additionalVersionWeight"`
	CreatedTime             string             `json:"createdTime"`
	LastModifiedTime        string             `json:"lastModifiedTime"`
}

func newAliasObject(a registry.Alias) aliasObject {
	weights := a.Weights
	if weights == nil {
		weights = map[string]float64{}
	}
	return aliasObject{a.Name, a.VersionID, a.Description, weights, timeText(a.Created), timeText(a.Modified)}
}

func (s *Server) createAlias(r *request) error {
	if err := s.changeable(r); err != nil {
		return err
	}
	var in aliasInput
	if err := r.read(&in); err != nil {
		return err
	}
	a := registry.Alias{Name: value(in.AliasName)}
	in.apply(&a)
	a, err := s.host.CreateAlias(r.service, a)
	if err != nil {
		return err
	}
	return r.writeTagged(a.ETag, newAliasObject(a))
}

func (s *Server) getAlias(r *request) error {
	a, err := s.host.Alias(r.service, r.item)
	if err != nil {
		return err
	}
	return r.writeTagged(a.ETag, newAliasObject(a))
}

func (s *Server) updateAlias(r *request) error {
	var in aliasInput
	if err := r.read(&in); err != nil {
		return err
	}
	a, err := s.host.UpdateAlias(r.service, r.item, r.ifMatch(), in.apply)
	if err != nil {
		return err
	}
	return r.writeTagged(a.ETag, newAliasObject(a))
}

func (s *Server) deleteAlias(r *request) error {
	if err := s.host.DeleteAlias(r.service, r.item, r.ifMatch()); err != nil {
		return err
	}
	return r.writeNothing()
}

func (s *Server) listAliases(r *request) error {
	service, err := s.service(r)
	if err != nil {
		return err
	}
	aliases, next, err := page(r, service.Aliases, func(a registry.Alias) string { return a.Name })
	if err != nil {
		return err
	}
	out := struct {
		Aliases   []aliasObject `json:"aliases"`
		NextToken string        `json:"nextToken,omitempty"`
	}{[]aliasObject{}, next}
	for _, a := range aliases {
		out.Aliases = append(out.Aliases, newAliasObject(a))
	}
	return r.write(out)
}
