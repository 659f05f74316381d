package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// special are the ranges that are not public, of the IANA registries of special-purpose addresses, and those through which an IPv6 address
// stands for one of IPv4.
var special = func() (list []netip.Prefix) {
	for _, text := range strings.Fields(`
		0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15
		198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
		::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`) {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

// public tells whether anybody's address may be this one.
func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// addresses resolves a host, which the list allows, to the addresses that a connection may go to.
func (s *session) addresses(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	addr, err := netip.ParseAddr(host)
	found := []netip.Addr{addr}
	if err != nil {
		ctx, cancel := context.WithTimeout(ctx, s.client.cfg.ConnectTimeout)
		defer cancel()
		if found, err = s.client.cfg.Lookup(ctx, host); err != nil {
			return nil, err
		}
	}
	var allowed []netip.Addr
	var refused []string
	for _, a := range found {
		a = a.Unmap()
		if public(a) || s.allow.Names(a, port) {
			allowed = append(allowed, a)
		} else {
			refused = append(refused, a.String())
		}
	}
	switch {
	case len(allowed) > 0:
		return allowed, nil
	case len(refused) > 0:
		return nil, fn.OutboundErrorf(abi.Denied, "%s has the address %s, which is not public: it may be reached only if the address itself is allowed, too",
			host, strings.Join(refused, ", "))
	}
	return nil, fmt.Errorf("%s has no address", host)
}

// dial makes a connection for net/http, to an address that it has checked.
func (s *session) dial(ctx context.Context, network, target string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.open, cancel)()
	addrs, err := s.addresses(ctx, host, uint16(port))
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: s.client.cfg.ConnectTimeout}
	for _, a := range addrs {
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(a, uint16(port)).String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}
