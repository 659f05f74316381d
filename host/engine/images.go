package engine

import (
	"crypto/sha256"
	"encoding/json"
	"sync"
)

// images are those of source trees, one for all programs whose code finds the same when it is loaded: an update of what it cannot see then loads
// nothing, and takes no more memory. An image is dropped with the last program that has it.
type images struct {
	mu sync.Mutex
	of map[[sha256.Size]byte]*sharedImage
}

type sharedImage struct {
	image  *image
	places any // of the driver that the image was taken with
	users  int // the programs that have it; guarded by images.mu
}

// bootKey is the same for two programs whose code finds the same when it is loaded: in contexts, in what drivers are told, and in the module. Of a
// function's configuration only what no guest sees before its first call is missing: whom it may call, how many instances there are, the time of hooks.
func (p *Program) bootKey() [sha256.Size]byte {
	f := p.fn
	code := sha256.Sum256(f.Code)
	text, err := json.Marshal([]any{
		p.interpreter.dir, code[:], f.Service, f.Name, f.Handler, f.Initializer.Handler, f.PreFreeze.Handler, f.PreStop.Handler,
		f.Env, f.Limits.MemoryMiB, f.Limits.Timeout, f.Initializer.Timeout, p.Overlaps(),
	})
	if err != nil {
		panic(err) // there is nothing in it that cannot be written
	}
	return sha256.Sum256(text)
}

// adopt has the program start from the image of another, if there is one.
func (p *Program) adopt() bool {
	p.engine.images.use(p, nil)
	return p.image != nil
}

// share lets other programs have the image. If one has come first, its image is the program's from now on.
func (p *Program) share() {
	if own := p.image; own != nil {
		if p.engine.images.use(p, &sharedImage{image: own, places: p.places}); p.image != own {
			own.drop()
		}
	}
}

// use gives p the image that is there, or the one that is offered if none is.
func (ims *images) use(p *Program, offered *sharedImage) {
	key := p.bootKey()
	ims.mu.Lock()
	defer ims.mu.Unlock()
	s := ims.of[key]
	if s == nil {
		if offered == nil {
			return
		}
		s = offered
		if ims.of == nil {
			ims.of = map[[sha256.Size]byte]*sharedImage{}
		}
		ims.of[key] = s
	}
	s.users++
	p.image, p.places = s.image, s.places
	p.leave = func() { ims.release(key, s) }
}

func (ims *images) release(key [sha256.Size]byte, s *sharedImage) {
	ims.mu.Lock()
	defer ims.mu.Unlock()
	if s.users--; s.users == 0 {
		delete(ims.of, key)
		s.image.drop()
	}
}
