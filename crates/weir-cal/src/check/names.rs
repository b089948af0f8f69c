//! Which names are results, and where.

use indexmap::IndexMap;

use super::Checker;
use crate::{
    ast::{Fetch, Name, RecallWatch, Surface, Trace},
    diagnostic::{Diagnostic, Severity},
    near::near,
    span::Span,
};

/// Whether a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum When {
    /// With the script.
    Always,
    /// Where a FETCH reaches a band.
    Sometimes,
    /// After the script.
    Later,
}

/// What a result is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// FORAGE or DIVE: it can be decided on and followed.
    Foraged,
    /// Something else.
    Other,
}

/// A result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    kind: Kind,
    when: When,
    span: Span,
    /// The author gave it its name.
    named: bool,
    used: bool,
}

/// The results so far.
#[derive(Debug, Default)]
pub(super) struct Results<'s> {
    by_name: IndexMap<std::borrow::Cow<'s, str>, Made>,
    /// All of them are surfaced.
    whole: bool,
    /// Where one was used last.
    last: u32,
}

impl<'s> Checker<'_, 's> {
    /// A FORAGE or a DIVE gives a result.
    pub(super) fn produce(&mut self, name: Option<Name<'s>>, default: &'static str, target: Name<'s>, kind: Kind) {
        match name {
            Some(name) => self.make(name.value.into(), name.span, kind, true),
            None => self.make(default.into(), target.span, kind, false),
        }
    }

    pub(super) fn make(&mut self, name: std::borrow::Cow<'s, str>, span: Span, kind: Kind, named: bool) {
        let made = Made { kind, when: self.when, span, named, used: false };
        let Some(before) = self.results.by_name.get_mut(&name) else {
            self.results.by_name.insert(name, made);
            return;
        };
        // In which of two branches a result is made is for the run to say; so it is with one that is made later.
        let first = before.span;
        let replaces = before.when == When::Always && made.when != When::Later;
        let when = before.when.min(made.when);
        *before = Made { when, used: before.used && !named, ..made };
        if replaces {
            self.report(
                Diagnostic::warning("name-twice", span, format!("`{name}` is given twice"))
                    .label("takes the place of the earlier result")
                    .help(format!("the first is in line {}: give one of them another name", self.line(first))),
            );
        }
    }

    /// From 1.
    fn line(&self, span: Span) -> usize {
        let ends = self.line_ends.get_or_init(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).collect());
        ends.partition_point(|end| *end < span.start as usize) + 1
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.results.by_name.iter().filter(|(_, made)| self.reaches(made)).map(|(name, _)| name.as_ref())
    }

    /// Whether the statement at hand can have the result.
    fn reaches(&self, made: &Made) -> bool {
        made.when != When::Later || self.when == When::Later
    }

    /// Looks a result up. It is an error where there is none.
    pub(super) fn result(&mut self, name: Name<'s>) -> Option<Made> {
        let when = self.when;
        if let Some(made) = self.results.by_name.get_mut(name.value) {
            made.used = true;
            self.results.last = self.results.last.max(name.span.start);
            let made = *made;
            if self.reaches(&made) {
                if made.when == When::Sometimes && when == When::Always {
                    let message = format!("`{}` is made only where a FETCH reaches a band", name.value);
                    self.report(Diagnostic::warning("maybe-no-result", name.span, message));
                }
                return Some(made);
            }
            let message = format!("`{}` is made only after the script, by a WAKE", name.value);
            self.report(Diagnostic::error("unknown-result", name.span, message).label("is not there yet"));
            return None;
        }
        let near = near(name.value, self.names());
        let found = Diagnostic::error("unknown-result", name.span, format!("no result `{}`", name.value));
        let found = found.label("nothing before this line makes it");
        let found = match near.as_slice() {
            [] => {
                let known: Vec<&str> = self.names().take(5).collect();
                match known.as_slice() {
                    [] => found.help(format!("make it first: `FORAGE collection SURFACE {}`", name.value)),
                    known => found.help(format!("there is `{}`", known.join("`, `"))),
                }
            }
            near => self.meant_name(found, near),
        };
        self.report(found);
        None
    }

    /// A result that is decided on or followed.
    fn foraged(&mut self, name: Name<'s>) -> bool {
        let Some(made) = self.result(name) else { return false };
        if made.kind != Kind::Foraged {
            let message = format!("`{}` is no result of FORAGE or DIVE", name.value);
            self.report(Diagnostic::error("not-foraged", name.span, message));
        }
        made.kind == Kind::Foraged
    }

    pub(super) fn has_drift(&mut self, fetch: &Fetch<'s>) {
        let target = fetch.target;
        if !self.foraged(target) {
            return;
        }
        let drift = self.results.by_name.get(format!("{}_drift", target.value).as_str()).copied();
        match drift.filter(|made| self.reaches(made)) {
            None => self.report(
                Diagnostic::error("no-drift", target.span, format!("`{}` has no DRIFT", target.value))
                    .label("cannot be decided on")
                    .help(format!("write `DRIFT {} METHODOLOGY .. PERFORMANCE ..` before its FETCH", target.value)),
            ),
            Some(made) if made.when == When::Sometimes && self.when == When::Always => {
                let message = format!("`{}` has a DRIFT only where a FETCH reaches a band", target.value);
                self.report(Diagnostic::warning("maybe-no-result", target.span, message));
            }
            Some(_) => {}
        }
    }

    pub(super) fn trace(&mut self, trace: &Trace<'s>) {
        match trace.from {
            Some(from) if from.value == trace.target.value => {
                let message = format!("TRACE cannot give its result the name `{}`", from.value);
                self.report(
                    Diagnostic::error("own-name", trace.target.span, message)
                        .label("is the result that it follows")
                        .help(format!("`TRACE {0}_cascade FROM {0}`", from.value)),
                );
            }
            Some(from) => {
                self.foraged(from);
            }
            None => {
                let first = |made: &&mut Made| made.kind == Kind::Foraged && made.when != When::Later;
                match self.results.by_name.values_mut().find(first) {
                    Some(made) => made.used = true,
                    None => self.report(
                        Diagnostic::error("unknown-result", trace.target.span, "there is no result to follow")
                            .help("a FORAGE or a DIVE must come first"),
                    ),
                }
            }
        }
        self.dimensions(None, trace.cascade.as_ref());
        let name = trace.target;
        if trace.from.is_none_or(|from| from.value != name.value) {
            self.make(name.value.into(), name.span, Kind::Other, true);
        }
    }

    /// The result that a DIVE follows; the run goes on without it.
    pub(super) fn followed(&mut self, name: Option<Name<'s>>) {
        let Some(name) = name else { return };
        if let Some(made) = self.results.by_name.get_mut(name.value) {
            made.used = true;
            self.results.last = self.results.last.max(name.span.start);
            return;
        }
        // The word of the first edition's documentation for the cascades of the DIVE itself.
        if name.value.eq_ignore_ascii_case("cascade") {
            return;
        }
        let message = format!("no result `{}`: this DIVE follows no cascade", name.value);
        let near = near(name.value, self.names());
        self.report(self.meant_name(Diagnostic::warning("unknown-result", name.span, message), &near));
    }

    /// A name that is no result means the whole analysis. It is not meant where it is nearly one.
    pub(super) fn surfaced(&mut self, surface: &Surface<'s>) {
        let name = surface.output;
        if let Some(made) = self.results.by_name.get_mut(name.value) {
            made.used = true;
            self.results.last = self.results.last.max(name.span.start);
            return;
        }
        self.results.whole = true;
        let near = near(name.value, self.names());
        if !near.is_empty() {
            let message = format!("`{}` is no result: the whole analysis is surfaced", name.value);
            self.report(self.meant_name(Diagnostic::warning("nearly-a-result", name.span, message), &near));
        }
    }

    /// A watch that a RECALL looks back at.
    pub(super) fn watched(&mut self, watch: &RecallWatch<'s>) {
        let name = watch.trigger;
        if self.watches.is_empty() || self.watches.contains(name.value) {
            return;
        }
        let near = near(name.value, self.watches.iter().copied());
        if !near.is_empty() {
            let message = format!("the script has no WATCH `{}`", name.value);
            let found = Diagnostic::warning("nearly-a-watch", name.span, message);
            self.report(self.meant_name(found.label("is taken as stated"), &near));
        }
    }

    /// Results that the author named, and then forgot, beside others that are used.
    pub(super) fn unused(&mut self) {
        let made = &self.results.by_name;
        if self.results.whole {
            return;
        }
        // What comes last is what the script is for.
        let last = self.results.last;
        let forgotten = made
            .iter()
            .filter(|(_, made)| made.named && !made.used && made.kind == Kind::Foraged && made.span.start < last);
        let forgotten: Vec<Diagnostic> = forgotten
            .map(|(name, made)| {
                Diagnostic::new(Severity::Hint, "unused-result", made.span, format!("nothing uses `{name}`"))
            })
            .collect();
        for one in forgotten {
            self.report(one);
        }
    }
}
