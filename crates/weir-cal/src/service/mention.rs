//! The names in a script and what each stands for.

use std::borrow::Cow;

use crate::{
    ast::{
        Across, Cascade, Dimension, DimensionRef, Expr, Literal, Name, Operand, Path, Script, Statement, StatementKind,
    },
    span::Span,
};

/// A name where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mention<'s> {
    pub(super) name: Cow<'s, str>,
    pub(super) span: Span,
    pub(super) role: Role<'s>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role<'s> {
    Collection,
    /// A field of a collection, where it is known of which.
    Field(Option<&'s str>),
    /// A result that is made here, by a statement with this keyword.
    Defines(&'static str),
    /// A result that was made before.
    Refers,
    /// A dimension, in a statement that makes this result.
    Dimension(Dimension, Option<&'s str>),
}

/// A result of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defined {
    /// Its name.
    pub name: String,
    /// The keyword of the statement that makes it.
    pub by: &'static str,
    /// Where it is named; the collection where a default name is used.
    pub span: Span,
}

/// The results that a script makes, in its order.
#[must_use]
pub fn defined(script: &Script<'_>) -> Vec<Defined> {
    let mentions = mentions(script);
    let found = mentions.into_iter().filter_map(|mention| match mention.role {
        Role::Defines(by) => Some(Defined { name: mention.name.into_owned(), by, span: mention.span }),
        _ => None,
    });
    found.collect()
}

/// The name at `offset`, or that ends there. Where two touch, the one that begins.
pub(super) fn at<'m, 's>(mentions: &'m [Mention<'s>], offset: usize) -> Option<&'m Mention<'s>> {
    let covers = |mention: &&Mention<'_>| (mention.span.start as usize..=mention.span.end as usize).contains(&offset);
    let is_weak = |mention: &&Mention<'_>| mention.span.end as usize == offset;
    mentions.iter().filter(covers).min_by_key(|mention| (is_weak(mention), !matches!(mention.role, Role::Refers)))
}

/// Where the result `name` was made, as seen from `before`.
pub(super) fn origin<'m, 's>(mentions: &'m [Mention<'s>], name: &str, before: u32) -> Option<&'m Mention<'s>> {
    let makes = |mention: &&Mention<'_>| matches!(mention.role, Role::Defines(_)) && mention.name == name;
    let earlier = mentions.iter().rfind(|mention| makes(mention) && mention.span.start < before);
    earlier.or_else(|| mentions.iter().find(makes))
}

/// All names of a script, in its order but for those of nested statements, which come after.
pub(super) fn mentions<'s>(script: &Script<'s>) -> Vec<Mention<'s>> {
    let mut found = Found(Vec::new());
    for statement in &script.statements {
        found.statement(statement);
    }
    found.0
}

struct Found<'s>(Vec<Mention<'s>>);

impl<'s> Found<'s> {
    fn add(&mut self, name: impl Into<Cow<'s, str>>, span: Span, role: Role<'s>) {
        // Where a name is missing, the parser puts an empty one.
        if span.end > span.start {
            self.0.push(Mention { name: name.into(), span, role });
        }
    }

    fn name(&mut self, name: Name<'s>, role: Role<'s>) {
        self.add(name.value, name.span, role);
    }

    /// A result by its name, or by the name that it has where the script gives none.
    fn result(&mut self, name: Option<Name<'s>>, default: &'static str, at: Span, by: &'static str) {
        match name {
            Some(name) => self.name(name, Role::Defines(by)),
            None => self.add(default, at, Role::Defines(by)),
        }
    }

    fn statement(&mut self, statement: &Statement<'s>) {
        match &statement.kind {
            StatementKind::Forage(forage) => {
                let collection = forage.target.value;
                self.name(forage.target, Role::Collection);
                self.condition(forage.filter.as_ref(), Some(collection));
                let result = forage.surface.map_or("results", |name| name.value);
                self.dimensions(forage.across.as_ref(), forage.cascade.as_ref(), Some(result));
                self.result(forage.surface, "results", forage.target.span, "FORAGE");
            }
            StatementKind::Dive(dive) => {
                self.name(dive.target, Role::Collection);
                self.condition(dive.filter.as_ref(), Some(dive.target.value));
                dive.trace.into_iter().for_each(|name| self.name(name, Role::Refers));
                let result = dive.emit.map_or("report", |name| name.value);
                self.dimensions(dive.across.as_ref(), dive.cascade.as_ref(), Some(result));
                self.result(dive.emit, "report", dive.target.span, "DIVE");
            }
            StatementKind::Drift(drift) => {
                self.name(drift.target, Role::Refers);
                self.add(format!("{}_drift", drift.target.value), drift.target.span, Role::Defines("DRIFT"));
            }
            StatementKind::Fetch(fetch) => {
                self.name(fetch.target, Role::Refers);
                self.add(format!("{}_fetch", fetch.target.value), fetch.target.span, Role::Defines("FETCH"));
                for action in &fetch.actions {
                    self.statement(&action.action);
                }
            }
            StatementKind::Trace(trace) => {
                trace.from.into_iter().for_each(|name| self.name(name, Role::Refers));
                self.dimensions(None, trace.cascade.as_ref(), trace.from.map(|name| name.value));
                self.name(trace.target, Role::Defines("TRACE"));
            }
            StatementKind::Watch(watch) => {
                watch.collection.into_iter().for_each(|name| self.name(name, Role::Collection));
                self.condition(Some(&watch.condition), watch.collection.map(|name| name.value));
                self.name(watch.target, Role::Defines("WATCH"));
            }
            StatementKind::Recall(recall) => {
                recall.watches.iter().for_each(|watch| self.name(watch.trigger, Role::Refers));
                self.add(format!("{}_recall", recall.target.value), recall.target.span, Role::Defines("RECALL"));
            }
            StatementKind::Surface(surface) => self.name(surface.output, Role::Refers),
            StatementKind::Wake(wake) => wake.then.iter().for_each(|then| self.statement(then)),
            StatementKind::Perch(_) | StatementKind::Listen(_) | StatementKind::Chirp(_) => {}
        }
    }

    fn dimensions(&mut self, across: Option<&Across>, cascade: Option<&Cascade>, result: Option<&'s str>) {
        let across = across.into_iter().flat_map(|across| &across.dimensions);
        let across = across.filter_map(|entry| match entry.value {
            DimensionRef::One(dimension) => Some((dimension, entry.span)),
            DimensionRef::All => None,
        });
        let steps = cascade.into_iter().flat_map(|cascade| cascade.steps.iter().flatten());
        for (dimension, span) in across.chain(steps.map(|entry| (entry.value, entry.span))) {
            self.add(dimension.id(), span, Role::Dimension(dimension, result));
        }
    }

    fn condition(&mut self, condition: Option<&Expr<'s>>, collection: Option<&'s str>) {
        let Some(condition) = condition else { return };
        match condition {
            Expr::And(parts) | Expr::Or(parts) => {
                parts.iter().for_each(|part| self.condition(Some(part), collection));
            }
            Expr::Not(inner, _) => self.condition(Some(inner), collection),
            Expr::Compare { left, right, .. } | Expr::Contains { left, right } => {
                self.path(left, collection);
                self.operand(right, collection);
            }
            Expr::In { left, values, .. } => {
                self.path(left, collection);
                values.iter().for_each(|value| self.operand(value, collection));
            }
            Expr::Between { left, low, high } => {
                self.path(left, collection);
                self.operand(low, collection);
                self.operand(high, collection);
            }
            Expr::Exists(path) | Expr::Holds(path) => self.path(path, collection),
        }
    }

    fn operand(&mut self, operand: &Operand<'s>, collection: Option<&'s str>) {
        if let Literal::Field(path) = &operand.value {
            self.path(path, collection);
        }
    }

    fn path(&mut self, path: &Path<'s>, collection: Option<&'s str>) {
        self.add(path.text.clone(), path.span, Role::Field(collection));
    }
}
