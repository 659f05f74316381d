package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/lull-dev/lull/bench/chart"
	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/guests"
	"github.com/lull-dev/lull/bench/load"
	"github.com/lull-dev/lull/bench/process"
)

// run is one comparison.
type run struct {
	rounds, starts, idle, connections int
	time                              time.Duration
	out, component                    string
	only                              []string
	urls                              pairs

	dir    string
	report *figures.Report
	failed []string
}

// pairs are flags of the form NAME=URL.
type pairs []string

func (p *pairs) String() string { return strings.Join(*p, " ") }

// Set implements flag.Value.
func (p *pairs) Set(s string) error {
	if name, url, ok := strings.Cut(s, "="); !ok || name == "" || url == "" {
		return errors.New("want NAME=URL")
	}
	*p = append(*p, s)
	return nil
}

func throughputGroup(g string) string { return "HTTP warm, throughput, " + g + " guest" }
func latencyGroup(g string) string    { return "HTTP warm, latency, " + g + " guest" }
func freshGroup(g string) string {
	return "HTTP, a fresh instance for every request, throughput, " + g + " guest"
}
func freshLatency(g string) string {
	return "HTTP, a fresh instance for every request, latency, " + g + " guest"
}

// all runs everything, prints the table and writes the files. What was measured is kept when ctx ends.
func (r *run) all(ctx context.Context) (err error) {
	for _, name := range r.only {
		if _, err := sortOf(name); err != nil {
			return err
		}
	}
	if r.dir, err = os.MkdirTemp("", "lull-peers-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	names, missing, err := prepare(ctx, r.dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	r.report = figures.New("lull beside its peers", append([]string{"bench/peers"}, os.Args[1:]...))
	r.report.Set("rounds", fmt.Sprintf("%d, contenders take turns, each in a process of its own", r.rounds))
	r.report.Set("idle instances", fmt.Sprintf("%d, in the first round", r.idle))
	r.report.Set("HTTP", fmt.Sprintf("%d connections, keep-alive, no pipelining; load generator and server are two processes; every answer checked", r.connections))
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		r.report.Skip(coldGroup(name), "all", missing[name])
	}
	for round := range r.rounds {
		for _, name := range names {
			r.round(ctx, round, name)
		}
		fmt.Fprintf(os.Stderr, "peers: round %d of %d done\n", round+1, r.rounds)
		if ctx.Err() != nil {
			r.report.Partial = fmt.Sprintf("stopped in round %d of %d", round+1, r.rounds)
			break
		}
	}
	for _, name := range names {
		r.ratios(name)
	}
	r.report.Done()
	if err := chart.Publish(r.out, "peers", r.report); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(r.failed) > 0 {
		return fmt.Errorf("did not run: %s", strings.Join(r.failed, "; "))
	}
	return nil
}

func (r *run) wanted(s sort) bool { return len(r.only) == 0 || slices.Contains(r.only, s.name) }

// round measures every contender once with one guest.
func (r *run) round(ctx context.Context, round int, guest string) {
	for _, s := range sorts {
		if r.wanted(s) && !s.native && ctx.Err() == nil {
			r.inProcess(ctx, round, s, guest)
		}
	}
	for _, fresh := range []bool{false, true} {
		throughput, latency := throughputGroup(guest), latencyGroup(guest)
		if fresh {
			throughput, latency = freshGroup(guest), freshLatency(guest)
		}
		for _, s := range sorts {
			switch {
			case !r.wanted(s) || s.inside || s.guest != "" && s.guest != guest || ctx.Err() != nil:
			case fresh && s.native:
				r.report.Skip(throughput, s.name, "it has no instances")
			default:
				r.overHTTP(ctx, s, guest, fresh, throughput, latency)
			}
		}
		if !fresh {
			r.others(ctx, throughput, latency)
		}
	}
}

func (r *run) order(s sort, guest string, fresh bool, e effort) []string {
	text, err := json.Marshal(order{s.name, guest, r.dir, fresh, e})
	if err != nil {
		panic(err) // plain fields
	}
	return []string{orderVariable + "=" + string(text)}
}

// inProcess has a child measure, and merges its report.
func (r *run) inProcess(ctx context.Context, round int, s sort, guest string) {
	e := effort{Starts: r.starts, Time: r.time}
	if round == 0 {
		e.Idle = r.idle
	}
	self, err := os.Executable()
	if err != nil {
		r.fail(coldGroup(guest), s.name, err)
		return
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(append(os.Environ(), roleVariable+"=measure"), r.order(s, guest, false, e)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		why := reasonOf(said.String())
		if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == cannotCode {
			for _, group := range []string{coldGroup(guest), warmGroup(guest), busyGroup(guest), stallGroup(guest), memoryGroup(guest)} {
				r.report.Skip(group, s.name, why)
			}
			return
		}
		if ctx.Err() == nil {
			r.fail(coldGroup(guest), s.name, fmt.Errorf("%w: %s", err, last(why)))
		}
		return
	}
	got := new(figures.Report)
	if err := json.Unmarshal(out, got); err != nil {
		r.fail(coldGroup(guest), s.name, err)
		return
	}
	r.report.Merge(got)
}

// reasonOf is what a child said of what its contender cannot do.
func reasonOf(said string) string {
	return strings.TrimPrefix(strings.TrimSpace(said), errCannot.Error()+": ")
}

// last is the end of a long text.
func last(text string) string {
	if len(text) > 500 {
		return "..." + text[len(text)-500:]
	}
	return text
}

func (r *run) fail(group, name string, err error) {
	r.report.Skip(group, name, err.Error())
	r.failed = append(r.failed, name+": "+err.Error())
}

// overHTTP starts a contender's server and runs a closed loop.
func (r *run) overHTTP(ctx context.Context, s sort, guest string, fresh bool, throughput, latency string) {
	var url string
	command := process.Command{Env: append(r.order(s, guest, fresh, effort{}), roleVariable+"=serve")}
	if s.server != nil {
		var err error
		if command, err = s.server.Command(r.dir); err != nil {
			r.report.Skip(throughput, s.name, err.Error())
			return
		}
		command.Grace = 2 * time.Second
	}
	server, err := process.Start(ctx, command, func(line string) bool {
		u, ok := strings.CutPrefix(line, "listening ")
		url = u
		return ok
	})
	if err != nil {
		ended, ok := errors.AsType[*process.EndedError](err)
		if ok && strings.HasPrefix(ended.Said, errCannot.Error()) {
			r.report.Skip(throughput, s.name, reasonOf(ended.Said))
		} else if ctx.Err() == nil {
			r.fail(throughput, s.name, err)
		}
		return
	}
	defer server.Stop()
	r.hammer(ctx, s.name, url, throughput, latency, func(status int, body []byte) error {
		if err := load.StatusOK(status, body); err != nil {
			return err
		}
		return guests.Answer(event, body, fresh)
	})
}

// hammer warms a server up and measures it.
func (r *run) hammer(ctx context.Context, name, url, throughput, latency string, check load.Check) {
	calls, err := load.NewHTTP(url, r.connections, event, check)
	if err != nil {
		r.fail(throughput, name, err)
		return
	}
	defer calls.Close()
	if !strings.HasSuffix(url, "/once/") { // nothing of it could become warm
		load.Closed(ctx, r.connections, r.time/3, calls.Call)
	}
	got := load.Closed(ctx, r.connections, r.time, calls.Call)
	switch {
	case ctx.Err() != nil:
	case got.Failed > 0:
		r.fail(throughput, name, fmt.Errorf("%d of %d calls failed: %w", got.Failed, got.Failed+got.Answered, got.FirstError))
	default:
		r.report.Row(throughput, name, figures.PerSecond).Add(got.PerSecond())
		r.report.Row(latency, name, figures.Nanoseconds).AddLatency(got.Latency)
	}
}

// others measures servers that are not ours: wasmtime serve, and those given by URL.
func (r *run) others(ctx context.Context, throughput, latency string) {
	for _, pair := range r.urls {
		name, url, _ := strings.Cut(pair, "=")
		r.hammer(ctx, name, url, throughput, latency, nil)
	}
	if len(r.only) > 0 {
		return
	}
	const name = "wasmtime serve"
	program, err := exec.LookPath("wasmtime")
	switch {
	case err != nil:
		r.report.Skip(throughput, name, "wasmtime is not on the PATH; cargo install wasmtime-cli builds it")
		return
	case r.component == "":
		r.report.Skip(throughput, name, "it takes components of wasi:http, which none of the guests is; name one with -component FILE")
		return
	}
	if err := r.wasmtimeServe(ctx, program, name, throughput, latency); err != nil && ctx.Err() == nil {
		r.fail(throughput, name, err)
	}
}

// wasmtimeServe measures a component of the user's. Status 200 is all that is checked.
func (r *run) wasmtimeServe(ctx context.Context, program, name, throughput, latency string) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := free.Addr().String()
	free.Close()
	// It tells on standard error where it listens: the shell says that it begins.
	server, err := process.Start(ctx, process.Command{
		Path: "sh", Args: []string{"-c", `echo begins; exec "$0" serve --addr "$1" "$2"`, program, address, r.component}, Grace: 2 * time.Second,
	}, func(string) bool { return true })
	if err != nil {
		return err
	}
	defer server.Stop()
	url := "http://" + address + "/"
	calls, err := load.NewHTTP(url, 1, event, nil)
	if err != nil {
		return err
	}
	defer calls.Close()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // it compiles the component first
		err := calls.Call(0)
		if err == nil {
			break
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return fmt.Errorf("it does not answer: %w", err)
		}
	}
	r.hammer(ctx, name, url, throughput, latency, nil)
	return nil
}

// ratios compares lull with each of the others, round by round.
func (r *run) ratios(guest string) {
	compare := func(group, a string, b ...string) {
		for _, name := range b {
			x, y := r.report.Find(group, a), r.report.Find(group, name)
			if x != nil && y != nil && x.Measured() && y.Measured() {
				r.report.Ratio("lull against the others, "+guest+" guest", ratioName(group, guest)+": "+a+" / "+name, x, y)
			}
		}
	}
	compare(coldGroup(guest), "lull engine, image", "wasmtime", "wazero", "extism")
	compare(coldGroup(guest), "lull engine", "wasmtime", "wazero", "extism")
	compare(warmGroup(guest), "lull engine", "wasmtime", "wazero", "wazero, deadlines", "extism")
	compare(warmGroup(guest), "lull", "wasmtime", "wazero, deadlines", "extism")
	compare(busyGroup(guest), "lull engine", "wazero")
	compare(busyGroup(guest), "wazero, deadlines", "wazero")
	compare(busyGroup(guest), "wasmtime", "wasmtime, no deadlines")
	compare(throughputGroup(guest), "lull", "fasthttp", "net/http", "wazero", "wazero, deadlines", "wasmtime", "extism")
	compare(freshGroup(guest), "lull", "wazero", "wasmtime", "extism")
}

// ratioName is a group's name without the guest's.
func ratioName(group, guest string) string { return strings.TrimSuffix(group, ", "+guest+" guest") }
