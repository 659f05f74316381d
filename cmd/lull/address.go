package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/lull-dev/lull/host/fcapi/sign"
)

// apiAddress resolves the address of the control API. Without keys it refuses one that others can reach: whoever can call it can run
// code here.
func apiAddress(addr string, keys *sign.Keys) (*net.TCPAddr, error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, usagef("--api %s: %w", addr, err)
	}
	if a.IP.IsLoopback() || keys != nil {
		return a, nil
	}
	return nil, usagef("--api %s can be reached from other machines, and whoever reaches the control API can run code here. "+
		"Use a loopback address such as %s; an address like this one needs signed requests: --access-key-file FILE, %s or --access-key ID:SECRET",
		addr, defaultAPIAddress, keyVariable)
}

// listen opens a TCP listener; flag names the address in errors.
func listen(flag string, addr *net.TCPAddr) (net.Listener, error) {
	l, err := net.ListenTCP("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("--%s %s: the port is in use; is another `lull serve` running? Stop it, or choose another address with --%s", flag, addr, flag)
	}
	return nil, fmt.Errorf("--%s: %w", flag, err)
}

// baseURL is where a client on this machine reaches a listener: an unspecified address becomes the loopback one.
func baseURL(l net.Listener) string {
	a := l.Addr().(*net.TCPAddr).AddrPort()
	ip := a.Addr().Unmap()
	switch {
	case ip == netip.IPv4Unspecified():
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case ip == netip.IPv6Unspecified():
		ip = netip.IPv6Loopback()
	}
	return "http://" + netip.AddrPortFrom(ip, a.Port()).String()
}
