package engine

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

// FuzzInspect reads any bytes as a module: it is an error, or it is not, and the engine goes on.
func FuzzInspect(f *testing.F) {
	for _, name := range []string{
		"probe", "command", "masked", "tables", "refused/imports", "refused/start-traps", "refused/init-exits", "refused/hooks-type", "refused/big-table",
		"refused/big-memory", "refused/start-spins",
	} {
		code := testModule(f, name)
		f.Add(code)
		f.Add(code[:len(code)/2])
		f.Add(code[:len(code)-1])
		f.Add(append(bytes.Clone(code), 0))
		for i := 8; i < len(code); i += len(code)/8 + 1 {
			changed := bytes.Clone(code)
			changed[i] ^= 0x41
			f.Add(changed)
		}
	}
	for _, code := range []string{
		"", "\x00", "\x00asm", "\x00asm\x01", "\x00asm\x01\x00\x00\x00", "\x00asm\x0d\x00\x01\x00", "\x7fELF", "#!/bin/sh", "PK\x03\x04",
		"\x00asm\x01\x00\x00\x00\x00", "\x00asm\x01\x00\x00\x00\x04\xff\xff\xff\xff\x0f", "\x00asm\x01\x00\x00\x00\x05\x04\x01\x00\xff\xff",
		"\x00asm\x01\x00\x00\x00\x04\x07\x01\x70\x00\xff\xff\xff\x0f", "\x00asm\x01\x00\x00\x00\x02\x01\xff",
		"\x00asm\x01\x00\x00\x00\x02\x05\xff\xff\xff\xff\x0f", // four billion imports: wazero alone would ask for 480 GB and be killed
	} {
		f.Add([]byte(code))
	}
	e := newEngine(f, Config{StartTimeout: 200 * time.Millisecond})
	f.Fuzz(func(t *testing.T, code []byte) {
		info, err := e.Inspect(context.Background(), &fn.Function{Code: code})
		if err != nil {
			require.Nil(t, info)
			var refused *fn.Error
			require.True(t, errors.As(err, &refused), "%v", err)
			require.Equal(t, fn.CodeInvalidArgument, refused.Code, "%v", err)
		} else {
			require.Contains(t, []string{KindReactor, KindCommand}, info.Kind)
		}
		require.Zero(t, e.programs.Load())
		require.Zero(t, e.memories.Load())
	})
}
