//! Cases after which the instance is gone, and sleep, which can be one.

use crate::lull::Result;
use crate::Case;
use std::time::Duration;

pub const CASES: &[(&str, Case)] = &[
    ("exit", |c| end("exit", c.arg(0))),
    ("loop", |c| end("loop", c.arg(0))),
    ("recurse", |c| {
        let sum = recurse(1);
        c.answer(sum.to_string())
    }),
    ("grow", |_| grow()),
    ("sleep", |c| {
        std::thread::sleep(Duration::from_millis(c.number(0) as u64));
        c.answer("ok")
    }),
    ("trap", |c| end("trap", c.arg(0))),
];

/// The endings that hooks can be armed with, too.
pub fn end(how: &str, text: &str) -> Result {
    match how {
        "exit" => std::process::exit(text.parse().unwrap_or(0)),
        "loop" => spin(),
        _ => trap(text),
    }
}

fn spin() -> Result {
    let mut sink = 0u32;
    loop {
        sink = sink.wrapping_add(1);
        unsafe { std::ptr::write_volatile(&mut sink, sink) };
    }
}

/// The frame and its use after the call keep the compiler from making a loop of it.
#[allow(unconditional_recursion)]
fn recurse(n: u32) -> u32 {
    let mut frame = [n; 16];
    unsafe { std::ptr::write_volatile(&mut frame[0], n) };
    recurse(n.wrapping_add(1)) + frame[(n % 16) as usize]
}

fn grow() -> Result {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(vec![1; 1 << 20]);
        unsafe { std::ptr::read_volatile(&hoard[0][0]) };
    }
}

fn trap(how: &str) -> Result {
    if how == "unreachable" {
        core::arch::wasm32::unreachable();
    }
    unsafe { std::ptr::read_volatile(0xffff_fff0usize as *const u32) };
    Ok(())
}
