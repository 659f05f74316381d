// Package outbound sends the HTTP requests of guests over net/http. It is not part of package host, so that who embeds the host
// without it links no HTTP client.
//
// # What is let through
//
// Nothing, unless the function's list (fn.AllowHosts) allows the host of the URL, with its port. The host's name is resolved once for a
// connection; of the addresses those are left out that are not public, loopback, private, link-local and so on, and that the list does not name
// themselves; and the connection goes to one of those left, as an address: what a name server answers a second later changes nothing.
// Each redirect is checked the same way. There is no proxy, whatever the environment says, and no cookie.
//
// # Connections
//
// HTTP/1.1 only. A connection is kept for the next request of the same call of the guest, and closed when the call ends: it never serves
// another function, and a paused instance holds none. At most Config.MaxRequests requests are under way at a time, each over one connection; a
// call keeps one more at most.
package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// Config of a Client. The zero value is usable.
type Config struct {
	// MaxRequests is how many requests are under way at a time; further ones wait, at most for their own time. Default 64.
	MaxRequests int
	// ConnectTimeout bounds a look-up, the connection to one address, and a TLS handshake, each. Default 10 s.
	ConnectTimeout time.Duration
	// TLS is for certificate authorities of one's own. Nil: the system's.
	TLS *tls.Config
	// Lookup gives the addresses of a name. Nil: Go's resolver, by the system's configuration.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
}

// Defaults of a Config.
const (
	DefaultMaxRequests    = 64
	DefaultConnectTimeout = 10 * time.Second
)

// Client is safe for concurrent use. It holds nothing between calls and need not be closed.
type Client struct {
	cfg    Config
	places chan struct{} // holds a token for each request under way
}

// New makes a client.
func New(cfg Config) *Client {
	if cfg.MaxRequests <= 0 {
		cfg.MaxRequests = DefaultMaxRequests
	}
	if cfg.ConnectTimeout <= 0 {
		cfg.ConnectTimeout = DefaultConnectTimeout
	}
	if cfg.Lookup == nil {
		resolver := &net.Resolver{PreferGo: true} // the C library's cannot be stopped
		cfg.Lookup = func(ctx context.Context, name string) ([]netip.Addr, error) {
			return resolver.LookupNetIP(ctx, "ip", name)
		}
	}
	return &Client{cfg: cfg, places: make(chan struct{}, cfg.MaxRequests)}
}

// session is what one call of a guest sends.
type session struct {
	client    *Client
	allow     fn.AllowHosts
	transport *http.Transport
	// open ends with the session: net/http goes on dialling when a request is given up.
	open context.Context
}

// Open begins a session; it implements engine.Outbound.
func (c *Client) Open(allow fn.AllowHosts) (send func(context.Context, *fn.OutboundRequest) (*fn.OutboundResponse, error), done func()) {
	open, end := context.WithCancel(context.Background())
	s := &session{client: c, allow: allow, open: open}
	s.transport = &http.Transport{
		DialContext:            s.dial,
		TLSClientConfig:        c.cfg.TLS.Clone(),
		TLSHandshakeTimeout:    c.cfg.ConnectTimeout,
		DisableCompression:     true, // an answer is as large as it was sent
		MaxIdleConns:           1,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: abi.MaxFetchHead,
		Protocols:              new(http.Protocols),
	}
	s.transport.Protocols.SetHTTP1(true)
	return s.send, func() {
		end()
		s.transport.CloseIdleConnections()
	}
}
