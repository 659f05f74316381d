package fn_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

func TestAllowHosts_AllowWhatTheyName(t *testing.T) {
	for _, c := range []struct {
		entry string
		host  string
		port  uint16
		want  bool
	}{
		{"api.example.com", "api.example.com", 443, true},
		{"api.example.com", "api.example.com", 8080, true},
		{"API.Example.com.", "api.example.com", 80, true},
		{"api.example.com:443", "api.example.com", 443, true},
		{"api.example.com:443", "api.example.com", 80, false},
		{"api.example.com", "example.com", 443, false},
		{"api.example.com", "xapi.example.com", 443, false},
		{"api.example.com", "api.example.com.evil.org", 443, false},
		{"*.example.com", "a.b.example.com", 443, true},
		{"*.example.com", "example.com", 443, false},
		{"*.example.com", "badexample.com", 443, false},
		{"*.example.com:80", "a.example.com", 443, false},
		{"10.1.2.3", "10.1.2.3", 80, true},
		{"10.1.2.3:80", "10.1.2.3", 81, false},
		{"10.1.2.3", "::ffff:10.1.2.3", 80, true},
		{"10.0.0.0/8", "10.200.0.1", 80, true},
		{"10.0.0.0/8:81", "10.200.0.1", 80, false},
		{"10.0.0.0/8", "11.0.0.1", 80, false},
		{"[2001:db8::1]", "2001:db8::1", 80, true},
		{"[2001:db8::1]:80", "2001:db8::1", 81, false},
		{"[fd00::/8]:80", "fd12::1", 80, true},
		{"[::ffff:10.1.2.3]", "10.1.2.3", 80, true},
		{"0.0.0.0/0", "::1", 80, false},
		{"localhost", "localhost", 80, true},
		{"localhost:81", "localhost", 80, false},
		{"localhost", "127.0.0.1", 80, true},
	} {
		list, err := fn.ParseAllowHosts([]string{"other.example", c.entry})
		require.NoError(t, err, c.entry)
		require.Equal(t, c.want, list.Allows(c.host, c.port), "%+v", c)
	}
	require.False(t, fn.AllowHosts(nil).Allows("example.com", 80))
}

func TestAllowHosts_NameAnAddressOnlyByItself(t *testing.T) {
	list, err := fn.ParseAllowHosts([]string{"internal.example", "*.example", "192.168.0.0/16", "localhost:80"})
	require.NoError(t, err)
	require.False(t, list.Names(netip.MustParseAddr("10.0.0.1"), 80), "a name lifts nothing")
	require.True(t, list.Names(netip.MustParseAddr("192.168.1.1"), 80))
	require.True(t, list.Names(netip.MustParseAddr("::ffff:192.168.1.1"), 80))
	require.True(t, list.Names(netip.MustParseAddr("127.0.0.1"), 80))
	require.True(t, list.Names(netip.MustParseAddr("::1"), 80))
	require.False(t, list.Names(netip.MustParseAddr("127.0.0.1"), 81))
}

func TestParseAllowHosts_RefusesWhatIsNoHost(t *testing.T) {
	for _, entry := range []string{
		"", "*", "*.", "a..b", ".a", "http://a.example", "a.example/path", "a.example:", "a.example:0", "a.example:65536", "a.example:http", "a.example:+80", "a b",
		"user@a.example", "a.*.example", "::1", "::1:80", "[::1", "[::1]x", "[::1]80", "[a.example]", "[10.0.0.1]", "[]", "[fe80::1%eth0]", "10.0.0.0/33",
		"[::ffff:10.0.0.0/104]", "2130706433", "0x7f000001", "127.1", "bücher.example", "a.example:80:81",
	} {
		_, err := fn.ParseAllowHosts([]string{entry})
		require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err), "%q", entry)
	}
	list := make([]string, fn.MaxAllowHosts+1)
	for i := range list {
		list[i] = fmt.Sprintf("h%d.example", i)
	}
	_, err := fn.ParseAllowHosts(list)
	require.ErrorContains(t, err, "the most is 100")
}
