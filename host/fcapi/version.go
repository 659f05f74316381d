package fcapi

import (
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

// versionObject is a published version of a service as clients see it.
type versionObject struct {
	VersionID        string `json:"versionId"`
	Description      string `json:"description"`
	CreatedTime      string `json:"createdTime"`
	LastModifiedTime string `json:"lastModifiedTime"`
}

func newVersionObject(p registry.Published) versionObject {
	return versionObject{p.ID, p.Description, timeText(p.Created), timeText(p.Modified)}
}

func (s *Server) publishVersion(r *request) error {
	if err := s.changeable(r); err != nil {
		return err
	}
	var in struct {
		Description *string `json:"description"`
	}
	if err := r.read(&in); err != nil {
		return err
	}
	p, err := s.host.PublishVersion(r.service, value(in.Description))
	if err != nil {
		return err
	}
	return r.write(newVersionObject(p))
}

func (s *Server) deleteVersion(r *request) error {
	if err := s.host.DeleteVersion(r.service, r.item); err != nil {
		return err
	}
	return r.writeNothing()
}

// listVersions lists the versions of a service by their numbers: the newest first, or, with direction FORWARD, the oldest. startKey and nextToken name
// the version that a page begins with.
func (s *Server) listVersions(r *request) error {
	service, err := s.service(r)
	if err != nil {
		return err
	}
	limit, err := r.limit()
	if err != nil {
		return err
	}
	direction := r.query("direction")
	versions := slices.Clone(service.Versions)
	switch direction {
	case "", "BACKWARD":
		direction = "BACKWARD"
		slices.Reverse(versions)
	case "FORWARD":
	default:
		return fn.Invalid("Direction", "BACKWARD | FORWARD", direction)
	}
	start := r.query("startKey")
	if token := r.query("nextToken"); token != "" {
		b, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return fn.Invalid("NextToken", "one from an answer", token)
		}
		start = string(b)
	}
	if start != "" {
		first, err := strconv.Atoi(start)
		if err != nil {
			return fn.Invalid("StartKey", "a version id", start)
		}
		versions = slices.DeleteFunc(versions, func(p registry.Published) bool {
			id, _ := strconv.Atoi(p.ID)
			return direction == "FORWARD" && id < first || direction == "BACKWARD" && id > first
		})
	}
	out := struct {
		Versions  []versionObject `json:"versions"`
		NextToken string          `json:"nextToken,omitempty"`
		Direction string          `json:"direction"`
	}{[]versionObject{}, "", direction}
	for _, p := range versions {
		if len(out.Versions) == limit {
			out.NextToken = base64.RawURLEncoding.EncodeToString([]byte(p.ID))
			break
		}
		out.Versions = append(out.Versions, newVersionObject(p))
	}
	return r.write(out)
}
