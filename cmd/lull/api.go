package main

import (
	"cmp"

	"github.com/lull-dev/lull/host/fcapi/client"
	"github.com/lull-dev/lull/host/fcapi/sign"
)

const (
	// apiVariable names the server that the client commands talk to.
	apiVariable = "LULL_API"
	defaultAPI  = "http://" + defaultAPIAddress
)

// api returns a client of the server that the environment names. It signs, if there is a key.
func (p *program) api() *client.Client {
	var key *sign.Key
	if len(p.keys) > 0 {
		key = &p.keys[0]
	}
	return client.New(cmp.Or(p.getenv(apiVariable), defaultAPI), key)
}
