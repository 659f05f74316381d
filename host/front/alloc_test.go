//go:build !race

package front

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/internal/webguest"
)

// still answers every request by itself: the engine allocates, and not the same every time.
type still struct{ headers []byte }

func (s *still) Has(k fn.Key) bool { return k == fn.Key{Service: "s", Name: "f"} }

func (s *still) Serve(_ context.Context, _ fn.Key, req *fn.Request, resp *fn.Response) error {
	resp.Reset()
	resp.RequestID, resp.InstanceID, resp.Status, resp.MemoryBytes = req.ID, "c-62b761c4-5a85e238b3ce404c817d", 201, 131072
	resp.Duration = 80160 * time.Microsecond
	resp.Header = append(resp.Header, fn.Header{Name: "X-Tea", Value: "green"}, fn.Header{Name: "Content-Type", Value: "text/html"})
	s.headers = req.HTTP.AppendHeaders(s.headers[:0])
	resp.Body = append(resp.Body, req.Body...)
	resp.Body = append(resp.Body, req.HTTP.Method()...)
	resp.Body = append(resp.Body, req.HTTP.Path()...)
	resp.Body = append(resp.Body, req.HTTP.Query()...)
	return nil
}

// The race detector allocates, hence the build tag.
func TestHandle_AllocatesNothingWhenWarm(t *testing.T) {
	h, err := host.New(host.Config{})
	require.NoError(t, err)
	defer h.Close(context.Background())
	s := New(h, Config{})
	s.host = &still{}
	var ctx fasthttp.RequestCtx
	ctx.Request.Header.SetMethod("POST")
	ctx.Request.SetRequestURI("/s/f/path?query")
	ctx.Request.SetBodyString("hello ")
	require.Zero(t, testing.AllocsPerRun(200, func() {
		ctx.Response.Reset()
		s.Handler(&ctx)
	}))
	require.Equal(t, 201, ctx.Response.StatusCode())
	require.Equal(t, "hello POST/pathquery", string(ctx.Response.Body()))
	require.Equal(t, "80.16", string(ctx.Response.Header.Peek(fn.HeaderDuration)))
}

func BenchmarkHandle(b *testing.B) {
	h, err := host.New(host.Config{})
	require.NoError(b, err)
	defer h.Close(context.Background())
	_, err = h.Deploy(b.Context(), fn.Function{Name: "f", Code: webguest.Wasm})
	require.NoError(b, err)
	s := New(h, Config{})
	var ctx fasthttp.RequestCtx
	ctx.Request.SetRequestURI("/f/path?query")
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		s.Handler(&ctx)
		if ctx.Response.StatusCode() != 200 {
			b.Fatal(ctx.Response.String())
		}
	}
}
