//! Messages of the protocol on a stream: a header with a length, then JSON.
//!
//! A client's bad message is answered and skipped; the stream goes on with the next one.

use std::io::{self, BufRead, Read, Write};

use lsp_server::Message;

/// A message is at most so long: some scripts of the longest kind, with every character escaped.
const LONGEST: u64 = 128 << 20;
/// A line of a header is at most so long.
const LONGEST_LINE: u64 = 8 << 10;

/// What came.
#[derive(Debug)]
pub(super) enum Received {
    Message(Message),
    /// Something that is no message: a code of JSON-RPC, and why.
    Bad(i32, String),
    /// The stream is at its end.
    Closed,
}

/// What could not be read as JSON.
const PARSE_ERROR: i32 = -32700;
/// What is JSON and no message.
const INVALID_REQUEST: i32 = -32600;

/// Takes the next message.
pub(super) fn receive(input: &mut impl BufRead) -> io::Result<Received> {
    let Some(length) = header(input)? else { return Ok(Received::Closed) };
    let Some(length) = length else {
        return Ok(Received::Bad(PARSE_ERROR, "a header without a Content-Length".to_owned()));
    };
    if length > LONGEST {
        io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(Received::Bad(INVALID_REQUEST, format!("a message is at most {} MiB long", LONGEST >> 20)));
    }
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(Received::Closed);
    }
    Ok(match serde_json::from_slice::<serde_json::Value>(&body) {
        // A list would be read as the members of an answer, in their order.
        Ok(value) if !value.is_object() => Received::Bad(INVALID_REQUEST, "a message is an object".to_owned()),
        Ok(value) => match serde_json::from_value(value) {
            Ok(message) => Received::Message(message),
            Err(error) => Received::Bad(INVALID_REQUEST, error.to_string()),
        },
        Err(error) => Received::Bad(PARSE_ERROR, error.to_string()),
    })
}

/// Reads a header: nothing at the end of the stream, else the length that it names, if it names one.
fn header(input: &mut impl BufRead) -> io::Result<Option<Option<u64>>> {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            return Ok(Some(length));
        }
        if let Some((name, value)) = text.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
}

/// Sends a message.
pub(super) fn send(out: &mut impl Write, message: Message) -> io::Result<()> {
    message.write(out)
}

/// Answers what is no message: such an answer belongs to no request.
pub(super) fn refuse(out: &mut impl Write, code: i32, why: &str) -> io::Result<()> {
    let answer = serde_json::json!({
        "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": format!("not a message: {why}") }
    });
    let text = answer.to_string();
    write!(out, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn bad_messages_are_skipped_and_good_ones_are_read() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        let huge = format!("content-length: {}\r\n\r\n{}", LONGEST + 1, " ".repeat(9));
        let stream = [
            good.clone(),
            framed("{"),
            framed("7"),
            framed("\u{feff}"),
            "Nonsense\r\n\r\n".to_owned(),
            "Content-Length: -4\r\n\r\n".to_owned(),
            format!("Content-Type: x\r\n{good}"),
            huge,
        ]
        .concat();
        let mut input = stream.as_bytes();
        let mut kinds = String::new();
        loop {
            match receive(&mut input).unwrap() {
                Received::Message(_) => kinds.push('m'),
                Received::Bad(PARSE_ERROR, _) => kinds.push('p'),
                Received::Bad(..) => kinds.push('i'),
                Received::Closed => break,
            }
        }
        assert_eq!(kinds, "mpipppmi");
    }

    #[test]
    fn endless_headers_and_torn_messages_end() {
        let mut endless = io::repeat(b'x').take(1 << 20);
        assert!(matches!(receive(&mut io::BufReader::new(&mut endless)).unwrap(), Received::Closed));
        let torn = "Content-Length: 100\r\n\r\n{";
        assert!(matches!(receive(&mut torn.as_bytes()).unwrap(), Received::Closed));
    }
}
