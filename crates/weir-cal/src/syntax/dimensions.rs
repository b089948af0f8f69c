//! The dimensions of `ACROSS` and `CASCADE`.

use super::{
    errors::dimension,
    kind::SyntaxKind as K,
    parser::{Parser, Sink},
};
use crate::{
    ast::{Across, Cascade, Dimension, DimensionRef, Spanned},
    diagnostic::Diagnostic,
    span::Span,
};

impl<S: Sink> Parser<'_, S> {
    pub(super) fn across(&mut self) -> Option<Across> {
        self.bump();
        let mut dimensions = Vec::new();
        loop {
            let span = self.token.span;
            if self.at(K::All) {
                self.bump();
                dimensions.push(Spanned { value: DimensionRef::All, span });
            } else {
                let one = self.dimension()?;
                dimensions.push(Spanned { value: DimensionRef::One(one.value), span });
            }
            let after = self.token.span;
            if self.at_dimension() || self.at(K::And) && self.ahead() == [K::Word] || self.at(K::Plus) {
                let is_word = self.at(K::Word);
                let span = if is_word { Span { start: self.last.end, end: self.last.end } } else { after };
                let error = Diagnostic::error("missing-comma", after, "dimensions have commas between them");
                self.report(error.help("write `D1, D2`").fix(span, ","));
                if !is_word {
                    self.bump();
                }
            } else if !self.eat(K::Comma) {
                return Some(Across { dimensions });
            }
        }
    }

    fn at_dimension(&self) -> bool {
        self.at(K::Word) && dimension(self.text_here()).is_some()
    }

    fn dimension(&mut self) -> Option<Spanned<Dimension>> {
        let span = self.token.span;
        let text = self.text_here();
        let digit = format!("D{text}");
        let one = match self.kind() {
            K::Word => dimension(text),
            K::Number => dimension(&digit),
            _ => None,
        };
        if let Some(value) = one {
            if !text.eq_ignore_ascii_case(value.id()) {
                let id = value.id();
                let error = self.expected_error("a dimension");
                self.report(error.help(format!("write `{id}`, which is {}", value.name())).fix(span, id));
            }
            self.bump_as(K::DimensionId);
            return Some(Spanned { value, span });
        }
        self.expected_with("a dimension", "dimensions are D1 to D6; ACROSS also takes ALL");
        None
    }

    /// `CASCADE D5 -> D6 + D2 -> D1`, or with the origin repeated: `D5 -> D6, D2 -> D1`.
    pub(super) fn cascade(&mut self) -> Option<Cascade> {
        let start = self.token.span;
        self.bump();
        let mut steps = Vec::new();
        loop {
            let mut step = vec![self.dimension()?];
            // Within a step, `+` and `,` mean the same.
            while self.eat(K::Plus) || self.eat(K::Comma) {
                step.push(self.dimension()?);
            }
            steps.push(step);
            if !self.eat_arrow() {
                break;
            }
        }
        Some(Cascade { span: start.to(self.last), steps })
    }

    /// `->`, or what looks like it.
    fn eat_arrow(&mut self) -> bool {
        let start = self.token.span;
        let is_slip = self.at(K::Greater) || self.at(K::Equal) && self.ahead() == [K::Greater] || self.at_symbol("-");
        if !is_slip {
            return self.eat(K::Arrow);
        }
        if !self.at(K::Greater) {
            self.bump();
        }
        if self.at(K::Greater) {
            self.bump();
        }
        let span = start.to(self.last);
        let error = Diagnostic::error("unknown-operator", span, "the steps of a cascade are joined with `->`");
        self.report(error.help("write `->`").fix(span, "->"));
        true
    }
}
