package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/instance"
)

// The modules are those of hosttest, which this package cannot import: it is above.
func testModule(t testing.TB, name string) []byte {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("..", "hosttest", "testdata", filepath.FromSlash(name)+".wasm"))
	require.NoError(t, err)
	return code
}

// newEngine is closed in clean-up, when nothing may be in use any more.
func newEngine(t testing.TB, cfg Config) *Engine {
	t.Helper()
	e, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// compile makes a program that is closed in clean-up.
func compile(t testing.TB, e *Engine, f fn.Function) *Program {
	t.Helper()
	f = f.WithDefaults()
	p, err := e.Compile(t.Context(), &f)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// said collects what a guest writes.
type said struct {
	sync.Mutex
	lines []string
	cut   []int // which of them went on
}

func (s *said) Line(_ *instance.Call, _ abi.Level, text string) {
	s.Lock()
	defer s.Unlock()
	s.lines = append(s.lines, text)
}

func (s *said) Part(c *instance.Call, level abi.Level, text string) {
	s.Line(c, level, text)
	s.cut = append(s.cut, len(s.lines)-1)
}

func (s *said) Note(c *instance.Call, text string) { s.Line(c, abi.Error, text) }

// start makes a guest that is closed in clean-up.
func start(t testing.TB, p *Program) instance.Guest {
	t.Helper()
	g, fault := p.Start("c-1", &said{})
	require.Nil(t, fault)
	t.Cleanup(g.Close)
	return g
}

func request(event string) *instance.Call {
	now := time.Now()
	return &instance.Call{
		Phase: abi.PhaseHandler, RequestID: fn.NewRequestID(), Start: now, Deadline: now.Add(time.Minute),
		Request: &fn.Request{Body: []byte(event)}, Response: &fn.Response{},
	}
}

func probe(t testing.TB) fn.Function {
	return fn.Function{
		Name: "f", Code: testModule(t, "probe"), Limits: fn.Limits{MemoryMiB: 1},
		PreFreeze: fn.Hook{Handler: "preFreeze"}, PreStop: fn.Hook{Handler: "preStop"},
	}
}

func TestClose_TellsOfWhatIsStillInUse(t *testing.T) {
	f := probe(t).WithDefaults()
	for _, c := range []struct {
		says          string
		guest, closed bool
	}{{"1 programs, 0 guests", false, false}, {"1 programs, 1 guests", true, false}, {"0 programs, 1 guests", true, true}} {
		e, err := New(Config{})
		require.NoError(t, err)
		p, err := e.Compile(t.Context(), &f)
		require.NoError(t, err)
		if c.guest {
			_, fault := p.Start("c-1", &said{})
			require.Nil(t, fault)
		}
		if c.closed {
			p.Close()
		}
		err = e.Close()
		require.ErrorIs(t, err, ErrInUse)
		require.ErrorContains(t, err, c.says)
	}
}

func TestNew_NeedsAFolderForItsCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := New(Config{CacheDir: file})
	require.ErrorContains(t, err, "compile cache")
}

func TestNew_KeepsCompiledModulesInItsCacheDir(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		e := newEngine(t, Config{CacheDir: dir})
		g := start(t, compile(t, e, probe(t)))
		require.Nil(t, g.Call(request("c")))
	}
	kept, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
}

func TestInterrupt_EndsTheCallThatRunsAndAnyLaterOne(t *testing.T) {
	e := newEngine(t, Config{})
	for _, f := range []fn.Function{probe(t), {Name: "f", Code: testModule(t, "command")}} {
		p := compile(t, e, f)
		t.Run(p.Kind()+" while it runs", func(t *testing.T) {
			g := start(t, p)
			fault := make(chan *fn.Fault)
			began := make(chan struct{})
			go func() {
				close(began)
				fault <- g.Call(request("l"))
			}()
			<-began
			g.Interrupt()
			require.Contains(t, (<-fault).Message, "the host stopped it")
		})
		t.Run(p.Kind()+" between two calls", func(t *testing.T) {
			g := start(t, p)
			require.Nil(t, g.Call(request("")))
			g.Interrupt() // it is too early for the next one, which must end in spite of that
			for range 2 {
				require.Contains(t, g.Call(request("l")).Message, "the host stopped it")
			}
		})
	}
}

func TestStart_EndsAtItsDeadline(t *testing.T) {
	e := newEngine(t, Config{StartTimeout: 50 * time.Millisecond})
	f := fn.Function{Name: "f", Code: testModule(t, "refused/init-spins")}.WithDefaults()
	_, err := e.Compile(t.Context(), &f)
	require.ErrorContains(t, err, "it was stopped at its deadline of 50ms")

	// The same for an instance, of a module whose probe went well.
	mod, err := e.shared(t.Context(), e.runtime, f.Code)
	require.NoError(t, err)
	p := e.newProgram(&f, mod)
	defer p.Close()
	p.kind = KindReactor
	_, fault := p.Start("c-1", &said{})
	require.Equal(t, fn.TypeTimeout, fault.Type)
	require.Contains(t, fault.Message, "it was stopped at its deadline of 50ms")
}

func TestCompile_OfOneModuleTwiceMakesTwoPrograms(t *testing.T) {
	e := newEngine(t, Config{})
	f := probe(t).WithDefaults()
	first, err := e.Compile(t.Context(), &f)
	require.NoError(t, err)
	g := start(t, compile(t, e, f))
	first.Close()
	require.Nil(t, g.Call(request("c")), "closing one leaves the other")
	require.Nil(t, start(t, compile(t, e, f)).Call(request("c")))
}

func TestCompile_EndsAtItsTimeoutAndWithItsContext(t *testing.T) {
	f := probe(t)
	_, err := newEngine(t, Config{CompileTimeout: 1}).Compile(t.Context(), &f)
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
	require.ErrorContains(t, err, "takes more than 1ns to compile")

	gone, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the client is gone"))
	_, err = newEngine(t, Config{}).Compile(gone, &f)
	require.ErrorContains(t, err, "the client is gone")
}
