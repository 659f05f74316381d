package interpreters

import "context"

// RubyModule is the interpreter in the folder of ruby: a reactor with the standard library in it.
const RubyModule = "ruby.wasm"

var ruby = Interpreter{
	Name:    "ruby",
	Version: "CRuby 3.4.1 of @ruby/3.4-wasm-wasi 2.10.1",
	Packages: []Package{{
		Name: "@ruby/3.4-wasm-wasi", Version: "2.10.1", SHA256: "2e709bd9eddefe1c5d63e9fc0391a35cce4754e936d8a2f24b8582f6d5c2ea88",
		Files: []string{"dist/ruby+stdlib.wasm"},
	}},
	Revision: 1,
	Notice:   "ruby.wasm: Ruby, under the Ruby licence or the 2-clause BSD licence. The package around it: MIT.",
	prepare: func(_ context.Context, w *Work) error {
		return w.Take("@ruby/3.4-wasm-wasi", "dist/ruby+stdlib.wasm", RubyModule)
	},
}
