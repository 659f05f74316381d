// Command NAME is an HTTP server for lull's runtime custom: net/http as it is, on a listener that the host has opened. Requests overlap in one
// instance (lull deploy --concurrency 10), and package variables live as long as it does.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
)

var served atomic.Int64

func main() {
	// Function URLs: any method and path but those below.
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("name")
		if name == "" {
			name = body(r)
		}
		greet(w, name)
	})
	// Events: lull invoke.
	http.HandleFunc("POST /invoke", func(w http.ResponseWriter, r *http.Request) { greet(w, body(r)) })
	// Hooks, where the function's configuration switches them on: lull deploy --initializer=on --pre-freeze=on --pre-stop=on.
	http.HandleFunc("POST /initialize", func(http.ResponseWriter, *http.Request) { log.Print("started") })
	http.HandleFunc("GET /pre-freeze", func(http.ResponseWriter, *http.Request) { log.Printf("pausing calls=%d", served.Load()) })
	http.HandleFunc("GET /pre-stop", func(http.ResponseWriter, *http.Request) { log.Print("stopping") })

	log.SetFlags(0)
	log.SetOutput(os.Stdout) // lines there are records of level info, those on standard error of level error

	listener, err := listen()
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}

func greet(w http.ResponseWriter, name string) {
	if name == "" {
		http.Error(w, "whom shall I greet? send a name", http.StatusBadRequest)
		return
	}
	served.Add(1)
	fmt.Fprintf(w, "hello %s\n", name)
}

func body(r *http.Request) string {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	return string(b)
}

// listen returns the listener on descriptor 3. Without a host, for tests and trials on this machine, it opens one.
func listen() (net.Listener, error) {
	if os.Getenv("LISTEN_FDS") == "" {
		return net.Listen("tcp", "127.0.0.1:9000")
	}
	if err := syscall.SetNonblock(3, true); err != nil {
		return nil, err
	}
	return net.FileListener(os.NewFile(3, "listener"))
}
