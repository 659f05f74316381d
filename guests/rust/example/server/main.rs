//! Server is an HTTP server for lull's runtime custom, with the standard library alone: it takes its connections from
//! descriptor 3, which the host has opened, and serves one after the other with calls that block. While the
//! instance is paused it stands in one of them.
//!
//!     lull deploy web . --pre-freeze on --pre-stop on
//!     lull invoke web -d Ada
//!     curl http://127.0.0.1:8080/web/wait/1 -d Ada

use std::io::{BufRead, BufReader, Error, ErrorKind::InvalidData, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::os::wasi::io::FromRawFd;
use std::thread::sleep;
use std::time::Duration;

fn main() -> Result<()> {
    let listener = unsafe { TcpListener::from_raw_fd(3) };
    let mut served = 0;
    for conn in listener.incoming() {
        if let Err(e) = serve(&conn?, &mut served) {
            eprintln!("a connection broke off: {}", e); // the next one does not care
        }
    }
    Ok(())
}

/// Serve answers all requests of a connection.
fn serve(conn: &TcpStream, served: &mut u32) -> Result<()> {
    let mut input = BufReader::new(conn);
    while let Some((path, body)) = read(&mut input)? {
        greet(conn, &path, &body, served)?;
    }
    Ok(())
}

/// Read returns the path and the body of a request, or nothing when the connection is at its end.
fn read(input: &mut impl BufRead) -> Result<Option<(String, String)>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or("/").to_string();
    let mut length = 0;
    loop {
        line.clear();
        if input.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("Content-Length") {
                length = value.trim().parse().map_err(|e| Error::new(InvalidData, e))?;
            }
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some((path, String::from_utf8_lossy(&body).into())))
}

fn greet(conn: &TcpStream, path: &str, name: &str, served: &mut u32) -> Result<()> {
    if let "/initialize" | "/pre-freeze" | "/pre-stop" = path {
        // Hooks, where flags of the deploy switch them on.
        println!("{} served={}", &path[1..], served);
        return answer(conn, "200 OK", "");
    }
    // Events, and any other path of the function's URL.
    if let Some(seconds) = path.strip_prefix("/wait/") {
        sleep(Duration::from_secs(seconds.parse().unwrap_or(0)));
    }
    if name.is_empty() {
        return answer(conn, "400 Bad Request", "whom shall I greet? send a name\n");
    }
    *served += 1;
    answer(conn, "200 OK", &format!("hello {}\n", name))
}

fn answer(mut conn: &TcpStream, status: &str, text: &str) -> Result<()> {
    write!(conn, "HTTP/1.1 {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}", status, text.len(), text)
}
