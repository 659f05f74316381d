package guests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/guests"
)

func TestWriteProject_RefusesWhatItCannotDo(t *testing.T) {
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "mine.txt"), []byte("mine"), 0o666))
	for name, c := range map[string]struct {
		dir, project, lang string
		want               error
		says               string
	}{
		"a folder that holds something":         {full, "f", "go", guests.ErrNotEmpty, "mine.txt"},
		"a language that does not exist":        {t.TempDir(), "f", "cobol", guests.ErrLanguage, "assemblyscript, c, go, go-http, nodejs, php, python, ruby, rust, typescript"},
		"a name with a slash":                   {t.TempDir(), "a/b", "go", guests.ErrName, "a/b"},
		"a name that is too long":               {t.TempDir(), strings.Repeat("a", 129), "c", guests.ErrName, "128"},
		"no name":                               {t.TempDir(), "", "c", guests.ErrName, "letter"},
		"a Go module with the name of Go's own": {t.TempDir(), "context", "go", guests.ErrName, "context"},
	} {
		t.Run(name, func(t *testing.T) {
			err := guests.WriteProject(c.dir, c.project, c.lang)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			entries, err := os.ReadDir(c.dir)
			require.NoError(t, err)
			require.LessOrEqual(t, len(entries), 1, "nothing was written")
		})
	}
}

func TestWriteProject_CopiesTheSDKUnderTheProjectsName(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, guests.WriteProject(dir, "greeter", "go"))
	main, err := os.ReadFile(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	require.Contains(t, string(main), `"greeter/lull"`)
	require.NotContains(t, string(main), "NAME")
	require.NotContains(t, string(main), "github.com")
	transport, err := os.ReadFile(filepath.Join(dir, "lull", "lullhttp", "transport.go"))
	require.NoError(t, err)
	require.Contains(t, string(transport), `"greeter/lull"`)
	require.NotContains(t, string(transport), "github.com")
	tests, err := filepath.Glob(filepath.Join(dir, "lull", "*_test.go"))
	require.NoError(t, err)
	require.Empty(t, tests, "the SDK's own tests stay here")
}

func TestWriteProject_RefusesTheNameOfEveryStandardPackage(t *testing.T) {
	out, err := exec.Command("go", "list", "std").Output()
	require.NoError(t, err)
	for name := range strings.FieldsSeq(string(out)) {
		if !strings.Contains(name, "/") {
			require.ErrorIs(t, guests.WriteProject(t.TempDir(), name, "go"), guests.ErrName, name)
		}
	}
}

func TestLanguages_AreThoseThatWriteProjectTakes(t *testing.T) {
	for _, lang := range guests.Languages() {
		require.NoError(t, guests.WriteProject(t.TempDir(), "f", lang))
	}
}
