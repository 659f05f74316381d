package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fcapi/sign"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
	"github.com/lull-dev/lull/host/interpreters"
	"github.com/lull-dev/lull/host/metrics"
	"github.com/lull-dev/lull/host/outbound"
	"github.com/lull-dev/lull/host/store"
)

const (
	defaultAPIAddress  = "127.0.0.1:9600"
	defaultHTTPAddress = "127.0.0.1:8080"
)

type serveCmd struct {
	API  string `name:"api" default:"${apiAddress}" placeholder:"ADDR" help:"Control API and event invocation; beyond loopback it needs access keys (default ${apiAddress})."`
	HTTP string `name:"http" default:"${httpAddress}" placeholder:"ADDR" help:"Function URLs (default ${httpAddress})."`
	Data string `default:".lull" placeholder:"DIR" help:"What the server keeps: functions, and compiled modules (default .lull)."`
	storeFlags
	logFlags
	ClockSkew      time.Duration `default:"15m" placeholder:"TIME" help:"How far the date of a signed request may be off (default 15m)."`
	AllowPreFreeze []string      `placeholder:"NAME" help:"Families or runtimes that may have preFreeze besides those of lull runtimes: python, php, csharp."`
	MaxInstances   int           `name:"max-instances-total" placeholder:"N" help:"Instances of all functions together; where more are needed, those paused for the longest time are stopped (default: no limit)."`
	LogLevel       string        `enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (default info)."`
	Events         bool          `help:"Log every lifecycle event and every line that guests write."`
	Deploy         []string      `sep:"none" placeholder:"NAME=FILE|DIR" help:"Deploy a function after the start, as lull deploy NAME FILE|DIR does. May be repeated."`

	// beside runs when the server is up, until ctx ends; its error ends the server. client talks to this server. nil: nothing does.
	beside func(ctx context.Context, client program) error
}

func (c *serveCmd) Help() string {
	return `SIGINT or SIGTERM stops the server: it accepts nothing more, lets running requests end, runs preStop in every instance within the hook's timeout, and exits with 0. Meanwhile /readyz fails, and /healthz and /metrics answer. A second signal ends it at once.`
}

func (c *serveCmd) Run(ctx context.Context, p *program) error {
	keys, err := p.serverKeys()
	if err != nil {
		return err
	}
	if c.ClockSkew <= 0 {
		return usagef("--clock-skew %s: expected a time above 0", c.ClockSkew)
	}
	if c.MaxInstances < 0 {
		return usagef("--max-instances-total %d: expected a number above 0, or 0 for no limit", c.MaxInstances)
	}
	api, err := apiAddress(c.API, keys)
	if err != nil {
		return err
	}
	urls, err := net.ResolveTCPAddr("tcp", c.HTTP)
	if err != nil {
		return usagef("--http %s: %w", c.HTTP, err)
	}
	for _, d := range c.Deploy {
		if name, source, ok := strings.Cut(d, "="); !ok || name == "" || source == "" {
			return usagef("--deploy %s: expected NAME=FILE|DIR", d)
		}
	}
	if err := c.storeFlags.check(p.getenv); err != nil {
		return err
	}
	if err := c.logFlags.check(); err != nil {
		return err
	}
	data, err := openDataDir(c.Data)
	if err != nil {
		return err
	}
	defer data.Close()
	apiListener, err := listen("api", api)
	if err != nil {
		return err
	}
	defer apiListener.Close()
	httpListener, err := listen("http", urls)
	if err != nil {
		return err
	}
	defer httpListener.Close()

	// Whoever read the log may go away; that must not end the server, and its instances without preStop.
	signal.Ignore(syscall.SIGPIPE)
	log, flush := newLogger(p.stderr, c.LogLevel)
	defer flush()
	kept, err := c.open(ctx, data, log)
	if err != nil {
		return err
	}
	return errors.Join(c.serve(ctx, p, log, data, kept, keys, apiListener, httpListener), kept.Close())
}

// serve runs the host behind the two listeners until ctx ends or a part of it fails, and then stops it in order.
func (c *serveCmd) serve(ctx context.Context, p *program, log zerolog.Logger, data *dataDir, kept store.Store, keys *sign.Keys, api, urls net.Listener) error {
	// One processor beside those that long-running guests may take, for the network and for short requests: see engine's turns.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	counts := metrics.New()
	count := counts.Listener()
	events := &eventLog{log: log, all: c.Events}
	lines := newGuestLines(log)
	cfg := host.Config{
		CacheDir:       data.cache(),
		Store:          kept,
		LogBytes:       c.ringBytes(),
		LogMaxAge:      c.LogAge,
		LogMaxBytes:    int64(c.LogSize) << 20,
		AllowPreFreeze: c.AllowPreFreeze,
		MaxInstances:   c.MaxInstances,
		Outbound:       outbound.New(outbound.Config{}),
		Listener: func(e *fn.Event) {
			count(e)
			events.listen(e)
			if c.Events {
				lines.look(e)
			}
		},
	}
	// A service may run without a home folder; modules need none.
	if installed, err := interpreters.Open(""); err != nil {
		log.Warn().Err(err).Msg("there is no folder of interpreters, so only modules can be deployed; name one in " + interpreters.Variable)
	} else {
		cfg.Interpreters = installed
	}
	h, err := host.New(cfg)
	if fn.CodeOf(err) == fn.CodeInvalidArgument {
		return usagef("--allow-pre-freeze: %w", err)
	}
	if err != nil {
		return err
	}
	stopLines := lines.follow(h)
	var deployed atomic.Bool
	control := fcapi.New(h, fcapi.Config{
		Version: version(), HTTP: baseURL(urls), API: baseURL(api), Keys: keys, ClockSkew: c.ClockSkew,
		Metrics: counts.Handler(), Log: log,
		Ready: func() error {
			if !deployed.Load() {
				return errors.New("the functions of --deploy are not in place yet")
			}
			return nil
		},
	})
	function := front.New(h, front.Config{Log: log})

	failed := make(chan error, 3)
	go func() { failed <- control.Serve(api) }()
	go func() { failed <- function.Serve(urls) }()
	fmt.Fprintf(p.stdout, "listening: control API %s\nlistening: function URLs %s\n", baseURL(api), baseURL(urls))

	if err = c.deploy(ctx, p, baseURL(api)); err == nil {
		deployed.Store(true)
		stopBeside := c.startBeside(ctx, p, baseURL(api), failed)
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
		stopBeside()
	}
	if context.Cause(ctx) == errSignal {
		err = nil
	}

	// No deadline: requests and hooks have their own timeouts, and a second signal ends the process. The API goes on telling that the server drains until all is done.
	log.Info().Msg("stopping: no new requests; running ones end, then preStop runs in every instance")
	var draining errgroup.Group
	draining.Go(func() error { return control.Drain(context.Background()) })
	draining.Go(func() error { return function.Shutdown(context.Background()) })
	err = errors.Join(err, draining.Wait(), h.Close(context.Background()), control.Shutdown(context.Background()))
	stopLines()
	log.Info().Msg("stopped")
	return err
}

// startBeside runs what is beside the server, and returns how to end it.
func (c *serveCmd) startBeside(ctx context.Context, p *program, api string, failed chan<- error) (stop func()) {
	if c.beside == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		if err := c.beside(ctx, p.client(api)); err != nil {
			failed <- err
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// client is the program as a client of the server at api.
func (p *program) client(api string) program {
	client := *p
	client.getenv = func(name string) string {
		if name == apiVariable {
			return api
		}
		return p.getenv(name)
	}
	return client
}

// deploy puts the functions of --deploy in place, through the API like any client.
func (c *serveCmd) deploy(ctx context.Context, p *program, api string) error {
	client := p.client(api)
	for _, d := range c.Deploy {
		name, source, _ := strings.Cut(d, "=")
		if err := client.command(ctx, "deploy", name, source); err != nil {
			return err
		}
	}
	return nil
}
