package host_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
)

func commandFunction(t *testing.T) fn.Function {
	return fn.Function{
		Name: f.Name, Code: hosttest.Module(t, "command"), Env: map[string]string{"COLOR": "green", "FC_FUNCTION_NAME": "spoofed"},
		Limits: fn.Limits{MaxInstances: 1, MemoryMiB: 4},
	}
}

func TestCommand_AnswersInputWithOutput(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, commandFunction(t))
	v, err := s.Function(f)
	require.NoError(t, err)
	require.Equal(t, "command", v.Kind)
	for _, n := range []int{1, 65535, 65536, 65537, 1 << 20} {
		event := append([]byte{'e'}, bytes.Repeat([]byte{'x'}, n-1)...)
		resp := s.event(string(event))
		require.Nil(t, resp.Fault)
		require.True(t, bytes.Equal(event, resp.Body), "%d bytes", n)
		require.EqualValues(t, 3*fn.PageBytes, resp.MemoryBytes)
	}
	require.Empty(t, s.event("").Body)
	require.Equal(t, "f\x00", string(s.event("a").Body), "argument 0 is the function's name")
}

func TestCommand_KeepsNoState(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, commandFunction(t))
	first := s.event("n")
	require.Equal(t, "1", string(first.Body))
	again := s.event("n")
	require.Equal(t, "1", string(again.Body))
	require.Equal(t, first.InstanceID, again.InstanceID)
	require.False(t, again.Cold)
}

// page is the HTTP part of a request.
type page struct{}

func (page) Method() string   { return "PUT" }
func (page) Path() string     { return "/a%20b" }
func (page) Query() string    { return "c=d" }
func (page) ClientIP() string { return "192.0.2.1" }
func (page) AppendHeaders(dst []byte) []byte {
	return append(dst, "Accept: text/html\nAccept: */*\nContent-Type: text/plain\nContent-Length: 999\nProxy: evil\nX-One-Two: 3\n"...)
}

func TestCommand_SeesTheRequestInItsEnvironment(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, commandFunction(t))
	resp := s.event("v")
	require.Equal(t, []string{
		"COLOR=green", "FC_FUNCTION_NAME=f", "FC_INSTANCE_ID=" + resp.InstanceID, "FC_REQUEST_ID=" + resp.RequestID.String(), "FC_SERVICE_NAME=default",
	}, environment(resp))

	resp, err := s.Invoke(t.Context(), f.Name, fn.Request{Body: []byte("v"), HTTP: page{}})
	require.NoError(t, err)
	require.Equal(t, []string{
		"COLOR=green", "CONTENT_LENGTH=1", "CONTENT_TYPE=text/plain",
		"FC_FUNCTION_NAME=f", "FC_INSTANCE_ID=" + resp.InstanceID, "FC_REQUEST_ID=" + resp.RequestID.String(), "FC_SERVICE_NAME=default",
		"HTTP_ACCEPT=text/html, */*", "HTTP_X_ONE_TWO=3",
		"PATH_INFO=/a%20b", "QUERY_STRING=c=d", "REMOTE_ADDR=192.0.2.1", "REQUEST_METHOD=PUT",
	}, environment(resp))
}

func environment(resp *fn.Response) []string {
	vars := strings.Split(strings.TrimSuffix(string(resp.Body), "\x00"), "\x00")
	slices.Sort(vars)
	return vars
}

func TestCommand_AnswersHowItEnded(t *testing.T) {
	t.Parallel()
	function := commandFunction(t)
	function.Limits.Timeout = time.Second
	s := newScene(t, host.Config{MaxAnswerBytes: 1000}, function)
	id := s.event("n").InstanceID
	require.Nil(t, s.event("x0").Fault, "exit code 0 is success")
	for _, c := range []struct{ event, typ, says string }{
		{"x3", fn.TypeExit, "exit code 3"},
		{"t", fn.TypeTrap, "unreachable"},
		{"m", fn.TypeOutOfMemory, "the memory limit of 4 MB was reached"},
		{"l", fn.TypeTimeout, "it was stopped at its deadline of 1s"},
		{"e" + strings.Repeat("x", 1000), fn.TypeABI, "the answer is larger than 1000 bytes"},
	} {
		resp := s.event(c.event)
		require.NotNil(t, resp.Fault, c.event)
		require.Equal(t, fn.Unhandled, resp.Fault.Kind)
		require.Equal(t, c.typ, resp.Fault.Type)
		require.Contains(t, resp.Fault.Message, c.says)
		require.Empty(t, resp.Body)
		require.Equal(t, id, s.event("n").InstanceID, "the next request has a fresh start in any case")
	}
	s.undisturbed()
}

func TestCommand_WritesStandardErrorToTheLog(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Config{}, commandFunction(t))
	resp := s.event("w")
	require.Empty(t, resp.Body)
	records := s.lines(logs.Filter{RequestID: resp.RequestID.String()})
	require.Len(t, records, 3)
	require.Equal(t, "oops", records[1].Message)
	require.Equal(t, "error", records[1].Level)
	require.Equal(t, "Invoke", records[1].Hook)
}
