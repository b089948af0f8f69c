//! The twelve statements.

use super::{
    kind::SyntaxKind as K,
    parser::{Parser, Sink},
    suggest,
};
use crate::{
    ast::{
        Band, Chirp, Confidence, Dive, Drift, Expr, Fetch, FetchAction, Forage, Listen, Name, Perch, Recall,
        RecallWatch, Spanned, Statement, StatementKind, Surface, Target, Text, Trace, Wake, Watch,
    },
    diagnostic::Diagnostic,
    limits,
    span::Span,
};

/// Puts a value where none is yet: of a clause that stands twice, the first counts.
fn keep<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

impl<'s, S: Sink> Parser<'s, S> {
    /// A statement; its keyword is the token that is looked at.
    pub(super) fn statement(&mut self) -> Option<Statement<'s>> {
        let start = self.token.span;
        let keyword = self.kind();
        if self.depth >= limits::NESTING {
            self.too_deep(start);
            self.open(K::Junk);
            self.bump();
            self.sink.close();
            return None;
        }
        self.depth += 1;
        self.open(K::Statement);
        self.bump();
        let kind = match keyword {
            K::Forage => StatementKind::Forage(self.forage()),
            K::Dive => StatementKind::Dive(self.dive()),
            K::Drift => StatementKind::Drift(self.drift(start)),
            K::Fetch => StatementKind::Fetch(Box::new(self.fetch())),
            K::Perch => StatementKind::Perch(self.perch()),
            K::Listen => StatementKind::Listen(Listen { signals: self.signals() }),
            K::Wake => StatementKind::Wake(self.wake(start)),
            K::Chirp => StatementKind::Chirp(self.chirp()),
            K::Trace => StatementKind::Trace(self.trace()),
            K::Watch => StatementKind::Watch(self.watch(start)),
            K::Recall => StatementKind::Recall(Box::new(self.recall(start))),
            _ => StatementKind::Surface(self.surface()),
        };
        self.sink.close();
        self.depth -= 1;
        Some(Statement { span: start.to(self.last), kind })
    }

    pub(super) fn too_deep(&mut self, span: Span) {
        let message = format!("nested more than {} levels deep", limits::NESTING);
        self.report(Diagnostic::error("nesting", span, message).help("split the script into more statements"));
        self.lost = true;
    }

    fn missing(&mut self, statement: K, start: Span, clause: &str, help: &str) {
        // What was there was not understood: that has been said.
        let message = format!("{} needs {clause}", statement.keyword());
        self.report(Diagnostic::error("missing-clause", start, message).help(help));
    }

    fn keyword(&mut self, kind: K, example: &str) {
        if !self.eat(kind) && !self.lost {
            let error = self.expected_error(&format!("`{}`", kind.keyword())).help(format!("write `{example}`"));
            self.report(error);
            // A name without the small word before it is understood all the same.
            self.lost = !self.kind().is_bare_name();
        }
    }

    /// A name after a keyword that is known to be there, unless the parser is lost.
    fn named(&mut self, what: &str) -> Name<'s> {
        if self.lost {
            let at = self.token.span.start;
            return Spanned { value: "", span: Span { start: at, end: at } };
        }
        self.name(what)
    }

    /// The name after the keyword of a clause.
    fn clause_name(&mut self, what: &str) -> Option<Name<'s>> {
        self.bump();
        self.skip_sign();
        let name = self.name(what);
        (!name.value.is_empty()).then_some(name)
    }

    fn forage(&mut self) -> Forage<'s> {
        let target = self.name("the collection to read");
        let mut forage = Forage { target, filter: None, across: None, depth: None, cascade: None, surface: None };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Forage, &mut seen) {
            match clause {
                K::Where => keep(&mut forage.filter, self.condition_clause()),
                K::Across => keep(&mut forage.across, self.across()),
                K::Depth => keep(&mut forage.depth, self.clause_number("the number of steps")),
                K::Cascade => keep(&mut forage.cascade, self.cascade()),
                _ => keep(&mut forage.surface, self.clause_name("the name of the result")),
            }
            self.sink.close();
        }
        forage
    }

    fn dive(&mut self) -> Dive<'s> {
        self.keyword(K::Into, "DIVE INTO collection");
        let target = self.named("the collection to read");
        let mut dive = Dive { target, filter: None, trace: None, across: None, depth: None, cascade: None, emit: None };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Dive, &mut seen) {
            match clause {
                K::When => keep(&mut dive.filter, self.condition_clause()),
                K::Trace => keep(&mut dive.trace, self.clause_name("the result to follow")),
                K::Across => keep(&mut dive.across, self.across()),
                K::Depth => keep(&mut dive.depth, self.clause_number("the number of steps")),
                K::Cascade => keep(&mut dive.cascade, self.cascade()),
                _ => keep(&mut dive.emit, self.clause_name("the name of the result")),
            }
            self.sink.close();
        }
        dive
    }

    fn drift(&mut self, start: Span) -> Drift<'s> {
        let target = self.name("the result that the gap belongs to");
        let mut drift = Drift { target, methodology: None, performance: None, gap: None };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Drift, &mut seen) {
            match clause {
                K::Methodology => keep(&mut drift.methodology, self.clause_number("a number from 0 to 100")),
                K::Performance => keep(&mut drift.performance, self.clause_number("a number from 0 to 100")),
                _ => keep(&mut drift.gap, self.clause_name("`teaching`, `curiosity` or `auto`")),
            }
            self.sink.close();
        }
        for clause in [K::Methodology, K::Performance] {
            if seen & clause.bit() == 0 {
                let help = "a gap is between two numbers: `DRIFT name METHODOLOGY 85 PERFORMANCE 35`";
                self.missing(K::Drift, start, clause.keyword(), help);
            }
        }
        drift
    }

    fn fetch(&mut self) -> Fetch<'s> {
        let target = self.name("the result to decide on");
        let mut fetch =
            Fetch { target, threshold: None, confidence: None, bands: None, aggregate: None, actions: Vec::new() };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Fetch, &mut seen) {
            match clause {
                K::Threshold => keep(&mut fetch.threshold, self.clause_number("a score")),
                K::Confidence => {
                    self.bump();
                    let minimum = self.eat(K::Min);
                    let value = self.number("a confidence, such as `88` or `0.88`");
                    keep(&mut fetch.confidence, value.map(|value| Confidence { value, minimum }));
                }
                K::Bands => keep(&mut fetch.bands, self.clause_name("`relative` or `docs`")),
                K::Aggregate => keep(&mut fetch.aggregate, self.clause_name("`max` or `mean`")),
                _ => {
                    if let Some(action) = self.on_band(&fetch.actions) {
                        fetch.actions.push(action);
                    }
                }
            }
            self.sink.close();
        }
        fetch
    }

    fn on_band(&mut self, before: &[FetchAction<'s>]) -> Option<FetchAction<'s>> {
        let start = self.token.span;
        self.bump();
        let band = match self.kind() {
            K::Execute => Band::Execute,
            K::Confirm => Band::Confirm,
            K::Queue => Band::Queue,
            K::Wait => Band::Wait,
            _ => {
                let mut error = self.expected_error("a band").help("bands are EXECUTE, CONFIRM, QUEUE and WAIT");
                let meant = suggest::nearest(self.text_here(), ["EXECUTE", "CONFIRM", "QUEUE", "WAIT"]);
                if let Some(meant) = meant {
                    error = error.help(format!("did you mean `{meant}`?")).fix(self.token.span, meant);
                }
                self.report(error);
                self.lost = true;
                return None;
            }
        };
        let twice = before.iter().any(|action| action.band == band);
        if twice {
            self.duplicate(&format!("ON {}", band.keyword()), K::Fetch);
        }
        self.bump();
        let outer = std::mem::replace(&mut self.in_fetch, true);
        let action = self.action();
        self.in_fetch = outer;
        let action = action?;
        (!twice).then(|| FetchAction { band, span: start.to(self.last), action })
    }

    /// The statement after `THEN` and `ON EXECUTE`.
    fn action(&mut self) -> Option<Statement<'s>> {
        if self.at_symbol("{") && self.ahead::<1>()[0].is_statement() {
            let error = Diagnostic::error("unneeded-sign", self.token.span, "a statement has no braces around it");
            self.report(error.help("leave them out").fix(self.token.span, ""));
            self.bump();
        }
        if !self.kind().is_statement() {
            let [next] = self.ahead();
            let text = self.text_here();
            let help = match self.kind() {
                K::Word if next == K::Text => format!("to send an alert, write `CHIRP {text} ..`"),
                K::Text => format!("to send an alert, write `CHIRP info {text}`"),
                _ => "such as `CHIRP critical \"act now\"`".to_owned(),
            };
            self.expected_with("a statement", help);
            return None;
        }
        self.open(K::Action);
        let statement = self.statement();
        self.sink.close();
        statement
    }

    fn perch(&mut self) -> Perch<'s> {
        self.keyword(K::On, "PERCH ON segment:\"enterprise\"");
        let name = self.named("what to watch");
        let target = if !self.lost && self.eat(K::Colon) {
            let empty = Spanned { value: "".into(), span: self.token.span };
            let value = self.text("the value in quotes").unwrap_or(empty);
            Target::Keyed { key: name, value }
        } else {
            Target::Simple(name)
        };
        let mut perch = Perch { target, listen: None, wake: None, chirp: None };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Perch, &mut seen) {
            self.bump();
            match clause {
                K::Listen => perch.listen = Some(self.signals()),
                K::Wake => {
                    self.keyword(K::After, "WAKE AFTER 3d");
                    perch.wake = if self.lost { None } else { self.duration("a length of time, such as `3d`", false) };
                }
                _ => perch.chirp = Some(self.chirp()),
            }
            self.sink.close();
        }
        perch
    }

    /// `FOR a, b signals`.
    fn signals(&mut self) -> Vec<Name<'s>> {
        self.keyword(K::For, "LISTEN FOR signal");
        let mut signals = Vec::new();
        while !self.lost {
            signals.push(self.name("the name of a signal"));
            self.eat(K::Signals);
            if !self.eat(K::Comma) {
                break;
            }
        }
        signals
    }

    fn wake(&mut self, start: Span) -> Wake<'s> {
        self.keyword(K::After, "WAKE AFTER 3d THEN statement");
        let after = if self.lost { None } else { self.duration("a length of time, such as `3d`", false) };
        let zero = crate::ast::Duration { value: 0.0, unit: crate::ast::Unit::Days, span: start };
        let mut then = None;
        let mut seen = 0;
        while let Some(K::Then) = self.clause(K::Wake, &mut seen) {
            self.bump();
            let action = self.action();
            keep(&mut then, action.map(Box::new));
            self.sink.close();
        }
        Wake { after: after.unwrap_or(zero), then }
    }

    fn chirp(&mut self) -> Chirp<'s> {
        let what = "a level, such as `critical`, `warning` or `info`";
        if matches!(self.kind(), K::Text | K::UnclosedText) {
            let error = self.expected_error(what).help("put a level before the text");
            let span = self.token.span;
            self.report(error.fix(Span { start: span.start, end: span.start }, "info "));
            let level = Spanned { value: "", span: Span { start: span.start, end: span.start } };
            return Chirp { level, message: self.text("a text") };
        }
        let level = self.name(what);
        if self.lost {
            return Chirp { level, message: None };
        }
        self.skip_sign();
        let has_text = matches!(self.kind(), K::Text | K::UnclosedText);
        let message = if has_text { self.text("a text") } else { None };
        if message.is_none() && self.at(K::Word) && self.same_line() && !self.is_slip() {
            self.expected_with("a text", "the text of an alert is written in quotes");
        }
        Chirp { level, message }
    }

    /// The word here is nearly the keyword of a statement or of a clause that can follow.
    fn is_slip(&self) -> bool {
        let clauses = [K::Perch, K::Fetch].into_iter().flat_map(K::clauses).chain(K::statements());
        suggest::nearest(self.text_here(), clauses.map(|kind| kind.keyword())).is_some()
    }

    fn trace(&mut self) -> Trace<'s> {
        let target = self.name("the name of the result");
        let mut trace = Trace { target, from: None, cascade: None };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Trace, &mut seen) {
            match clause {
                K::From => keep(&mut trace.from, self.clause_name("the result to follow")),
                _ => keep(&mut trace.cascade, self.cascade()),
            }
            self.sink.close();
        }
        trace
    }

    fn watch(&mut self, start: Span) -> Watch<'s> {
        let target = self.name("the name of the watch");
        let (mut collection, mut condition, mut hold) = (None, None, None);
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Watch, &mut seen) {
            match clause {
                K::In => keep(&mut collection, self.clause_name("the collection that is watched")),
                K::When => keep(&mut condition, self.condition_clause()),
                _ => {
                    self.bump();
                    keep(&mut hold, self.duration("a length of time, such as `2 quarters`", true));
                }
            }
            self.sink.close();
        }
        if seen & K::When.bit() == 0 {
            self.missing(K::Watch, start, "WHEN", "say what must hold: `WATCH name WHEN field > 5`");
        }
        let nothing =
            || Expr::Holds(crate::ast::Path { text: "".into(), span: Span { start: start.end, end: start.end } });
        Watch { target, collection, condition: condition.unwrap_or_else(nothing), hold }
    }

    fn recall(&mut self, start: Span) -> Recall<'s> {
        let target = self.name("the name of the case");
        let mut date = None;
        let mut recall = Recall {
            target,
            date: Spanned { value: "".into(), span: start },
            watches: Vec::new(),
            triggers: None,
            stated: None,
            actual: None,
            calibration: None,
            drift_after: None,
            surface: None,
        };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Recall, &mut seen) {
            match clause {
                K::On => keep(&mut date, self.clause_text("a day in quotes, such as \"2026-04-15\"")),
                K::Watch => {
                    let watch = self.recall_watch();
                    recall.watches.push(watch);
                }
                K::Triggers => {
                    self.bump();
                    let fired = self.number("how many fired, as in `1/2`");
                    let total = if self.lost || fired.is_none() {
                        None
                    } else if self.eat(K::Slash) {
                        self.number("of how many, as in `1/2`")
                    } else {
                        self.expected_with("`/`", "write `1/2` for one of two");
                        None
                    };
                    keep(&mut recall.triggers, fired.zip(total));
                }
                K::ConfidenceStated => keep(&mut recall.stated, self.clause_number("a confidence")),
                K::ConfidenceActual => keep(&mut recall.actual, self.clause_number("a confidence")),
                K::Calibration => keep(&mut recall.calibration, self.clause_name("`aligned`, `over` or `under`")),
                K::DriftAfter => keep(&mut recall.drift_after, self.clause_number("a gap")),
                _ => {
                    let name = self.clause_name("the name of the result");
                    let format = if self.at(K::As) { self.clause_name("a format, such as `json`") } else { None };
                    keep(&mut recall.surface, name.zip(format));
                }
            }
            self.sink.close();
        }
        if seen & K::On.bit() == 0 {
            self.missing(K::Recall, start, "ON", "say the day of the review: `RECALL name ON \"2026-04-15\"`");
        }
        if let Some(date) = date {
            recall.date = date;
        }
        recall
    }

    fn recall_watch(&mut self) -> RecallWatch<'s> {
        self.bump();
        let trigger = self.name("the name of a watch");
        let mut watch = RecallWatch { trigger, status: None, fired_date: None, evidence: None };
        let mut seen = 0u64;
        while !self.lost {
            let kind = self.kind();
            let text = self.text_here();
            let is_status = seen & K::Status.bit() == 0 && ["fired", "not_fired", "partial"].contains(&text);
            if kind == K::Word && is_status {
                let (span, written) = (self.token.span, format!("STATUS {text}"));
                let error = self.expected_error("`STATUS`").help(format!("write `{written}`")).fix(span, written);
                self.report(error);
                seen |= K::Status.bit();
                self.bump_as(K::Name);
                continue;
            }
            if !matches!(kind, K::Status | K::FiredDate | K::Evidence) {
                break;
            }
            if seen & kind.bit() != 0 {
                self.duplicate(kind.keyword(), K::Watch);
            }
            seen |= kind.bit();
            match kind {
                K::Status => keep(&mut watch.status, self.clause_name("`fired`, `not_fired` or `partial`")),
                K::FiredDate => keep(&mut watch.fired_date, self.clause_text("a day in quotes")),
                _ => keep(&mut watch.evidence, self.clause_text("a text")),
            }
        }
        watch
    }

    fn surface(&mut self) -> Surface<'s> {
        let output = self.name("the name of a result");
        let mut surface = Surface { output, format: None, to: None, on: None };
        let mut seen = 0;
        while let Some(clause) = self.clause(K::Surface, &mut seen) {
            match clause {
                K::As => keep(&mut surface.format, self.clause_name("a format, such as `json`")),
                K::To => keep(&mut surface.to, self.clause_text("a file name in quotes")),
                _ => keep(&mut surface.on, self.clause_text("a day in quotes, such as \"2026-04-15\"")),
            }
            self.sink.close();
        }
        surface
    }

    // ---- what clauses hold

    fn clause_number(&mut self, what: &str) -> Option<crate::ast::Number> {
        self.bump();
        self.number(what)
    }

    fn clause_text(&mut self, what: &str) -> Option<Text<'s>> {
        self.bump();
        self.text(what)
    }

    fn condition_clause(&mut self) -> Option<Expr<'s>> {
        self.bump();
        let condition = self.condition();
        self.condition_ends();
        condition
    }
}
