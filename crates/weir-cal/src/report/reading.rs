//! What a person wants to read first in a document: the decision, the entity that it is about, the cascade.

use std::{cmp::Ordering, io};

use super::{Document, Subject, words};
use crate::{
    ast::Dimension,
    number::Decimal,
    outcome::{
        CascadeCheck, CascadeTree, DimensionScore, DriftResult, Entity, FetchResult, Foraged, Output, RecallResult,
    },
    value::Truth,
};

/// How many entities a document for people lists.
pub(super) const LISTED: usize = 50;

/// A document, arranged for a person.
pub(super) struct Reading<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) title: String,
    /// The result whose entities are shown.
    pub(super) foraged: Option<(&'d str, &'d Foraged)>,
    /// The weightiest decision.
    pub(super) fetch: Option<&'d FetchResult>,
    pub(super) drift: Option<&'d DriftResult>,
    /// All decisions of the subject.
    pub(super) decisions: Vec<&'d FetchResult>,
    pub(super) recalls: Vec<&'d RecallResult>,
    /// At most [`LISTED`], highest chirp first.
    pub(super) entities: Vec<Entity>,
    /// They are the highest of all that matched, not only of those that the analysis keeps.
    pub(super) of_all: bool,
    /// The declared cascade, where there is one.
    pub(super) cascade: Option<&'d CascadeCheck>,
}

impl<'d> Reading<'d> {
    /// Reads the entities once, where the document has more than the analysis keeps.
    pub(super) fn new(document: &'d Document<'d>) -> io::Result<Self> {
        let outputs = &document.outcome.outputs;
        let all: Vec<(&'d str, &'d Output)> = match document.subject {
            Subject::Analysis => outputs.iter().map(|(name, output)| (name.as_str(), output)).collect(),
            Subject::Result(name, output) => vec![(name, output)],
        };
        let mut decisions: Vec<&FetchResult> = all.iter().filter_map(|(_, output)| fetch_of(output)).collect();
        // A decision that has been made on a result belongs to it, and the gap to the decision.
        let (target, own) = match document.subject {
            Subject::Result(name, output) => (target(name, output), true),
            Subject::Analysis => ("", false),
        };
        if own && decisions.is_empty() {
            decisions.extend(outputs.get(&format!("{target}_fetch")).and_then(fetch_of));
        }
        let fetch = decisions.iter().copied().reduce(weightier);
        let target = fetch.map_or(target, |fetch| fetch.target.as_str());
        let drift = match outputs.get(&format!("{target}_drift")) {
            Some(Output::Drift(drift)) => Some(drift.as_ref()),
            _ => all.iter().find_map(|(_, output)| drift_of(output)),
        };
        let target = if target.is_empty() { drift.map_or("", |drift| drift.target.as_str()) } else { target };
        let foraged = all
            .iter()
            .copied()
            .chain(outputs.get_key_value(target).map(|(name, output)| (name.as_str(), output)))
            .filter_map(|(name, output)| foraged_of(output).map(|foraged| (name, foraged)))
            .reduce(|first, next| if first.0 != target && next.0 == target { next } else { first });
        let cascade = all
            .iter()
            .find_map(|(_, output)| match output {
                Output::Trace(trace) => trace.cascade.as_ref(),
                _ => None,
            })
            .or_else(|| foraged.and_then(|(_, foraged)| foraged.cascade.as_ref()))
            .or_else(|| all.iter().find_map(|(_, output)| foraged_of(output)?.cascade.as_ref()));
        let (entities, of_all) = highest(document, foraged)?;
        let mut reading = Self {
            document,
            title: String::new(),
            foraged,
            fetch,
            drift,
            decisions,
            recalls: all.iter().filter_map(|(_, output)| recall_of(output)).collect(),
            entities,
            of_all,
            cascade,
        };
        reading.title = reading.heading();
        Ok(reading)
    }

    /// The name of the only entity, else the name of the result, else the name of the document.
    fn heading(&self) -> String {
        let only = self.foraged.filter(|(_, foraged)| foraged.count == 1).and_then(|_| self.entity());
        match (only.and_then(|entity| entity.name.as_deref()), self.document.subject, self.foraged) {
            (Some(name), ..) => name.to_owned(),
            (None, Subject::Result(name, _), _) | (None, Subject::Analysis, Some((name, _))) => words::heading(name),
            (None, Subject::Analysis, None) => words::heading(self.document.name),
        }
    }

    /// The entity that decided, where it is at hand.
    fn decided(&self) -> Option<&Entity> {
        let decided = self.fetch?.entities.first()?;
        let kept = self.foraged.map(|(_, foraged)| foraged.entities.as_slice()).unwrap_or_default();
        self.entities.iter().chain(kept).find(|entity| entity.entity == decided.entity)
    }

    /// The entity that decided, else the highest.
    pub(super) fn entity(&self) -> Option<&Entity> {
        self.decided().or_else(|| self.entities.first())
    }

    /// Which entity is shown, where there are several.
    pub(super) fn shown(&self) -> Option<String> {
        let entity = &self.entity()?.entity;
        if self.foraged.is_none_or(|(_, foraged)| foraged.count < 2) {
            return None;
        }
        Some(match (self.decided(), self.of_all) {
            (Some(_), _) => format!("`{entity}`, which has the highest score"),
            (None, true) => format!("`{entity}`, which has the highest chirp"),
            (None, false) => format!("`{entity}`, which has the highest chirp of the entities that the analysis keeps"),
        })
    }

    /// The case in one sentence.
    pub(super) fn lead(&self) -> Option<String> {
        let fetch = self.fetch?;
        let hit = self.entity().map(|entity| {
            let (hit, all) = (entity.summary.dimensions_affected, entity.dimensions.len());
            let verb = if hit == 1 { "is" } else { "are" };
            format!("{hit} of {all} dimensions {verb} hit, and the")
        });
        let hit = hit.unwrap_or_else(|| "The".to_owned());
        if fetch.threshold.get() <= 0.0 {
            return Some(format!("{hit} score is {}.", words::number(fetch.fetch_score)));
        }
        let times = Decimal::rounded(fetch.fetch_score.get() / fetch.threshold.get(), 2);
        Some(format!("{hit} score is {} times its threshold.", words::number(times)))
    }

    /// How many entities are left out of the list, in words.
    pub(super) fn left_out(&self) -> Option<String> {
        let listed = u64::try_from(self.entities.len()).unwrap_or(u64::MAX);
        let more = self.foraged.map_or(0, |(_, foraged)| foraged.count.saturating_sub(listed));
        match (more, self.of_all) {
            (0, _) => None,
            (more, true) => Some(format!("{} more, with no higher chirp, are not listed.", words::count(more))),
            (more, false) => Some(format!(
                "{} more are not listed; the list is of those that the analysis keeps.",
                words::count(more)
            )),
        }
    }

    /// The dimensions of the entity, from the origin on.
    pub(super) fn dimensions(&self) -> Vec<&DimensionScore> {
        let mut dimensions: Vec<_> = self.entity().into_iter().flat_map(|entity| entity.dimensions.values()).collect();
        dimensions.sort_by_key(|dimension| dimension.level.unwrap_or(u32::MAX));
        dimensions
    }

    /// The cascade as it is drawn: the declared one, else that of the entity.
    pub(super) fn picture(&self) -> Option<Picture<'_>> {
        match self.cascade {
            Some(check) => Some(Picture::declared(check)),
            None => self.entity()?.cascades.first().map(Picture::mapped),
        }
    }
}

/// The result that an output is about.
fn target<'d>(name: &'d str, output: &'d Output) -> &'d str {
    match output {
        Output::Foraged(_) => name,
        Output::Drift(drift) => &drift.target,
        Output::Fetch(fetch) => &fetch.target,
        Output::Trace(trace) => &trace.from,
        Output::Recall(recall) => &recall.target,
    }
}

fn fetch_of(output: &Output) -> Option<&FetchResult> {
    match output {
        Output::Fetch(fetch) => Some(fetch),
        _ => None,
    }
}

fn drift_of(output: &Output) -> Option<&DriftResult> {
    match output {
        Output::Drift(drift) => Some(drift),
        _ => None,
    }
}

fn foraged_of(output: &Output) -> Option<&Foraged> {
    match output {
        Output::Foraged(foraged) => Some(foraged),
        _ => None,
    }
}

fn recall_of(output: &Output) -> Option<&RecallResult> {
    match output {
        Output::Recall(recall) => Some(recall),
        _ => None,
    }
}

/// The higher band counts, then the larger score; the first of equals.
fn weightier<'d>(first: &'d FetchResult, next: &'d FetchResult) -> &'d FetchResult {
    let rank = |fetch: &FetchResult| (fetch.level, fetch.high_priority);
    let order = rank(next).cmp(&rank(first));
    let order = order.then(next.fetch_score.partial_cmp(&first.fetch_score).unwrap_or(Ordering::Equal));
    if order == Ordering::Greater { next } else { first }
}

/// The entities with the highest chirps, in the order of the source where they are equal; and whether all were seen.
fn highest(document: &Document<'_>, foraged: Option<(&str, &Foraged)>) -> io::Result<(Vec<Entity>, bool)> {
    let Some((name, foraged)) = foraged else { return Ok((Vec::new(), true)) };
    let mut list: Vec<Entity> = Vec::new();
    let mut take = |entity: &Entity| {
        let chirp = |entity: &Entity| entity.summary.chirp.map_or(f64::NEG_INFINITY, Decimal::get);
        let place = list.partition_point(|other| chirp(other) >= chirp(entity));
        if place < LISTED {
            list.insert(place, entity.clone());
            list.truncate(LISTED);
        }
        Ok(())
    };
    let is_subject = matches!(document.subject, Subject::Result(subject, Output::Foraged(_)) if subject == name);
    let whole = foraged.entities_omitted == 0;
    match document.entities {
        Some(entities) if is_subject && !whole => {
            entities.each(&mut take)?;
            Ok((list, true))
        }
        _ => {
            foraged.entities.iter().try_for_each(take)?;
            Ok((list, whole))
        }
    }
}

/// A cascade as columns of dimensions.
pub(super) struct Picture<'d> {
    /// The origin first.
    pub(super) columns: Vec<Vec<Place<'d>>>,
    /// The arrows.
    pub(super) arrows: Vec<(Dimension, Dimension)>,
    /// As the script has it, else from the map of the method.
    pub(super) declared: Option<&'d CascadeCheck>,
}

/// One dimension in a picture.
pub(super) struct Place<'d> {
    pub(super) dimension: Dimension,
    pub(super) score: Option<Decimal>,
    /// What the evidence says to it, and why; absent where nothing was declared.
    pub(super) check: Option<(Truth, &'d str)>,
}

impl<'d> Picture<'d> {
    fn declared(check: &'d CascadeCheck) -> Self {
        let mut columns: Vec<Vec<Place<'d>>> = Vec::new();
        let mut entries: Vec<_> = check.dimensions.iter().collect();
        entries.sort_by_key(|entry| entry.declared_level);
        let mut level = None;
        for entry in entries {
            if level != Some(entry.declared_level) {
                level = Some(entry.declared_level);
                columns.push(Vec::new());
            }
            let check = Some((entry.holds, entry.reason.as_str()));
            if let Some(column) = columns.last_mut() {
                column.push(Place { dimension: entry.dimension, score: entry.score, check });
            }
        }
        let steps = columns.iter().zip(columns.iter().skip(1));
        let arrows = steps.flat_map(|(from, to)| {
            from.iter().flat_map(move |from| to.iter().map(move |to| (from.dimension, to.dimension)))
        });
        Self { arrows: arrows.collect(), columns, declared: Some(check) }
    }

    fn mapped(tree: &CascadeTree) -> Self {
        let place = |dimension, score| Place { dimension, score, check: None };
        let origin = vec![place(tree.origin.dimension, Some(tree.origin.score))];
        let steps =
            tree.levels.iter().map(|step| step.cascades.iter().map(|edge| place(edge.to, edge.score)).collect());
        let edges = tree.levels.iter().flat_map(|step| &step.cascades);
        Self {
            columns: std::iter::once(origin).chain(steps).collect(),
            arrows: edges.map(|edge| (edge.from, edge.to)).collect(),
            declared: None,
        }
    }

    /// In words, for those who do not see it.
    pub(super) fn described(&self) -> String {
        let column = |column: &Vec<Place<'_>>| {
            let place = |place: &Place<'_>| {
                let check = place.check.map(|(holds, _)| format!(", {}", words::agreement(holds)));
                let score = words::known(place.score);
                format!("{} {} {score}{}", place.dimension.id(), place.dimension.name(), check.unwrap_or_default())
            };
            column.iter().map(place).collect::<Vec<_>>().join(" and ")
        };
        self.columns.iter().map(column).collect::<Vec<_>>().join("; then ")
    }
}
