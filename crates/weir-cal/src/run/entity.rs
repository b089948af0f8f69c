//! One row scored in six dimensions.

use indexmap::IndexMap;

use crate::{
    ast::Dimension,
    number::{self, Decimal},
    outcome::{
        CascadeEdge, CascadeLevel, CascadeOrigin, CascadeStep, CascadeTree, DimensionScore, Entity, EntitySummary,
        Evidence, Impact, Multiplier,
    },
    run::columns::{Made, View},
    score,
};

/// The figures of a row that are needed for every row, whether it is kept or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    /// By [`Dimension::index`].
    pub(super) made: [Made; 6],
    /// The mean of the known scores, to 0.01.
    pub(super) chirp: Option<f64>,
    /// How many dimensions are affected.
    pub(super) affected: u32,
    /// How many have no evidence.
    pub(super) unknown: u32,
    /// The sum of the affected scores.
    pub(super) total: f64,
    /// The least and the most that the harm may cost.
    pub(super) impact: Option<(f64, f64)>,
}

impl Figures {
    /// Scores a row. Allocates nothing.
    pub(super) fn new(view: View<'_>, across: &[Dimension], depth: u32) -> Self {
        let mut made = [Made::Missing { out_of_range: false }; 6];
        let (mut sum, mut known, mut affected, mut unknown, mut total) = (0.0, 0u32, 0u32, 0u32, 0.0);
        for dimension in across {
            let one = view.made(*dimension);
            match one.score() {
                Some(score) => {
                    sum += score;
                    known += 1;
                    if score > score::AFFECTED {
                        affected += 1;
                        total += score;
                    }
                }
                None => unknown += 1,
            }
            if let Some(slot) = made.get_mut(dimension.index()) {
                *slot = one;
            }
        }
        let multiplier = score::multiplier(f64::from(affected), f64::from(depth));
        let impact = view
            .base_cost()
            .map(|cost| (score::round_half_up(cost * multiplier.min), score::round_half_up(cost * multiplier.max)));
        let chirp = (known > 0).then(|| number::round(sum / f64::from(known), 2));
        Self { made, chirp, affected, unknown, total, impact }
    }

    /// What the row says about a dimension.
    pub(super) fn made(&self, dimension: Dimension) -> Made {
        self.made.get(dimension.index()).copied().unwrap_or(Made::Missing { out_of_range: false })
    }

    /// The mean of the affected scores.
    pub(super) fn average(&self) -> Option<f64> {
        (self.affected > 0).then(|| self.total / f64::from(self.affected))
    }
}

/// The whole analysis of a row.
pub(super) fn entity(view: View<'_>, figures: &Figures, across: &[Dimension], depth: u32) -> Entity {
    let cascades = cascades(view, figures, across, depth);
    let mut dimensions = IndexMap::with_capacity(across.len());
    for dimension in across {
        let reached = view.level(*dimension).or_else(|| level_in(&cascades, *dimension));
        dimensions.insert(*dimension, dimension_score(*dimension, figures.made(*dimension), reached));
    }
    let name = view.entity();
    let multiplier = score::multiplier(f64::from(figures.affected), f64::from(depth));
    Entity {
        name: view.name(&name),
        entity: name,
        dimensions,
        summary: EntitySummary {
            dimensions_affected: figures.affected,
            dimensions_unknown: figures.unknown,
            total_score: Decimal::rounded(figures.total, 1),
            average_score: figures.average().map(|mean| Decimal::rounded(mean, 1)),
            chirp: figures.chirp.map(|chirp| Decimal::rounded(chirp, 2)),
            cascade_depth: depth,
            base_cost: view.base_cost().map(|cost| Decimal::rounded(cost, 6)),
            estimated_impact: figures.impact.map(|(min, max)| Impact {
                min: Decimal::rounded(min, 0),
                max: Decimal::rounded(max, 0),
                currency: view.currency().to_owned(),
            }),
            multiplier: Multiplier {
                min: Decimal::rounded(multiplier.min, 1),
                max: Decimal::rounded(multiplier.max, 1),
                label: multiplier.label,
            },
            confidence: view.confidence().map(|confidence| Decimal::rounded(confidence.value, 6)),
        },
        cascades,
    }
}

fn dimension_score(dimension: Dimension, made: Made, level: Option<u32>) -> DimensionScore {
    let score = made.score();
    DimensionScore {
        id: dimension,
        name: dimension.name(),
        score: reported(made),
        affected: score.map(|score| score > score::AFFECTED),
        cascade: score.map(|score| {
            let score::Cascade { level, probability, label } = score::cascade(score);
            CascadeLevel { level, probability: Decimal::rounded(probability, 1), label }
        }),
        level,
        evidence: evidence(dimension, made),
    }
}

/// A stated score as it is; one from a lens to 0.1.
pub(super) fn reported(made: Made) -> Option<Decimal> {
    let places = if matches!(made, Made::Stated { .. }) { 6 } else { 1 };
    made.score().map(|score| Decimal::rounded(score, places))
}

fn evidence(dimension: Dimension, made: Made) -> Evidence {
    let id = dimension.id();
    let mut inputs = IndexMap::new();
    let mut missing = Vec::new();
    let kind = match made {
        Made::Stated { score, nested } => {
            let field = if nested { format!("dimensions.{id}") } else { id.to_owned() };
            inputs.insert(field, Decimal::rounded(score, 6));
            "stated"
        }
        Made::Lens { signals, nested } => {
            for ((signal, nested), field) in signals.into_iter().zip(nested).zip(["sound", "space", "time"]) {
                let field = if nested { format!("dimensions.{id}.{field}") } else { field.to_owned() };
                inputs.insert(field, Decimal::rounded(signal, 6));
            }
            "lens"
        }
        Made::Missing { out_of_range } => {
            missing.push(if out_of_range { format!("{id} (0 to 100)") } else { id.to_owned() });
            if !out_of_range {
                missing.extend(["sound", "space", "time"].map(str::to_owned));
            }
            "missing"
        }
    };
    Evidence { kind, inputs, missing }
}

fn level_in(trees: &[CascadeTree], dimension: Dimension) -> Option<u32> {
    trees.iter().find_map(|tree| {
        if tree.origin.dimension == dimension {
            return Some(0);
        }
        let mut edges = tree.levels.iter().flat_map(|step| &step.cascades);
        edges.find(|edge| edge.to == dimension).map(|edge| edge.level)
    })
}

/// How the harm spreads from its origin along the map, each dimension once.
fn cascades(view: View<'_>, figures: &Figures, across: &[Dimension], depth: u32) -> Vec<CascadeTree> {
    let affected = |dimension: &Dimension| figures.made(*dimension).score().filter(|score| *score > score::AFFECTED);
    let declared = view.origin().filter(|origin| across.contains(origin));
    let declared = declared.filter(|origin| figures.affected > 0 && figures.made(*origin).score().is_some());
    // The first of the highest, in the order of ACROSS.
    let highest = || {
        let mut best: Option<(Dimension, f64)> = None;
        for dimension in across {
            if let Some(score) = affected(dimension)
                && best.is_none_or(|(_, most)| score > most)
            {
                best = Some((*dimension, score));
            }
        }
        best.map(|(dimension, _)| dimension)
    };
    let Some(origin) = declared.or_else(highest) else { return Vec::new() };
    let Some(score) = reported(figures.made(origin)) else { return Vec::new() };
    let probability = figures.made(origin).score().map_or(0.0, |score| score::cascade(score).probability);
    let mut visited = vec![origin];
    let mut current = vec![origin];
    let mut levels = Vec::new();
    for level in 1..=depth {
        let mut edges = Vec::new();
        let mut next = Vec::new();
        for from in current {
            for to in score::spreads_to(from) {
                if visited.contains(&to) || !across.contains(&to) {
                    continue;
                }
                visited.push(to);
                next.push(to);
                edges.push(CascadeEdge {
                    from,
                    to,
                    name: to.name(),
                    score: reported(figures.made(to)),
                    probability: Decimal::rounded(probability * (1.0 - 0.2 * f64::from(level)), 2),
                    level,
                });
            }
        }
        if edges.is_empty() {
            break;
        }
        levels.push(CascadeStep { level, cascades: edges });
        current = next;
    }
    let origin = CascadeOrigin { dimension: origin, name: origin.name(), score, level: 0 };
    vec![CascadeTree { origin, levels }]
}
