//! Reading a collection: the condition and the scores of each row, in one pass.

use std::time::Instant;

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::{
    ast::{Across, Dimension, DimensionRef, Expr},
    near::near,
    number::Decimal,
    outcome::{Entity, Foraged, ForagedSummary, Range},
    run::{
        cascade::Check,
        columns::{Columns, View},
        condition,
        entity::{self, Figures},
        lower::{Slots, lower},
        ranking::Ranking,
    },
    source::{Query, Source, SourceError},
    value::Truth,
};

/// How many rows are read between two looks at the clock.
const ROWS_BETWEEN_LOOKS: u64 = 1024;

/// What a FORAGE or a DIVE reads. Can be read again: a source gives the same rows.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    collection: String,
    query: Query,
    /// The fields of the condition come first.
    conditions: usize,
    columns: Columns,
    across: Vec<Dimension>,
    depth: u32,
}

/// How the rows of a collection fell out.
#[derive(Debug, Clone, Default)]
struct Counts {
    matched: u64,
    total: u64,
    unknown: u64,
    /// For each field of the condition, the rows that its absence leaves open.
    missing: Vec<u64>,
}

/// What is done with a row that matches.
type Matched<'m> = dyn FnMut(View<'_>, &Figures) -> Result<(), SourceError> + 'm;

/// The dimensions of an ACROSS clause, each once; all six where it is absent or says `ALL`.
pub(super) fn dimensions(across: Option<&Across>) -> Vec<Dimension> {
    let mut found = Vec::new();
    for entry in across.iter().flat_map(|across| &across.dimensions) {
        match entry.value {
            DimensionRef::All => return Dimension::ALL.to_vec(),
            DimensionRef::One(dimension) if !found.contains(&dimension) => found.push(dimension),
            DimensionRef::One(_) => {}
        }
    }
    if found.is_empty() { Dimension::ALL.to_vec() } else { found }
}

impl Plan {
    /// Plans the reading of `collection`.
    pub(super) fn new(
        source: &dyn Source,
        collection: &str,
        filter: Option<&Expr<'_>>,
        across: Vec<Dimension>,
        depth: u32,
        now: Timestamp,
    ) -> Result<Self, SourceError> {
        let schema = source.schema(collection)?;
        let mut slots = Slots::default();
        let filter = filter.map(|filter| lower(filter, &mut slots, now));
        let conditions = slots.len();
        let columns = Columns::new(&across, &schema, &mut slots);
        let query = Query { paths: slots.into_paths(), filter };
        Ok(Self { collection: collection.to_owned(), query, conditions, columns, across, depth })
    }

    /// Hands every row that matches to `matched`.
    fn each(
        &self,
        source: &dyn Source,
        deadline: Option<Instant>,
        matched: &mut Matched<'_>,
    ) -> Result<Counts, SourceError> {
        let mut counts = Counts { missing: vec![0; self.conditions], ..Counts::default() };
        let mut read = 0u64;
        let mut open = Vec::new();
        let scanned = source.scan(&self.collection, &self.query, &mut |row, given| {
            if read.is_multiple_of(ROWS_BETWEEN_LOOKS) {
                in_time(deadline)?;
            }
            read += 1;
            let truth = match (given, &self.query.filter) {
                (Some(truth), _) => truth,
                (None, Some(filter)) => condition::truth(filter, row)
                    .map_err(|mismatch| mismatch.error(&self.collection, &self.query, row))?,
                (None, None) => Truth::True,
            };
            match truth {
                Truth::False => Ok(()),
                Truth::Unknown => {
                    counts.unknown += 1;
                    open.clear();
                    if let Some(filter) = &self.query.filter {
                        condition::blame(filter, row, &mut open);
                    }
                    open.sort_unstable();
                    open.dedup();
                    for slot in &open {
                        if let Some(count) = counts.missing.get_mut(*slot) {
                            *count += 1;
                        }
                    }
                    Ok(())
                }
                Truth::True => {
                    counts.matched += 1;
                    let view = View::new(&self.columns, row);
                    matched(view, &Figures::new(view, &self.across, self.depth))
                }
            }
        })?;
        counts.total = scanned.total;
        // A field that nothing has is a slip of the pen. Of an empty collection nothing can be said.
        let absent = scanned.seen.iter().take(self.conditions).position(Vec::is_empty).filter(|_| scanned.total > 0);
        if let Some(field) = absent.and_then(|slot| self.query.paths.get(slot)) {
            let schema = source.schema(&self.collection)?;
            let near = near(field, schema.fields.iter().map(|field| field.path.as_str()));
            return Err(SourceError::UnknownField { collection: self.collection.clone(), field: field.clone(), near });
        }
        Ok(counts)
    }

    /// Reads and scores. The first `most` entities are kept, all are counted. Each check looks at every entity that
    /// matches.
    pub(super) fn read(
        &self,
        source: &dyn Source,
        deadline: Option<Instant>,
        most: usize,
        checks: &mut [Check],
    ) -> Result<Read, SourceError> {
        let mut entities = Vec::new();
        let mut sums = Sums::default();
        let mut ranking = Ranking::default();
        let counts = self.each(source, deadline, &mut |view, figures| {
            sums.add(view, figures, &self.across);
            ranking.add(view, figures.chirp);
            for check in checks.iter_mut() {
                check.add(view, figures);
            }
            if entities.len() < most {
                entities.push(entity::entity(view, figures, &self.across, self.depth));
            }
            Ok(())
        })?;
        let missing = self.query.paths.iter().zip(&counts.missing).filter(|(_, count)| **count > 0);
        let missing: IndexMap<String, u64> = missing.map(|(path, count)| (path.clone(), *count)).collect();
        let notes = sums.notes(&self.collection, &self.across, counts.unknown, &missing);
        let foraged = Foraged {
            target: self.collection.clone(),
            count: counts.matched,
            not_matched: counts.total.saturating_sub(counts.matched).saturating_sub(counts.unknown),
            unknown: counts.unknown,
            missing,
            across: self.across.clone(),
            depth: self.depth,
            entities_omitted: counts.matched.saturating_sub(entities.len() as u64),
            entities,
            summary: sums.summary(counts.matched),
            cascade: None,
        };
        Ok(Read { foraged, ranking, notes })
    }

    /// Hands every entity to `each`, those that are not kept included.
    pub(super) fn entities(
        &self,
        source: &dyn Source,
        deadline: Option<Instant>,
        each: &mut dyn FnMut(&Entity) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        self.each(source, deadline, &mut |view, figures| {
            each(&entity::entity(view, figures, &self.across, self.depth))
        })?;
        Ok(())
    }
}

/// Fails when the time of the run is over.
pub(super) fn in_time(deadline: Option<Instant>) -> Result<(), SourceError> {
    match deadline {
        Some(deadline) if Instant::now() >= deadline => {
            Err(SourceError::Stopped("the time that the run was given is over".to_owned()))
        }
        _ => Ok(()),
    }
}

/// What a FORAGE or a DIVE found.
pub(super) struct Read {
    pub(super) foraged: Foraged,
    pub(super) ranking: Ranking,
    pub(super) notes: Vec<String>,
}

/// Sums over all matched entities.
#[derive(Debug, Default)]
struct Sums {
    affected: u64,
    averages: f64,
    averaged: u64,
    chirps: f64,
    chirped: u64,
    most: Option<f64>,
    impact: IndexMap<String, (f64, f64)>,
    /// By [`Dimension::index`]: entities without evidence.
    unknown: [u64; 6],
}

impl Sums {
    fn add(&mut self, view: View<'_>, figures: &Figures, across: &[Dimension]) {
        self.affected += u64::from(figures.affected);
        if let Some(average) = figures.average() {
            self.averages += average;
            self.averaged += 1;
        }
        if let Some(chirp) = figures.chirp {
            self.chirps += chirp;
            self.chirped += 1;
            self.most = Some(self.most.map_or(chirp, |most| most.max(chirp)));
        }
        if let Some((min, max)) = figures.impact {
            let currency = view.currency();
            match self.impact.get_mut(currency) {
                Some(sum) => *sum = (sum.0 + min, sum.1 + max),
                None => {
                    self.impact.insert(currency.to_owned(), (min, max));
                }
            }
        }
        if figures.unknown > 0 {
            for dimension in across {
                if let Some(count) = self.unknown.get_mut(dimension.index())
                    && figures.made(*dimension).score().is_none()
                {
                    *count += 1;
                }
            }
        }
    }

    fn summary(&self, count: u64) -> ForagedSummary {
        let impact = self.impact.iter().map(|(currency, (min, max))| {
            (currency.clone(), Range { min: Decimal::rounded(*min, 0), max: Decimal::rounded(*max, 0) })
        });
        ForagedSummary {
            count,
            total_dimensions_affected: self.affected,
            average_score: mean(self.averages, self.averaged).map(|mean| Decimal::rounded(mean, 1)),
            max_chirp: self.most.map(|most| Decimal::rounded(most, 2)),
            mean_chirp: mean(self.chirps, self.chirped).map(|mean| Decimal::rounded(mean, 2)),
            total_impact: impact.collect(),
        }
    }

    fn notes(
        &self,
        collection: &str,
        across: &[Dimension],
        unknown: u64,
        missing: &IndexMap<String, u64>,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        if unknown > 0 {
            let fields: Vec<String> = missing.iter().map(|(field, count)| format!("`{field}` ({count})")).collect();
            notes.push(format!(
                "`{collection}`: the condition is unknown for {}; missing: {}",
                entities(unknown),
                fields.join(", ")
            ));
        }
        for dimension in across {
            let count = self.unknown.get(dimension.index()).copied().unwrap_or_default();
            if count > 0 {
                notes.push(format!("`{collection}`: no evidence for {} in {}", dimension.id(), entities(count)));
            }
        }
        notes
    }
}

/// `1 entity`, `2 entities`.
pub(super) fn entities(count: u64) -> String {
    if count == 1 { "1 entity".to_owned() } else { format!("{count} entities") }
}

/// `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "a count of entities stays below 2^53")]
pub(super) fn mean(sum: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}
