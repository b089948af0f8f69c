//! FORAGE, DIVE and TRACE: entities, and how harm spreads among their dimensions.

use indexmap::IndexMap;

use crate::{
    ast::{Across, Cascade, Dive, Expr, Forage, Name, Number, Statement, StatementKind, Trace},
    limits,
    number::Decimal,
    outcome::{CascadeCheck, Foraged, Output, TraceResult},
    run::{
        Environment,
        cascade::{Check, declared, words},
        execute::{Runner, counted},
        failure::Failure,
        ranking::Ranking,
        scan::{Plan, Read, dimensions, entities},
    },
};

/// How many steps a FORAGE follows the cascade where it does not say.
const FORAGE_DEPTH: u32 = 1;

/// How many steps a DIVE follows the cascade where it does not say.
const DIVE_DEPTH: u32 = 3;

/// What a FORAGE or a DIVE left for later statements.
pub(super) struct Collected {
    pub(super) plan: Plan,
    pub(super) ranking: Ranking,
    /// The cascades that TRACE statements claim about it, by how they are written.
    checks: IndexMap<String, CascadeCheck>,
}

impl Runner<'_, '_> {
    pub(super) fn forage(&mut self, forage: &Forage<'_>) -> Result<String, Failure> {
        let name = forage.surface.map_or("results", |name| name.value);
        let depth = steps(forage.depth, FORAGE_DEPTH)?;
        self.collect(
            name,
            forage.target,
            forage.filter.as_ref(),
            forage.across.as_ref(),
            depth,
            forage.cascade.as_ref(),
        )
    }

    pub(super) fn dive(&mut self, dive: &Dive<'_>) -> Result<String, Failure> {
        let name = dive.emit.map_or("report", |name| name.value);
        let depth = steps(dive.depth, DIVE_DEPTH)?;
        let followed = match dive.trace {
            Some(from) => match self.outputs.get(from.value) {
                Some(Output::Foraged(foraged)) => Some(self.follow(&format!("{name}_trace"), from.value, foraged)),
                _ => {
                    self.note(format!("`{}` is no earlier result, so that DIVE follows no cascade of it", from.value));
                    None
                }
            },
            None => None,
        };
        let summary =
            self.collect(name, dive.target, dive.filter.as_ref(), dive.across.as_ref(), depth, dive.cascade.as_ref())?;
        if let Some(trace) = followed {
            let name = trace.target.clone();
            self.keep(&name, Output::Trace(Box::new(trace)));
        }
        Ok(summary)
    }

    fn collect(
        &mut self,
        name: &str,
        collection: Name<'_>,
        filter: Option<&Expr<'_>>,
        across: Option<&Across>,
        depth: u32,
        cascade: Option<&Cascade>,
    ) -> Result<String, Failure> {
        let Environment { source, now, deadline, .. } = *self.environment;
        let plan = Plan::new(source, collection.value, filter, dimensions(across), depth, now)?;
        // What TRACE claims about the result is looked at in the same pass.
        let first = !self.outputs.values().any(|output| matches!(output, Output::Foraged(_)));
        let unnamed = if first { self.claims.get(&None) } else { None };
        let claims = self.claims.get(&Some(name)).into_iter().chain(unnamed).flatten().copied();
        let claims: IndexMap<String, &Cascade> = claims.chain(cascade).map(|claim| (declared(claim), claim)).collect();
        let mut looked: Vec<Check> = claims.into_values().map(Check::new).collect();
        let most = limits::KEPT_ENTITIES.min(limits::KEPT_IN_ALL.saturating_sub(self.kept));
        let Read { mut foraged, ranking, notes } = plan.read(source, deadline, most, &mut looked)?;
        let checks: IndexMap<String, CascadeCheck> =
            looked.into_iter().map(Check::finish).map(|check| (check.declared.clone(), check)).collect();
        foraged.cascade = cascade.and_then(|cascade| checks.get(&declared(cascade)).cloned());
        self.read.insert(collection.value.to_owned());
        for note in notes {
            self.note(note);
        }
        let total = foraged.count + foraged.not_matched + foraged.unknown;
        let mut summary = format!("{} of {} matched", foraged.count, entities(total));
        if foraged.unknown > 0 {
            summary.push_str(&format!(", {} cannot be said", foraged.unknown));
        }
        if let Some(check) = &foraged.cascade {
            summary.push_str(&format!("; {}", words(check)));
        }
        self.keep(name, Output::Foraged(Box::new(foraged)));
        self.collected.insert(name.to_owned(), Collected { plan, ranking, checks });
        Ok(summary)
    }

    pub(super) fn trace(&mut self, trace: &Trace<'_>) -> Result<String, Failure> {
        let name = trace.target.value;
        let first = || {
            let mut all = self.outputs.iter();
            all.find(|(_, output)| matches!(output, Output::Foraged(_))).map(|(name, _)| name.as_str())
        };
        let from = match trace.from {
            Some(from) => from.value,
            None => first().ok_or(Failure::NothingToFollow)?,
        };
        let foraged = match self.outputs.get(from) {
            Some(Output::Foraged(foraged)) => foraged,
            Some(_) => return Err(Failure::NotForaged(from.to_owned())),
            None => return Err(self.unknown(from)),
        };
        if name == from {
            return Err(Failure::OwnName(name.to_owned()));
        }
        let mut result = self.follow(name, from, foraged);
        if let Some(cascade) = &trace.cascade {
            let collected = self.collected.get(from);
            result.cascade = collected.and_then(|collected| collected.checks.get(&declared(cascade)).cloned());
        }
        let mut summary = format!("{} of `{from}`", counted(result.pathways.len(), "cascade"));
        if let Some(check) = &result.cascade {
            summary.push_str(&format!("; {}", words(check)));
        }
        self.collected.shift_remove(name);
        self.keep(name, Output::Trace(Box::new(result)));
        Ok(summary)
    }

    /// The cascades of a result, as many as may still be kept.
    fn follow(&self, name: &str, from: &str, foraged: &Foraged) -> TraceResult {
        let pathways = foraged.entities.iter().flat_map(|entity| entity.cascades.iter().cloned());
        TraceResult {
            target: name.to_owned(),
            from: from.to_owned(),
            pathways: pathways.take(limits::KEPT_IN_ALL.saturating_sub(self.kept)).collect(),
            total_impact: foraged.summary.total_impact.clone(),
            cascade: None,
        }
    }
}

/// The steps of a DEPTH clause.
fn steps(depth: Option<Number>, default: u32) -> Result<u32, Failure> {
    let Some(depth) = depth else { return Ok(default) };
    let value = depth.value;
    if value.fract() == 0.0 && (1.0..=f64::from(limits::DEPTH)).contains(&value) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and within 1..=6")]
        let steps = value as u32;
        Ok(steps)
    } else {
        let range = "a whole number from 1 to 6";
        Err(Failure::OutOfRange { what: "DEPTH", range, value: Decimal::rounded(value, 6) })
    }
}

/// How many entities and cascades a result keeps.
pub(super) fn weight(output: &Output) -> usize {
    match output {
        Output::Foraged(foraged) => foraged.entities.len(),
        Output::Trace(trace) => trace.pathways.len(),
        _ => 0,
    }
}

/// The cascades that TRACE statements claim, those of `ON` clauses included.
pub(super) fn claims<'s>(statements: &'s [Statement<'s>]) -> IndexMap<Option<&'s str>, Vec<&'s Cascade>> {
    let mut found: IndexMap<Option<&str>, Vec<&Cascade>> = IndexMap::new();
    let mut open: Vec<&Statement<'_>> = statements.iter().collect();
    while let Some(statement) = open.pop() {
        match &statement.kind {
            StatementKind::Trace(Trace { from, cascade: Some(cascade), .. }) => {
                found.entry(from.map(|from| from.value)).or_default().push(cascade);
            }
            StatementKind::Fetch(fetch) => open.extend(fetch.actions.iter().map(|clause| &clause.action)),
            _ => {}
        }
    }
    found
}
