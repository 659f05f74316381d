;; A guest of kind command. The first byte of its input says what it does:
;;   e echoes the input, v writes the environment (zero-terminated), a writes the arguments (likewise), n answers how often it has run,
;;   w writes "oops" to standard error, x? exits with the code of the digit ?, t traps, l loops, m grows memory until it fails and traps
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 3)
  (global $runs (mut i32) (i32.const 0))
  (data (i32.const 32) "oops\n")
  ;; 0: an iovec; 8: a result; 16, 20: sizes; 64: pointers; 4096: environment or arguments; 65536: input

  (func $write (param $fd i32) (param $ptr i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $ptr))
    (i32.store (i32.const 4) (local.get $len))
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $read (result i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8)))

  (func (export "_start")
    (local $n i32) (local $op i32)
    (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
    (local.set $n (call $read))
    (if (local.get $n) (then (local.set $op (i32.load8_u (i32.const 65536)))))
    (if (i32.eq (local.get $op) (i32.const 101)) (then ;; e
      (loop $more
        (call $write (i32.const 1) (i32.const 65536) (local.get $n))
        (local.set $n (call $read))
        (br_if $more (local.get $n)))))
    (if (i32.eq (local.get $op) (i32.const 118)) (then ;; v
      (drop (call $environ_sizes (i32.const 16) (i32.const 20)))
      (drop (call $environ_get (i32.const 64) (i32.const 4096)))
      (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 20)))))
    (if (i32.eq (local.get $op) (i32.const 97)) (then ;; a
      (drop (call $args_sizes (i32.const 16) (i32.const 20)))
      (drop (call $args_get (i32.const 64) (i32.const 4096)))
      (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 20)))))
    (if (i32.eq (local.get $op) (i32.const 110)) (then ;; n
      (i32.store8 (i32.const 65536) (i32.add (i32.const 48) (global.get $runs)))
      (call $write (i32.const 1) (i32.const 65536) (i32.const 1))))
    (if (i32.eq (local.get $op) (i32.const 119)) (then (call $write (i32.const 2) (i32.const 32) (i32.const 5)))) ;; w
    (if (i32.eq (local.get $op) (i32.const 120)) ;; x
      (then (call $exit (i32.sub (i32.load8_u (i32.const 65537)) (i32.const 48)))))
    (if (i32.eq (local.get $op) (i32.const 116)) (then unreachable)) ;; t
    (if (i32.eq (local.get $op) (i32.const 108)) (then (loop $l (br $l)))) ;; l
    (if (i32.eq (local.get $op) (i32.const 109)) (then ;; m
      (loop $grow (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      unreachable))))
