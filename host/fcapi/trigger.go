package fcapi

import (
	"encoding/json"

	"github.com/lull-dev/lull/host/registry"
)

// triggerInput is the body of a create or an update.
type triggerInput struct {
	TriggerName    *string         `json:"triggerName"`
	TriggerType    *string         `json:"triggerType"`
	Description    *string         `json:"description"`
	SourceARN      *string         `json:"sourceArn"`
	InvocationRole *string         `json:"invocationRole"`
	Qualifier      *string         `json:"qualifier"`
	TriggerConfig  json.RawMessage `json:"triggerConfig"` // replaces all of it
}

func (in *triggerInput) apply(t *registry.Trigger) error {
	set(&t.Description, in.Description)
	set(&t.SourceARN, in.SourceARN)
	set(&t.Role, in.InvocationRole)
	set(&t.Qualifier, in.Qualifier)
	if len(in.TriggerConfig) > 0 && string(in.TriggerConfig) != "null" {
		t.Config = in.TriggerConfig
	}
	return nil
}

// triggerObject is a trigger as clients see it. One client cannot do without triggerType and triggerConfig, and expects no sourceArn of http
// triggers.
type triggerObject struct {
	TriggerName      string          `json:"triggerName"`
	TriggerID        string          `json:"triggerId"`
	Description      string          `json:"description"`
	SourceARN        *string         `json:"sourceArn"`
	TriggerType      string          `json:"triggerType"`
	InvocationRole   string          `json:"invocationRole"`
	Qualifier        string          `json:"qualifier"`
	TriggerConfig    json.RawMessage `json:"triggerConfig"`
	CreatedTime      string          `json:"createdTime"`
	LastModifiedTime string          `json:"lastModifiedTime"`
}

func newTriggerObject(t registry.Trigger) triggerObject {
	o := triggerObject{
		TriggerName: t.Name, TriggerID: t.ID, Description: t.Description, TriggerType: t.Type, InvocationRole: t.Role, Qualifier: t.Qualifier,
		TriggerConfig: t.Config, CreatedTime: timeText(t.Created), LastModifiedTime: timeText(t.Modified),
	}
	if t.Type != "http" && t.SourceARN != "" {
		o.SourceARN = &t.SourceARN
	}
	return o
}

func (s *Server) createTrigger(r *request) error {
	if err := s.changeable(r); err != nil {
		return err
	}
	var in triggerInput
	if err := r.read(&in); err != nil {
		return err
	}
	t := registry.Trigger{Name: value(in.TriggerName), Type: value(in.TriggerType)}
	if err := in.apply(&t); err != nil {
		return err
	}
	t, err := s.host.CreateTrigger(r.key(), t)
	if err != nil {
		return err
	}
	return r.writeTagged(t.ETag, newTriggerObject(t))
}

func (s *Server) getTrigger(r *request) error {
	t, err := s.host.Trigger(r.key(), r.item)
	if err != nil {
		return err
	}
	return r.writeTagged(t.ETag, newTriggerObject(t))
}

func (s *Server) updateTrigger(r *request) error {
	var in triggerInput
	if err := r.read(&in); err != nil {
		return err
	}
	t, err := s.host.UpdateTrigger(r.key(), r.item, r.ifMatch(), in.apply)
	if err != nil {
		return err
	}
	return r.writeTagged(t.ETag, newTriggerObject(t))
}

func (s *Server) deleteTrigger(r *request) error {
	if err := s.host.DeleteTrigger(r.key(), r.item, r.ifMatch()); err != nil {
		return err
	}
	return r.writeNothing()
}

func (s *Server) listTriggers(r *request) error {
	if _, err := s.host.Function(r.key()); err != nil {
		return err
	}
	triggers, next, err := page(r, s.host.Triggers(r.key()), func(t registry.Trigger) string { return t.Name })
	if err != nil {
		return err
	}
	out := struct {
		Triggers  []triggerObject `json:"triggers"`
		NextToken string          `json:"nextToken,omitempty"`
	}{[]triggerObject{}, next}
	for _, t := range triggers {
		out.Triggers = append(out.Triggers, newTriggerObject(t))
	}
	return r.write(out)
}
