;; The guest of host's own tests. Build it with:
;;   wat2wasm probe.wat -o probe.wasm
;;
;; The first byte of the event says what the handler does; see package hosttest for the list.
(module
  (import "lull_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (import "lull_v1" "context_read" (func $context_read (param i32 i32 i32) (result i32)))
  (import "lull_v1" "response_status" (func $response_status (param i32) (result i32)))
  (import "lull_v1" "response_header" (func $response_header (param i32 i32 i32 i32) (result i32)))
  (import "lull_v1" "response_write" (func $response_write (param i32 i32) (result i32)))
  (import "lull_v1" "error_report" (func $error_report (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "lull_v1" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 2)
  (global $count (mut i32) (i32.const 0))  ;; handler adds 2, preFreeze adds 1
  (global $inits (mut i32) (i32.const 0))
  (global $mode (mut i32) (i32.const 0))   ;; what preFreeze and preStop do; 0 is nothing special

  (data (i32.const 16) "bad name")          ;; 8
  (data (i32.const 32) "X-Probe")           ;; 7
  (data (i32.const 48) "yes")               ;; 3
  (data (i32.const 64) "ValueError")        ;; 10
  (data (i32.const 80) "no name")           ;; 7
  (data (i32.const 96) "f (a.c:3)\0ag (a.c:9)") ;; 19
  (data (i32.const 128) "X-Fc-Request-Id")  ;; 15
  (data (i32.const 160) "hello from the probe") ;; 20
  ;; 256: an 8-byte number to answer; 512: poll_oneoff; 4096..65535: the event; 65536..: answers of context_read

  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  (func $down (param i32)
    (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))

  ;; two functions that call each other, never deep, and not in anybody's lifetime to their end
  (func $odd (param i32)
    (if (local.get 0) (then
      (call $even (i32.sub (local.get 0) (i32.const 1)))
      (call $even (i32.sub (local.get 0) (i32.const 1))))))
  (func $even (param i32)
    (if (local.get 0) (then
      (call $odd (i32.sub (local.get 0) (i32.const 1)))
      (call $odd (i32.sub (local.get 0) (i32.const 1))))))

  ;; sleep for as many milliseconds as the argument says, through poll_oneoff
  (func $sleep (param $ms i32)
    (memory.fill (i32.const 512) (i32.const 0) (i32.const 128))
    (i32.store (i32.const 528) (i32.const 1)) ;; monotonic clock
    (i64.store (i32.const 536) (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000)))
    (drop (call $poll_oneoff (i32.const 512) (i32.const 576) (i32.const 1) (i32.const 640))))

  (func $answer (param $n i32)
    (i32.store (i32.const 256) (local.get $n))
    (drop (call $response_write (i32.const 256) (i32.const 4))))

  ;; what a mode does in a hook
  (func $misbehave (result i32)
    (if (i32.eq (global.get $mode) (i32.const 116)) (then unreachable))                           ;; t
    (if (i32.eq (global.get $mode) (i32.const 108)) (then (loop $l (br $l))))                     ;; l
    (if (i32.eq (global.get $mode) (i32.const 101))                                               ;; e
      (then (drop (call $event_read (i32.const 4096) (i32.const 1) (i32.const 0)))))
    (if (i32.eq (global.get $mode) (i32.const 119))                                               ;; w
      (then (drop (call $response_write (i32.const 16) (i32.const 1)))))
    (if (i32.eq (global.get $mode) (i32.const 120)) (then (call $proc_exit (i32.const 7))))       ;; x
    (if (i32.eq (global.get $mode) (i32.const 102)) (then (return (i32.const 1))))                ;; f
    (if (i32.eq (global.get $mode) (i32.const 115)) (then (call $sleep (i32.const 100))))         ;; s
    (if (i32.eq (global.get $mode) (i32.const 103))                                               ;; g
      (then (drop (call $log (i32.const 1) (i32.const 160) (i32.const 20)))))
    (i32.const 0))

  (func (export "handler") (param $len i32) (result i32)
    (local $op i32) (local $n i32)
    (if (local.get $len)
      (then
        (drop (call $event_read (i32.const 4096) (i32.const 8) (i32.const 0)))
        (local.set $op (i32.load8_u (i32.const 4096)))))
    ;; c: count
    (if (i32.eq (local.get $op) (i32.const 99)) (then
      (global.set $count (i32.add (global.get $count) (i32.const 2)))
      (call $answer (global.get $count))
      (return (i32.const 0))))
    ;; i: how often the initializer ran
    (if (i32.eq (local.get $op) (i32.const 105)) (then (call $answer (global.get $inits)) (return (i32.const 0))))
    ;; M?: sets the mode of hooks to ?
    (if (i32.eq (local.get $op) (i32.const 77)) (then
      (global.set $mode (i32.load8_u (i32.const 4097)))
      (return (i32.const 0))))
    ;; e: echo in pieces of at most 32 KiB
    (if (i32.eq (local.get $op) (i32.const 101)) (then
      (block $done
        (loop $more
          (local.set $op (call $event_read (i32.const 65536) (i32.const 32768) (local.get $n)))
          (br_if $done (i32.eqz (local.get $op)))
          (drop (call $response_write (i32.const 65536) (local.get $op)))
          (local.set $n (i32.add (local.get $n) (local.get $op)))
          (br $more)))
      (return (i32.const 0))))
    ;; l: loop for ever; r: recurse for ever, deeper and deeper; v: recurse for ever, up and down; t: trap; x: exit with code 3
    (if (i32.eq (local.get $op) (i32.const 118)) (then (call $odd (i32.const 60))))
    (if (i32.eq (local.get $op) (i32.const 108)) (then (loop $l (br $l))))
    (if (i32.eq (local.get $op) (i32.const 114)) (then (drop (call $recurse (i32.const 0)))))
    (if (i32.eq (local.get $op) (i32.const 116)) (then unreachable))
    (if (i32.eq (local.get $op) (i32.const 120)) (then (call $proc_exit (i32.const 3))))
    ;; d: call itself 300,000 times, and return; b: bulk instructions for ever; u: count in memory
    (if (i32.eq (local.get $op) (i32.const 100)) (then (call $down (i32.const 300000))))
    (if (i32.eq (local.get $op) (i32.const 98)) (then
      (loop $l (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65536)) (br $l))))
    (if (i32.eq (local.get $op) (i32.const 117)) (then
      (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))
      (call $answer (i32.load (i32.const 1024)))
      (return (i32.const 0))))
    ;; m: grow until it fails, then trap; g: grow by one page and answer the old size or -1
    (if (i32.eq (local.get $op) (i32.const 109)) (then
      (loop $grow (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      unreachable))
    (if (i32.eq (local.get $op) (i32.const 103)) (then
      (call $answer (memory.grow (i32.const 1)))
      (return (i32.const 0))))
    ;; p: an answer outside of memory; h: an illegal header name; H: a header of the host; S: an illegal status
    (if (i32.eq (local.get $op) (i32.const 112)) (then (drop (call $response_write (i32.const 0x7ffffff0) (i32.const 64)))))
    (if (i32.eq (local.get $op) (i32.const 104)) (then
      (drop (call $response_header (i32.const 16) (i32.const 8) (i32.const 48) (i32.const 3)))))
    (if (i32.eq (local.get $op) (i32.const 72)) (then
      (drop (call $response_header (i32.const 128) (i32.const 15) (i32.const 48) (i32.const 3)))))
    (if (i32.eq (local.get $op) (i32.const 83)) (then (drop (call $response_status (i32.const 42)))))
    ;; o: status 201 and a header
    (if (i32.eq (local.get $op) (i32.const 111)) (then
      (drop (call $response_status (i32.const 201)))
      (drop (call $response_header (i32.const 32) (i32.const 7) (i32.const 48) (i32.const 3)))
      (drop (call $response_write (i32.const 48) (i32.const 3)))))
    ;; f: a handled error with a report; F: an unhandled one without; L: one log record
    (if (i32.eq (local.get $op) (i32.const 102)) (then
      (drop (call $error_report (i32.const 64) (i32.const 10) (i32.const 80) (i32.const 7) (i32.const 96) (i32.const 19)))
      (return (i32.const 1))))
    (if (i32.eq (local.get $op) (i32.const 70)) (then (return (i32.const 2))))
    (if (i32.eq (local.get $op) (i32.const 76)) (then (drop (call $log (i32.const 2) (i32.const 160) (i32.const 20)))))
    ;; s: sleep 100 ms; z: sleep for 1000 s
    (if (i32.eq (local.get $op) (i32.const 115)) (then (call $sleep (i32.const 100))))
    (if (i32.eq (local.get $op) (i32.const 122)) (then (call $sleep (i32.const 1000000))))
    ;; k?: context field ?, or -1 as a number
    (if (i32.eq (local.get $op) (i32.const 107)) (then
      (local.set $n (call $context_read (i32.load8_u (i32.const 4097)) (i32.const 65536) (i32.const 65536)))
      (if (i32.lt_s (local.get $n) (i32.const 0))
        (then (call $answer (local.get $n)))
        (else (drop (call $response_write (i32.const 65536) (local.get $n)))))))
    (i32.const 0))

  (func (export "preFreeze") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $misbehave))
  (func (export "preStop") (result i32) (call $misbehave))
  (func (export "initializer") (result i32)
    (global.set $inits (i32.add (global.get $inits) (i32.const 1)))
    (i32.const 0))
  (func (export "initFails") (result i32)
    (drop (call $error_report (i32.const 64) (i32.const 10) (i32.const 80) (i32.const 7) (i32.const 0) (i32.const 0)))
    (i32.const 2))
  (func (export "initTraps") (result i32) unreachable)
  (func (export "initLoops") (result i32) (loop $l (br $l)) (i32.const 0))
  (func (export "wrongType") (param i64) (result i64) (local.get 0)))
