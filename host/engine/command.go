package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero/sys"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// command is a guest of kind command: nothing of it lives between requests.
type command struct {
	program *Program
	id      string
	out     instance.Output

	mu struct {
		sync.Mutex
		running     *guest // nil between requests
		memory      int64  // of the last run
		interrupted bool
	}
}

// Call runs _start in a fresh instance: the event is standard input, the answer standard output.
func (c *command) Call(call *instance.Call) *fn.Fault {
	p := c.program
	g := newGuest(p, c.id, c.out)
	g.begin(call, call.Start, call.Deadline)
	c.mu.Lock()
	c.mu.running = g
	if c.mu.interrupted {
		g.Interrupt()
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.mu.running, c.mu.memory = nil, g.Memory()
		c.mu.Unlock()
		g.memory.Free()
		g.end()
	}()
	config := moduleOptions{p.config.WithStdin(bytes.NewReader(call.Request.Body)).WithStdout(&answer{guest: g, max: p.engine.cfg.MaxAnswerBytes})}
	for _, kv := range c.environment(call) {
		config.ModuleConfig = config.WithEnv(kv[0], kv[1])
	}
	fault := g.run(call.Start, func() error {
		mod, err := g.instantiate(config)
		if mod != nil {
			defer mod.Close(context.Background())
		}
		if err != nil {
			return err
		}
		for _, name := range []string{p.mod.bin.Start, abi.Start} {
			if name == "" {
				continue
			}
			if err = g.callExport(mod, name, nil); err != nil {
				break
			}
		}
		call.Fuel = g.fuel.used()
		if exit, ok := errors.AsType[*sys.ExitError](err); ok && exit.ExitCode() == 0 {
			return nil
		}
		return err
	})
	if fault != nil {
		fault.Fatal = false // the next request has a fresh start anyway
		return fault
	}
	return g.result(abi.ResultOK)
}

// environment is what a request adds to the function's environment variables.
func (c *command) environment(call *instance.Call) [][2]string {
	env := [][2]string{
		{"FC_REQUEST_ID", call.RequestID.String()},
		{"FC_FUNCTION_NAME", c.program.fn.Name},
		{"FC_SERVICE_NAME", c.program.fn.Service},
		{"FC_INSTANCE_ID", c.id},
	}
	h := call.Request.HTTP
	if h == nil {
		return env
	}
	env = append(env,
		[2]string{"REQUEST_METHOD", h.Method()},
		[2]string{"PATH_INFO", h.Path()},
		[2]string{"QUERY_STRING", h.Query()},
		[2]string{"REMOTE_ADDR", h.ClientIP()},
		[2]string{"CONTENT_LENGTH", strconv.Itoa(len(call.Request.Body))})
	for name, values := range headers(h) {
		value := strings.Join(values, ", ")
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Content-Type":
			env = append(env, [2]string{"CONTENT_TYPE", value})
		case "Content-Length":
		case "Proxy": // would become HTTP_PROXY, which programs take for configuration (httpoxy)
		default:
			env = append(env, [2]string{"HTTP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")), value})
		}
	}
	return env
}

// answer collects standard output as the answer's body.
type answer struct {
	guest *guest
	max   int
}

func (a *answer) Write(p []byte) (int, error) {
	resp := a.guest.call.Response
	if len(resp.Body)+len(p) > a.max {
		a.guest.refuse("stdout", fmt.Sprintf("the answer is larger than %d bytes", a.max))
		return 0, errors.New("answer too large")
	}
	resp.Body = append(resp.Body, p...)
	return len(p), nil
}

// Memory is what the last run had.
func (c *command) Memory() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.memory
}

// Resident is nothing: between requests there is no memory.
func (c *command) Resident() (resident, private int64) { return 0, 0 }

// StartedBy is Fresh.
func (c *command) StartedBy() instance.Origin { return instance.Fresh }

// Interrupt makes a running request, and any later one, end soon.
func (c *command) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.interrupted = true
	if c.mu.running != nil {
		c.mu.running.Interrupt()
	}
}

// Close has nothing to release: every run does it.
func (c *command) Close() {}

var _ instance.Guest = (*command)(nil)
var _ instance.Guest = (*reactor)(nil)
var _ instance.Program = (*Program)(nil)
