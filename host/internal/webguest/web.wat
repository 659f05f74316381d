;; The guest of the tests of front, nethttp, fcapi and metrics: each export is one way to answer.
(module
  (import "lull_v1" "event_read" (func $event_read (param i32 i32 i32) (result i32)))
  (import "lull_v1" "context_read" (func $context_read (param i32 i32 i32) (result i32)))
  (import "lull_v1" "response_status" (func $status (param i32) (result i32)))
  (import "lull_v1" "response_header" (func $header (param i32 i32 i32 i32) (result i32)))
  (import "lull_v1" "response_write" (func $write (param i32 i32) (result i32)))
  (import "lull_v1" "error_report" (func $report (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "lull_v1" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\n")
  (data (i32.const 16) "X-Teagreen")          ;; 5 + 5
  (data (i32.const 32) "Set-Cookiea=1b=2")    ;; 10 + 3 + 3
  (data (i32.const 64) "short and stout")     ;; 15
  (data (i32.const 96) "ValueErrorno namef (a.c:3)") ;; 10 + 7 + 9
  (data (i32.const 128) "said something")     ;; 14
  (data (i32.const 160) "text/html")          ;; 9
  (data (i32.const 176) "Content-Type")       ;; 12

  ;; echo: the answer is the event, in chunks of 32 KiB
  (func (export "handler") (param $len i32) (result i32)
    (local $at i32) (local $n i32)
    (block $end (loop $next
      (local.set $n (call $event_read (i32.const 65536) (i32.const 32768) (local.get $at)))
      (br_if $end (i32.eqz (local.get $n)))
      (drop (call $write (i32.const 65536) (local.get $n)))
      (local.set $at (i32.add (local.get $at) (local.get $n)))
      (br $next)))
    (i32.const 0))

  ;; describe: method, path, query, client address and headers as the guest sees them, a line each
  (func $field (param $field i32)
    (local $n i32)
    (local.set $n (call $context_read (local.get $field) (i32.const 65536) (i32.const 65536)))
    (if (i32.gt_s (local.get $n) (i32.const 0))
      (then (drop (call $write (i32.const 65536) (local.get $n)))))
    (drop (call $write (i32.const 0) (i32.const 1))))
  (func (export "describe") (param i32) (result i32)
    (call $field (i32.const 9))
    (call $field (i32.const 10))
    (call $field (i32.const 11))
    (call $field (i32.const 12))
    (call $field (i32.const 13))
    (i32.const 0))

  ;; teapot: status, a header, two cookies, a content type and a body
  (func (export "teapot") (param i32) (result i32)
    (drop (call $status (i32.const 418)))
    (drop (call $header (i32.const 16) (i32.const 5) (i32.const 21) (i32.const 5)))
    (drop (call $header (i32.const 32) (i32.const 10) (i32.const 42) (i32.const 3)))
    (drop (call $header (i32.const 32) (i32.const 10) (i32.const 45) (i32.const 3)))
    (drop (call $header (i32.const 176) (i32.const 12) (i32.const 160) (i32.const 9)))
    (drop (call $write (i32.const 64) (i32.const 15)))
    (i32.const 0))

  (func (export "nocontent") (param i32) (result i32)
    (drop (call $status (i32.const 204)))
    (i32.const 0))

  ;; refuse: a handled error with type, message and stack
  (func (export "refuse") (param i32) (result i32)
    (drop (call $report (i32.const 96) (i32.const 10) (i32.const 106) (i32.const 7) (i32.const 113) (i32.const 9)))
    (i32.const 1))

  (func (export "trap") (param i32) (result i32) unreachable)

  (func (export "spin") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))

  ;; say: one log line, then echo's answer is empty
  (func (export "say") (param i32) (result i32)
    (drop (call $log (i32.const 1) (i32.const 128) (i32.const 14)))
    (i32.const 0))

  ;; chatter: as many log lines as the event is long
  (func (export "chatter") (param $n i32) (result i32)
    (block $end (loop $next
      (br_if $end (i32.eqz (local.get $n)))
      (drop (call $log (i32.const 1) (i32.const 128) (i32.const 14)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
    (i32.const 0))

  (func (export "initializer") (result i32) (i32.const 0))
  (func (export "badInitializer") (result i32) (i32.const 1))
  (func (export "preFreeze") (result i32) (i32.const 0))
  (func (export "badPreFreeze") (result i32) (i32.const 2))
  (func (export "preStop") (result i32) (i32.const 0))
)
