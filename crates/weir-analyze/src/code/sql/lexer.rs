//! SQL as tokens, for PostgreSQL, MySQL, SQLite and SQL Server at once.
//!
//! Lines that begin with a backslash are commands of `psql` and `mysql`, and no SQL.

/// Bytes of a line for the client.
const MOST_LINE: usize = 1_000;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, in lower case, and as written.
    Word(String, String),
    /// A quoted name.
    Name(String),
    /// A string.
    Text(String),
    /// Anything else.
    Sign(char),
    /// The end of a statement.
    End,
    /// A command of the client: the line without its backslash.
    Meta(String),
}

impl Token {
    /// Whether it is this word, in lower case.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(lower, _) if lower == word)
    }
}

/// Splits a text. Never fails: what is not closed goes to the end.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, out: Vec::new(), fresh: true, delimiter: "" };
    while lexer.next() {}
    lexer.out
}

struct Lexer<'t> {
    rest: &'t str,
    out: Vec<Token>,
    /// Nothing but blanks stands before on this line or in this statement.
    fresh: bool,
    /// What ends a statement beside the semicolon (`DELIMITER //`).
    delimiter: &'t str,
}

impl<'t> Lexer<'t> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Takes everything before `end` and `end` itself.
    fn until(&mut self, end: &str) -> &'t str {
        match self.rest.split_once(end) {
            Some((before, after)) => {
                self.rest = after;
                before
            }
            None => std::mem::take(&mut self.rest),
        }
    }

    fn next(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        let rest = self.rest;
        let second = rest.chars().nth(1);
        if first.is_whitespace() {
            self.fresh |= first == '\n';
            self.skip(first.len_utf8());
            return true;
        }
        let fresh = std::mem::take(&mut self.fresh);
        if !self.delimiter.is_empty() && rest.starts_with(self.delimiter) {
            self.skip(self.delimiter.len());
            self.out.push(Token::End);
            return true;
        }
        if fresh && self.client_line() {
            return true;
        }
        match first {
            '-' if second == Some('-') => {
                self.until("\n");
                self.fresh = true;
            }
            '#' if fresh || self.out.last() == Some(&Token::End) => {
                self.until("\n");
                self.fresh = true;
            }
            '/' if second == Some('*') => self.comment(),
            '\\' if second.is_some_and(|second| second == '!' || second == '?' || second.is_ascii_alphabetic()) => {
                let line = self.until("\n");
                // `\g` and `\G` send the statement.
                let line = line.get(1..).unwrap_or_default().trim_end();
                if matches!(line.split_whitespace().next(), Some("g" | "G" | "gx")) {
                    self.out.push(Token::End);
                }
                self.out.push(Token::Meta(line.to_owned()));
                self.fresh = true;
            }
            '\'' => {
                self.skip(1);
                let text = self.quoted('\'', false);
                self.out.push(Token::Text(text));
            }
            'e' | 'E' if second == Some('\'') => {
                self.skip(2);
                let text = self.quoted('\'', true);
                self.out.push(Token::Text(text));
            }
            'n' | 'N' | 'b' | 'B' | 'x' | 'X' if second == Some('\'') => {
                self.skip(2);
                let text = self.quoted('\'', false);
                self.out.push(Token::Text(text));
            }
            '"' | '`' => {
                self.skip(1);
                let name = self.quoted(first, false);
                self.out.push(Token::Name(name));
            }
            '[' if matches!(self.out.last(), Some(Token::Word(..) | Token::Sign('.' | ',') | Token::End) | None) => {
                self.skip(1);
                let name = self.until("]").to_owned();
                self.out.push(Token::Name(name));
            }
            '$' => self.dollar(),
            ';' => {
                self.skip(1);
                self.out.push(Token::End);
                self.fresh = true;
            }
            _ if first.is_alphanumeric() || matches!(first, '_' | '@') => {
                let end = rest
                    .find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '@' | '$' | '#'))
                    .unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                self.out.push(Token::Word(word.to_lowercase(), word.to_owned()));
                self.skip(end);
            }
            _ => {
                self.skip(first.len_utf8());
                self.out.push(Token::Sign(first));
            }
        }
        true
    }

    /// A line that the client reads, although it has no backslash: `source FILE`, `DELIMITER //`, `GO`.
    fn client_line(&mut self) -> bool {
        if self.dot_command() {
            return true;
        }
        // Looked at first, so that a long line is not read again and again.
        let start = self.rest.as_bytes();
        let begins = |word: &[u8]| start.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        // `GO` stands alone.
        let goes = begins(b"go") && start.get(2).is_none_or(u8::is_ascii_whitespace);
        if !goes && ![b"delimiter ".as_slice(), b"source "].into_iter().any(begins) {
            return false;
        }
        let end = start.iter().take(MOST_LINE).position(|byte| *byte == b'\n').unwrap_or(start.len().min(MOST_LINE));
        let line = self.rest.get(..end).unwrap_or_default();
        let mut words = line.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        let starts = matches!(self.out.last(), None | Some(Token::End | Token::Meta(_)));
        let rest = self.rest;
        if first.eq_ignore_ascii_case("go") && second.is_none_or(|count| count.parse::<u32>().is_ok()) {
            self.out.push(Token::End);
        } else if first.eq_ignore_ascii_case("delimiter") && second.is_some() {
            let delimiter = second.unwrap_or_default();
            self.delimiter = if delimiter == ";" { "" } else { delimiter };
            self.out.push(Token::End);
        } else if starts && first.eq_ignore_ascii_case("source") && second.is_some() {
            self.out.push(Token::Meta(format!("i {}", second.unwrap_or_default())));
        } else {
            return false;
        }
        self.rest = rest.get(line.len()..).unwrap_or_default();
        self.fresh = true;
        true
    }

    /// A command of `sqlite3` (`.shell rm x`), which is kept with its dot.
    fn dot_command(&mut self) -> bool {
        let command = self
            .rest
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|letter: char| letter == '!' || letter.is_ascii_alphabetic()));
        if !command || !matches!(self.out.last(), None | Some(Token::End | Token::Meta(_))) {
            return false;
        }
        let line = self.until("\n").trim_end().to_owned();
        self.out.push(Token::Meta(line));
        self.fresh = true;
        true
    }

    /// `/* ... */`, nested. What MySQL runs although it looks like a comment (`/*! ... */`) is read.
    fn comment(&mut self) {
        if self.rest.starts_with("/*!") {
            self.skip(3);
            let digits = self.rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(0);
            self.skip(digits);
            return;
        }
        self.skip(2);
        let mut depth = 1usize;
        while depth > 0 && !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
            } else {
                let next = self.rest.char_indices().skip(1).find(|(_, letter)| matches!(letter, '/' | '*'));
                self.skip(next.map_or(self.rest.len(), |(at, _)| at));
            }
        }
    }

    /// What stands up to `quote`; two of them are one.
    fn quoted(&mut self, quote: char, escapes: bool) -> String {
        let mut out = String::new();
        let mut letters = self.rest.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if letter == quote {
                if letters.peek().is_some_and(|(_, next)| *next == quote) {
                    letters.next();
                } else {
                    self.skip(at + letter.len_utf8());
                    return out;
                }
            } else if letter == '\\' && escapes {
                if let Some((_, next)) = letters.next() {
                    out.push(next);
                }
                continue;
            }
            out.push(letter);
        }
        self.rest = "";
        out
    }

    /// `$tag$ ... $tag$`.
    fn dollar(&mut self) {
        let rest = self.rest;
        let tag = rest.get(1..).and_then(|after| {
            let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
            let closed = after.get(end..)?.starts_with('$');
            let tag = rest.get(..end + 2)?;
            (closed && !tag.get(1..2)?.starts_with(|letter: char| letter.is_ascii_digit())).then_some(tag)
        });
        match tag {
            Some(tag) => {
                self.skip(tag.len());
                let text = self.until(tag).to_owned();
                self.out.push(Token::Text(text));
            }
            None => {
                self.skip(1);
                self.out.push(Token::Sign('$'));
            }
        }
    }
}
