//! What can be said about a script before it runs: names, types, ranges, dates, branches that nothing reaches.
//!
//! An error is what the run would fail at; a warning is what runs, and probably not as meant.

mod condition;
mod data;
mod names;
mod never;
mod reach;
#[cfg(test)]
mod tests;
mod values;

use std::cell::OnceCell;

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;

use crate::{
    ast::{Expr, Name, Script, Statement, StatementKind},
    diagnostic::{Diagnostic, Severity},
    edition::Edition,
    limits,
    source::{Schema, Source},
    syntax,
};

/// Looks for mistakes in a script that was read without errors. `text` is the source that it was read from; with
/// `source` the collections and the fields are looked up too. In the first edition nothing is an error, because its
/// runtime checks nothing.
#[must_use]
pub fn check(script: &Script<'_>, text: &str, source: Option<&dyn Source>, now: Timestamp) -> Vec<Diagnostic> {
    let mut checker = Checker {
        text,
        // The first edition compares as JavaScript does: what a field is called and holds is for the run to say.
        source: source.filter(|_| script.edition == Edition::Two),
        now,
        found: Vec::new(),
        results: names::Results::default(),
        drifts: IndexMap::new(),
        schemas: IndexMap::new(),
        files: IndexSet::new(),
        watches: IndexSet::new(),
        line_ends: OnceCell::new(),
        nearest: None,
        when: names::When::Always,
    };
    for statement in &script.statements {
        checker.statement(statement);
    }
    checker.unused();
    let mut found = checker.found;
    if script.edition == Edition::Compat {
        for one in &mut found {
            one.severity = one.severity.max(Severity::Warning);
        }
    }
    found.sort_by_key(|one| (one.span.start, one.severity));
    // Where there are too many, errors are what must be seen.
    if found.len() > limits::DIAGNOSTICS && found.iter().any(|one| one.severity == Severity::Error) {
        found.sort_by_key(|one| one.severity);
        found.truncate(limits::DIAGNOSTICS);
        found.sort_by_key(|one| (one.span.start, one.severity));
    }
    found.truncate(limits::DIAGNOSTICS);
    found
}

/// A check under way.
struct Checker<'c, 's> {
    text: &'c str,
    source: Option<&'c dyn Source>,
    now: Timestamp,
    found: Vec<Diagnostic>,
    results: names::Results<'s>,
    /// By target: the gap, where it is known before the run.
    drifts: IndexMap<&'s str, Option<f64>>,
    /// `None` where the collection cannot be looked into, which was said already.
    schemas: IndexMap<String, Option<Schema>>,
    /// The files that are written.
    files: IndexSet<String>,
    watches: IndexSet<&'s str>,
    /// Where the lines of the text end; not looked for before it is asked for.
    line_ends: OnceCell<Vec<usize>>,
    /// The collection of the last FORAGE or DIVE.
    nearest: Option<&'s str>,
    /// Whether the statement at hand runs.
    when: names::When,
}

impl<'s> Checker<'_, 's> {
    fn report(&mut self, found: Diagnostic) {
        // One mistake in a condition that stands twice is two; the same at the same place is one.
        let same = |other: &Diagnostic| other.code == found.code && other.span == found.span;
        if self.found.len() <= limits::DIAGNOSTICS * 10 && !self.found.iter().rev().take(50).any(same) {
            self.found.push(found);
        }
    }

    /// As `meant`, for a name: it is written as names are.
    fn meant_name(&self, found: Diagnostic, near: &[String]) -> Diagnostic {
        // On the right of a comparison only the backquotes make it a field.
        let is_quoted = found.span.text(self.text).starts_with('`');
        let written = |name: &String| if is_quoted { format!("`{name}`") } else { syntax::name(name) };
        let Diagnostic { span, .. } = found;
        match near {
            [one] => found.help(format!("did you mean `{one}`?")).fix(span, written(one)),
            _ => meant(found, near),
        }
    }

    fn statement(&mut self, statement: &Statement<'s>) {
        match &statement.kind {
            StatementKind::Forage(forage) => {
                self.depth(forage.depth);
                self.collect(forage.target, forage.filter.as_ref());
                self.dimensions(forage.across.as_ref(), forage.cascade.as_ref());
                self.produce(forage.surface, "results", forage.target, names::Kind::Foraged);
            }
            StatementKind::Dive(dive) => {
                self.depth(dive.depth);
                self.collect(dive.target, dive.filter.as_ref());
                self.dimensions(dive.across.as_ref(), dive.cascade.as_ref());
                self.followed(dive.trace);
                self.produce(dive.emit, "report", dive.target, names::Kind::Foraged);
            }
            StatementKind::Drift(drift) => self.drift(drift),
            StatementKind::Fetch(fetch) => self.fetch(fetch),
            StatementKind::Trace(trace) => self.trace(trace),
            StatementKind::Chirp(chirp) => self.level(chirp),
            StatementKind::Surface(surface) => self.surface(surface),
            StatementKind::Recall(recall) => self.recall(recall),
            StatementKind::Perch(perch) => self.perch(perch),
            StatementKind::Watch(watch) => self.watch(watch),
            StatementKind::Listen(_) => {}
            StatementKind::Wake(wake) => match &wake.then {
                Some(then) => self.within(names::When::Later, then),
                None => self.report(
                    Diagnostic::new(Severity::Hint, "does-nothing", statement.span, "this WAKE does nothing")
                        .help("say what is to happen then: `WAKE AFTER 3d THEN CHIRP info \"look again\"`"),
                ),
            },
        }
    }

    /// A statement that runs only sometimes, or later.
    fn within(&mut self, when: names::When, statement: &Statement<'s>) {
        // What is within something that runs later runs later as well.
        let when = when.max(self.when);
        let (outer, nearest) = (std::mem::replace(&mut self.when, when), self.nearest);
        self.statement(statement);
        self.when = outer;
        self.nearest = nearest;
    }

    fn collect(&mut self, target: Name<'s>, filter: Option<&Expr<'s>>) {
        self.nearest = Some(target.value);
        self.collection(target, filter);
    }

    fn collection(&mut self, target: Name<'s>, filter: Option<&Expr<'s>>) {
        self.find(target, Severity::Error);
        if let Some(filter) = filter {
            self.never(filter);
            self.types(target.value, filter);
        }
    }
}

/// `, did you mean ..` as a help, with an edit where one name is nearest.
fn meant(found: Diagnostic, near: &[String]) -> Diagnostic {
    match near {
        [] => found,
        [one] => {
            let span = found.span;
            found.help(format!("did you mean `{one}`?")).fix(span, one.clone())
        }
        many => found.help(format!("did you mean one of `{}`?", many.join("`, `"))),
    }
}
