//! Just enough of HTTP/1.1 for clients on this machine: one request per connection.

use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The most that a request's head may be.
const LONGEST_HEAD: u64 = 256 * 1024;
/// The most that a request's body may be.
const LONGEST_BODY: u64 = 32 * 1024 * 1024;
/// How long a client may take to send a request.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query, and without the host where the client took this server for a proxy.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// One response.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json", body: value.to_string().into_bytes() }
    }

    /// Server-sent events, each with its name where it has one.
    pub(crate) fn events(events: &[(Option<&str>, String)]) -> Self {
        let mut body = String::new();
        for (name, data) in events {
            if let Some(name) = name {
                body.push_str(&format!("event: {name}\n"));
            }
            body.push_str(&format!("data: {data}\n\n"));
        }
        Self { status: 200, content_type: "text/event-stream", body: body.into_bytes() }
    }
}

/// Reads the request of a connection, answers it, and closes the connection.
pub(crate) fn serve(stream: &TcpStream, answer: impl FnOnce(&Request) -> Response) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let Some(request) = read(&mut reader, &mut &*stream)? else { return Ok(()) };
    let response = answer(&request);
    let mut out = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
        response.status,
        if response.status == 200 { "OK" } else { "Error" },
        response.content_type,
        response.body.len()
    )
    .into_bytes();
    if request.method != "HEAD" {
        out.extend_from_slice(&response.body);
    }
    let mut stream = stream;
    stream.write_all(&out)?;
    stream.flush()
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads one request; `None` where the client hung up before it.
fn read(reader: &mut impl BufRead, writer: &mut impl Write) -> io::Result<Option<Request>> {
    let mut head = reader.by_ref().take(LONGEST_HEAD);
    let mut line = String::new();
    if head.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().ok_or_else(|| broken("no method"))?.to_owned();
    let target = words.next().ok_or_else(|| broken("no target"))?;
    let path = path_of(target).to_owned();
    let (mut length, mut chunked, mut continues) = (0u64, false, false);
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return Err(broken("the head is cut short or too long"));
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(|_| broken("the length is no number"))?,
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "expect" => continues = value.eq_ignore_ascii_case("100-continue"),
            _ => {}
        }
    }
    if continues {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if chunked { chunks(reader)? } else { exactly(reader, length)? };
    Ok(Some(Request { method, path, body }))
}

fn path_of(target: &str) -> &str {
    let after_host = target.strip_prefix("http://").and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)));
    let path = after_host.unwrap_or(target);
    path.split('?').next().unwrap_or(path)
}

fn exactly(reader: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    if length > LONGEST_BODY {
        return Err(broken("the body is too long"));
    }
    let mut body = Vec::new();
    let read = reader.take(length).read_to_end(&mut body)?;
    if read as u64 == length { Ok(body) } else { Err(broken("the body is cut short")) }
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.by_ref().take(1024).read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| broken("a chunk has no size"))?;
        if size.saturating_add(body.len() as u64) > LONGEST_BODY {
            return Err(broken("the body is too long"));
        }
        body.extend(exactly(reader, size)?);
        // The line's end after a chunk; after the last one, the end of the (empty) trailer.
        reader.by_ref().take(1024).read_line(&mut String::new())?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> io::Result<Option<Request>> {
        read(&mut text.as_bytes(), &mut Vec::new())
    }

    #[test]
    fn bodies_are_read_whole_however_they_are_sent() {
        let whole = parsed("POST /v1/x?beta=1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello").unwrap().unwrap();
        assert_eq!((whole.path.as_str(), whole.body.as_slice()), ("/v1/x", &b"hello"[..]));
        let text = "POST http://127.0.0.1:9/v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";
        let chunked = parsed(text).unwrap().unwrap();
        assert_eq!((chunked.path.as_str(), chunked.body.as_slice()), ("/v1/x", &b"hello"[..]));
        assert_eq!(parsed("").unwrap(), None);
    }

    #[test]
    fn what_is_no_request_is_an_error_and_never_a_hang() {
        let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(300_000));
        for text in [
            "\r\n",
            "GET\r\n\r\n",
            "GET / HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            long.as_str(),
        ] {
            assert!(parsed(text).is_err(), "{}", text.get(..40).unwrap_or(text));
        }
    }
}
