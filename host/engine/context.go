package engine

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

func contextRead(g *guest, mem api.Memory, p []uint64) int32 {
	if g.call == nil {
		return g.refused(abi.ContextRead, abi.WrongPhase, "there is no context in _initialize")
	}
	value, ok := g.field(abi.Field(uint32(p[0])))
	if !ok {
		return int32(abi.NotFound)
	}
	if room := uint64(uint32(p[2])); uint64(len(value)) <= room {
		copy(bytesAt(mem, abi.ContextRead, p[1], uint64(len(value))), value)
	}
	return int32(len(value))
}

// field gives one context field, or false for one that does not exist in this call.
func (g *guest) field(field abi.Field) (string, bool) {
	f, c := g.program.fn, g.call
	var h fn.HTTP
	qualifier := cmp.Or(c.VersionID, fn.Latest)
	if c.Request != nil {
		h = c.Request.HTTP
		if c.Request.Qualifier != "" {
			qualifier = c.Request.Qualifier
		}
	}
	switch field {
	case abi.FieldJSON:
		return g.contextJSON(h, qualifier), true
	case abi.FieldRequestID:
		return c.RequestID.String(), true
	case abi.FieldFunction:
		return f.Name, true
	case abi.FieldService:
		return f.Service, true
	case abi.FieldQualifier:
		return qualifier, true
	case abi.FieldVersionID:
		return c.VersionID, true
	case abi.FieldInstanceID:
		return g.id, true
	case abi.FieldPhase:
		return c.Phase.String(), true
	case abi.FieldDeadline:
		return strconv.FormatInt(c.Deadline.UnixMilli(), 10), true
	}
	if h == nil {
		return "", false
	}
	switch field {
	case abi.FieldMethod:
		return h.Method(), true
	case abi.FieldPath:
		return h.Path(), true
	case abi.FieldQuery:
		return h.Query(), true
	case abi.FieldClientIP:
		return h.ClientIP(), true
	case abi.FieldHeaders:
		return string(h.AppendHeaders(nil)), true
	}
	return "", false
}

// contextJSON is field 0. Names follow fc-api section 7.3.
func (g *guest) contextJSON(h fn.HTTP, qualifier string) string {
	f, c, cfg := g.program.fn, g.call, g.program.engine.cfg
	type object = map[string]any
	initTimeout := f.Initializer.Timeout
	if !f.Initializer.On() {
		initTimeout = fn.DefaultHookTimeout
	}
	env := f.Env
	if env == nil {
		env = map[string]string{}
	}
	o := object{
		"requestId":   c.RequestID.String(),
		"credentials": object{"accessKeyId": "", "accessKeySecret": "", "securityToken": ""},
		"function": object{
			"name": f.Name, "handler": f.Handler, "memory": f.Limits.MemoryMiB, "timeout": int(f.Limits.Timeout / time.Second),
			"initializer": f.Initializer.Handler, "initializationTimeout": int(initTimeout / time.Second),
		},
		"service": object{"name": f.Service, "logProject": "", "logStore": "", "qualifier": qualifier, "versionId": c.VersionID},
		"region":  cfg.Region, "accountId": cfg.AccountID, "retryCount": 0,
		"tracing":    object{"openTracingSpanContext": "", "openTracingSpanBaggages": object{}, "jaegerEndpoint": ""},
		"instanceId": g.id, "phase": c.Phase.String(), "deadline": c.Deadline.UnixMilli(),
		"environmentVariables": env,
	}
	if h != nil {
		o["http"] = httpObject(h)
	}
	return mustJSON(o)
}

// standingContext is what contextJSON will say in all calls, with what belongs to a call left empty.
func (g *guest) standingContext() string {
	if g.call == nil {
		g.call = &instance.Call{}
		defer func() { g.call = nil }()
	}
	return g.contextJSON(nil, fn.Latest)
}

// httpObject is the HTTP request in the context.
func httpObject(h fn.HTTP) map[string]any {
	return map[string]any{
		"method": h.Method(), "path": h.Path(), "query": h.Query(), "clientIP": h.ClientIP(), "headers": headers(h),
	}
}

// mustJSON writes strings and numbers.
func mustJSON(o map[string]any) string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}
