//! One look: what has happened since the last one, and what is done about it.

use jiff::Timestamp;

use super::{Entry, Kind, Schedule, ScheduleError, State};
use crate::{
    ast::{Chirp, Name, Perch, Statement, StatementKind, Target},
    outcome::Alert,
    schedule::watch::{
        self,
        observe::{self, OBSERVATIONS, TIMES},
    },
    sink::Sink,
    source::{Query, Source, SourceError},
    syntax,
    value::Value,
};

/// The fields that name a signal, first one first.
const SIGNALS: [&str; 5] = ["signal", "name", "kind", "event", "type"];

/// Runs a statement that has become due, other than CHIRP: what a WAKE says, and a SURFACE. The text says why it failed.
pub type Act<'a> = dyn FnMut(&Entry, &str) -> Result<(), String> + 'a;

/// Something that a look has done, or could not do.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticked {
    /// The entry.
    pub id: String,
    /// What it waited for.
    pub kind: Kind,
    /// When it happened.
    pub at: Timestamp,
    /// One sentence for people.
    pub summary: String,
    /// What was sent.
    pub alert: Option<Alert>,
    /// Why it could not be done. It is tried again with the next look.
    pub error: Option<String>,
}

/// Something that happened.
#[derive(Debug)]
struct Event {
    at: Timestamp,
    entry: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A statement is due.
    Due,
    /// A signal came to a PERCH.
    Signal(String),
    /// None came.
    Silence,
    /// A signal was heard by a LISTEN.
    Heard(String),
    /// A WATCH fired for an entity.
    Fired(String),
    /// It cannot be said.
    Failed(String),
}

impl Schedule {
    /// Does what has become due up to `now`, in the order in which it happened, and writes down each thing that was
    /// done. Looking often and looking once does the same things. What fails is tried again with the next look.
    ///
    /// # Errors
    /// The schedule cannot be written.
    pub fn tick(
        &mut self,
        now: Timestamp,
        source: &dyn Source,
        sinks: &mut [Box<dyn Sink>],
        act: &mut Act<'_>,
    ) -> Result<Vec<Ticked>, ScheduleError> {
        let mut events: Vec<Event> = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.state == State::Pending {
                let found = happened(entry, now, source);
                let found = found.unwrap_or_else(|error| vec![(now, What::Failed(error))]);
                events.extend(found.into_iter().map(|(at, what)| Event { at, entry: index, what }));
            }
        }
        events.sort_by_key(|event| (event.at, event.entry));
        let mut ticked = Vec::with_capacity(events.len());
        let mut failed: Vec<usize> = Vec::new();
        for Event { at, entry: index, what } in events {
            let Some(entry) = self.entries.get_mut(index) else { continue };
            // What comes after a failure of the same entry waits, so that nothing is left out.
            if failed.contains(&index) {
                continue;
            }
            let (summary, alert, error) = done(entry, at, &what, sinks, act);
            if error.is_some() {
                failed.push(index);
            } else {
                match &what {
                    What::Heard(name) | What::Fired(name) => {
                        entry.noted.insert(name.clone(), at);
                    }
                    What::Due | What::Signal(_) | What::Silence => entry.state = State::Done,
                    What::Failed(_) => {}
                }
            }
            entry.error.clone_from(&error);
            ticked.push(Ticked { id: entry.id.clone(), kind: entry.kind, at, summary, alert, error });
            self.save()?;
        }
        Ok(ticked)
    }
}

/// What has happened to an entry since it was looked at last.
fn happened(entry: &Entry, now: Timestamp, source: &dyn Source) -> Result<Vec<(Timestamp, What)>, String> {
    let due = entry.due.filter(|due| *due <= now);
    let parsed = syntax::parse(&entry.statement).script;
    let statement = parsed.statements.first().map(|statement| &statement.kind);
    let because = |error: SourceError| error.to_string();
    Ok(match statement {
        Some(StatementKind::Wake(_) | StatementKind::Surface(_)) => {
            due.map(|due| (due, What::Due)).into_iter().collect()
        }
        Some(StatementKind::Perch(perch)) => {
            let until = entry.due.unwrap_or(now).min(now);
            let heard = place(perch, source, entry.created, until).map_err(because)?;
            let first = heard.into_iter().min().map(|(at, signal)| (at, What::Signal(signal)));
            first.or(due.map(|due| (due, What::Silence))).into_iter().collect()
        }
        Some(StatementKind::Listen(listen)) => {
            let mut heard = Vec::new();
            for collection in source.collections().map_err(because)? {
                heard.extend(signals(source, &collection, None, &listen.signals, entry.created, now).map_err(because)?);
            }
            heard.retain(|(at, signal)| entry.noted.get(signal).is_none_or(|noted| at > noted));
            heard.sort();
            heard.dedup();
            heard.into_iter().map(|(at, signal)| (at, What::Heard(signal))).collect()
        }
        Some(StatementKind::Watch(watch)) => {
            let Some(collection) = &entry.collection else {
                return Err(format!("WATCH `{}` has no collection", watch.target.value));
            };
            let watched = watch::evaluate(watch, collection, source, now).map_err(because)?;
            // Of what was before the registration, only what still held then is news.
            let held = watch::evaluate(watch, collection, source, entry.created).map_err(because)?;
            let held = |entity: &str| {
                let same = held.entities.iter().find(|other| other.entity == entity);
                same.is_some_and(|other| other.status == watch::Status::Triggered)
            };
            let mut fired: Vec<(Timestamp, String)> = Vec::new();
            for entity in &watched.entities {
                let mine = watched.firings.iter().filter(|firing| firing.entity == entity.entity);
                let mut all: Vec<Timestamp> = mine.map(|firing| firing.at).collect();
                let before = all.iter().take_while(|at| **at <= entry.created).count();
                all.drain(..before.saturating_sub(usize::from(held(&entity.entity))));
                all.retain(|at| entry.noted.get(&entity.entity).is_none_or(|noted| at > noted));
                fired.extend(all.into_iter().map(|at| (at, entity.entity.clone())));
            }
            fired.into_iter().map(|(at, entity)| (at, What::Fired(entity))).collect()
        }
        _ => return Err("the statement cannot be read".to_owned()),
    })
}

/// The signals at the place of a PERCH.
fn place(
    perch: &Perch<'_>,
    source: &dyn Source,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(Timestamp, String)>, SourceError> {
    let wanted = perch.listen.as_deref().unwrap_or_default();
    let (key, value) = match &perch.target {
        Target::Simple(name) => return signals(source, name.value, None, wanted, from, until),
        Target::Keyed { key, value } => (key, value),
    };
    let mut found = Vec::new();
    for collection in source.collections()? {
        let schema = source.schema(&collection)?;
        if !schema.complete || schema.fields.iter().any(|field| field.path == key.value) {
            found.extend(signals(source, &collection, Some((key.value, value.value.as_ref())), wanted, from, until)?);
        }
    }
    Ok(found)
}

/// The rows of a collection that are signals: all of them where none is `wanted`.
fn signals(
    source: &dyn Source,
    collection: &str,
    at_place: Option<(&str, &str)>,
    wanted: &[Name<'_>],
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(Timestamp, String)>, SourceError> {
    let schema = source.schema(collection)?;
    let has = |path: &str| !schema.complete || schema.fields.iter().any(|field| field.path == path);
    let mut paths: Vec<String> = Vec::new();
    let mut slot = |path: &str| {
        paths.iter().position(|other| other == path).unwrap_or_else(|| {
            paths.push(path.to_owned());
            paths.len() - 1
        })
    };
    let times: Vec<usize> = TIMES.iter().filter(|path| has(path)).map(|path| slot(path)).collect();
    let names: Vec<usize> = SIGNALS.iter().filter(|path| has(path)).map(|path| slot(path)).collect();
    let key = at_place.map(|(key, value)| (slot(key), value));
    let mut found = Vec::new();
    source.scan(collection, &Query { paths, filter: None }, &mut |row, _| {
        let value = |slot: &usize| row.get(*slot).filter(|value| **value != Value::Missing);
        if let Some((slot, wanted)) = key
            && observe::name(value(&slot).unwrap_or(&Value::Missing)).as_deref() != Some(wanted)
        {
            return Ok(());
        }
        let at = times.iter().find_map(value).and_then(observe::time);
        let Some(at) = at.filter(|at| (from..=until).contains(at)) else { return Ok(()) };
        let name = names.iter().find_map(value).and_then(Value::as_text);
        let is_wanted = wanted.is_empty() || wanted.iter().any(|wanted| Some(wanted.value) == name);
        if is_wanted {
            if found.len() == OBSERVATIONS {
                return Err(SourceError::Stopped(format!("`{collection}` has more than {OBSERVATIONS} signals")));
            }
            found.push((at, name.unwrap_or_default().to_owned()));
        }
        Ok(())
    })?;
    Ok(found)
}

/// What is done about an event: the summary, the alert, and why it failed.
fn done(
    entry: &Entry,
    at: Timestamp,
    what: &What,
    sinks: &mut [Box<dyn Sink>],
    act: &mut Act<'_>,
) -> (String, Option<Alert>, Option<String>) {
    let parsed = syntax::parse(&entry.statement).script;
    let statement = parsed.statements.first();
    let (summary, alert) = match (what, statement.map(|statement| &statement.kind)) {
        (What::Failed(error), _) => return (String::new(), None, Some(error.clone())),
        (What::Due, Some(StatementKind::Wake(wake))) => match wake.then.as_deref() {
            None => ("woke, and there is nothing to do".to_owned(), None),
            Some(Statement { kind: StatementKind::Chirp(chirp), .. }) => {
                ("woke".to_owned(), Some(sent(chirp, None, at)))
            }
            Some(then) => {
                let text = then.span.text(&entry.statement);
                let error = act(entry, text).err();
                return (format!("woke: {}", first_line(text)), None, error);
            }
        },
        (What::Due, _) => {
            let error = act(entry, &entry.statement).err();
            return (first_line(&entry.statement).to_owned(), None, error);
        }
        (What::Signal(signal), Some(StatementKind::Perch(perch))) => {
            let said = format!("{} at {}", signalled(signal), at_place(&perch.target));
            let alert = perch.chirp.as_ref().map(|chirp| sent(chirp, Some(&said), at));
            (said, alert)
        }
        (What::Silence, Some(StatementKind::Perch(perch))) => {
            let said = format!("nothing came to {} in time", at_place(&perch.target));
            let alert = perch.chirp.as_ref().map(|chirp| {
                let mut alert = sent(chirp, None, at);
                alert.message = match &chirp.message {
                    Some(message) => format!("{said}: {}", message.value),
                    None => said.clone(),
                };
                alert
            });
            (said, alert)
        }
        (What::Heard(signal), _) => {
            let said = signalled(signal);
            let alert = alert("info", said.clone(), at);
            (said, Some(alert))
        }
        (What::Fired(entity), Some(StatementKind::Watch(watch))) => {
            let of = if entity.is_empty() { String::new() } else { format!(" for `{entity}`") };
            let said = format!("watch `{}` fired{of}", watch.target.value);
            let alert = alert("warning", said.clone(), at);
            (said, Some(alert))
        }
        _ => return (String::new(), None, Some("the statement cannot be read".to_owned())),
    };
    let Some(mut alert) = alert else { return (summary, None, None) };
    alert.cause = Some(entry.id.clone());
    alert.deliveries = sinks.iter_mut().map(|sink| sink.send(&alert)).collect();
    let lost: Vec<&str> = alert.deliveries.iter().filter(|one| !one.delivered).map(|one| one.sink.as_str()).collect();
    let error = (!lost.is_empty()).then(|| format!("the alert did not arrive: {}", lost.join(", ")));
    (summary, Some(alert), error)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn signalled(signal: &str) -> String {
    if signal.is_empty() { "a signal came".to_owned() } else { format!("signal `{signal}` came") }
}

fn at_place(target: &Target<'_>) -> String {
    match target {
        Target::Simple(name) => format!("`{}`", name.value),
        Target::Keyed { key, value } => format!("`{}:{:?}`", key.value, value.value),
    }
}

/// The alert of a CHIRP; `said` where it has no text of its own.
fn sent(chirp: &Chirp<'_>, said: Option<&str>, at: Timestamp) -> Alert {
    let message = match (&chirp.message, said) {
        (Some(text), _) if !text.value.is_empty() => text.value.to_string(),
        (_, Some(said)) => said.to_owned(),
        _ => format!("CAL Alert: {}", chirp.level.value),
    };
    alert(chirp.level.value, message, at)
}

/// Its time is that of what happened, so that looking later does not change it.
fn alert(kind: &str, message: String, at: Timestamp) -> Alert {
    Alert::new(kind, message, at.to_string())
}
