//! What expressions give.

use std::rc::Rc;

use super::Machine;
use crate::code::tree::Expr;
use crate::code::value::{Text, Val};

/// The key of what is spread into a dictionary and is not known.
pub(in crate::code) const REST: &str = "...";

impl Machine<'_, '_> {
    /// What an expression gives.
    pub(in crate::code) fn expr(&mut self, expr: &Expr) -> Val {
        if !self.step() {
            return Val::Unknown;
        }
        self.depth += 1;
        let value = self.expr_inner(expr);
        self.depth -= 1;
        value
    }

    pub(in crate::code) fn expr_inner(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::Str(text) => Val::str(text.clone()),
            Expr::Num(number) => Val::Num(*number),
            Expr::Bool(truth) => Val::Bool(*truth),
            Expr::Null => Val::Null,
            Expr::Name(name) => self.name(name),
            Expr::Concat(parts) => {
                let mut value = Val::str("");
                for (part, source) in parts {
                    let part = self.expr(part);
                    value = join_texts(&value, &part, source);
                }
                value
            }
            Expr::Add(parts) => {
                let mut sum: Option<Val> = None;
                for (part, source) in parts {
                    let part = self.expr(part);
                    sum = Some(match sum {
                        None => part,
                        Some(sum) => add(&sum, &part, source),
                    });
                }
                sum.unwrap_or(Val::Unknown)
            }
            Expr::Div(a, b, source) => {
                let (a, b) = (self.expr(a), self.expr(b));
                self.divide(&a, &b, source)
            }
            Expr::Percent(a, b, source) => {
                let (a, b) = (self.expr(a), self.expr(b));
                percent(&a, &b, source)
            }
            Expr::Attr(object, name) => {
                let object = self.expr(object);
                self.attr(&object, name)
            }
            Expr::Index(object, key) => {
                let (object, key) = (self.expr(object), self.expr(key));
                self.index(&object, &key)
            }
            Expr::From(list, at) => match self.expr(list) {
                Val::List(list) => Val::list(list.0.iter().skip(*at).cloned().collect()),
                Val::Some(item) => Val::Some(item),
                _ => Val::Unknown,
            },
            Expr::List(items) => {
                let mut out = Vec::new();
                for (item, spread) in items {
                    let value = self.expr(item);
                    match value {
                        Val::List(list) if *spread => out.extend(list.0.iter().cloned()),
                        value if *spread => out.push(Val::some(value.items())),
                        value => out.push(value),
                    }
                }
                Val::list(out)
            }
            Expr::Dict(pairs) => {
                let mut out = Vec::new();
                for (key, value) in pairs {
                    let spread = matches!(key, Expr::Null);
                    let (key, value) = (self.expr(key), self.expr(value));
                    if spread {
                        match value {
                            Val::Dict(more) => out.extend(more.0.iter().cloned()),
                            // It may say anything; the key stands for that.
                            value => out.push((REST.to_owned(), value)),
                        }
                    } else if let Some(key) = key.text("").text() {
                        out.push((key.to_owned(), value));
                    }
                }
                Val::dict(out)
            }
            Expr::Either(parts) => {
                let mut values: Vec<Val> = Vec::new();
                for part in parts {
                    // `x || exit()` ends the program only where there is no `x`.
                    let ended = self.stopped;
                    let missing = values.iter().all(|value| matches!(value, Val::Null));
                    values.push(self.expr(part));
                    self.stopped = if missing { self.stopped } else { ended };
                }
                // `x or "default"`: what is surely true ends it; what is surely false is not it.
                let mut kept: Vec<Val> = values.iter().filter(|value| !matches!(value, Val::Null)).cloned().collect();
                if kept.is_empty() {
                    kept = values;
                }
                Val::any(kept)
            }
            Expr::Narrowed(value, patterns) => self.expr(value).narrowed(patterns),
            Expr::Function(function) => Val::Function(Rc::clone(function), self.frame, None),
            Expr::Each(clauses, body) => {
                let mut single = None;
                for (pattern, over) in clauses {
                    let over = self.expr(over);
                    if let (Val::List(list), 1) = (&over, clauses.len()) {
                        single = Some((pattern, list.0.clone()));
                    }
                    self.bind(pattern, over.items());
                }
                // A list that is known stays one, in its order.
                if let Some((pattern, items)) = single.filter(|(_, items)| items.len() <= 32) {
                    let mut out = Vec::new();
                    for item in items {
                        let conditional = std::mem::take(&mut self.conditional);
                        self.bind(pattern, item);
                        self.conditional = conditional;
                        out.push(self.expr(body));
                    }
                    return Val::list(out);
                }
                Val::some(self.expr(body))
            }
            Expr::Assign(pattern, value) => {
                let value = self.expr(value);
                self.bind(pattern, value.clone());
                value
            }
            Expr::Many(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let ended = self.stopped;
                    self.expr(part);
                    // `x && exit()` may not end the program.
                    self.stopped = if at > 0 { ended } else { self.stopped };
                }
                Val::Unknown
            }
            Expr::Shell(text) => {
                let text = self.expr(text);
                self.shell(&text, "", None, "`...`");
                Val::Unknown
            }
            Expr::Call(call) => self.call_expr(call),
        }
    }

    pub(in crate::code) fn divide(&mut self, a: &Val, b: &Val, source: &str) -> Val {
        if !a.each().iter().chain(b.each().iter()).any(|value| matches!(value, Val::Path(_))) {
            // `base / name` with a base that is not known is a path that is not known.
            return Val::Unknown;
        }
        Self::combine(&[(a.clone(), source.to_owned()), (b.clone(), source.to_owned())], |parts| {
            Val::Path(self.join(parts, true))
        })
    }
}

fn join_texts(a: &Val, b: &Val, source: &str) -> Val {
    Machine::combine(&[(a.clone(), source.to_owned()), (b.clone(), source.to_owned())], |parts| {
        let mut out = Text::default();
        for (value, source) in parts {
            out.push(value.text(source));
        }
        Val::Str(out)
    })
}

/// `a + b`.
pub(super) fn add(a: &Val, b: &Val, source: &str) -> Val {
    match (a, b) {
        (Val::Num(a), Val::Num(b)) => Val::Num(a.saturating_add(*b)),
        (Val::List(a), Val::List(b)) => Val::list(a.0.iter().chain(&b.0).cloned().collect()),
        (Val::List(a), b) => {
            let mut items = a.0.clone();
            items.push(Val::some(b.items()));
            Val::list(items)
        }
        (Val::Unknown | Val::Lib(_), Val::List(b)) => {
            let mut items = vec![Val::Unknown];
            items.extend(b.0.iter().cloned());
            Val::list(items)
        }
        (Val::Num(_) | Val::Unknown | Val::Lib(_), Val::Num(_) | Val::Unknown | Val::Lib(_)) => Val::Unknown,
        (Val::Null, other) | (other, Val::Null) => other.clone(),
        _ => join_texts(a, b, source),
    }
}

/// `"%s/%s" % (a, b)`.
fn percent(format: &Val, values: &Val, source: &str) -> Val {
    let Some(text) = (match format {
        Val::Str(text) => text.text().map(str::to_owned),
        _ => None,
    }) else {
        return if matches!(format, Val::Str(_)) { Val::Str(Text::hole(source)) } else { Val::Unknown };
    };
    let values: Vec<Val> = match values {
        Val::List(list) => list.0.clone(),
        other => vec![other.clone()],
    };
    let mut parts: Vec<(Val, String)> = Vec::new();
    let mut values = values.into_iter();
    let mut plain = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            plain.push(letter);
            continue;
        }
        if letters.peek() == Some(&'%') {
            letters.next();
            plain.push('%');
            continue;
        }
        for letter in letters.by_ref() {
            if letter.is_ascii_alphabetic() {
                break;
            }
        }
        parts.push((Val::str(std::mem::take(&mut plain)), String::new()));
        parts.push((values.next().unwrap_or(Val::Unknown), source.to_owned()));
    }
    parts.push((Val::str(plain), String::new()));
    Machine::combine(&parts, |parts| {
        let mut out = Text::default();
        for (value, source) in parts {
            out.push(value.text(source));
        }
        Val::Str(out)
    })
}
