package engine

import "github.com/tetratelabs/wazero/api"

// image is the memory and the mutable globals of a program after its start. It does not change, and guests map it copy-on-write.
type image struct {
	backing // what the system needs to map it
	size    uint64
	globals []uint64 // raw values, in the order of wasmbin.Module.Globals
}

// capture takes the image of a guest that has started.
func capture(r *reactor) (*image, error) {
	bytes := r.memory.bytes()
	im := &image{size: uint64(len(bytes))}
	for _, g := range r.program.mod.bin.Globals {
		im.globals = append(im.globals, r.mod.ExportedGlobal(g.Export).Get())
	}
	return im, im.backing.save(bytes)
}

// length is the image's size in bytes, 0 without one.
func (im *image) length() uint64 {
	if im == nil {
		return 0
	}
	return im.size
}

func (im *image) setGlobals(globals []api.MutableGlobal) {
	for i, g := range globals {
		g.Set(im.globals[i])
	}
}
