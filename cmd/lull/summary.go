package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fn"
)

// summary is what deploy tells about a function: what the server has, not what it was asked for.
type summary struct {
	key     fn.Key
	f       *client.Function
	created bool
	kind    string
	urls    string // base of the function URLs
}

func (s summary) print(w io.Writer) error {
	verb := "updated"
	if s.created {
		verb = "created"
	}
	f := s.f
	fmt.Fprintf(w, "%s %s: %s, %s, runtime %s\n", display(s.key), verb, s.kind, humanBytes(int64(f.CodeSize)), f.Runtime)

	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(t, "  %s\t%s\n", name, value) }
	hook := func(name, handler string, timeout int) {
		if handler == "" {
			row(name, "off")
			return
		}
		fmt.Fprintf(t, "  %s\t%s\t%d s\n", name, handler, timeout)
	}
	hook("handler", f.Handler, f.Timeout)
	hook("initializer", f.Initializer, f.InitializationTimeout)
	for _, h := range []struct {
		name string
		hook *client.Hook
	}{{"preFreeze", f.Lifecycle.PreFreeze}, {"preStop", f.Lifecycle.PreStop}} {
		if h.hook == nil {
			h.hook = &client.Hook{}
		}
		hook(h.name, h.hook.Handler, h.hook.Timeout)
	}
	row("isolation", f.Isolation)
	if len(f.AllowHosts) > 0 {
		row("outbound", strings.Join(f.AllowHosts, ", "))
	}
	row("memory", fmt.Sprintf("%d MiB", f.MemorySize))
	idle := fmt.Sprintf("stopped after %d s idle", f.IdleTimeout)
	if f.IdleTimeout < 0 {
		idle = "never stopped for being idle"
	}
	row("instances", fmt.Sprintf("%d to %d, %s each, %s", f.MinInstances, f.MaxInstances, count(f.Concurrency, "request"), idle))
	url := strings.TrimRight(s.urls, "/") + path(s.key)
	row("url", url)
	row("try", "curl "+url+" -d Ada")
	row("", "lull invoke "+display(s.key)+" -d Ada")
	return t.Flush()
}

// path is a function's path on the data plane.
func path(k fn.Key) string { return "/" + display(k) + "/" }

// count gives "1 request", "2 requests".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
