package front

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/front/httpd"
)

func TestRoute_AsksForTheDefaultServiceFirst(t *testing.T) {
	functions := map[fn.Key]bool{{Service: "default", Name: "f"}: true, {Service: "s", Name: "f"}: true, {Service: "f", Name: "g"}: true}
	has := func(k fn.Key) bool { return functions[k] }
	for path, want := range map[string]string{
		"/f": "default/f /", "/f/": "default/f /", "/f/a/b": "default/f /a/b", "/f//a": "default/f //a", "/f/g": "default/f /g",
		"/s/f": "s/f /", "/s/f/": "s/f /", "/s/f/%2F": "s/f /%2F", "/default/f/x": "default/f /x",
		"/s": "-", "/s/": "-", "/s//f": "-", "//f": "-", "": "-", "/": "-", "f": "-", "*": "-", "/F": "-",
	} {
		key, rest, ok := route([]byte(path), has)
		got := "-"
		if ok {
			got = key.String() + " " + string(rest)
		}
		require.Equal(t, want, got, path)
	}
}

// FuzzRequestPath holds what must be true of any request target: no panic, the guest's path is rooted and a part of what was sent, and the
// names come from it.
func FuzzRequestPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/f", "/f/", "/f/a?b=c", "/s/f/x%2Fy", "//f", "/f//", "/f?x#y", "/f#?y", "http://h/f/x", "http://h", "http://", "*", "?", "#",
		"/f/\x00", "/%66", "/s.LATEST/f", "/f/../g", "/f/" + strings.Repeat("a/", 100), "://", "x://y//f",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		var h fasthttp.RequestHeader
		h.SetRequestURI(target)
		path, query := httpd.Target(&h)
		if bytes.ContainsAny(path, "?#") || bytes.IndexByte(query, '#') >= 0 {
			t.Fatalf("%q: path %q, query %q", target, path, query)
		}
		var asked []fn.Key
		key, rest, ok := route(path, func(k fn.Key) bool {
			asked = append(asked, k)
			return len(k.Name)%2 == 1
		})
		for _, k := range asked {
			if k.Name == "" || k.Service == "" || strings.ContainsAny(k.Name+k.Service, "/?#") {
				t.Fatalf("%q: asked for %q", target, k)
			}
		}
		if !ok {
			return
		}
		if key != asked[len(asked)-1] {
			t.Fatalf("%q: %q was found, %q asked last", target, key, asked)
		}
		if len(rest) == 0 || rest[0] != '/' {
			t.Fatalf("%q: the guest would see %q", target, rest)
		}
		if !bytes.Equal(rest, root) && !bytes.HasSuffix(path, rest) {
			t.Fatalf("%q: %q is not the end of %q", target, rest, path)
		}
	})
}
