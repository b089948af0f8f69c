//! Names and values: where the default edition reads them differently.

use super::{Walk, first_path};
use crate::{
    ast::{Duration, Expr, Literal, Name, Number, Operand, Operator, Path, Text},
    diagnostic::Diagnostic,
    span::Span,
    syntax::{kind::SyntaxKind, lexer::Lexer, literal},
};

impl Walk<'_> {
    /// A name or value after `words`.
    pub(super) fn leaf(&mut self, words: &[&str], span: Span) {
        // What the first edition adds of its own accord has no place.
        if span.start == span.end || (span.start as usize) < self.at {
            return;
        }
        self.gap(&[words], span.start as usize);
        self.place(span);
    }

    pub(super) fn place(&mut self, span: Span) {
        self.token(span.start as usize, span.end as usize);
        self.at = span.end as usize;
    }

    pub(super) fn name(&mut self, words: &[&str], name: &Name<'_>) {
        self.leaf(words, name.span);
        self.quoted(name.span, is_name(name.value), || format!("`{}`", name.value));
    }

    /// Says that a name needs backquotes, unless it is `fine`.
    pub(super) fn quoted(&mut self, span: Span, fine: bool, written: impl FnOnce() -> String) {
        if fine || span.start == span.end {
            return;
        }
        let text = span.text(self.gaps.source);
        let keyword = text.split('.').find(|part| SyntaxKind::of_word(part).is_reserved());
        let (code, message) = match keyword {
            Some(keyword) => ("reserved-word", format!("`{keyword}` is a keyword of edition 2")),
            None => ("name-hyphens", format!("`{text}` is no name in edition 2")),
        };
        let written = written();
        let help = format!("in backquotes it is a name: `` {written} ``");
        self.say(Diagnostic::warning(code, span, message).help(help).fix(span, written));
    }

    pub(super) fn path(&mut self, words: &[&str], path: &Path<'_>) {
        self.leaf(words, path.span);
        // After a dot, a keyword can only be a name.
        let fine = |(index, part): (usize, &str)| is_name(part) || index > 0 && SyntaxKind::of_word(part).is_keyword();
        let is_fine = path.text.split('.').enumerate().all(fine);
        self.quoted(path.span, is_fine, || {
            let quote = |(index, part)| if fine((index, part)) { part.to_owned() } else { format!("`{part}`") };
            path.text.split('.').enumerate().map(quote).collect::<Vec<_>>().join(".")
        });
    }

    pub(super) fn text(&mut self, words: &[&str], text: &Text<'_>) {
        self.leaf(words, text.span);
        self.text_leaf(text.span);
    }

    pub(super) fn text_leaf(&mut self, span: Span) {
        let source = self.gaps.source;
        let written = span.text(source);
        if written.contains('\\') {
            let found = Diagnostic::warning("backslash", span, "in edition 2 a backslash begins an escape");
            let found = found.label("edition 1-compat reads it as it is").help("a backslash itself is written `\\\\`");
            self.say(found.fix(span, written.replace('\\', "\\\\")));
        }
        let end = span.end as usize;
        if written.contains(['\n', '\r']) && self.gaps.is_word(end) {
            let found = Diagnostic::warning("words-touch", Span::new(end - 1, end), "the end of a text touches a word");
            self.say(found.help("edition 2 wants a space after it").fix(Span::new(end, end), " "));
        }
    }

    pub(super) fn number(&mut self, words: &[&str], number: &Number) {
        self.leaf(words, number.span);
        self.finite(number.value, number.span);
    }

    pub(super) fn finite(&mut self, value: f64, span: Span) {
        if !value.is_finite() {
            let found = Diagnostic::warning("number-too-large", span, "edition 1-compat reads this number as infinity");
            self.say(found.help("edition 2 refuses it"));
        }
    }

    /// A number and its unit, between which there may be space.
    pub(super) fn duration(&mut self, words: &[&str], duration: &Duration) {
        self.leaf(words, duration.span);
        let text = duration.span.text(self.gaps.source);
        let start = duration.span.start as usize;
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit = text.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        self.comments(start + digits, start + text.len() - unit);
        self.finite(duration.value, duration.span);
    }

    pub(super) fn operand(&mut self, operand: &Operand<'_>) {
        match &operand.value {
            Literal::Duration(duration) => self.finite(duration.value, operand.span),
            Literal::Number(value) => self.finite(*value, operand.span),
            Literal::Text(_) => self.text_leaf(operand.span),
            Literal::Word(word) => {
                let quoted = literal::quote(word);
                let constant = ["true", "false", "null"].into_iter().find(|one| word.eq_ignore_ascii_case(one));
                let found = if let Some(constant) = constant {
                    let message = format!("edition 1-compat reads `{word}` as a text");
                    let help = format!("edition 2 writes the text as {quoted}; `{constant}` is a value of its own");
                    Diagnostic::warning("text-constant", operand.span, message).help(help)
                } else if !is_name(word) {
                    let code = if SyntaxKind::of_word(word).is_reserved() { "reserved-word" } else { "name-hyphens" };
                    let message = format!("`{word}` is no bare text in edition 2");
                    Diagnostic::warning(code, operand.span, message).help(format!("write {quoted}"))
                } else {
                    return;
                };
                self.say(found.fix(operand.span, quoted));
            }
            Literal::Integer(_) | Literal::Bool(_) | Literal::Null | Literal::Field(_) => {}
        }
    }

    /// `first` are the words before it.
    pub(super) fn condition(&mut self, first: &[&str], expr: &Expr<'_>) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    if index == 0 {
                        self.condition(first, part);
                    } else {
                        self.joined(part);
                    }
                }
            }
            Expr::Compare { left, operator, right } => {
                self.path(first, left);
                let patterns: &[&[&str]] = match operator.value {
                    Operator::Equal => &[&["="], &["IS"]],
                    Operator::NotEqual => &[&["!="], &["IS", "NOT"]],
                    Operator::Less => &[&["<"]],
                    Operator::LessOrEqual => &[&["<="]],
                    Operator::Greater => &[&[">"]],
                    Operator::GreaterOrEqual => &[&[">="]],
                };
                self.gap(patterns, right.span.start as usize);
                self.place(right.span);
                self.operand(right);
            }
            // The first edition has nothing else.
            _ => {}
        }
    }

    pub(super) fn joined(&mut self, part: &Expr<'_>) {
        let (Some(path), from) = (first_path(part), self.at) else { return };
        let start = path.span.start as usize;
        let is_or = self.gap(&[&["AND"], &["OR"]], start) == 1;
        if is_or && let Some([(start, end)]) = self.gaps.words(from, &["OR"], start).as_deref() {
            let span = Span::new(*start, *end);
            let found =
                Diagnostic::warning("or-ignored", span, "edition 1-compat ignores `OR`: both conditions must hold");
            let found = found.label("read as `AND`");
            self.say(found.help("edition 2 writes that `AND`; where either is enough, leave `OR`").fix(span, "AND"));
        }
        self.condition(&[], part);
    }
}

/// Is a name, whole, without backquotes in the default edition.
fn is_name(text: &str) -> bool {
    let token = Lexer::new(text).next();
    token.kind.is_bare_name() && token.span == Span::new(0, text.len())
}
