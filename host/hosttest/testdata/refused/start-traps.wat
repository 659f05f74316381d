;; Its start function traps.
(module
  (memory (export "memory") 1)
  (func (export "handler") (param i32) (result i32) (i32.const 0))
  (func $start unreachable)
  (start $start))
