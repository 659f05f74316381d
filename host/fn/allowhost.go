package fn

import (
	"net/netip"
	"strconv"
	"strings"
)

// MaxAllowHosts bounds a function's list.
const MaxAllowHosts = 100

// AllowHost is one entry of a function's list of hosts that it may send HTTP requests to: a name or a range of addresses, with
// a port or with all of them.
type AllowHost struct {
	name   string       // lower case, without a final dot; "*.x" stands for all names below x, not for x
	prefix netip.Prefix // instead of a name
	port   uint16       // 0: every port
}

// AllowHosts is such a list. The empty list allows nothing.
type AllowHosts []AllowHost

// ParseAllowHosts reads a list. The forms of an entry are HOST and HOST:PORT, where HOST is a name (api.example.com), all names below one
// (*.example.com), an address (10.1.2.3, [2001:db8::1]) or a range of them (10.0.0.0/8, [fd00::/8]). The error is an InvalidArgument.
func ParseAllowHosts(list []string) (AllowHosts, error) {
	if len(list) > MaxAllowHosts {
		return nil, Errorf(CodeInvalidArgument, "AllowHosts has %d entries, the most is %d", len(list), MaxAllowHosts)
	}
	out := make(AllowHosts, 0, len(list))
	for _, text := range list {
		a, ok := parseAllowHost(text)
		if !ok {
			return nil, Invalid("AllowHosts", "HOST or HOST:PORT, where HOST is a name, *.NAME, an address or a range like 10.0.0.0/8, IPv6 in brackets, without scheme and path", text)
		}
		out = append(out, a)
	}
	return out, nil
}

func parseAllowHost(text string) (a AllowHost, ok bool) {
	host, port, hasPort := strings.Cut(text, ":")
	if inner, isBracketed := strings.CutPrefix(text, "["); isBracketed {
		var rest string
		if host, rest, ok = strings.Cut(inner, "]"); !ok || !strings.Contains(host, ":") || rest != "" && rest[0] != ':' {
			return a, false
		}
		_, port, hasPort = strings.Cut(rest, ":")
	}
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return a, false
		}
		a.port = uint16(n)
	}
	if prefix, err := netip.ParsePrefix(host); err == nil {
		a.prefix = prefix.Masked()
		return a, !prefix.Addr().Is4In6() // the range of IPv4 says it better
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap()
		a.prefix = netip.PrefixFrom(addr, addr.BitLen())
		return a, addr.Zone() == ""
	}
	a.name = HostName(host)
	return a, isHostName(strings.TrimPrefix(a.name, "*."))
}

// HostName brings a host's name into the form that names are compared in.
func HostName(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// isHostName takes what names in use look like: letters, digits, '-' and '_' in parts of at most 63 bytes, not all of them digits
// in the last part, which would be an odd spelling of an address.
func isHostName(name string) bool {
	parts := strings.Split(name, ".")
	for _, p := range parts {
		if len(p) == 0 || len(p) > 63 {
			return false
		}
		for i := 0; i < len(p); i++ {
			if c := p[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	last := parts[len(parts)-1]
	return len(name) <= 253 && strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

// Allows tells whether a URL may name this host, which is as HostName gives it, or an address as netip writes it.
func (l AllowHosts) Allows(host string, port uint16) bool {
	addr, err := netip.ParseAddr(host)
	if err == nil {
		return l.Names(addr, port)
	}
	for _, a := range l {
		if a.port != 0 && a.port != port || a.name == "" {
			continue
		}
		if below, ok := strings.CutPrefix(a.name, "*"); ok && strings.HasSuffix(host, below) || a.name == host {
			return true
		}
	}
	return false
}

// Names tells whether the list names this very address, or localhost for one of the loopback: only then may it be one that
// is not public.
func (l AllowHosts) Names(addr netip.Addr, port uint16) bool {
	addr = addr.Unmap()
	for _, a := range l {
		if a.port != 0 && a.port != port {
			continue
		}
		if a.prefix.IsValid() && a.prefix.Contains(addr) || a.name == "localhost" && addr.IsLoopback() {
			return true
		}
	}
	return false
}
