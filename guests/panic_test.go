package guests_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

// TestPanic_ReachesTheCaller is about the languages that cannot catch one: the instance ends, and its last words are in the answer.
func TestPanic_ReachesTheCaller(t *testing.T) {
	for lang, c := range map[string]struct{ file, source, says, where string }{
		"rust": {"main.rs", `mod lull;
lull::export!(handler = fail);
fn fail(_: &lull::Request, _: &mut lull::Response) -> lull::Result {
    panic!("out of {}", "paper")
}
`, "panic: out of paper", "main.rs:4:5"},
		"assemblyscript": {"assembly/index.ts", `import { write } from "./lull";
export function handler(eventLength: i32): i32 {
  write("never seen");
  throw new Error("out of paper");
}
`, "abort: out of paper", "assembly/index.ts:4:3"},
	} {
		t.Run(lang, func(t *testing.T) {
			requireToolchain(t, lang)
			dir := filepath.Join(t.TempDir(), "panics")
			require.NoError(t, guests.WriteProject(dir, "panics", lang))
			require.NoError(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.source), 0o666))
			code, err := os.ReadFile(build(t, lang, dir, "", nil))
			require.NoError(t, err)

			h, err := host.New(host.Config{CompileTimeout: time.Hour, CacheDir: hosttest.CompileCache(t)})
			require.NoError(t, err)
			defer func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				require.NoError(t, h.Close(ctx))
			}()
			_, err = h.Deploy(t.Context(), fn.Function{Name: "panics", Code: code})
			require.NoError(t, err)
			for range 2 { // the second request gets a new instance
				resp, err := h.Invoke(t.Context(), "panics", fn.Request{})
				require.NoError(t, err)
				require.NotNil(t, resp.Fault)
				require.Equal(t, fn.TypeTrap, resp.Fault.Type)
				require.Contains(t, resp.Fault.Message, c.says)
				require.Equal(t, c.where, resp.Fault.Stack[0])
				require.Empty(t, resp.Body)
			}
		})
	}
}
