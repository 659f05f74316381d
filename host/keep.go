package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
	"github.com/lull-dev/lull/host/store"
)

// keeper writes every change of a function or a service to the store before it is seen. It is the registry's Keeper.
type keeper struct {
	functions store.Bucket // SERVICE.FUNCTION
	services  store.Bucket // SERVICE
	versions  store.Bucket // SERVICE.ID.FUNCTION: what published versions froze; written before the service that names the id
	attached  store.Bucket // SERVICE.FUNCTION
	code      store.Blobs
}

func newKeeper(ctx context.Context, s store.Store) (*keeper, error) {
	var k keeper
	var err error
	for name, b := range map[string]*store.Bucket{
		"functions": &k.functions, "services": &k.services, "versions": &k.versions, "attached": &k.attached,
	} {
		if *b, err = s.Bucket(ctx, name); err != nil {
			return nil, err
		}
	}
	k.code, err = s.Blobs(ctx, "code")
	return &k, err
}

// functionDocument is how a version is kept. Fields that a later release adds are lost when an earlier one writes it.
type functionDocument struct {
	Function     fn.Function
	ID           string // of a published version
	FunctionID   string
	ETag         string
	Created      time.Time
	Modified     time.Time
	Code         string
	CodeSize     int
	CodeChecksum string
	Kind         string
	StartsBy     string
}

func newFunctionDocument(v *registry.Version) functionDocument {
	return functionDocument{
		Function: v.Function, ID: v.ID, FunctionID: v.FunctionID, ETag: v.ETag, Created: v.Created, Modified: v.Modified,
		Code: v.Code, CodeSize: v.CodeSize, CodeChecksum: v.CodeChecksum, Kind: v.Kind, StartsBy: v.StartsBy,
	}
}

// Function implements registry.Keeper.
func (k *keeper) Function(key fn.Key, old, next *registry.Version) error {
	var revision uint64
	var value any
	if old != nil {
		revision = old.Revision
	}
	if next != nil {
		value = newFunctionDocument(next)
	}
	kept, err := k.change(k.functions, functionKey(key), value, revision)
	if errors.Is(err, store.ErrConflict) {
		return errChangedElsewhere(key)
	}
	if next != nil {
		next.Revision = kept
	}
	return err
}

// Service implements registry.Keeper.
func (k *keeper) Service(name string, old, next *registry.Service) error {
	var revision uint64
	var value any
	if old != nil {
		revision = old.Revision
	}
	if next != nil {
		value = next
	}
	kept, err := k.change(k.services, name, value, revision)
	if errors.Is(err, store.ErrConflict) {
		return fn.Errorf(fn.CodeConcurrentUpdate, "service '%s' was changed on another host meanwhile; try again", name)
	}
	if next != nil {
		next.Revision = kept
	}
	return err
}

// Attached implements registry.Keeper.
func (k *keeper) Attached(key fn.Key, old, next *registry.Attached) error {
	var revision uint64
	var value any
	if old != nil {
		revision = old.Revision
	}
	if next != nil {
		value = next
	}
	kept, err := k.change(k.attached, functionKey(key), value, revision)
	if errors.Is(err, store.ErrConflict) {
		return errChangedElsewhere(key)
	}
	if next != nil {
		next.Revision = kept
	}
	return err
}

func errChangedElsewhere(key fn.Key) error {
	return fn.Errorf(fn.CodeConcurrentUpdate, "function '%s' in service '%s' was changed on another host meanwhile; try again", key.Name, key.Service)
}

// published keeps a function of a published version. One that a publish left behind which failed later is written over.
func (k *keeper) published(v *registry.Version) error {
	_, err := k.change(k.versions, versionKey(v.Function.Service, v.ID)+"."+v.Function.Name, newFunctionDocument(v), store.Any)
	return err
}

// unpublished removes it again.
func (k *keeper) unpublished(v *registry.Version) error {
	_, err := k.change(k.versions, versionKey(v.Function.Service, v.ID)+"."+v.Function.Name, nil, store.Any)
	return err
}

// change writes a document that is at revision, or deletes it if value is nil. A document to be deleted that is gone already is fine.
func (k *keeper) change(b store.Bucket, key string, value any, revision uint64) (uint64, error) {
	ctx := context.Background() // a change is made or not, whoever asked for it waits or not; the store sets a time of its own
	if value == nil {
		err := b.Delete(ctx, key, revision)
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return 0, storeError(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return 0, err
	}
	if len(data) > store.MaxEntryBytes {
		return 0, fn.Errorf(fn.CodeInvalidArgument, "the configuration has %d bytes, the limit is %d", len(data), store.MaxEntryBytes)
	}
	kept, err := b.Put(ctx, key, data, revision)
	return kept, storeError(err)
}

// storeError is what a caller is told who wanted something kept.
func storeError(err error) error {
	if err == nil || errors.Is(err, store.ErrConflict) {
		return err
	}
	return fn.Errorf(fn.CodeInternal, "cannot be stored now: %w", err)
}

func functionKey(key fn.Key) string { return key.Service + "." + key.Name }

// keyOf reads what functionKey wrote.
func keyOf(document string) fn.Key {
	service, name, _ := strings.Cut(document, ".")
	return fn.Key{Service: service, Name: name}
}

func versionKey(service, id string) string { return service + "." + id }

// Code reads a version's code. The slice belongs to the caller.
func (h *Host) Code(ctx context.Context, v *registry.Version) ([]byte, error) {
	code, err := h.keeper.code.Get(ctx, v.Code)
	if err != nil {
		return nil, fmt.Errorf("the code of function '%s' in service '%s': %w", v.Function.Name, v.Function.Service, err)
	}
	return code, nil
}
