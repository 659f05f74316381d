//! The imports with plain addresses, for what the SDK rightly does not let through.

use crate::lull::raw::*;
use crate::lull::{Error, Result};
use crate::{fnv1a, hook, Call, Case};
use std::cell::RefCell;

pub const CASES: &[(&str, Case)] = &[
    ("boot", |c| {
        let text = BOOT.with(|b| b.borrow().clone());
        c.answer(text)
    }),
    ("pieces", pieces),
    ("field", field),
    ("report", |c| {
        unsafe { error_report("tck".as_ptr(), 3, "tck".as_ptr(), 3, "tck".as_ptr(), 3) };
        c.answer("ok")
    }),
    ("loglevel", |c| {
        unsafe { log(c.number(0) as u32, "tck".as_ptr(), 3) };
        c.answer("ok")
    }),
    ("pointer", pointer),
    ("zerolength", |c| {
        let end = usize::MAX as *mut u8;
        let text = unsafe {
            format!("{} {} {} {}", event_read(end, 0, 0), context_read(7, end, 0), response_write(end, 0), log(0, end, 0))
        };
        c.answer(text)
    }),
];

thread_local! {
    /// What the imports answered at boot.
    static BOOT: RefCell<String> = RefCell::default();
}

pub fn boot() {
    let mut buf = [0u8; 16];
    let at = buf.as_mut_ptr();
    let text = unsafe { format!("{} {} {}", event_read(at, 1, 0), context_read(7, at, 16), response_write(at, 1)) };
    BOOT.with(|b| *b.borrow_mut() = text);
    hook::arm_from_environment();
}

/// Calls an import that a hook may not call.
pub fn call_import(name: &str) -> i32 {
    let mut b = [b'1'];
    let at = b.as_mut_ptr();
    unsafe {
        match name {
            "event_read" => event_read(at, 1, 0),
            "response_status" => response_status(200),
            "response_header" => response_header("X-Tck".as_ptr(), 5, at, 1),
            "response_write" => response_write(at, 1),
            _ => panic!("there is no action {}", name),
        }
    }
}

fn pieces(c: &mut Call) -> Result {
    let (size, total) = (c.number(0) as usize, c.request.len());
    let (mut whole, mut sum) = (vec![0; total], 0);
    for i in (0..(total + size - 1) / size).rev() {
        let end = total.min((i + 1) * size);
        sum += c.request.read_at(&mut whole[i * size..end], i * size)?;
    }
    let mut buf = vec![0; size];
    let (past, far) = (c.request.read_at(&mut buf, total)?, c.request.read_at(&mut buf, total + size)?);
    c.answer(format!("{} {:08x} {} {}", sum, fnv1a(&whole), past, far))
}

fn field(c: &mut Call) -> Result {
    let mut buf = vec![0xaa; 64 << 10];
    let n = unsafe { context_read(c.number(0) as u32, buf.as_mut_ptr(), c.number(1) as u32) };
    let state = if buf.iter().all(|b| *b == 0xaa) { "untouched" } else { "written" };
    c.answer(format!("{} {}", n, state))
}

fn pointer(c: &mut Call) -> Result {
    let (far, size) = (0xffff_0000usize as *mut u8, 1000);
    let x = "x".as_ptr();
    unsafe {
        match c.arg(0) {
            "event_read" => event_read(far, size, 0),
            "context_read" => context_read(1, far, size),
            "response_header" => response_header(x, 1, far, size),
            "response_write" => response_write(far, size),
            "error_report" => error_report(x, 1, x, 1, far, size),
            "log" => log(1, far, size),
            name => return Err(Error::new("tck", format!("there is no import {}", name))),
        }
    };
    c.answer("the import came back")
}
