package fn

// Isolation says what a request finds of those before it in its instance. The strings go on the wire.
type Isolation string

const (
	// Serial: state stays between requests, and one request runs in an instance at a time. The default of a function with Concurrency 1.
	Serial Isolation = "serial"
	// Shared: state stays, and requests overlap in an instance if the guest can, as Node.js and servers can; guests of kind reactor and command cannot. The
	// default of a function with a Concurrency above 1.
	Shared Isolation = "shared"
	// EachFresh: after every request the instance's memory and globals are what they were after its start. There are no hooks: what the
	// initializer did would be gone, and preFreeze and preStop would find nothing.
	EachFresh Isolation = "fresh"
)

func (f *Function) checkIsolation() error {
	switch f.Isolation {
	case Serial, Shared:
		return nil
	case EachFresh:
		for name, h := range map[string]Hook{"Initializer": f.Initializer, "PreFreeze": f.PreFreeze, "PreStop": f.PreStop} {
			if h.On() {
				return Errorf(CodeInvalidArgument, "%s: a function with isolation fresh has no hooks: nothing of an instance outlives a request", name)
			}
		}
		return nil
	}
	return Invalid("Isolation", "serial, shared, fresh", string(f.Isolation))
}
