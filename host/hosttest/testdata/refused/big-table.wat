;; Its tables begin with 1,048,577 elements.
(module
  (memory (export "memory") 1)
  (table 1048576 funcref)
  (table 1 funcref)
  (func (export "handler") (param i32) (result i32) (i32.const 0)))
