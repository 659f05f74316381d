package engine

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// standing is what contexts are made of that no call changes. It is made at boot, and in the image.
//
// The host makes a context, not the script: an object whose names and values are all known needs one step, where the script takes one, and a new
// shape, for each property.
type standing struct {
	context, credentials, function, service, tracing shape

	empty, latest                                                   uint64 // texts
	region, account, serviceName, functionName, handler, initialize uint64
	phases                                                          [abi.PhasePreStop + 1]uint64
	memory, timeout, initializeTimeout                              int32

	instance, instanceOf uint64 // the text of the instance's id, 0 before the first call
}

// shape is the names of an object's properties: their address and how many they are.
type shape struct{ names, n uint32 }

// prepareContexts makes what stands.
func (q *quickjs) prepareContexts(p *Program, ctx context.Context) error {
	f, cfg, s := p.fn, p.engine.cfg, &q.standing
	for to, names := range map[*shape]string{
		&s.context:     "requestId credentials function service region accountId retryCount tracing instanceId phase deadline waitsForEmptyEventLoopBeforeCallback http",
		&s.credentials: "accessKeyId accessKeySecret securityToken",
		&s.function:    "name handler memory timeout initializer initializationTimeout",
		&s.service:     "name logProject logStore qualifier versionId",
		&s.tracing:     "openTracingSpanContext openTracingSpanBaggages jaegerEndpoint",
	} {
		*to = q.shape(ctx, strings.Fields(names))
	}
	for to, text := range map[*uint64]string{
		&s.empty: "", &s.latest: fn.Latest, &s.region: cfg.Region, &s.account: cfg.AccountID, &s.serviceName: f.Service, &s.functionName: f.Name,
		&s.handler: f.Handler, &s.initialize: f.Initializer.Handler,
	} {
		*to = q.newText(ctx, text)
	}
	for _, phase := range []abi.Phase{abi.PhaseHandler, abi.PhaseInitializer, abi.PhasePreFreeze, abi.PhasePreStop} {
		s.phases[phase] = q.newText(ctx, phase.String())
	}
	initTimeout := f.Initializer.Timeout
	if !f.Initializer.On() {
		initTimeout = fn.DefaultHookTimeout
	}
	s.memory, s.timeout, s.initializeTimeout = int32(f.Limits.MemoryMiB), int32(f.Limits.Timeout/time.Second), int32(initTimeout/time.Second)

	before := q.word(uint32(s.latest) - 4)
	q.try(ctx, qDup, uint64(q.context), s.latest)
	if q.word(uint32(s.latest)-4) != before+1 {
		return errors.New("references are not counted where that is looked for: this is another QuickJS than the one that lull knows")
	}
	return nil
}

func (q *quickjs) shape(ctx context.Context, names []string) shape {
	s := shape{q.do(ctx, qMalloc, uint64(4*len(names))), uint32(len(names))}
	for i, name := range names {
		at := q.cstring(ctx, name)
		q.memory().WriteUint32Le(s.names+uint32(4*i), q.do(ctx, qNewAtom, uint64(q.context), uint64(at), uint64(len(name))))
		q.do(ctx, qFree, uint64(at))
	}
	return s
}

// object makes an object of the first names of a shape. The values are its own from then on.
func (q *quickjs) object(ctx context.Context, s shape, values ...uint64) uint64 {
	return q.made(q.try(ctx, qNewObject, uint64(q.context), uint64(len(values)), uint64(s.names), q.lay(values)))
}

// contextOf makes the context of a call, as Function Compute's Node.js runtime has it; guests/nodejs/runtime/context.js adds its methods.
func (q *quickjs) contextOf(g *guest, c *instance.Call) uint64 {
	ctx, s := &g.ctx, &q.standing
	if s.instance == 0 {
		s.instance = q.newText(ctx, g.id)
	}
	var id [64]byte
	values := [...]uint64{
		q.newText(ctx, string(c.RequestID.Append(id[:0]))),
		q.object(ctx, s.credentials, q.dup(s.empty), q.dup(s.empty), q.dup(s.empty)),
		q.object(ctx, s.function, q.dup(s.functionName), q.dup(s.handler), intValue(s.memory), intValue(s.timeout), q.dup(s.initialize), intValue(s.initializeTimeout)),
		q.object(ctx, s.service, q.dup(s.serviceName), q.dup(s.empty), q.dup(s.empty), q.usual(ctx, cmp.Or(requested(c), c.VersionID, fn.Latest)), q.usual(ctx, c.VersionID)),
		q.dup(s.region), q.dup(s.account), intValue(0),
		q.object(ctx, s.tracing, q.dup(s.empty), q.object(ctx, shape{}), q.dup(s.empty)),
		q.dup(s.instance), q.dup(s.phases[c.Phase]), q.number(float64(c.Deadline.UnixMilli())), tagBool << 32,
		undefined,
	}
	n := len(values) - 1
	if c.Request != nil && c.Request.HTTP != nil {
		values[n] = q.parse(ctx, mustJSON(httpObject(c.Request.HTTP)))
		n++
	}
	return q.object(ctx, s.context, values[:n]...)
}

// usual makes a text, if it is none that stands.
func (q *quickjs) usual(ctx context.Context, text string) uint64 {
	switch text {
	case "":
		return q.dup(q.standing.empty)
	case fn.Latest:
		return q.dup(q.standing.latest)
	}
	return q.newText(ctx, text)
}
