//! FETCH: the decision on a result, per entity and over all.

use indexmap::IndexMap;

use crate::{
    ast::{Band, Fetch, Name, Number},
    number::{self, Decimal},
    outcome::{FetchComponents, FetchEntity, FetchResult, Foraged},
    run::{
        failure::Failure,
        ranking::{Ranked, Ranking, permille},
        scan::{entities, mean},
    },
    score::{self, Bands, DOUBTFUL, THRESHOLD, share},
};

/// The decimals of a mean: enough for a score that is exact to the sixth.
const MEAN_PLACES: u32 = 9;

/// What decides where there are several entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregate {
    Max,
    Mean,
}

/// What a FETCH decides by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    threshold: f64,
    bands: Bands,
    aggregate: Aggregate,
    /// The confidence that the script states.
    stated: Option<f64>,
    /// The confidence from which on it may execute.
    minimum: Option<f64>,
    drift: Decimal,
}

/// One decision.
#[derive(Debug, Clone, Copy)]
struct Decision {
    components: FetchComponents,
    score: Decimal,
    level: Band,
    review: bool,
}

impl Terms {
    /// Reads the clauses.
    pub(super) fn new(fetch: &Fetch<'_>, drift: Decimal) -> Result<Self, Failure> {
        let threshold = fetch.threshold.map_or(THRESHOLD, |threshold| threshold.value);
        if !(threshold.is_finite() && threshold >= 0.0) {
            let value = Decimal::rounded(threshold, 6);
            return Err(Failure::OutOfRange { what: "THRESHOLD", range: "0 or more", value });
        }
        let confidence = |minimum: bool| match fetch.confidence {
            Some(clause) if clause.minimum == minimum => confidence(clause.value).map(Some),
            _ => Ok(None),
        };
        Ok(Self {
            threshold: number::round(threshold, 6),
            bands: bands(fetch.bands)?,
            aggregate: aggregate(fetch.aggregate)?,
            stated: confidence(false)?,
            minimum: confidence(true)?,
            drift,
        })
    }

    /// Decides on a result.
    pub(super) fn decide(&self, target: &str, foraged: &Foraged, ranking: &Ranking) -> Result<FetchResult, Failure> {
        let with_confidence = if self.stated.is_some() { ranking.chirped } else { ranking.sure };
        let undecided = |reason: String| Failure::Undecided { target: target.to_owned(), reason };
        if ranking.matched == 0 {
            if foraged.unknown > 0 {
                let fields: Vec<String> = foraged.missing.keys().map(|field| format!("`{field}`")).collect();
                return Err(undecided(format!(
                    "no entity matched, and for {} the condition is unknown (missing: {})",
                    entities(foraged.unknown),
                    fields.join(", ")
                )));
            }
            return Ok(self.nothing(target));
        }
        if ranking.chirped == 0 {
            return Err(undecided(format!("no evidence for a dimension in {}", entities(ranking.matched))));
        }
        if with_confidence == 0 {
            return Err(undecided(
                "no confidence: state it as `CONFIDENCE 0.8`, or as `confidence`, or `perch` and `wake`, of the entity"
                    .to_owned(),
            ));
        }
        let list = if self.stated.is_some() { &ranking.by_chirp } else { &ranking.by_product };
        let highest = list.first().ok_or_else(|| undecided("no entity".to_owned()))?;
        let (decision, derived) = match self.aggregate {
            Aggregate::Max => self.highest(highest, ranking),
            Aggregate::Mean if self.stated.is_some() => (self.on(mean(ranking.chirps, ranking.chirped), None), false),
            Aggregate::Mean => {
                let confidence = mean(ranking.confidences, ranking.sure);
                (self.on(mean(ranking.sure_chirps, ranking.sure), confidence), ranking.derived)
            }
        };
        let source = match (self.stated, derived) {
            (Some(_), _) => "clause",
            (None, true) => "derived",
            (None, false) => "row",
        };
        let entities = list.iter().map(|ranked| {
            let decision = self.on_one(ranked);
            FetchEntity {
                entity: ranked.entity.clone(),
                fetch_score: decision.score,
                level: decision.level,
                components: decision.components,
            }
        });
        Ok(self.result(target, decision, source, entities.collect(), ranking.matched - with_confidence))
    }

    /// The entity that decides: of the highest band, and in it of the highest score. Where a confidence is demanded,
    /// an entity that reaches it comes before one with a higher score that does not.
    fn highest(&self, highest: &Ranked, ranking: &Ranking) -> (Decision, bool) {
        let derived = |ranked: &Ranked| ranked.confidence.is_some_and(|confidence| confidence.derived);
        let first = (self.on_one(highest), derived(highest));
        let Some(minimum) = self.minimum else { return first };
        match ranking.surest(minimum).map(|ranked| (self.on_one(ranked), derived(ranked))) {
            Some(other) if (other.0.level, other.0.score) > (first.0.level, first.0.score) => other,
            _ => first,
        }
    }

    fn on_one(&self, ranked: &Ranked) -> Decision {
        self.on(Some(ranked.chirp), ranked.confidence.map(|confidence| confidence.value))
    }

    /// What is printed is what was multiplied, so that a reader can do it again.
    fn on(&self, chirp: Option<f64>, confidence: Option<f64>) -> Decision {
        let chirp = Decimal::rounded(chirp.unwrap_or_default(), MEAN_PLACES);
        let confidence = Decimal::rounded(self.stated.or(confidence).unwrap_or_default(), MEAN_PLACES);
        let score = Decimal::rounded(score::fetch(chirp.get(), self.drift.get(), confidence.get()), 6);
        let (level, review) = self.level(score, confidence);
        Decision { components: FetchComponents { chirp, drift: self.drift, confidence }, score, level, review }
    }

    /// The band of a score, and whether a person should look first. Who is not sure enough may not execute.
    fn level(&self, score: Decimal, confidence: Decimal) -> (Band, bool) {
        let cuts = self.cuts();
        let band = cuts.iter().find(|(_, cut)| score >= **cut).map_or(Band::Wait, |(band, _)| *band);
        let unsure = self.minimum.is_some_and(|minimum| permille(confidence.get()) < permille(minimum));
        match band {
            Band::Execute if unsure => (Band::Confirm, true),
            Band::Execute => (Band::Execute, confidence.get() <= DOUBTFUL),
            other => (other, false),
        }
    }

    /// From which score on each band starts, highest first.
    fn cuts(&self) -> IndexMap<Band, Decimal> {
        let (confirm, queue) = self.bands.shares();
        let shares = [(Band::Execute, 1.0), (Band::Confirm, confirm), (Band::Queue, queue)];
        shares.into_iter().map(|(band, share)| (band, Decimal::rounded(self.threshold * share, 6))).collect()
    }

    fn result(
        &self,
        target: &str,
        decision: Decision,
        confidence_source: &'static str,
        entities: Vec<FetchEntity>,
        unknown: u64,
    ) -> FetchResult {
        let Decision { components, score, level, review } = decision;
        let high_priority = score.get() >= 2.0 * self.threshold;
        let priority = if high_priority && level == Band::Execute { " (High Priority)" } else { "" };
        let look = match (review, level) {
            (false, _) => String::new(),
            (true, Band::Execute) => format!(" | Review: the confidence is only {}", components.confidence),
            (true, _) => format!(" | Review: the confidence is {}, below the minimum", components.confidence),
        };
        FetchResult {
            target: target.to_owned(),
            fetch_score: score,
            threshold: Decimal::rounded(self.threshold, 6),
            level,
            high_priority,
            review,
            components,
            confidence_source,
            aggregate: match self.aggregate {
                Aggregate::Max => "max",
                Aggregate::Mean => "mean",
            },
            bands: self.cuts(),
            recommendation: format!("Score: {score} | Level: {}{priority}{look}", level.keyword()),
            entities,
            unknown,
        }
    }

    /// No entity calls for anything, whatever the threshold.
    fn nothing(&self, target: &str) -> FetchResult {
        let zero = Decimal::default();
        let confidence = Decimal::rounded(self.stated.unwrap_or_default(), 6);
        let components = FetchComponents { chirp: zero, drift: self.drift, confidence };
        let decision = Decision { components, score: zero, level: Band::Wait, review: false };
        let source = if self.stated.is_some() { "clause" } else { "none" };
        let mut result = self.result(target, decision, source, Vec::new(), 0);
        result.high_priority = false;
        result
    }
}

fn confidence(clause: Number) -> Result<f64, Failure> {
    share(clause.value).ok_or_else(|| Failure::OutOfRange {
        what: "CONFIDENCE",
        range: "0 to 1, or percent up to 100",
        value: Decimal::rounded(clause.value, 6),
    })
}

fn bands(given: Option<Name<'_>>) -> Result<Bands, Failure> {
    match given {
        None => Ok(Bands::Relative),
        Some(name) if name.value.eq_ignore_ascii_case("relative") => Ok(Bands::Relative),
        Some(name) if name.value.eq_ignore_ascii_case("docs") => Ok(Bands::Docs),
        Some(name) => Err(unknown_word("kind of bands", name, "relative or docs")),
    }
}

fn aggregate(given: Option<Name<'_>>) -> Result<Aggregate, Failure> {
    match given {
        None => Ok(Aggregate::Max),
        Some(name) if name.value.eq_ignore_ascii_case("max") => Ok(Aggregate::Max),
        Some(name) if name.value.eq_ignore_ascii_case("mean") => Ok(Aggregate::Mean),
        Some(name) => Err(unknown_word("aggregate", name, "max or mean")),
    }
}

fn unknown_word(what: &'static str, name: Name<'_>, known: &'static str) -> Failure {
    Failure::UnknownWord { what, word: name.value.to_owned(), known }
}
