//! This function greets whoever calls it, counts its calls, and says so when it pauses.
//!
//!     lull build
//!     lull deploy NAME NAME.wasm
//!     lull invoke NAME -d Ada

#[path = "../sdk/lull.rs"]
mod lull;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

lull::export!(handler = greet, pre_freeze = pause, pre_stop = stop);

/// CALLS lives as long as the instance.
static CALLS: AtomicU32 = AtomicU32::new(0);

fn greet(request: &lull::Request, response: &mut lull::Response) -> lull::Result {
    CALLS.fetch_add(1, Relaxed);
    let name = String::from_utf8(request.event()?)?;
    if name.is_empty() {
        return Err(lull::Error::new("NoName", "whom shall I greet? send a name"));
    }
    response.header("Content-Type", "text/plain; charset=utf-8")?;
    writeln!(response, "hello {}", name)?;
    Ok(())
}

fn pause(_: &lull::Context) -> lull::Result {
    lull::log(lull::Level::Info, format_args!("pausing calls={}", CALLS.load(Relaxed)));
    Ok(())
}

fn stop(_: &lull::Context) -> lull::Result {
    lull::log(lull::Level::Info, format_args!("stopping calls={}", CALLS.load(Relaxed)));
    Ok(())
}
