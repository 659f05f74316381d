;; Its exports have other names and types than are asked for.
(module
  (memory (export "memory") 1)
  (func (export "handle") (param i32) (result i32) (i32.const 0))
  (func (export "noResult") (param i32))
  (func (export "hook") (result i32) (i32.const 0))
  (func (export "hookWithEvent") (param i32) (result i32) (i32.const 0))
  (global (export "count") i32 (i32.const 0)))
