//! A script without its places and its spelling, to compare what two texts say.

use std::fmt::Write;

use crate::ast::{
    Across, Cascade, Chirp, DimensionRef, Expr, Literal, Name, Number, Operand, Script, Statement, StatementKind,
    Target, Text,
};

/// Equal for scripts that say the same, in whichever edition.
pub(super) fn of(script: &Script<'_>) -> String {
    let mut out = Writer(String::new());
    for statement in &script.statements {
        out.statement(statement);
    }
    out.0
}

struct Writer(String);

impl Writer {
    fn put(&mut self, key: &str, value: impl std::fmt::Debug) {
        // Writing to a text does not fail.
        let _ = write!(self.0, "{key}={value:?};");
    }

    fn name(&mut self, key: &str, name: Option<&Name<'_>>) {
        self.put(key, name.map(|name| name.value));
    }

    /// A word of a fixed set: the first edition reads it in any case.
    fn choice(&mut self, key: &str, name: Option<&Name<'_>>) {
        self.put(key, name.map(|name| name.value.to_ascii_lowercase()));
    }

    fn text(&mut self, key: &str, text: Option<&Text<'_>>) {
        // To the first edition, an empty text is none.
        self.put(key, text.map(|text| text.value.as_ref()).filter(|text| !text.is_empty()));
    }

    fn number(&mut self, key: &str, number: Option<&Number>) {
        self.put(key, number.map(|number| number.value));
    }

    fn duration(&mut self, key: &str, duration: Option<&crate::ast::Duration>) {
        self.put(key, duration.map(|duration| (duration.value, duration.unit)));
    }

    fn across(&mut self, across: Option<&Across>) {
        let id = |one: &DimensionRef| match one {
            DimensionRef::All => "ALL",
            DimensionRef::One(one) => one.id(),
        };
        self.put("across", across.map(|across| across.dimensions.iter().map(|one| id(&one.value)).collect::<Vec<_>>()));
    }

    fn cascade(&mut self, cascade: Option<&Cascade>) {
        let step = |step: &Vec<crate::ast::Spanned<crate::ast::Dimension>>| {
            step.iter().map(|one| one.value.id()).collect::<Vec<_>>()
        };
        self.put("cascade", cascade.map(|cascade| cascade.steps.iter().map(step).collect::<Vec<_>>()));
    }

    fn filter(&mut self, filter: Option<&Expr<'_>>) {
        self.0.push_str("if");
        if let Some(filter) = filter {
            self.expr(filter);
        }
        self.0.push(';');
    }

    fn all(&mut self, mark: &str, parts: &[Expr<'_>]) {
        self.0.push_str(mark);
        parts.iter().for_each(|part| self.expr(part));
        self.0.push(']');
    }

    fn expr(&mut self, expr: &Expr<'_>) {
        match expr {
            Expr::And(parts) => self.all("&[", parts),
            Expr::Or(parts) => self.all("|[", parts),
            Expr::Not(inner, _) => self.all("![", std::slice::from_ref(inner)),
            Expr::Compare { left, operator, right } => {
                self.put("", (&left.text, operator.value));
                self.operand(right);
            }
            Expr::In { left, negated, values, .. } => {
                self.put("in", (&left.text, negated, values.len()));
                values.iter().for_each(|value| self.operand(value));
            }
            Expr::Between { left, low, high } => {
                self.put("between", &left.text);
                self.operand(low);
                self.operand(high);
            }
            Expr::Contains { left, right } => {
                self.put("contains", &left.text);
                self.operand(right);
            }
            Expr::Exists(path) => self.put("exists", &path.text),
            Expr::Holds(path) => self.put("holds", &path.text),
        }
    }

    fn operand(&mut self, operand: &Operand<'_>) {
        match &operand.value {
            Literal::Number(value) => self.put("number", value),
            #[expect(clippy::cast_precision_loss, reason = "the first edition reads the neighbor of such a number")]
            Literal::Integer(value) => self.put("number", *value as f64),
            Literal::Text(text) => self.put("text", text),
            // A bare word is a text in both editions.
            Literal::Word(word) => self.put("text", word),
            Literal::Bool(value) => self.put("bool", value),
            Literal::Null => self.put("null", ()),
            Literal::Duration(value) => self.duration("duration", Some(value)),
            Literal::Field(path) => self.put("field", &path.text),
        }
    }

    fn chirp(&mut self, chirp: Option<&Chirp<'_>>) {
        self.name("chirp", chirp.map(|chirp| &chirp.level));
        self.text("message", chirp.and_then(|chirp| chirp.message.as_ref()));
    }

    fn action(&mut self, key: &str, action: Option<&Statement<'_>>) {
        self.0.push_str(key);
        self.0.push('{');
        if let Some(action) = action {
            self.statement(action);
        }
        self.0.push('}');
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        match &statement.kind {
            StatementKind::Forage(forage) => {
                self.name("FORAGE", Some(&forage.target));
                self.filter(forage.filter.as_ref());
                self.across(forage.across.as_ref());
                self.number("depth", forage.depth.as_ref());
                self.cascade(forage.cascade.as_ref());
                self.name("surface", forage.surface.as_ref());
            }
            StatementKind::Dive(dive) => {
                self.name("DIVE", Some(&dive.target));
                self.filter(dive.filter.as_ref());
                self.name("trace", dive.trace.as_ref());
                self.across(dive.across.as_ref());
                self.number("depth", dive.depth.as_ref());
                self.cascade(dive.cascade.as_ref());
                self.name("emit", dive.emit.as_ref());
            }
            StatementKind::Drift(drift) => {
                self.name("DRIFT", Some(&drift.target));
                self.number("methodology", drift.methodology.as_ref());
                self.number("performance", drift.performance.as_ref());
                self.name("gap", drift.gap.as_ref());
            }
            StatementKind::Fetch(fetch) => {
                self.name("FETCH", Some(&fetch.target));
                self.number("threshold", fetch.threshold.as_ref());
                self.put("confidence", fetch.confidence.map(|one| (one.value.value, one.minimum)));
                self.name("bands", fetch.bands.as_ref());
                self.name("aggregate", fetch.aggregate.as_ref());
                // At most one is run: their order says nothing.
                let mut actions: Vec<_> = fetch.actions.iter().collect();
                actions.sort_by_key(|one| one.band);
                for one in actions {
                    self.action(one.band.keyword(), Some(&one.action));
                }
            }
            StatementKind::Perch(perch) => {
                match &perch.target {
                    Target::Keyed { key, value } => self.put("PERCH", (key.value, &value.value)),
                    Target::Simple(name) => self.name("PERCH", Some(name)),
                }
                let listen = perch.listen.as_ref();
                self.put("listen", listen.map(|all| all.iter().map(|one| one.value).collect::<Vec<_>>()));
                self.duration("wake", perch.wake.as_ref());
                self.chirp(perch.chirp.as_ref());
            }
            StatementKind::Listen(listen) => {
                self.put("LISTEN", listen.signals.iter().map(|one| one.value).collect::<Vec<_>>());
            }
            StatementKind::Wake(wake) => {
                self.duration("WAKE", Some(&wake.after));
                self.action("then", wake.then.as_deref());
            }
            StatementKind::Chirp(chirp) => {
                self.0.push_str("CHIRP");
                self.chirp(Some(chirp));
            }
            StatementKind::Trace(trace) => {
                self.name("TRACE", Some(&trace.target));
                self.name("from", trace.from.as_ref());
                self.cascade(trace.cascade.as_ref());
            }
            StatementKind::Watch(watch) => {
                self.name("WATCH", Some(&watch.target));
                self.name("in", watch.collection.as_ref());
                self.filter(Some(&watch.condition));
                self.duration("for", watch.hold.as_ref());
            }
            StatementKind::Recall(recall) => {
                self.name("RECALL", Some(&recall.target));
                self.text("on", Some(&recall.date));
                for watch in &recall.watches {
                    self.name("watch", Some(&watch.trigger));
                    self.choice("status", watch.status.as_ref());
                    self.text("fired", watch.fired_date.as_ref());
                    self.text("evidence", watch.evidence.as_ref());
                }
                self.put("triggers", recall.triggers.map(|(fired, total)| (fired.value, total.value)));
                self.number("stated", recall.stated.as_ref());
                self.number("actual", recall.actual.as_ref());
                self.choice("calibration", recall.calibration.as_ref());
                // To the first edition, none and 0 are the same.
                self.number("drift", recall.drift_after.as_ref().filter(|drift| drift.value != 0.0));
                self.put("surface", recall.surface.map(|(name, format)| (name.value, format.value)));
            }
            StatementKind::Surface(surface) => {
                self.name("SURFACE", Some(&surface.output));
                let format = surface.format.as_ref().map_or("json", |format| format.value);
                self.put("as", format);
                self.text("to", surface.to.as_ref());
                self.text("on", surface.on.as_ref());
            }
        }
    }
}
