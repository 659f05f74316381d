package host

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"hash/crc64"
	"strconv"
	"time"

	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
	"github.com/lull-dev/lull/host/source"
)

// Deploy puts a function in place: a new one, or a new version of one that is there. Its service is made if it is missing. The host keeps
// copies of f.Env, not of f.Code, which the caller must not change any more.
//
// The swap is atomic: requests that run go on in the old version's instances, which then get preStop; later ones run in the new version.
//
// Errors, after which nothing has changed: InvalidArgument (a field is out of range, the runtime is unknown or may not have a hook, its
// interpreter is not installed, the code cannot run), EntityTooLarge (code), ConcurrentUpdateError, HostClosed, InternalServerError (the store
// cannot be written).
func (h *Host) Deploy(ctx context.Context, f fn.Function) (*registry.Version, error) {
	f = f.WithDefaults()
	return h.put(ctx, f, h.registry.Get(f.Key()), newServiceFor)
}

// Create puts a function in place that is not there yet. Besides the errors of Deploy: FunctionAlreadyExists.
func (h *Host) Create(ctx context.Context, f fn.Function) (*registry.Version, error) {
	f = f.WithDefaults()
	if h.registry.Get(f.Key()) != nil {
		return nil, fn.Errorf(fn.CodeFunctionAlreadyExists, "function '%s' already exists in service '%s'", f.Name, f.Service)
	}
	return h.put(ctx, f, nil, newServiceFor)
}

// Update changes a function that is there. change gets a copy of its current version. ifMatch, unless empty, must be the current ETag.
// Besides the errors of Deploy and of change: FunctionNotFound, PreconditionFailed.
func (h *Host) Update(ctx context.Context, key fn.Key, ifMatch string, change func(*fn.Function) error) (*registry.Version, error) {
	old, err := h.Function(key)
	if err != nil {
		return nil, err
	}
	if err := registry.CheckMatch(ifMatch, old.ETag); err != nil {
		return nil, err
	}
	f := old.Function.WithDefaults() // a copy of Env too
	if f.Code, err = h.Code(ctx, old); err != nil {
		return nil, err
	}
	if err := change(&f); err != nil {
		return nil, err
	}
	f = f.WithDefaults()
	f.Service, f.Name = key.Service, key.Name
	return h.put(ctx, f, old, nil)
}

// put compiles f, has its code kept, and swaps it in for old.
func (h *Host) put(ctx context.Context, f fn.Function, old *registry.Version, service func(string) registry.Service) (*registry.Version, error) {
	done, err := h.change()
	if err != nil {
		return nil, err
	}
	defer done()
	if err := f.Check(); err != nil {
		return nil, err
	}
	if err := h.runtimes.Check(&f); err != nil {
		return nil, err
	}
	if len(f.Code) > h.cfg.MaxCodeBytes {
		return nil, fn.Errorf(fn.CodeEntityTooLarge, "the code has %d bytes, the limit is %d", len(f.Code), h.cfg.MaxCodeBytes)
	}
	v := &registry.Version{

		Function: f, ETag: newETag(), Modified: time.Now(), CodeSize: len(f.Code), CodeChecksum: checksum(f.Code),
	}
	run := v.Function.Running()
	program, err := h.compile(ctx, run)
	if err != nil {
		return nil, err
	}
	if v.Code, err = h.keeper.code.Put(ctx, f.Code); err != nil {
		program.Close()
		return nil, storeError(err)
	}
	v.Function.Code, run.Code = nil, nil // who wants it reads it from the store
	v.Kind, v.StartsBy, v.Program = program.Kind(), program.StartsBy(), registry.Share(program, program.Close)
	key := f.Key()
	if old != nil {
		v.FunctionID, v.Created = old.FunctionID, old.Created
	} else {
		v.FunctionID, v.Created = fn.NewRequestID().String(), v.Modified
	}
	h.open(v)
	if err := h.registry.Swap(key, old, v, service); err != nil {
		v.Program.Release()
		return nil, err
	}
	h.notify(fn.Event{Kind: fn.EventDeployed, Function: key, Runtime: f.Runtime})
	if old != nil {
		h.scale(key)
		h.retire(old)
	}
	return v, nil
}

// compile makes a program of a module or of a source tree. A module may have any runtime, whose name then only says which hooks it may have.
func (h *Host) compile(ctx context.Context, f *fn.Function) (*engine.Program, error) {
	interpreter := h.interpreter(f)
	switch {
	case interpreter != "":
		return h.engine.CompileSource(ctx, f, interpreter)
	case source.IsZip(f.Code):
		return nil, errNotSource(f)
	}
	if r, _ := h.runtimes.Get(f.Runtime); r.Server {
		return h.engine.CompileServer(ctx, f)
	}
	return h.engine.Compile(ctx, f)
}

func errNotSource(f *fn.Function) error {
	return fn.Errorf(fn.CodeInvalidArgument, "the code is a zip file, and runtime '%s' has no interpreter for a source tree; `lull runtimes` lists those that have", f.Runtime)
}

// Delete removes a function. When it returns no new request can reach it; those that run end, and its instances get preStop in the
// background. Errors: FunctionNotFound, ServiceNotFound, PreconditionFailed, ConcurrentUpdateError, HostClosed.
func (h *Host) Delete(ctx context.Context, key fn.Key, ifMatch string) error {
	done, err := h.change()
	if err != nil {
		return err
	}
	defer done()
	v, err := h.Function(key)
	if err != nil {
		return err
	}
	if err := registry.CheckMatch(ifMatch, v.ETag); err != nil {
		return err
	}
	if err := h.registry.Swap(key, v, nil, nil); err != nil {
		return err
	}
	h.detach(key, fn.Latest)
	h.gone(v)
	return nil
}

// gone drains a version that was deleted.
func (h *Host) gone(v *registry.Version) {
	key := v.Function.Key()
	h.records.deleted(key, h.lives, h.book.Leave)
	h.retire(v)
	h.notify(fn.Event{Kind: fn.EventDeleted, Function: key, Runtime: v.Function.Runtime})
}

// Inspect tells what f's code can be deployed as; of f it needs Code, the Env that the code finds when it is loaded, and, for a source tree, Runtime, Handler and
// Limits.MemoryMiB. InvalidArgument says why it cannot, EntityTooLarge that it is over the limit, HostClosed that the host is shutting down.
func (h *Host) Inspect(ctx context.Context, f fn.Function) (*engine.Info, error) {
	if len(f.Code) > h.cfg.MaxCodeBytes {
		return nil, fn.Errorf(fn.CodeEntityTooLarge, "the code has %d bytes, the limit is %d", len(f.Code), h.cfg.MaxCodeBytes)
	}
	done, err := h.change()
	if err != nil {
		return nil, err
	}
	defer done()
	f = f.WithDefaults()
	switch interpreter := h.interpreter(&f); {
	case interpreter != "":
		return h.engine.InspectSource(ctx, &f, interpreter)
	case source.IsZip(f.Code):
		return nil, errNotSource(&f)
	}
	return h.engine.Inspect(ctx, &f)
}

func errHostClosed() error { return fn.Errorf(fn.CodeHostClosed, "the host is shutting down") }

var crcTable = crc64.MakeTable(crc64.ECMA)

// checksum is CRC-64/XZ in decimal, as fc-api section 1.6 has it.
func checksum(b []byte) string { return strconv.FormatUint(crc64.Checksum(b, crcTable), 10) }

func newETag() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
