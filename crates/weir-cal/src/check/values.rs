//! Numbers within their ranges, days that exist, words that are known.

use jiff::{ToSpan as _, civil, tz::TimeZone};

use super::{Checker, meant, names};
use crate::{
    ast::{
        Across, Cascade, Chirp, Dimension, DimensionRef, Drift, Name, Number, Perch, Recall, Surface, Target, Text,
        Watch,
    },
    diagnostic::{Diagnostic, Severity},
    limits,
    near::near,
    report::Format,
    schedule::recall,
    score,
    span::Span,
};

impl<'s> Checker<'_, 's> {
    fn range(&mut self, clause: &str, number: Number, fits: bool, range: &str) -> bool {
        if !fits {
            let message = format!("{clause} must be {range}, not {}", number.value);
            self.report(Diagnostic::error("out-of-range", number.span, message));
        }
        fits
    }

    pub(super) fn depth(&mut self, depth: Option<Number>) {
        if let Some(depth) = depth {
            let fits = depth.value.fract() == 0.0 && (1.0..=f64::from(limits::DEPTH)).contains(&depth.value);
            self.range("DEPTH", depth, fits, "a whole number from 1 to 6");
        }
    }

    /// 0 to 1, or percent; as 0 to 1.
    pub(super) fn confidence(&mut self, clause: &str, number: Number) -> Option<f64> {
        let share = score::share(number.value);
        self.range(clause, number, share.is_some(), "0 to 1, or percent up to 100");
        share
    }

    /// A word out of a few.
    pub(super) fn word(&mut self, what: &str, word: Name<'_>, known: &[&str]) -> bool {
        let fits = known.iter().any(|known| known.eq_ignore_ascii_case(word.value));
        if !fits {
            let found = Diagnostic::error("unknown-word", word.span, format!("no {what} `{}`", word.value));
            let near = near(word.value, known.iter().copied());
            self.report(if near.is_empty() {
                found.help(format!("use {}", listed(known)))
            } else {
                meant(found, &near)
            });
        }
        fits
    }

    pub(super) fn drift(&mut self, drift: &Drift<'s>) {
        let target = drift.target;
        self.result(target);
        let figures =
            [("METHODOLOGY", drift.methodology), ("PERFORMANCE", drift.performance)].map(|(clause, number)| {
                let number = number?;
                let fits = (0.0..=100.0).contains(&number.value);
                self.range(clause, number, fits, "0 to 100").then_some(number.value)
            });
        let [methodology, performance] = figures;
        let gap = methodology.zip(performance).map(|(said, done)| said - done);
        if let Some(word) = drift.gap
            && self.word("kind of gap", word, &["teaching", "curiosity", "auto"])
            && let Some(gap) = gap
        {
            let other = if gap < 0.0 { "teaching" } else { "curiosity" };
            if gap != 0.0 && word.value.eq_ignore_ascii_case(other) {
                let more = if gap < 0.0 { "more" } else { "less" };
                let message = format!("a gap of {gap} is no {other} gap: {more} is done than said");
                self.report(Diagnostic::new(Severity::Hint, "other-gap", word.span, message));
            }
        }
        self.make(format!("{}_drift", target.value).into(), target.span, names::Kind::Other, false);
        // In a branch it may be this one or the one before.
        let gap = gap.filter(|_| self.when == names::When::Always);
        self.drifts.insert(target.value, gap);
    }

    pub(super) fn level(&mut self, chirp: &Chirp<'s>) {
        let level = chirp.level;
        let known = ["critical", "error", "warning", "warn", "info", "success"];
        if known.iter().any(|known| known.eq_ignore_ascii_case(level.value)) || level.value.len() < 4 {
            return;
        }
        if let [near, ..] = near(level.value, known).as_slice() {
            let message = format!("`{}` is sent as info", level.value);
            let near = std::slice::from_ref(near);
            self.report(meant(Diagnostic::warning("nearly-a-level", level.span, message), near));
        }
    }

    pub(super) fn surface(&mut self, surface: &Surface<'s>) {
        self.surfaced(surface);
        if let Some(format) = surface.format {
            self.format(format);
        }
        if let Some(on) = &surface.on
            && let Some(day) = self.day("ON", on, Severity::Error)
            && day < self.today()
        {
            let found = Diagnostic::warning("day-passed", on.span, format!("{day} is over"));
            self.report(found.label("is surfaced at once"));
        }
        if let Some(to) = &surface.to {
            let file = to.value.to_string();
            if file.trim().is_empty() {
                self.report(Diagnostic::error("no-file", to.span, "a file needs a name"));
            } else if self.files.contains(&file) {
                let message = format!("`{file}` is written twice");
                let found = Diagnostic::warning("file-twice", to.span, message);
                self.report(found.label("takes the place of what was written before"));
            } else {
                self.files.insert(file);
            }
        }
    }

    fn format(&mut self, format: Name<'_>) {
        if format.value.parse::<Format>().is_err() {
            self.word("format", format, &Format::ALL.map(Format::name));
        }
    }

    fn today(&self) -> civil::Date {
        self.now.to_zoned(TimeZone::UTC).date()
    }

    /// A day as `YYYY-MM-DD`.
    fn day(&mut self, clause: &str, text: &Text<'_>, severity: Severity) -> Option<civil::Date> {
        let day = recall::day(&text.value);
        if day.is_none() {
            let message = format!("{clause}: `{}` is no day", text.value);
            let help = no_day(&text.value);
            self.report(Diagnostic::new(severity, "no-day", text.span, message).help(help));
        }
        day
    }

    pub(super) fn recall(&mut self, recall: &Recall<'s>) {
        let day = self.day("ON", &recall.date, Severity::Error);
        if let Some(day) = day
            && day > self.today()
        {
            let found = Diagnostic::warning("day-to-come", recall.date.span, format!("{day} is yet to come"));
            self.report(found.label("the data up to now are looked at"));
        }
        let mut seen: Vec<&str> = Vec::new();
        for watch in &recall.watches {
            let name = watch.trigger;
            if seen.contains(&name.value) {
                let message = format!("`{}` is looked back at twice", name.value);
                self.report(Diagnostic::warning("name-twice", name.span, message));
            }
            seen.push(name.value);
            self.watched(watch);
            if let Some(status) = watch.status {
                self.word("status", status, &["fired", "not_fired", "partial"]);
            }
            let Some(fired) = &watch.fired_date else { continue };
            let on = self.day("FIRED_DATE", fired, Severity::Warning);
            if watch.status.is_some_and(|status| status.value.eq_ignore_ascii_case("not_fired")) {
                let message = format!("`{}` has not fired, and has a day on which it fired", name.value);
                self.report(Diagnostic::warning("fired-date", fired.span, message));
            } else if let (Some(on), Some(day)) = (on, day)
                && on > day
            {
                let message = format!("`{}` fired on {on}, after the day of the review", name.value);
                self.report(Diagnostic::warning("fired-date", fired.span, message));
            }
        }
        self.triggers(recall);
        let stated = recall.stated.and_then(|number| self.confidence("CONFIDENCE_STATED", number));
        let actual = recall.actual.and_then(|number| self.confidence("CONFIDENCE_ACTUAL", number));
        if let Some(word) = recall.calibration
            && self.word("calibration", word, &["aligned", "over", "under"])
            && let (Some(stated), Some(actual)) = (stated, actual)
        {
            let (_, expected) = recall::calibration(stated, actual);
            if !word.value.eq_ignore_ascii_case(expected) {
                let message = format!("CALIBRATION is {expected} by the confidences, not {}", word.value);
                self.report(
                    Diagnostic::warning("calibration", word.span, message)
                        .help("aligned is within 0.1; over is surer than what came of it")
                        .fix(word.span, expected),
                );
            }
        }
        if let Some(after) = recall.drift_after
            && !(-100.0..=100.0).contains(&after.value)
        {
            let message = format!("a gap is within -100 to 100, not {}", after.value);
            self.report(Diagnostic::warning("drift-after", after.span, message));
        }
        if let Some((_, format)) = recall.surface {
            self.format(format);
        }
        let target = recall.target;
        self.make(format!("{}_recall", target.value).into(), target.span, names::Kind::Other, false);
    }

    fn triggers(&mut self, recall: &Recall<'s>) {
        let Some((fired, total)) = recall.triggers else { return };
        let whole = |number: Number| number.value.fract() == 0.0 && (0.0..=1e9).contains(&number.value);
        if !self.range("TRIGGERS", fired, whole(fired), "two whole numbers")
            || !self.range("TRIGGERS", total, whole(total), "two whole numbers")
        {
            return;
        }
        let span = fired.span.to(total.span);
        if fired.value > total.value {
            let message = format!("{} of {} cannot have fired", fired.value, total.value);
            self.report(Diagnostic::error("out-of-range", span, message));
            return;
        }
        let count = |status: &str| {
            let stated = recall.watches.iter().filter_map(|watch| watch.status);
            stated.filter(|word| word.value.eq_ignore_ascii_case(status)).count()
        };
        // Whether a partial one counts is the author's to say, and not every watch has to be told.
        let (sure, not, all) = (count("fired"), count("not_fired"), recall.watches.len());
        let [sure, not, all] = [sure, not, all].map(|count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        if total.value < all || fired.value < sure || fired.value > total.value - not {
            let message = format!(
                "TRIGGERS is {}/{}, by the statuses {sure} of {all} fired and {not} did not",
                fired.value, total.value
            );
            self.report(Diagnostic::warning("triggers", span, message));
        }
    }

    pub(super) fn watch(&mut self, watch: &Watch<'s>) {
        let name = watch.target;
        if !self.watches.insert(name.value) {
            let message = format!("there are two watches `{}`", name.value);
            self.report(Diagnostic::warning("name-twice", name.span, message));
        }
        match (watch.collection, self.nearest) {
            (Some(collection), _) => self.collection(collection, Some(&watch.condition)),
            (None, nearest) => {
                self.never(&watch.condition);
                if nearest.is_none() && self.source.is_some() {
                    let found = Diagnostic::warning("nothing-watched", name.span, "this WATCH has no collection");
                    self.report(found.help("say what is watched: `WATCH name IN collection WHEN ..`"));
                }
            }
        }
        if let Some(hold) = watch.hold
            && hold.value == 0.0
        {
            self.report(Diagnostic::new(
                Severity::Hint,
                "no-time",
                hold.span,
                "no time at all is what WATCH does anyway",
            ));
        }
    }

    pub(super) fn perch(&mut self, perch: &Perch<'s>) {
        if let Target::Simple(name) = perch.target {
            self.find(name, Severity::Warning);
        }
        let signals = perch.listen.iter().flatten();
        let mut seen: Vec<&str> = Vec::new();
        for signal in signals {
            if seen.contains(&signal.value) {
                let message = format!("the signal `{}` stands twice", signal.value);
                self.report(Diagnostic::new(Severity::Hint, "name-twice", signal.span, message));
            }
            seen.push(signal.value);
        }
        if let Some(chirp) = &perch.chirp {
            self.level(chirp);
        }
    }

    /// The dimensions of ACROSS, and those of CASCADE among them.
    pub(super) fn dimensions(&mut self, across: Option<&Across>, cascade: Option<&Cascade>) {
        let entries = across.map_or(&[][..], |across| &across.dimensions);
        let all = entries.iter().any(|entry| entry.value == DimensionRef::All);
        let mut scored: Vec<Dimension> = Vec::new();
        for entry in entries {
            match entry.value {
                DimensionRef::One(one) if scored.contains(&one) => {
                    self.twice(one, entry.span, "in ACROSS");
                }
                DimensionRef::One(one) => {
                    scored.push(one);
                    if all {
                        let message = format!("{} is part of ALL", one.id());
                        self.report(Diagnostic::new(Severity::Hint, "duplicate-dimension", entry.span, message));
                    }
                }
                DimensionRef::All => {}
            }
        }
        let Some(cascade) = cascade else { return };
        let mut declared: Vec<(Dimension, usize)> = Vec::new();
        for (step, dimension) in
            cascade.steps.iter().enumerate().flat_map(|(step, all)| all.iter().map(move |d| (step, d)))
        {
            let (one, span) = (dimension.value, dimension.span);
            match declared.iter().find(|(other, _)| *other == one) {
                Some((_, before)) if *before != step => {
                    let message = format!("{} stands at level {before} and at level {step} of the cascade", one.id());
                    self.report(
                        Diagnostic::error("duplicate-dimension", span, message)
                            .help("the cascade reaches a dimension once: leave one of them out"),
                    );
                }
                Some(_) => self.twice(one, span, "at this level of the cascade"),
                None => declared.push((one, step)),
            }
            if !entries.is_empty() && !all && !scored.contains(&one) {
                let message = format!("{} is declared in CASCADE and not scored", one.id());
                self.report(
                    Diagnostic::warning("not-scored", span, message)
                        .label("stays unknown")
                        .help(format!("add {} to ACROSS", one.id())),
                );
            }
        }
    }

    fn twice(&mut self, dimension: Dimension, span: Span, place: &str) {
        let message = format!("{} stands twice {place}", dimension.id());
        self.report(Diagnostic::warning("duplicate-dimension", span, message));
    }
}

/// `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// What is wrong with a day.
fn no_day(text: &str) -> String {
    let form = || "write it as `2026-03-31`: year, month, day".to_owned();
    let parts: Vec<&str> = text.split('-').collect();
    let &[year, month, day] = parts.as_slice() else { return form() };
    if year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return form();
    }
    let (Ok(year), Ok(month), Ok(_)) = (year.parse::<i16>(), month.parse::<i8>(), day.parse::<i8>()) else {
        return form();
    };
    match civil::Date::new(year, month, 1).and_then(|first| first.checked_add(1.month())?.checked_sub(1.day())) {
        Ok(last) => format!("{} has {} days", last.strftime("%B %Y"), last.day()),
        Err(_) => format!("there is no month {month}"),
    }
}
