//! Perl and PHP as tokens: strings with what is put into them, comments and here-documents left out.

use super::Flavor;

/// A piece of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Plain(String),
    /// The text of an expression.
    Code(String),
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name (`FileUtils`, `File::Path::rmtree`).
    Name(String),
    /// A variable with its sigil made `$` (`$x`, `@x`, `%x`).
    Var(String),
    Text(Vec<Part>),
    /// A command in backticks.
    Shell(Vec<Part>),
    /// Words of `%w(...)`, `qw(...)`.
    Words(Vec<String>),
    Num(i64),
    Sign(&'static str),
    Line,
}

const SIGNS: &[&str] = &[
    "<=>", "===", "!==", "**=", "||=", "&&=", "//=", "??=", "...", "=>", "->", "?->", "==", "!=", "<=", ">=", "&&",
    "||", "??", "+=", "-=", ".=", "*=", "/=", "=~", "!~", "<<", ">>", "..", "::", "&.", "//", "++", "--", "(", ")",
    "[", "]", "{", "}", ",", ";", "=", "+", "-", "*", "/", "%", ".", "?", ":", "!", "<", ">", "|", "&", "^", "~", "\\",
    "@", "$", "#",
];

/// Splits a text. `limit` is how many tokens it may have; `None` where it has more.
pub(super) fn tokens(text: &str, flavor: Flavor, limit: usize) -> Option<Vec<Token>> {
    let mut lexer = Lexer { rest: text, flavor, out: Vec::new(), waiting: Vec::new() };
    if flavor == Flavor::Php && (text.contains("<?php") || text.contains("<?=")) {
        lexer.code_begins();
    }
    while lexer.next() {
        if lexer.out.len() > limit {
            return None;
        }
    }
    Some(lexer.out)
}

struct Lexer<'t> {
    rest: &'t str,
    flavor: Flavor,
    out: Vec<Token>,
    /// Ends of here-documents that begin on the next line, with whether variables are put in, and their place.
    waiting: Vec<(String, bool, usize)>,
}

impl<'t> Lexer<'t> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// PHP: what stands outside of its tags is text.
    fn code_begins(&mut self) {
        self.rest = match self.rest.split_once("<?") {
            Some((_, after)) => after.strip_prefix("php").or_else(|| after.strip_prefix('=')).unwrap_or(after),
            None => "",
        };
        self.out.push(Token::Line);
    }

    fn line(&mut self) {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.skip(end);
    }

    /// Whether an operand may stand here, and not an operator.
    fn operand(&self) -> bool {
        match self.out.last() {
            None | Some(Token::Line) => true,
            Some(Token::Sign(sign)) => !matches!(*sign, ")" | "]" | "}"),
            Some(Token::Name(name)) => {
                matches!(
                    name.as_str(),
                    "return" | "and" | "or" | "not" | "if" | "unless" | "print" | "puts" | "split" | "in"
                )
            }
            _ => false,
        }
    }

    fn next(&mut self) -> bool {
        let rest = self.rest;
        let Some(first) = rest.chars().next() else { return false };
        let second = rest.chars().nth(1);
        match first {
            '\n' => {
                self.skip(1);
                self.out.push(Token::Line);
                self.documents();
                // `=begin` and `=pod` are comments up to `=cut`.
                let begins = |word: &str| self.rest.starts_with(word);
                if self.flavor != Flavor::Php && (begins("=begin") || begins("=pod") || begins("=head")) {
                    self.rest = self.rest.split_once("\n=cut").map_or("", |(_, after)| after);
                    self.line();
                }
                if self.flavor != Flavor::Php && (begins("__END__") || begins("__DATA__")) {
                    self.rest = "";
                }
            }
            _ if first.is_whitespace() => self.skip(first.len_utf8()),
            '#' if !(self.flavor == Flavor::Php && second == Some('[')) => self.line(),
            '/' if self.flavor == Flavor::Php && second == Some('/') => self.line(),
            '/' if self.flavor == Flavor::Php && second == Some('*') => {
                self.rest = rest.split_once("*/").map_or("", |(_, after)| after);
            }
            '?' if self.flavor == Flavor::Php && second == Some('>') => self.code_begins(),
            '\'' | '"' => {
                self.skip(1);
                let parts = self.quoted(first, first, first == '"');
                self.out.push(Token::Text(parts));
            }
            '`' => {
                self.skip(1);
                let parts = self.quoted('`', '`', true);
                self.out.push(Token::Shell(parts));
            }
            '/' if self.flavor != Flavor::Php && self.operand() => {
                self.skip(1);
                self.quoted('/', '/', false);
                self.out.push(Token::Text(Vec::new()));
            }
            '<' if rest.starts_with("<<") && self.document() => {}
            '$' | '@' if first == '$' || self.flavor != Flavor::Php => {
                self.variable();
            }
            '%' if self.flavor == Flavor::Perl
                && self.operand()
                && second.is_some_and(|letter| letter.is_alphabetic()) =>
            {
                self.variable();
            }
            _ if first.is_ascii_digit() => {
                let end =
                    rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
                let digits = rest.get(..end).unwrap_or_default().replace('_', "");
                let octal =
                    digits.strip_prefix("0o").or_else(|| digits.strip_prefix('0')).filter(|digits| !digits.is_empty());
                let number = octal.map_or_else(|| digits.parse(), |octal| i64::from_str_radix(octal, 8));
                self.skip(end);
                self.out.push(Token::Num(number.unwrap_or(i64::MAX)));
            }
            _ if first.is_alphabetic() || first == '_' || (first == '\\' && self.flavor == Flavor::Php) => self.name(),
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                self.skip(sign.map_or(first.len_utf8(), |sign| sign.len()));
                if let Some(sign) = sign {
                    self.out.push(Token::Sign(sign));
                }
            }
        }
        true
    }

    fn word(&mut self) -> String {
        let end = self.rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(self.rest.len());
        let word = self.rest.get(..end).unwrap_or_default().to_owned();
        self.skip(end);
        word
    }

    fn variable(&mut self) {
        self.skip(1);
        while self.rest.starts_with(['$', '@', '#']) {
            self.skip(1);
        }
        let braced = self.flavor == Flavor::Perl && self.rest.starts_with('{');
        if braced {
            self.skip(1);
            self.rest = self.rest.trim_start_matches(['$', '@', '%']);
        }
        let word = self.word();
        if braced {
            self.rest = self.rest.strip_prefix('}').unwrap_or(self.rest);
        }
        if word.is_empty() {
            // `$!`, `$@`, `$0`.
            let next = self.rest.chars().next().map_or(0, char::len_utf8);
            self.skip(next);
        }
        self.out.push(Token::Var(format!("${word}")));
    }

    fn name(&mut self) {
        let mut name = String::new();
        loop {
            self.rest = self.rest.strip_prefix('\\').unwrap_or(self.rest);
            let word = self.word();
            name.push_str(&word);
            let more =
                self.rest.strip_prefix("::").filter(|after| after.starts_with(|letter: char| letter.is_alphabetic()));
            match more {
                Some(after) => {
                    name.push_str("::");
                    self.rest = after;
                }
                None if self.rest.starts_with('\\') && self.flavor == Flavor::Php => name.push_str("::"),
                None => break,
            }
        }
        // A key (`q => 1`) or a method (`->y`) is no quote.
        let quote = self.flavor == Flavor::Perl
            && matches!(name.as_str(), "q" | "qq" | "qx" | "qw" | "m" | "qr" | "s" | "tr" | "y")
            && !matches!(self.out.last(), Some(Token::Sign("->" | "{")))
            && !self.rest.trim_start().starts_with("=>")
            && self.rest.starts_with(|letter: char| {
                !letter.is_alphanumeric() && !matches!(letter, '_' | ',' | ';' | ')' | '=')
            });
        if quote && self.perl_quote(&name) {
            return;
        }
        self.out.push(Token::Name(name));
    }

    fn perl_quote(&mut self, kind: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(open) = rest.chars().next() else { return false };
        if open.is_alphanumeric()
            || (open != self.rest.chars().next().unwrap_or(' ') && !matches!(open, '(' | '{' | '[' | '<' | '/'))
        {
            return false;
        }
        self.rest = rest.get(open.len_utf8()..).unwrap_or_default();
        let parts = self.quoted(open, closing(open), matches!(kind, "qq" | "qx"));
        match kind {
            "qx" => self.out.push(Token::Shell(parts)),
            "qw" => self.out.push(words(&parts)),
            "q" | "qq" => self.out.push(Token::Text(parts)),
            _ => {
                if matches!(kind, "s" | "tr" | "y") {
                    let open = if closing(open) == open { open } else { self.rest.chars().next().unwrap_or(open) };
                    if closing(open) != open {
                        self.skip(open.len_utf8());
                    }
                    self.quoted(open, closing(open), false);
                }
                self.word();
                self.out.push(Token::Text(Vec::new()));
            }
        }
        true
    }

    /// What stands up to the closing sign, with what is put into it.
    fn quoted(&mut self, open: char, close: char, puts: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut depth = 0usize;
        loop {
            let rest = self.rest;
            let Some(letter) = rest.chars().next() else { break };
            self.skip(letter.len_utf8());
            if letter == '\\' {
                let next = self.rest.chars().next();
                self.skip(next.map_or(0, char::len_utf8));
                match next {
                    Some('n') if puts => plain.push('\n'),
                    Some('t') if puts => plain.push('\t'),
                    Some(other) if puts || other == close || other == '\\' => plain.push(other),
                    Some(other) => plain.extend(['\\', other]),
                    None => {}
                }
                continue;
            }
            if letter == close && depth == 0 {
                break;
            }
            if open != close && letter == open {
                depth += 1;
            } else if open != close && letter == close {
                depth -= 1;
            }
            let code = if puts { self.put_in(letter) } else { None };
            match code {
                Some(code) => {
                    parts.push(Part::Plain(std::mem::take(&mut plain)));
                    parts.push(Part::Code(code));
                }
                None => plain.push(letter),
            }
        }
        parts.push(Part::Plain(plain));
        parts
    }

    /// `$name`, `${name}`, `{$name}`, after its first letter.
    fn put_in(&mut self, letter: char) -> Option<String> {
        let next = self.rest.chars().next();
        let braces = |rest: &'t str| {
            let mut depth = 0usize;
            // Names and simple calls only: what is longer is not looked at.
            let end = rest.char_indices().take(500).find_map(|(at, letter)| {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => return Some(at),
                    '}' => depth -= 1,
                    _ => {}
                }
                None
            })?;
            Some((rest.get(..end)?, rest.get(end + 1..)?))
        };
        match (self.flavor, letter, next) {
            (Flavor::Php, '{', Some('$')) => {
                let (code, after) = braces(self.rest)?;
                self.rest = after;
                Some(code.to_owned())
            }
            (Flavor::Perl | Flavor::Php, '$', Some('{')) => {
                let (code, after) = braces(self.rest.get(1..)?)?;
                self.rest = after;
                Some(format!("${code}"))
            }
            (Flavor::Perl, '$' | '@', Some(next)) | (Flavor::Php, '$', Some(next))
                if next.is_alphabetic() || next == '_' =>
            {
                let mut code = format!("${}", self.word());
                // `$h{x}` and `$a[0]` belong to it.
                for (open, close) in [('{', '}'), ('[', ']')] {
                    if self.rest.starts_with(open)
                        && let Some(end) = self.rest.get(..self.rest.len().min(100)).and_then(|near| near.find(close))
                    {
                        code.push_str(self.rest.get(..=end).unwrap_or_default());
                        self.skip(end + 1);
                        break;
                    }
                }
                Some(code)
            }
            _ => None,
        }
    }

    /// `<<"EOS"`, `<<<EOS`.
    fn document(&mut self) -> bool {
        let php = self.flavor == Flavor::Php;
        let Some(rest) = self.rest.strip_prefix(if php { "<<<" } else { "<<" }) else { return false };
        let rest = rest.trim_start_matches(['~', '-', ' ']);
        let quote = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"'));
        let rest = if quote.is_some() { rest.get(1..).unwrap_or_default() } else { rest };
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        if !word.starts_with(|letter: char| letter.is_ascii_uppercase() || letter == '_') {
            return false;
        }
        self.rest = rest.get(end + usize::from(quote.is_some())..).unwrap_or_default();
        self.waiting.push((word.to_owned(), quote != Some('\''), self.out.len()));
        self.out.push(Token::Text(Vec::new()));
        true
    }

    /// The here-documents that begin after a line.
    fn documents(&mut self) {
        for (end, puts, place) in std::mem::take(&mut self.waiting) {
            let mut body = String::new();
            while !self.rest.is_empty() {
                let line = self.rest.split_inclusive('\n').next().unwrap_or_default();
                let ended = line
                    .trim()
                    .strip_prefix(end.as_str())
                    .is_some_and(|after| !after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_'));
                if ended {
                    let head = line.find(end.as_str()).unwrap_or(0) + end.len();
                    self.skip(head);
                    break;
                }
                body.push_str(line);
                self.skip(line.len());
            }
            let mut inner = Lexer { rest: &body, flavor: self.flavor, out: Vec::new(), waiting: Vec::new() };
            let parts = inner.quoted('\0', '\0', puts);
            if let Some(token) = self.out.get_mut(place) {
                *token = Token::Text(parts);
            }
        }
    }
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        other => other,
    }
}

fn words(parts: &[Part]) -> Token {
    let text: String = parts
        .iter()
        .map(|part| match part {
            Part::Plain(text) | Part::Code(text) => text.as_str(),
        })
        .collect();
    Token::Words(text.split_whitespace().map(str::to_owned).collect())
}
