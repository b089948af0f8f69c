//! Takes TypeScript's types out of a text, so that the grammar of JavaScript can read it.
//!
//! Only what is common is known: types of variables and parameters, results, and `as`. Blanks take their place, so that
//! everything stays where it was.

/// Bytes of one type.
const MOST_TYPE: usize = 500;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    Declares,
    Name,
    Sign(u8),
}

/// The text with blanks for its types.
pub(super) fn without(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut open: Vec<u8> = Vec::new();
    let (mut before, mut last) = (Last::Start, Last::Start);
    let mut asked = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let from = at;
        match byte {
            b'\'' | b'"' | b'`' => {
                at += 1;
                while bytes.get(at).is_some_and(|end| *end != byte && (byte == b'`' || *end != b'\n')) {
                    at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                }
                at += 1;
                (before, last) = (last, Last::Sign(b'"'));
            }
            b'/' if next == b'/' || next == b'*' => {
                let end: &[u8] = if next == b'/' { b"\n" } else { b"*/" };
                at += 2;
                while at < bytes.len() && !bytes.get(at..).is_some_and(|rest| rest.starts_with(end)) {
                    at += 1;
                }
                at += if next == b'/' { 0 } else { 2 };
            }
            _ if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80 => {
                while bytes
                    .get(at)
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || *byte >= 0x80)
                {
                    at += 1;
                }
                let word = bytes.get(from..at).unwrap_or_default();
                let value = matches!(last, Last::Name | Last::Sign(b')' | b']' | b'}' | b'"'));
                if word == b"as" && value && bytes.get(at) == Some(&b' ') {
                    at = blank(bytes, &mut out, from, at, false);
                } else {
                    let declares = matches!(word, b"const" | b"let" | b"var");
                    (before, last) = (last, if declares { Last::Declares } else { Last::Name });
                }
            }
            b':' => {
                let parameter = open.last() == Some(&b'(') && matches!(before, Last::Sign(b'(' | b','));
                let named = last == Last::Name && (before == Last::Declares || parameter);
                let result = last == Last::Sign(b')') && !asked;
                at += 1;
                if named || result {
                    at = blank(bytes, &mut out, from, at, result);
                } else {
                    (before, last) = (last, Last::Sign(byte));
                }
            }
            // `name?: type`.
            b'?' if next == b':' && last == Last::Name => {
                if let Some(byte) = out.get_mut(at) {
                    *byte = b' ';
                }
                at += 1;
            }
            _ => {
                at += 1;
                match byte {
                    b'(' | b'[' | b'{' => open.push(byte),
                    b')' | b']' | b'}' => {
                        open.pop();
                    }
                    _ => {}
                }
                if !byte.is_ascii_whitespace() {
                    asked = byte == b'?' || (asked && !matches!(byte, b';' | b'{' | b'}'));
                    (before, last) = (last, Last::Sign(byte));
                }
            }
        }
    }
    // Only whole letters were taken out, or none.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Blanks a type that begins at `from`; the place behind it.
fn blank(bytes: &[u8], out: &mut [u8], from: usize, start: usize, result: bool) -> usize {
    let mut depth = 0usize;
    let mut end = start;
    let mut any = false;
    while let Some(&byte) = bytes.get(end).filter(|_| end - start < MOST_TYPE) {
        let next = bytes.get(end + 1).copied().unwrap_or(0);
        match byte {
            b'=' if next == b'>' && !result => end += 1,
            b',' | b';' | b'=' | b'\n' if depth == 0 => break,
            b'{' if depth == 0 && result && any => break,
            b')' | b']' | b'}' if depth == 0 => break,
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        any |= !byte.is_ascii_whitespace();
        end += 1;
    }
    for byte in out.iter_mut().take(end.min(bytes.len())).skip(from) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    end
}
