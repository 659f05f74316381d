;; It does not export its memory.
(module
  (memory 1)
  (func (export "handler") (param i32) (result i32) (i32.const 0)))
