//! SURFACE: what is published when the script has run.

use std::{io, time::Instant};

use jiff::tz::TimeZone;

use crate::{
    ast::{Name, Surface},
    outcome::{Entity, Foraged, Outcome, Output, Surfaced, Task},
    report::{Document, Entities, Format, Subject},
    run::{
        execute::Runner,
        failure::Failure,
        near::near,
        scan::{Plan, in_time},
    },
    schedule::recall::day,
    source::{Source, SourceError},
};

/// Among how many results a misspelled name is looked for.
const NAMES: usize = 1000;

/// A SURFACE that waits for the end of the run.
#[derive(Debug)]
pub(super) struct Queued {
    /// Its place among the actions.
    action: usize,
    /// As in the script.
    name: String,
    /// The result, where it is another than the name says.
    result: Option<String>,
    format: Format,
    to: Option<String>,
}

impl Runner<'_, '_> {
    pub(super) fn surface(&mut self, surface: &Surface<'_>, text: &str) -> Result<String, Failure> {
        let to = surface.to.as_ref().map(|to| to.value.to_string());
        let format = match surface.format {
            Some(format) => named(format)?,
            // The ending of the file says it as well.
            None => to.as_deref().and_then(|to| to.rsplit_once('.')?.1.parse().ok()).unwrap_or_default(),
        };
        if let Some(on) = &surface.on {
            let no_day = || Failure::NoDay(on.value.to_string());
            let due = day(&on.value).ok_or_else(no_day)?.to_zoned(TimeZone::UTC).map_err(|_| no_day())?.timestamp();
            if due > self.environment.now {
                let task = Task {
                    id: self.later().id("surface", text),
                    r#type: "surface",
                    due: due.to_string(),
                    action: Some(text.to_owned()),
                    status: "pending".to_owned(),
                };
                let summary = format!("due {}", task.due);
                self.plan_later(task);
                return Ok(summary);
            }
        }
        let name = surface.output.value.to_owned();
        self.queue.push(Queued { action: self.actions.len(), name, result: None, format, to });
        Ok(format!("published as {format}"))
    }

    /// Surfaces `result` under another name.
    pub(super) fn queue_result(
        &mut self,
        name: Name<'_>,
        format: Option<Name<'_>>,
        result: &str,
    ) -> Result<(), Failure> {
        let format = format.map(named).transpose()?.unwrap_or_default();
        let (name, result) = (name.value.to_owned(), Some(result.to_owned()));
        self.queue.push(Queued { action: self.actions.len(), name, result, format, to: None });
        Ok(())
    }

    /// Publishes what was surfaced, and gives the outcome.
    pub(super) fn finish(mut self) -> Outcome {
        let queue = std::mem::take(&mut self.queue);
        // Half an analysis must not look like a whole one.
        if self.stopped {
            let mut outcome = self.outcome();
            for queued in &queue {
                fail(&mut outcome, queued, "not published, because the run failed");
            }
            return outcome;
        }
        let subjects: Vec<Option<String>> = queue.iter().map(|queued| self.subject(queued)).collect();
        let sources: Vec<String> =
            self.read.iter().map(|collection| format!("{} ({collection})", self.environment.source.place())).collect();
        let mut outcome = self.outcome();
        outcome.surfaced = queue.iter().zip(&subjects).map(|(queued, of)| surfaced(queued, of.as_deref())).collect();
        let mut published = Vec::with_capacity(queue.len());
        for (queued, of) in queue.iter().zip(&subjects) {
            match self.publish(queued, of.as_deref(), &outcome, &sources) {
                Ok(path) => {
                    let mut entry = surfaced(queued, of.as_deref());
                    entry.path = path;
                    published.push(entry);
                }
                Err(error) => fail(&mut outcome, queued, &error),
            }
        }
        outcome.surfaced = published;
        outcome
    }

    /// The result that is meant; `None` for the whole analysis.
    fn subject(&mut self, queued: &Queued) -> Option<String> {
        let name = queued.result.as_ref().unwrap_or(&queued.name);
        if self.outputs.contains_key(name) {
            return Some(name.clone());
        }
        // To compare many names with many takes long, and helps nobody.
        if self.outputs.len() <= NAMES
            && let Some(like) = near(name, self.outputs.keys().map(String::as_str)).first()
        {
            self.note(format!("`{name}` is no result: the whole analysis is surfaced; did you mean `{like}`?"));
        }
        None
    }

    fn publish(
        &mut self,
        queued: &Queued,
        of: Option<&str>,
        outcome: &Outcome,
        sources: &[String],
    ) -> Result<Option<String>, String> {
        let deadline = self.environment.deadline;
        in_time(deadline).map_err(|error| error.to_string())?;
        let source = self.environment.source;
        let found = of.and_then(|name| outcome.outputs.get_key_value(name));
        let stream = found.and_then(|(name, output)| {
            let Output::Foraged(foraged) = output else { return None };
            let plan = &self.collected.get(name)?.plan;
            Some(Stream { foraged, plan, source, deadline })
        });
        let document = Document {
            name: &queued.name,
            subject: found.map_or(Subject::Analysis, |(name, output)| Subject::Result(name, output)),
            outcome,
            script: self.text,
            script_name: self.environment.script_name.as_deref(),
            sources,
            entities: stream.as_ref().map(|stream| -> &dyn Entities { stream }),
        };
        self.environment.publisher.publish(&document, queued.format, queued.to.as_deref())
    }
}

fn named(format: Name<'_>) -> Result<Format, Failure> {
    format.value.parse().map_err(|_| Failure::UnknownWord {
        what: "format",
        word: format.value.to_owned(),
        known: "json, ndjson, csv, markdown or html",
    })
}

fn surfaced(queued: &Queued, of: Option<&str>) -> Surfaced {
    Surfaced {
        name: queued.name.clone(),
        format: queued.format.name().to_owned(),
        of: of.unwrap_or("analysis").to_owned(),
        path: queued.to.clone(),
    }
}

fn fail(outcome: &mut Outcome, queued: &Queued, error: &str) {
    let line = match outcome.actions.get_mut(queued.action) {
        Some(action) => {
            action.result = "failed";
            action.summary.clear();
            action.error = Some(error.to_owned());
            action.line
        }
        None => 0,
    };
    outcome.success = false;
    outcome.error.get_or_insert_with(|| format!("line {line}: {error}"));
}

/// The entities of a result: those that were kept where that is all of them, else read again.
struct Stream<'s> {
    foraged: &'s Foraged,
    plan: &'s Plan,
    source: &'s dyn Source,
    deadline: Option<Instant>,
}

impl Entities for Stream<'_> {
    fn each(&self, each: &mut dyn FnMut(&Entity) -> io::Result<()>) -> io::Result<()> {
        if self.foraged.entities_omitted == 0 {
            return self.foraged.entities.iter().try_for_each(each);
        }
        let mut refused = None;
        let read = self.plan.entities(self.source, self.deadline, &mut |entity| {
            each(entity).map_err(|error| {
                let stop = SourceError::Stopped(error.to_string());
                refused = Some(error);
                stop
            })
        });
        match (refused, read) {
            (Some(error), _) => Err(error),
            (None, read) => read.map_err(|error| io::Error::other(error.to_string())),
        }
    }
}
