package metrics

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// graveTime is how long late events of a deleted function are expected. Its instances are gone by then; what is late are the last
// events of the last one.
const graveTime = time.Minute

// table finds a function's series. Finding takes no lock: changes copy the map, since there are many events for one deploy.
//
// A deleted function's instances may still end their work, before or after the event of the delete. So its series stay until the last
// instance is gone. What still comes for it then must not bring the series back: its key is kept in graves for a while.
type table struct {
	vectors *vectors
	series  atomic.Pointer[map[fn.Key]*series]

	mu struct {
		sync.Mutex // held by whoever changes series
		graves     map[fn.Key]time.Time
	}
}

func (t *table) init(v *vectors) {
	t.vectors = v
	t.series.Store(&map[fn.Key]*series{})
	t.mu.graves = map[fn.Key]time.Time{}
}

// get returns the series of a function, new ones if it is not known yet: a request may be faster than the event of the deploy. nil means that
// the function is gone.
func (t *table) get(key fn.Key) *series {
	if s := (*t.series.Load())[key]; s != nil {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if since, dead := t.mu.graves[key]; dead && time.Since(since) < graveTime {
		return nil
	}
	return t.addLocked(key)
}

func (t *table) addLocked(key fn.Key) *series {
	current := *t.series.Load()
	if s := current[key]; s != nil {
		return s
	}
	changed := maps.Clone(current)
	s := t.vectors.series(key)
	changed[key] = s
	t.series.Store(&changed)
	return s
}

// deployed makes a function's series, or keeps those of one that comes back while it drains.
func (t *table) deployed(key fn.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.mu.graves, key)
	t.addLocked(key).gone.Store(false)
}

// deleted marks a function's series, or drops them if no instance is left.
func (t *table) deleted(key fn.Key) {
	s := t.get(key)
	if s == nil {
		return
	}
	s.gone.Store(true)
	if s.live.Load() == 0 {
		t.drop(s)
	}
}

// drop removes the series of a function that is deleted and has no instance.
func (t *table) drop(s *series) {
	t.mu.Lock()
	defer t.mu.Unlock()
	current := *t.series.Load()
	if current[s.key] != s || !s.gone.Load() || s.live.Load() != 0 {
		return // dropped already, or deployed again
	}
	changed := maps.Clone(current)
	delete(changed, s.key)
	t.series.Store(&changed)
	t.vectors.forget(s.key)

	now := time.Now()
	maps.DeleteFunc(t.mu.graves, func(_ fn.Key, since time.Time) bool { return now.Sub(since) > graveTime })
	t.mu.graves[s.key] = now
}
