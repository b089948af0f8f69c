//! FETCH: its terms, and which of its branches can be reached.

use super::{Checker, names};
use crate::{
    ast::{Band, Fetch},
    diagnostic::Diagnostic,
    score::{Bands, DOUBTFUL, THRESHOLD},
};

impl<'s> Checker<'_, 's> {
    pub(super) fn fetch(&mut self, fetch: &Fetch<'s>) {
        self.has_drift(fetch);
        let threshold = self.threshold(fetch);
        let confidence = match fetch.confidence {
            Some(clause) if clause.minimum => {
                self.confidence("CONFIDENCE MIN", clause.value);
                None
            }
            Some(clause) => self.confidence("CONFIDENCE", clause.value),
            None => None,
        };
        let bands = match fetch.bands {
            Some(word) if !self.word("kind of bands", word, &["relative", "docs"]) => None,
            Some(word) if word.value.eq_ignore_ascii_case("docs") => Some(Bands::Docs),
            _ => Some(Bands::Relative),
        };
        if let Some(aggregate) = fetch.aggregate {
            self.word("aggregate", aggregate, &["max", "mean"]);
        }
        if let (Some(threshold), Some(bands)) = (threshold, bands) {
            self.branches(fetch, threshold, bands, confidence);
        }
        self.review(fetch, confidence);
        let target = fetch.target;
        self.make(format!("{}_fetch", target.value).into(), target.span, names::Kind::Other, false);
        for clause in &fetch.actions {
            self.within(names::When::Sometimes, &clause.action);
        }
    }

    fn threshold(&mut self, fetch: &Fetch<'_>) -> Option<f64> {
        let Some(number) = fetch.threshold else { return Some(THRESHOLD) };
        if number.value.is_finite() && number.value >= 0.0 {
            if number.value == 0.0 {
                let found = Diagnostic::warning("always-executes", number.span, "with a THRESHOLD of 0 all is EXECUTE");
                self.report(found.help("leave it out for 1000"));
            }
            return Some(number.value);
        }
        let message = format!("THRESHOLD must be 0 or more, not {}", number.value);
        self.report(Diagnostic::error("out-of-range", number.span, message));
        None
    }

    /// A score is at most 100 x drift x confidence: what lies above is never reached.
    fn branches(&mut self, fetch: &Fetch<'s>, threshold: f64, bands: Bands, confidence: Option<f64>) {
        let Some(Some(drift)) = self.drifts.get(fetch.target.value).copied() else { return };
        let drift = drift.abs();
        let most = 100.0 * drift * confidence.unwrap_or(1.0);
        let (confirm, queue) = bands.shares();
        for clause in &fetch.actions {
            let from = match clause.band {
                Band::Execute => threshold,
                Band::Confirm => confirm * threshold,
                Band::Queue => queue * threshold,
                Band::Wait => 0.0,
            };
            let band = clause.band.keyword();
            let why = if threshold == 0.0 && clause.band != Band::Execute {
                "every score is EXECUTE".to_owned()
            } else if from > most + 1e-6 {
                let confidence = confidence.map(|value| format!(" x {value}")).unwrap_or_default();
                format!("the score is at most 100 x {drift}{confidence} = {most}, and {band} begins at {from}")
            } else {
                continue;
            };
            let found = Diagnostic::warning("never-reached", clause.span, format!("`ON {band}` is never reached"));
            self.report(found.label("never runs").help(why));
        }
    }

    /// What is executed on a doubtful confidence is executed all the same, and marked.
    fn review(&mut self, fetch: &Fetch<'s>, confidence: Option<f64>) {
        let (Some(confidence), Some(clause)) = (confidence, fetch.confidence) else { return };
        if confidence <= DOUBTFUL && fetch.actions.iter().any(|action| action.band == Band::Execute) {
            let message = "EXECUTE asks for a review: the confidence is not above 0.60";
            let found = Diagnostic::warning("review", clause.value.span, message);
            self.report(found.help("a person should look before what `ON EXECUTE` says is relied on"));
        }
    }
}
