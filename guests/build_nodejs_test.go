package guests_test

import (
	"archive/zip"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/guests"
)

// built builds a folder with these files, and returns those of the package.
func built(t *testing.T, files map[string]string) (map[string]string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	out, err := guests.Build(context.Background(), dir, filepath.Join(t.TempDir(), "f.zip"), nil)
	if err != nil {
		return nil, err
	}
	z, err := zip.OpenReader(out)
	require.NoError(t, err)
	defer z.Close()
	got := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		got[f.Name] = string(text)
	}
	return got, nil
}

func TestBuild_MakesCommonJSOfTypeScriptAndESModules(t *testing.T) {
	plain := "exports.x = 1; // import nothing"
	got, err := built(t, map[string]string{
		"index.ts":                  "import { x } from './lib';\nimport type { T } from './types';\nexport const handler = async (e: Uint8Array): Promise<number> => x as T;\n",
		"lib.js":                    plain,
		"types.d.ts":                "export type T = number;",
		"data.json":                 `{"a": 1}`,
		"node_modules/esm/index.js": "export default function () { return import.meta.url }\n",
		"node_modules/esm/a.mjs":    "import b from './b.js'; export const a = b;",
		".git/config":               "x",
	})
	require.NoError(t, err)
	require.Contains(t, got["index.js"], `require("./lib")`)
	require.NotContains(t, got["index.js"], "Promise<")
	require.Equal(t, plain, got["lib.js"])
	require.Contains(t, got["node_modules/esm/index.js"], "__filename")
	require.Contains(t, got["node_modules/esm/a.mjs"], `require("./b.js")`)
	require.Len(t, got, 5, "types and tools are left out")
}

func TestBuild_SaysWhereTypeScriptIsWrong(t *testing.T) {
	_, err := built(t, map[string]string{"index.ts": "let a: number;\nlet b = ;\n"})
	var wrong *guests.CompileError
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "index.ts:2")
}
