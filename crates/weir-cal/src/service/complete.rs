//! What can stand at a place of a script that is being written.
//!
//! Goes by the tokens before the place alone: what stands there is hardly ever a whole statement.

use super::{Known, hover::types, meaning, mention};
use crate::{
    ast::Dimension,
    report::Format,
    span::Span,
    syntax::{self, SyntaxKind as K, SyntaxToken},
};

/// Something that can stand here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is put in.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What it means, in a line.
    pub detail: String,
    /// What it replaces: the word that was begun, or nothing.
    pub replaces: Span,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// A collection of the data.
    Collection,
    /// A field of a collection.
    Field,
    /// A result of an earlier statement.
    Result,
    /// One of the six.
    Dimension,
    /// A value from a fixed list.
    Value,
    /// A comparison.
    Operator,
    /// A word of the language.
    Keyword,
}

/// What can stand at `offset`: what fits what was begun there, names first.
#[must_use]
pub fn complete(text: &str, offset: usize, known: Known<'_>) -> Vec<Completion> {
    let Some(before) = text.get(..offset) else { return Vec::new() };
    let tree = syntax::tree(before);
    let tokens: Vec<SyntaxToken> = tree.descendants_with_tokens().filter_map(rowan::NodeOrToken::into_token).collect();
    if tokens.last().is_some_and(|last| matches!(last.kind(), K::Comment | K::Text | K::UnclosedText | K::Number)) {
        return Vec::new();
    }
    let mut tokens: Vec<SyntaxToken> =
        tokens.into_iter().filter(|token| !matches!(token.kind(), K::Whitespace | K::Comment)).collect();
    let begun = tokens.pop_if(|last| usize::from(last.text_range().end()) == offset && is_wordlike(last));
    let prefix = begun.as_ref().map_or("", |token| token.text()).trim_start_matches('`').to_lowercase();
    let start = begun.as_ref().map_or(offset, |token| token.text_range().start().into());

    let mut place = Place::default();
    for token in &tokens {
        place.token(token);
    }
    let mut wanted = Wanted { known, text: before, found: Vec::new() };
    wanted.at(&place);
    let replaces = Span::new(start, offset);
    let mut found: Vec<Completion> = wanted
        .found
        .into_iter()
        .filter(|(label, ..)| label.trim_start_matches('`').to_lowercase().starts_with(&prefix))
        .map(|(label, kind, detail)| Completion { label, kind, detail, replaces })
        .collect();
    found.sort_by_key(|one| one.kind);
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|one| seen.insert(one.label.clone()));
    found
}

fn is_wordlike(token: &SyntaxToken) -> bool {
    token.kind().is_keyword()
        || matches!(
            token.kind(),
            K::Word | K::Name | K::UnclosedName | K::DimensionId | K::Constant | K::UnitWord | K::Path
        )
}

/// Where in a statement the next token stands.
#[derive(Debug, Default)]
struct Place {
    /// The keyword of the statement; nothing before the first.
    statement: Option<K>,
    /// The keyword of the clause; nothing before the first.
    clause: Option<K>,
    /// The clauses that were there.
    seen: u64,
    /// The tokens since the last keyword of a statement or clause.
    since: Vec<(K, String)>,
    /// The collection of the statement.
    collection: Option<String>,
    /// The clauses of the FETCH around an action.
    fetch: Option<u64>,
}

impl Place {
    fn token(&mut self, token: &SyntaxToken) {
        let kind = token.kind();
        let clauses = self.statement.map_or(&[] as &[K], K::clauses);
        let awaits_statement = matches!(self.clause, Some(K::Then))
            || self.statement == Some(K::Fetch) && self.clause == Some(K::On) && self.since.len() == 1;
        let repeats = matches!((self.statement, kind), (Some(K::Fetch), K::On) | (Some(K::Recall), K::Watch));
        if clauses.contains(&kind) && !awaits_statement && (self.seen & kind.bit() == 0 || repeats) && !self.in_value()
        {
            self.clause = Some(kind);
            self.seen |= kind.bit();
            self.since.clear();
        } else if kind.is_statement() {
            let fetch = (awaits_statement && self.statement == Some(K::Fetch)).then_some(self.seen);
            *self = Self { statement: Some(kind), fetch, ..Self::default() };
        } else if let Some(seen) = self.fetch
            && K::Fetch.clauses().contains(&kind)
        {
            *self = Self { statement: Some(K::Fetch), clause: Some(kind), seen, ..Self::default() };
        } else {
            let names_collection = match self.statement {
                Some(K::Forage | K::Dive) => self.clause.is_none(),
                Some(K::Watch) => self.clause == Some(K::In),
                _ => false,
            };
            if names_collection && self.collection.is_none() && is_wordlike(token) && kind != K::Into {
                self.collection = Some(token.text().trim_matches('`').to_owned());
            }
            self.since.push((kind, token.text().to_owned()));
        }
    }

    /// `IN` inside a condition is no clause.
    fn in_value(&self) -> bool {
        self.statement == Some(K::Watch)
            && self.clause == Some(K::When)
            && !self.since.is_empty()
            && !self.is_at_part_end()
    }

    fn last(&self) -> Option<K> {
        self.since.last().map(|(kind, _)| *kind)
    }

    /// In a condition: a comparison has just ended.
    fn is_at_part_end(&self) -> bool {
        matches!(self.condition(), Condition::Complete)
    }

    fn condition(&self) -> Condition {
        let mut state = Condition::Field;
        for (kind, _) in &self.since {
            state = match (state, kind) {
                (_, K::And | K::Or | K::Not) if !matches!(state, Condition::Operator | Condition::Between) => {
                    Condition::Field
                }
                (Condition::Between, K::And) => Condition::Value,
                (Condition::Field, K::LeftParen) => Condition::Field,
                (Condition::Field, _) => Condition::Operator,
                (Condition::Operator, K::Dot) => Condition::Field,
                (Condition::Operator, K::And | K::Or) => Condition::Field,
                (Condition::Operator, K::RightParen | K::Exists) => Condition::Complete,
                (Condition::Operator, K::Not) => Condition::Operator,
                (Condition::Operator, K::In) => Condition::List,
                (Condition::Operator, K::Between) => Condition::Low,
                (Condition::Operator, _) => Condition::Value,
                (Condition::Value, K::Not) => Condition::Value,
                (Condition::Value, _) => Condition::Complete,
                (Condition::Low, _) => Condition::Between,
                (Condition::List, K::RightParen) => Condition::Complete,
                (state, _) => state,
            };
        }
        state
    }
}

/// What comes next in a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Field,
    Operator,
    Value,
    /// The lower end of BETWEEN.
    Low,
    /// The AND of BETWEEN.
    Between,
    List,
    Complete,
}

struct Wanted<'w> {
    known: Known<'w>,
    text: &'w str,
    found: Vec<(String, CompletionKind, String)>,
}

impl Wanted<'_> {
    fn at(&mut self, place: &Place) {
        let Some(statement) = place.statement else { return self.statements() };
        let since = place.since.len();
        match (statement, place.clause) {
            (K::Forage, None) if since == 0 => self.collections(),
            (K::Dive, None) if since == 0 => self.keywords(&[K::Into], Some(K::Dive)),
            (K::Dive, None) if since == 1 => self.collections(),
            (K::Drift | K::Fetch, None) if since == 0 => self.results(),
            (K::Surface, None) if since == 0 => {
                self.results();
                self.value("analysis", "the whole analysis");
            }
            (K::Chirp, None) if since == 0 => {
                ["critical", "warning", "info"].into_iter().for_each(|level| self.value(level, "level of the alert"));
            }
            (K::Perch, None) if since == 0 => self.keywords(&[K::On], None),
            (K::Perch, None) if since == 1 => self.collections(),
            (K::Listen, None) if since == 0 => self.keywords(&[K::For], None),
            (K::Wake, None) if since == 0 => self.keywords(&[K::After], None),
            (K::Wake, None) if since == 1 => {}
            (K::Trace | K::Watch | K::Recall, None) if since == 0 => {}
            (_, None) => self.further(place, statement),
            (_, Some(clause)) => self.clause(place, statement, clause),
        }
    }

    fn clause(&mut self, place: &Place, statement: K, clause: K) {
        let since = place.since.len();
        match clause {
            K::Where | K::When => return self.condition(place, statement),
            K::Across | K::Cascade if matches!(place.last(), None | Some(K::Comma | K::Plus | K::Arrow)) => {
                self.dimensions();
                if clause == K::Across {
                    self.keywords(&[K::All], None);
                }
                return;
            }
            K::On if statement == K::Fetch => match since {
                0 => return self.keywords(&[K::Execute, K::Confirm, K::Queue, K::Wait], None),
                1 => return self.statements(),
                _ => {}
            },
            K::Then => return self.statements(),
            K::Watch if statement == K::Recall && since >= 1 => {
                self.keywords(&[K::Status, K::FiredDate, K::Evidence], None)
            }
            _ if since > 0 => {}
            K::From | K::Trace => return self.results(),
            K::In => return self.collections(),
            K::As => {
                return Format::ALL.into_iter().for_each(|format| self.value(format.name(), "format"));
            }
            K::Bands => return self.values(&["relative", "docs"]),
            K::Aggregate => return self.values(&["max", "mean"]),
            K::Gap => return self.values(&["teaching", "curiosity", "auto"]),
            K::Calibration => return self.values(&["aligned", "over", "under"]),
            K::Confidence => return self.keywords(&[K::Min], None),
            K::Listen => return self.keywords(&[K::For], None),
            K::Wake => return self.keywords(&[K::After], None),
            K::Chirp => return self.values(&["critical", "warning", "info"]),
            // A new name, a number, a text.
            _ => return,
        }
        if place.since.last().is_some_and(|(kind, _)| *kind == K::Status) {
            self.found.clear();
            return self.values(&["fired", "not_fired", "partial"]);
        }
        self.further(place, statement);
    }

    fn condition(&mut self, place: &Place, statement: K) {
        match place.condition() {
            Condition::Field => {
                self.fields(place.collection.as_deref());
                self.keywords(&[K::Not], None);
            }
            Condition::Operator => {
                for operator in ["=", "!=", "<", "<=", ">", ">="] {
                    self.found.push((operator.to_owned(), CompletionKind::Operator, "comparison".to_owned()));
                }
                self.keywords(&[K::In, K::Not, K::Between, K::Contains, K::Exists, K::Is, K::And, K::Or], None);
                self.further(place, statement);
            }
            Condition::Value | Condition::Low | Condition::List => self.values(&["true", "false", "null"]),
            Condition::Between => self.keywords(&[K::And], None),
            Condition::Complete => {
                self.keywords(&[K::And, K::Or], None);
                self.further(place, statement);
            }
        }
    }

    /// The clauses that the statement can still take, and what can begin after it.
    fn further(&mut self, place: &Place, statement: K) {
        let repeats = |kind: K| matches!((statement, kind), (K::Fetch, K::On) | (K::Recall, K::Watch));
        let open: Vec<K> =
            statement.clauses().iter().copied().filter(|kind| place.seen & kind.bit() == 0 || repeats(*kind)).collect();
        self.keywords(&open, Some(statement));
        if place.fetch.is_some() {
            self.keywords(K::Fetch.clauses(), Some(K::Fetch));
        }
        self.statements();
    }

    fn statements(&mut self) {
        self.keywords(K::statements(), None);
    }

    fn keywords(&mut self, kinds: &[K], statement: Option<K>) {
        for kind in kinds {
            let detail = meaning::keyword(*kind, statement).map_or("", |meaning| meaning.form);
            self.found.push((kind.keyword().to_owned(), CompletionKind::Keyword, detail.to_owned()));
        }
    }

    fn values(&mut self, values: &[&str]) {
        values.iter().for_each(|value| self.value(value, ""));
    }

    fn value(&mut self, value: &str, detail: &str) {
        self.found.push((value.to_owned(), CompletionKind::Value, detail.to_owned()));
    }

    fn dimensions(&mut self) {
        for dimension in Dimension::ALL {
            self.found.push((dimension.id().to_owned(), CompletionKind::Dimension, dimension.name().to_owned()));
        }
    }

    fn collections(&mut self) {
        let Some(source) = self.known.source else { return };
        // A place that cannot be read has no names to offer; that it cannot be read is said where it is used.
        let names = source.collections().unwrap_or_default();
        let place = source.place();
        self.found
            .extend(names.into_iter().map(|name| (syntax::name(&name), CompletionKind::Collection, place.clone())));
    }

    fn fields(&mut self, collection: Option<&str>) {
        let (Some(source), Some(collection)) = (self.known.source, collection) else { return };
        let Ok(schema) = source.schema(collection) else { return };
        let fields = schema.fields.into_iter();
        self.found.extend(fields.map(|field| (syntax::name(&field.path), CompletionKind::Field, types(&field.types))));
    }

    fn results(&mut self) {
        let parsed = syntax::parse(self.text);
        let made = mention::defined(&parsed.script);
        self.found.extend(
            made.into_iter()
                .filter(|made| made.by != "WATCH")
                .map(|made| (syntax::name(&made.name), CompletionKind::Result, format!("result of {}", made.by))),
        );
    }
}
