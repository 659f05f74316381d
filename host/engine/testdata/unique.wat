;; Draws random numbers at its start, when it is restored, and in each call, and answers the three with the time in ns: 4 + 4 + 4 + 8 bytes.
;;   wat2wasm unique.wat -o unique.wasm
(module
  (import "lull_v1" "response_write" (func $response_write (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (global $restores (mut i32) (i32.const 0))
  (func (export "_initialize") (drop (call $random (i32.const 0) (i32.const 4))))
  (func (export "afterRestore") (result i32)
    (global.set $restores (i32.add (global.get $restores) (i32.const 1)))
    (call $random (i32.const 4) (i32.const 4)))
  (func (export "handler") (param i32) (result i32)
    (drop (call $random (i32.const 8) (i32.const 4)))
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 16)))
    (i32.store (i32.const 24) (global.get $restores))
    (drop (call $response_write (i32.const 0) (i32.const 28)))
    (i32.const 0)))
