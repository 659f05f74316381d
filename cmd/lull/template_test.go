package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi/sign"
	"github.com/lull-dev/lull/host/hosttest"
)

// shop is an s.yaml of one service with three functions: their code is a module, a folder with a module in it, and a zip file.
const shop = `edition: 1.0.0
vars:
  service: {name: shop, description: from a file}
services:
  cart:
    component: fc
    props:
      service: ${vars.service}
      function:
        name: cart
        runtime: wasm
        handler: index.handler
        codeUri: code/probe.wasm
        environmentVariables: {STAGE: "${env(STAGE)}"}
        instanceLifecycleConfig:
          preFreeze: {handler: index.preFreeze, timeout: 10}
          preStop: {handler: index.preStop, timeout: 30}
        asyncConfiguration:
          maxAsyncRetryAttempts: 0
          maxAsyncEventAgeInSeconds: 60
          statefulInvocation: true
          destination: {onSuccess: "acs:fc:::services/shop.LATEST/functions/stock", onFailure: shop/price}
      triggers:
        - {name: web, type: http, config: {authType: anonymous, methods: [GET, POST]}}
  stock:
    component: fc
    props:
      service: ${vars.service}
      function: {name: stock, runtime: wasm, handler: handler, codeUri: code, timeout: 9, colour: blue}
  price:
    component: fc
    props:
      service: ${vars.service}
      function: {name: price, runtime: python2.7, handler: index.handler, codeUri: code.zip}
`

// shopFiles writes s.yaml and the code beside it, and returns the file's path.
func shopFiles(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "code"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "code", "probe.wasm"), hosttest.Probe, 0o600))
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("probe.wasm")
	require.NoError(t, err)
	_, err = w.Write(hosttest.Probe)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "code.zip"), packed.Bytes(), 0o600))
	file := filepath.Join(dir, "s.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestDeployTemplate(t *testing.T) {
	s := serve(t, "--access-key", "ak:sk")
	lull := func(t *testing.T, args ...string) result {
		t.Helper()
		return run(t, []string{"LULL_API=" + s.api, "STAGE=test", keyVariable + "=ak:sk"}, "", args...)
	}
	file := shopFiles(t, shop)
	r := lull(t, "deploy", "-t", file)
	out := r.ok(t)
	for _, name := range []string{"cart", "stock", "price"} {
		require.Contains(t, out, "shop/"+name+" created")
	}
	require.Regexp(t, `preFreeze +index.preFreeze +10 s`, out)
	require.Regexp(t, `preStop +index.preStop +30 s`, out)
	require.Contains(t, out, "trigger web created: http")
	require.Contains(t, r.stderr, file+":29: services.stock.props.function.colour: lull does not know this key")
	require.Contains(t, lull(t, "invoke", "shop/cart", "-f", event(t, "k\x00")).ok(t), `"environmentVariables":{"STAGE":"test"}`)
	for _, name := range []string{"stock", "price"} {
		require.Equal(t, "ehello", lull(t, "invoke", "shop/"+name, "-d", "ehello").ok(t))
	}

	t.Run("sets what becomes of asynchronous invocations", func(t *testing.T) {
		require.Contains(t, out, "asynchronous configuration set")
		require.NotContains(t, r.stderr, "asyncConfiguration")
		var config map[string]any
		getSigned(t, s, "/2016-08-15/services/shop/functions/cart/async-invoke-config", &config)
		require.EqualValues(t, 0, config["maxAsyncRetryAttempts"])
		require.EqualValues(t, 60, config["maxAsyncEventAgeInSeconds"])
		require.Equal(t, true, config["statefulInvocation"])
		require.Equal(t, map[string]any{
			"onSuccess": map[string]any{"destination": "acs:fc:::services/shop.LATEST/functions/stock"}, "onFailure": map[string]any{"destination": "shop/price"},
		}, config["destinationConfig"])
		require.Equal(t, 404, getSigned(t, s, "/2016-08-15/services/shop/functions/stock/async-invoke-config", nil))
		before := len(fromJSON[[]any](t, lull(t, "requests", "shop/price", "--json").ok(t)))
		lull(t, "invoke", "shop/cart", "--async", "-d", "f").ok(t)
		require.Eventually(t, func() bool {
			return len(fromJSON[[]any](t, lull(t, "requests", "shop/price", "--json").ok(t))) == before+1
		}, patience, 10*time.Millisecond, "an invocation that fails is told to price, at once")
	})

	t.Run("deploying again replaces: what the file leaves out has its default again", func(t *testing.T) {
		start := strings.Index(shop, "        instanceLifecycleConfig")
		end := strings.Index(shop, "      triggers")
		again := shopFiles(t, shop[:start]+shop[end:])
		out := lull(t, "deploy", "-t", again).ok(t)
		require.Contains(t, out, "shop/cart updated")
		require.NotContains(t, out, "index.preFreeze")
		require.Contains(t, out, "trigger web updated: http")
		require.Equal(t, 404, getSigned(t, s, "/2016-08-15/services/shop/functions/cart/async-invoke-config", nil))
	})

	t.Run("names file, line and key of what is wrong, and deploys nothing", func(t *testing.T) {
		bad := shopFiles(t, strings.ReplaceAll(strings.Replace(shop, "codeUri: code.zip", "codeUri: nothing.zip", 1), "name: shop", "name: other"))
		lull(t, "deploy", "-t", bad).fails(t, exitUsage, bad+":34: services.price.props.function.codeUri: ", "nothing.zip")
		bad = shopFiles(t, strings.Replace(shop, "timeout: 9", "timeout: nine", 1))
		lull(t, "deploy", "-t", bad).fails(t, exitUsage, bad+":29: services.stock.props.function.timeout: expected a whole number")
		bad = shopFiles(t, strings.Replace(shop, "statefulInvocation: true", "statefulInvocation: maybe", 1))
		lull(t, "deploy", "-t", bad).fails(t, exitUsage, bad+":21: services.cart.props.function.asyncConfiguration.statefulInvocation: expected true or false")
		require.NotContains(t, lull(t, "ls").ok(t), "other")
	})

	t.Run("names the entry that the server refuses", func(t *testing.T) {
		bad := shopFiles(t, strings.Replace(shop, "timeout: 9", "timeout: 90000", 1))
		r := lull(t, "deploy", "-t", bad)
		require.Equal(t, exitServer, r.code)
		require.Contains(t, r.stderr, bad+":25: services.stock: InvalidArgument: Timeout is set to an invalid value")
	})

	t.Run("a variable that is not there is an error", func(t *testing.T) {
		run(t, []string{"LULL_API=" + s.api}, "", "deploy", "-t", file).fails(t, exitUsage, file+":14: services.cart.props.function.environmentVariables.STAGE", "STAGE")
	})
	lull(t, "deploy", "-t", file, "name", "x.wasm").fails(t, exitUsage, "not both")
	lull(t, "deploy", "-t", "nowhere.yaml").fails(t, exitUsage, "nowhere.yaml")
	lull(t, "deploy", "name").fails(t, exitUsage, "-t FILE")
}

// getSigned asks the API with the key of these tests, and returns the status.
func getSigned(t *testing.T, s *server, path string, to any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.api+path, nil)
	require.NoError(t, err)
	key, err := sign.ParseKey("ak:sk")
	require.NoError(t, err)
	signed := sign.Request{Method: "GET", Path: path}
	require.NoError(t, key.Sign(&signed, time.Now()))
	req.Header.Set("Date", signed.Date)
	req.Header.Set("Authorization", signed.Authorization)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	if to != nil {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(to))
	}
	return resp.StatusCode
}

func event(t *testing.T, text string) string { return file(t, "event", []byte(text)) }
