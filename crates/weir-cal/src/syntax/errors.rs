//! What is said of a mistake: its kind, its place, and the way out.

use super::{
    kind::SyntaxKind as K,
    literal,
    parser::{Parser, Sink},
    suggest,
};
use crate::{ast::Dimension, diagnostic::Diagnostic, limits, span::Span};

/// A way out: what would help, and the edit that does it.
type Way = (String, Option<(Span, String)>);

impl<S: Sink> Parser<'_, S> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < limits::DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Something else was expected here. What follows is skipped.
    pub(super) fn expected(&mut self, what: &str) {
        let error = self.expected_error(what);
        self.report(error);
        self.lost = true;
    }

    /// As [`Parser::expected`], with a way out.
    pub(super) fn expected_with(&mut self, what: &str, help: impl Into<String>) {
        let error = self.expected_error(what);
        let help = self.hint().unwrap_or_else(|| help.into());
        self.report(error.help(help));
        self.lost = true;
    }

    pub(super) fn expected_error(&self, what: &str) -> Diagnostic {
        let message = format!("expected {what}, found {}", self.found());
        let error = Diagnostic::error("expected", self.token.span, message).label(format!("expected {what}"));
        match self.hint() {
            Some(hint) => error.help(hint),
            None => error,
        }
    }

    /// The token as a message names it.
    pub(super) fn found(&self) -> String {
        let text = self.text_here();
        match self.kind() {
            K::End => "the end of the script".to_owned(),
            K::Text => "a text".to_owned(),
            K::UnclosedText => "a text without an end".to_owned(),
            K::UnclosedName => "a backquote without a second one".to_owned(),
            kind if kind.is_reserved() => format!("the keyword `{}`", kind.keyword()),
            _ if text.chars().count() > 40 => format!("`{}..`", text.chars().take(40).collect::<String>()),
            _ => format!("`{text}`"),
        }
    }

    /// The token is this character, which means nothing in the language.
    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        self.at(K::Unknown) && self.text_here() == symbol
    }

    /// Nothing stands between the last token and this one.
    pub(super) fn touches(&self) -> bool {
        self.last.end == self.token.span.start
    }

    /// On the line of the last token.
    pub(super) fn same_line(&self) -> bool {
        let gap = Span { start: self.last.end, end: self.token.span.start };
        !gap.text(self.source).contains(['\n', '\r'])
    }

    /// What is known about a character that does not belong here in any place.
    pub(super) fn hint(&self) -> Option<String> {
        let rest = self.source.get(self.token.span.start as usize..).unwrap_or_default();
        let hint = match self.kind() {
            K::Slash if rest.starts_with("/*") => "a comment begins with `--`, `//` or `#` and ends with its line",
            K::Unknown => match self.text_here() {
                ";" => "statements need nothing between them",
                "“" | "”" | "„" | "‘" | "’" | "«" | "»" => "quote a text with \"..\" or '..'",
                "&" => "write `AND`",
                "|" => "write `OR`",
                "!" => "write `NOT`",
                "[" | "]" => "a list is written in parentheses",
                "%" => "a percentage is written as a plain number",
                "{" | "}" => "clauses follow their statement without braces",
                "$" | "@" => "names have no sign before them",
                "*" => "without a condition, all entities are read",
                "≥" => "write `>=`",
                "≤" => "write `<=`",
                "≠" => "write `!=`",
                "–" | "—" | "‐" | "−" => "write a plain `-`",
                _ => return None,
            },
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Takes a sign that does not belong before a value, and says so.
    pub(super) fn skip_sign(&mut self) {
        if !matches!(self.kind(), K::Equal | K::Colon) {
            return;
        }
        let [next] = self.ahead();
        if matches!(next, K::Number | K::Measure | K::Text) || next.is_bare_name() {
            let span = self.token.span;
            let message = format!("expected no {} here", self.found());
            self.report(Diagnostic::error("unneeded-sign", span, message).help("leave it out").fix(span, ""));
            self.bump();
        }
    }

    /// If the word here is a slip of a clause or of a statement keyword, says so and gives the keyword.
    pub(super) fn mistyped(&mut self, clauses: &[K]) -> Option<K> {
        if !self.at(K::Word) {
            return None;
        }
        let word = self.text_here();
        let span = self.token.span;
        let kinds = || clauses.iter().chain(K::statements()).copied();
        let error = Diagnostic::error("unknown-word", span, format!("`{word}` is no keyword")).label("not known");
        let [next] = self.ahead();
        // One letter more is a slip where what follows goes on as after the keyword.
        let goes_on =
            next.is_bare_name() || matches!(next, K::Into | K::On | K::For | K::After | K::Number | K::Measure);
        let is_two = |rest: &str| rest.len() > 1 || rest.bytes().all(|byte| byte.is_ascii_digit()) || !goes_on;
        let two = kinds().find_map(|kind| Some((kind, glued(word, kind).filter(|rest| is_two(rest))?)));
        if let Some((kind, rest)) = two {
            let written = format!("{} {rest}", kind.keyword());
            self.report(error.help(format!("did you mean `{written}`?")).fix(span, written));
            self.split_token(kind.keyword().len());
            return Some(kind);
        }
        let keyword = suggest::nearest(word, kinds().map(K::keyword))?;
        let kind = kinds().find(|kind| kind.keyword() == keyword)?;
        self.report(error.help(format!("did you mean `{keyword}`?")).fix(span, keyword));
        Some(kind)
    }

    /// If the word here is what other statements or languages call a clause of this one, says so and gives the clause.
    pub(super) fn other_name(&mut self, statement: K, seen: u64) -> Option<K> {
        let word = self.text_here();
        let meant = match (statement, word.to_ascii_uppercase().as_str()) {
            (K::Forage, "WHEN" | "IF" | "FILTER" | "HAVING" | "WITH") => K::Where,
            (K::Dive | K::Watch, "WHERE" | "IF" | "FILTER" | "HAVING") => K::When,
            (K::Forage, "EMIT" | "AS" | "INTO") => K::Surface,
            (K::Dive, "AS" | "INTO") => K::Emit,
            (K::Watch, "FROM") => K::In,
            (K::Trace, "OF" | "IN" | "INTO") => K::From,
            (K::Surface, "INTO") => K::To,
            (K::Surface, "FORMAT") => K::As,
            (K::Wake, "DO") => K::Then,
            _ => return None,
        };
        if seen & meant.bit() != 0 || !(self.kind().is_keyword() || self.at(K::Word)) {
            return None;
        }
        let span = self.token.span;
        let message = format!("`{word}` is no clause of {}", statement.keyword());
        let help = format!("did you mean `{}`?", meant.keyword());
        self.report(Diagnostic::error("misplaced-clause", span, message).help(help).fix(span, meant.keyword()));
        Some(meant)
    }

    /// The token here does not go on with the statement.
    pub(super) fn no_clause(&self, statement: K, after_condition: bool) -> Diagnostic {
        let found = self.found();
        let name = statement.keyword();
        let span = self.token.span;
        let error = if self.kind().is_reserved() {
            Diagnostic::error("misplaced-clause", span, format!("{found} is no clause of {name}"))
        } else {
            Diagnostic::error("expected-clause", span, format!("expected a clause of {name}, found {found}"))
        };
        let way = self.hint().map(|hint| (hint, None)).or_else(|| self.clause_way(statement, after_condition));
        match way {
            Some((help, Some((span, text)))) => error.help(help).fix(span, text),
            Some((help, None)) => error.help(help),
            None => error.help(takes(statement)),
        }
    }

    fn clause_way(&self, statement: K, after_condition: bool) -> Option<Way> {
        let span = self.token.span;
        let text = self.text_here();
        let [next] = self.ahead();
        let last = self.last.text(self.source);
        Some(match self.kind() {
            K::Comma if self.last_kind == K::Number && self.touches() && next == K::Number => {
                let after = self.source.get(span.end as usize..).unwrap_or_default();
                let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                let whole = Span { start: self.last.start, end: span.end + Span::new(0, digits.len()).end };
                let number = format!("{last}{digits}");
                (format!("a number is written without separators: `{number}`"), Some((whole, number)))
            }
            K::Comma if after_condition && (next.is_bare_name() || matches!(next, K::Not | K::LeftParen)) => {
                ("conditions are joined with `AND` or `OR`".to_owned(), Some((span, " AND".to_owned())))
            }
            K::Comma => ("clauses and statements have nothing between them".to_owned(), Some((span, String::new()))),
            K::RightParen => ("no parenthesis is open here".to_owned(), Some((span, String::new()))),
            K::Dot => ("a name with a dot in it is written in backquotes".to_owned(), None),
            K::Equal if statement == K::Perch => ("write `field:\"value\"`".to_owned(), None),
            K::Execute | K::Confirm | K::Queue | K::Wait if statement == K::Fetch => {
                let written = format!("ON {text}");
                (format!("write `{written}`"), Some((span, written)))
            }
            K::Number | K::Measure if self.last_kind == K::Number && text.starts_with('-') => {
                ("a date is written in quotes".to_owned(), None)
            }
            K::Text if matches!(statement, K::Surface | K::Forage | K::Dive) => {
                let help = "to write into a file: `SURFACE name TO \"file\"`, a statement of its own";
                (help.to_owned(), None)
            }
            K::Word | K::Name => return self.word_way(statement, after_condition, next),
            kind if kind.is_bare_name() => return self.word_way(statement, after_condition, next),
            _ => return None,
        })
    }

    fn word_way(&self, statement: K, after_condition: bool, next: K) -> Option<Way> {
        let span = self.token.span;
        let text = self.text_here();
        let last = self.last.text(self.source);
        if statement == K::Surface && matches!(text, "json" | "ndjson" | "csv" | "markdown" | "html") {
            let written = format!("AS {text}");
            return Some((format!("a format follows `AS`: `{written}`"), Some((span, written))));
        }
        if after_condition {
            if matches!(next, K::Dot | K::In | K::Is | K::Between | K::Contains | K::Exists) || is_operator(next) {
                return Some(("conditions are joined with `AND` or `OR`".to_owned(), None));
            }
            let keyword = suggest::nearest(text, ["AND", "OR"])?;
            return Some((format!("did you mean `{keyword}`?"), Some((span, keyword.to_owned()))));
        }
        // Words in capitals look like a clause that there is not.
        if self.last_kind == K::Name && self.same_line() && text.chars().any(char::is_lowercase) {
            let whole = Span { start: self.last.start, end: span.end };
            let help = format!("a name is one word; one with spaces is written in backquotes: `` `{last} {text}` ``");
            return Some((help, Some((whole, format!("`{last} {text}`")))));
        }
        None
    }

    pub(super) fn duplicate(&mut self, keyword: &str, statement: K) {
        let statement = statement.keyword();
        self.report(
            Diagnostic::error("duplicate-clause", self.token.span, format!("{statement} has `{keyword}` twice"))
                .label("the second one")
                .help(if matches!(keyword, "WHERE" | "WHEN") {
                    "keep one; conditions are joined with `AND` or `OR`"
                } else {
                    "keep one"
                }),
        );
    }

    pub(super) fn unclosed(&mut self) {
        let start = self.token.span.start as usize;
        let quote = self.text_here().get(..1).unwrap_or("\"");
        self.report(
            Diagnostic::error("unclosed-text", Span::new(start, start + 1), "a text without an end")
                .label("begins here")
                .help(format!("close it with {quote}")),
        );
    }

    /// What helps where a name was expected.
    pub(super) fn name_error(&self, what: &str) -> Diagnostic {
        let error = self.expected_error(what);
        let span = self.token.span;
        let text = self.text_here();
        let [next] = self.ahead();
        match self.kind() {
            K::UnclosedName => error.help("the closing backquote is missing"),
            K::Text => {
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
                let written = name(inner);
                match written {
                    Some(written) => {
                        error.help(format!("a name is written without quotes: {}", code(&written))).fix(span, written)
                    }
                    None => error.help("a name is written without quotes, or in backquotes"),
                }
            }
            K::Number | K::Measure => error.help("a name begins with a letter; another is written in backquotes"),
            K::And | K::Or | K::Not | K::Is if self.last_kind.is_reserved() && !self.last_kind.is_statement() => {
                error.help(format!("one of `{}` and `{text}` is too many", self.last_kind.keyword()))
            }
            kind if kind.is_reserved() && !kind.is_statement() && next.is_bare_name() && !is_operator(next) => {
                error.help(format!("leave `{text}` out, or write `` `{text}` `` if it is the name"))
            }
            kind if kind.is_reserved() && !kind.is_statement() => {
                error.help(format!("a name that is also a keyword is written `` `{text}` ``"))
            }
            _ => error,
        }
    }

    /// A date without quotes, whole, if one is here.
    pub(super) fn bare_date(&self) -> Option<Span> {
        let start = self.token.span.start as usize;
        let rest = self.source.as_bytes().get(start..)?;
        let shape = rest.get(..10)?;
        let is_date = shape.iter().zip(b"dddd-dd-dd").all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            _ => byte == form,
        });
        if !is_date {
            return None;
        }
        // A time of day may follow.
        let is_time = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.');
        let more = rest.get(10..)?.iter().take_while(|byte| is_time(byte)).count();
        Some(Span::new(start, start + 10 + more))
    }

    /// Says that a date needs quotes, and takes it.
    pub(super) fn take_date(&mut self, date: Span) {
        let written = format!("\"{}\"", date.text(self.source));
        let error = Diagnostic::error("date-without-quotes", date, "a date is written in quotes");
        self.report(error.help(format!("write {written}")).fix(date, written));
        while self.token.span.start < date.end && !self.at(K::End) {
            self.bump();
        }
    }
}

/// A number with a unit that no length of time has.
pub(super) fn bad_unit(number: &str, unit: &str, span: Span) -> Diagnostic {
    let error = Diagnostic::error("unknown-unit", span, format!("no unit of time is written `{unit}` here"));
    match literal::unit_word(unit).or_else(|| literal::unit(unit)) {
        Some(meant) => {
            let text = format!("{number}{}", literal::symbol(meant));
            error.help(format!("write `{text}`")).fix(span, text)
        }
        None => match large(number, unit) {
            Some(text) => error.help(format!("write the number out: `{text}`")).fix(span, text),
            None => error.help(format!("units are {}", literal::UNITS)),
        },
    }
}

/// `5k` written out.
pub(super) fn large(number: &str, unit: &str) -> Option<String> {
    let zeros = match unit {
        "k" | "K" => "000",
        "M" | "mio" | "million" => "000000",
        _ => return None,
    };
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{number}{zeros}"))
}

/// What follows the keyword in a word that begins with it: `x` of `FORAGEx`. An ending of the word itself is none.
fn glued(word: &str, keyword: K) -> Option<&str> {
    let (start, rest) = word.split_at_checked(keyword.keyword().len())?;
    let is_ending =
        rest.is_empty() || ["s", "es", "d", "ed", "r", "er", "ing"].iter().any(|end| rest.eq_ignore_ascii_case(end));
    (!is_ending && start.len() > 2 && start.eq_ignore_ascii_case(keyword.keyword())).then_some(rest)
}

pub(super) fn is_operator(kind: K) -> bool {
    matches!(kind, K::Equal | K::NotEqual | K::Less | K::LessOrEqual | K::Greater | K::GreaterOrEqual)
}

/// The dimension that a text names, by its number or its name.
pub(super) fn dimension(text: &str) -> Option<Dimension> {
    let is = |one: &Dimension| text.eq_ignore_ascii_case(one.id()) || text.eq_ignore_ascii_case(one.name());
    Dimension::ALL.into_iter().find(is)
}

/// A name as it is written, in backquotes where it needs them; `None` for what no name can be.
pub(super) fn name(text: &str) -> Option<String> {
    let mut lexer = super::lexer::Lexer::new(text);
    let token = lexer.next();
    if token.kind.is_bare_name() && token.span == Span::new(0, text.len()) {
        return Some(text.to_owned());
    }
    (!text.is_empty() && !text.contains(['`', '\n', '\r'])).then(|| format!("`{text}`"))
}

/// As it is shown in a message.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// What a statement takes, as a sentence.
pub(super) fn takes(statement: K) -> String {
    let clauses: Vec<_> = statement.clauses().iter().map(|kind| kind.keyword()).collect();
    if clauses.is_empty() {
        return format!("{} takes no clauses", statement.keyword());
    }
    format!("{} takes {}", statement.keyword(), listed(&clauses, "and"))
}

/// `A, B and C`.
pub(super) fn listed(words: &[&str], and: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} {and} {last}", most.join(", ")),
    }
}
