package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
	require.Contains(t, r.stderr, file+":24: services.stock.props.function.colour: lull does not know this key")
	require.Contains(t, lull(t, "invoke", "shop/cart", "-f", event(t, "k\x00")).ok(t), `"environmentVariables":{"STAGE":"test"}`)
	for _, name := range []string{"stock", "price"} {
		require.Equal(t, "ehello", lull(t, "invoke", "shop/"+name, "-d", "ehello").ok(t))
	}

	t.Run("deploying again replaces: what the file leaves out has its default again", func(t *testing.T) {
		start := strings.Index(shop, "        instanceLifecycleConfig")
		end := strings.Index(shop, "      triggers")
		again := shopFiles(t, shop[:start]+shop[end:])
		out := lull(t, "deploy", "-t", again).ok(t)
		require.Contains(t, out, "shop/cart updated")
		require.NotContains(t, out, "index.preFreeze")
		require.Contains(t, out, "trigger web updated: http")
	})

	t.Run("names file, line and key of what is wrong, and deploys nothing", func(t *testing.T) {
		bad := shopFiles(t, strings.ReplaceAll(strings.Replace(shop, "codeUri: code.zip", "codeUri: nothing.zip", 1), "name: shop", "name: other"))
		lull(t, "deploy", "-t", bad).fails(t, exitUsage, bad+":29: services.price.props.function.codeUri: ", "nothing.zip")
		bad = shopFiles(t, strings.Replace(shop, "timeout: 9", "timeout: nine", 1))
		lull(t, "deploy", "-t", bad).fails(t, exitUsage, bad+":24: services.stock.props.function.timeout: expected a whole number")
		require.NotContains(t, lull(t, "ls").ok(t), "other")
	})

	t.Run("names the entry that the server refuses", func(t *testing.T) {
		bad := shopFiles(t, strings.Replace(shop, "timeout: 9", "timeout: 90000", 1))
		r := lull(t, "deploy", "-t", bad)
		require.Equal(t, exitServer, r.code)
		require.Contains(t, r.stderr, bad+":20: services.stock: InvalidArgument: Timeout is set to an invalid value")
	})

	t.Run("a variable that is not there is an error", func(t *testing.T) {
		run(t, []string{"LULL_API=" + s.api}, "", "deploy", "-t", file).fails(t, exitUsage, file+":14: services.cart.props.function.environmentVariables.STAGE", "STAGE")
	})
	lull(t, "deploy", "-t", file, "name", "x.wasm").fails(t, exitUsage, "not both")
	lull(t, "deploy", "-t", "nowhere.yaml").fails(t, exitUsage, "nowhere.yaml")
	lull(t, "deploy", "name").fails(t, exitUsage, "-t FILE")
}

func event(t *testing.T, text string) string { return file(t, "event", []byte(text)) }
