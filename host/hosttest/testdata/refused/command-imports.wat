;; A command that imports a global.
(module
  (import "env" "stack" (global i32))
  (memory (export "memory") 1)
  (func (export "_start")))
