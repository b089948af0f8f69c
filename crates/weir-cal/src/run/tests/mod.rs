//! Scripts run over small collections in memory.

mod acting;
mod deciding;
mod evidence;
mod mended;
mod publishing;

use std::{cell::RefCell, rc::Rc, time::Instant};

use serde_json::Value;

use crate::{
    ast::Script,
    outcome::{Alert, Delivery, DriftResult, FetchResult, Foraged, Outcome, Output, TraceResult},
    report::{Document, Format, Subject},
    run::{Environment, Publisher, run},
    sink::Sink,
    source::Memory,
    syntax::parse,
};

/// What happened, in order.
type Log = Rc<RefCell<Vec<String>>>;

/// Hears alerts; fails those that say so.
struct Ear(Log);

impl Sink for Ear {
    fn name(&self) -> String {
        "ear".to_owned()
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        self.0.borrow_mut().push(format!("{} {}", alert.level, alert.message));
        let error = (alert.message == "lost").then(|| "nobody there".to_owned());
        Delivery { sink: self.name(), delivered: error.is_none(), attempts: 1, error }
    }
}

/// Takes what is surfaced; refuses files with `bad` in their names.
struct Desk(Log);

impl Publisher for Desk {
    fn publish(&mut self, document: &Document<'_>, format: Format, to: Option<&str>) -> Result<Option<String>, String> {
        let of = match document.subject {
            Subject::Analysis => "analysis",
            Subject::Result(name, _) => name,
        };
        let mut count = 0;
        if let Some(entities) = document.entities {
            let counted = entities.each(&mut |_| {
                count += 1;
                Ok(())
            });
            counted.map_err(|error| error.to_string())?;
        }
        self.0.borrow_mut().push(format!("{} of {of} as {format}: {count}", document.name));
        match to {
            Some(to) if to.contains("bad") => Err(format!("cannot write {to}")),
            to => Ok(to.map(|to| format!("/out/{to}"))),
        }
    }
}

/// A run, and what was heard of it.
struct Ran {
    outcome: Outcome,
    log: Vec<String>,
}

impl Ran {
    fn foraged(&self, name: &str) -> &Foraged {
        let Some(Output::Foraged(result)) = self.outcome.outputs.get(name) else { panic!("{:?}", self.outcome) };
        result
    }

    fn drift(&self, name: &str) -> &DriftResult {
        let Some(Output::Drift(result)) = self.outcome.outputs.get(name) else { panic!("{:?}", self.outcome) };
        result
    }

    fn fetch(&self, name: &str) -> &FetchResult {
        let Some(Output::Fetch(result)) = self.outcome.outputs.get(name) else { panic!("{:?}", self.outcome) };
        result
    }

    fn trace(&self, name: &str) -> &TraceResult {
        let Some(Output::Trace(result)) = self.outcome.outputs.get(name) else { panic!("{:?}", self.outcome) };
        result
    }

    fn error(&self) -> &str {
        assert!(!self.outcome.success, "{:?}", self.outcome);
        self.outcome.error.as_deref().unwrap()
    }

    fn ok(self) -> Self {
        assert_eq!(self.outcome.error, None);
        assert!(self.outcome.success);
        self
    }
}

/// Collections from `{"name": [..]}`.
fn memory(data: Value) -> Memory {
    let Value::Object(data) = data else { panic!("{data}") };
    data.into_iter().fold(Memory::new(), |memory, (name, rows)| memory.with(name, rows.as_array().unwrap().clone()))
}

fn ran(script: &str, data: Value) -> Ran {
    ran_until(script, data, None)
}

fn ran_until(script: &str, data: Value, deadline: Option<Instant>) -> Ran {
    let parsed = parse(script);
    assert_eq!(parsed.diagnostics, [], "{script}");
    ran_tree(&parsed.script, script, data, deadline)
}

fn ran_tree(script: &Script<'_>, text: &str, data: Value, deadline: Option<Instant>) -> Ran {
    let log = Log::default();
    let source = memory(data);
    let mut sinks: [Box<dyn Sink>; 1] = [Box::new(Ear(Rc::clone(&log)))];
    let mut environment = Environment {
        source: &source,
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
        sinks: &mut sinks,
        publisher: &mut Desk(Rc::clone(&log)),
        deadline,
        script_name: None,
    };
    let outcome = run(script, text, &mut environment).unwrap();
    let log = log.borrow().clone();
    Ran { outcome, log }
}
