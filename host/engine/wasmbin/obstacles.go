package wasmbin

// ObstacleKind names a reason why an instance's state is more than its memory
// and its globals.
type ObstacleKind uint8

const (
	TableChange    ObstacleKind = iota + 1 // table.set, grow, fill, copy or init
	SegmentDrop                            // elem.drop or data.drop
	ImportedMemory                         // the memory is the host's
	SharedMemory                           // other threads may write while it is copied
	ImportedGlobal                         // a mutable global is the host's
	WideGlobal                             // a mutable v128 global
	RefGlobal                              // a mutable global with a reference
	DataOffset                             // active segments stay in the module and run again in each instance
)

// Obstacle is one reason why instances cannot start from an image nor be
// reset to one: they must start fresh.
//
// memory.init is none: a passive segment that is never dropped does not change.
type Obstacle struct {
	Kind   ObstacleKind
	Offset int    // where it was seen first, in bytes from the start of the module
	Text   string // as in "the module " + Text
}

// Capturable reports whether memory and globals are the whole state of an
// instance, so that one can start from an image, and be reset to it.
func (m *Module) Capturable() bool { return len(m.Obstacles) == 0 }

// obstacle notes the first sight of each kind.
func (t *transform) obstacle(kind ObstacleKind, at int, text string) {
	for _, o := range t.m.Obstacles {
		if o.Kind == kind {
			return
		}
	}
	t.m.Obstacles = append(t.m.Obstacles, Obstacle{kind, at, text})
}
