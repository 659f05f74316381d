/**
 * The guest side of the lull_v1 contract for AssemblyScript 0.28.
 *
 *     import * as lull from "./lull";
 *
 *     export function handler(eventLength: i32): i32 {
 *       lull.write("hello " + lull.eventText(eventLength));
 *       return lull.OK;
 *     }
 *
 * What is exported under a standard name is there: handler(eventLength), initializer(), preFreeze() and preStop(). Each
 * returns OK, or what fail() returned. Any other exported function of these shapes can be configured as handler or hook, too.
 *
 * Top-level variables live as long as the instance. Top-level statements run once, before instances are made of what
 * they leave behind: there is neither event nor context, and random numbers drawn there all instances have in common.
 *
 * AssemblyScript has no exceptions: throw, a failed assert and an index out of bounds end the instance. The caller gets an error of type
 * Trap with the message and its place, and the next request gets a new instance.
 *
 * The options of asconfig.json belong to it: exportStart makes the top-level statements a call of the host, and the
 * entries of use give abort, console.log, Math.random and trace something to stand on.
 */

/** What handler and hooks return. */
export const OK: i32 = 0;
/** The code said no; see fail(). */
export const HANDLED: i32 = 1;
/** Something that the code did not foresee. */
export const UNHANDLED: i32 = 2;

/*
 * Imports answer 0 or a length, and one of these when the host refuses. Unless it is NOT_FOUND, the host then fails the whole call even if
 * it returns OK: what the caller gets is never half an answer, and not looking at a refusal is safe.
 */
/** The context field does not exist in this call. */
export const NOT_FOUND: i32 = -1;
/** Event or answer in a hook. */
export const WRONG_PHASE: i32 = -2;
/** The answer's body or headers would pass the host's limit. */
export const TOO_LARGE: i32 = -3;
/** An illegal header, a status outside 200..599. */
export const INVALID: i32 = -4;

/** The contract itself: abi/spec.md, section 4. Wrong addresses end the instance. */
export namespace raw {
  @external("lull_v1", "event_read")
  export declare function eventRead(to: usize, cap: u32, offset: u32): i32;
  @external("lull_v1", "context_read")
  export declare function contextRead(field: u32, to: usize, cap: u32): i32;
  @external("lull_v1", "response_status")
  export declare function responseStatus(status: u32): i32;
  @external("lull_v1", "response_header")
  export declare function responseHeader(name: usize, nameLength: u32, value: usize, valueLength: u32): i32;
  @external("lull_v1", "response_write")
  export declare function responseWrite(from: usize, length: u32): i32;
  @external("lull_v1", "error_report")
  export declare function errorReport(
    type: usize, typeLength: u32, message: usize, messageLength: u32, stack: usize, stackLength: u32,
  ): i32;
  @external("lull_v1", "log")
  export declare function log(level: u32, from: usize, length: u32): i32;
  @external("lull_v1", "fetch")
  export declare function fetch(
    head: usize, headLength: u32, body: usize, bodyLength: u32, timeout: u32, flags: u32,
  ): i32;
  @external("lull_v1", "fetch_read")
  export declare function fetchRead(part: u32, to: usize, cap: u32, offset: u32): i32;
}

/* ---- Event ---- */

/** The whole event as bytes. */
export function event(eventLength: i32): Uint8Array {
  const bytes = new Uint8Array(eventLength);
  eventRead(bytes, 0);
  return bytes;
}

/** The whole event as text; what is not UTF-8 becomes U+FFFD. */
export function eventText(eventLength: i32): string {
  return text(event(eventLength));
}

/** Reads a part of the event, for events that need not be in memory at once. Returns how many bytes there were at offset, 0 at the end. */
export function eventRead(to: Uint8Array, offset: i32): i32 {
  return raw.eventRead(to.dataStart, to.length, offset);
}

/* ---- Context ---- */

export enum Field {
  /** Everything as one JSON object. */
  Json,
  RequestId,
  Function,
  Service,
  Qualifier,
  VersionId,
  InstanceId,
  /** handler, initializer, preFreeze or preStop. */
  Phase,
  /** Unix time in milliseconds, as text. */
  Deadline,
  /** This and the following exist only in requests that came by HTTP. */
  Method,
  Path,
  Query,
  ClientIP,
  /** "Name: value\n" each. */
  Headers,
}

/** One field of the context, null if it does not exist in this call. */
export function context(field: Field): string | null {
  const length = raw.contextRead(field, 0, 0);
  if (length < 0) return null;
  const bytes = new Uint8Array(length);
  raw.contextRead(field, bytes.dataStart, length);
  return text(bytes);
}

/* ---- Answer: 0 or one of the refusals ---- */

/** Sets the HTTP status, 200 to 599. The last call wins; 200 without a call. It shows on function URLs only. */
export function status(status: i32): i32 {
  return raw.responseStatus(status);
}

/** Adds a header. The same name may be added again. */
export function header(name: string, value: string): i32 {
  const n = String.UTF8.encode(name), v = String.UTF8.encode(value);
  return raw.responseHeader(changetype<usize>(n), n.byteLength, changetype<usize>(v), v.byteLength);
}

/** Appends text to the body. */
export function write(text: string): i32 {
  const b = String.UTF8.encode(text);
  return raw.responseWrite(changetype<usize>(b), b.byteLength);
}

/** Appends bytes to the body. */
export function writeBytes(bytes: Uint8Array): i32 {
  return raw.responseWrite(bytes.dataStart, bytes.length);
}

/* ---- Errors ---- */

/**
 * Says what went wrong and is HANDLED: return lull.fail("NoName", "send a name"). The caller gets
 * {"errorMessage": message, "errorType": type, "stackTrace": stack's lines}.
 */
export function fail(type: string, message: string, stack: string = ""): i32 {
  const t = String.UTF8.encode(type), m = String.UTF8.encode(message), s = String.UTF8.encode(stack);
  raw.errorReport(
    changetype<usize>(t), t.byteLength, changetype<usize>(m), m.byteLength, changetype<usize>(s), s.byteLength,
  );
  return HANDLED;
}

/** For --use abort: what throw, assert and failed checks call. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const m = message == null ? "abort" : message;
  const place = (file == null ? "?" : file) + ":" + line.toString() + ":" + column.toString();
  log(Level.Error, m + " at " + place);
  fail("abort", m, place);
  unreachable();
}

/* ---- Log ---- */

export enum Level { Debug, Info, Warning, Error }

/** An answer to fetch(), or why there is none. */
export class Fetched {
  constructor(
    /** 200 to 599, or a negative number of the contract: -5 for a host that the function was not deployed for, -7 for a timeout. */
    public status: i32,
    /** The URL that answered, after redirects. */
    public url: string,
    /** "Name: value" and a line feed for each. */
    public headers: string,
    public body: Uint8Array,
    /** Why status is negative. */
    public error: string,
  ) {}

  get ok(): bool { return this.status >= 200 && this.status < 300; }

  /** The body as text; what is not UTF-8 becomes U+FFFD. */
  text(): string { return text(this.body); }
}

/**
 * Sends an HTTP request and waits for the whole answer; nothing else of the instance runs meanwhile. The function must have been deployed with the
 * URL's host in its list of allowed hosts. headers are "Name: value" and a line feed each. timeout is in milliseconds; 0 leaves it to the
 * call's deadline, which bounds it in any case. An error does not fail the call.
 */
export function fetch(
  method: string, url: string, headers: string = "", body: Uint8Array = new Uint8Array(0), timeout: i32 = 0, follow: bool = true,
): Fetched {
  const head = String.UTF8.encode(method + " " + url + "\n" + headers);
  const status = raw.fetch(changetype<usize>(head), head.byteLength, body.dataStart, body.length, timeout, follow ? 1 : 0);
  if (status < 0) return new Fetched(status, "", "", new Uint8Array(0), fetchedText(3));
  return new Fetched(status, fetchedText(2), fetchedText(1), fetched(0), "");
}

function fetched(part: u32): Uint8Array {
  const bytes = new Uint8Array(max(raw.fetchRead(part, 0, 0, 0), 0));
  raw.fetchRead(part, bytes.dataStart, bytes.length, 0);
  return bytes;
}

function fetchedText(part: u32): string {
  return text(fetched(part));
}

/** Writes one record of the request or hook that runs; over 64 KiB the rest is cut off. */
export function log(level: Level, message: string): i32 {
  const b = String.UTF8.encode(message);
  return raw.log(level, changetype<usize>(b), b.byteLength);
}

/** For --use console. */
export namespace console {
  export function debug(message: string = ""): void { log(Level.Debug, message); }
  export function log(message: string = ""): void { logInfo(message); }
  export function info(message: string = ""): void { logInfo(message); }
  export function warn(message: string = ""): void { log(Level.Warning, message); }
  export function error(message: string = ""): void { log(Level.Error, message); }
  export function assert<T>(condition: T, message: string = ""): void {
    if (!condition) log(Level.Error, "Assertion failed: " + message);
  }
}

function logInfo(message: string): void { log(Level.Info, message); }

/** For --use trace. */
export function trace(message: string, n: i32 = 0, a0: f64 = 0, a1: f64 = 0, a2: f64 = 0, a3: f64 = 0, a4: f64 = 0): void {
  const numbers: f64[] = [a0, a1, a2, a3, a4];
  log(Level.Debug, n > 0 ? message + " " + numbers.slice(0, n).join(",") : message);
}

/* ---- The system ---- */

namespace wasi {
  @external("wasi_snapshot_preview1", "environ_sizes_get")
  export declare function environSizesGet(count: usize, size: usize): i32;
  @external("wasi_snapshot_preview1", "environ_get")
  export declare function environGet(environ: usize, buf: usize): i32;
  @external("wasi_snapshot_preview1", "clock_time_get")
  export declare function clockTimeGet(clock: u32, precision: u64, time: usize): i32;
  @external("wasi_snapshot_preview1", "random_get")
  export declare function randomGet(to: usize, length: usize): i32;
  @external("wasi_snapshot_preview1", "poll_oneoff")
  export declare function pollOneoff(subscriptions: usize, events: usize, count: usize, happened: usize): i32;
  @external("wasi_snapshot_preview1", "fd_write")
  export declare function fdWrite(fd: i32, vectors: usize, count: usize, written: usize): i32;
  @external("wasi_snapshot_preview1", "proc_exit")
  export declare function procExit(code: i32): void;
}

/** An environment variable, null if it is not set. */
export function env(name: string): string | null {
  const sizes = new StaticArray<u32>(2);
  wasi.environSizesGet(changetype<usize>(sizes), changetype<usize>(sizes) + 4);
  const pointers = new StaticArray<u32>(sizes[0]), values = new Uint8Array(sizes[1]);
  wasi.environGet(changetype<usize>(pointers), values.dataStart);
  for (let i = 0; i < pointers.length; i++) {
    let end: usize = pointers[i];
    while (load<u8>(end) != 0) end++;
    const pair = String.UTF8.decodeUnsafe(pointers[i], end - pointers[i]);
    if (pair.startsWith(name + "=")) return pair.substring(name.length + 1);
  }
  return null;
}

/** The wall clock: Unix time in milliseconds. */
export function now(): i64 {
  const time = new StaticArray<u64>(1);
  wasi.clockTimeGet(0, 1000000, changetype<usize>(time));
  return time[0] / 1000000;
}

/** Random bytes from the operating system's source. */
export function random(length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  wasi.randomGet(bytes.dataStart, length);
  return bytes;
}

/** For --use seed: what Math.random starts from, when it is first called. */
export function seed(): f64 {
  return reinterpret<f64>(load<u64>(random(8).dataStart));
}

/**
 * Gives Math.random a new start in every instance, also if a top-level statement has called it: export { afterRestore } from "./lull".
 */
export function afterRestore(): i32 {
  NativeMath.seedRandom(load<i64>(random(8).dataStart));
  return OK;
}

/** Waits. The deadline of the call counts on. */
export function sleep(milliseconds: i32): void {
  const subscription = new Uint8Array(48), event = new Uint8Array(32), happened = new StaticArray<u32>(1);
  store<u32>(subscription.dataStart, 1, 16); // the monotonic clock, from now on
  store<u64>(subscription.dataStart, <u64>milliseconds * 1000000, 24);
  wasi.pollOneoff(subscription.dataStart, event.dataStart, 1, changetype<usize>(happened));
}

/** Writes to standard output (1) or standard error (2), which become log records, one a line, of the levels info and error. */
export function print(fd: i32, bytes: Uint8Array): void {
  const vector = new StaticArray<usize>(2), written = new StaticArray<u32>(1);
  let from = bytes.dataStart, left = <u32>bytes.length;
  while (left > 0) {
    vector[0] = from;
    vector[1] = left;
    if (wasi.fdWrite(fd, changetype<usize>(vector), 1, changetype<usize>(written)) != 0) return;
    from += written[0];
    left -= written[0];
  }
}

/** Ends the instance: the request fails with type Exit, whatever the code. */
export function exit(code: i32): void {
  wasi.procExit(code);
}

function text(bytes: Uint8Array): string {
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}
