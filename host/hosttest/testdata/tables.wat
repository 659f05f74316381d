;; A guest that grows its first table, which has no maximum, until that fails, and answers how many elements it has then.
(module
  (import "lull_v1" "response_write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (table 0 externref)
  (func (export "handler") (param i32) (result i32)
    (loop $grow (br_if $grow (i32.ne (table.grow $t (ref.null func) (i32.const 4096)) (i32.const -1))))
    (i32.store (i32.const 0) (table.size $t))
    (drop (call $write (i32.const 0) (i32.const 4)))
    (i32.const 0)))
