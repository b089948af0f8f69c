//! The fields of a condition: that they exist, and that they can be compared with what they are compared with.

use indexmap::IndexSet;

use super::{
    Checker,
    data::{Holds, holds},
};
use crate::{
    ast::{Expr, Literal, Operand, Operator, Path},
    diagnostic::{Diagnostic, Severity},
    near::near,
    source::Schema,
    value::{Type, instant},
};

impl<'s> Checker<'_, 's> {
    /// Looks at each comparison of a condition over `collection`.
    pub(super) fn types(&mut self, collection: &str, expr: &Expr<'s>) {
        let Some(Some(schema)) = self.schemas.get(collection) else { return };
        let schema = schema.clone();
        self.walk(&Place { collection, schema: &schema }, expr);
    }

    fn walk(&mut self, place: &Place<'_>, expr: &Expr<'s>) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| self.walk(place, part)),
            Expr::Not(inner, _) => self.walk(place, inner),
            Expr::Compare { left, operator, right } => self.compare(place, left, operator.value, right),
            Expr::In { left, values, .. } => {
                values.iter().for_each(|value| self.compare(place, left, Operator::Equal, value));
            }
            Expr::Between { left, low, high } => {
                self.compare(place, left, Operator::GreaterOrEqual, low);
                self.compare(place, left, Operator::LessOrEqual, high);
            }
            Expr::Contains { left, right } => {
                let list = |kind: &Type| *kind == Type::Tree;
                let text = match &right.value {
                    Literal::Text(_) | Literal::Word(_) => true,
                    Literal::Field(part) => {
                        self.field(place, part).is_none_or(|types| types.is_empty() || types.contains(&Type::Text))
                    }
                    Literal::Null | Literal::Duration(_) => {
                        let found = Diagnostic::warning("never-true", right.span, "nothing contains this");
                        self.report(found.help("CONTAINS looks for a text, a number or a truth value"));
                        false
                    }
                    _ => false,
                };
                let fits = move |kind: &Type| list(kind) || (text && *kind == Type::Text);
                self.fits(place, left, fits, "CONTAINS", "looks into lists, and for texts into texts", None);
            }
            Expr::Exists(path) => {
                self.field(place, path);
            }
            Expr::Holds(path) => {
                let fits = |kind: &Type| *kind == Type::Bool;
                let help = format!("a field alone holds where it is `true`; compare it: `{} > 0`", path.text);
                self.fits(place, path, fits, "alone is no condition", "", Some(help));
            }
        }
    }

    /// The types of a field; `None` where nothing can be said of them.
    fn field(&mut self, place: &Place<'_>, path: &Path<'s>) -> Option<Vec<Type>> {
        match holds(place.schema, &path.text) {
            Holds::Types(types) => Some(types),
            Holds::Open => None,
            Holds::Nothing => {
                let message = format!("no field `{}` in `{}`", path.text, place.collection);
                let near = near(&path.text, place.schema.fields.iter().map(|field| field.path.as_str()));
                let found = Diagnostic::new(place.severity(), "unknown-field", path.span, message);
                let found = if place.schema.complete { found } else { found.label("is in none of the first entities") };
                self.report(self.meant_name(found, &near));
                None
            }
        }
    }

    /// Says so where a field has no type that `fits`, or one that does not.
    fn fits(
        &mut self,
        place: &Place<'_>,
        path: &Path<'s>,
        fits: impl Fn(&Type) -> bool,
        with: &str,
        why: &str,
        help: Option<String>,
    ) {
        let Some(types) = self.field(place, path) else { return };
        if types.iter().all(&fits) {
            return;
        }
        let some = types.iter().any(&fits);
        let wrong: IndexSet<&str> = types.iter().filter(|kind| !fits(kind)).map(|kind| kind.words()).collect();
        let wrong: Vec<&str> = wrong.into_iter().collect();
        let sometimes = if some { " in some entities" } else { "" };
        let message = format!("`{}` of `{}` is {}{sometimes}: {with}", path.text, place.collection, wrong.join(" or "));
        let severity = if some { Severity::Warning } else { place.severity() };
        let found = Diagnostic::new(severity, "type-mismatch", path.span, message).label(why);
        self.report(match help {
            Some(help) => found.help(help),
            None => found,
        });
    }

    fn compare(&mut self, place: &Place<'_>, left: &Path<'s>, operator: Operator, right: &Operand<'s>) {
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let numeric = |kind: &Type| matches!(kind, Type::Integer | Type::Number);
        match &right.value {
            Literal::Null if equality => {
                self.field(place, left);
            }
            Literal::Null => {
                self.field(place, left);
                let found = Diagnostic::warning("never-true", right.span, "nothing is less or more than `null`");
                self.report(found.help(format!("`{} IS null` asks whether it is missing", left.text)));
            }
            Literal::Bool(value) if !equality => {
                self.field(place, left);
                let message = format!("`{value}` is neither less nor more than anything");
                let found = Diagnostic::new(place.severity(), "type-mismatch", right.span, message);
                self.report(found.help("truth values are equal or not: use `=` or `!=`"));
            }
            Literal::Bool(value) => {
                let with = format!("it cannot be compared with `{value}`");
                self.fits(place, left, |kind| *kind == Type::Bool, &with, "", None);
            }
            Literal::Number(_) | Literal::Integer(_) => {
                let with = format!("it cannot be compared with the number {}", right.span.text(self.text));
                self.fits(place, left, numeric, &with, "", None);
            }
            Literal::Text(text) => self.text(place, left, operator, text, false),
            Literal::Word(word) => self.text(place, left, operator, word, true),
            Literal::Duration(_) => {
                let dated = |kind: &Type| matches!(kind, Type::Time | Type::Text) || numeric(kind);
                self.fits(place, left, dated, "it has no age", "an age is of a date, or a number of days", None);
                if holds(place.schema, &left.text) == Holds::Types(vec![Type::Text])
                    && let Some(text) = self.no_time(place.collection, &left.text)
                {
                    let text: String = text.chars().take(40).collect();
                    let message = format!("`{}` of `{}` has no age: `{text}` is no date", left.text, place.collection);
                    let found = Diagnostic::new(place.severity(), "type-mismatch", left.span, message);
                    self.report(found.label("an age is of a date, or a number of days"));
                }
            }
            Literal::Field(path) => self.fields(place, left, operator, path),
        }
    }

    fn text(&mut self, place: &Place<'_>, left: &Path<'s>, operator: Operator, text: &str, bare: bool) {
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let is_time = instant(text).is_some();
        let help = match holds(place.schema, &left.text) {
            Holds::Types(types) if types == [Type::Bool] && ["true", "false"].contains(&text) => {
                Some(format!("write `{text}` without quotes"))
            }
            Holds::Types(types) if types == [Type::Time] => Some("write a date: `\"2026-03-31\"`".to_owned()),
            _ if bare && matches!(holds(place.schema, text), Holds::Types(_)) => {
                Some(format!("a bare word is a text; the field is written `` `{text}` ``"))
            }
            Holds::Types(types)
                if text.parse::<f64>().is_ok()
                    && types.iter().all(|kind| matches!(kind, Type::Integer | Type::Number)) =>
            {
                Some(format!("write `{text}` without quotes"))
            }
            _ => None,
        };
        let with = format!("it cannot be compared with the text {text:?}");
        let fits = |kind: &Type| *kind == Type::Text || (*kind == Type::Time && is_time);
        self.fits(place, left, fits, &with, "", help);
        if bare && !equality && matches!(holds(place.schema, text), Holds::Types(_)) {
            let message = format!("`{text}` is a text here, though `{}` has a field of that name", place.collection);
            let found = Diagnostic::warning("bare-word", left.span, message);
            self.report(found.help(format!("the field is written `` `{text}` ``")));
        }
    }

    fn fields(&mut self, place: &Place<'_>, left: &Path<'s>, operator: Operator, right: &Path<'s>) {
        let (Some(one), Some(other)) = (self.field(place, left), self.field(place, right)) else { return };
        let group = |kind: &Type| match kind {
            Type::Integer | Type::Number => Some(Type::Number),
            Type::Bool if !matches!(operator, Operator::Equal | Operator::NotEqual) => None,
            Type::Tree => None,
            kind => Some(*kind),
        };
        let meets = |kind: &Type| group(kind).is_some() && other.iter().any(|other| group(other) == group(kind));
        if one.is_empty() || other.is_empty() || one.iter().any(meets) {
            return;
        }
        let list = |types: &[Type]| types.iter().map(|kind| kind.words()).collect::<Vec<_>>().join(" or ");
        let message =
            format!("`{}` is {} and `{}` {}: they cannot be compared", left.text, list(&one), right.text, list(&other));
        self.report(Diagnostic::new(place.severity(), "type-mismatch", left.span.to(right.span), message));
    }
}

/// What a condition is over.
struct Place<'p> {
    collection: &'p str,
    schema: &'p Schema,
}

impl Place<'_> {
    /// What was read from the first entities only may be otherwise in the others.
    fn severity(&self) -> Severity {
        if self.schema.complete { Severity::Error } else { Severity::Warning }
    }
}
