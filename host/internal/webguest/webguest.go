// Package webguest is a guest for tests: web.wat says what its exports do.
package webguest

import _ "embed"

// Wasm is the module. It is built by: wat2wasm web.wat -o web.wasm
//
//go:embed web.wasm
var Wasm []byte
