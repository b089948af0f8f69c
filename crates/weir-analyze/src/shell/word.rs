//! Words: quotes, escapes, parameters and substitutions of one piece of shell text.
//!
//! The parser crate says where a word stands; what is in it is read here from the text itself, because the crate's own
//! decoding loses which characters were quoted and the inside of nested backticks. One pass, no backtracking: what is
//! not closed runs to the end of the word.

use super::ir::{Code, Index, Op, Parameter, Part, Word};
use super::limits::MAX_WORD_DEPTH;

/// What quotes and spaces mean in the text that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A command word, or an operand of `${}`.
    Plain,
    /// Between double quotes.
    Double,
    /// The body of a here-document.
    Here,
}

/// Where substitutions end, as the parser found them: `(start, end)`.
pub(crate) type Ends = [(usize, usize)];

/// Reads `text[start..end]` as one word.
pub(crate) fn read(text: &str, start: usize, end: usize, mode: Mode, ends: &Ends) -> Word {
    let mut reader = Reader { text, at: start, end, ends, depth: 0, no_bracket: false };
    let parts = reader.parts(mode);
    Word { parts, source: text.get(start..end).unwrap_or_default().to_owned(), at: start..end }
}

struct Reader<'s> {
    text: &'s str,
    at: usize,
    end: usize,
    ends: &'s Ends,
    depth: usize,
    no_bracket: bool,
}

impl<'s> Reader<'s> {
    fn byte(&self, at: usize) -> u8 {
        if at < self.end { self.text.as_bytes().get(at).copied().unwrap_or(0) } else { 0 }
    }

    fn cut(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end.min(self.end)).unwrap_or_default()
    }

    /// The character at `at`, whole.
    fn char_at(&self, at: usize) -> &'s str {
        let rest = self.cut(at, self.end);
        let len = rest.chars().next().map_or(0, char::len_utf8);
        rest.get(..len).unwrap_or_default()
    }

    fn parts(&mut self, mode: Mode) -> Vec<Part> {
        let mut out = Vec::new();
        let quoted = mode != Mode::Plain;
        while self.at < self.end {
            let here = self.at;
            match (self.byte(here), mode) {
                (b'\\', Mode::Plain) => {
                    let next = self.char_at(here + 1);
                    self.at = here + 1 + next.len();
                    if next != "\n" {
                        push(&mut out, if next.is_empty() { "\\" } else { next }, true);
                    }
                }
                (b'\\', _) => {
                    let next = self.byte(here + 1);
                    self.at = here + 1;
                    match next {
                        b'\n' => self.at += 1,
                        b'$' | b'`' | b'\\' => {
                            push(&mut out, self.char_at(here + 1), true);
                            self.at += 1;
                        }
                        b'"' if mode == Mode::Double => {
                            push(&mut out, "\"", true);
                            self.at += 1;
                        }
                        _ => push(&mut out, "\\", true),
                    }
                }
                (b'\'', Mode::Plain) => {
                    let rest = self.cut(here + 1, self.end);
                    let len = rest.find('\'').unwrap_or(rest.len());
                    push(&mut out, rest.get(..len).unwrap_or_default(), true);
                    self.at = (here + len + 2).min(self.end);
                }
                (b'"', Mode::Plain) => {
                    self.at = here + 1;
                    // Empty quotes are still an argument.
                    push(&mut out, "", true);
                    self.nested(Mode::Double, &mut out);
                    self.at = (self.at + 1).min(self.end);
                }
                (b'"', Mode::Double) => return out,
                (b'$', _) => self.dollar(mode, &mut out),
                (b'`', _) => self.backtick(mode, &mut out),
                (b @ (b'<' | b'>'), Mode::Plain) if self.byte(here + 1) == b'(' => {
                    let (code, after) = self.code(here, here + 2);
                    self.at = after;
                    out.push(Part::Process { code, input: b == b'<' });
                }
                _ => {
                    // Everything up to the next byte that can mean something.
                    let rest = self.cut(here, self.end);
                    let len = rest
                        .bytes()
                        .skip(1)
                        .position(|b| matches!(b, b'\\' | b'\'' | b'"' | b'$' | b'`' | b'<' | b'>'))
                        .map_or(rest.len(), |n| n + 1);
                    push(&mut out, rest.get(..len).unwrap_or_default(), quoted);
                    self.at = here + len.max(1);
                }
            }
        }
        out
    }

    fn nested(&mut self, mode: Mode, out: &mut Vec<Part>) {
        let mut inner = self.parts(mode);
        out.append(&mut inner);
    }

    /// The code that begins at `start`, in a substitution that opens at `open`; and where the text goes on.
    fn code(&self, open: usize, start: usize) -> (Code, usize) {
        let known = self
            .ends
            .binary_search_by_key(&open, |(start, _)| *start)
            .ok()
            .and_then(|found| self.ends.get(found))
            .map(|(_, end)| end.saturating_sub(1))
            .filter(|end| *end >= start && *end <= self.end);
        let close = known.or_else(|| close(self.text, start, self.end, b')'));
        let stop = close.unwrap_or(self.end);
        (Code { text: self.cut(start, stop).to_owned(), at: Some(start) }, (stop + 1).min(self.end))
    }

    fn dollar(&mut self, mode: Mode, out: &mut Vec<Part>) {
        let here = self.at;
        let quoted = mode != Mode::Plain;
        match self.byte(here + 1) {
            b'(' if self.byte(here + 2) == b'(' && self.arithmetic(here, here + 3, b')', out) => {}
            b'(' => {
                let (code, after) = self.code(here, here + 2);
                self.at = after;
                out.push(Part::Command { code, quoted });
            }
            b'[' if self.arithmetic(here, here + 2, b']', out) => {}
            b'{' => self.braced(quoted, out),
            b'\'' if mode == Mode::Plain => {
                let (text, after) = ansi_c(self.cut(here + 2, self.end));
                push(out, &text, true);
                self.at = (here + 2 + after).min(self.end);
            }
            // A string to translate: the dollar is no part of it.
            b'"' if mode == Mode::Plain => self.at = here + 1,
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let rest = self.cut(here + 1, self.end);
                let len = name_len(rest);
                self.plain_parameter(rest.get(..len).unwrap_or_default(), quoted, out);
            }
            b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => {
                let name = self.cut(here + 1, here + 2);
                self.plain_parameter(name, quoted, out);
            }
            _ => {
                push(out, "$", quoted);
                self.at = here + 1;
            }
        }
    }

    fn plain_parameter(&mut self, name: &str, quoted: bool, out: &mut Vec<Part>) {
        self.at += 1 + name.len();
        out.push(Part::Parameter {
            parameter: Box::new(Parameter {
                name: name.to_owned(),
                index: Index::None,
                op: Op::Value,
                operands: Vec::new(),
            }),
            quoted,
        });
    }

    /// `$((...))` or `$[...]`; false where it turns out to be a command substitution that begins with a subshell.
    fn arithmetic(&mut self, open: usize, start: usize, closer: u8, out: &mut Vec<Part>) -> bool {
        // A parser that saw a command substitution here knows better.
        let known = |end: &(usize, usize)| end.0.cmp(&open);
        if closer == b')' && self.ends.binary_search_by(known).is_ok() {
            return false;
        }
        if closer == b']' && self.no_bracket {
            return false;
        }
        let Some(stop) = close(self.text, start, self.end, closer) else {
            // Do not look again: a text full of `$[` must not take quadratic time.
            self.no_bracket |= closer == b']';
            return false;
        };
        let mut after = stop + 1;
        if closer == b')' {
            if self.byte(after) != b')' {
                return false;
            }
            after += 1;
        }
        let inner = self.operand(start, stop);
        out.push(Part::Arithmetic(Box::new(inner)));
        self.at = after.min(self.end);
        true
    }

    fn backtick(&mut self, mode: Mode, out: &mut Vec<Part>) {
        let mut text = String::new();
        let mut at = self.at + 1;
        while at < self.end {
            match self.byte(at) {
                b'`' => break,
                b'\\' => {
                    let next = self.char_at(at + 1);
                    let stripped = matches!(next, "`" | "\\" | "$") || (next == "\"" && mode == Mode::Double);
                    if !stripped {
                        text.push('\\');
                    }
                    text.push_str(next);
                    at += 1 + next.len();
                }
                _ => {
                    let c = self.char_at(at);
                    text.push_str(c);
                    at += c.len().max(1);
                }
            }
        }
        self.at = (at + 1).min(self.end);
        out.push(Part::Command { code: Code { text, at: None }, quoted: mode != Mode::Plain });
    }

    /// A reader of a part of this text, one level deeper.
    fn inside(&self, start: usize, end: usize) -> Self {
        Self {
            text: self.text,
            at: start,
            end: end.min(self.end),
            ends: self.ends,
            depth: self.depth + 1,
            no_bracket: false,
        }
    }

    /// A word inside this one, read to a bounded depth; deeper text stays text.
    fn operand(&self, start: usize, end: usize) -> Word {
        let source = self.cut(start, end).to_owned();
        let parts = if self.depth >= MAX_WORD_DEPTH {
            // Not read any further: what it runs is not known, and code that is not code would be lost.
            vec![Part::Command { code: Code { text: source.clone(), at: None }, quoted: true }]
        } else {
            self.inside(start, end).parts(Mode::Plain)
        };
        Word { parts, source, at: start..end }
    }

    /// As [`Reader::operand`], inside double quotes.
    fn quoted_operand(&self, start: usize, end: usize) -> Word {
        if self.depth >= MAX_WORD_DEPTH {
            return self.operand(start, end);
        }
        let mut reader = self.inside(start, end);
        let mut parts = Vec::new();
        while reader.at < reader.end {
            reader.nested(Mode::Double, &mut parts);
            // A quote inside, which closes nothing that is open here.
            reader.at += usize::from(reader.at < reader.end);
        }
        Word { parts, source: self.cut(start, end).to_owned(), at: start..end }
    }

    fn braced(&mut self, quoted: bool, out: &mut Vec<Part>) {
        let open = self.at;
        let stop = close(self.text, open + 2, self.end, b'}').unwrap_or(self.end);
        self.at = (stop + 1).min(self.end);
        let parameter = self.parameter(open + 2, stop, quoted);
        out.push(Part::Parameter { parameter: Box::new(parameter), quoted });
    }

    /// The inside of `${...}`.
    fn parameter(&self, start: usize, stop: usize, quoted: bool) -> Parameter {
        let mut at = start;
        let mut op = Op::Value;
        let first = self.byte(at);
        if first == b'#'
            && at + 1 < stop
            && !matches!(self.byte(at + 1), b'/' | b':' | b'%' | b'=' | b'+' | b'^' | b',')
        {
            op = Op::Length;
            at += 1;
        } else if first == b'!' && at + 1 < stop {
            op = Op::Indirect;
            at += 1;
        }
        let rest = self.cut(at, stop);
        let len = match rest.bytes().next() {
            Some(b) if b.is_ascii_digit() => rest.bytes().take_while(u8::is_ascii_digit).count(),
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
            _ => name_len(rest),
        };
        let name = rest.get(..len).unwrap_or_default().to_owned();
        at += len;
        let mut index = Index::None;
        if self.byte(at) == b'[' && !name.is_empty() {
            let end = close(self.text, at + 1, stop, b']').unwrap_or(stop);
            index = match self.cut(at + 1, end) {
                "@" => Index::All { joined: false },
                "*" => Index::All { joined: true },
                _ => Index::One(Box::new(self.operand(at + 1, end))),
            };
            at = (end + 1).min(stop);
        }
        let tail = self.cut(at, stop);
        let mut operands = Vec::new();
        if name.is_empty() {
            operands.push(self.operand(start, stop));
            op = Op::Other;
        } else if !tail.is_empty() {
            let (found, skip) = operator(tail);
            if op != Op::Value {
                op = Op::Other;
            } else {
                op = found;
            }
            match found {
                Op::Replace { .. } | Op::ReplaceEnd { .. } => {
                    let from = at + skip;
                    let slash = close(self.text, from, stop, b'/').unwrap_or(stop);
                    operands.push(self.operand(from, slash));
                    operands.push(self.operand((slash + 1).min(stop), stop));
                }
                Op::Slice => {
                    let from = at + skip;
                    let colon = close(self.text, from, stop, b':').unwrap_or(stop);
                    operands.push(self.operand(from, colon));
                    if colon < stop {
                        operands.push(self.operand(colon + 1, stop));
                    }
                }
                // In double quotes a single one is a letter, and what stands in double quotes once more is in them still.
                Op::Default { .. } | Op::Assign { .. } | Op::Alternative { .. } | Op::Require if quoted => {
                    operands.push(self.quoted_operand(at + skip, stop));
                }
                _ => operands.push(self.operand(at + skip, stop)),
            }
        }
        Parameter { name, index, op, operands }
    }
}

/// The operator that `tail` begins with, and its length.
fn operator(tail: &str) -> (Op, usize) {
    let table: [(&str, Op); 18] = [
        (":-", Op::Default { colon: true }),
        (":=", Op::Assign { colon: true }),
        (":+", Op::Alternative { colon: true }),
        (":?", Op::Require),
        ("##", Op::RemovePrefix { longest: true }),
        ("%%", Op::RemoveSuffix { longest: true }),
        ("//", Op::Replace { all: true }),
        ("^^", Op::Upper { all: true }),
        (",,", Op::Lower { all: true }),
        ("-", Op::Default { colon: false }),
        ("=", Op::Assign { colon: false }),
        ("+", Op::Alternative { colon: false }),
        ("?", Op::Require),
        ("#", Op::RemovePrefix { longest: false }),
        ("%", Op::RemoveSuffix { longest: false }),
        ("^", Op::Upper { all: false }),
        (",", Op::Lower { all: false }),
        (":", Op::Slice),
    ];
    if tail.starts_with("/#") || tail.starts_with("/%") {
        return (Op::ReplaceEnd { prefix: tail.starts_with("/#") }, 2);
    }
    for (text, op) in table {
        if tail.starts_with(text) {
            return (op, text.len());
        }
    }
    if tail.starts_with('/') {
        return (Op::Replace { all: false }, 1);
    }
    (Op::Other, 0)
}

fn name_len(text: &str) -> usize {
    text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
}

fn push(out: &mut Vec<Part>, text: &str, quoted: bool) {
    if let Some(Part::Text { text: last, quoted: same }) = out.last_mut()
        && *same == quoted
    {
        last.push_str(text);
        return;
    }
    out.push(Part::Text { text: text.to_owned(), quoted });
}

/// Where the construct that opened before `start` is closed by `closer`; `None` where it is not.
///
/// Knows quotes, nested substitutions, comments and here-documents. One pass with its own stack.
fn close(text: &str, start: usize, end: usize, closer: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let byte = |at: usize| {
        if at < end { bytes.get(at).copied().unwrap_or(0) } else { 0 }
    };
    // What closes what is open, innermost last. `"` is a double quote.
    let mut stack = vec![closer];
    let mut heredocs: Vec<(String, bool)> = Vec::new();
    let mut at = start;
    while at < end {
        let top = *stack.last()?;
        let b = byte(at);
        if b == b'\\' {
            at += 2;
            continue;
        }
        if b == top {
            stack.pop();
            if stack.is_empty() {
                return Some(at);
            }
            at += 1;
            continue;
        }
        match b {
            b'$' if matches!(byte(at + 1), b'(' | b'{') => {
                stack.push(if byte(at + 1) == b'(' { b')' } else { b'}' });
                at += 2;
                continue;
            }
            b'`' => stack.push(b'`'),
            b'"' if top != b'"' => stack.push(b'"'),
            b'\'' if top != b'"' => {
                at += 1;
                while at < end && byte(at) != b'\'' {
                    at += 1;
                }
            }
            b'(' if matches!(top, b')') => stack.push(b')'),
            b'[' if top == b']' => stack.push(b']'),
            b'#' if top == b')' && at > 0 && matches!(bytes.get(at - 1), Some(b' ' | b'\t' | b'\n' | b';')) => {
                while at < end && byte(at) != b'\n' {
                    at += 1;
                }
                continue;
            }
            b'<' if top == b')' && byte(at + 1) == b'<' => {
                if byte(at + 2) == b'<' {
                    at += 3;
                    continue;
                }
                let (delimiter, strip, after) = heredoc_start(text, at + 2, end);
                if !delimiter.is_empty() {
                    heredocs.push((delimiter, strip));
                }
                at = after;
                continue;
            }
            b'\n' if !heredocs.is_empty() && top == b')' => {
                at += 1;
                for (delimiter, strip) in heredocs.drain(..) {
                    while at < end {
                        let line_end = text.get(at..end).and_then(|rest| rest.find('\n')).map_or(end, |n| at + n);
                        let line = text.get(at..line_end).unwrap_or_default();
                        let line = if strip { line.trim_start_matches('\t') } else { line };
                        at = (line_end + 1).min(end);
                        if line == delimiter {
                            break;
                        }
                    }
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The delimiter of a here-document whose operator ends before `at`, whether tabs are stripped, and where it ends.
fn heredoc_start(text: &str, at: usize, end: usize) -> (String, bool, usize) {
    let rest = text.get(at..end).unwrap_or_default();
    let strip = rest.starts_with('-');
    let mut skip = usize::from(strip);
    skip += rest.bytes().skip(skip).take_while(|b| matches!(b, b' ' | b'\t')).count();
    let mut delimiter = String::new();
    let mut quote = None;
    let mut len = skip;
    for c in rest.get(skip..).unwrap_or_default().chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => delimiter.push(c),
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '\\' => {}
            None if c.is_whitespace() || matches!(c, ';' | '&' | '|' | '<' | '>' | '(' | ')') => {
                break;
            }
            None => delimiter.push(c),
        }
        len += c.len_utf8();
    }
    (delimiter, strip, at + len)
}

/// The text of `$'...'` after its opening quote, and the length up to and including the closing one.
fn ansi_c(text: &str) -> (String, usize) {
    let mut out: Vec<u8> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\'' {
            return (String::from_utf8_lossy(&out).into_owned(), at + 1);
        }
        if c != '\\' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let Some((_, escape)) = chars.next() else {
            break;
        };
        let mut number = |first: Option<char>, radix: u32, most: usize| -> Option<u32> {
            let mut value = first.and_then(|c| c.to_digit(radix));
            let mut seen = usize::from(first.is_some());
            while seen < most {
                let Some(digit) = chars.peek().and_then(|(_, c)| c.to_digit(radix)) else {
                    break;
                };
                chars.next();
                value = Some(value.unwrap_or(0).wrapping_mul(radix).wrapping_add(digit));
                seen += 1;
            }
            value
        };
        match escape {
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            'r' => out.push(b'\r'),
            'a' => out.push(7),
            'b' => out.push(8),
            'e' | 'E' => out.push(27),
            'f' => out.push(12),
            'v' => out.push(11),
            '0'..='7' => {
                if let Some(n) = number(Some(escape), 8, 3) {
                    out.push((n & 0xff) as u8);
                }
            }
            'x' => match number(None, 16, 2) {
                Some(n) => out.push((n & 0xff) as u8),
                None => out.extend_from_slice(b"\\x"),
            },
            'u' | 'U' => {
                let most = if escape == 'u' { 4 } else { 8 };
                if let Some(c) = number(None, 16, most).and_then(char::from_u32) {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            'c' => {
                chars.next();
            }
            '\\' | '\'' | '"' | '?' => out.push(escape as u8),
            other => {
                out.push(b'\\');
                out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    (String::from_utf8_lossy(&out).into_owned(), text.len())
}

/// The text of `\n`, `\t`, `\x41` and so on, as `echo -e` and `printf` read them.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    // The same escapes as `$'...'`, but a quote is an ordinary character: it is hidden from the reader and put back.
    let hidden = text.replace('\'', "\u{1}");
    ansi_c(&hidden).0.replace('\u{1}', "'")
}
