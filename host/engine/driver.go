package engine

import (
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// mounter is a driver that brings a file system of its guest's own.
type mounter interface{ mount() mount }

// driver is how calls get into a reactor. One serves one guest, and is used by the goroutine that runs it. Whatever it keeps of the guest
// must be as it was behind boot after each restored.
type driver interface {
	// boot brings a guest whose module has just been instantiated to where its image is taken: everything that instances may share has run. An
	// error is a trap or an exit, a fault what the guest says is wrong with itself.
	boot(r *reactor) (*fn.Fault, error)
	// restored runs in each guest that is an instance, after boot or after its memory and globals have become those of the image. It renews what must not be the
	// same in two instances.
	restored(r *reactor) error
	// call runs a phase to its end. A fault is what the guest reported: it stays usable. An error ends it.
	call(r *reactor, c *instance.Call) (*fn.Fault, error)
}
