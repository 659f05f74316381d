;; A guest that exports all hooks, as some SDKs do in every program, and says through lull_hooks that only preFreeze has code behind it. The handler answers how often it has
;; been asked that, a byte.
(module
  (import "lull_v1" "response_write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "handler") (param i32) (result i32)
    (drop (call $write (i32.const 0) (i32.const 1)))
    (i32.const 0))
  (func (export "initializer") (result i32) unreachable)
  (func (export "preFreeze") (result i32) (i32.const 0))
  (func (export "preStop") (result i32) unreachable)
  (func (export "otherStop") (result i32) (i32.const 0))
  (func (export "lull_hooks") (result i32)
    (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
    (i32.const 2)))
