package host_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/logs"
)

// treeOf makes a code package; names and contents in turn.
func treeOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(files[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// language is a host that runs source trees in one interpreter.
type language struct {
	*host.Host
	t       testing.TB
	runtime string
	deploys int
}

func newLanguage(t testing.TB, interpreter, runtime string, cfg host.Config) *language {
	t.Helper()
	cfg.Interpreters = hosttest.Interpreters(t, interpreter)
	cfg.CacheDir = hosttest.CompileCache(t)
	return &language{Host: hosttest.New(t, cfg), t: t, runtime: runtime}
}

// function is a deployed one.
type function struct {
	*language
	fn.Key
	startsBy string
}

// change fills in what a test wants of a function.
type change func(*fn.Function)

func env(k, v string) change { return func(f *fn.Function) { f.Env = map[string]string{k: v} } }

func timeout(d time.Duration) change { return func(f *fn.Function) { f.Limits.Timeout = d } }

// put deploys a tree whose handler is index.handler, with 128 MB of memory.
func (l *language) put(tree []byte, changes ...change) (*function, error) {
	l.deploys++
	f := fn.Function{
		Name: fmt.Sprintf("f%d", l.deploys), Runtime: l.runtime, Handler: "index.handler", Code: tree,
		Limits: fn.Limits{MemoryMiB: 128, Timeout: 10 * time.Second},
	}
	for _, c := range changes {
		c(&f)
	}
	v, err := l.Deploy(l.t.(*testing.T).Context(), f)
	if err != nil {
		return nil, err
	}
	return &function{l, v.Function.Key(), v.StartsBy}, nil
}

func (l *language) deploy(t testing.TB, tree []byte, changes ...change) *function {
	t.Helper()
	f, err := l.put(tree, changes...)
	require.NoError(t, err)
	return f
}

func (f *function) call(t testing.TB, event string) *fn.Response {
	t.Helper()
	return hosttest.Invoke(t, f.Host, f.Name, event)
}

// answer is that of a call that must not fail.
func (f *function) answer(t testing.TB, event string) string {
	t.Helper()
	resp := f.call(t, event)
	require.Nil(t, resp.Fault, "%v", resp.Fault)
	return string(resp.Body)
}

// fault is that of a call that must fail.
func (f *function) fault(t testing.TB, event string) *fn.Fault {
	t.Helper()
	resp := f.call(t, event)
	require.NotNil(t, resp.Fault, "it answered %q", resp.Body)
	return resp.Fault
}

// lines are the log's without those of the host, as "phase level text".
func (f *function) lines(t testing.TB) (lines []string) {
	t.Helper()
	records, err := f.Logs(f.Key, logs.Filter{})
	require.NoError(t, err)
	for _, r := range records {
		if !strings.HasPrefix(r.Message, "FC ") {
			lines = append(lines, fmt.Sprintf("%s %v %s", r.Hook, r.Level, r.Message))
		}
	}
	return lines
}
