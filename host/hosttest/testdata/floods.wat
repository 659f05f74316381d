;; A guest that has the host work for it without end. Build it with:
;;   wat2wasm floods.wat -o floods.wasm
;;
;; The first byte of the event: w writes 16 MiB of the same byte to standard output 100,000 times, in one call; n the same with line feeds; e writes nothing
;; as often as its memory has room to say so; r fills its memory with random bytes.
(module
  (import "lull_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1024)
  (func $write (param $fill i32) (param $vectors i32)
    ;; vectors at 16, each (0x01010101, 0x01010101), or, with 0, each empty
    (memory.fill (i32.const 16) (local.get $fill) (i32.mul (local.get $vectors) (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (local.get $vectors) (i32.const 8))))
  (func (export "handler") (param i32) (result i32)
    (local $op i32)
    (drop (call $event_read (i32.const 0) (i32.const 1) (i32.const 0)))
    (local.set $op (i32.load8_u (i32.const 0)))
    (if (i32.eq (local.get $op) (i32.const 119)) (then (call $write (i32.const 1) (i32.const 100000))))
    (if (i32.eq (local.get $op) (i32.const 110)) (then
      (memory.fill (i32.const 0x01000000) (i32.const 10) (i32.const 0x02000000))
      (call $write (i32.const 1) (i32.const 100000))))
    (if (i32.eq (local.get $op) (i32.const 101)) (then (loop $l (call $write (i32.const 0) (i32.const 8000000)) (br $l))))
    (if (i32.eq (local.get $op) (i32.const 114)) (then (loop $l (drop (call $random_get (i32.const 0) (i32.const 0x04000000))) (br $l))))
    (i32.const 0)))
