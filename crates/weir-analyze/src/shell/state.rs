//! What a shell remembers between two commands.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use super::ir::Stmt;
use super::limits::MAX_ALTERNATIVES;
use super::text::collapsed;

/// A variable. Every text may have holes; several texts mean one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Var {
    Scalar(Vec<String>),
    /// Elements, each one of several texts.
    Array(Vec<Vec<String>>),
    /// An array of which nothing is known.
    UnknownArray,
}

/// Where a shell may be. `None`: somewhere that is not known.
pub(crate) type Places = Vec<Option<PathBuf>>;

/// Why evaluation of a list of statements stops early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gone {
    /// It does not.
    No,
    /// `break`, `continue`.
    Loop,
    /// `return`.
    Function,
    /// `exit`, `exec`.
    Exit,
}

/// What the shell remembers, shared until somebody changes it.
#[derive(Debug, Clone, Default)]
struct Memory {
    vars: BTreeMap<String, Var>,
    exported: Vec<String>,
    functions: BTreeMap<String, Rc<Stmt>>,
    aliases: BTreeMap<String, String>,
    /// `None`: the text's own arguments are not known.
    positional: Option<Vec<Vec<String>>>,
    name: Option<String>,
    traps: Vec<String>,
    /// Variables to put back when the function that declared them local returns.
    locals: Vec<Vec<(String, Option<Var>)>>,
    /// Directories of `pushd`.
    stack: Vec<Option<PathBuf>>,
}

/// The state of one shell. Cloning it is cheap: that is how branches and subshells are made.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    memory: Rc<Memory>,
    /// Where it may be; one place unless an uncertain `cd` came before. `None`: not known.
    pub(crate) places: Places,
    /// After a `cd` that may have failed: where it is if it worked, and if it did not.
    pub(crate) moved: Option<(Places, Places)>,
    pub(crate) gone: Gone,
}

impl Shell {
    pub(crate) fn new(cwd: Option<PathBuf>) -> Self {
        Self { memory: Rc::default(), places: vec![cwd], moved: None, gone: Gone::No }
    }

    /// Where it is; of several places the one that is being looked at.
    pub(crate) fn here(&self) -> Option<&PathBuf> {
        self.places.first().and_then(Option::as_ref)
    }

    pub(crate) fn var(&self, name: &str) -> Option<&Var> {
        self.memory.vars.get(name)
    }

    pub(crate) fn set(&mut self, name: &str, var: Var) {
        if self.memory.vars.get(name) != Some(&var) {
            Rc::make_mut(&mut self.memory).vars.insert(name.to_owned(), var);
        }
    }

    pub(crate) fn unset(&mut self, name: &str) {
        let memory = Rc::make_mut(&mut self.memory);
        // Remembered as empty: the variable of the environment is gone too.
        memory.vars.insert(name.to_owned(), Var::Scalar(vec![String::new()]));
        memory.functions.remove(name);
    }

    pub(crate) fn export(&mut self, name: &str) {
        if !self.memory.exported.iter().any(|known| known == name) {
            Rc::make_mut(&mut self.memory).exported.push(name.to_owned());
        }
    }

    pub(crate) fn exported(&self) -> &[String] {
        &self.memory.exported
    }

    pub(crate) fn function(&self, name: &str) -> Option<Rc<Stmt>> {
        self.memory.functions.get(name).cloned()
    }

    pub(crate) fn define(&mut self, name: &str, body: Rc<Stmt>) {
        Rc::make_mut(&mut self.memory).functions.insert(name.to_owned(), body);
    }

    pub(crate) fn alias(&self, name: &str) -> Option<&str> {
        self.memory.aliases.get(name).map(String::as_str)
    }

    pub(crate) fn set_alias(&mut self, name: &str, text: Option<String>) {
        let memory = Rc::make_mut(&mut self.memory);
        match text {
            Some(text) => memory.aliases.insert(name.to_owned(), text),
            None => memory.aliases.remove(name),
        };
    }

    pub(crate) fn positional(&self) -> Option<&[Vec<String>]> {
        self.memory.positional.as_deref()
    }

    pub(crate) fn set_positional(&mut self, args: Option<Vec<Vec<String>>>) {
        Rc::make_mut(&mut self.memory).positional = args;
    }

    /// `$0`.
    pub(crate) fn name(&self) -> Option<&str> {
        self.memory.name.as_deref()
    }

    pub(crate) fn set_name(&mut self, name: Option<String>) {
        Rc::make_mut(&mut self.memory).name = name;
    }

    pub(crate) fn add_trap(&mut self, code: String) {
        Rc::make_mut(&mut self.memory).traps.push(code);
    }

    pub(crate) fn take_traps(&mut self) -> Vec<String> {
        if self.memory.traps.is_empty() {
            return Vec::new();
        }
        std::mem::take(&mut Rc::make_mut(&mut self.memory).traps)
    }

    pub(crate) fn enter_function(&mut self) {
        Rc::make_mut(&mut self.memory).locals.push(Vec::new());
    }

    /// Remembers what `name` was, so that leaving the function puts it back.
    pub(crate) fn make_local(&mut self, name: &str) {
        let before = self.memory.vars.get(name).cloned();
        if self.memory.locals.is_empty() {
            return;
        }
        if let Some(frame) = Rc::make_mut(&mut self.memory).locals.last_mut()
            && !frame.iter().any(|(known, _)| known == name)
        {
            frame.push((name.to_owned(), before));
        }
    }

    pub(crate) fn leave_function(&mut self) {
        let memory = Rc::make_mut(&mut self.memory);
        for (name, before) in memory.locals.pop().unwrap_or_default().into_iter().rev() {
            match before {
                Some(var) => memory.vars.insert(name, var),
                None => memory.vars.remove(&name),
            };
        }
    }

    pub(crate) fn push_dir(&mut self, dir: Option<PathBuf>) {
        Rc::make_mut(&mut self.memory).stack.push(dir);
    }

    pub(crate) fn pop_dir(&mut self) -> Option<PathBuf> {
        if self.memory.stack.is_empty() {
            return None;
        }
        Rc::make_mut(&mut self.memory).stack.pop().flatten()
    }

    /// Both branches may have been taken: what they disagree about may be either.
    pub(crate) fn join(&mut self, other: Self) {
        if self.gone != Gone::No && other.gone == Gone::No {
            *self = other;
            return;
        }
        if other.gone != Gone::No {
            self.gone = self.gone.min(other.gone);
            return;
        }
        for place in other.places {
            add_place(&mut self.places, place);
        }
        self.moved = None;
        if Rc::ptr_eq(&self.memory, &other.memory) {
            return;
        }
        let memory = Rc::make_mut(&mut self.memory);
        for (name, theirs) in &other.memory.vars {
            match memory.vars.get_mut(name) {
                Some(ours) if ours == theirs => {}
                Some(ours) => merge(ours, theirs),
                // Not set on our side: there it is what the environment says, which nobody has asked yet.
                None => {
                    memory.vars.insert(name.clone(), theirs.clone());
                }
            }
        }
        for (name, body) in &other.memory.functions {
            memory.functions.entry(name.clone()).or_insert_with(|| body.clone());
        }
        for (name, text) in &other.memory.aliases {
            memory.aliases.entry(name.clone()).or_insert_with(|| text.clone());
        }
        for name in &other.memory.exported {
            if !memory.exported.contains(name) {
                memory.exported.push(name.clone());
            }
        }
        for trap in &other.memory.traps {
            if !memory.traps.contains(trap) {
                memory.traps.push(trap.clone());
            }
        }
        if memory.positional != other.memory.positional {
            memory.positional = None;
        }
    }

    /// True where both remember the same things and are in the same places.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.places == other.places
            && (Rc::ptr_eq(&self.memory, &other.memory)
                || (self.memory.vars == other.memory.vars && self.memory.positional == other.memory.positional))
    }
}

/// Adds a place; too many are one that is not known.
pub(crate) fn add_place(places: &mut Vec<Option<PathBuf>>, place: Option<PathBuf>) {
    const MOST: usize = 4;
    if places.contains(&place) {
        return;
    }
    if places.len() >= MOST {
        *places = vec![None];
    } else {
        places.push(place);
    }
}

fn merge(ours: &mut Var, theirs: &Var) {
    match (ours, theirs) {
        (Var::Scalar(ours), Var::Scalar(theirs)) => add_texts(ours, theirs),
        (ours, _) => *ours = Var::UnknownArray,
    }
}

/// Adds texts; too many become one with a hole.
pub(crate) fn add_texts(ours: &mut Vec<String>, theirs: &[String]) {
    for text in theirs {
        if !ours.contains(text) {
            ours.push(text.clone());
        }
    }
    if ours.len() > MAX_ALTERNATIVES {
        *ours = vec![collapsed(ours)];
    }
}
