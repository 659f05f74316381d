package guests

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	pack "github.com/lull-dev/lull/host/source"
)

// buildNodeJS makes a package of a folder: TypeScript and ES modules become CommonJS, file by file, in the packages under node_modules too.
// So a module is still one module, whoever imports it. Everything else is packed as it is.
func buildNodeJS(b *build) error {
	fmt.Fprintln(b.log, "packing", b.dir, "into", b.out)
	packed, err := pack.Pack(b.dir, pack.Limits{})
	if err != nil {
		return err
	}
	from, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, f := range from.File {
		if err := errors.Join(b.ctx.Err(), convert(f, to)); err != nil {
			return err
		}
	}
	if err := to.Close(); err != nil {
		return err
	}
	return os.WriteFile(b.out, out.Bytes(), 0o666)
}

// convert copies a file from package to package.
func convert(f *zip.File, to *zip.Writer) error {
	if strings.HasSuffix(f.Name, ".d.ts") || f.Name == ".gitignore" {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	code, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	name, code, err := commonJS(f.Name, code)
	if err != nil {
		return err
	}
	w, err := to.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, ExternalAttrs: f.ExternalAttrs, CreatorVersion: f.CreatorVersion})
	if err != nil {
		return err
	}
	_, err = w.Write(code)
	return err
}

// module finds the statements that only an ES module has.
var module = regexp.MustCompile(`(?m)^\s*(import\s+[\w{*'"]|import\{|export\s+[\w{*]|export\{)|\bimport\.meta\b`)

// commonJS converts a file if it is TypeScript, JSX or an ES module, and gives its new name. Line numbers stay those of the source, as far as
// the conversion keeps lines; an inline source map would not be read by anyone.
func commonJS(name string, code []byte) (string, []byte, error) {
	loader, ok := map[string]api.Loader{
		".ts": api.LoaderTS, ".mts": api.LoaderTS, ".cts": api.LoaderTS, ".tsx": api.LoaderTSX, ".jsx": api.LoaderJSX,
		".js": api.LoaderJS, ".mjs": api.LoaderJS, ".cjs": api.LoaderJS,
	}[path.Ext(name)]
	if !ok || loader == api.LoaderJS && !module.Match(code) {
		return name, code, nil
	}
	out := api.Transform(string(code), api.TransformOptions{
		Loader: loader, Format: api.FormatCommonJS, Target: api.ES2022, Platform: api.PlatformNode, Sourcefile: name,
		Define: map[string]string{"import.meta.url": "__filename"},
	})
	if len(out.Errors) > 0 {
		said := strings.Join(api.FormatMessages(out.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage}), "")
		return "", nil, &CompileError{Command: "esbuild " + name, Output: said, Err: errors.New("it cannot be converted to CommonJS")}
	}
	if ext := path.Ext(name); ext != ".mjs" {
		name = strings.TrimSuffix(name, ext) + ".js"
	}
	return name, out.Code, nil
}
