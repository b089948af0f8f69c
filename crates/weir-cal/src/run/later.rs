//! PERCH, LISTEN, WAKE and WATCH: what is written down for later.

use jiff::Timestamp;

use crate::{
    ast::{Expr, Listen, Name, Perch, Target, Wake, Watch},
    outcome::{Task, Watcher},
    run::lower::after,
    schedule::durable::fnv,
    span::Span,
};

/// Gives each thing that is to happen later a name that it keeps from run to run.
#[derive(Debug)]
pub(super) struct Later {
    now: Timestamp,
    given: std::collections::BTreeMap<String, u32>,
}

impl Later {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, given: std::collections::BTreeMap::new() }
    }

    /// The same for the same statement, so that a second run of a script does not plan everything twice. Statements
    /// with the same text are counted.
    pub(super) fn id(&mut self, kind: &str, text: &str) -> String {
        let hash = fnv(text.split_whitespace().flat_map(|word| word.bytes().chain([b' '])));
        let id = format!("{kind}-{hash:016x}");
        let count = self.given.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}-{count}") }
    }

    pub(super) fn wake(&mut self, wake: &Wake<'_>, source: &str, text: &str) -> Task {
        Task {
            id: self.id("wake", text),
            r#type: "wake",
            due: after(self.now, &wake.after).to_string(),
            action: wake.then.as_ref().map(|then| then.span.text(source).to_owned()),
            status: "pending".to_owned(),
        }
    }

    pub(super) fn perch(&mut self, perch: &Perch<'_>, source: &str, text: &str) -> (Watcher, Option<Task>) {
        let id = self.id("perch", text);
        let task = perch.wake.as_ref().map(|duration| Task {
            id: format!("{id}-timeout"),
            r#type: "timeout",
            due: after(self.now, duration).to_string(),
            action: perch.chirp.as_ref().map(|chirp| {
                let message = chirp.message.as_ref().map_or(chirp.level.span, |message| message.span);
                format!("CHIRP {}", chirp.level.span.to(message).text(source))
            }),
            status: "pending".to_owned(),
        });
        let watcher = Watcher {
            id,
            r#type: "observe",
            target: place(&perch.target),
            condition: perch.listen.as_deref().map(signals).unwrap_or_default(),
            duration: perch.wake.as_ref().map(|duration| duration.span.text(source).to_owned()),
            status: "active".to_owned(),
            since: None,
        };
        (watcher, task)
    }

    pub(super) fn listen(&mut self, listen: &Listen<'_>, text: &str) -> Watcher {
        let signals = signals(&listen.signals);
        Watcher {
            id: self.id("listen", text),
            r#type: "monitor",
            target: signals.clone(),
            condition: signals,
            duration: None,
            status: "active".to_owned(),
            since: None,
        }
    }

    pub(super) fn watch(&mut self, watch: &Watch<'_>, source: &str, text: &str) -> Watcher {
        Watcher {
            id: self.id("watch", text),
            r#type: "watch",
            target: watch.target.value.to_owned(),
            condition: as_written(&watch.condition, source).to_owned(),
            duration: watch.hold.as_ref().map(|duration| duration.span.text(source).to_owned()),
            status: "active".to_owned(),
            since: None,
        }
    }
}

fn signals(names: &[Name<'_>]) -> String {
    names.iter().map(|name| name.value).collect::<Vec<_>>().join(", ")
}

/// A place as written.
pub(super) fn place(target: &Target<'_>) -> String {
    match target {
        Target::Keyed { key, value } => format!("{}:\"{}\"", key.value, value.value),
        Target::Simple(name) => name.value.to_owned(),
    }
}

/// A condition as it stands in the source, with the parentheses around it.
fn as_written<'s>(condition: &Expr<'_>, source: &'s str) -> &'s str {
    let Some(span) = cover(condition) else { return "" };
    let Span { start, end } = span;
    let before = source.get(..start as usize).unwrap_or_default();
    let inner = before.trim_end_matches(|letter: char| letter.is_whitespace() || letter == '(');
    let after = source.get(end as usize..).unwrap_or_default();
    let outer = after.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ')');
    // The path of `path EXISTS` is all that has a place.
    let outer = match outer.get(..6) {
        Some(word) if word.eq_ignore_ascii_case("exists") => outer.get(6..).unwrap_or_default(),
        _ => outer,
    };
    let last = source.len() - outer.len();
    source.get(inner.len()..last).unwrap_or_default().trim()
}

/// From the first to the last byte of a condition, outer parentheses left out.
fn cover(condition: &Expr<'_>) -> Option<Span> {
    Some(match condition {
        Expr::And(parts) | Expr::Or(parts) => cover(parts.first()?)?.to(cover(parts.last()?)?),
        Expr::Not(_, span) => *span,
        Expr::Compare { left, right, .. } | Expr::Contains { left, right } => left.span.to(right.span),
        Expr::In { span, .. } => *span,
        Expr::Between { left, high, .. } => left.span.to(high.span),
        Expr::Exists(path) | Expr::Holds(path) => path.span,
    })
}
