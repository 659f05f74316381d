;; It imports one thing that there is and seven that there are not.
(module
  (import "lull_v1" "log" (func (param i32 i32 i32) (result i32)))
  (import "lull_v1" "launch" (func (param i64) (result f64)))
  (import "lull_v1" "response_status" (func (param i64) (result i32)))
  (import "lull_v2" "log" (func))
  (import "wasi_snapshot_preview1" "sock_open" (func (result i32 i32)))
  (import "env" "memory" (memory 1))
  (import "env" "table" (table 1 funcref))
  (import "env" "stack" (global (mut i32)))
  (export "memory" (memory 0))
  (func (export "handler") (param i32) (result i32) (i32.const 0)))
