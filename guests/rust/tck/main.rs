//! The guest of the conformance kit. abi/tck/README.md says what each case does.

#[path = "../sdk/lull.rs"]
mod lull;

mod answer;
mod end;
mod hook;
mod raw;

use lull::{Error, Request, Response, Result};
use std::cell::Cell;

lull::export!(
    boot = raw::boot,
    handler = handle,
    initializer = hook::initializer,
    pre_freeze = hook::pre_freeze,
    pre_stop = hook::pre_stop,
);

thread_local! {
    /// The runs of the handler.
    pub static HANDLED: Cell<u32> = Cell::new(0);
}

/// One request of the kit.
pub struct Call<'a> {
    pub request: &'a Request,
    pub response: &'a mut Response,
    pub args: Vec<&'a str>,
    pub payload: &'a [u8],
}

impl Call<'_> {
    /// An argument, empty if it is not there.
    pub fn arg(&self, i: usize) -> &str {
        self.args.get(i).copied().unwrap_or("")
    }

    /// An argument as a number. The kit sends only valid ones.
    pub fn number(&self, i: usize) -> i64 {
        self.arg(i).parse().unwrap_or(0)
    }

    pub fn answer(&mut self, text: impl AsRef<[u8]>) -> Result {
        Ok(self.response.write(text)?)
    }
}

/// Runs a case.
pub type Case = fn(&mut Call) -> Result;

fn handle(request: &Request, response: &mut Response) -> Result {
    HANDLED.with(|n| n.set(n.get() + 1));
    let event = request.event()?;
    if !event.starts_with(b"tck ") {
        response.write(format!("{} {:08x}", event.len(), fnv1a(&event)))?;
        return Ok(());
    }
    let end = event.iter().position(|b| *b == b'\n');
    let (line, payload) = match end {
        Some(i) => (&event[..i], &event[i + 1..]),
        None => (&event[..], &event[..0]),
    };
    let line = std::str::from_utf8(line)?;
    let mut words = line.split(' ').skip(1);
    let name = words.next().unwrap_or("");
    let run = find(name).ok_or_else(|| Error::new("tck", format!("this guest has no case {:?}", name)))?;
    run(&mut Call { request, response, args: words.collect(), payload })
}

pub fn all() -> impl Iterator<Item = &'static (&'static str, Case)> {
    answer::CASES.iter().chain(end::CASES).chain(raw::CASES)
}

pub fn find(name: &str) -> Option<Case> {
    all().find(|(n, _)| *n == name).map(|(_, run)| *run)
}

pub fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |h: u32, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}
