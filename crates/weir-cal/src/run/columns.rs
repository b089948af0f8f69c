//! The fields that scoring reads, and the figures that a row gives.

use crate::{
    ast::Dimension,
    run::lower::Slots,
    score,
    source::{Row, Schema},
    value::Value,
};

/// Slots of the fields that scoring reads; `None` where the collection cannot have the field.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    dimensions: [DimensionColumns; 6],
    lens: [Option<usize>; 3],
    id: Option<usize>,
    name: Option<usize>,
    confidence: Option<usize>,
    perch: Option<usize>,
    wake: Option<usize>,
    base_cost: [Option<usize>; 2],
    currency: [Option<usize>; 2],
    levels: [Option<usize>; 2],
    origin: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct DimensionColumns {
    stated: [Option<usize>; 2],
    lens: [Option<usize>; 3],
}

const LENS: [&str; 3] = ["sound", "space", "time"];

impl Columns {
    /// Asks for the fields of `across` that the collection can have.
    pub(super) fn new(across: &[Dimension], schema: &Schema, slots: &mut Slots) -> Self {
        let mut ask = |path: &str| possible(schema, path).then(|| slots.slot(path));
        let mut columns = Self {
            lens: LENS.map(&mut ask),
            id: ask("id"),
            name: ask("name"),
            confidence: ask("confidence"),
            perch: ask("perch"),
            wake: ask("wake"),
            base_cost: ["baseCost", "metadata.baseCost"].map(&mut ask),
            currency: ["currency", "metadata.currency"].map(&mut ask),
            levels: ["levels", "metadata.levels"].map(&mut ask),
            origin: ask("metadata.origin.dimension"),
            ..Self::default()
        };
        for dimension in across {
            let id = dimension.id();
            if let Some(entry) = columns.dimensions.get_mut(dimension.index()) {
                entry.stated = [ask(id), ask(&format!("dimensions.{id}"))];
                entry.lens = LENS.map(|signal| ask(&format!("dimensions.{id}.{signal}")));
            }
        }
        columns
    }
}

/// A declared field list says what there is; a sampled one does not. A tree may hold what the list does not name.
fn possible(schema: &Schema, path: &str) -> bool {
    !schema.complete
        || schema.fields.iter().any(|field| {
            let under = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
            field.path == path || under(path, &field.path) || under(&field.path, path)
        })
}

/// What made a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Made {
    /// A number for the dimension; in `dimensions` where `nested`.
    Stated { score: f64, nested: bool },
    /// Sound, space and time, and whether each was found in `dimensions`.
    Lens { signals: [f64; 3], nested: [bool; 3] },
    /// There is no evidence. `out_of_range`: there is a number, and it is not within 0 to 100.
    Missing { out_of_range: bool },
}

impl Made {
    /// The score, unrounded.
    pub(super) fn score(self) -> Option<f64> {
        match self {
            Self::Stated { score, .. } => Some(score),
            Self::Lens { signals: [sound, space, time], .. } => Some(score::lens(sound, space, time)),
            Self::Missing { .. } => None,
        }
    }
}

/// How sure the evidence of a row is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RowConfidence {
    /// 0 to 1.
    pub(super) value: f64,
    /// From perch and wake, not stated.
    pub(super) derived: bool,
}

/// A row with the names of its fields.
#[derive(Clone, Copy)]
pub(super) struct View<'r> {
    columns: &'r Columns,
    row: &'r Row,
}

impl<'r> View<'r> {
    pub(super) fn new(columns: &'r Columns, row: &'r Row) -> Self {
        Self { columns, row }
    }

    fn at(self, slot: Option<usize>) -> Option<&'r Value> {
        slot.and_then(|slot| self.row.get(slot)).filter(|value| **value != Value::Missing)
    }

    fn number(self, slot: Option<usize>) -> Option<f64> {
        self.at(slot)?.as_number().filter(|number| number.is_finite())
    }

    /// What the row says about a dimension: stated, else through the lens, else nothing.
    pub(super) fn made(self, dimension: Dimension) -> Made {
        let Some(columns) = self.columns.dimensions.get(dimension.index()) else {
            return Made::Missing { out_of_range: false };
        };
        for (slot, nested) in columns.stated.into_iter().zip([false, true]) {
            if let Some(score) = self.number(slot) {
                // A figure that cannot be a score is no evidence; to look further would hide the mistake.
                return if (0.0..=100.0).contains(&score) {
                    Made::Stated { score, nested }
                } else {
                    Made::Missing { out_of_range: true }
                };
            }
        }
        let mut signals = [0.0; 3];
        let mut nested = [false; 3];
        for (((signal, nested), own), shared) in
            signals.iter_mut().zip(&mut nested).zip(columns.lens).zip(self.columns.lens)
        {
            let stated = self.number(own);
            let Some(value) = stated.or_else(|| self.number(shared)) else {
                return Made::Missing { out_of_range: false };
            };
            (*signal, *nested) = (value, stated.is_some());
        }
        Made::Lens { signals, nested }
    }

    /// The confidence that the row states, else the one that follows from perch and wake.
    pub(super) fn confidence(self) -> Option<RowConfidence> {
        if let Some(stated) = self.number(self.columns.confidence) {
            return score::share(stated).map(|value| RowConfidence { value, derived: false });
        }
        let figure = |slot| self.number(slot).filter(|figure| (0.0..=100.0).contains(figure));
        let value = figure(self.columns.perch)?.min(figure(self.columns.wake)?) / 100.0;
        Some(RowConfidence { value, derived: true })
    }

    fn text(self, slot: Option<usize>) -> Option<String> {
        Some(match self.at(slot)? {
            Value::Text(text) => text.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Time(time) => time.to_string(),
            Value::Missing | Value::Tree(_) => return None,
        })
    }

    /// What the entity is called: `id`, else `name`, else `Unknown`.
    pub(super) fn entity(self) -> String {
        let filled = |slot| self.text(slot).filter(|text| !text.is_empty());
        filled(self.columns.id).or_else(|| filled(self.columns.name)).unwrap_or_else(|| "Unknown".to_owned())
    }

    /// The name, where it says more than `entity`.
    pub(super) fn name(self, entity: &str) -> Option<String> {
        self.text(self.columns.name).filter(|name| !name.is_empty() && name != entity)
    }

    /// What one unit of harm costs; absent where it is not above zero.
    pub(super) fn base_cost(self) -> Option<f64> {
        self.columns.base_cost.into_iter().find_map(|slot| self.number(slot)).filter(|cost| *cost > 0.0)
    }

    /// The currency of the cost.
    pub(super) fn currency(self) -> &'r str {
        let stated = self.columns.currency.into_iter().find_map(|slot| self.at(slot)?.as_text());
        stated.filter(|text| !text.is_empty()).unwrap_or("USD")
    }

    /// The step from the origin that the row declares for a dimension.
    pub(super) fn level(self, dimension: Dimension) -> Option<u32> {
        self.columns.levels.into_iter().find_map(|slot| {
            let Value::Tree(tree) = self.at(slot)? else { return None };
            tree.get(dimension.id())?.as_u64().and_then(|level| u32::try_from(level).ok())
        })
    }

    /// The origin that the row declares.
    pub(super) fn origin(self) -> Option<Dimension> {
        let id = self.at(self.columns.origin)?.as_text()?;
        Dimension::ALL.into_iter().find(|dimension| dimension.id().eq_ignore_ascii_case(id))
    }
}
