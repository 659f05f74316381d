package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/engine/http1"
	"github.com/lull-dev/lull/host/fn"
)

func TestIsToken_TakesTheCharactersOfRFC9110(t *testing.T) {
	const token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	require.True(t, http1.IsToken(token))
	for c := range 256 {
		name := "X" + string([]byte{byte(c)})
		require.Equal(t, strings.IndexByte(token, byte(c)) >= 0, http1.IsToken(name), "%q", name)
	}
	require.False(t, http1.IsToken(""))
}

func TestIsFieldValue_RefusesControlCharacters(t *testing.T) {
	for c := range 256 {
		control := c < 0x20 && c != '\t' || c == 0x7f
		require.Equal(t, !control, http1.IsValue("a"+string([]byte{byte(c)})+"b"), "%q", byte(c))
	}
	require.True(t, http1.IsValue(""))
}

func TestHostOwned_IsWithoutRegardToCase(t *testing.T) {
	for _, name := range []string{
		"Connection", "Content-Length", "Date", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
		"X-Fc-Request-Id", "X-Fc-Anything",
	} {
		for _, n := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			require.True(t, hostOwned(n), n)
		}
	}
	for _, name := range []string{"Content-Type", "X-Fcx", "X-F", "Set-Cookie", "Location", "Server", "Dates", "TE-"} {
		require.False(t, hostOwned(name), name)
	}
}

// web is the HTTP part of a request.
type web string

func (web) Method() string                    { return "GET" }
func (web) Path() string                      { return "/a" }
func (web) Query() string                     { return "b=1" }
func (web) ClientIP() string                  { return "127.0.0.1" }
func (w web) AppendHeaders(dst []byte) []byte { return append(dst, w...) }

func TestHeaders_KeepsRepeatedNamesInOrder(t *testing.T) {
	var h fn.HTTP = web("Accept: a\nX-Empty: \nAccept: b: c\n")
	require.Equal(t, map[string][]string{"Accept": {"a", "b: c"}, "X-Empty": {""}}, headers(h))
	require.Empty(t, headers(web("")))
}
