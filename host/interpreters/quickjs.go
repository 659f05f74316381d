package interpreters

import "context"

// QuickJSModule is the interpreter in the folder of quickjs.
const QuickJSModule = "quickjs.wasm"

var quickjs = Interpreter{
	Name:    "quickjs",
	Version: "QuickJS-NG of quickjs-wasi 3.6.2",
	Packages: []Package{{
		Name: "quickjs-wasi", Version: "3.6.2", SHA256: "f1f4349f19a2d849e33ea0ae9bec2e7062b8839f4eceb17c9051ddbaa2720982",
		Files: []string{"quickjs.wasm"},
	}},
	Revision: 1,
	Notice:   "quickjs.wasm: QuickJS-NG and its wrapper, both under the MIT licence.",
	prepare: func(_ context.Context, w *Work) error {
		return w.Take("quickjs-wasi", "quickjs.wasm", QuickJSModule)
	},
}
