package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lull-dev/lull/host/store"
)

// Code that nothing refers to any more is deleted by every host, each for itself, without a lock that they share. Two rules make that safe. Who writes a document that
// refers to code puts the code first, within settleWithin of it; so code that is about to be referred to was put less than BlobFresh + settleWithin ago, and is
// left alone. And code is deleted only if nothing referred to it half an hour before either, so that hosts which have yet to hear of an update
// can still start the version before.
const (
	sweepEvery   = 30 * time.Minute
	settleWithin = 30 * time.Minute
	unusedFor    = store.BlobFresh + 2*settleWithin // with room for clocks that differ
)

// sweeper deletes code that nothing refers to.
type sweeper struct {
	keeper  *keeper
	suspect map[string]time.Time // what nothing referred to in the sweep before, and when it had been put
}

// sweep deletes the code to which nothing refers now and did not in the sweep before. It deletes nothing when a document cannot be read.
func (s *sweeper) sweep(ctx context.Context) error {
	blobs, err := s.keeper.code.List(ctx) // before the references: what is put meanwhile is not in it
	if err != nil {
		return err
	}
	used, err := s.keeper.references(ctx)
	if err != nil {
		return err
	}
	before := s.suspect
	s.suspect = map[string]time.Time{}
	for _, b := range blobs {
		if used[b.Name] || time.Since(b.Put) < unusedFor {
			continue
		}
		if put, ok := before[b.Name]; !ok || !put.Equal(b.Put) {
			s.suspect[b.Name] = b.Put
			continue
		}
		if err := s.keeper.code.Delete(ctx, b.Name, b.Put); err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return nil
}

// references returns the names of the code that functions and published versions have.
func (k *keeper) references(ctx context.Context) (map[string]bool, error) {
	used := map[string]bool{}
	for _, bucket := range []store.Bucket{k.functions, k.versions} {
		documents, err := bucket.List(ctx, "")
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			var ref struct{ Code string }
			if err := json.Unmarshal(d.Value, &ref); err != nil {
				return nil, fmt.Errorf("function '%s' in the store cannot be read: %w", d.Key, err)
			}
			used[ref.Code] = true
		}
	}
	return used, nil
}

// keepCode puts code again that is there: something new is about to refer to it.
func (k *keeper) keepCode(ctx context.Context, name string) error {
	code, err := k.code.Get(ctx, name)
	if err == nil {
		_, err = k.code.Put(ctx, code)
	}
	return storeError(err)
}

// sweepCode sweeps until the host closes.
func (h *Host) sweepCode() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	s := sweeper{keeper: h.keeper}
	for {
		select {
		case <-h.live.Done():
			return
		case <-tick.C:
		}
		if err := s.sweep(h.live); err != nil && h.live.Err() == nil {
			h.trouble(fmt.Errorf("deleting code that nothing refers to: %w", err))
		}
	}
}
