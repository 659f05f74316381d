package interpreters

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/lull-dev/lull/guests/nodejs"
)

var quickjs = Interpreter{
	Name:    "quickjs",
	Version: "QuickJS-NG of quickjs-wasi 3.6.2",
	Packages: []Package{{
		Name: "quickjs-wasi", Version: "3.6.2", SHA256: "f1f4349f19a2d849e33ea0ae9bec2e7062b8839f4eceb17c9051ddbaa2720982",
		Files: []string{"quickjs.wasm"},
	}},
	Revision: 3,
	Notice: "quickjs.wasm: QuickJS-NG and its wrapper, both under the MIT licence.\n" +
		"node.js: a bundle of npm packages, all under the MIT licence; the licences of each are in node.js.LICENCES.txt.",
	prepare: prepareQuickJS,
}

// prepareQuickJS bundles the packages that stand in for modules of Node.js. npm checks them against the sums of the lock file.
func prepareQuickJS(ctx context.Context, w *Work) error {
	if err := w.Take("quickjs-wasi", "quickjs.wasm", "quickjs.wasm"); err != nil {
		return err
	}
	w.Progress("fetching the packages of node.js")
	dir, err := w.Locked(ctx, nodejs.BundlePackage, nodejs.BundleLock)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"index.js": nodejs.Bundle, "process.js": "module.exports = globalThis.process;\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	w.Progress("bundling node.js")
	built := api.Build(api.BuildOptions{
		AbsWorkingDir: dir,
		EntryPoints:   []string{"index.js"},
		Outfile:       filepath.Join(w.Out, "node.js"),
		Bundle:        true,
		Write:         true,
		Format:        api.FormatIIFE,
		Platform:      api.PlatformBrowser,
		MainFields:    []string{"browser", "main"},
		Target:        api.ES2022,
		LegalComments: api.LegalCommentsExternal,
		// What packages ask for by the names of Node.js's modules are packages of the bundle, too.
		Alias: map[string]string{
			"buffer": "buffer/", "events": "events/", "util": "util/", "string_decoder": "string_decoder/", "url": "url/", "assert": "assert/",
			"process": "./process.js", "punycode": "punycode/", "abort-controller": "abort-controller/dist/abort-controller",
		},
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
	})
	if len(built.Errors) > 0 {
		return errors.New(api.FormatMessages(built.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})[0])
	}
	return w.keepLicences(filepath.Join(dir, "node_modules"), "node.js.LICENCES.txt")
}

// Locked installs the packages of a package.json and its lock file with npm, without running any script of theirs, and returns the folder.
func (w *Work) Locked(ctx context.Context, pkg, lock string) (string, error) {
	dir := filepath.Join(filepath.Dir(w.Out), "locked")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for name, text := range map[string]string{"package.json": pkg, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	if _, err := npm(ctx, dir, "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return "", fmt.Errorf("packages of the bundle: %w", err)
	}
	return dir, nil
}
