//! Conditions: `OR` over `AND` over `NOT` over comparisons.

use std::borrow::Cow;

use super::{
    errors::{bad_unit, is_operator},
    kind::SyntaxKind as K,
    literal,
    parser::{Parser, Sink},
    suggest,
};
use crate::{
    ast::{Expr, Literal, Operand, Operator, Path, Spanned},
    diagnostic::Diagnostic,
    limits,
    span::Span,
};

impl<'s, S: Sink> Parser<'s, S> {
    pub(super) fn condition(&mut self) -> Option<Expr<'s>> {
        self.joined(
            K::Or,
            K::OrCondition,
            |parser| parser.joined(K::And, K::AndCondition, Self::negation, Expr::And),
            Expr::Or,
        )
    }

    /// One part, or several with a keyword between them.
    fn joined(
        &mut self,
        keyword: K,
        node: K,
        part: impl Fn(&mut Self) -> Option<Expr<'s>>,
        whole: impl Fn(Vec<Expr<'s>>) -> Expr<'s>,
    ) -> Option<Expr<'s>> {
        let mark = self.mark();
        let first = part(self);
        if self.lost || !self.at_join(keyword) {
            return first;
        }
        self.sink.open_at(mark, node);
        let mut parts: Vec<_> = first.into_iter().collect();
        while !self.lost && self.eat_join(keyword) {
            parts.extend(part(self));
        }
        self.sink.close();
        if parts.len() > 1 { Some(whole(parts)) } else { parts.pop() }
    }

    fn at_join(&self, keyword: K) -> bool {
        self.at(keyword) || self.at_symbol(if keyword == K::And { "&" } else { "|" })
    }

    /// Takes `AND`, or the sign that other languages have for it, and says so.
    fn eat_join(&mut self, keyword: K) -> bool {
        if !self.at_join(keyword) {
            return false;
        }
        if self.at(K::Unknown) {
            let start = self.token.span;
            let symbol = self.text_here();
            self.bump();
            if self.at_symbol(symbol) && self.touches() {
                self.bump();
            }
            let span = start.to(self.last);
            let keyword = keyword.keyword();
            let error = Diagnostic::error("unknown-operator", span, format!("conditions are joined with `{keyword}`"));
            self.report(error.help(format!("write `{keyword}`")).fix(span, keyword));
        } else {
            self.bump();
        }
        true
    }

    fn negation(&mut self) -> Option<Expr<'s>> {
        let start = self.token.span;
        if !matches!(self.kind(), K::Not | K::LeftParen) {
            return self.comparison();
        }
        if self.depth >= limits::NESTING {
            self.too_deep(start);
            return None;
        }
        self.depth += 1;
        let result = if self.at(K::Not) {
            self.open(K::NotCondition);
            self.bump();
            let inner = self.negation();
            inner.map(|inner| Expr::Not(Box::new(inner), start.to(self.last)))
        } else {
            self.open(K::Group);
            self.bump();
            let inner = self.condition();
            if !self.lost && !self.eat(K::RightParen) {
                let before = self.source.get(..start.start as usize).unwrap_or_default();
                let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
                self.expected_with("`)`", format!("the `(` in line {line} is still open"));
            }
            inner
        };
        self.sink.close();
        self.depth -= 1;
        result
    }

    fn comparison(&mut self) -> Option<Expr<'s>> {
        self.open(K::Condition);
        let result = self.comparison_parts();
        self.sink.close();
        result
    }

    fn comparison_parts(&mut self) -> Option<Expr<'s>> {
        let left = self.path()?;
        let span = self.token.span;
        let operator = match self.kind() {
            K::Equal => Operator::Equal,
            K::NotEqual => Operator::NotEqual,
            K::Less => Operator::Less,
            K::LessOrEqual => Operator::LessOrEqual,
            K::Greater => Operator::Greater,
            K::GreaterOrEqual => Operator::GreaterOrEqual,
            K::Is => {
                self.bump();
                let not = self.eat(K::Not);
                let operator = if not { Operator::NotEqual } else { Operator::Equal };
                let operator = Spanned { value: operator, span: span.to(self.last) };
                return Some(Expr::Compare { left, operator, right: self.operand()? });
            }
            K::Not if self.ahead() == [K::Equal] => {
                self.bump();
                self.unknown_operator(span.to(self.token.span), "!=");
                Operator::NotEqual
            }
            K::Not => {
                self.bump();
                return self.word_operator(left, Some(span));
            }
            K::Word => match self.other_operator() {
                Some(operator) => operator,
                None if self.lost => return None,
                None => return Some(Expr::Holds(left)),
            },
            K::In | K::Between | K::Contains | K::Exists => return self.word_operator(left, None),
            _ => return Some(Expr::Holds(left)),
        };
        self.bump();
        let operator = self.swapped(operator, span);
        Some(Expr::Compare { left, operator: Spanned { value: operator, span }, right: self.operand()? })
    }

    fn unknown_operator(&mut self, span: Span, meant: &str) {
        let message = format!("no operator is written `{}`", span.text(self.source));
        self.report(
            Diagnostic::error("unknown-operator", span, message).help(format!("write `{meant}`")).fix(span, meant),
        );
    }

    /// After `=`: takes the second half of `=>`, `=<` and `===`.
    fn swapped(&mut self, operator: Operator, start: Span) -> Operator {
        if operator != Operator::Equal || !self.touches() {
            return operator;
        }
        let (meant, written) = match self.kind() {
            K::Greater => (Operator::GreaterOrEqual, ">="),
            K::Less => (Operator::LessOrEqual, "<="),
            K::Equal => (Operator::Equal, "="),
            _ => return operator,
        };
        self.unknown_operator(start.to(self.token.span), written);
        self.bump();
        meant
    }

    /// A word where an operator could stand: what other languages call one is said and read as that one; what is a slip
    /// of one is said. The word stays for the caller to take.
    fn other_operator(&mut self) -> Option<Operator> {
        let word = self.text_here();
        let span = self.token.span;
        let (operator, written) = match word.to_ascii_uppercase().as_str() {
            "EQ" | "EQUALS" | "EQUAL" => (Operator::Equal, "="),
            "NE" | "NEQ" | "ISNT" => (Operator::NotEqual, "!="),
            "GT" => (Operator::Greater, ">"),
            "GE" | "GTE" => (Operator::GreaterOrEqual, ">="),
            "LT" => (Operator::Less, "<"),
            "LE" | "LTE" => (Operator::LessOrEqual, "<="),
            other => {
                let meant = match other {
                    "LIKE" | "MATCHES" | "HAS" | "INCLUDES" | "CONTAINING" => Some("CONTAINS"),
                    _ => {
                        let clauses = [K::Forage, K::Dive, K::Watch].into_iter().flat_map(K::clauses);
                        let words = clauses.chain(K::statements()).map(|kind| kind.keyword());
                        let operators = ["CONTAINS", "EXISTS", "BETWEEN"];
                        suggest::nearest(other, operators.into_iter().chain(words))
                            .filter(|near| operators.contains(near))
                    }
                };
                if let Some(meant) = meant {
                    self.unknown_operator(span, meant);
                    self.lost = true;
                }
                return None;
            }
        };
        self.unknown_operator(span, written);
        Some(operator)
    }

    /// `IN`, `BETWEEN`, `CONTAINS` and `EXISTS`, after a `NOT` at `not`.
    fn word_operator(&mut self, left: Path<'s>, not: Option<Span>) -> Option<Expr<'s>> {
        let start = left.span;
        let positive = match self.kind() {
            K::In => {
                self.bump();
                let values = self.list()?;
                return Some(Expr::In { left, negated: not.is_some(), values, span: start.to(self.last) });
            }
            K::Between => {
                self.bump();
                let low = self.operand()?;
                if !self.eat(K::And) {
                    let error = self.expected_error("`AND`").help("write `BETWEEN low AND high`");
                    self.report(error);
                    self.lost = true;
                    return None;
                }
                Expr::Between { left, low, high: self.operand()? }
            }
            K::Contains => {
                self.bump();
                Expr::Contains { left, right: self.operand()? }
            }
            K::Exists => {
                self.bump();
                Expr::Exists(left)
            }
            _ => {
                let help = "to negate a condition, put NOT before the field";
                let error = self.expected_error("IN, BETWEEN, CONTAINS or EXISTS").help(help);
                self.report(error);
                self.lost = true;
                return None;
            }
        };
        Some(match not {
            Some(_) => Expr::Not(Box::new(positive), start.to(self.last)),
            None => positive,
        })
    }

    fn list(&mut self) -> Option<Vec<Operand<'s>>> {
        if !self.eat(K::LeftParen) {
            let error = self.expected_error("`(`").help("write `IN (a, b)`");
            self.report(error);
            self.lost = true;
            return None;
        }
        if self.at(K::RightParen) {
            self.expected_with("a value", "a list has at least one value");
            return None;
        }
        let mut values = vec![self.operand()?];
        while self.eat(K::Comma) {
            values.push(self.operand()?);
        }
        if !self.eat(K::RightParen) {
            self.expected_with("`,` or `)`", "the values of a list have commas between them");
            return None;
        }
        Some(values)
    }

    fn path(&mut self) -> Option<Path<'s>> {
        match self.kind() {
            K::Text => {
                let text = self.text_here();
                let name = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
                let help = format!("a field is written without quotes, or in backquotes: `` `{name}` ``");
                let error = self.expected_error("a field").help(help);
                self.report(error);
                self.lost = true;
                return None;
            }
            K::Number | K::Measure => {
                let help = self.turned_around().unwrap_or_else(|| "put the field first: `field > 5`".to_owned());
                self.expected_with("a field", help);
                return None;
            }
            // A keyword before an operator can only be meant as a field.
            kind if kind.is_reserved()
                && matches!(self.ahead(), [next] if is_operator(next) || matches!(next, K::Dot | K::Is)) =>
            {
                let span = self.token.span;
                let text = self.text_here();
                let written = format!("`{text}`");
                let error = self.expected_error("a field");
                self.report(
                    error.help(format!("a name that is also a keyword is written `` {written} ``")).fix(span, written),
                );
                self.token.kind = K::Word;
            }
            _ => {}
        }
        self.open(K::Path);
        let first = self.name("a field");
        let path = if first.value.is_empty() { None } else { self.path_rest(first) };
        self.sink.close();
        path
    }

    /// `5 < a` as `a > 5`.
    fn turned_around(&self) -> Option<String> {
        let [operator, field] = self.ahead();
        let turned = match operator {
            K::Equal => "=",
            K::NotEqual => "!=",
            K::Less => ">",
            K::LessOrEqual => ">=",
            K::Greater => "<",
            K::GreaterOrEqual => "<=",
            _ => return None,
        };
        let rest = self.source.get(self.token.span.end as usize..)?;
        let name = rest
            .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .find(|word| !word.is_empty())?;
        (field == K::Word).then(|| format!("put the field first: `{name} {turned} {}`", self.text_here()))
    }

    fn path_rest(&mut self, first: Spanned<&'s str>) -> Option<Path<'s>> {
        let mut text = Cow::Borrowed(first.value);
        let mut span = first.span;
        while self.at(K::Dot) {
            self.bump();
            let part_span = self.token.span;
            // After a dot, even a keyword can only be a name.
            let part = if self.kind().is_keyword() {
                let part = self.text_here();
                self.bump_as(K::Name);
                part
            } else {
                self.name("a field").value
            };
            if part.is_empty() {
                return None;
            }
            span = span.to(part_span);
            // The source has the path as it is, unless there are spaces or backquotes in it.
            let written = span.text(self.source);
            text = if written.len() == text.len() + 1 + part.len() {
                Cow::Borrowed(written)
            } else {
                Cow::Owned(format!("{text}.{part}"))
            };
        }
        Some(Path { text, span })
    }

    fn operand(&mut self) -> Option<Operand<'s>> {
        self.open(K::Value);
        let value = self.operand_parts();
        self.sink.close();
        value
    }

    fn operand_parts(&mut self) -> Option<Operand<'s>> {
        let span = self.token.span;
        let text = self.text_here();
        let value = match self.kind() {
            K::Number
                if text.len() == 4
                    && let Some(date) = self.bare_date() =>
            {
                self.take_date(date);
                return Some(Operand { value: Literal::Text(date.text(self.source).into()), span: date });
            }
            K::Number => {
                let value = self.number_here().value;
                self.apart_unit(text, span)?;
                literal::beyond_doubles(text).map_or(Literal::Number(value), Literal::Integer)
            }
            K::Measure => {
                let (number, unit) = literal::split_measure(text);
                self.bump();
                match literal::unit(unit) {
                    Some(unit) => Literal::Duration(self.checked_duration(number, unit, span)),
                    None => {
                        self.report(bad_unit(number, unit, span));
                        return None;
                    }
                }
            }
            K::Text | K::UnclosedText => Literal::Text(self.text("a value")?.value),
            K::QuotedName => {
                let first = self.name("a field");
                if first.value.is_empty() {
                    return None;
                }
                let path = self.path_rest(first)?;
                return Some(Operand { span: path.span, value: Literal::Field(path) });
            }
            kind if kind.is_bare_name() => self.word_value(text, span)?,
            kind => {
                let mut error = self.expected_error("a value");
                if kind.is_reserved() {
                    error = error.help(format!("a text that is also a keyword is written \"{text}\""));
                } else if matches!(kind, K::LeftParen) {
                    error = error.help("for one of several values, write `IN (a, b)`");
                }
                self.report(error);
                self.lost = true;
                return None;
            }
        };
        Some(Operand { value, span })
    }

    fn word_value(&mut self, text: &'s str, span: Span) -> Option<Literal<'s>> {
        let constant = match text {
            _ if text.eq_ignore_ascii_case("true") => Some(Literal::Bool(true)),
            _ if text.eq_ignore_ascii_case("false") => Some(Literal::Bool(false)),
            _ if text.eq_ignore_ascii_case("null") => Some(Literal::Null),
            _ => None,
        };
        self.bump_as(if constant.is_some() { K::Constant } else { K::Name });
        if self.at(K::Dot) {
            let error = self
                .expected_error("the end of the value")
                .help("a field on the right is written in backquotes, a text with a dot in quotes");
            self.report(Diagnostic { span: span.to(self.token.span), ..error });
            self.lost = true;
            return None;
        }
        Some(constant.unwrap_or(Literal::Word(text)))
    }

    /// `5 days`: a unit that stands apart from its number.
    fn apart_unit(&mut self, number: &str, span: Span) -> Option<()> {
        if !self.at(K::Word) || literal::unit_word(self.text_here()).is_none() {
            return Some(());
        }
        let error = bad_unit(number, self.text_here(), span.to(self.token.span));
        self.report(error);
        self.bump();
        None
    }
}
