//! A declared cascade against what the entities say.

use crate::{
    ast::{Cascade, Dimension, Spanned},
    number::Decimal,
    outcome::{CascadeCheck, CascadeCheckEntry},
    run::{
        columns::View,
        entity::{Figures, reported},
    },
    score,
    value::Truth,
};

/// Collects what the entities say about a declared cascade. The worst entity counts.
#[derive(Debug, Clone)]
pub(super) struct Check {
    declared: String,
    entries: Vec<CascadeCheckEntry>,
    seen: bool,
}

impl Check {
    pub(super) fn new(cascade: &Cascade) -> Self {
        let declared = declared(cascade);
        let entries = (0u32..).zip(&cascade.steps).flat_map(|(level, step)| {
            step.iter().map(move |dimension| CascadeCheckEntry {
                dimension: dimension.value,
                declared_level: level,
                observed_level: None,
                score: None,
                holds: Truth::Unknown,
                reason: "no entity matched".to_owned(),
            })
        });
        Self { declared, entries: entries.collect(), seen: false }
    }

    /// Takes one entity into account.
    pub(super) fn add(&mut self, view: View<'_>, figures: &Figures) {
        for entry in &mut self.entries {
            // What is contradicted once stays so.
            if entry.holds == Truth::False {
                continue;
            }
            let score = figures.made(entry.dimension).score();
            let level = view.level(entry.dimension);
            let holds = match (score, level) {
                (Some(score), _) if score <= score::AFFECTED => Truth::False,
                (_, Some(level)) if level != entry.declared_level => Truth::False,
                (Some(_), Some(_)) => Truth::True,
                _ => Truth::Unknown,
            };
            let worse = matches!((entry.holds, holds), (Truth::True, Truth::Unknown) | (_, Truth::False));
            if self.seen && !worse {
                continue;
            }
            entry.holds = holds;
            entry.observed_level = level;
            entry.score = reported(figures.made(entry.dimension));
            entry.reason = reason(&view.entity(), entry, score);
        }
        self.seen = true;
    }

    pub(super) fn finish(self) -> CascadeCheck {
        let holds = self.entries.iter().fold(Truth::True, |all, entry| all.and(entry.holds));
        CascadeCheck { declared: self.declared, holds, dimensions: self.entries }
    }
}

/// A cascade as it is written: `D5 -> D6+D2`.
pub(super) fn declared(cascade: &Cascade) -> String {
    let step = |step: &Vec<Spanned<Dimension>>| {
        step.iter().map(|dimension| dimension.value.id()).collect::<Vec<_>>().join("+")
    };
    cascade.steps.iter().map(step).collect::<Vec<_>>().join(" -> ")
}

/// What came out, in a few words.
pub(super) fn words(check: &CascadeCheck) -> String {
    let of = |truth: Truth| {
        let entries = check.dimensions.iter().filter(|entry| entry.holds == truth);
        entries.map(|entry| entry.dimension.id()).collect::<Vec<_>>().join(", ")
    };
    match check.holds {
        Truth::True => "the cascade agrees".to_owned(),
        Truth::False => format!("the cascade differs in {}", of(Truth::False)),
        Truth::Unknown => format!("the cascade is unknown for {}", of(Truth::Unknown)),
    }
}

fn reason(entity: &str, entry: &CascadeCheckEntry, score: Option<f64>) -> String {
    let (id, declared) = (entry.dimension.id(), entry.declared_level);
    match (score, entry.observed_level) {
        (Some(score), _) if score <= score::AFFECTED => {
            let shown = entry.score.unwrap_or(Decimal::rounded(score, 1));
            format!("{id} of `{entity}` is not affected: {shown} is not above 20")
        }
        (_, Some(level)) if level != declared => {
            format!("`{entity}` has {id} at level {level}, the script at level {declared}")
        }
        (None, _) => format!("`{entity}` has no evidence for {id}"),
        (Some(_), None) => format!("`{entity}` does not say at which level {id} is"),
        (Some(_), Some(level)) => format!("`{entity}` has {id} affected at level {level}"),
    }
}
