package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lull-dev/lull/bench/guests"
	"github.com/lull-dev/lull/bench/ordinary"
)

// timeout is the deadline of every call, where a contender has deadlines. No call comes near it.
const timeout = 30 * time.Second

// contender is one way of running a guest.
type contender interface {
	// start makes an instance that can take its first call.
	start() (instance, error)
	close() error
}

// instance of a contender. It is used by one goroutine at a time.
type instance interface {
	// call runs one event. The answer may be overwritten by the next call.
	call(event []byte) (answer []byte, err error)
	close() error
}

// idler is a contender that keeps idle instances in a way of its own.
type idler interface {
	// idle starts n instances, has each answer the event, and leaves them idle until release is called.
	idle(ctx context.Context, n int, event []byte) (release func(), err error)
}

// guest is what contenders run.
type guest struct {
	name    string // "C", "Go" ...
	folder  string // of package guests
	module  []byte // for hosts of lull_v1; nil if the guest is a source tree
	extism  []byte // the same work in Extism's ABI; nil if there is none
	source  []byte // a packed source tree, for hosts with an interpreter
	runtime string // lull's, for the tree
	handler string
	program *program // the tree's interpreter as a program; nil if it is none
}

// errCannot is wrapped by what a contender cannot do at all; the row then says so.
var errCannot = errors.New("cannot")

// sort is a kind of contender.
type sort struct {
	name string
	// open makes a guest ready. cache is a folder that stays between processes.
	open func(g *guest, cache string) (contender, error)
	// native contenders have no instances: they have HTTP rows only.
	native bool
	// inside contenders have no HTTP rows: another one has them.
	inside bool
	// server is a native contender that is a program of its own, and guest the only guest beside which it runs: both are of one language.
	server *ordinary.Server
	guest  string
}

// sorts in the order in which they take turns.
var sorts = []sort{
	{name: "lull", open: openHost},
	{name: "lull engine", open: openEngine(false), inside: true},
	{name: "lull engine, image", open: openEngine(true), inside: true},
	{name: "wazero", open: openWazero(false)},
	{name: "wazero, deadlines", open: openWazero(true)},
	{name: "wasmtime", open: openWasmtime(true)},
	{name: "wasmtime, no deadlines", open: openWasmtime(false), inside: true},
	{name: "extism", open: openExtism},
	{name: "fasthttp", native: true},
	{name: "net/http", native: true},
	{name: ordinary.Node.Name, native: true, server: &ordinary.Node, guest: "JavaScript"},
	{name: ordinary.Python.Name, native: true, server: &ordinary.Python, guest: "Python"},
}

func sortOf(name string) (sort, error) {
	for _, s := range sorts {
		if s.name == name {
			return s, nil
		}
	}
	return sort{}, fmt.Errorf("there is no contender %q", name)
}

// checked runs an event in an instance and checks the answer.
func checked(i instance, event []byte, fresh bool) error {
	answer, err := i.call(event)
	if err != nil {
		return err
	}
	return guests.Answer(event, answer, fresh)
}
