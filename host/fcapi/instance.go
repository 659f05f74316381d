package fcapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lull-dev/lull/host/instance"
)

// listInstances lists the live instances of a function; paused ones are live. versionId is a number, 0 for LATEST: one client cannot
// read anything else.
func (s *Server) listInstances(r *request) error {
	v, err := s.function(r)
	if err != nil {
		return err
	}
	infos := v.Pool.Instances()
	slices.SortFunc(infos, func(a, b instance.Info) int { return strings.Compare(a.InstanceID, b.InstanceID) })
	infos, next, err := page(r, infos, func(i instance.Info) string { return i.InstanceID })
	if err != nil {
		return err
	}
	type object struct {
		InstanceID string `json:"instanceId"`
		VersionID  int    `json:"versionId"`
	}
	out := struct {
		Instances []object `json:"instances"`
		NextToken string   `json:"nextToken,omitempty"`
		RequestID string   `json:"requestId"`
	}{[]object{}, next, r.id.String()}
	for _, i := range infos {
		version, _ := strconv.Atoi(i.VersionID) // "" is LATEST
		out.Instances = append(out.Instances, object{i.InstanceID, version})
	}
	return r.write(out)
}
