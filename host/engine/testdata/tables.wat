;; Changes its table in each call: such a module cannot be captured. Answers how often this instance was called.
;;   wat2wasm tables.wat -o tables.wasm
(module
  (import "lull_v1" "response_write" (func $response_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table $t 2 4 funcref)
  (global $calls (mut i32) (i32.const 0))
  (func (export "handler") (param i32) (result i32)
    (table.set $t (i32.const 0) (ref.null func))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store (i32.const 0) (global.get $calls))
    (drop (call $response_write (i32.const 0) (i32.const 4)))
    (i32.const 0)))
