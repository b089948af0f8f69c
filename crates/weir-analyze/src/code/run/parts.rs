//! Parts of values, and values that are put together.

use std::rc::Rc;

use super::{Machine, beyond};
use crate::call::Value;
use crate::code::meaning::find;
use crate::code::value::{Text, Val, is_copy};

impl Machine<'_, '_> {
    /// A part of a value.
    pub(in crate::code) fn attr(&mut self, object: &Val, name: &str) -> Val {
        if let Val::Any(values) = object {
            let parts = values
                .0
                .iter()
                .filter(|value| !matches!(value, Val::Null))
                .map(|value| self.attr(value, name))
                .collect();
            return Val::any(parts);
        }
        if let Some(value) = (self.dialect.attribute)(self, object, name) {
            return value;
        }
        match object {
            Val::Lib(lib) if self.dialect.environment.contains(&lib.path.as_str()) => {
                let path = format!("{}.{name}", lib.path);
                if find(self.dialect.library, &path).is_some() || is_copy(name) {
                    Val::lib(path)
                } else {
                    self.variable(name)
                }
            }
            Val::Lib(lib) => Val::lib_about(format!("{}.{name}", lib.path), lib.about.clone()),
            Val::Object(at) => {
                let fields = self.objects.get(*at);
                // An option that the command in use does not have.
                let options = fields.is_some_and(|fields| fields.contains_key(super::OPTIONS));
                let missing = if options { Val::Null } else { Val::Unknown };
                fields.and_then(|fields| fields.get(name)).cloned().unwrap_or(missing)
            }
            Val::Class(class, at) => {
                let own = self.classes.get(*at).and_then(|(_, fields)| fields.get(name)).cloned();
                let method = || class.methods.iter().find(|(method, _)| method == name);
                let of_class = method().is_some_and(|(_, method)| {
                    matches!(method.params.first(), Some((crate::code::tree::Pattern::Or(..), _)))
                        && self.dialect.language == crate::call::Language::Python
                });
                let found = method().map(|(_, method)| Val::Function(Rc::clone(method), self.frame, None));
                let found = found.map(|found| if of_class { Val::partial(found, vec![object.clone()]) } else { found });
                match own.or(found) {
                    Some(value) => value,
                    // Ruby makes objects with a method of the class.
                    None if name == "new" => object.clone(),
                    None => Val::Unknown,
                }
            }
            Val::Dict(_) => object.key(name).unwrap_or_else(|| Val::method(object.clone(), format!("dict.{name}"))),
            Val::Str(_) => Val::method(object.clone(), format!("str.{name}")),
            Val::Path(_) => Val::method(object.clone(), format!("Path.{name}")),
            Val::File(_) => Val::method(object.clone(), format!("file.{name}")),
            Val::Content(_) => Val::method(object.clone(), format!("content.{name}")),
            Val::List(_) | Val::Some(_) => Val::method(object.clone(), format!("list.{name}")),
            Val::Function(..) | Val::Partial(_) => Val::method(object.clone(), format!("function.{name}")),
            Val::Unknown => Val::lib(format!("?.{name}")),
            _ => Val::Unknown,
        }
    }

    /// An item of a value.
    pub(in crate::code) fn index(&mut self, object: &Val, key: &Val) -> Val {
        match (object, key) {
            (Val::Any(values), _) => {
                let parts = values.0.iter().map(|value| self.index(value, key)).collect();
                Val::any(parts)
            }
            (Val::List(list), Val::Num(at)) => {
                let at = if *at < 0 {
                    list.0.len().checked_sub(at.unsigned_abs() as usize)
                } else {
                    usize::try_from(*at).ok()
                };
                at.and_then(|at| list.0.get(at)).cloned().unwrap_or_else(|| beyond(&list.0))
            }
            (Val::List(_) | Val::Some(_), _) => object.items(),
            (Val::Dict(dict), key) => match key.text("").text() {
                Some(key) => object.key(key).unwrap_or(Val::Unknown),
                None => Val::any(dict.0.iter().map(|pair| pair.1.clone()).collect()),
            },
            (Val::Lib(lib), key) if self.dialect.environment.contains(&lib.path.as_str()) => {
                key.text("").text().map_or(Val::Unknown, |name| self.variable(name))
            }
            (Val::Lib(lib), Val::Str(text)) if matches!(lib.path.as_str(), "globals()" | "locals()" | "vars()") => {
                text.text().map_or(Val::Unknown, |name| self.name(name))
            }
            // `fs["rm" + "Sync"]`.
            (Val::Lib(lib), Val::Str(text)) => match text.text() {
                Some(name) => self.attr(object, name),
                None => Val::lib_about(format!("{}[]", lib.path), lib.about.clone()),
            },
            // `rm["-rf", x]` of a library in which commands are taken as words.
            (Val::Lib(lib), Val::List(items)) if lib.path.starts_with("plumbum.") => {
                Val::partial(object.clone(), items.0.clone())
            }
            (Val::Lib(lib), _) => Val::lib_about(format!("{}[]", lib.path), lib.about.clone()),
            (Val::Object(_), Val::Str(text)) => match text.text() {
                Some(name) => self.attr(object, name),
                None => Val::Unknown,
            },
            _ => Val::Unknown,
        }
    }

    /// A variable of the environment.
    pub(in crate::code) fn variable(&self, name: &str) -> Val {
        let set = self.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        match set.or_else(|| self.call.variable(name)) {
            Some(Value::Known(text)) => Val::str(text),
            Some(Value::OneOf(texts)) => Val::any(texts.into_iter().map(Val::str).collect()),
            Some(Value::Prefix(start)) => {
                let mut text = Text::known(start);
                text.push(Text::hole(name));
                Val::Str(text)
            }
            Some(Value::Unknown) => Val::Unknown,
            // Not set here, but the program may run where it is.
            None => Val::Unknown,
        }
    }

    /// The program's own arguments, its name first.
    pub(in crate::code) fn arguments(&self) -> Vec<Val> {
        self.call
            .argv
            .iter()
            .map(|arg| match &arg.value {
                Value::Known(text) => Val::str(text.clone()),
                Value::OneOf(texts) => Val::any(texts.iter().cloned().map(Val::str).collect()),
                Value::Prefix(start) => {
                    let mut text = Text::known(start.clone());
                    text.push(Text::hole(&arg.source));
                    Val::Str(text)
                }
                Value::Unknown => Val::Str(Text::hole(&arg.source)),
            })
            .collect()
    }

    /// A list that may begin with a path and goes on with more parts.
    pub(in crate::code) fn join(&self, values: &[(Val, String)], absolute_wins: bool) -> Text {
        let mut out = Text::default();
        for (value, source) in values {
            let part = match value {
                Val::Null => continue,
                Val::Any(_) => match value.word() {
                    Value::OneOf(_) | Value::Unknown => Text::hole(source),
                    _ => value.text(source),
                },
                value => value.text(source),
            };
            if part.text() == Some("") {
                continue;
            }
            if absolute_wins && part.start().starts_with('/') || out.pieces.is_empty() {
                out = part;
                continue;
            }
            let slash = out.text().is_some_and(|text| text.ends_with('/'))
                || matches!(out.pieces.last(), Some(crate::code::value::Piece::Known(text)) if text.ends_with('/'));
            if !slash && !part.start().starts_with('/') {
                out.push(Text::known("/"));
            }
            out.push(part);
        }
        out
    }

    /// Every combination of `values`, where some are one of several.
    pub(in crate::code) fn combine(values: &[(Val, String)], make: impl Fn(&[(Val, String)]) -> Val) -> Val {
        let mut lists: Vec<Vec<(Val, String)>> = vec![Vec::new()];
        for (value, source) in values {
            let mut each = value.each();
            if each.len() * lists.len() > 64 {
                each = vec![Val::Unknown];
            }
            lists = lists
                .iter()
                .flat_map(|list| {
                    each.iter().map(move |value| {
                        let mut list = list.clone();
                        list.push((value.clone(), source.clone()));
                        list
                    })
                })
                .collect();
        }
        Val::any(lists.iter().map(|list| make(list)).collect())
    }
}
