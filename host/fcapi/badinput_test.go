package fcapi_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fcapi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/internal/webguest"
)

func TestFunction_RefusesFieldsOutOfRange(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("steady", nil)
	before := a.do("GET", v+"/services/default/functions/steady", nil).body
	for _, c := range []struct {
		field string
		value any
		says  string // part of the message
	}{
		{"functionName", "", "FunctionName is set to an invalid value"},
		{"functionName", "a/b", "FunctionName is set to an invalid value"},
		{"functionName", "1a", "actual: '1a'"},
		{"functionName", strings.Repeat("a", 129), "1 to 128"},
		{"functionName", nil, "functionName is required"},
		{"runtime", nil, "runtime is required"},
		{"runtime", "", "Runtime is set to an invalid value"},
		{"runtime", "cobol", "Runtime is set to an invalid value"},
		{"runtime", 5, "runtime is set to an invalid value (allowed: a string, actual: 'number')"},
		{"handler", nil, "handler is required"},
		{"handler", "", "Handler is set to an invalid value"},
		{"handler", "index.", "Handler is set to an invalid value"},
		{"handler", "index.nothing", `does not export a function "nothing"`},
		{"handler", "index.initializer", "must be (i32) -> (i32)"},
		{"initializer", "index.nothing", "Initializer: the module does not export"},
		{"initializationTimeout", 0, "InitializationTimeout is set to an invalid value (allowed: [1, 300], actual: '0')"},
		{"initializationTimeout", 301, "allowed: [1, 300]"},
		{"timeout", 0, "Timeout is set to an invalid value (allowed: [1, 86400], actual: '0')"},
		{"timeout", -1, "actual: '-1'"},
		{"timeout", 86401, "allowed: [1, 86400]"},
		{"timeout", 1.5, "timeout is set to an invalid value (allowed: an integer"},
		{"timeout", "3", "allowed: an integer"},
		{"timeout", 1e30, "allowed: an integer"},
		{"memorySize", 0, "MemorySize is set to an invalid value (allowed: [1, 4096], actual: '0')"},
		{"memorySize", 4097, "allowed: [1, 4096]"},
		{"memorySize", 1 << 62, "allowed: [1, 4096]"},
		{"instanceConcurrency", 0, "allowed: [1, 200]"},
		{"instanceConcurrency", 201, "allowed: [1, 200]"},
		{"maxInstances", 0, "MaxInstances is set"},
		{"minInstances", -1, "MinInstances is set"},
		{"minInstances", 101, "MinInstances is set"},
		{"idleTimeout", 0, "IdleTimeout is set"},
		{"idleTimeout", -2, "IdleTimeout is set"},
		{"queueTimeout", 0, "QueueTimeout is set"},
		{"queueLimit", -1, "QueueLimit is set"},
		{"environmentVariables", object{"": "x"}, "EnvironmentVariables has an illegal entry"},
		{"environmentVariables", object{"A=B": "x"}, "EnvironmentVariables has an illegal entry"},
		{"allowHosts", []string{"http://a.example/"}, "AllowHosts is set to an invalid value"},
		{"allowHosts", "a.example", "allowHosts"},
		{"environmentVariables", object{"A": 5}, "environmentVariables"},
		{"environmentVariables", []string{"A"}, "allowed: an object"},
		{"instanceLifecycleConfig", 5, "allowed: an object"},
	} {
		got := a.do("POST", v+"/services/default/functions", function("f", object{c.field: c.value})).fails(400, fn.CodeInvalidArgument)
		require.Contains(t, got, c.says, "%s = %v", c.field, c.value)
		if c.field == "functionName" || c.value == nil {
			continue // absent, on an update
		}
		got = a.do("PUT", v+"/services/default/functions/steady", object{c.field: c.value}).fails(400, fn.CodeInvalidArgument)
		require.Contains(t, got, c.says, "update: %s = %v", c.field, c.value)
	}
	a.do("GET", v+"/services/default/functions/f", nil).fails(404, fn.CodeFunctionNotFound)
	require.Equal(t, before, a.do("GET", v+"/services/default/functions/steady", nil).body, "nothing has changed")
	a.undisturbed()
}

// zipped makes a zip file of name and content pairs.
func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		require.NoError(t, err)
		_, err = io.WriteString(f, files[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func TestFunction_RefusesCodeThatIsNone(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("steady", nil)
	wasm := string(webguest.Wasm)
	good := zipped(t, "a.wasm", wasm)
	damaged := bytes.Clone(good)
	damaged[50] ^= 0xff
	lying := zipped(t, "a.wasm", strings.Repeat("\x00", maxCode+1))
	for name, c := range map[string]struct {
		code   any
		status int
		kind   fn.Code
		says   string
	}{
		"no code":            {object{}, 400, fn.CodeInvalidArgument, "code.zipFile is required"},
		"null":               {object{"zipFile": nil}, 400, fn.CodeInvalidArgument, "code.zipFile is required"},
		"0 bytes":            {object{"zipFile": ""}, 400, fn.CodeInvalidArgument, "0 bytes"},
		"not base64":         {object{"zipFile": "!!!"}, 400, fn.CodeInvalidArgument, "base64"},
		"a number":           {object{"zipFile": 5}, 400, fn.CodeInvalidArgument, "zipFile"},
		"an object store":    {object{"ossBucketName": "b", "ossObjectName": "o"}, 400, fn.CodeInvalidArgument, "not available"},
		"both":               {object{"ossBucketName": "b", "zipFile": moduleBase64}, 400, fn.CodeInvalidArgument, "exactly one"},
		"text":               {[]byte("hello world"), 400, fn.CodeInvalidArgument, "neither a zip file nor a WebAssembly module: it begins with 68 65 6c 6c"},
		"one byte":           {[]byte("P"), 400, fn.CodeInvalidArgument, "neither a zip file"},
		"a truncated module": {webguest.Wasm[:len(webguest.Wasm)/2], 400, fn.CodeInvalidArgument, "not valid"},
		"a module's magic":   {[]byte("\x00asm"), 400, fn.CodeInvalidArgument, "not"},
		"a component":        {[]byte("\x00asm\x0d\x00\x01\x00"), 400, fn.CodeInvalidArgument, "component"},
		"a zip without wasm": {zipped(t, "index.js", "x"), 400, fn.CodeInvalidArgument, "no .wasm file (it has 1 files)"},
		"an empty zip":       {zipped(t), 400, fn.CodeInvalidArgument, "no .wasm file"},
		"two modules":        {zipped(t, "a.wasm", wasm, "d/b.WASM", wasm), 400, fn.CodeInvalidArgument, "more than one"},
		"an empty module":    {zipped(t, "a.wasm", ""), 400, fn.CodeInvalidArgument, "is empty (0 bytes)"},
		"text in a zip":      {zipped(t, "a.wasm", "hello"), 400, fn.CodeInvalidArgument, "not a WebAssembly module"},
		"a truncated zip":    {good[:len(good)-10], 400, fn.CodeInvalidArgument, "not a sound zip"},
		"a damaged zip":      {damaged, 400, fn.CodeInvalidArgument, "damaged"},
		"a zip bomb":         {lying, 400, fn.CodeEntityTooLarge, "exceeds the largest code size (2097152 bytes)"},
		"a large module":     {append([]byte("\x00asm"), make([]byte, maxCode)...), 400, fn.CodeEntityTooLarge, "exceeds the largest code size"},
		"a huge body":        {make([]byte, 2*maxCode), 400, fn.CodeEntityTooLarge, "payload size exceeds maximum allowed size"},
	} {
		t.Run(name, func(t *testing.T) {
			a := &api{t, a.host, a.addr}
			code := c.code
			if b, ok := code.([]byte); ok {
				code = object{"zipFile": base64.StdEncoding.EncodeToString(b)}
			}
			got := a.do("POST", v+"/services/default/functions", function("f", object{"code": code})).fails(c.status, c.kind)
			require.Contains(t, got, c.says)
			got = a.do("PUT", v+"/services/default/functions/steady", object{"code": code}).fails(c.status, c.kind)
			require.Contains(t, got, c.says)
			a.undisturbed()
		})
	}
}

func TestFunction_TakesAModuleInAZipOrAsItIs(t *testing.T) {
	a := serve(t, fcapi.Config{})
	z := zipped(t, "README", "text", "dir/my.wasm", string(webguest.Wasm))
	o := a.create("z", object{"code": object{"zipFile": z}})
	require.EqualValues(t, len(webguest.Wasm), o["codeSize"])
	require.Equal(t, o["codeChecksum"], a.create("m", nil)["codeChecksum"], "the checksum is the module's")
	got := a.do("POST", v+"/services/default/functions/z/invocations", "x")
	require.Equal(t, "x", got.body)

	path := v + "/services/default/functions"
	a.do("POST", path, function("c", nil), "X-Fc-Code-Checksum", "12345").fails(400, fn.CodeInvalidArgument)
	a.do("POST", path, function("c", nil), "X-Fc-Code-Checksum", o["codeChecksum"].(string)).ok()
}

// raw sends bytes on a connection of its own and reads one answer.
func (a *api) raw(request string) answer {
	a.t.Helper()
	c, err := net.Dial("tcp", a.addr)
	require.NoError(a.t, err)
	defer c.Close()
	go func() { _, _ = io.WriteString(c, request) }()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(a.t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return answer{a.t, resp.StatusCode, resp.Header, string(text)}
}

func TestServer_RefusesBodiesAndHeadersOverTheirLimits(t *testing.T) {
	a := serve(t, fcapi.Config{})
	a.create("steady", nil)
	invocations := v + "/services/default/functions/steady/invocations"
	tooLong := strings.Repeat("x", maxEvent+1)
	require.Equal(t, "payload size exceeds maximum allowed size (1048576 bytes)",
		a.do("POST", invocations, tooLong).fails(400, fn.CodeEntityTooLarge))
	a.do("POST", invocations, io.MultiReader(strings.NewReader(tooLong))).fails(400, fn.CodeEntityTooLarge) // chunked
	got := a.do("POST", invocations, tooLong[1:])
	require.Equal(t, 200, got.status)
	require.Len(t, got.body, maxEvent)
	require.Equal(t, "payload size exceeds maximum allowed size (1048576 bytes)",
		a.do("POST", v+"/services", `{"description":"`+tooLong+`"}`).fails(400, fn.CodeEntityTooLarge), "JSON without code")

	a.raw("GET "+v+"/services HTTP/1.1\r\nHost: h\r\nA: "+strings.Repeat("a", 9000)+"\r\n\r\n").fails(400, fn.CodeInvalidArgument)
	a.raw("GET "+v+"/services HTTP/1.1\r\nHost: h\r\nA: "+strings.Repeat("a", 1<<20)+"\r\n\r\n").fails(400, fn.CodeInvalidArgument)
	a.raw("GET /"+strings.Repeat("a", 5000)+" HTTP/1.1\r\nHost: h\r\n\r\n").fails(400, fn.CodeInvalidArgument)
	a.raw("POST "+invocations+" HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999\r\n\r\n").fails(400, fn.CodeEntityTooLarge)
	a.undisturbed()
}
