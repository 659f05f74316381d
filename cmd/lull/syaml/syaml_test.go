package syaml

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// env is the environment of the tests.
func env(name string) (string, bool) {
	value, ok := map[string]string{"STAGE": "test", "MEMORY": "256", "EMPTY": "", "ODD": "${env(STAGE)}: {}"}[name]
	return value, ok
}

func parsed(t *testing.T, text string) ([]Entry, []string) {
	t.Helper()
	entries, notes, err := Parse("s.yaml", []byte(text), env)
	require.NoError(t, err)
	return entries, notes
}

const app = `edition: 1.0.0
name: shop
access: default
vars:
  service:
    name: shop-${env(STAGE)}
    description: All of it
    internetAccess: true
  handler: &handler index.handler
services:
  cart:
    component: fc
    props:
      region: cn-hangzhou
      service: ${vars.service}
      function:
        name: cart
        runtime: nodejs14
        codeUri: ./cart.zip
        handler: *handler
        memorySize: ${env(MEMORY)}
        timeout: 60
        initializer: index.initializer
        initializationTimeout: 10
        environmentVariables:
          STAGE: ${env.STAGE}
          PORT: 8080
          DEBUG: true
          NOTHING:
          RATIO: 0.5
          URL: http://${env(HOST, 'localhost')}/${vars.service.name}
        instanceLifecycleConfig:
          preFreeze:
            handler: index.PreFreeze
            timeout: 60
          preStop:
            handler: index.PreStop
            timeout: 60
      triggers:
        - name: web
          type: http
          config:
            authType: anonymous
            methods: [GET, POST]
  stock:
    component: devsapp/fc
    props:
      service: {name: "shop-${env(STAGE)}"}
      function:
        name: stock
        runtime: python3
        codeUri: {src: stock}
        handler: index.handler
        maxInstances: 5
        isolation: serial
        allowHosts: [example.com]
        instanceLifecycleConfig:
          preFreeze:
            handler: ""
            timeout: not a number, and nobody looks
        asyncConfiguration: {destination: {onFailure: shop/dead}, maxAsyncEventAgeInSeconds: 456, maxAsyncRetryAttempts: 3, statefulInvocation: true}
`

func TestParse_ReadsServicesFunctionsHooksAndTriggers(t *testing.T) {
	entries, notes := parsed(t, app)
	require.Empty(t, notes)
	require.Len(t, entries, 2)
	cart, stock := entries[0], entries[1]
	require.Equal(t, "cart", cart.Name)
	require.Equal(t, 11, cart.Line)
	require.Equal(t, Service{"shop-test", "All of it"}, cart.Service)
	require.Equal(t, Function{
		Name: "cart", Runtime: "nodejs14", Handler: "index.handler", Code: "./cart.zip", CodeLine: 19, MemorySize: new(256), Timeout: new(60),
		Initializer: "index.initializer", InitializationTimeout: new(10),
		Env: map[string]string{
			"STAGE": "test", "PORT": "8080", "DEBUG": "true", "NOTHING": "", "RATIO": "0.5", "URL": "http://localhost/shop-test",
		},
		PreFreeze: Hook{"index.PreFreeze", new(60)}, PreStop: Hook{"index.PreStop", new(60)},
	}, cart.Function)
	require.Len(t, cart.Triggers, 1)
	require.Equal(t, "web", cart.Triggers[0].Name)
	require.JSONEq(t, `{"authType":"anonymous","methods":["GET","POST"]}`, string(cart.Triggers[0].Config))

	require.Equal(t, Service{Name: "shop-test"}, stock.Service, "both functions are in one service")
	require.Equal(t, "stock", stock.Function.Code)
	require.Equal(t, Hook{}, stock.Function.PreFreeze, "an empty handler is off, whatever its timeout says")
	require.Equal(t, Hook{}, stock.Function.PreStop)
	require.Equal(t, &Async{Stateful: true, MaxRetries: new(3), MaxAgeSeconds: new(456), OnFailure: "shop/dead"}, stock.Function.Async)
	require.Nil(t, cart.Function.Async)
	require.Equal(t, new(5), stock.Function.MaxInstances)
	require.Equal(t, []string{"example.com"}, stock.Function.AllowHosts)
}

func TestParse_WarnsOfUnknownKeysByNameAndLine(t *testing.T) {
	text := strings.NewReplacer("region: cn-hangzhou", "regoin: cn-hangzhou", "            timeout: 60\n          preStop", "            timeuot: 60\n          preStop",
		"edition: 1.0.0", "edtion: 1.0.0", "          type: http", "          kind: http\n          type: http").Replace(app)
	entries, notes := parsed(t, text)
	require.Nil(t, entries[0].Function.PreFreeze.Timeout)
	require.Equal(t, []string{
		"s.yaml:1: edtion: lull does not know this key and leaves it out",
		"s.yaml:14: services.cart.props.regoin: lull does not know this key and leaves it out",
		"s.yaml:35: services.cart.props.function.instanceLifecycleConfig.preFreeze.timeuot: lull does not know this key and leaves it out",
		"s.yaml:41: services.cart.props.triggers[0].kind: lull does not know this key and leaves it out",
	}, notes)

	// A published example has the timeout under the hook's own name: the key is left out, the timeout is the default.
	entries, notes = parsed(t, strings.Replace(app, "handler: index.PreStop\n            timeout: 60", "handler: index.PreStop\n            preStop: 60", 1))
	require.Nil(t, entries[0].Function.PreStop.Timeout)
	require.Equal(t, []string{"s.yaml:38: services.cart.props.function.instanceLifecycleConfig.preStop.preStop: lull does not know this key and leaves it out"}, notes)
}

func TestParse_NamesFileLineAndKeyOfWhatIsWrong(t *testing.T) {
	replaced := func(old, with string) string {
		require.Contains(t, app, old)
		return strings.Replace(app, old, with, 1)
	}
	for want, text := range map[string]string{
		"s.yaml:1: the file is empty":                                                                                  "",
		"s.yaml:1: expected a map, not \"hello\"":                                                                      "hello",
		"s.yaml:1: services: this key is required":                                                                     "name: x",
		"s.yaml:1: services: expected a map of at":                                                                     "services: []",
		"s.yaml:1: this is not YAML":                                                                                   "a: b\n c: d: e\n",
		"s.yaml:4: the file has more than one":                                                                         "a: b\n\n---\nc: d",
		"s.yaml:1: there is no &x before *x":                                                                           "services: *x",
		"s.yaml:12: services.cart.component: expected fc":                                                              replaced("component: fc", "component: fc3"),
		"s.yaml:17: services.cart.props.function.name: this key is required":                                           replaced("        name: cart\n", ""),
		"s.yaml:18: services.cart.props.function.runtime: this must not be empty":                                      replaced("runtime: nodejs14", `runtime: ""`),
		"s.yaml:17: services.cart.props.function.handler: this key is required":                                        replaced("        handler: *handler\n", ""),
		"s.yaml:17: services.cart.props.function.codeUri: this key is required":                                        replaced("        codeUri: ./cart.zip\n", ""),
		"s.yaml:22: services.cart.props.function.timeout: expected a whole number of at most 2147483647, not \"soon\"": replaced("timeout: 60", "timeout: soon"),
		"s.yaml:22: services.cart.props.function.timeout: expected a whole number of at most 2147483647, not \"1.5\"":  replaced("timeout: 60", "timeout: 1.5"),
		"s.yaml:25: services.cart.props.function.environmentVariables: expected a map, not a list":                     replaced("        environmentVariables:\n", "        environmentVariables: [A]\n        x:\n"),
		"s.yaml:21: services.cart.props.function.memorySize: the environment has no variable MEMROY":                   replaced("env(MEMORY)", "env(MEMROY)"),
		"s.yaml:15: services.cart.props.service: there is no vars.sevrice":                                             replaced("${vars.service}", "${vars.sevrice}"),
		"s.yaml:15: services.cart.props.service: ${file(x)} cannot be resolved":                                        replaced("${vars.service}", "${file(x)}"),
		"s.yaml:15: services.cart.props.service: ${ without }":                                                         replaced("${vars.service}", "${vars.service"),
		"s.yaml:22: services.cart.props.function.timeout: ${vars.service} is not a single value":                       replaced("timeout: 60", "timeout: 6${vars.service}"),
		"s.yaml:33: services.cart.props.function.instanceLifecycleConfig.preFreeze: expected a map":                    replaced("          preFreeze:\n            handler: index.PreFreeze\n            timeout: 60", "          preFreeze: index.PreFreeze"),
		"s.yaml:42: services.cart.props.triggers[0].config: expected a map":                                            replaced("          config:\n            authType: anonymous\n            methods: [GET, POST]", "          config: GET"),
		"s.yaml:45: services.stock: function shop-test/cart is that of services.cart, too":                             replaced("name: stock", "name: cart"),
	} {
		entries, _, err := Parse("s.yaml", []byte(text), env)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("want %s\n got %v", want, err)
			continue
		}
		require.Nil(t, entries)
		_, ok := errors.AsType[*Error](err)
		require.True(t, ok)
	}
}

func TestParse_TakesVariablesAsTheyAre(t *testing.T) {
	entries, _ := parsed(t, strings.Replace(app, "${env.STAGE}", "${env(ODD)}", 1))
	require.Equal(t, "${env(STAGE)}: {}", entries[0].Function.Env["STAGE"], "what a variable says is not read as a part of the file")
}

func TestParse_RefusesFilesThatStandForTooMuch(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		this, before := string(rune('1'+i)), string(rune('0'+i))
		bomb += "a" + this + ": &a" + this + " [" + strings.TrimSuffix(strings.Repeat("*a"+before+", ", 10), ", ") + "]\n"
	}
	doubling := "vars:\n  v0: xxxxxxxxxxxxxxxx\n"
	for i := range 40 {
		this, before := string(rune('A'+i%26))+string(rune('a'+i/26)), "v0"
		if i > 0 {
			before = "v" + string(rune('A'+(i-1)%26)) + string(rune('a'+(i-1)/26))
		}
		doubling += "  v" + this + ": ${vars." + before + "}${vars." + before + "}\n"
	}
	for name, text := range map[string]string{
		"aliases": bomb, "text": doubling, "a reference to itself": "vars: {a: '${vars.a}'}", "references in a circle": "vars: {a: '${vars.b}', b: '${vars.a}'}",
		"depth": strings.Repeat("{a: ", 100) + "b" + strings.Repeat("}", 100), "size": "a: " + strings.Repeat("x", MaxBytes),
		"values": "a: [" + strings.Repeat("1, ", maxNodes) + "1]",
	} {
		_, _, err := Parse("s.yaml", []byte(text), env)
		require.Error(t, err, name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(app))
	for _, text := range []string{"", "a: *b", "? a\n: b", "{a: [&x {<<: *x}]}", "vars: {a: '${vars.a}'}\n", "services: {a: {props: 5}}", "!!binary x", "- |\n x\n- >-\n y", "a: ${env(", "%YAML 1.1\n---\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, notes, err := Parse("s.yaml", text, env)
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			require.Positive(t, e.Line)
			require.Empty(t, entries)
			return
		}
		require.NotEmpty(t, entries)
		for _, e := range entries {
			require.NotEmpty(t, e.Service.Name+e.Function.Name+e.Function.Code)
			for _, trigger := range e.Triggers {
				require.True(t, json.Valid(trigger.Config))
			}
		}
		for _, note := range notes {
			require.True(t, strings.HasPrefix(note, "s.yaml:"))
		}
	})
}
