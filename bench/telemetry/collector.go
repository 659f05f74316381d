package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lull-dev/lull/bench/process"
)

// collector is a Pushgateway, and before it a proxy that notes when what arrived.
type collector struct {
	gateway *process.Child
	url     string // of the gateway
	proxy   *httptest.Server

	mu       sync.Mutex
	requests int
	arrivals map[string][]arrival // by instance
}

// arrival is a count that has reached the gateway, which has said so.
type arrival struct {
	at    time.Time
	count int
}

// programs by which the Pushgateway goes: Debian's name, and its own.
var programs = []string{"prometheus-pushgateway", "pushgateway"}

var errNoCollector = errors.New("no Pushgateway is installed: on Debian it is the package prometheus-pushgateway")

// gateway finds the program.
func gateway() (path string, err error) {
	for _, name := range programs {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoCollector
}

func startCollector(ctx context.Context, dir string) (*collector, error) {
	path, err := gateway()
	if err != nil {
		return nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := free.Addr().String()
	free.Close()
	c := &collector{url: "http://" + address, arrivals: map[string][]arrival{}}
	// It logs to standard error: the shell says that it begins. Debian's keeps its points in a file of the system unless told otherwise.
	c.gateway, err = process.Start(ctx, process.Command{Path: "sh", Args: []string{
		"-c", `echo begins; exec "$0" --web.listen-address="$1" --persistence.file= --log.level=error`, path, address,
	}}, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(c.url + "/-/ready")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		if ended := c.gateway.Ended(); ended != nil || time.Now().After(end) || ctx.Err() != nil {
			c.gateway.Stop()
			return nil, errors.Join(fmt.Errorf("the Pushgateway does not come up: %w", err), ended)
		}
	}
	target, err := url.Parse(c.url)
	if err != nil {
		return nil, err
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	c.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		status := &statusWriter{ResponseWriter: w}
		forward.ServeHTTP(status, r)
		if status.code < 300 {
			c.note(r.URL.Path, body)
		}
	}))
	return c, nil
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

func (c *collector) note(path string, body []byte) {
	instance := path[strings.LastIndexByte(path, '/')+1:]
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	if n, ok := counted(body); ok {
		c.arrivals[instance] = append(c.arrivals[instance], arrival{now, n})
	}
}

// counted reads the counter of a text in Prometheus's format.
func counted(text []byte) (int, bool) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "requests_total "); ok {
			n, err := strconv.Atoi(rest)
			return n, err == nil
		}
	}
	return 0, false
}

// arrived returns when the count of an instance had reached n.
func (c *collector) arrived(instance string, n int) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.arrivals[instance] {
		if a.count >= n {
			return a.at, true
		}
	}
	return time.Time{}, false
}

// total asks the gateway what it has: the sum over all instances.
func (c *collector) total() (int, error) {
	resp, err := http.Get(c.url + "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	sum := 0
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "requests_total{"); ok {
			n, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
			if err != nil {
				return 0, err
			}
			sum += int(n)
		}
	}
	return sum, nil
}

// reset forgets everything, here and in the gateway.
func (c *collector) reset() error {
	c.mu.Lock()
	instances := c.arrivals
	c.arrivals, c.requests = map[string][]arrival{}, 0
	c.mu.Unlock()
	for instance := range instances {
		req, err := http.NewRequest(http.MethodDelete, c.url+"/metrics/job/lull/instance/"+instance, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
	}
	// The gateway deletes later than it answers.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := c.total()
		if err != nil || left == 0 {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("the collector still has %d points of the mode before", left)
		}
	}
}

func (c *collector) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

func (c *collector) stop() {
	c.proxy.Close()
	c.gateway.Stop()
}
