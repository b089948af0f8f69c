//! What the two editions read differently in a script that the first one accepts.

mod gaps;
mod leaves;

use gaps::Gaps;

use crate::{
    ast::{
        Across, Chirp, Duration, Expr, Fetch, FetchAction, Name, Number, Path, Perch, Recall, Script, Statement,
        StatementKind, Surface, Target,
    },
    diagnostic::Diagnostic,
    span::Span,
};

/// Of words that touch, this many letters on each side are shown.
const SHOWN: usize = 40;

/// Each difference, as a warning with the edit that makes the default edition read what the first one reads; without an
/// edit where nothing does. `script` is what the first edition reads in `source`.
pub(super) fn find(source: &str, script: &Script<'_>) -> Vec<Diagnostic> {
    let mut walk =
        Walk { gaps: Gaps { source }, at: 0, after_signal: false, in_action: false, apart: 0, found: Vec::new() };
    for statement in &script.statements {
        walk.statement(&[], statement);
    }
    walk.gap(&[&[]], source.len());
    walk.found.sort_by_key(|one| one.span.start);
    walk.found
}

/// Goes through a script from name to name and looks at what is between them.
struct Walk<'s> {
    gaps: Gaps<'s>,
    /// The end of the last name or value.
    at: usize,
    /// The word `signals` may follow.
    after_signal: bool,
    /// In the action of an `ON`.
    in_action: bool,
    /// Up to here it has been said that words touch.
    apart: usize,
    found: Vec<Diagnostic>,
}

/// A clause with the words that it begins with.
enum Clause<'a, 's> {
    Condition(&'static str, &'a Expr<'s>),
    Across(&'a Across),
    Number(&'static str, &'a Number),
    Name(&'static str, &'a Name<'s>),
    Signals(&'a [Name<'s>]),
    Wake(&'a Duration),
    Chirp(&'a Chirp<'s>),
    Action(&'a FetchAction<'s>),
}

impl Clause<'_, '_> {
    /// Where its first name or value stands.
    fn start(&self) -> u32 {
        match self {
            Self::Condition(_, expr) => first_path(expr).map_or(0, |path| path.span.start),
            Self::Across(across) => across.dimensions.first().map_or(0, |one| one.span.start),
            Self::Number(_, number) => number.span.start,
            Self::Name(_, name) => name.span.start,
            Self::Signals(signals) => signals.first().map_or(0, |one| one.span.start),
            Self::Wake(duration) => duration.span.start,
            Self::Chirp(chirp) => chirp.level.span.start,
            Self::Action(action) => action.action.span.start,
        }
    }
}

fn first_path<'a, 's>(expr: &'a Expr<'s>) -> Option<&'a Path<'s>> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => first_path(parts.first()?),
        Expr::Compare { left, .. } => Some(left),
        // The first edition has nothing else.
        _ => None,
    }
}

impl<'s> Walk<'s> {
    fn say(&mut self, found: Diagnostic) {
        self.found.push(found);
    }

    // ---- between names

    /// From the last name or value to the next one at `end`, with one of `patterns` between them. Which one.
    fn gap(&mut self, patterns: &[&[&str]], end: usize) -> usize {
        let mut from = self.at;
        if std::mem::take(&mut self.after_signal) {
            let word = self.gaps.trivia(from);
            if self.gaps.source.get(word..).is_some_and(|rest| rest.starts_with("signals")) {
                self.token(word, word + "signals".len());
                self.comments(from, word);
                from = word + "signals".len();
            }
        }
        for (index, words) in patterns.iter().enumerate() {
            if let Some(tokens) = self.gaps.words(from, words, end) {
                self.tokens(from, &tokens, end);
                return index;
            }
        }
        let start = self.gaps.trivia(from);
        for (index, words) in patterns.iter().enumerate() {
            if let Some((tokens, comments)) = self.gaps.words_later(start, words, end) {
                let first = tokens.first().map_or(end, |token| token.0);
                self.comments(from, start);
                self.replaced(start, first, &comments);
                self.tokens(first, &tokens, end);
                return index;
            }
        }
        let span = Span::new(from, end);
        self.say(Diagnostic::warning("not-kept", span, "edition 2 cannot say what edition 1-compat reads here"));
        self.at = end;
        0
    }

    fn tokens(&mut self, from: usize, tokens: &[(usize, usize)], end: usize) {
        let mut at = from;
        for (start, stop) in tokens {
            self.comments(at, *start);
            self.token(*start, *stop);
            at = *stop;
        }
        self.comments(at, end);
        self.at = end;
    }

    /// A keyword, a name or a value: the default edition wants a space between it and a word before or after it.
    fn token(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        for place in [start, end] {
            let touching = place > 0 && self.gaps.is_word(place - 1) && self.gaps.is_word(place);
            if touching && place > self.apart {
                self.apart = place;
                let is_word = |at: &usize| self.gaps.is_word(*at);
                let before = (0..place).rev().take(SHOWN).take_while(is_word).last().unwrap_or(place);
                let after = (place..place + SHOWN).take_while(is_word).last();
                let span = Span::new(before, after.map_or(place, |last| last + 1));
                let written = format!(
                    "{} {}",
                    Span::new(before, place).text(self.gaps.source),
                    Span::new(place, span.end as usize).text(self.gaps.source)
                );
                let message = format!("edition 2 reads `{}` as one word", span.text(self.gaps.source));
                let found = Diagnostic::warning("words-touch", span, message).label("edition 1-compat reads several");
                self.say(found.help(format!("write `{written}`")).fix(Span::new(place, place), " "));
            }
        }
    }

    /// In the default edition, a carriage return ends a comment as well.
    fn comments(&mut self, from: usize, end: usize) {
        for (start, stop) in self.gaps.comments(from, end) {
            let text = Span::new(start, stop).text(self.gaps.source);
            let line = text.strip_suffix('\r').unwrap_or(text);
            if line.contains('\r') {
                let span = Span::new(start, start + line.len());
                let found = Diagnostic::warning("comment-end", span, "in edition 2 a carriage return ends a comment");
                let found = found.label("edition 1-compat reads all of it as one");
                self.say(found.help("begin a comment on each line").fix(span, lines(line)));
            }
        }
    }

    /// Clauses for which a later one counts.
    fn replaced(&mut self, start: usize, end: usize, comments: &[(usize, usize)]) {
        let source = self.gaps.source;
        let text = Span::new(start, end).text(source);
        let letters = text.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'_').count();
        let word = text.get(..letters).unwrap_or_default();
        let clauses =
            ["WHERE", "ACROSS", "DEPTH", "SURFACE", "WHEN", "TRACE", "EMIT", "METHODOLOGY", "PERFORMANCE", "GAP"];
        let more = ["THRESHOLD", "CONFIDENCE", "ON", "LISTEN", "WAKE", "CHIRP"];
        let is_start = |clause: &&str| word.get(..clause.len()).is_some_and(|start| start.eq_ignore_ascii_case(clause));
        let clause = clauses.into_iter().chain(more).find(is_start).unwrap_or("the clause");
        let kept: Vec<_> = comments.iter().map(|(start, end)| lines(Span::new(*start, *end).text(source))).collect();
        let replacement = if kept.is_empty() { " ".to_owned() } else { format!("\n{}\n", kept.join("\n")) };
        let span = Span::new(start, start + text.trim_end().len());
        let message = format!("edition 1-compat takes the last `{clause}` and ignores this one");
        let found = Diagnostic::warning("duplicate-clause", span, message).label("without effect");
        self.say(found.help("edition 2 refuses a clause that stands twice").fix(Span::new(start, end), replacement));
    }

    // ---- statements

    fn clauses(&mut self, mut clauses: Vec<Clause<'_, '_>>) {
        clauses.sort_by_key(Clause::start);
        for clause in clauses {
            match clause {
                Clause::Condition(word, expr) => self.condition(&[word], expr),
                Clause::Across(across) => {
                    for (index, one) in across.dimensions.iter().enumerate() {
                        self.leaf(&[if index == 0 { "ACROSS" } else { "," }], one.span);
                    }
                }
                Clause::Number(word, number) => self.number(&[word], number),
                Clause::Name(word, name) => self.name(&[word], name),
                Clause::Signals(signals) => self.signals(&[], signals),
                Clause::Wake(duration) => self.duration(&["WAKE", "AFTER"], duration),
                Clause::Chirp(chirp) => self.name(&["CHIRP"], &chirp.level),
                Clause::Action(action) => {
                    let outer = std::mem::replace(&mut self.in_action, true);
                    self.statement(&["ON", action.band.keyword()], &action.action);
                    self.in_action = outer;
                }
            }
        }
    }

    fn signals(&mut self, before: &[&str], signals: &[Name<'_>]) {
        for (index, signal) in signals.iter().enumerate() {
            if index == 0 {
                self.name(&[before, &["LISTEN", "FOR"]].concat(), signal);
            } else {
                self.name(&[","], signal);
            }
            self.after_signal = true;
        }
    }

    /// `before` are the words that lead to it: `THEN`, `ON EXECUTE`.
    fn statement(&mut self, before: &[&str], statement: &Statement<'_>) {
        let with = |words: &[&'static str]| [before, words].concat();
        match &statement.kind {
            StatementKind::Forage(forage) => {
                self.name(&with(&["FORAGE"]), &forage.target);
                let mut clauses = Vec::new();
                clauses.extend(forage.filter.as_ref().map(|filter| Clause::Condition("WHERE", filter)));
                clauses.extend(forage.across.as_ref().map(Clause::Across));
                clauses.extend(forage.depth.as_ref().map(|depth| Clause::Number("DEPTH", depth)));
                clauses.extend(forage.surface.as_ref().map(|name| Clause::Name("SURFACE", name)));
                self.clauses(clauses);
            }
            StatementKind::Dive(dive) => {
                self.name(&with(&["DIVE", "INTO"]), &dive.target);
                let mut clauses = Vec::new();
                clauses.extend(dive.filter.as_ref().map(|filter| Clause::Condition("WHEN", filter)));
                clauses.extend(dive.trace.as_ref().map(|name| Clause::Name("TRACE", name)));
                clauses.extend(dive.emit.as_ref().map(|name| Clause::Name("EMIT", name)));
                self.clauses(clauses);
            }
            StatementKind::Drift(drift) => {
                self.name(&with(&["DRIFT"]), &drift.target);
                let mut clauses = Vec::new();
                clauses.extend(drift.methodology.as_ref().map(|number| Clause::Number("METHODOLOGY", number)));
                clauses.extend(drift.performance.as_ref().map(|number| Clause::Number("PERFORMANCE", number)));
                clauses.extend(drift.gap.as_ref().map(|name| Clause::Name("GAP", name)));
                self.clauses(clauses);
                for (missing, word) in
                    [(drift.methodology.is_none(), "METHODOLOGY"), (drift.performance.is_none(), "PERFORMANCE")]
                {
                    if missing {
                        let message = format!("edition 2 refuses a DRIFT without {word}");
                        let found = Diagnostic::warning("missing-clause", statement.span, message);
                        self.say(found.help("edition 1-compat computes with a number that is not there"));
                    }
                }
            }
            StatementKind::Fetch(fetch) => self.fetch(&with(&["FETCH"]), fetch),
            StatementKind::Perch(perch) => self.perch(&with(&["PERCH", "ON"]), perch),
            StatementKind::Listen(listen) => self.signals(before, &listen.signals),
            StatementKind::Wake(wake) => {
                self.duration(&with(&["WAKE", "AFTER"]), &wake.after);
                if let Some(then) = &wake.then {
                    self.statement(&["THEN"], then);
                }
            }
            StatementKind::Chirp(chirp) => {
                self.name(&with(&["CHIRP"]), &chirp.level);
                // To the first edition, an empty text is none.
                let next = self.gaps.trivia(self.at);
                match &chirp.message {
                    Some(message) => self.text(&[], message),
                    None if self.gaps.source.get(next..).is_some_and(|rest| rest.starts_with("\"\"")) => {
                        self.leaf(&[], Span::new(next, next + 2));
                    }
                    None => {}
                }
            }
            StatementKind::Trace(trace) => {
                self.name(&with(&["TRACE"]), &trace.target);
                if let Some(from) = &trace.from {
                    self.name(&["FROM"], from);
                }
            }
            StatementKind::Watch(watch) => {
                self.name(&with(&["WATCH"]), &watch.target);
                self.condition(&["WHEN"], &watch.condition);
                if let Some(hold) = &watch.hold {
                    self.duration(&["FOR"], hold);
                }
            }
            StatementKind::Recall(recall) => self.recall(&with(&["RECALL"]), recall),
            StatementKind::Surface(surface) => self.surface(&with(&["SURFACE"]), surface),
        }
    }

    fn fetch(&mut self, words: &[&str], fetch: &Fetch<'_>) {
        self.name(words, &fetch.target);
        if self.in_action
            && let Some(action) = fetch.actions.first()
        {
            let message = "in edition 2 an `ON` belongs to the outer FETCH";
            let found = Diagnostic::warning("nested-on", action.span, message)
                .label("edition 1-compat gives it to the inner one");
            self.say(found.help("make the inner FETCH a statement of its own"));
        }
        let mut clauses = Vec::new();
        clauses.extend(fetch.threshold.as_ref().map(|number| Clause::Number("THRESHOLD", number)));
        clauses.extend(fetch.confidence.as_ref().map(|confidence| Clause::Number("CONFIDENCE", &confidence.value)));
        clauses.extend(fetch.actions.iter().map(Clause::Action));
        self.clauses(clauses);
    }

    fn perch(&mut self, words: &[&str], perch: &Perch<'_>) {
        match &perch.target {
            Target::Keyed { key, value } => {
                self.name(words, key);
                self.text(&[":"], value);
            }
            Target::Simple(name) => self.name(words, name),
        }
        let mut clauses = Vec::new();
        clauses.extend(perch.listen.as_deref().map(Clause::Signals));
        clauses.extend(perch.wake.as_ref().map(Clause::Wake));
        clauses.extend(perch.chirp.as_ref().map(Clause::Chirp));
        self.clauses(clauses);
    }

    fn recall(&mut self, words: &[&str], recall: &Recall<'_>) {
        self.name(words, &recall.target);
        self.text(&["ON"], &recall.date);
        for watch in &recall.watches {
            self.name(&["WATCH"], &watch.trigger);
            if let Some(status) = &watch.status {
                self.leaf(&["STATUS"], status.span);
            }
            if let Some(date) = &watch.fired_date {
                self.text(&["FIRED_DATE"], date);
            }
            if let Some(evidence) = &watch.evidence {
                self.text(&["EVIDENCE"], evidence);
            }
        }
        if let Some((fired, total)) = &recall.triggers {
            self.number(&["TRIGGERS"], fired);
            self.number(&["/"], total);
        }
        for (word, number) in [("CONFIDENCE_STATED", &recall.stated), ("CONFIDENCE_ACTUAL", &recall.actual)] {
            if let Some(number) = number {
                self.number(&[word], number);
            }
        }
        if let Some(calibration) = &recall.calibration {
            self.leaf(&["CALIBRATION"], calibration.span);
        }
        if let Some(number) = &recall.drift_after {
            self.number(&["DRIFT_AFTER"], number);
        }
        if let Some((name, format)) = &recall.surface {
            self.name(&["SURFACE"], name);
            self.name(&["AS"], format);
        }
    }

    fn surface(&mut self, words: &[&str], surface: &Surface<'_>) {
        self.name(words, &surface.output);
        if let Some(format) = &surface.format {
            self.name(&["AS"], format);
        }
        if let Some(date) = &surface.on {
            self.text(&["ON"], date);
        }
    }
}

/// A comment as comments that end where the default edition ends them.
fn lines(comment: &str) -> String {
    comment.trim_end_matches('\r').replace('\r', "\n-- ")
}
