//! What FETCH needs to know about the entities of a result, without keeping them.

use std::collections::BTreeMap;

use crate::run::columns::{RowConfidence, View};

/// How many entities a decision shows.
const SHOWN: usize = 10;

/// One entity that can be decided on.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    pub(super) entity: String,
    pub(super) chirp: f64,
    pub(super) confidence: Option<RowConfidence>,
}

/// The highest entities, and sums over all.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    /// Highest chirp first.
    pub(super) by_chirp: Vec<Ranked>,
    /// Highest chirp x confidence first, of those that have a confidence.
    pub(super) by_product: Vec<Ranked>,
    /// The highest chirp x confidence of each confidence in thousandths, for a FETCH that demands one.
    by_confidence: BTreeMap<u16, Ranked>,
    pub(super) matched: u64,
    pub(super) chirped: u64,
    pub(super) chirps: f64,
    /// Entities with a chirp and a confidence, and the sums over these.
    pub(super) sure: u64,
    pub(super) sure_chirps: f64,
    pub(super) confidences: f64,
    /// One of the confidences is derived.
    pub(super) derived: bool,
}

impl Ranking {
    pub(super) fn add(&mut self, view: View<'_>, chirp: Option<f64>) {
        self.matched += 1;
        let Some(chirp) = chirp else { return };
        let confidence = view.confidence();
        self.chirped += 1;
        self.chirps += chirp;
        insert(&mut self.by_chirp, view, chirp, confidence, |ranked| ranked.chirp);
        if let Some(RowConfidence { value, derived }) = confidence {
            self.sure += 1;
            self.sure_chirps += chirp;
            self.confidences += value;
            self.derived |= derived;
            insert(&mut self.by_product, view, chirp, confidence, product);
            let mut ranked = Ranked { entity: String::new(), chirp, confidence };
            let key = permille(value);
            if self.by_confidence.get(&key).is_none_or(|best| product(&ranked) > product(best)) {
                ranked.entity = view.entity();
                self.by_confidence.insert(key, ranked);
            }
        }
    }

    /// The highest entity of those whose confidence is at least `minimum`.
    pub(super) fn surest(&self, minimum: f64) -> Option<&Ranked> {
        let mut best: Option<&Ranked> = None;
        for ranked in self.by_confidence.range(permille(minimum)..).map(|(_, ranked)| ranked) {
            if best.is_none_or(|best| product(ranked) > product(best)) {
                best = Some(ranked);
            }
        }
        best
    }
}

/// A confidence in whole thousandths: finer than anybody can tell, and coarse enough to count.
pub(super) fn permille(confidence: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped to 0..=1000")]
    let whole = (confidence * 1000.0 + 1e-6).floor().clamp(0.0, 1000.0) as u16;
    whole
}

/// What orders entities with confidences of their own.
fn product(ranked: &Ranked) -> f64 {
    ranked.chirp * ranked.confidence.map_or(0.0, |confidence| confidence.value)
}

/// Entities that are equal stay in the order of the source.
fn insert(
    list: &mut Vec<Ranked>,
    view: View<'_>,
    chirp: f64,
    confidence: Option<RowConfidence>,
    key: impl Fn(&Ranked) -> f64,
) {
    let mut ranked = Ranked { entity: String::new(), chirp, confidence };
    let place = list.partition_point(|other| key(other) >= key(&ranked));
    if place < SHOWN {
        ranked.entity = view.entity();
        list.insert(place, ranked);
        list.truncate(SHOWN);
    }
}
