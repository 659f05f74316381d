package fcapi

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

// FuzzCode reads any bytes as a code package: the module in it, within the limit, or a refusal that says why.
func FuzzCode(f *testing.F) {
	const limit = 1 << 16
	pack := func(method uint16, names ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range names {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
			require.NoError(f, err)
			if strings.HasSuffix(name, "/") {
				continue
			}
			_, err = w.Write(append([]byte("\x00asm\x01\x00\x00\x00"), make([]byte, 2*limit*int(method/zip.Deflate))...))
			require.NoError(f, err)
		}
		require.NoError(f, z.Close())
		return b.Bytes()
	}
	for _, seed := range [][]byte{
		nil, []byte("PK"), []byte("\x00asm"), pack(zip.Store, "a.wasm"), pack(zip.Deflate, "bomb.wasm"), pack(zip.Store, "a.wasm", "b.wasm"),
		pack(zip.Store, "../../a.wasm"), pack(zip.Store, "a\x00b.wasm"), pack(zip.Store, "dir.wasm/", "index.js"),
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, interpreted bool) {
		code, err := (&codeInput{ZipFile: data}).read(limit, interpreted)
		if err != nil {
			require.Contains(t, []fn.Code{fn.CodeInvalidArgument, fn.CodeEntityTooLarge}, fn.CodeOf(err))
			require.Less(t, len(err.Error()), 1000)
			return
		}
		require.NotEmpty(t, code)
		require.LessOrEqual(t, len(code), limit)
	})
}

func TestCode_OfAHundredThousandEntriesIsReadOrRefused(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 100_000 {
		_, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i, ".txt")}) // stored: a compressor for each entry takes a minute with the race detector
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	_, err := (&codeInput{ZipFile: b.Bytes()}).read(100<<20, false)
	require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
	require.ErrorContains(t, err, "holds no .wasm file (it has 100000 files)")
}
