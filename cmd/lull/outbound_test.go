package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/hosttest"
)

func TestOutbound(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer web.Close()
	wasm := filepath.Join(t.TempDir(), "fetch.wasm")
	require.NoError(t, os.WriteFile(wasm, hosttest.Module(t, "fetch"), 0o666))
	// The guest's event: length of the head, time, flags, and the head.
	head := "GET " + web.URL + "/"
	event := string([]byte{byte(len(head)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) + head
	file := filepath.Join(t.TempDir(), "event")
	require.NoError(t, os.WriteFile(file, []byte(event), 0o666))
	sentences{
		"a guest reaches a host that --allow-host names, and no other": func(t *testing.T, s *server) {
			out := s.lull(t, "deploy", "out-one", wasm, "--allow-host", web.Listener.Addr().String(), "--allow-host=*.example.com:443").ok(t)
			require.Regexp(t, `outbound +`+web.Listener.Addr().String()+`, \*\.example\.com:443`, out)
			require.Equal(t, "\xcc\x00\x00\x00", s.lull(t, "invoke", "out-one", "-f", file).ok(t)[:4], "204")
			s.lull(t, "deploy", "out-one", wasm).ok(t) // a flag left out means its default
			require.Equal(t, "\xfb\xff\xff\xff", s.lull(t, "invoke", "out-one", "-f", file).ok(t)[:4], "-5")
		},
		"what is no host is refused": func(t *testing.T, s *server) {
			r := s.lull(t, "deploy", "out-two", wasm, "--allow-host", "http://example.com/")
			require.Equal(t, exitServer, r.code)
			require.Contains(t, r.stderr, "AllowHosts is set to an invalid value (allowed: HOST or HOST:PORT")
		},
	}.run(t, serve(t))
}
