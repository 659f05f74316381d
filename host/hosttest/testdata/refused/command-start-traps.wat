;; A command whose start function, which is not _start, traps.
(module
  (memory (export "memory") 1)
  (func (export "_start"))
  (func $start unreachable)
  (start $start))
