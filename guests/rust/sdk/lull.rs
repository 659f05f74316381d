//! The guest side of the `lull_v1` contract for Rust 1.63 and newer. It needs the standard library only.
//!
//! ```ignore
//! mod lull;
//!
//! lull::export!(handler = greet, pre_freeze = pause);
//!
//! fn greet(request: &lull::Request, response: &mut lull::Response) -> lull::Result {
//!     let name = request.event()?;
//!     response.write(b"hello ");
//!     response.write(&name);
//!     Ok(())
//! }
//!
//! fn pause(_: &lull::Context) -> lull::Result {
//!     lull::log(lull::Level::Info, "pausing");
//!     Ok(())
//! }
//! ```
//!
//! # Lifetime
//!
//! Statics and thread locals live as long as the instance: from its start, through any number of requests and pauses, until preStop.
//! Between two calls the instance does not run, and the host never runs two calls in one instance at a time: an
//! atomic is never contended, and a `RefCell` in a thread local is never borrowed by another call.
//!
//! # Failing
//!
//! An `Err` from a handler or a hook is a handled error, and does not harm the instance. A panic ends the instance, as ever
//! where Rust cannot unwind: the caller gets an error of type `Trap` with the panic's message and place, and the next request gets a
//! new instance. `std::process::exit`, running out of memory and missing the deadline end it too.
//!
//! # Output
//!
//! What `println!` and `eprintln!` print become log records, one a line, of the levels info and error. For other levels use [`log`].
#![allow(dead_code, unused_imports, unused_macros)]

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The contract itself: `abi/spec.md`, section 4. Wrong addresses end the instance.
pub mod raw {
    #[link(wasm_import_module = "lull_v1")]
    extern "C" {
        pub fn event_read(to: *mut u8, cap: u32, offset: u32) -> i32;
        pub fn context_read(field: u32, to: *mut u8, cap: u32) -> i32;
        pub fn response_status(status: u32) -> i32;
        pub fn response_header(name: *const u8, name_len: u32, value: *const u8, value_len: u32) -> i32;
        pub fn response_write(from: *const u8, len: u32) -> i32;
        pub fn error_report(
            kind: *const u8, kind_len: u32, message: *const u8, message_len: u32, stack: *const u8, stack_len: u32,
        ) -> i32;
        pub fn log(level: u32, from: *const u8, len: u32) -> i32;
        pub fn fetch(
            head: *const u8, head_len: u32, body: *const u8, body_len: u32, timeout_ms: u32, flags: u32,
        ) -> i32;
        pub fn fetch_read(part: u32, to: *mut u8, cap: u32, offset: u32) -> i32;
    }
}

// ---- Exports --------------------------------------------------------------------------------------

/// Exports functions under the standard names. `handler` is a `fn(&Request, &mut Response) -> Result`; `initializer`, `pre_freeze` and
/// `pre_stop` are `fn(&Context) -> Result`, exported as `initializer`, `preFreeze` and `preStop`. What is left out does not exist.
///
/// `boot` is a `fn()` that runs once, before instances are made of what it leaves behind: it has neither event nor
/// context, and may [`log`]. Random numbers that it draws, all instances have in common.
///
/// It is used once, in the file whose module `lull` is: `lull::export!(handler = greet, pre_freeze = pause);`
macro_rules! export {
    ($($what:ident = $f:path),+ $(,)?) => {
        $($crate::lull::export_one!($what, $f);)+
        const _: () = {
            /// Being called by the host, it keeps the linker from running the constructors around every export.
            #[export_name = "_initialize"]
            pub extern "C" fn initialize() {
                $crate::lull::begin();
                $($crate::lull::run_boot!($what, $f);)+
            }
        };
    };
}
pub(crate) use export;

/// Exports one more handler under a name of its own: `lull::handler!("other", f)` is for `--handler other`.
macro_rules! handler {
    ($name:literal, $f:path) => {
        const _: () = {
            #[export_name = $name]
            pub extern "C" fn export(event_len: u32) -> i32 {
                $crate::lull::call_handler(event_len, $f)
            }
        };
    };
}
pub(crate) use handler;

/// Exports one more hook under a name of its own: `lull::hook!("flush", f)` is for `--pre-freeze flush`.
macro_rules! hook {
    ($name:literal, $f:path) => {
        const _: () = {
            #[export_name = $name]
            pub extern "C" fn export() -> i32 {
                $crate::lull::call_hook($f)
            }
        };
    };
}
pub(crate) use hook;

macro_rules! export_one {
    (handler, $f:path) => { $crate::lull::handler!("handler", $f); };
    (initializer, $f:path) => { $crate::lull::hook!("initializer", $f); };
    (pre_freeze, $f:path) => { $crate::lull::hook!("preFreeze", $f); };
    (pre_stop, $f:path) => { $crate::lull::hook!("preStop", $f); };
    (boot, $f:path) => {};
}
pub(crate) use export_one;

macro_rules! run_boot {
    (boot, $f:path) => { $f() };
    ($other:ident, $f:path) => {};
}
pub(crate) use run_boot;

/// For the macros.
pub fn begin() {
    extern "C" {
        fn __wasm_call_ctors();
    }
    unsafe { __wasm_call_ctors() };
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic); // a record of level error
        let message = match (panic.payload().downcast_ref::<&str>(), panic.payload().downcast_ref::<String>()) {
            (Some(text), _) => text.to_string(),
            (_, Some(text)) => text.clone(),
            _ => "panic".to_string(),
        };
        let place = panic.location().map(|l| l.to_string()).unwrap_or_default();
        Error { kind: "panic".into(), message, stack: vec![place], handled: false }.report();
    }));
}

/// For the macros.
pub fn call_handler(event_len: u32, f: fn(&Request, &mut Response) -> Result) -> i32 {
    finish(f(&Request { context: Context(()), len: event_len as usize }, &mut Response(())))
}

/// For the macros.
pub fn call_hook(f: fn(&Context) -> Result) -> i32 {
    finish(f(&Context(())))
}

fn finish(result: Result) -> i32 {
    match result {
        Ok(()) => 0,
        Err(error) => error.report(),
    }
}

// ---- Errors ---------------------------------------------------------------------------------------

/// What handlers and hooks return.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// An error as the caller of the function sees it:
/// `{"errorMessage": message, "errorType": kind, "stackTrace": stack}`.
///
/// Every error of the standard library's trait becomes one with `?`; its kind is then the name of its Rust type.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: Cow<'static, str>,
    pub message: String,
    /// One frame each, innermost first.
    pub stack: Vec<String>,
    /// False for what the code did not foresee: an `UnhandledInvocationError`.
    pub handled: bool,
}

impl Error {
    /// A handled error without a stack.
    pub fn new(kind: impl Into<Cow<'static, str>>, message: impl fmt::Display) -> Error {
        Error { kind: kind.into(), message: message.to_string(), stack: Vec::new(), handled: true }
    }

    fn report(&self) -> i32 {
        let stack = self.stack.join("\n");
        unsafe {
            raw::error_report(
                self.kind.as_ptr(), self.kind.len() as u32,
                self.message.as_ptr(), self.message.len() as u32,
                stack.as_ptr(), stack.len() as u32,
            );
        }
        if self.handled { 1 } else { 2 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(e: E) -> Error {
        Error::new(std::any::type_name::<E>(), e)
    }
}

/// Why the host refused an import. Unless it is `NotFound`, the host fails the whole call even if the handler then returns `Ok`: what
/// the caller gets is never half an answer, and not looking at a refusal is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The context field does not exist in this call.
    NotFound,
    /// Event or answer in a hook.
    WrongPhase,
    /// The answer's body or headers would pass the host's limit.
    TooLarge,
    /// An illegal header name or value, a status outside 200..599.
    Invalid,
    /// A number that this SDK does not know.
    Other(i32),
}

impl Refusal {
    fn check(code: i32) -> std::result::Result<usize, Refusal> {
        match code {
            0.. => Ok(code as usize),
            -1 => Err(Refusal::NotFound),
            -2 => Err(Refusal::WrongPhase),
            -3 => Err(Refusal::TooLarge),
            -4 => Err(Refusal::Invalid),
            _ => Err(Refusal::Other(code)),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotFound => f.write_str("lull: not found"),
            Refusal::WrongPhase => f.write_str("lull: wrong phase"),
            Refusal::TooLarge => f.write_str("lull: too large"),
            Refusal::Invalid => f.write_str("lull: invalid"),
            Refusal::Other(code) => write!(f, "lull: error number {}", code),
        }
    }
}

impl std::error::Error for Refusal {}

// ---- Context --------------------------------------------------------------------------------------

/// The fields of a call's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Field {
    /// All of it as one JSON object.
    Json,
    RequestId,
    Function,
    Service,
    Qualifier,
    VersionId,
    InstanceId,
    Phase,
    Deadline,
    // These exist only in requests that came by HTTP.
    Method,
    Path,
    Query,
    ClientIp,
    Headers,
}

/// Describes one call of the handler or of a hook. Each field is fetched from the host when it is asked for. Environment
/// variables are where they always are: `std::env::var`.
pub struct Context(());

impl Context {
    /// One field, `None` if it does not exist in this call.
    pub fn get(&self, field: Field) -> Option<String> {
        let len = Refusal::check(unsafe { raw::context_read(field as u32, std::ptr::null_mut(), 0) }).ok()?;
        let mut text = vec![0; len];
        unsafe { raw::context_read(field as u32, text.as_mut_ptr(), len as u32) };
        Some(String::from_utf8(text).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// 36 characters. Hook runs have ids of their own.
    pub fn request_id(&self) -> String {
        self.get(Field::RequestId).unwrap_or_default()
    }

    /// `handler`, `initializer`, `preFreeze` or `preStop`.
    pub fn phase(&self) -> String {
        self.get(Field::Phase).unwrap_or_default()
    }

    /// When the host stops this call, wherever it is, and discards the instance.
    pub fn deadline(&self) -> SystemTime {
        let ms = self.get(Field::Deadline).and_then(|text| text.parse().ok()).unwrap_or(0);
        UNIX_EPOCH + Duration::from_millis(ms)
    }
}

// ---- Event ----------------------------------------------------------------------------------------

/// One request. Of an event that did not come by HTTP only the event and the context exist.
pub struct Request {
    context: Context,
    len: usize,
}

impl Request {
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The event's length in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The whole event: the body of an HTTP request.
    pub fn event(&self) -> std::result::Result<Vec<u8>, Refusal> {
        let mut event = vec![0; self.len];
        let n = self.read_at(&mut event, 0)?;
        event.truncate(n);
        Ok(event)
    }

    /// Reads a part of the event, for events that need not be in memory at once. It returns how many bytes there were at `offset`, 0
    /// at the end.
    pub fn read_at(&self, to: &mut [u8], offset: usize) -> std::result::Result<usize, Refusal> {
        Refusal::check(unsafe { raw::event_read(to.as_mut_ptr(), to.len() as u32, offset as u32) })
    }

    /// The HTTP method as sent.
    pub fn method(&self) -> Option<String> {
        self.context.get(Field::Method)
    }

    /// The path below the function's URL, at least `/`, percent-encoded as sent.
    pub fn path(&self) -> Option<String> {
        self.context.get(Field::Path)
    }

    /// The query as sent, without the question mark.
    pub fn query(&self) -> Option<String> {
        self.context.get(Field::Query)
    }

    /// The caller's address, without port.
    pub fn client_ip(&self) -> Option<String> {
        self.context.get(Field::ClientIp)
    }

    /// The headers as name and value, names in canonical form (`Content-Type`). A repeated header is there once for each value.
    pub fn headers(&self) -> Vec<(String, String)> {
        let text = self.context.get(Field::Headers).unwrap_or_default();
        text.lines().filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_string(), v.to_string())).collect()
    }

    /// The first value of a header. Names match in any case.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers().into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

// ---- Answer ---------------------------------------------------------------------------------------

/// The answer under construction. The caller gets it when the handler has returned `Ok`, and the error otherwise. It implements
/// [`std::io::Write`] for `write!`.
pub struct Response(());

impl Response {
    /// Sets the HTTP status, 200 to 599. The last call wins; 200 without a call. It shows on function URLs only.
    pub fn status(&mut self, status: u16) -> std::result::Result<(), Refusal> {
        Refusal::check(unsafe { raw::response_status(status.into()) }).map(drop)
    }

    /// Adds a header. The same name may be added again. Names that the host owns are refused, `Content-Length` for example; all
    /// names and values together are at most 16 KiB.
    pub fn header(&mut self, name: &str, value: &str) -> std::result::Result<(), Refusal> {
        Refusal::check(unsafe {
            raw::response_header(name.as_ptr(), name.len() as u32, value.as_ptr(), value.len() as u32)
        })
        .map(drop)
    }

    /// Appends bytes to the body. They are copied.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> std::result::Result<(), Refusal> {
        let bytes = bytes.as_ref();
        Refusal::check(unsafe { raw::response_write(bytes.as_ptr(), bytes.len() as u32) }).map(drop)
    }
}

impl io::Write for Response {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Response::write(self, bytes).map_err(|e| io::Error::new(io::ErrorKind::Other, e))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// ---- Sending requests -----------------------------------------------------------------------------

/// An HTTP request that a handler or a hook sends. `..Default::default()` stands for a GET without headers and body.
#[derive(Debug, Clone)]
pub struct Fetch<'a> {
    pub method: &'a str,
    /// Absolute, `http` or `https`.
    pub url: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    /// At most 6 MiB.
    pub body: &'a [u8],
    /// In whole milliseconds; zero means that the call's deadline alone bounds it, which it does in any case.
    pub timeout: Duration,
    /// Whether up to 10 redirects are followed; otherwise a redirect is the answer.
    pub follow: bool,
}

impl Default for Fetch<'_> {
    fn default() -> Self {
        Fetch { method: "GET", url: "", headers: &[], body: &[], timeout: Duration::ZERO, follow: true }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// 200 to 599, whatever it means.
    pub status: u16,
    /// The URL that answered, after redirects.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Why there is no answer. It does not fail the call.
#[derive(Debug, Clone)]
pub struct FetchError {
    /// The contract's number: -5 for a host that the function was not deployed for, -7 for a timeout.
    pub code: i32,
    pub message: String,
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FetchError {}

impl Fetch<'_> {
    /// Sends the request and waits for the whole answer; nothing else of the instance runs meanwhile. The function must have been
    /// deployed with the URL's host in its list of allowed hosts.
    pub fn send(&self) -> std::result::Result<Fetched, FetchError> {
        let mut head = format!("{} {}\n", self.method, self.url);
        for (name, value) in self.headers {
            head.push_str(&format!("{}: {}\n", name, value));
        }
        let timeout = self.timeout.as_millis().min(u128::from(u32::MAX)) as u32;
        let status = unsafe {
            raw::fetch(
                head.as_ptr(), head.len() as u32, self.body.as_ptr(), self.body.len() as u32, timeout, self.follow as u32,
            )
        };
        if status < 0 {
            return Err(FetchError { code: status, message: fetched_text(3) });
        }
        let headers = fetched_text(1);
        let headers = headers.lines().filter_map(|line| line.split_once(": "));
        Ok(Fetched {
            status: status as u16,
            url: fetched_text(2),
            headers: headers.map(|(n, v)| (n.to_string(), v.to_string())).collect(),
            body: fetched(0),
        })
    }
}

/// A part of what the last request of this call came to.
fn fetched(part: u32) -> Vec<u8> {
    let len = unsafe { raw::fetch_read(part, std::ptr::null_mut(), 0, 0) };
    let mut bytes = vec![0; len.max(0) as usize];
    unsafe { raw::fetch_read(part, bytes.as_mut_ptr(), bytes.len() as u32, 0) };
    bytes
}

fn fetched_text(part: u32) -> String {
    String::from_utf8_lossy(&fetched(part)).into_owned()
}

// ---- Log ------------------------------------------------------------------------------------------

/// A log record's level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

/// Writes one record of the request or hook that runs; over 64 KiB the rest is cut off. For formatted text:
/// `lull::log(Level::Info, format_args!("calls={}", n))`.
pub fn log(level: Level, message: impl fmt::Display) {
    let text = message.to_string();
    unsafe { raw::log(level as u32, text.as_ptr(), text.len() as u32) };
}
