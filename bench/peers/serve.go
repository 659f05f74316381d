package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front"
)

// serve answers events over HTTP with one contender until SIGTERM, and prints where. fresh wants a new instance for every request.
func serve(s sort, g *guest, cache string, fresh bool) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	failed, path := make(chan error, 1), "/f/"
	switch {
	case s.name == "lull":
		h, err := newHost(cache)
		if err != nil {
			return err
		}
		isolation := fn.Serial
		if fresh {
			isolation = fn.EachFresh
		}
		if _, err := h.Deploy(context.Background(), g.function(isolation)); err != nil {
			return err
		}
		go func() { failed <- front.New(h, front.Config{}).Serve(ln) }()
	case s.name == "fasthttp":
		server := fasthttp.Server{Handler: nativeFast}
		go func() { failed <- server.Serve(ln) }()
	case s.name == "net/http":
		go func() { failed <- http.Serve(ln, http.HandlerFunc(nativeStd)) }()
	default:
		c, err := s.open(g, cache)
		if err != nil {
			return err
		}
		if _, ok := c.(once); ok {
			if !fresh {
				return errOnce
			}
			path = "/once/"
		}
		server := fasthttp.Server{Handler: (&pooled{c: c, fresh: fresh, free: make(chan instance, 256)}).handle}
		go func() { failed <- server.Serve(ln) }()
	}
	fmt.Printf("listening http://%s%s\n", ln.Addr(), path)
	select {
	case err := <-failed:
		return err
	case <-ended:
		return nil
	}
}

// pooled is the smallest server around a contender: a request takes a free instance, or a new one.
type pooled struct {
	c     contender
	fresh bool
	free  chan instance
}

func (p *pooled) handle(ctx *fasthttp.RequestCtx) {
	var i instance
	select {
	case i = <-p.free:
	default:
		var err error
		if i, err = p.c.start(); err != nil {
			ctx.Error(err.Error(), fasthttp.StatusInternalServerError)
			return
		}
	}
	answer, err := i.call(ctx.Request.Body())
	if err != nil {
		i.close()
		ctx.Error(err.Error(), fasthttp.StatusBadGateway)
		return
	}
	ctx.SetBody(answer)
	if p.fresh {
		i.close()
		return
	}
	select {
	case p.free <- i:
	default:
		i.close()
	}
}

var nativeCount atomic.Int64

// native is the work without a guest.
func native(event, to []byte) []byte {
	h := fnv.New32a()
	h.Write(event)
	to = append(strconv.AppendInt(to, nativeCount.Add(1), 10), ' ')
	return fmt.Appendf(to, "%08x", h.Sum32())
}

func nativeFast(ctx *fasthttp.RequestCtx) {
	ctx.Response.SetBodyRaw(native(ctx.Request.Body(), nil))
}

func nativeStd(w http.ResponseWriter, r *http.Request) {
	event, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Write(native(event, nil))
}
