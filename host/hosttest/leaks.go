package hosttest

import (
	"strings"
	"sync"

	"go.uber.org/goleak"
)

// hosts are those that tests of this process have open. A goroutine does not tell which host it is of, so only the last host that is
// closed can be blamed for what is left; tests that run in parallel share the blame.
var hosts struct {
	sync.Mutex
	open   int
	before goleak.Option // what ran before the first
}

func opened() {
	hosts.Lock()
	defer hosts.Unlock()
	if hosts.open == 0 {
		hosts.before = goleak.IgnoreCurrent()
	}
	hosts.open++
}

func closed() error {
	hosts.Lock()
	defer hosts.Unlock()
	if hosts.open--; hosts.open > 0 {
		return nil
	}
	return leaked(hosts.before)
}

// leaked waits a moment for goroutines of a host to end, and tells of those that do not.
func leaked(before goleak.Option) error {
	err := goleak.Find(before,
		goleak.IgnoreAnyFunction("testing.tRunner"), // other tests, in parallel
		// What clients and servers keep for a while belongs to the test.
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"),
	)
	if err == nil || !strings.Contains(err.Error(), "github.com/lull-dev/lull/host") && !strings.Contains(err.Error(), "wazero") {
		return nil
	}
	return err
}
