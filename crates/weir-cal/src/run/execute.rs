//! The statements of a script, one after another.

use indexmap::{IndexMap, IndexSet};

use crate::{
    ast::{Band, Cascade, Chirp, Drift, Fetch, Name, Recall, Script, Statement, StatementKind, Watch},
    edition::Edition,
    limits,
    near::near,
    number::Decimal,
    outcome::{Action, Alert, Outcome, Output, Task, Watcher},
    run::{
        Environment,
        collect::{Collected, claims, weight},
        decide::Terms,
        drift::drift,
        failure::Failure,
        later::Later,
        publish::Queued,
        scan::{entities, in_time},
    },
    schedule::{recall, watch},
    source::SourceError,
};

/// A run under way.
pub(super) struct Runner<'r, 'e> {
    script: &'r Script<'r>,
    pub(super) text: &'r str,
    pub(super) environment: &'r mut Environment<'e>,
    pub(super) outputs: IndexMap<String, Output>,
    pub(super) collected: IndexMap<String, Collected>,
    pub(super) actions: Vec<Action>,
    pub(super) queue: Vec<Queued>,
    /// The collections that were read.
    pub(super) read: IndexSet<String>,
    pub(super) error: Option<String>,
    pub(super) stopped: bool,
    executes: bool,
    alerts: Vec<Alert>,
    watchers: Vec<Watcher>,
    tasks: Vec<Task>,
    notes: IndexSet<String>,
    /// The cascades that TRACE statements claim, by the result that they are about; without a name about the first.
    pub(super) claims: IndexMap<Option<&'r str>, Vec<&'r Cascade>>,
    /// How many entities and cascades the results keep.
    pub(super) kept: usize,
    later: Later,
    lines: Lines,
}

impl<'r, 'e> Runner<'r, 'e> {
    pub(super) fn new(script: &'r Script<'r>, text: &'r str, environment: &'r mut Environment<'e>) -> Self {
        let later = Later::new(environment.now);
        Self {
            script,
            text,
            environment,
            outputs: IndexMap::new(),
            collected: IndexMap::new(),
            actions: Vec::new(),
            queue: Vec::new(),
            read: IndexSet::new(),
            error: None,
            stopped: false,
            executes: false,
            alerts: Vec::new(),
            watchers: Vec::new(),
            tasks: Vec::new(),
            notes: IndexSet::new(),
            claims: claims(&script.statements),
            kept: 0,
            later,
            lines: Lines::default(),
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        for statement in &self.script.statements {
            self.statement(statement, None, 0);
            if self.stopped {
                break;
            }
        }
        self.finish()
    }

    /// The outcome so far; what is surfaced is not published yet.
    pub(super) fn outcome(&mut self) -> Outcome {
        let now = self.environment.now.to_string();
        Outcome {
            r#type: "ExecutionResult",
            edition: Edition::Two,
            started: now.clone(),
            completed: now,
            methodology: "6D Foraging",
            actions: std::mem::take(&mut self.actions),
            outputs: std::mem::take(&mut self.outputs),
            alerts: std::mem::take(&mut self.alerts),
            surfaced: Vec::new(),
            watchers: std::mem::take(&mut self.watchers),
            scheduled_tasks: std::mem::take(&mut self.tasks),
            success: self.error.is_none(),
            error: self.error.take(),
            executes: self.executes,
            notes: std::mem::take(&mut self.notes).into_iter().collect(),
        }
    }

    /// Runs a statement; `cause` is the FETCH whose `ON` clause it is.
    fn statement(&mut self, statement: &Statement<'_>, cause: Option<&str>, depth: usize) {
        let (action, target) = naming(&statement.kind);
        let line = self.lines.line(self.text, statement.span.start);
        let done = if depth > limits::NESTING {
            Err(Failure::Nested(limits::NESTING))
        } else {
            in_time(self.environment.deadline).map_err(Failure::from).and_then(|()| self.perform(statement, cause))
        };
        let (result, summary, error) = match done {
            Ok(summary) => ("success", summary, None),
            Err(failure) => {
                let error = failure.to_string();
                self.stopped |= failure.ends_the_run();
                self.fail(line, &error);
                ("failed", String::new(), Some(error))
            }
        };
        self.actions.push(Action { action, target, result, line, summary, error });
        if let StatementKind::Fetch(fetch) = &statement.kind
            && result == "success"
        {
            self.act(fetch, depth);
        }
    }

    /// Remembers the first failure.
    pub(super) fn fail(&mut self, line: u32, error: &str) {
        self.error.get_or_insert_with(|| format!("line {line}: {error}"));
    }

    fn perform(&mut self, statement: &Statement<'_>, cause: Option<&str>) -> Result<String, Failure> {
        let text = statement.span.text(self.text);
        match &statement.kind {
            StatementKind::Forage(forage) => self.forage(forage),
            StatementKind::Dive(dive) => self.dive(dive),
            StatementKind::Drift(drift) => self.drift(drift),
            StatementKind::Fetch(fetch) => self.fetch(fetch),
            StatementKind::Trace(trace) => self.trace(trace),
            StatementKind::Chirp(chirp) => self.chirp(chirp, cause),
            StatementKind::Surface(surface) => self.surface(surface, text),
            StatementKind::Recall(recall) => self.recall(recall),
            StatementKind::Wake(wake) => {
                let task = self.later.wake(wake, self.text, text);
                let summary = format!("due {}", task.due);
                self.tasks.push(task);
                Ok(summary)
            }
            StatementKind::Perch(perch) => {
                let (watcher, timeout) = self.later.perch(perch, self.text, text);
                self.watchers.push(watcher);
                self.tasks.extend(timeout);
                Ok("watched from now on".to_owned())
            }
            StatementKind::Listen(listen) => {
                self.watchers.push(self.later.listen(listen, text));
                Ok("listened for from now on".to_owned())
            }
            StatementKind::Watch(watch) => self.watch(watch, text),
        }
    }

    fn drift(&mut self, statement: &Drift<'_>) -> Result<String, Failure> {
        let target = statement.target.value;
        if !self.outputs.contains_key(target) {
            return Err(self.unknown(target));
        }
        let result = drift(statement)?;
        let summary = format!("{} - {} = {}", result.methodology, result.performance, result.drift);
        self.keep(&format!("{target}_drift"), Output::Drift(Box::new(result)));
        Ok(summary)
    }

    fn fetch(&mut self, fetch: &Fetch<'_>) -> Result<String, Failure> {
        let target = fetch.target.value;
        let foraged = match self.outputs.get(target) {
            Some(Output::Foraged(foraged)) => foraged,
            Some(_) => return Err(Failure::NotForaged(target.to_owned())),
            None => return Err(self.unknown(target)),
        };
        let Some(Output::Drift(drift)) = self.outputs.get(&format!("{target}_drift")) else {
            return Err(Failure::NoDrift(target.to_owned()));
        };
        let terms = Terms::new(fetch, drift.drift)?;
        let collected = self.collected.get(target).ok_or_else(|| Failure::NotForaged(target.to_owned()))?;
        let result = terms.decide(target, foraged, &collected.ranking)?;
        let crate::outcome::FetchComponents { chirp, drift, confidence } = result.components;
        let size = Decimal::rounded(drift.get().abs(), 6);
        let summary = if foraged.count == 0 {
            format!("nothing matched: {}", result.level.keyword())
        } else {
            format!("{chirp} x {size} x {confidence} = {}: {}", result.fetch_score, result.level.keyword())
        };
        if result.unknown > 0 {
            self.note(format!(
                "`{target}`: {} cannot be decided on, because a figure is missing",
                entities(result.unknown)
            ));
        }
        self.executes |= result.level == Band::Execute;
        self.keep(&format!("{target}_fetch"), Output::Fetch(Box::new(result)));
        Ok(summary)
    }

    /// Runs what a FETCH says for the band that it reached.
    fn act(&mut self, fetch: &Fetch<'_>, depth: usize) {
        let name = format!("{}_fetch", fetch.target.value);
        let Some(Output::Fetch(result)) = self.outputs.get(&name) else { return };
        let level = result.level;
        for clause in fetch.actions.iter().filter(|clause| clause.band == level) {
            if self.stopped {
                return;
            }
            self.statement(&clause.action, Some(&name), depth + 1);
        }
    }

    fn chirp(&mut self, chirp: &Chirp<'_>, cause: Option<&str>) -> Result<String, Failure> {
        let message = match &chirp.message {
            Some(text) if !text.value.is_empty() => text.value.to_string(),
            _ => format!("CAL Alert: {}", chirp.level.value),
        };
        let mut alert = Alert::new(chirp.level.value, message, self.environment.now.to_string());
        alert.cause = cause.map(str::to_owned);
        let deliveries: Vec<_> = self.environment.sinks.iter_mut().map(|sink| sink.send(&alert)).collect();
        let lost = deliveries.iter().filter(|delivery| !delivery.delivered).map(|delivery| match &delivery.error {
            Some(error) => format!("{}: {error}", delivery.sink),
            None => delivery.sink.clone(),
        });
        let lost: Vec<String> = lost.collect();
        let summary = format!("sent to {}", counted(deliveries.len(), "receiver"));
        alert.deliveries = deliveries;
        self.alerts.push(alert);
        if lost.is_empty() { Ok(summary) } else { Err(Failure::Undelivered(lost.join("; "))) }
    }

    /// Writes a watch down, and where it stands by the observations so far.
    fn watch(&mut self, watch: &Watch<'_>, text: &str) -> Result<String, Failure> {
        let mut watcher = self.later.watch(watch, self.text, text);
        let Environment { source, now, .. } = *self.environment;
        let summary = match watch::collection(watch, self.script) {
            None => {
                self.note(format!("`{}` names no collection that it could look at", watch.target.value));
                "watched from now on".to_owned()
            }
            Some(collection) => match watch::evaluate(watch, collection, source, now) {
                Ok(watched) => {
                    watched.apply(&mut watcher);
                    match &watcher.since {
                        Some(since) => format!("{} since {since}", watcher.status),
                        None => watcher.status.clone(),
                    }
                }
                // A watch that only stands near a FORAGE may be about something else.
                Err(error @ (SourceError::UnknownField { .. } | SourceError::UnknownCollection { .. }))
                    if watch.collection.is_none() =>
                {
                    self.note(format!("`{}` cannot be looked at yet: {error}", watch.target.value));
                    "watched from now on".to_owned()
                }
                Err(error) => return Err(error.into()),
            },
        };
        self.watchers.push(watcher);
        Ok(summary)
    }

    fn recall(&mut self, statement: &Recall<'_>) -> Result<String, Failure> {
        let Environment { source, now, .. } = *self.environment;
        let result = recall::recall(statement, self.script, source, now)?;
        let name = format!("{}_recall", result.target);
        let summary = result.interpretation.clone();
        self.keep(&name, Output::Recall(Box::new(result)));
        if let Some((surface, format)) = statement.surface {
            self.queue_result(surface, Some(format), &name)?;
        }
        Ok(summary)
    }

    /// Gives a result its name. One that had it before is lost to later statements, which a reader should know.
    pub(super) fn keep(&mut self, name: &str, output: Output) {
        self.kept += weight(&output);
        if let Some(lost) = self.outputs.insert(name.to_owned(), output) {
            self.kept = self.kept.saturating_sub(weight(&lost));
            self.note(format!("`{name}` is given twice: the later result takes the place of the earlier"));
        }
        if let Some(Output::Trace(trace)) = self.outputs.get(name)
            && let Some(Output::Foraged(foraged)) = self.outputs.get(&trace.from)
        {
            let all: usize = foraged.entities.iter().map(|entity| entity.cascades.len()).sum();
            let untold = (all - trace.pathways.len().min(all)) as u64 + foraged.entities_omitted;
            if untold > 0 {
                let from = &trace.from;
                self.notes.insert(format!("`{name}`: the cascades of {} of `{from}` are not kept", entities(untold)));
            }
        }
    }

    pub(super) fn plan_later(&mut self, task: Task) {
        self.tasks.push(task);
    }

    pub(super) fn later(&mut self) -> &mut Later {
        &mut self.later
    }

    /// Says something once.
    pub(super) fn note(&mut self, note: String) {
        self.notes.insert(note);
    }

    pub(super) fn unknown(&self, name: &str) -> Failure {
        let near = near(name, self.outputs.keys().map(String::as_str));
        Failure::UnknownResult { name: name.to_owned(), near }
    }
}

/// The action and what it is about.
fn naming(kind: &StatementKind<'_>) -> (&'static str, Option<String>) {
    let named = |name: &Name<'_>| Some(name.value.to_owned());
    match kind {
        StatementKind::Forage(forage) => ("query", named(&forage.target)),
        StatementKind::Dive(dive) => ("analyze", named(&dive.target)),
        StatementKind::Drift(drift) => ("drift", named(&drift.target)),
        StatementKind::Fetch(fetch) => ("fetch", named(&fetch.target)),
        StatementKind::Perch(perch) => ("observe", Some(crate::run::later::place(&perch.target))),
        StatementKind::Listen(_) => ("monitor", None),
        StatementKind::Wake(_) => ("schedule", None),
        StatementKind::Chirp(chirp) => ("alert", named(&chirp.level)),
        StatementKind::Trace(trace) => ("traceCascade", named(&trace.target)),
        StatementKind::Watch(watch) => ("watch", named(&watch.target)),
        StatementKind::Recall(recall) => ("recall", named(&recall.target)),
        StatementKind::Surface(surface) => ("output", named(&surface.output)),
    }
}

pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Finds lines. Statements come in the order of the source, so that each byte is looked at once.
#[derive(Debug, Default)]
struct Lines {
    offset: usize,
    breaks: u32,
}

impl Lines {
    /// The line of a byte, from 1.
    fn line(&mut self, text: &str, offset: u32) -> u32 {
        let offset = offset as usize;
        if offset < self.offset {
            *self = Self::default();
        }
        let between = text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.breaks = self.breaks.saturating_add(memchr::memchr_iter(b'\n', between).count().try_into().unwrap_or(0));
        self.offset = offset;
        self.breaks.saturating_add(1)
    }
}
