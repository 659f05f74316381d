;; A guest of 16 pages of 4 KiB, in each of which _initialize stores a 1. An event names pages, a to p, one a letter: the handler adds one in each, and
;; answers the sum of these pages, a byte.
(module
  (import "lull_v1" "event_read" (func $read (param i32 i32 i32) (result i32)))
  (import "lull_v1" "response_write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_initialize")
    (local $at i32)
    (loop $next
      (i32.store8 (local.get $at) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4096))) (i32.const 65536)))))
  (func (export "handler") (param $length i32) (result i32)
    (local $i i32) (local $page i32) (local $sum i32)
    (drop (call $read (i32.const 65536) (local.get $length) (i32.const 0)))
    (loop $next
      (local.set $page (i32.mul (i32.const 4096) (i32.sub (i32.load8_u offset=65536 (local.get $i)) (i32.const 97))))
      (i32.store8 (local.get $page) (i32.add (i32.load8_u (local.get $page)) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $page))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $length))))
    (i32.store8 (i32.const 69632) (local.get $sum))
    (drop (call $write (i32.const 69632) (i32.const 1)))
    (i32.const 0)))
