//! Reading the first edition: each function is a rule of the reference's grammar.

use std::{borrow::Cow, collections::HashMap};

use crate::{
    ast::{
        Across, Band, Chirp, Confidence, Dimension, DimensionRef, Dive, Drift, Duration, Expr, Fetch, FetchAction,
        Forage, Listen, Literal, Name, Operand, Operator, Path, Perch, Recall, RecallWatch, Script, Spanned, Statement,
        StatementKind, Surface, Target, Text, Trace, Unit, Wake, Watch,
    },
    compat::{
        cursor::{Cursor, Read},
        error::SyntaxError,
    },
    edition::Edition,
    limits,
    span::Span,
};

/// A script of the first edition, and what the tree does not say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<'s> {
    /// The statements. Of a clause that stands twice the last counts.
    pub script: Script<'s>,
    /// Where a statement has a clause twice: the place of the statement, and its clauses in the order of their first
    /// appearance, under the names that the reference's tree has for them.
    pub(super) orders: Orders,
}

pub(super) type Orders = HashMap<Span, Vec<&'static str>>;

/// Reads a script of the first edition.
///
/// # Errors
///
/// The text is not such a script, or is beyond the [`limits`].
pub fn parse(source: &str) -> Result<Parsed<'_>, SyntaxError> {
    if source.len() > limits::SOURCE_BYTES {
        return Err(SyntaxError::too_long(source.len()));
    }
    let mut parser = Parser { cursor: Cursor::new(source), depth: 0, too_deep: None, orders: Orders::new() };
    parser.cursor.space();
    let mut statements = Vec::new();
    while let Some(statement) = parser.statement() {
        statements.push(statement);
    }
    parser.cursor.space();
    if let Some(at) = parser.too_deep {
        return Err(SyntaxError::too_deep(source, at));
    }
    match parser.cursor.end() {
        Some(()) => Ok(Parsed { script: Script { edition: Edition::Compat, statements }, orders: parser.orders }),
        None => Err(parser.cursor.error()),
    }
}

struct Parser<'s> {
    cursor: Cursor<'s>,
    depth: usize,
    too_deep: Option<usize>,
    orders: Orders,
}

/// The clauses of a statement in the order of their first appearance.
#[derive(Default)]
struct Order {
    clauses: Vec<&'static str>,
    twice: bool,
}

impl Order {
    fn add(&mut self, clause: &'static str) {
        // There are six kinds of clauses at most.
        if self.clauses.contains(&clause) {
            self.twice = true;
        } else {
            self.clauses.push(clause);
        }
    }
}

fn owned(text: Spanned<&str>) -> Text<'_> {
    Spanned { value: Cow::Borrowed(text.value), span: text.span }
}

impl<'s> Parser<'s> {
    fn attempt<T>(&mut self, alternative: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let start = self.cursor.at();
        let read = alternative(self);
        if read.is_none() {
            self.cursor.go_back(start);
        }
        read
    }

    /// A keyword and the space after it.
    fn keyword(&mut self, described: &'static str) -> Read<()> {
        self.cursor.word(described)?;
        self.cursor.space();
        Some(())
    }

    /// A keyword, something, and the space after each.
    fn clause<T>(&mut self, described: &'static str, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.attempt(|parser| {
            parser.keyword(described)?;
            let value = read(parser)?;
            parser.cursor.space();
            Some(value)
        })
    }

    fn name(&mut self) -> Read<Name<'s>> {
        self.cursor.name()
    }

    /// A name and the space after it.
    fn target(&mut self) -> Read<Name<'s>> {
        let name = self.cursor.name()?;
        self.cursor.space();
        Some(name)
    }

    fn integer(&mut self) -> Read<Spanned<f64>> {
        self.cursor.integer()
    }

    fn text(&mut self) -> Read<Text<'s>> {
        self.cursor.text().map(owned)
    }

    fn statement(&mut self) -> Read<Statement<'s>> {
        if self.depth >= limits::NESTING {
            self.too_deep.get_or_insert(self.cursor.at());
            return None;
        }
        let start = self.cursor.at();
        self.depth += 1;
        let alternatives = [
            Self::forage,
            Self::dive,
            Self::drift,
            Self::fetch,
            Self::perch,
            Self::listen,
            Self::wake,
            Self::chirp,
            Self::trace,
            Self::recall,
            Self::watch,
            Self::surface,
        ];
        let kind = alternatives.into_iter().find_map(|alternative| self.attempt(alternative));
        self.depth -= 1;
        kind.map(|kind| Statement { span: Span::new(start, self.cursor.at()), kind })
    }

    /// Remembers the order of the clauses of the statement that began at `start` and ends here.
    fn remember(&mut self, start: usize, order: Order) {
        if order.twice {
            self.orders.insert(Span::new(start, self.cursor.at()), order.clauses);
        }
    }

    fn forage(&mut self) -> Read<StatementKind<'s>> {
        let start = self.cursor.at();
        self.keyword("\"FORAGE\"")?;
        let target = self.target()?;
        let mut forage = Forage { target, filter: None, across: None, depth: None, cascade: None, surface: None };
        let mut order = Order::default();
        loop {
            if let Some(filter) = self.clause("\"WHERE\"", Self::conditions) {
                forage.filter = Some(filter);
                order.add("where");
            } else if let Some(across) = self.clause("\"ACROSS\"", Self::dimensions) {
                forage.across = Some(across);
                order.add("across");
            } else if let Some(depth) = self.clause("\"DEPTH\"", Self::integer) {
                forage.depth = Some(depth);
                order.add("depth");
            } else if let Some(output) = self.clause("\"SURFACE\"", Self::name) {
                forage.surface = Some(output);
                order.add("surface");
            } else {
                break;
            }
        }
        self.cursor.space();
        self.remember(start, order);
        Some(StatementKind::Forage(forage))
    }

    fn dive(&mut self) -> Read<StatementKind<'s>> {
        let start = self.cursor.at();
        self.keyword("\"DIVE\"")?;
        self.keyword("\"INTO\"")?;
        let target = self.target()?;
        let mut dive = Dive { target, filter: None, trace: None, across: None, depth: None, cascade: None, emit: None };
        let mut order = Order::default();
        loop {
            if let Some(filter) = self.clause("\"WHEN\"", Self::conditions) {
                dive.filter = Some(filter);
                order.add("when");
            } else if let Some(trace) = self.clause("\"TRACE\"", Self::name) {
                dive.trace = Some(trace);
                order.add("trace");
            } else if let Some(emit) = self.clause("\"EMIT\"", Self::name) {
                dive.emit = Some(emit);
                order.add("emit");
            } else {
                break;
            }
        }
        self.cursor.space();
        self.remember(start, order);
        Some(StatementKind::Dive(dive))
    }

    fn drift(&mut self) -> Read<StatementKind<'s>> {
        let start = self.cursor.at();
        self.keyword("\"DRIFT\"")?;
        let target = self.target()?;
        let mut drift = Drift { target, methodology: None, performance: None, gap: None };
        let mut order = Order::default();
        loop {
            if let Some(score) = self.clause("\"METHODOLOGY\"", Self::integer) {
                drift.methodology = Some(score);
                order.add("methodology");
            } else if let Some(score) = self.clause("\"PERFORMANCE\"", Self::integer) {
                drift.performance = Some(score);
                order.add("performance");
            } else if let Some(gap) = self.clause("\"GAP\"", Self::name) {
                drift.gap = Some(gap);
                order.add("gap");
            } else {
                break;
            }
        }
        if order.clauses.is_empty() {
            return None;
        }
        self.cursor.space();
        self.remember(start, order);
        Some(StatementKind::Drift(drift))
    }

    fn fetch(&mut self) -> Read<StatementKind<'s>> {
        const BANDS: [(Band, &str, &str); 4] = [
            (Band::Execute, "\"EXECUTE\"", "onExecute"),
            (Band::Confirm, "\"CONFIRM\"", "onConfirm"),
            (Band::Queue, "\"QUEUE\"", "onQueue"),
            (Band::Wait, "\"WAIT\"", "onWait"),
        ];
        let start = self.cursor.at();
        self.keyword("\"FETCH\"")?;
        let target = self.target()?;
        let mut fetch =
            Fetch { target, threshold: None, confidence: None, bands: None, aggregate: None, actions: Vec::new() };
        let mut order = Order::default();
        loop {
            if let Some(value) = self.clause("\"THRESHOLD\"", Self::integer) {
                fetch.threshold = Some(value);
                order.add("threshold");
            } else if let Some(value) = self.clause("\"CONFIDENCE\"", Self::integer) {
                fetch.confidence = Some(Confidence { value, minimum: false });
                order.add("confidence");
            } else {
                let begin = self.cursor.at();
                let Some((band, key, action)) = BANDS.into_iter().find_map(|(band, described, key)| {
                    self.clause("\"ON\"", |parser| {
                        parser.keyword(described)?;
                        parser.statement().map(|action| (band, key, action))
                    })
                }) else {
                    break;
                };
                order.add(key);
                fetch.actions.retain(|earlier| earlier.band != band);
                fetch.actions.push(FetchAction { band, span: Span::new(begin, self.cursor.at()), action });
            }
        }
        if order.clauses.is_empty() {
            return None;
        }
        self.cursor.space();
        self.remember(start, order);
        Some(StatementKind::Fetch(Box::new(fetch)))
    }

    fn perch(&mut self) -> Read<StatementKind<'s>> {
        let start = self.cursor.at();
        self.keyword("\"PERCH\"")?;
        self.keyword("\"ON\"")?;
        let target = match self.attempt(|parser| {
            let key = parser.name()?;
            parser.cursor.literal("\":\"")?;
            Some(Target::Keyed { key, value: parser.text()? })
        }) {
            Some(keyed) => keyed,
            None => Target::Simple(self.name()?),
        };
        self.cursor.space();
        let mut perch = Perch { target, listen: None, wake: None, chirp: None };
        let mut order = Order::default();
        loop {
            if let Some(signals) = self.attempt(Self::listen_for) {
                perch.listen = Some(signals);
                order.add("listen");
            } else if let Some(after) = self.attempt(Self::wake_after) {
                perch.wake = Some(after);
                order.add("wake");
            } else if let Some(level) = self.clause("\"CHIRP\"", Self::name) {
                perch.chirp = Some(Chirp { level, message: None });
                order.add("chirp");
            } else {
                break;
            }
        }
        self.cursor.space();
        self.remember(start, order);
        Some(StatementKind::Perch(perch))
    }

    fn listen(&mut self) -> Read<StatementKind<'s>> {
        self.listen_for().map(|signals| StatementKind::Listen(Listen { signals }))
    }

    fn listen_for(&mut self) -> Read<Vec<Name<'s>>> {
        self.keyword("\"LISTEN\"")?;
        self.keyword("\"FOR\"")?;
        let signals = self.list(Self::signal)?;
        self.cursor.space();
        Some(signals)
    }

    /// A name, with or without the word `signals` after it.
    fn signal(&mut self) -> Read<Name<'s>> {
        let named = self.attempt(|parser| {
            let name = parser.target()?;
            parser.cursor.literal("\"signals\"")?;
            Some(name)
        });
        named.or_else(|| self.name())
    }

    /// One or more, with commas between them.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = vec![item(self)?];
        while let Some(next) = self.attempt(|parser| {
            parser.cursor.space();
            parser.cursor.literal("\",\"")?;
            parser.cursor.space();
            item(parser)
        }) {
            items.push(next);
        }
        Some(items)
    }

    fn wake_after(&mut self) -> Read<Duration> {
        self.keyword("\"WAKE\"")?;
        self.keyword("\"AFTER\"")?;
        let after = self.duration()?;
        self.cursor.space();
        Some(after)
    }

    fn wake(&mut self) -> Read<StatementKind<'s>> {
        let after = self.wake_after()?;
        let then = self.attempt(|parser| {
            parser.keyword("\"THEN\"")?;
            parser.statement().map(Box::new)
        });
        self.cursor.space();
        Some(StatementKind::Wake(Wake { after, then }))
    }

    fn chirp(&mut self) -> Read<StatementKind<'s>> {
        self.keyword("\"CHIRP\"")?;
        let level = self.target()?;
        let message = self.attempt(Self::text);
        self.cursor.space();
        Some(StatementKind::Chirp(Chirp { level, message }))
    }

    fn trace(&mut self) -> Read<StatementKind<'s>> {
        self.keyword("\"TRACE\"")?;
        let target = self.target()?;
        let from = self.clause("\"FROM\"", Self::name);
        self.cursor.space();
        Some(StatementKind::Trace(Trace { target, from, cascade: None }))
    }

    fn recall(&mut self) -> Read<StatementKind<'s>> {
        self.keyword("\"RECALL\"")?;
        let target = self.target()?;
        self.keyword("\"ON\"")?;
        let date = self.text()?;
        self.cursor.space();
        let mut watches = Vec::new();
        while let Some(watch) = self.attempt(Self::recall_watch) {
            watches.push(watch);
        }
        if watches.is_empty() {
            return None;
        }
        self.cursor.space();
        let triggers = self.clause("\"TRIGGERS\"", |parser| {
            let fired = parser.integer()?;
            parser.cursor.literal("\"/\"")?;
            Some((fired, parser.integer()?))
        })?;
        let stated = self.clause("\"CONFIDENCE_STATED\"", |parser| parser.cursor.number())?;
        let actual = self.clause("\"CONFIDENCE_ACTUAL\"", |parser| parser.cursor.number())?;
        let calibration = self.clause("\"CALIBRATION\"", |parser| {
            parser.one_of(&[("\"aligned\"", "aligned"), ("\"over\"", "over"), ("\"under\"", "under")])
        })?;
        let drift_after = self.clause("\"DRIFT_AFTER\"", |parser| parser.cursor.number());
        let surface = self.clause("\"SURFACE\"", |parser| {
            let output = parser.target()?;
            parser.keyword("\"AS\"")?;
            Some((output, parser.name()?))
        });
        self.cursor.space();
        let (triggers, stated, actual, calibration) = (Some(triggers), Some(stated), Some(actual), Some(calibration));
        let recall = Recall { target, date, watches, triggers, stated, actual, calibration, drift_after, surface };
        Some(StatementKind::Recall(Box::new(recall)))
    }

    fn recall_watch(&mut self) -> Read<RecallWatch<'s>> {
        self.keyword("\"WATCH\"")?;
        let trigger = self.target()?;
        self.keyword("\"STATUS\"")?;
        let statuses = [("\"fired\"", "fired"), ("\"not_fired\"", "not_fired"), ("\"partial\"", "partial")];
        let status = self.one_of(&statuses)?;
        self.cursor.space();
        let fired_date = self.clause("\"FIRED_DATE\"", Self::text);
        let evidence = self.clause("\"EVIDENCE\"", Self::text);
        self.cursor.space();
        Some(RecallWatch { trigger, status: Some(status), fired_date, evidence })
    }

    fn one_of(&mut self, words: &[(&'static str, &'static str)]) -> Read<Name<'s>> {
        let start = self.cursor.at();
        let word = words.iter().find_map(|(described, word)| self.cursor.word(described).map(|()| *word))?;
        Some(self.cursor.spanned(start, word))
    }

    fn watch(&mut self) -> Read<StatementKind<'s>> {
        const UNITS: [(&str, Unit); 7] = [
            ("\"quarters\"", Unit::Quarters),
            ("\"years\"", Unit::Years),
            ("\"mo\"", Unit::Months),
            ("\"w\"", Unit::Weeks),
            ("\"d\"", Unit::Days),
            ("\"h\"", Unit::Hours),
            ("\"m\"", Unit::Minutes),
        ];
        self.keyword("\"WATCH\"")?;
        let target = self.target()?;
        self.keyword("\"WHEN\"")?;
        let condition = self.conditions()?;
        let hold = self.attempt(|parser| {
            parser.cursor.space();
            parser.keyword("\"FOR\"")?;
            let start = parser.cursor.at();
            let value = parser.integer()?.value;
            parser.cursor.space();
            let unit = parser.unit(&UNITS)?;
            let span = Span::new(start, parser.cursor.at());
            parser.cursor.space();
            Some(Duration { value, unit, span })
        });
        self.cursor.space();
        Some(StatementKind::Watch(Watch { target, collection: None, condition, hold }))
    }

    fn unit(&mut self, units: &[(&'static str, Unit)]) -> Read<Unit> {
        units.iter().find_map(|(described, unit)| self.cursor.literal(described).map(|()| *unit))
    }

    /// A number and a unit without space between them. `6mo` is read as six minutes and the name `o`.
    fn duration(&mut self) -> Read<Duration> {
        const UNITS: [(&str, Unit); 5] = [
            ("\"d\"", Unit::Days),
            ("\"h\"", Unit::Hours),
            ("\"m\"", Unit::Minutes),
            ("\"w\"", Unit::Weeks),
            ("\"mo\"", Unit::Months),
        ];
        let start = self.cursor.at();
        let value = self.integer()?.value;
        let unit = self.unit(&UNITS)?;
        Some(Duration { value, unit, span: Span::new(start, self.cursor.at()) })
    }

    fn surface(&mut self) -> Read<StatementKind<'s>> {
        self.keyword("\"SURFACE\"")?;
        let output = self.target()?;
        let format = self.clause("\"AS\"", Self::name);
        self.cursor.space();
        let on = self.clause("\"ON\"", Self::text);
        self.cursor.space();
        Some(StatementKind::Surface(Surface { output, format, to: None, on }))
    }

    /// Conditions with `AND` or `OR` between them. The reference forgets which: all must hold.
    fn conditions(&mut self) -> Read<Expr<'s>> {
        let first = self.condition()?;
        let mut all = Vec::new();
        while let Some(next) = self.attempt(|parser| {
            let and = parser.attempt(|parser| parser.between("\"AND\""));
            and.or_else(|| parser.attempt(|parser| parser.between("\"OR\"")))?;
            parser.condition()
        }) {
            all.push(next);
        }
        if all.is_empty() {
            return Some(first);
        }
        all.insert(0, first);
        Some(Expr::And(all))
    }

    fn between(&mut self, described: &'static str) -> Read<()> {
        self.cursor.space();
        self.keyword(described)
    }

    fn condition(&mut self) -> Read<Expr<'s>> {
        let left = self.path()?;
        self.cursor.space();
        let start = self.cursor.at();
        let value = self.operator()?;
        let operator = self.cursor.spanned(start, value);
        self.cursor.space();
        let start = self.cursor.at();
        let value = self
            .attempt(Self::duration)
            .map(Literal::Duration)
            .or_else(|| self.attempt(Self::text).map(|text| Literal::Text(text.value)))
            .or_else(|| self.attempt(|parser| parser.cursor.number()).map(|number| Literal::Number(number.value)))
            .or_else(|| self.name().map(|name| Literal::Word(name.value)))?;
        Some(Expr::Compare { left, operator, right: Operand { value, span: Span::new(start, self.cursor.at()) } })
    }

    fn path(&mut self) -> Read<Path<'s>> {
        let start = self.cursor.at();
        self.name()?;
        while self
            .attempt(|parser| {
                parser.cursor.literal("\".\"")?;
                parser.name()
            })
            .is_some()
        {}
        let span = Span::new(start, self.cursor.at());
        Some(Path { text: Cow::Borrowed(self.cursor.text_of(span)), span })
    }

    fn operator(&mut self) -> Read<Operator> {
        const SIGNS: [(&str, Operator); 6] = [
            ("\">=\"", Operator::GreaterOrEqual),
            ("\"<=\"", Operator::LessOrEqual),
            ("\"!=\"", Operator::NotEqual),
            ("\"=\"", Operator::Equal),
            ("\">\"", Operator::Greater),
            ("\"<\"", Operator::Less),
        ];
        let sign = SIGNS.into_iter().find_map(|(sign, operator)| self.cursor.literal(sign).map(|()| operator));
        sign.or_else(|| {
            self.attempt(|parser| {
                parser.keyword("\"IS\"")?;
                parser.cursor.word("\"NOT\"")?;
                Some(Operator::NotEqual)
            })
        })
        .or_else(|| self.cursor.word("\"IS\"").map(|()| Operator::Equal))
    }

    fn dimensions(&mut self) -> Read<Across> {
        Some(Across { dimensions: self.list(Self::dimension)? })
    }

    fn dimension(&mut self) -> Read<Spanned<DimensionRef>> {
        const DIMENSIONS: [(&str, DimensionRef); 7] = [
            ("\"D1\"", DimensionRef::One(Dimension::D1)),
            ("\"D2\"", DimensionRef::One(Dimension::D2)),
            ("\"D3\"", DimensionRef::One(Dimension::D3)),
            ("\"D4\"", DimensionRef::One(Dimension::D4)),
            ("\"D5\"", DimensionRef::One(Dimension::D5)),
            ("\"D6\"", DimensionRef::One(Dimension::D6)),
            ("\"ALL\"", DimensionRef::All),
        ];
        let start = self.cursor.at();
        let dimension =
            DIMENSIONS.into_iter().find_map(|(id, dimension)| self.cursor.literal(id).map(|()| dimension))?;
        Some(self.cursor.spanned(start, dimension))
    }
}
