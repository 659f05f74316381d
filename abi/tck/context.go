package tck

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// httpFields exist only in a request that came by HTTP.
var httpFields = []string{"method", "path", "query", "clientIP", "headers"}

func (k *kit) context(t *testing.T) {
	t.Run("names the call as its answer does", func(t *testing.T) {
		for field, want := range map[string]func(outcome) string{
			"requestId":  func(o outcome) string { return o.request },
			"instanceId": func(o outcome) string { return o.instance },
			"function":   func(outcome) string { return k.Function },
			"service":    func(outcome) string { return k.Service },
			"qualifier":  func(outcome) string { return "LATEST" },
			"versionId":  func(outcome) string { return "" },
			"phase":      func(outcome) string { return "handler" },
		} {
			o := k.call(t, "context %s", field)
			equal(t, field, o.text(t), want(o))
			o = k.request(t, http.MethodPost, "/", nil, event("", "context %s", field))
			equal(t, field+" on the URL", o.text(t), want(o))
		}
	})
	t.Run("has a deadline in milliseconds", func(t *testing.T) {
		text := k.call(t, "context deadline").text(t)
		if ms, err := strconv.ParseInt(text, 10, 64); err != nil || ms < 1e12 {
			t.Errorf("deadline %q is not Unix time in milliseconds", text)
		}
	})
	t.Run("has no HTTP fields in an event", func(t *testing.T) {
		for _, field := range httpFields {
			equal(t, field, k.call(t, "context %s", field).text(t), "-1")
		}
	})
	t.Run("has the HTTP request as it was sent", k.httpContext)
	t.Run("is one JSON object", k.jsonContext)
	t.Run("writes a field only if all of it fits", func(t *testing.T) {
		k.need(t, "field")
		for line, want := range map[string]string{
			"field 7 16":       "7 written", // "handler"
			"field 7 7":        "7 written",
			"field 7 6":        "7 untouched",
			"field 7 0":        "7 untouched",
			"field 5 16":       "0 untouched", // the version of LATEST
			"field 9 16":       "-1 untouched",
			"field 99 16":      "-1 untouched",
			"field 65536 4096": "-1 untouched",
		} {
			equal(t, line, k.call(t, "%s", line).text(t), want)
		}
	})
}

func (k *kit) httpContext(t *testing.T) {
	header := http.Header{"X-Tck": {"one", "two: 2"}, "Content-Type": {"text/x-tck"}}
	ask := func(method, path, field string) string {
		return k.request(t, method, path, header, event("", "context %s", field)).text(t)
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		equal(t, "method", ask(method, "/", "method"), method)
	}
	for sent, want := range map[string]string{"": "/", "/": "/", "/a/b": "/a/b", "/a%20b/%C3%A4": "/a%20b/%C3%A4", "/x/?y=1": "/x/"} {
		equal(t, "path of "+sent, ask("POST", sent, "path"), want)
	}
	for sent, want := range map[string]string{"/": "", "/?": "", "/?a=1&b=%20&a=2": "a=1&b=%20&a=2", "/?x": "x"} {
		equal(t, "query of "+sent, ask("POST", sent, "query"), want)
	}
	if ip := ask("POST", "/", "clientIP"); !validIP(ip) {
		t.Errorf("client address %q is not one", ip)
	}
	headers := ask("POST", "/", "headers")
	for _, line := range []string{"X-Tck: one\n", "X-Tck: two: 2\n", "Content-Type: text/x-tck\n"} {
		contains(t, "headers", headers, line)
	}
	if !strings.HasSuffix(headers, "\n") {
		t.Errorf("the last header does not end with a line feed: %q", headers)
	}
	// A method without a body: the empty event's answer shows that it came through.
	sameDigest(t, k.request(t, http.MethodGet, "/", nil, nil).text(t), nil)
}

func validIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// jsonObject is the part of field 0 that the kit can check.
type jsonObject struct {
	RequestID   string
	Credentials *struct{ AccessKeyID string }
	Function    struct {
		Name    string
		Timeout int
		Memory  int
	}
	Service struct {
		Name      string
		Qualifier string
	}
	InstanceID           string
	Phase                string
	Deadline             int64
	EnvironmentVariables map[string]string
	HTTP                 *struct {
		Method, Path, Query, ClientIP string
		Headers                       map[string][]string
	}
}

func (k *kit) jsonContext(t *testing.T) {
	parse := func(o outcome) (j jsonObject) {
		if err := json.Unmarshal([]byte(o.text(t)), &j); err != nil {
			t.Fatalf("%v in %s", err, o.body)
		}
		equal(t, "requestId", j.RequestID, o.request)
		equal(t, "instanceId", j.InstanceID, o.instance)
		equal(t, "function.name", j.Function.Name, k.Function)
		equal(t, "service.name", j.Service.Name, k.Service)
		equal(t, "service.qualifier", j.Service.Qualifier, "LATEST")
		equal(t, "function.timeout", j.Function.Timeout, longLimit)
		equal(t, "phase", j.Phase, "handler")
		if j.Credentials == nil || j.EnvironmentVariables == nil || j.Deadline < 1e12 || j.Function.Memory == 0 {
			t.Errorf("credentials, environmentVariables, deadline or memory is missing in %s", o.body)
		}
		return j
	}
	if j := parse(k.call(t, "context json")); j.HTTP != nil {
		t.Errorf("an event has an HTTP request: %+v", j.HTTP)
	}
	j := parse(k.request(t, "PUT", "/a%20b?c=1", http.Header{"X-Tck": {"1", "2"}}, event("", "context json")))
	if j.HTTP == nil {
		t.Fatal("http is missing in a request to the URL")
	}
	equal(t, "http.method", j.HTTP.Method, "PUT")
	equal(t, "http.path", j.HTTP.Path, "/a%20b")
	equal(t, "http.query", j.HTTP.Query, "c=1")
	equal(t, "http.headers", strings.Join(j.HTTP.Headers["X-Tck"], ","), "1,2")
}
