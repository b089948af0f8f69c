//! How a command was understood, for people: which commands ran which, with their expanded words.
//!
//! Kept only where somebody asks: an ordinary analysis pays one comparison for each command.

use std::path::PathBuf;

use weir_model::{Effect, Step, StepWord, WordValue};

use crate::call::{Arg, Secret, Value};

use super::ir::{Assignment, AssignmentValue, Command, RedirectKind, Stmt};
use super::state::Shell;
use super::{Evaluator, Frame};

/// The most steps that are kept; the effects of later ones are shown with the last.
const MOST_STEPS: usize = 2_000;

/// The steps so far, and the one that is being evaluated.
#[derive(Default)]
pub(super) struct Trace {
    nodes: Vec<Node>,
    current: Option<usize>,
}

struct Node {
    parent: Option<usize>,
    step: Step,
    /// What was kept while this step was the current one.
    kept: Vec<Effect>,
}

impl Trace {
    /// Remembers an effect of the current step.
    pub(super) fn keep(&mut self, effect: &Effect) {
        if let Some(node) = self.current.and_then(|at| self.nodes.get_mut(at)) {
            node.kept.push(effect.clone());
        }
    }

    /// The steps as a tree, with the places of their effects in `effects`.
    pub(super) fn finish(mut self, effects: &[Effect]) -> Vec<Step> {
        for (at, effect) in effects.iter().enumerate() {
            // Effects of several rounds or commands may have been joined into one: then its place in the text tells.
            let near = |kept: &Effect| {
                (kept.verb, kept.target.kind, kept.span, &kept.via)
                    == (effect.verb, effect.target.kind, effect.span, &effect.via)
            };
            let same = self.nodes.iter().position(|node| node.kept.contains(effect));
            let found = same.or_else(|| self.nodes.iter().position(|node| node.kept.iter().any(near)));
            if let Some(node) = found.and_then(|at| self.nodes.get_mut(at)) {
                node.step.effects.push(at);
            }
        }
        // Children come after their parents: from the end, each is complete when it is handed up.
        let mut roots = Vec::new();
        while let Some(mut node) = self.nodes.pop() {
            node.step.steps.reverse();
            match node.parent.and_then(|parent| self.nodes.get_mut(parent)) {
                Some(parent) => parent.step.steps.push(node.step),
                None => roots.push(node.step),
            }
        }
        roots.reverse();
        roots
    }
}

fn word(arg: &Arg) -> StepWord {
    // What comes out of a substitution or a variable that holds a secret. Where its name says so, the value alone is left
    // out of the word later.
    let by_name = |secret: &Secret| secret.variable.as_deref().is_some_and(weir_model::is_secret_variable);
    let is_secret = !arg.secrets.iter().all(by_name) && arg.source.contains(['$', '`']);
    let value = match &arg.value {
        Value::Known(_) | Value::OneOf(_) | Value::Prefix(_) if is_secret => {
            WordValue::Exactly { text: "…".to_owned() }
        }
        Value::Known(text) => WordValue::Exactly { text: text.clone() },
        Value::OneOf(texts) => WordValue::OneOf { texts: texts.clone() },
        Value::Prefix(text) => WordValue::Prefix { text: text.clone() },
        Value::Unknown => WordValue::Unknown,
    };
    StepWord { source: arg.source.clone(), value }
}

/// A statement as people know it: its words, and where its output goes.
fn written(stmt: &Stmt) -> Option<String> {
    let mut out: Vec<String> = Vec::new();
    match &stmt.command {
        Command::Simple { assignments, words } => {
            out.extend(assignments.iter().map(assigned));
            out.extend(words.iter().map(|word| word.source.clone()));
        }
        Command::Declare { how, words, assignments } => {
            out.push(how.clone());
            out.extend(words.iter().map(|word| word.source.clone()));
            out.extend(assignments.iter().map(assigned));
        }
        // What is inside has steps of its own; only where the whole is sent somewhere is it one.
        _ if stmt.redirects.is_empty() => return None,
        _ => out.push("{ … }".to_owned()),
    }
    for redirect in &stmt.redirects {
        let fd = redirect.fd.map(|fd| fd.to_string()).unwrap_or_default();
        let (operator, word) = match redirect.kind {
            RedirectKind::Write => (">", redirect.word.source.as_str()),
            RedirectKind::Append => (">>", redirect.word.source.as_str()),
            RedirectKind::Read => ("<", redirect.word.source.as_str()),
            RedirectKind::Duplicate => (">&", redirect.word.source.as_str()),
            RedirectKind::Here => ("<<", "…"),
            RedirectKind::HereString => ("<<<", redirect.word.source.as_str()),
        };
        out.push(format!("{fd}{operator}{word}"));
    }
    (!out.is_empty()).then(|| out.join(" "))
}

fn assigned(assignment: &Assignment) -> String {
    let value = match &assignment.value {
        AssignmentValue::Scalar(word) => word.source.clone(),
        AssignmentValue::Array(words) => {
            format!("({})", words.iter().map(|word| word.source.as_str()).collect::<Vec<_>>().join(" "))
        }
    };
    format!("{}{}={value}", assignment.name, if assignment.append { "+" } else { "" })
}

/// A step that has begun; `None` where nobody asks, or it is none of its own.
pub(super) struct Begun(Option<Option<usize>>);

impl Evaluator<'_> {
    /// Begins the step of a statement.
    pub(super) fn begin_statement(&mut self, stmt: &Stmt, shell: &Shell, frame: &Frame) -> Begun {
        if self.trace.is_none() {
            return Begun(None);
        }
        match written(stmt) {
            Some(source) => self.begin(source, shell.here(), frame),
            None => Begun(None),
        }
    }

    /// Begins the step of a command that a program runs.
    pub(super) fn begin_command(&mut self, argv: &[Arg], cwd: Option<&PathBuf>, frame: &Frame) -> Begun {
        if self.trace.is_none() {
            return Begun(None);
        }
        let source: Vec<&str> = argv.iter().map(|arg| arg.source.as_str()).collect();
        let begun = self.begin(source.join(" "), cwd, frame);
        self.trace_words(argv);
        begun
    }

    /// Begins the step of a program text, named by how it is reached.
    pub(super) fn begin_text(&mut self, through: &str, shell: &Shell, frame: &Frame) -> Begun {
        if self.trace.is_none() {
            return Begun(None);
        }
        self.begin(through.to_owned(), shell.here(), frame)
    }

    fn begin(&mut self, source: String, cwd: Option<&PathBuf>, frame: &Frame) -> Begun {
        let Some(trace) = &mut self.trace else { return Begun(None) };
        if trace.nodes.len() >= MOST_STEPS {
            return Begun(None);
        }
        let place = frame.place.as_deref().map(str::to_owned);
        let step = Step {
            source,
            words: Vec::new(),
            cwd: cwd.cloned().filter(|_| place.is_none()),
            place,
            span: frame.span,
            effects: Vec::new(),
            steps: Vec::new(),
        };
        let before = trace.current.replace(trace.nodes.len());
        trace.nodes.push(Node { parent: before, step, kept: Vec::new() });
        Begun(Some(before))
    }

    /// The words of the current step, once they are expanded.
    pub(super) fn trace_words(&mut self, argv: &[Arg]) {
        let Some(trace) = &mut self.trace else { return };
        if let Some(node) = trace.current.and_then(|at| trace.nodes.get_mut(at))
            && node.step.words.is_empty()
        {
            node.step.words = argv.iter().map(word).collect();
        }
    }

    /// Ends a step.
    pub(super) fn end(&mut self, begun: Begun) {
        if let (Some(before), Some(trace)) = (begun.0, &mut self.trace) {
            trace.current = before;
        }
    }
}
