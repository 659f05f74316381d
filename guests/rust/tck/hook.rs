//! The hooks: each counts, says so, and does once what it was armed with.

use crate::lull::{self, Context, Error, Level, Result};
use crate::end::end;
use crate::{answer, raw};
use std::cell::RefCell;

const NAMES: [&str; 3] = ["initializer", "preFreeze", "preStop"];

#[derive(Default)]
struct State {
    counts: [u32; 3],
    armed: [String; 3],
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

pub fn initializer(c: &Context) -> Result {
    hook(0, c)
}

pub fn pre_freeze(c: &Context) -> Result {
    hook(1, c)
}

pub fn pre_stop(c: &Context) -> Result {
    hook(2, c)
}

pub fn counts() -> [u32; 3] {
    STATE.with(|s| s.borrow().counts)
}

/// Says what a hook does the next time. It is false if there is no such hook.
pub fn arm(name: &str, action: String) -> bool {
    match NAMES.iter().position(|n| *n == name) {
        Some(i) => {
            STATE.with(|s| s.borrow_mut().armed[i] = action);
            true
        }
        None => false,
    }
}

/// Runs at boot.
pub fn arm_from_environment() {
    if let Ok(value) = std::env::var("LULL_TCK") {
        if let Some((name, action)) = value.split_once(' ') {
            arm(name, action.to_string());
        }
    }
}

fn hook(which: usize, context: &Context) -> Result {
    let name = NAMES[which];
    let (count, armed) = STATE.with(|s| {
        let s = &mut *s.borrow_mut();
        s.counts[which] += 1;
        (s.counts[which], std::mem::take(&mut s.armed[which]))
    });
    lull::log(Level::Info, format_args!("tck {} {}", name, count));
    let (action, text) = armed.split_once(' ').unwrap_or((&armed, ""));
    match action {
        "" => {}
        "log" => lull::log(Level::Info, text),
        "context" => lull::log(
            Level::Info,
            format_args!("tck {} context {} {}", name, context.phase(), context.request_id()),
        ),
        "fail" => return Err(Error::new("tck", text)),
        "unhandled" => return Err(answer::unhandled(text.to_string())),
        "exit" | "loop" | "trap" => return end(action, text),
        _ => lull::log(Level::Info, format_args!("tck {} {} {}", name, action, raw::call_import(action))),
    }
    Ok(())
}
