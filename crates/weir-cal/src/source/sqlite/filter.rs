//! A condition as SQL that drops the rows for which it is false, and no others.
//!
//! The receiver evaluates the condition for every row that is handed over, so the SQL may keep too much. It must never
//! drop a row for which the condition is unknown, or one whose values are of a type that the condition cannot be
//! applied to. Columns of SQLite hold values of any type; a `+` before a column switches off the conversions that would
//! hide it, so that numbers stand before texts, and texts before bytes.

use indexmap::IndexSet;
use rusqlite::types::Value as Parameter;

use crate::{
    ast::Operator,
    source::{Constant, Predicate},
    value::Type,
};

/// What a column is declared to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Bool,
    Integer,
    Number,
    Text,
    Time,
    Json,
    /// Nothing is declared.
    Any,
}

impl Class {
    pub(crate) fn declared(sql: &str) -> Self {
        let sql = sql.to_ascii_uppercase();
        let one_of = |parts: &[&str]| parts.iter().any(|part| sql.contains(part));
        if one_of(&["BOOL"]) {
            Self::Bool
        } else if one_of(&["JSON"]) {
            Self::Json
        } else if one_of(&["DATE", "TIME"]) {
            Self::Time
        } else if one_of(&["INT"]) {
            Self::Integer
        } else if one_of(&["CHAR", "CLOB", "TEXT"]) {
            Self::Text
        } else if one_of(&["REAL", "FLOA", "DOUB", "NUM", "DEC"]) {
            Self::Number
        } else {
            Self::Any
        }
    }

    pub(crate) fn declares(self) -> Option<Type> {
        Some(match self {
            Self::Bool => Type::Bool,
            Self::Integer => Type::Integer,
            Self::Number => Type::Number,
            Self::Text => Type::Text,
            Self::Time => Type::Time,
            Self::Json => Type::Tree,
            Self::Any => return None,
        })
    }

    fn numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Any)
    }

    fn textual(self) -> bool {
        matches!(self, Self::Text | Self::Any)
    }
}

/// The most comparisons, parameters and guards that are left to SQLite, which limits the depth of an expression.
const MOST: usize = 300;

/// The class of the column of a slot and its name in SQL; `None` where the value is no column as it is.
type Columns<'c> = dyn Fn(usize) -> Option<(Class, String)> + 'c;

/// A condition as SQL.
#[derive(Debug)]
pub(super) struct Filter {
    condition: String,
    parameters: Vec<Parameter>,
}

impl Filter {
    /// `None` where SQLite cannot help. `bytewise`: the database orders texts by their bytes in UTF-8.
    pub(super) fn new(predicate: &Predicate, columns: &Columns<'_>, bytewise: bool) -> Option<Self> {
        let mut writer = Writer { columns, bytewise, parameters: Vec::new(), guards: IndexSet::new(), size: 0 };
        let kept = writer.kept(predicate, false)?;
        if [writer.size, writer.parameters.len(), writer.guards.len()].into_iter().any(|size| size > MOST) {
            return None;
        }
        let mut condition = format!("({kept}) IS NOT FALSE");
        for guard in &writer.guards {
            condition.push_str(" OR ");
            condition.push_str(guard);
        }
        Some(Self { condition, parameters: writer.parameters })
    }

    pub(super) fn sql(&self) -> String {
        format!(" WHERE {}", self.condition)
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }
}

struct Writer<'c> {
    columns: &'c Columns<'c>,
    bytewise: bool,
    parameters: Vec<Parameter>,
    /// What keeps the rows whose values are of another type.
    guards: IndexSet<String>,
    size: usize,
}

impl Writer<'_> {
    /// SQL that is false only where the predicate (or its negation) is false.
    fn kept(&mut self, predicate: &Predicate, negated: bool) -> Option<String> {
        self.size += 1;
        if self.size > MOST {
            return None;
        }
        match predicate {
            Predicate::Not(inner) => self.kept(inner, !negated),
            Predicate::All(parts) if negated => self.either(parts, true),
            Predicate::All(parts) => self.every(parts, false),
            Predicate::Any(parts) if negated => self.every(parts, true),
            Predicate::Any(parts) => self.either(parts, false),
            leaf => {
                let sql = self.leaf(leaf)?;
                Some(if negated { format!("NOT ({sql})") } else { sql })
            }
        }
    }

    /// A part that SQLite cannot judge can be left out.
    fn every(&mut self, parts: &[Predicate], negated: bool) -> Option<String> {
        if parts.is_empty() {
            return Some("1".to_owned());
        }
        let parts: Vec<String> = parts.iter().filter_map(|part| self.kept(part, negated)).collect();
        (!parts.is_empty()).then(|| format!("({})", parts.join(" AND ")))
    }

    /// A part that SQLite cannot judge leaves the whole open.
    fn either(&mut self, parts: &[Predicate], negated: bool) -> Option<String> {
        if parts.is_empty() {
            return Some("0".to_owned());
        }
        let bound = self.parameters.len();
        // All parts are looked at: each says which rows must be kept.
        let parts: Vec<Option<String>> = parts.iter().map(|part| self.kept(part, negated)).collect();
        let Some(parts) = parts.into_iter().collect::<Option<Vec<String>>>() else {
            self.parameters.truncate(bound);
            return None;
        };
        Some(format!("({})", parts.join(" OR ")))
    }

    fn bind(&mut self, constant: &Constant) -> String {
        self.parameters.push(match constant {
            Constant::Bool(value) => Parameter::Integer(i64::from(*value)),
            Constant::Integer(whole) => Parameter::Integer(*whole),
            Constant::Number(number) | Constant::Age { days: number, .. } => Parameter::Real(*number),
            Constant::Text(text) => Parameter::Text(text.to_string()),
        });
        format!("?{}", self.parameters.len())
    }

    /// SQL that is true, false or unknown as the comparison is.
    fn leaf(&mut self, leaf: &Predicate) -> Option<String> {
        match leaf {
            Predicate::Compare { slot, operator, constant } => {
                let (class, column) = (self.columns)(*slot)?;
                let operand = self.operand(class, &column, kind(constant), *operator)?;
                Some(format!("{operand} {} {}", symbol(*operator), self.bind(constant)))
            }
            Predicate::CompareFields { left, operator, right } => {
                let (left, right) = ((self.columns)(*left)?, (self.columns)(*right)?);
                let kind = match (left.0, right.0) {
                    (Class::Bool, Class::Bool) => Kind::Bool,
                    (Class::Text, Class::Text) => Kind::Text,
                    (left, right) if left != Class::Any && right != Class::Any => Kind::Number,
                    _ => return self.open(&[left.1, right.1]),
                };
                let one = self.operand(left.0, &left.1, kind, *operator)?;
                let other = self.operand(right.0, &right.1, kind, *operator)?;
                Some(format!("{one} {} {other}", symbol(*operator)))
            }
            Predicate::In { slot, constants } => {
                let (class, column) = (self.columns)(*slot)?;
                let mut kinds = constants.iter().map(kind);
                let first = kinds.next()?;
                if kinds.any(|other| other != first) || constants.len() > MOST {
                    return self.open(&[column]);
                }
                let operand = self.operand(class, &column, first, Operator::Equal)?;
                let constants: Vec<String> = constants.iter().map(|constant| self.bind(constant)).collect();
                Some(format!("{operand} IN ({})", constants.join(", ")))
            }
            Predicate::Contains { slot, constant } => {
                let (class, column) = (self.columns)(*slot)?;
                if kind(constant) != Kind::Text {
                    return self.open(&[column]);
                }
                self.operand(class, &column, Kind::Text, Operator::Equal)?;
                Some(format!("instr(+{column}, {}) > 0", self.bind(constant)))
            }
            // Looked at where the row is read: a list is no value of SQL.
            Predicate::ContainsField { left, right } => {
                let columns = [(self.columns)(*left)?.1, (self.columns)(*right)?.1];
                self.open(&columns)
            }
            Predicate::IsMissing(slot) => {
                let (class, column) = (self.columns)(*slot)?;
                (class != Class::Json).then(|| format!("{column} IS NULL"))
            }
            Predicate::Holds(slot) => {
                let (class, column) = (self.columns)(*slot)?;
                let operand = self.operand(class, &column, Kind::Bool, Operator::Equal)?;
                Some(format!("{operand} = 1"))
            }
            Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_) => None,
        }
    }

    /// A column that is compared as one kind. Rows in which it is of another kind are kept.
    fn operand(&mut self, class: Class, column: &str, kind: Kind, operator: Operator) -> Option<String> {
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        match kind {
            Kind::Number if class.numeric() => {
                self.guards.insert(format!("+{column} >= ''"));
                Some(format!("+{column}"))
            }
            // Dates are read where all sources read them.
            Kind::Age if matches!(class, Class::Integer | Class::Number) => {
                self.guards.insert(format!("+{column} >= ''"));
                Some(format!("+{column}"))
            }
            Kind::Text if class.textual() && (equality || self.bytewise) => {
                self.guards.insert(format!("+{column} < ''"));
                self.guards.insert(format!("+{column} >= x''"));
                Some(format!("(+{column} COLLATE BINARY)"))
            }
            Kind::Bool if class == Class::Bool && equality => {
                self.guards.insert(format!("+{column} NOT IN (0, 1)"));
                Some(format!("+{column}"))
            }
            // The same reading of dates; what is surely none is kept.
            Kind::Age | Kind::Text if matches!(class, Class::Time | Class::Text | Class::Any) => {
                self.guards.insert(format!("+{column} NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"));
                None
            }
            _ => self.open(&[column.to_owned()]),
        }
    }

    /// Every value of these columns is of a type that the condition may not be applied to.
    fn open(&mut self, columns: &[String]) -> Option<String> {
        self.guards.extend(columns.iter().map(|column| format!("{column} IS NOT NULL")));
        None
    }
}

/// As what a constant compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Number,
    Text,
    Age,
}

fn kind(constant: &Constant) -> Kind {
    match constant {
        Constant::Bool(_) => Kind::Bool,
        Constant::Integer(_) | Constant::Number(_) => Kind::Number,
        Constant::Text(_) => Kind::Text,
        Constant::Age { .. } => Kind::Age,
    }
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "<>",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    }
}
