;; Its memory begins with 3,000 pages, 187.5 MiB.
(module
  (memory (export "memory") 3000)
  (func (export "handler") (param i32) (result i32) (i32.const 0)))
