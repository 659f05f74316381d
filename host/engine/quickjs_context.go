package engine

import (
	"cmp"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// settings are what the script has to know of the function: its environment and handlers, and what all contexts have.
func (q *quickjs) settings(p *Program) string {
	f, cfg := p.fn, p.engine.cfg
	type object = map[string]any
	env := f.Env
	if env == nil {
		env = map[string]string{}
	}
	initTimeout := f.Initializer.Timeout
	if !f.Initializer.On() {
		initTimeout = fn.DefaultHookTimeout
	}
	return mustJSON(object{
		"phases": []string{
			abi.PhaseNone: "start", abi.PhaseHandler: abi.PhaseHandler.String(), abi.PhaseInitializer: abi.PhaseInitializer.String(),
			abi.PhasePreFreeze: abi.PhasePreFreeze.String(), abi.PhasePreStop: abi.PhasePreStop.String(),
		},
		"handlers": []string{
			abi.PhaseHandler: f.Handler, abi.PhaseInitializer: f.Initializer.Handler, abi.PhasePreFreeze: f.PreFreeze.Handler, abi.PhasePreStop: f.PreStop.Handler,
		},
		"overlap": p.Overlaps(), "env": env, "accountId": cfg.AccountID, "region": cfg.Region, "service": f.Service,
		"function": object{
			"name": f.Name, "handler": f.Handler, "memory": f.Limits.MemoryMiB, "timeout": int(f.Limits.Timeout / time.Second),
			"initializer": f.Initializer.Handler, "initializationTimeout": int(initTimeout / time.Second),
		},
	})
}

// detail is what the script may have to know of a call, but seldom has to; empty if it is what it usually is.
func (g *guest) detail(c *instance.Call) string {
	var qualifier string
	var h fn.HTTP
	if c.Request != nil {
		qualifier, h = c.Request.Qualifier, c.Request.HTTP
	}
	if h == nil && c.VersionID == "" && qualifier == "" {
		return ""
	}
	detail := map[string]any{"qualifier": cmp.Or(qualifier, c.VersionID, fn.Latest), "versionId": c.VersionID}
	if h != nil {
		detail["http"] = httpObject(h)
	}
	return mustJSON(detail)
}
