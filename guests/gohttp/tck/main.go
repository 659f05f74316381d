//go:build wasip1

// Command tck is the conformance kit's guest of kind server: abi/tck/README.md says what each path does.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	lull "github.com/lull-dev/lull/guests/go/sdk"
)

var (
	requests, initialized, frozen, stopped atomic.Int64

	armed struct {
		sync.Mutex
		action map[string]string // by path of the hook
	}
)

func main() {
	armed.action = map[string]string{}
	switch os.Getenv("LULL_TCK_START") {
	case "exit":
		os.Exit(3)
	case "never":
		select {}
	case "loop":
		loop()
	}
	if path, action, found := strings.Cut(os.Getenv("LULL_TCK"), " "); found {
		armed.action[path] = action
	}
	if err := syscall.SetNonblock(3, true); err != nil {
		log.Fatal(err)
	}
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, http.HandlerFunc(serve)))
}

func serve(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "POST /initialize":
		hook(w, r, &initialized)
	case "GET /pre-freeze":
		hook(w, r, &frozen)
	case "GET /pre-stop":
		hook(w, r, &stopped)
	case "POST /invoke":
		requests.Add(1)
		event, err := io.ReadAll(r.Body)
		line, payload, _ := bytes.Cut(event, []byte("\n"))
		path, ok := strings.CutPrefix(string(line), "tck ")
		if err != nil || !ok {
			w.Write(event)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(payload))
		do(w, r, path)
	default:
		requests.Add(1)
		do(w, r, r.URL.Path)
	}
}

// hook counts, says so, and does once what it was armed with.
func hook(w http.ResponseWriter, r *http.Request, count *atomic.Int64) {
	body, _ := io.ReadAll(r.Body)
	fmt.Printf("tck %s %d control=%s id=%s body=%d\n", r.URL.Path, count.Add(1), r.Header.Get("X-Fc-Control-Path"), r.Header.Get("X-Fc-Request-Id"), len(body))
	armed.Lock()
	action := armed.action[r.URL.Path]
	delete(armed.action, r.URL.Path)
	armed.Unlock()
	if action != "" {
		do(w, r, action)
	}
}

// do serves a path: /CASE/ARG..., or the line of a fetch.
func do(w http.ResponseWriter, r *http.Request, path string) {
	if line, ok := strings.CutPrefix(path, "fetch "); ok {
		fetch(w, r, strings.Fields(line))
		return
	}
	args := strings.Split(strings.Trim(path, "/"), "/")
	number := func(i int) int {
		if i >= len(args) {
			return 0
		}
		n, _ := strconv.Atoi(args[i])
		return n
	}
	switch args[0] {
	case "", "echo":
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		body, _ := io.ReadAll(r.Body) // whole: net/http drops what is left when the answer begins
		w.Write(body)
	case "seen":
		seen(w, r)
	case "status":
		w.WriteHeader(number(1))
		fmt.Fprintf(w, "status %d", number(1))
	case "fcstatus":
		w.Header().Set("X-Fc-Status", args[1])
		fmt.Fprint(w, "so it is")
	case "error":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"errorMessage":"no name","errorType":"ValueError","stackTrace":["f (a.go:3)"]}`)
	case "sleep":
		time.Sleep(time.Duration(number(1)) * time.Millisecond)
		fmt.Fprint(w, "slept")
	case "meet": // answers when two requests are there
		if meeting.Add(1) == 2 {
			close(met)
		}
		<-met
		fmt.Fprint(w, "met")
	case "loop":
		loop()
	case "exit":
		os.Exit(number(1))
	case "panic":
		panic(http.ErrAbortHandler)
	case "crash":
		go func() { panic("crash") }()
		time.Sleep(time.Hour)
	case "hijack":
		hijack(w, strings.Join(args[1:], "/"))
	case "length":
		w.Header().Set("Content-Length", args[1])
		io.CopyN(w, endless{}, int64(number(1)))
	case "chunked":
		for range number(1) {
			w.Write(bytes.Repeat([]byte{'c'}, number(2)))
			w.(http.Flusher).Flush()
		}
	case "headers":
		for i := range number(1) {
			w.Header().Set("X-H-"+strconv.Itoa(i), strings.Repeat("h", 1000))
		}
	case "count":
		fmt.Fprintf(w, "requests=%d initialize=%d preFreeze=%d preStop=%d", requests.Load(), initialized.Load(), frozen.Load(), stopped.Load())
	case "arm":
		armed.Lock()
		armed.action["/"+args[1]] = "/" + strings.Join(args[2:], "/")
		armed.Unlock()
	case "log":
		fmt.Println("tck out " + args[1])
		fmt.Fprintln(os.Stderr, "tck err "+args[1])
		fmt.Print("tck unended " + args[1])
	case "spin": // goes on after its answer, if it may
		go func() {
			time.Sleep(time.Millisecond)
			loop()
		}()
	case "later": // fetches when it has answered
		url := "http://" + args[1] + "/later"
		go func() {
			time.Sleep(time.Millisecond)
			_, err := lull.Fetch(&lull.FetchRequest{URL: url})
			fmt.Println("tck later", err)
		}()
	case "tick": // a timer that goes off every millisecond
		go func() {
			for range time.Tick(time.Millisecond) {
				requests.Add(1)
			}
		}()
	case "grow":
		for {
			hoard = append(hoard, bytes.Repeat([]byte{1}, 1<<20))
		}
	case "env":
		fmt.Fprint(w, os.Getenv(args[1]))
	default:
		http.Error(w, "no case "+args[0], http.StatusNotFound)
	}
}

// fetch sends a request: METHOD URL MS [follow].
func fetch(w http.ResponseWriter, r *http.Request, args []string) {
	body, _ := io.ReadAll(r.Body)
	ms, _ := strconv.Atoi(args[2])
	resp, err := lull.Fetch(&lull.FetchRequest{
		Method: args[0], URL: args[1], Headers: [][2]string{{"X-Tck", "a b"}}, Body: body,
		Timeout: time.Duration(ms) * time.Millisecond, KeepRedirects: len(args) < 4,
	})
	if failed, ok := errors.AsType[*lull.FetchError](err); ok {
		fmt.Fprintf(w, "%d\x00%s", failed.Errno, failed.Message)
		return
	}
	fmt.Fprintf(w, "%d\x00%s\x00", resp.Status, resp.URL)
	for _, h := range resp.Headers {
		fmt.Fprintf(w, "%s: %s\n", h[0], h[1])
	}
	fmt.Fprintf(w, "\x00%s", resp.Body)
}

var (
	hoard [][]byte
	sink  int

	meeting atomic.Int64
	met     = make(chan struct{})
)

func loop() {
	for {
		sink++
	}
}

// seen answers what the request looks like.
func seen(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s %s\n", r.Method, r.RequestURI, r.Host)
	var lines []string
	for name, values := range r.Header {
		for _, v := range values {
			lines = append(lines, name+": "+v+"\n")
		}
	}
	slices.Sort(lines)
	fmt.Fprint(w, strings.Join(lines, ""))
}

// hijack takes the connection from net/http and does with it what no server should.
func hijack(w http.ResponseWriter, how string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	switch how {
	case "close":
		conn.Close()
	case "garbage":
		conn.Write([]byte("\x00\x01\x02 what?\r\n\r\n"))
		conn.Close()
	case "half":
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
		conn.Close()
	case "twice":
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"))
	case "huge":
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nX-Huge: %s\r\n\r\n", strings.Repeat("x", 1<<20))
	case "keep":
		kept = append(kept, conn)
	}
}

var kept []net.Conn

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'l'
	}
	return len(p), nil
}
