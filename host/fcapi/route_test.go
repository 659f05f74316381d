package fcapi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMatch_SplitsNamesAndQualifierAtTheFirstDot(t *testing.T) {
	for path, want := range map[string]string{
		"/2016-08-15/services/s":                         "2016-08-15/services/{service} s||",
		"/2016-08-15/services/s.1.2/functions/f":         "2016-08-15/services/{service}/functions/{function} s|1.2|f",
		"//2016-08-15///services/s./functions/f.g/":      "2016-08-15/services/{service}/functions/{function} s||f.g",
		"/2016-08-15/services/%73%2E1/functions/a%2Fb":   "2016-08-15/services/{service}/functions/{function} s|1|a/b",
		"/2016-08-15/services/s/functions/f/invocations": "2016-08-15/services/{service}/functions/{function}/invocations s||f",
		"/_lull/logs": "_lull/logs ||", "/2016-08-15/services/s/functionx/f": "-", "": "-", "/": "-", "/2016-08-15": "-",
	} {
		r, n, err := match(path)
		require.NoError(t, err, path)
		got := "-"
		if r != nil {
			got = strings.Join(r.path, "/") + " " + n.service + "|" + n.qualifier + "|" + n.function
		}
		require.Equal(t, want, got, path)
	}
}

// FuzzRequestPath holds what must be true of any path: no panic, and the same route and names however often slashes are repeated.
func FuzzRequestPath(f *testing.F) {
	for _, seed := range []string{
		"", "/", "//", "/2016-08-15", "/2016-08-15/services", "//2016-08-15/services/s", "/2016-08-15/services/s.LATEST/functions/f/invocations",
		"/2016-08-15/services/s.1.2/functions", "/2016-08-15/services/./functions/f", "/2016-08-15/services/%2e/functions/%2F", "/%", "/%zz",
		"/2016-08-15/services/%00", "/_lull/logs", "/metrics/", "/healthz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, n, err := match(path)
		again, m, err2 := match("/" + strings.ReplaceAll(path, "/", "//") + "/")
		if r != again || n != m || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: %v %v %v, with more slashes %v %v %v", path, r, n, err, again, m, err2)
		}
		if err != nil && r != nil {
			t.Fatalf("%q: both a route and an error", path)
		}
		if strings.Contains(n.service, ".") {
			t.Fatalf("%q: service %q", path, n.service)
		}
		if r != nil && isVersioned(path) != strings.HasPrefix(strings.Join(r.path, "/"), version) && !strings.Contains(path, "%") {
			t.Fatalf("%q: %v", path, r.path)
		}
	})
}
