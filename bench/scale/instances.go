package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/lull-dev/lull/bench/figures"
	"github.com/lull-dev/lull/bench/guests"
	"github.com/lull-dev/lull/bench/inprocess"
	"github.com/lull-dev/lull/bench/latency"
	"github.com/lull-dev/lull/bench/process"
	"github.com/lull-dev/lull/host/fn"
)

// event of small requests.
var event = []byte(strings.Repeat("x", 100))

// order is what a process that holds instances is told, in a file.
type order struct {
	Code      []byte
	Instances int
	Calls     int
}

// counted is what it answers.
type counted struct {
	PSS     int64
	Latency *latency.Histogram
}

// hold makes paused instances, wakes some of them for a call each, at random, and prints what that took and what the process holds.
func hold(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := inprocess.Open(ctx, inprocess.Config{Function: fn.Function{Name: "f", Code: o.Code}, Event: event, ImagedOnly: true})
	if err != nil {
		return err
	}
	h, err := s.Hold(ctx, o.Instances)
	if err != nil {
		return err
	}
	inprocess.FreeMemory()
	m, err := process.MemoryOf(os.Getpid())
	if err != nil {
		return err
	}
	c := counted{PSS: m.PSS, Latency: latency.New()}
	for range o.Calls {
		took, err := h.Call(ctx, rand.IntN(o.Instances))
		if err != nil {
			return err
		}
		c.Latency.Record(took)
	}
	return json.NewEncoder(os.Stdout).Encode(c)
}

// paused measures paused instances, each number in a process of its own.
func (s *scale) paused(ctx context.Context) error {
	const calls = 2000
	memory := s.report.Curve("memory of paused instances", "paused instances", "MiB of the whole process (PSS)")
	memory.LogX, memory.LogY = true, true
	wake := s.report.Curve("resume, call and pause of one of many instances", "paused instances", "microseconds")
	wake.LogX = true
	for _, g := range []struct{ name, folder string }{{"C", "c"}, {"Go", "go"}} {
		code, err := guests.Build(ctx, g.folder)
		if err != nil {
			s.report.Skip("paused instances, "+g.name, "all", err.Error())
			continue
		}
		group := "paused instances, " + g.name + " guest"
		var alone int64
		for _, n := range append([]int{1}, s.instances...) {
			c, err := s.held(ctx, order{code, n, calls})
			if err != nil {
				return err
			}
			if n == 1 {
				alone = c.PSS
				continue
			}
			s.report.Row(group, fmt.Sprintf("memory of each, %d of them", n), figures.Bytes).Add(max(0, float64(c.PSS-alone)/float64(n-1)))
			s.report.Row(group, fmt.Sprintf("resume, call, pause, %d of them", n), figures.Nanoseconds).AddLatency(c.Latency)
			memory.Add(g.name, float64(n), float64(c.PSS)/(1<<20))
			wake.Add(g.name+", p50", float64(n), float64(c.Latency.Percentile(50))/float64(time.Microsecond))
			wake.Add(g.name+", p99", float64(n), float64(c.Latency.Percentile(99))/float64(time.Microsecond))
		}
	}
	return nil
}

func (s *scale) held(ctx context.Context, o order) (*counted, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.dir, "order.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), roleVariable+"=hold", orderVariable+"="+file)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%d instances: %w: %s", o.Instances, err, strings.TrimSpace(said.String()))
	}
	c := new(counted)
	return c, json.Unmarshal(out, c)
}
