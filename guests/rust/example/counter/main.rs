//! Counter shows that an instance keeps its state, and when the hooks run. Every request adds 2 and answers the
//! count; preFreeze, which runs after it and before the pause, adds 1 more. So three separate requests to one
//! instance answer 2, 5 and 8.
//!
//!     lull build .
//!     lull deploy counter counter.wasm
//!     lull invoke counter

#[path = "../../sdk/lull.rs"]
mod lull;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

lull::export!(handler = add, pre_freeze = pause, pre_stop = stop);

static COUNT: AtomicU32 = AtomicU32::new(0);

fn add(_: &lull::Request, response: &mut lull::Response) -> lull::Result {
    COUNT.fetch_add(2, Relaxed);
    response.write(COUNT.load(Relaxed).to_string())?;
    Ok(())
}

fn pause(_: &lull::Context) -> lull::Result {
    COUNT.fetch_add(1, Relaxed);
    Ok(())
}

fn stop(_: &lull::Context) -> lull::Result {
    lull::log(lull::Level::Info, format_args!("stopping count={}", COUNT.load(Relaxed)));
    Ok(())
}
