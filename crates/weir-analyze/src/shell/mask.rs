//! What the parsers cannot stand, hidden from them: braces that are none of the grammar, and letters beyond ASCII.
//!
//! The parser takes `{a,b x; rm d` for one word, and `{a,b}$((1))` for two commands. Brace expansion is not its business:
//! [`super::brace`] does it, on words that are read from the text itself. So the parser gets a text of the same length in
//! which those braces are plain letters.

use std::borrow::Cow;

/// What is open where a `}` stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `${`: grammar.
    Expansion,
    /// `{` inside a word: none.
    Word,
    /// `$(` and its like, which are part of a word.
    Code,
    /// `(`
    Group,
}

/// `text` without the names that make the parser put aliases in by itself (its places would be none of this text), and
/// without the braces inside words.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    let text = if text.contains("expand_aliases") {
        Cow::Owned(text.replace("expand_aliases", "expand-aliases"))
    } else {
        Cow::Borrowed(text)
    };
    if !text.contains('{') {
        return text;
    }
    let places = places(text.as_bytes());
    if places.is_empty() {
        return text;
    }
    let mut bytes = text.into_owned().into_bytes();
    for at in places {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = b'_';
        }
    }
    // Only one ASCII letter has become another.
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The text with a letter of ASCII for every byte of one beyond it: places stay what they are.
///
/// To the shell's grammar all of these are letters like any other, and both parsers fail on them: the scanner of the
/// second reads outside of its tables (`if {\u{e0110}}; fi` ends the process), the first counts into the middle of a
/// letter behind an escaped quote. The stand-in is none that names, patterns or braces are made of.
pub(super) fn in_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let stand_in = |letter: char| std::iter::repeat_n(if letter.is_ascii() { letter } else { '%' }, letter.len_utf8());
    Cow::Owned(text.chars().flat_map(stand_in).collect())
}

/// Where the braces stand that are none of the grammar.
fn places(bytes: &[u8]) -> Vec<usize> {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let (mut at, mut before) = (0, b' ');
    while at < bytes.len() {
        let mut b = byte(at);
        let mut next = at + 1;
        match b {
            b'\\' => {
                next = at + 2;
                b = b'x';
            }
            b'\'' => {
                let escapes = before == b'$';
                while next < bytes.len() && byte(next) != b'\'' {
                    next += if escapes && byte(next) == b'\\' { 2 } else { 1 };
                }
                next += 1;
            }
            b'"' => {
                while next < bytes.len() && byte(next) != b'"' {
                    next += if byte(next) == b'\\' { 2 } else { 1 };
                }
                next += 1;
            }
            b'#' if matches!(before, b' ' | b'\t' | b'\n' | b';') && !open.contains(&Open::Expansion) => {
                while next < bytes.len() && byte(next) != b'\n' {
                    next += 1;
                }
            }
            b'{' if before == b'$' => open.push(Open::Expansion),
            b'{' if ends_word(byte(next)) => {}
            b'{' if names_descriptor(bytes.get(next..).unwrap_or_default()) => {
                while byte(next) != b'}' {
                    next += 1;
                }
                next += 1;
            }
            b'{' => {
                found.push(at);
                open.push(Open::Word);
            }
            b'}' => match open.last() {
                Some(Open::Expansion) => {
                    open.pop();
                }
                Some(Open::Word) => {
                    open.pop();
                    found.push(at);
                }
                // What closes a group stands alone.
                _ if !ends_word(before) => found.push(at),
                _ => {}
            },
            _ if ends_word(b) && open.last() != Some(&Open::Expansion) => {
                while open.last() == Some(&Open::Word) {
                    open.pop();
                }
                if b == b'(' {
                    let inside = matches!(before, b'$' | b'<' | b'>' | b'=' | b'@' | b'!' | b'+' | b'*' | b'?');
                    open.push(if inside { Open::Code } else { Open::Group });
                } else if b == b')' && open.pop() == Some(Open::Code) {
                    // The word goes on.
                    b = b'x';
                }
            }
            _ => {}
        }
        before = b;
        at = next;
    }
    found
}

fn ends_word(b: u8) -> bool {
    matches!(b, 0 | b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

/// True for the rest of `{fd}>` and `{fd}<`.
fn names_descriptor(rest: &[u8]) -> bool {
    let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    len > 0 && rest.get(len) == Some(&b'}') && matches!(rest.get(len + 1), Some(b'<' | b'>'))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn only_braces_inside_words_are_hidden() {
        for (text, expected) in [
            ("rm {a,b}.txt", "rm _a,b_.txt"),
            ("rm {a,b x; rm d", "rm _a,b x; rm d"),
            ("{ ls; }", "{ ls; }"),
            ("f() { rm {a,${X:-b c}}; }", "f() { rm _a,${X:-b c}_; }"),
            ("echo '{a}' \"{b}\" \\{c}", "echo '{a}' \"{b}\" \\{c_"),
            ("find . -exec rm {} +", "find . -exec rm __ +"),
            ("exec {fd}> x {fd}", "exec {fd}> x _fd_"),
            ("ls # don't {x\nrm {a,b}", "ls # don't {x\nrm _a,b_"),
            ("${#x} {a,b}", "${#x} _a,b_"),
            ("{(ls);}", "{(ls);}"),
            ("{ ls x};}", "{ ls x_;}"),
            ("x$(ls)} {(ls)}", "x$(ls)_ {(ls)}"),
            ("git stash drop stash@{0}", "git stash drop stash@_0_"),
            ("é{ü,ö}", "é_ü,ö_"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }
}
