package host_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/outbound"
)

// senders are handlers that send the request that the event describes, by the means that their language has for it, and answer with what came of it.
var senders = []struct{ interpreter, runtime, file, code, initializer string }{
	{"python", "python3.11", "index.py", `
import json, urllib.request, urllib.error
def handler(event, context):
    e = json.loads(event)
    request = urllib.request.Request(e["url"], e["body"].encode() or None, {"X-Mine": "ä b".encode().decode("latin-1")}, method=e["method"])
    try:
        with urllib.request.urlopen(request, timeout=e["timeout"] or None) as answer:
            return {"status": answer.status, "type": answer.headers["Content-Type"], "body": answer.read().decode()}
    except urllib.error.HTTPError as answer:
        return {"status": answer.code, "type": answer.headers["Content-Type"], "body": answer.read().decode()}
    except OSError as e:
        return {"error": str(e)}
def initializer(context):
    print(urllib.request.urlopen(__import__("os").environ["URL"]).read().decode())
`, "index.initializer"},
	{"php", "php8.2", "index.php", `<?php
function handler($event, $context) {
    $e = json_decode($event, true);
    $options = ["method" => $e["method"], "header" => "X-Mine: ä b\r\nContent-Type: text/x-mine", "content" => $e["body"], "ignore_errors" => true];
    if ($e["timeout"]) $options["timeout"] = $e["timeout"];
    $why = "";
    set_error_handler(function ($kind, $text) use (&$why) { $why .= $text; return true; });
    $body = file_get_contents($e["url"], false, stream_context_create(["http" => $options]));
    restore_error_handler();
    if ($body === false) return ["error" => $why];
    $headers = http_get_last_response_headers();
    $type = preg_replace("/^Content-Type: /", "", array_values(preg_grep("/^Content-Type:/", $headers))[0] ?? "");
    return ["status" => (int)explode(" ", $headers[0])[1], "type" => $type, "body" => $body];
}
function initializer($context) {
    echo file_get_contents(getenv("URL")), "\n";
}
`, "index.initializer"},
	{"ruby", "ruby3.4", "index.rb", `
require "json"
require "net/http"
def handler(event:, context:)
  e = JSON.parse(event)
  uri = URI(e["url"])
  http = Net::HTTP.new(uri.host, uri.port)
  http.use_ssl = uri.scheme == "https"
  http.max_retries = 0
  http.read_timeout = e["timeout"] if e["timeout"] > 0
  request = Net::HTTP.const_get(e["method"].capitalize).new(uri, "X-Mine" => "ä b")
  request.body = e["body"] unless e["body"].empty?
  answer = http.request(request)
  { status: answer.code.to_i, type: answer["Content-Type"], body: (answer.body || "").dup.force_encoding("UTF-8") }
rescue SystemCallError, SocketError, Timeout::Error => error
  { error: error.message }
end
def initializer(context:)
  puts Net::HTTP.get(URI(ENV["URL"]))
end
`, "index.initializer"},
}

func TestLanguages_SendHTTPRequestsToTheHostsThatTheFunctionWasDeployedFor(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		w.Header().Set("Content-Type", "text/x-mine")
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute):
			}
			return
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
			return
		}
		io.WriteString(w, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("X-Mine")+" "+string(body))
	}))
	defer server.Close()
	refused := httptest.NewServer(nil)
	refused.Close()
	for _, s := range senders {
		t.Run(s.interpreter, func(t *testing.T) {
			l := newLanguage(t, s.interpreter, s.runtime, host.Config{Outbound: outbound.New(outbound.Config{}), StartTimeout: time.Minute})
			allowed := strings.TrimPrefix(server.URL, "http://")
			f := l.deploy(t, treeOf(t, s.file, s.code), env("URL", server.URL+"/hook"), func(f *fn.Function) {
				f.AllowHosts = []string{allowed, strings.TrimPrefix(refused.URL, "http://")}
				f.Initializer.Handler = s.initializer
			})
			type result struct {
				Status            int
				Type, Body, Error string
			}
			send := func(method, url, body string, timeout float64) (r result) {
				t.Helper()
				event, err := json.Marshal(map[string]any{"method": method, "url": url, "body": body, "timeout": timeout})
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal([]byte(f.answer(t, string(event))), &r))
				return r
			}
			require.Equal(t, result{200, "text/x-mine", "GET /a?b=c%20d \u00e4 b ", ""}, send("GET", server.URL+"/a?b=c%20d", "", 0))
			require.Equal(t, []string{"Initialize info GET /hook  "}, f.lines(t)[:1], "a hook may send one, too")
			require.Equal(t, result{200, "text/x-mine", "POST /b \u00e4 b one\ntwo", ""}, send("POST", server.URL+"/b", "one\ntwo", 5))
			require.Equal(t, result{200, "text/x-mine", "PUT / \u00e4 b x", ""}, send("PUT", server.URL+"/", "x", 0))
			require.Equal(t, result{200, "text/x-mine", "", ""}, send("HEAD", server.URL+"/h", "", 0))
			require.Equal(t, result{404, "text/x-mine", "GET /missing \u00e4 b ", ""}, send("GET", server.URL+"/missing", "", 0))
			if moved := send("GET", server.URL+"/moved", "", 0); s.interpreter == "ruby" {
				require.Equal(t, 302, moved.Status, "Net::HTTP follows none")
			} else {
				require.Equal(t, "GET /there \u00e4 b ", moved.Body)
			}
			require.Equal(t, 204, send("GET", server.URL+"/empty", "", 0).Status)
			long := strings.Repeat("0123456789", 100_000)
			require.Equal(t, "POST /long \u00e4 b "+long, send("POST", server.URL+"/long", long, 0).Body)

			require.Contains(t, send("GET", "http://example.com/", "", 0).Error, "the function may not send requests to example.com port 80")
			require.Contains(t, send("GET", "https://example.com/", "", 0).Error, "the function may not send requests to example.com port 443")
			require.Contains(t, send("GET", refused.URL, "", 0).Error, "connection refused")
			require.Contains(t, send("GET", server.URL+"/slow", "", 0.05).Error, "there was no answer in time")
			require.Equal(t, 200, send("GET", server.URL+"/", "", 0).Status)
		})
	}
}
