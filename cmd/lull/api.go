package main

import (
	"cmp"

	"github.com/lull-dev/lull/host/fcapi/client"
)

const (
	// apiVariable names the server that the client commands talk to.
	apiVariable = "LULL_API"
	defaultAPI  = "http://" + defaultAPIAddress
)

// api returns a client of the server that the environment names.
func (p *program) api() *client.Client {
	return client.New(cmp.Or(p.getenv(apiVariable), defaultAPI))
}
