package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/hosttest"
)

func TestDeploy(t *testing.T) {
	wasm := probe(t)
	sentences{
		"configures the hooks that the module exports and says so": func(t *testing.T, s *server) {
			out := s.lull(t, "deploy", "hooks", wasm).ok(t)
			require.Regexp(t, `preFreeze +preFreeze +3 s`, out)
			require.Regexp(t, `preStop +preStop +3 s`, out)
			require.Regexp(t, `initializer +initializer +3 s`, out)
			require.Regexp(t, `memory +128 MiB`, out)
			require.Contains(t, out, s.http+"/hooks/")
			require.Contains(t, out, "curl ")
		},
		"switches a hook off with none or an empty name": func(t *testing.T, s *server) {
			out := s.lull(t, "deploy", "off", wasm, "--pre-freeze", "none", "--pre-stop", "").ok(t)
			require.Regexp(t, `preFreeze +off`, out)
			require.Regexp(t, `preStop +off`, out)
			s.lull(t, "invoke", "off", "-d", "c").ok(t)
			require.NotContains(t, s.lull(t, "logs", "off").ok(t), "PreFreeze")
		},
		"takes hooks by other names with their timeouts": func(t *testing.T, s *server) {
			out := s.lull(t, "deploy", "named", wasm, "--pre-stop", "index.preFreeze", "--pre-stop-timeout", "30", "--pre-freeze-timeout=7").ok(t)
			require.Regexp(t, `preFreeze +preFreeze +7 s`, out)
			require.Regexp(t, `preStop +index.preFreeze +30 s`, out)
		},
		"leaves preFreeze out for a runtime that may not have it": func(t *testing.T, s *server) {
			r := s.lull(t, "deploy", "snake", wasm, "--runtime", "python3")
			require.Regexp(t, `preFreeze +off`, r.ok(t))
			require.Regexp(t, `preStop +preStop`, r.stdout)
			require.Contains(t, r.stderr, "runtime python3 may not have that hook")
		},
		"is refused when such a runtime is to have it": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "viper", wasm, "--runtime", "python3", "--pre-freeze", "preFreeze").
				fails(t, exitServer, "InvalidArgument", "python3", "PreFreeze")
		},
		"replaces a function, and a flag left out means its default again": func(t *testing.T, s *server) {
			require.Contains(t, s.lull(t, "deploy", "twice", wasm, "--memory", "64", "--env", "A=1", "--pre-stop", "none").ok(t), "created")
			out := s.lull(t, "deploy", "twice", wasm).ok(t)
			require.Contains(t, out, "updated")
			require.Regexp(t, `memory +128 MiB`, out)
			require.Regexp(t, `preStop +preStop`, out)
		},
		"makes the service that it names": func(t *testing.T, s *server) {
			require.Contains(t, s.lull(t, "deploy", "shop/cart", wasm).ok(t), s.http+"/shop/cart/")
			s.lull(t, "invoke", "cart", "--service", "shop", "-d", "c").ok(t)
		},
		"passes the environment on as it is": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "env", wasm, "--env", "A=1;2,3", "--env", `B=x=y\z`, "--env", "C=").ok(t)
			context := s.lull(t, "invoke", "env", "-f", file(t, "event", []byte("k\x00"))).ok(t)
			require.Contains(t, context, `"environmentVariables":{"A":"1;2,3","B":"x=y\\z","C":""}`)
		},
		"passes limits on": func(t *testing.T, s *server) {
			out := s.lull(t, "deploy", "limits", wasm, "--memory=64", "--timeout=9", "--concurrency=2", "--max-instances=5",
				"--min-instances=1", "--idle-timeout", "-1").ok(t)
			require.Regexp(t, `handler +handler +9 s`, out)
			require.Regexp(t, `memory +64 MiB`, out)
			require.Contains(t, out, "1 to 5, 2 requests each, never stopped for being idle")
		},
		"builds a directory first": func(t *testing.T, s *server) {
			dir := filepath.Join("..", "..", "guests", "go", "example", "counter")
			s.lull(t, "deploy", "counter", dir, "--idle-timeout", "600").ok(t)
			require.Equal(t, "2", s.lull(t, "invoke", "counter").ok(t))
			require.Equal(t, "5", eventually(t, s, "5", "invoke", "counter"))
		},
	}.run(t, serve(t))
}

func TestDeploy_RefusesBadModulesAndTheServerGoesOn(t *testing.T) {
	s := serve(t)
	s.lull(t, "deploy", "sound", probe(t)).ok(t)
	for sentence, c := range map[string]struct {
		content []byte
		words   []string
	}{
		"text":              {[]byte("#!/bin/sh\necho hello\n"), []string{"InvalidArgument", "WebAssembly"}},
		"nothing":           {nil, []string{"InvalidArgument", "empty"}},
		"a truncated file":  {hosttest.Probe[:len(hosttest.Probe)/2], []string{"InvalidArgument"}},
		"the first 8 bytes": {hosttest.Probe[:8], []string{"InvalidArgument", "memory"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			s.lull(t, "deploy", "bad", file(t, "bad.wasm", c.content)).fails(t, exitServer, c.words...)
			s.lull(t, "deploy", "sound", file(t, "bad.wasm", c.content)).fails(t, exitServer)
			s.lull(t, "invoke", "sound", "-d", "c").ok(t)
			require.NotContains(t, s.lull(t, "ls").ok(t), "bad")
		})
	}
}

func TestDeploy_RefusesBadConfiguration(t *testing.T) {
	wasm := probe(t)
	s := serve(t)
	for args, words := range map[string][]string{
		"--handler nothing":                         {"nothing"},
		"--handler wrongType":                       {"wrongType", "(i32)"},
		"--pre-freeze nothing":                      {"nothing"},
		"--initializer wrongType":                   {"wrongType"},
		"--runtime cobol":                           {"cobol"},
		"--timeout 0":                               {"Timeout", "86400"},
		"--timeout 86401":                           {"Timeout", "86400"},
		"--memory 0":                                {"MemorySize", "4096"},
		"--memory 4097":                             {"MemorySize", "4096"},
		"--concurrency 201":                         {"InstanceConcurrency", "200"},
		"--max-instances 0":                         {"MaxInstances"},
		"--min-instances 7 --max-instances 5":       {"MinInstances"},
		"--pre-stop preStop --pre-stop-timeout 301": {"PreStop.Timeout", "300"},
	} {
		t.Run(args, func(t *testing.T) {
			r := s.lull(t, append([]string{"deploy", "bad", wasm}, strings.Fields(args)...)...)
			r.fails(t, exitServer, append(words, "InvalidArgument")...)
		})
	}
	s.lull(t, "deploy", "bad", wasm, "--pre-freeze-timeout", "0").fails(t, exitUsage, "preFreeze", "300")
	require.NotContains(t, s.lull(t, "ls").ok(t), "bad")
}

// Code may need its environment as soon as it is loaded, which deploy has done to find its hooks.
func TestDeploy_FindsHooksWithTheEnvironment(t *testing.T) {
	hosttest.Interpreters(t, "quickjs")
	s := serve(t, "--data", warmData(t))
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.js"), []byte(`
		if (!process.env.TOKEN) throw new Error('TOKEN is missing');
		exports.handler = async () => process.env.TOKEN;
		exports.preStop = async () => {};`), 0o600))
	deploy := []string{"deploy", "f", dir, "--runtime", "nodejs20", "--handler", "index.handler"}
	s.lull(t, deploy...).fails(t, exitServer, "TOKEN is missing")
	require.Contains(t, s.lull(t, append(deploy, "--env", "TOKEN=x")...).ok(t), "index.preStop")
	require.Equal(t, "x", s.lull(t, "invoke", "f").ok(t))
}
