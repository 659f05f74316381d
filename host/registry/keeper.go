package registry

import "github.com/lull-dev/lull/host/fn"

// Keeper makes a change last before anybody sees it. The registry calls it with its lock held; an error keeps the change from happening.
type Keeper interface {
	// Function is told that next takes the place of old; one of them may be nil. It sets next.Revision.
	Function(key fn.Key, old, next *Version) error
	// Service is told the same of a service.
	Service(name string, old, next *Service) error
	// Attached is told the same of what belongs to a function.
	Attached(key fn.Key, old, next *Attached) error
}

// refusing keeps nothing.
type refusing struct{ err error }

func (k refusing) Function(fn.Key, *Version, *Version) error   { return k.err }
func (k refusing) Service(string, *Service, *Service) error    { return k.err }
func (k refusing) Attached(fn.Key, *Attached, *Attached) error { return k.err }
