use crate::lull::{self, Error, Field, Level, Result};
use crate::{hook, Call, Case, HANDLED};
use std::io::Write;

pub const CASES: &[(&str, Case)] = &[
    ("cases", list_cases),
    ("echo", |c| c.answer(c.payload)),
    ("context", context),
    ("chunks", chunks),
    ("status", status),
    ("headers", headers),
    ("fail", fail),
    ("error", |c| Err(std::io::Error::new(std::io::ErrorKind::Other, c.args.join(" ")).into())),
    ("unhandled", |c| Err(unhandled(c.args.join(" ")))),
    ("log", write_log),
    ("stdout", |c| {
        let mut out = std::io::stdout();
        out.write_all(c.payload)?;
        out.flush()?;
        c.answer("ok")
    }),
    ("stderr", |c| {
        std::io::stderr().write_all(c.payload)?;
        c.answer("ok")
    }),
    ("count", count),
    ("arm", arm),
    ("env", |c| {
        let value = std::env::var(c.arg(0)).unwrap_or_default();
        c.answer(value)
    }),
    ("clock", |c| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        c.answer(now.as_millis().to_string())
    }),
    ("random", random),
    ("fetch", fetch),
];

fn fetch(c: &mut Call) -> Result {
    let sent = lull::Fetch {
        method: c.arg(0),
        url: c.arg(1),
        headers: &[("X-Tck", "a b")],
        body: c.payload,
        timeout: std::time::Duration::from_millis(c.number(2) as u64),
        follow: c.arg(3) == "follow",
    }
    .send();
    match sent {
        Err(e) => c.answer(format!("{}\0{}", e.code, e.message)),
        Ok(got) => {
            let headers: String = got.headers.iter().map(|(n, v)| format!("{}: {}\n", n, v)).collect();
            c.answer(format!("{}\0{}\0{}\0", got.status, got.url, headers))?;
            c.answer(got.body)
        }
    }
}

fn list_cases(c: &mut Call) -> Result {
    let mut names = vec!["initializer", "preFreeze", "preStop"];
    names.extend(crate::all().map(|(name, _)| *name));
    c.answer(names.join("\n"))
}

fn context(c: &mut Call) -> Result {
    const FIELDS: &[(&str, Field)] = &[
        ("json", Field::Json),
        ("requestId", Field::RequestId),
        ("function", Field::Function),
        ("service", Field::Service),
        ("qualifier", Field::Qualifier),
        ("versionId", Field::VersionId),
        ("instanceId", Field::InstanceId),
        ("phase", Field::Phase),
        ("deadline", Field::Deadline),
        ("method", Field::Method),
        ("path", Field::Path),
        ("query", Field::Query),
        ("clientIP", Field::ClientIp),
        ("headers", Field::Headers),
    ];
    let field = FIELDS.iter().find(|(name, _)| *name == c.arg(0)).map(|(_, field)| *field);
    let text = field.and_then(|f| c.request.context().get(f)).unwrap_or_else(|| "-1".to_string());
    c.answer(text)
}

fn chunks(c: &mut Call) -> Result {
    let size = c.number(1) as usize;
    for i in 0..c.number(0) {
        c.response.write(vec![b'a' + (i % 26) as u8; size])?;
    }
    Ok(())
}

fn status(c: &mut Call) -> Result {
    for i in 0..c.args.len() {
        let status = c.number(i);
        let _ = c.response.status(status as u16); // the host remembers a refusal
    }
    c.answer("ok")
}

fn headers(c: &mut Call) -> Result {
    let parts: Vec<&[u8]> = c.payload.split(|b| *b == 0).collect();
    for pair in parts.chunks_exact(2) {
        let _ = c.response.header(std::str::from_utf8(pair[0])?, std::str::from_utf8(pair[1])?);
    }
    c.answer("ok")
}

fn fail(c: &mut Call) -> Result {
    let text = String::from_utf8_lossy(c.payload);
    let (message, stack) = text.split_once('\0').unwrap_or((&text, ""));
    let mut error = Error::new(c.arg(0).to_string(), message);
    error.stack = stack.split('\n').map(str::to_string).collect();
    Err(error)
}

/// A panic would end the instance: this is what there is instead.
pub fn unhandled(message: String) -> Error {
    Error { kind: "tck".into(), message, stack: vec!["unhandled (answer.rs)".into()], handled: false }
}

fn write_log(c: &mut Call) -> Result {
    let level = [Level::Debug, Level::Info, Level::Warning, Level::Error][c.number(0) as usize];
    lull::log(level, String::from_utf8_lossy(c.payload));
    c.answer("ok")
}

fn count(c: &mut Call) -> Result {
    let [initializer, pre_freeze, pre_stop] = hook::counts();
    c.answer(format!(
        "handler={} initializer={} preFreeze={} preStop={}",
        HANDLED.with(|n| n.get()), initializer, pre_freeze, pre_stop
    ))
}

fn arm(c: &mut Call) -> Result {
    let action = c.args.get(1..).unwrap_or(&[]).join(" ");
    if !hook::arm(c.arg(0), action) {
        return Err(Error::new("tck", format!("there is no hook {:?}", c.arg(0))));
    }
    c.answer("ok")
}

/// Without a crate there is no door to the system's random numbers but WASI's own.
fn random(c: &mut Call) -> Result {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    extern "C" {
        fn random_get(to: *mut u8, len: usize) -> i32;
    }
    let mut bytes = [0u8; 16];
    if unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) } != 0 {
        return Err(Error::new("tck", "random_get failed"));
    }
    let text: String = bytes.iter().map(|b| format!("{:02x}", b)).collect();
    c.answer(text)
}
