//go:build linux

package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lull-dev/lull/bench/guests"
	"github.com/lull-dev/lull/bench/load"
	"github.com/lull-dev/lull/bench/ordinary"
	"github.com/lull-dev/lull/bench/process"
)

// event of every request.
var event = []byte(strings.Repeat("x", 100))

// server is a program that serves the work as a process of its own.
type server struct {
	name    string
	command func(dir string) (process.Command, error)
}

var ordinaries = []server{
	{"Go net/http", func(string) (process.Command, error) {
		return process.Command{Env: []string{roleVariable + "=server"}}, nil
	}},
	{ordinary.Node.Name, ordinary.Node.Command},
	{ordinary.Python.Name, ordinary.Python.Command},
}

// running is an ordinary program that runs.
type running struct {
	*process.Child
	calls *load.HTTP
}

// start returns when the program has answered once.
func (o server) start(ctx context.Context, dir string) (*running, error) {
	c, err := o.command(dir)
	if err != nil {
		return nil, err
	}
	c.Grace = 2 * time.Second
	url := ""
	child, err := process.Start(ctx, c, func(line string) bool {
		u, ok := strings.CutPrefix(line, "listening ")
		url = u
		return ok
	})
	if err != nil {
		return nil, err
	}
	r := &running{Child: child}
	if r.calls, err = load.NewHTTP(url, 1, event, check); err == nil {
		err = r.calls.Call(0)
	}
	if err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

func (r *running) stop() {
	if r.calls != nil {
		r.calls.Close()
	}
	r.Signal(os.Kill)
	r.Stop()
}

func check(status int, body []byte) error {
	if err := load.StatusOK(status, body); err != nil {
		return err
	}
	return guests.Answer(event, body, false)
}

// serve is the Go server. A goroutine of its own ticks in the background, as those of a metrics client do.
func serve() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		for range time.Tick(100 * time.Millisecond) {
		}
	}()
	fmt.Printf("listening http://%s/\n", ln.Addr())
	var count atomic.Int64
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		h := fnv.New32a()
		h.Write(body)
		fmt.Fprintf(w, "%s %08x", strconv.FormatInt(count.Add(1), 10), h.Sum32())
	}))
}
