//! A script as its meaning: one tree for both editions. Names and texts are borrowed from the source.
//!
//! Everything carries its [`Span`]. What a clause leaves out is `None`; defaults are applied where a script runs,
//! because the editions have different ones.

use std::borrow::Cow;

use crate::{edition::Edition, span::Span};

/// A whole script.
#[derive(Debug, Clone, PartialEq)]
pub struct Script<'s> {
    /// The edition that read it.
    pub edition: Edition,
    /// In the order of the source.
    pub statements: Vec<Statement<'s>>,
}

/// One statement and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement<'s> {
    /// From its keyword to the end of its last clause.
    pub span: Span,
    /// Which one, with its clauses.
    pub kind: StatementKind<'s>,
}

/// The twelve statements.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is documented at its struct")]
pub enum StatementKind<'s> {
    Forage(Forage<'s>),
    Dive(Dive<'s>),
    Drift(Drift<'s>),
    Fetch(Box<Fetch<'s>>),
    Perch(Perch<'s>),
    Listen(Listen<'s>),
    Wake(Wake<'s>),
    Chirp(Chirp<'s>),
    Trace(Trace<'s>),
    Watch(Watch<'s>),
    Recall(Box<Recall<'s>>),
    Surface(Surface<'s>),
}

/// Something with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// What.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// A name as written (without backquotes).
pub type Name<'s> = Spanned<&'s str>;
/// A text with its escapes resolved.
pub type Text<'s> = Spanned<Cow<'s, str>>;
/// A number as written.
pub type Number = Spanned<f64>;

/// `FORAGE collection [WHERE ..] [ACROSS ..] [DEPTH n] [CASCADE ..] [SURFACE name]`: find and score entities.
#[derive(Debug, Clone, PartialEq)]
pub struct Forage<'s> {
    /// The collection to read.
    pub target: Name<'s>,
    /// Which entities; all where absent.
    pub filter: Option<Expr<'s>>,
    /// The dimensions to score.
    pub across: Option<Across>,
    /// How many steps the cascade is followed.
    pub depth: Option<Number>,
    /// The cascade that the author claims. Default edition only.
    pub cascade: Option<Cascade>,
    /// The name of the result.
    pub surface: Option<Name<'s>>,
}

/// `DIVE INTO collection [WHEN ..] [TRACE name] [ACROSS ..] [DEPTH n] [CASCADE ..] [EMIT name]`: analyze in depth.
#[derive(Debug, Clone, PartialEq)]
pub struct Dive<'s> {
    /// The collection to read.
    pub target: Name<'s>,
    /// Which entities; all where absent.
    pub filter: Option<Expr<'s>>,
    /// The result whose cascade is followed.
    pub trace: Option<Name<'s>>,
    /// The dimensions to score. Default edition only.
    pub across: Option<Across>,
    /// How many steps the cascade is followed. Default edition only.
    pub depth: Option<Number>,
    /// The cascade that the author claims. Default edition only.
    pub cascade: Option<Cascade>,
    /// The name of the result.
    pub emit: Option<Name<'s>>,
}

/// `DRIFT name METHODOLOGY n PERFORMANCE n [GAP type]`: the gap between what is said and what is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift<'s> {
    /// The result that the gap belongs to.
    pub target: Name<'s>,
    /// What the organization says it does, 0 to 100.
    pub methodology: Option<Number>,
    /// What it does, 0 to 100.
    pub performance: Option<Number>,
    /// `teaching`, `curiosity` or `auto`.
    pub gap: Option<Name<'s>>,
}

/// `FETCH name [THRESHOLD n] [CONFIDENCE [MIN] n] [BANDS name] [AGGREGATE name] [ON band statement]`: decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch<'s> {
    /// The result to decide on.
    pub target: Name<'s>,
    /// The score from which on to execute.
    pub threshold: Option<Number>,
    /// How sure the author is: 0 to 1, or percent.
    pub confidence: Option<Confidence>,
    /// `relative` (the default) or `docs`. Default edition only.
    pub bands: Option<Name<'s>>,
    /// `max` (the default) or `mean`. Default edition only.
    pub aggregate: Option<Name<'s>>,
    /// What to do in which band.
    pub actions: Vec<FetchAction<'s>>,
}

/// `CONFIDENCE 88`, `CONFIDENCE 0.88` or `CONFIDENCE MIN 70`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// The number as written.
    pub value: Number,
    /// With `MIN`: a gate that the evidence's confidence must pass, not the confidence itself.
    pub minimum: bool,
}

/// `ON EXECUTE statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchAction<'s> {
    /// Which band.
    pub band: Band,
    /// The place of the clause.
    pub span: Span,
    /// What is done.
    pub action: Statement<'s>,
}

/// What a FETCH score calls for, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Band {
    /// Do nothing yet.
    Wait,
    /// Put it on the list.
    Queue,
    /// Ask a person.
    Confirm,
    /// Act.
    Execute,
}

impl Band {
    /// The keyword.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Wait => "WAIT",
            Self::Queue => "QUEUE",
            Self::Confirm => "CONFIRM",
            Self::Execute => "EXECUTE",
        }
    }
}

/// `PERCH ON target [LISTEN FOR ..] [WAKE AFTER ..] [CHIRP level [text]]`: watch a place for signals.
#[derive(Debug, Clone, PartialEq)]
pub struct Perch<'s> {
    /// `key:"value"` or a name.
    pub target: Target<'s>,
    /// The signals that count.
    pub listen: Option<Vec<Name<'s>>>,
    /// How long to wait for one.
    pub wake: Option<Duration>,
    /// What to send when one comes.
    pub chirp: Option<Chirp<'s>>,
}

/// What a PERCH sits on.
#[derive(Debug, Clone, PartialEq)]
pub enum Target<'s> {
    /// `segment:"enterprise"`.
    Keyed {
        /// The field.
        key: Name<'s>,
        /// What it must be.
        value: Text<'s>,
    },
    /// A collection.
    Simple(Name<'s>),
}

/// `LISTEN FOR a, b signals`: signals to take note of.
#[derive(Debug, Clone, PartialEq)]
pub struct Listen<'s> {
    /// At least one.
    pub signals: Vec<Name<'s>>,
}

/// `WAKE AFTER 3d [THEN statement]`: do something later.
#[derive(Debug, Clone, PartialEq)]
pub struct Wake<'s> {
    /// How much later.
    pub after: Duration,
    /// What.
    pub then: Option<Box<Statement<'s>>>,
}

/// `CHIRP level ["text"]`: send an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Chirp<'s> {
    /// `critical`, `warning`, `info`, or a name of the author's own.
    pub level: Name<'s>,
    /// What it says.
    pub message: Option<Text<'s>>,
}

/// `TRACE name [FROM name] [CASCADE ..]`: follow the cascades of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<'s> {
    /// The name of the new result.
    pub target: Name<'s>,
    /// The result that is followed; the first one where absent.
    pub from: Option<Name<'s>>,
    /// The cascade that the author claims. Default edition only.
    pub cascade: Option<Cascade>,
}

/// `WATCH name WHEN .. [FOR 2 quarters]`: a condition that must hold for a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch<'s> {
    /// The name of the watch.
    pub target: Name<'s>,
    /// `IN collection`: what is watched. Default edition only.
    pub collection: Option<Name<'s>>,
    /// What must hold.
    pub condition: Expr<'s>,
    /// How long; at once where absent.
    pub hold: Option<Duration>,
}

/// `RECALL name ON "date" WATCH .. TRIGGERS n/m ..`: what came of an earlier diagnosis.
#[derive(Debug, Clone, PartialEq)]
pub struct Recall<'s> {
    /// The case.
    pub target: Name<'s>,
    /// The day of the review, `YYYY-MM-DD`.
    pub date: Text<'s>,
    /// What had been watched.
    pub watches: Vec<RecallWatch<'s>>,
    /// `TRIGGERS fired/total` as stated. Always there in compat.
    pub triggers: Option<(Number, Number)>,
    /// `CONFIDENCE_STATED`: what the case said.
    pub stated: Option<Number>,
    /// `CONFIDENCE_ACTUAL`: what became true.
    pub actual: Option<Number>,
    /// `aligned`, `over` or `under`.
    pub calibration: Option<Name<'s>>,
    /// `DRIFT_AFTER`: the gap at the review.
    pub drift_after: Option<Number>,
    /// `SURFACE name AS format`.
    pub surface: Option<(Name<'s>, Name<'s>)>,
}

/// `WATCH name STATUS fired [FIRED_DATE "date"] [EVIDENCE "text"]` in a RECALL.
#[derive(Debug, Clone, PartialEq)]
pub struct RecallWatch<'s> {
    /// The watch.
    pub trigger: Name<'s>,
    /// `fired`, `not_fired` or `partial`.
    pub status: Option<Name<'s>>,
    /// When.
    pub fired_date: Option<Text<'s>>,
    /// What shows it.
    pub evidence: Option<Text<'s>>,
}

/// `SURFACE name [AS format] [TO "file"] [ON "date"]`: publish a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface<'s> {
    /// The result; a name that is no result means the whole analysis.
    pub output: Name<'s>,
    /// `json`, `ndjson`, `csv`, `markdown` or `html`.
    pub format: Option<Name<'s>>,
    /// A file. Default edition only.
    pub to: Option<Text<'s>>,
    /// The day on which it is due, `YYYY-MM-DD`.
    pub on: Option<Text<'s>>,
}

/// The dimensions of an ACROSS clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Across {
    /// As written, `ALL` included.
    pub dimensions: Vec<Spanned<DimensionRef>>,
}

/// One entry of an ACROSS clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DimensionRef {
    /// All six.
    All,
    /// One.
    One(Dimension),
}

/// The six dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[expect(missing_docs, reason = "the names are in `Dimension::name`")]
pub enum Dimension {
    D1,
    D2,
    D3,
    D4,
    D5,
    D6,
}

impl Dimension {
    /// In the order of their numbers.
    pub const ALL: [Self; 6] = [Self::D1, Self::D2, Self::D3, Self::D4, Self::D5, Self::D6];

    /// `D1` to `D6`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::D1 => "D1",
            Self::D2 => "D2",
            Self::D3 => "D3",
            Self::D4 => "D4",
            Self::D5 => "D5",
            Self::D6 => "D6",
        }
    }

    /// The name, such as `Quality`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::D1 => "Customer",
            Self::D2 => "Employee",
            Self::D3 => "Revenue",
            Self::D4 => "Regulatory",
            Self::D5 => "Quality",
            Self::D6 => "Operational",
        }
    }

    /// 0 to 5.
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

/// `CASCADE D5 -> D6, D2 -> D1, D3 -> D4`: the cascade that the author claims, checked against the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cascade {
    /// The place of the clause.
    pub span: Span,
    /// One list for each step; the first is the origin.
    pub steps: Vec<Vec<Spanned<Dimension>>>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr<'s> {
    /// All must hold; two or more. Conditions that follow each other with `AND` are one node.
    And(Vec<Expr<'s>>),
    /// One must hold; two or more.
    Or(Vec<Expr<'s>>),
    /// Must not hold.
    Not(Box<Expr<'s>>, Span),
    /// `path op value`.
    Compare {
        /// The field.
        left: Path<'s>,
        /// How.
        operator: Spanned<Operator>,
        /// With what.
        right: Operand<'s>,
    },
    /// `path IN (a, b)` and `path NOT IN (a, b)`.
    In {
        /// The field.
        left: Path<'s>,
        /// With `NOT`.
        negated: bool,
        /// The values.
        values: Vec<Operand<'s>>,
        /// The whole.
        span: Span,
    },
    /// `path BETWEEN a AND b`, both ends included.
    Between {
        /// The field.
        left: Path<'s>,
        /// The lower end.
        low: Operand<'s>,
        /// The upper end.
        high: Operand<'s>,
    },
    /// `path CONTAINS text`: part of a text, or member of a list.
    Contains {
        /// The field.
        left: Path<'s>,
        /// What it must contain.
        right: Operand<'s>,
    },
    /// `path EXISTS`: has a value.
    Exists(Path<'s>),
    /// A bare field: is true.
    Holds(Path<'s>),
}

/// A field, `a.b.c`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path<'s> {
    /// As written, with dots and without backquotes.
    pub text: Cow<'s, str>,
    /// Where.
    pub span: Span,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`, `==`, `IS`.
    Equal,
    /// `!=`, `<>`, `IS NOT`.
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand<'s> {
    /// The value.
    pub value: Literal<'s>,
    /// Where.
    pub span: Span,
}

/// A value in a script.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal<'s> {
    /// A number.
    Number(f64),
    /// A whole number that is no double, because it lies beyond 2^53. Default edition only: compat rounds.
    Integer(i64),
    /// A quoted text.
    Text(Cow<'s, str>),
    /// A bare word: a text in both editions.
    Word(&'s str),
    /// `true` or `false`. Default edition only: compat reads a word.
    Bool(bool),
    /// `null`. Default edition only: compat reads a word.
    Null,
    /// `6mo`.
    Duration(Duration),
    /// A field in backquotes: `` `a.b` ``. Default edition only.
    Field(Path<'s>),
}

/// A length of time, as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duration {
    /// How many. Whole in a script; a double in the reference.
    pub value: f64,
    /// Of what.
    pub unit: Unit,
    /// Where.
    pub span: Span,
}

/// Units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Seconds,
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Quarters,
    Years,
}

impl Unit {
    /// The plural word that the reference's tree uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
            Self::Quarters => "quarters",
            Self::Years => "years",
        }
    }
}
