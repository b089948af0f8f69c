//! The frame of the parser: tokens, names and values, errors, and how it goes on after one.

use std::borrow::Cow;

use super::{
    errors::{bad_unit, large, listed, takes},
    kind::SyntaxKind,
    lexer::{Lexer, Token},
    literal,
};
use crate::{
    ast::{Duration, Name, Number, Spanned, Statement, Text},
    diagnostic::Diagnostic,
    span::Span,
};

/// What is told of the structure while a script is parsed. The plain parse listens to nothing and pays nothing.
pub(crate) trait Sink {
    /// A place at which a node can be opened later.
    type Mark: Copy;
    /// The place before the token at `at`.
    fn mark(&mut self, at: Span) -> Self::Mark;
    /// Opens a node at a place.
    fn open_at(&mut self, mark: Self::Mark, kind: SyntaxKind);
    /// Closes the last node that is open.
    fn close(&mut self);
    /// A token, as what it was understood.
    fn token(&mut self, token: Token);
}

/// Listens to nothing.
pub(crate) struct Nothing;

impl Sink for Nothing {
    type Mark = ();
    #[inline]
    fn mark(&mut self, _: Span) {}
    #[inline]
    fn open_at(&mut self, (): (), _: SyntaxKind) {}
    #[inline]
    fn close(&mut self) {}
    #[inline]
    fn token(&mut self, _: Token) {}
}

pub(crate) struct Parser<'s, S: Sink> {
    pub(super) source: &'s str,
    lexer: Lexer<'s>,
    /// The token that is looked at.
    pub(super) token: Token,
    /// Where the last token ended.
    pub(super) last: Span,
    /// What it was taken for.
    pub(super) last_kind: SyntaxKind,
    /// Where the last condition ended.
    condition_end: u32,
    pub(super) sink: S,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The tokens from here on make no sense until the next statement or clause.
    pub(super) lost: bool,
    pub(super) depth: usize,
    /// Inside the action of an `ON`: the clauses of the FETCH around it come first.
    pub(super) in_fetch: bool,
}

impl<'s, S: Sink> Parser<'s, S> {
    pub(crate) fn new(source: &'s str, sink: S) -> Self {
        let mut lexer = Lexer::new(source);
        let token = lexer.next();
        Self {
            source,
            lexer,
            token,
            last: Span::default(),
            last_kind: SyntaxKind::End,
            condition_end: u32::MAX,
            sink,
            diagnostics: Vec::new(),
            lost: false,
            depth: 0,
            in_fetch: false,
        }
    }

    /// The whole script.
    pub(crate) fn script(&mut self) -> Vec<Statement<'s>> {
        let mut statements = Vec::new();
        let mut before = None;
        loop {
            if self.lost {
                self.skip(&[]);
            }
            let kind = self.token.kind;
            if kind == SyntaxKind::End {
                return statements;
            }
            if kind.is_statement() {
                before = Some(kind);
                statements.extend(self.statement());
            } else {
                self.no_statement(before);
            }
        }
    }

    /// Something stands where a statement should: says so.
    fn no_statement(&mut self, before: Option<SyntaxKind>) {
        let clauses = before.map_or(&[] as &[_], SyntaxKind::clauses);
        if let Some(kind) = self.mistyped(clauses) {
            self.token.kind = kind;
            self.lost = !kind.is_statement();
            return;
        }
        let found = self.found();
        let mut error =
            Diagnostic::error("expected-statement", self.token.span, format!("expected a statement, found {found}"));
        let text = self.text_here();
        error = if let Some(hint) = self.hint() {
            error.help(hint)
        } else if let Some(help) = statement_help(text, self.last_kind) {
            error.help(help)
        } else if let (true, Some(before)) = (self.token.kind.is_reserved(), before) {
            error.help(takes(before))
        } else {
            let all: Vec<_> = SyntaxKind::statements().iter().map(|kind| kind.keyword()).collect();
            error.help(format!("a statement begins with {}", listed(&all, "or")))
        };
        self.report(error);
        self.lost = true;
    }

    // ---- tokens

    pub(super) fn kind(&self) -> SyntaxKind {
        self.token.kind
    }

    pub(super) fn at(&self, kind: SyntaxKind) -> bool {
        self.token.kind == kind
    }

    /// The text of the token that is looked at.
    pub(super) fn text_here(&self) -> &'s str {
        self.token.span.text(self.source)
    }

    pub(super) fn bump(&mut self) {
        self.sink.token(self.token);
        self.last = self.token.span;
        self.last_kind = self.token.kind;
        self.token = self.lexer.next();
    }

    /// Ends the token that is looked at after `length` bytes; what follows is read anew.
    pub(super) fn split_token(&mut self, length: usize) {
        let end = self.token.span.start as usize + length;
        self.token.span = Span::new(self.token.span.start as usize, end);
        self.lexer.go_to(end);
    }

    /// A condition ends with the last token.
    pub(super) fn condition_ends(&mut self) {
        self.condition_end = self.last.end;
    }

    /// Takes the token as something else than what it looked like.
    pub(super) fn bump_as(&mut self, kind: SyntaxKind) {
        self.token.kind = kind;
        self.bump();
    }

    pub(super) fn eat(&mut self, kind: SyntaxKind) -> bool {
        let here = self.at(kind);
        if here {
            self.bump();
        }
        here
    }

    /// The kinds of the next tokens after the one that is looked at.
    pub(super) fn ahead<const N: usize>(&self) -> [SyntaxKind; N] {
        let mut lexer = self.lexer.clone();
        [(); N].map(|()| lexer.next().kind)
    }

    pub(super) fn open(&mut self, kind: SyntaxKind) {
        let mark = self.mark();
        self.sink.open_at(mark, kind);
    }

    pub(super) fn mark(&mut self) -> S::Mark {
        self.sink.mark(self.token.span)
    }

    // ---- going on after an error

    /// Goes on to a statement, a clause of `clauses`, or what belongs to a FETCH around this.
    pub(super) fn skip(&mut self, clauses: &[SyntaxKind]) {
        self.lost = false;
        if self.at_anchor(clauses) {
            return;
        }
        self.open(SyntaxKind::Junk);
        while !self.at_anchor(clauses) {
            self.drop_token();
        }
        self.sink.close();
    }

    fn drop_token(&mut self) {
        if self.at(SyntaxKind::UnclosedText) {
            self.unclosed();
        }
        self.bump();
    }

    fn at_anchor(&self, clauses: &[SyntaxKind]) -> bool {
        let kind = self.token.kind;
        kind == SyntaxKind::End
            || kind.is_statement()
            || clauses.contains(&kind)
            || self.in_fetch && SyntaxKind::Fetch.clauses().contains(&kind)
    }

    // ---- clauses

    /// Opens the next clause of a statement and gives its keyword, which is not taken yet; nothing where the statement
    /// ends. `seen` are the clauses that were there before.
    pub(super) fn clause(&mut self, statement: SyntaxKind, seen: &mut u64) -> Option<SyntaxKind> {
        loop {
            let clauses = statement.clauses();
            if self.lost {
                self.skip(clauses);
            }
            let kind = self.token.kind;
            if self.is_outer(statement, kind) {
                return None;
            }
            if clauses.contains(&kind) && self.is_clause(statement, kind, *seen) {
                if *seen & kind.bit() != 0 && !repeats(statement, kind) {
                    self.duplicate(kind.keyword(), statement);
                }
                *seen |= kind.bit();
                self.open(SyntaxKind::Clause);
                return Some(kind);
            }
            if kind.is_statement() || kind == SyntaxKind::End || clauses.is_empty() {
                return None;
            }
            if let Some(meant) = self.other_name(statement, *seen).or_else(|| self.mistyped(clauses)) {
                self.token.kind = meant;
                continue;
            }
            let error = self.no_clause(statement, self.condition_end == self.last.end);
            self.report(error);
            self.lost = true;
            // At least this token goes, also where the parser would go on from it.
            self.open(SyntaxKind::Junk);
            self.drop_token();
            self.sink.close();
        }
    }

    /// A clause of the FETCH whose action this is. What is a clause of both belongs to the inner one, but `ON`.
    fn is_outer(&self, statement: SyntaxKind, kind: SyntaxKind) -> bool {
        if !self.in_fetch || !SyntaxKind::Fetch.clauses().contains(&kind) {
            return false;
        }
        match kind {
            SyntaxKind::On => statement == SyntaxKind::Fetch || !self.on_text(),
            _ => !statement.clauses().contains(&kind),
        }
    }

    fn on_text(&self) -> bool {
        matches!(self.ahead(), [SyntaxKind::Text | SyntaxKind::UnclosedText])
    }

    /// Where the keyword of a clause also begins a statement: which of them it is.
    fn is_clause(&self, statement: SyntaxKind, kind: SyntaxKind, seen: u64) -> bool {
        use SyntaxKind as K;
        if kind.is_statement() && seen & kind.bit() != 0 && !repeats(statement, kind) {
            return false;
        }
        match (statement, kind) {
            (K::Forage, K::Surface) => {
                let [_, next, after] = self.ahead();
                let is_statement =
                    matches!(next, K::As | K::To) || next == K::On && matches!(after, K::Text | K::UnclosedText);
                !is_statement
            }
            (K::Dive, K::Trace) => self.ahead::<2>()[1] != K::From,
            (K::Perch, K::Wake) => self.ahead::<3>()[2] != K::Then,
            (K::Recall, K::Surface) => self.ahead::<2>()[1] == K::As,
            (K::Recall, K::Watch) => !matches!(self.ahead(), [_, K::When | K::In]),
            _ => true,
        }
    }

    // ---- names and values

    /// A name. Where none is, says what needs it.
    pub(super) fn name(&mut self, what: &str) -> Name<'s> {
        let span = self.token.span;
        let text = self.text_here();
        match self.token.kind {
            kind if kind.is_bare_name() => {
                self.bump_as(SyntaxKind::Name);
                Spanned { value: text, span }
            }
            SyntaxKind::QuotedName if text.len() > 2 => {
                self.bump_as(SyntaxKind::Name);
                Spanned { value: text.get(1..text.len() - 1).unwrap_or_default(), span }
            }
            _ => {
                let error = self.name_error(what);
                self.report(error);
                self.lost = true;
                Spanned { value: "", span: Span { start: span.start, end: span.start } }
            }
        }
    }

    /// A quoted text.
    pub(super) fn text(&mut self, what: &str) -> Option<Text<'s>> {
        self.skip_sign();
        let span = self.token.span;
        let raw = self.text_here();
        match self.token.kind {
            SyntaxKind::Text => {
                self.bump();
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                Some(Spanned { value: self.unescape(inner, span), span })
            }
            SyntaxKind::UnclosedText => {
                self.unclosed();
                self.bump();
                Some(Spanned { value: Cow::Borrowed(raw.get(1..).unwrap_or_default()), span })
            }
            _ => {
                if let Some(date) = self.bare_date() {
                    self.take_date(date);
                    return Some(Spanned { value: Cow::Borrowed(date.text(self.source)), span: date });
                }
                let mut error = self.expected_error(what);
                if self.token.kind.is_bare_name() {
                    error =
                        error.help(format!("a text is written in quotes: \"{raw}\"")).fix(span, format!("\"{raw}\""));
                }
                self.report(error);
                self.lost = true;
                None
            }
        }
    }

    fn unescape(&mut self, inner: &'s str, span: Span) -> Cow<'s, str> {
        literal::unescape(inner).unwrap_or_else(|(offset, length)| {
            let start = span.start as usize + 1 + offset;
            self.report(
                Diagnostic::error("unknown-escape", Span::new(start, start + length), "unknown escape in a text")
                    .help("known are \\\" \\' \\\\ \\n \\t \\r and \\u{..}; a backslash itself is written \\\\"),
            );
            Cow::Borrowed(inner)
        })
    }

    /// A plain number.
    pub(super) fn number(&mut self, what: &str) -> Option<Number> {
        self.skip_sign();
        let text = self.text_here();
        let span = self.token.span;
        let (help, written) = match self.token.kind {
            SyntaxKind::Number => {
                return Some(self.number_here());
            }
            SyntaxKind::Measure => {
                let (number, unit) = literal::split_measure(text);
                let digits = text.replace('_', "");
                match large(number, unit) {
                    _ if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                        (format!("a number is written without separators: `{digits}`"), Some(digits))
                    }
                    Some(number) => (format!("write the number out: `{number}`"), Some(number)),
                    None => (format!("leave `{unit}` out: write `{number}`"), Some(number.to_owned())),
                }
            }
            SyntaxKind::Text => {
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
                let is_number = inner.parse::<f64>().is_ok_and(f64::is_finite);
                ("a number is written without quotes".to_owned(), is_number.then(|| inner.to_owned()))
            }
            kind if kind.is_bare_name() => ("a number is written in digits".to_owned(), None),
            _ => {
                self.expected(what);
                return None;
            }
        };
        let error = self.expected_error(what).help(help);
        self.report(match written {
            Some(written) => error.fix(span, written),
            None => error,
        });
        self.bump();
        None
    }

    pub(super) fn number_here(&mut self) -> Number {
        let span = self.token.span;
        let value = literal::number(self.text_here());
        if !value.is_finite() {
            self.report(
                Diagnostic::error("number-too-large", span, "a number that is too large")
                    .help("the largest is 1.8e308"),
            );
        }
        self.bump();
        if self.at_symbol("%") && self.touches() {
            let sign = self.token.span;
            let error = Diagnostic::error("percent-sign", sign, "a percentage is written as a plain number");
            self.report(error.help(format!("write `{}`", span.text(self.source))).fix(sign, ""));
            self.bump();
        }
        Spanned { value: if value.is_finite() { value } else { 0.0 }, span }
    }

    /// A length of time. With `words`, the unit may be a word of its own: `2 quarters`.
    pub(super) fn duration(&mut self, what: &str, words: bool) -> Option<Duration> {
        self.skip_sign();
        let span = self.token.span;
        let text = self.text_here();
        let (number, unit) = match self.token.kind {
            SyntaxKind::Measure => literal::split_measure(text),
            SyntaxKind::Number if self.ahead::<1>() == [SyntaxKind::Word] => {
                self.bump();
                (text, self.text_here())
            }
            SyntaxKind::Number => {
                let error = self.expected_error(what).help(format!("add a unit ({}): `{text}d`", literal::UNITS));
                self.report(error);
                self.bump();
                return None;
            }
            _ => {
                self.expected(what);
                return None;
            }
        };
        let apart = text.len() == number.len();
        let found = if words { literal::unit_word(unit) } else { None };
        let found = found.or_else(|| if apart && !words { None } else { literal::unit(unit) });
        let whole = span.to(self.token.span);
        self.bump_as(if apart { SyntaxKind::UnitWord } else { SyntaxKind::Measure });
        let Some(unit) = found else {
            self.report(bad_unit(number, unit, whole));
            return None;
        };
        Some(self.checked_duration(number, unit, whole))
    }

    pub(super) fn checked_duration(&mut self, number: &str, unit: crate::ast::Unit, span: Span) -> Duration {
        let value = literal::number(number);
        if !number.bytes().all(|byte| byte.is_ascii_digit()) || !value.is_finite() {
            self.report(
                Diagnostic::error("duration-not-whole", span, "a length of time is a whole number without a sign")
                    .help("use a smaller unit, such as `90m` for an hour and a half"),
            );
        }
        Duration { value: if value.is_finite() { value } else { 0.0 }, unit, span }
    }
}

/// What helps where something else than a statement stands.
fn statement_help(text: &str, last: SyntaxKind) -> Option<&'static str> {
    Some(match text.to_ascii_uppercase().as_str() {
        "SELECT" | "FIND" | "QUERY" | "GET" => "entities are found with `FORAGE collection WHERE condition`",
        "IF" => {
            "what must hold is said in `WATCH name WHEN condition`, `FORAGE .. WHERE condition` or `FETCH .. ON EXECUTE`"
        }
        "PRINT" | "ECHO" | "RETURN" | "OUTPUT" => "a result is published with `SURFACE name`",
        "ALERT" | "SEND" | "NOTIFY" => "an alert is sent with `CHIRP level \"text\"`",
        "SET" | "LET" | "VAR" | "CONST" => {
            "a result is named by the statement that makes it: `FORAGE collection SURFACE name`"
        }
        "ON" => "`ON EXECUTE` belongs to a FETCH",
        "}" | "{" => "clauses follow their statement without braces",
        _ if last == SyntaxKind::Text => {
            "a text ends with the quote that it begins with; one within it is written \\\""
        }
        _ => return None,
    })
}

/// These may stand more than once.
fn repeats(statement: SyntaxKind, clause: SyntaxKind) -> bool {
    matches!((statement, clause), (SyntaxKind::Fetch, SyntaxKind::On) | (SyntaxKind::Recall, SyntaxKind::Watch))
}
