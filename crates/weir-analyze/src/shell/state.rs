//! What a shell remembers between two commands.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use super::ir::Stmt;
use super::limits::{MAX_ALTERNATIVES, MOST_VARIABLES};
use super::text::collapsed;

/// A variable. Every text may have holes; several texts mean one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Var {
    Scalar(Vec<String>),
    /// Elements, each one of several texts.
    Array(Vec<Vec<String>>),
    /// Elements of which the places are not known: any index may be any of them.
    Bag(Vec<Vec<String>>),
    /// An array of which nothing is known.
    UnknownArray,
    /// Another name for this variable (`declare -n`).
    Reference(String),
}

/// What a variable makes of every text that it is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Lower,
    Upper,
    Number,
}

impl Form {
    fn of(self, text: &str) -> String {
        match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::Number if text.bytes().all(|b| b.is_ascii_digit()) => text.to_owned(),
            Self::Number => super::text::unknown(),
        }
    }
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
    exports_all: bool,
    /// What a name may be as a function; `None`: it may be none.
    functions: BTreeMap<String, Vec<Option<Rc<Stmt>>>>,
    aliases: BTreeMap<String, String>,
    /// `None`: the text's own arguments are not known.
    positional: Option<Vec<Vec<String>>>,
    name: Option<String>,
    traps: Vec<String>,
    /// Variables to put back when the function that declared them local returns.
    locals: Vec<Vec<(String, Option<Var>)>>,
    /// `declare -l`, `-u`, `-i`: what assigning does to the text.
    forms: BTreeMap<String, Form>,
    /// `set -f`: patterns find nothing.
    no_globs: bool,
    /// `shopt -s dotglob`: patterns find hidden names too.
    dot_globs: bool,
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
    /// What it was where a branch left the loop that it is in, or went on with the next round.
    pub(crate) broke: Option<Rc<Shell>>,
    /// What it was where a branch returned from the function that it is in.
    pub(crate) returned: Option<Rc<Shell>>,
}

impl Shell {
    pub(crate) fn new(cwd: Option<PathBuf>) -> Self {
        Self { memory: Rc::default(), places: vec![cwd], moved: None, gone: Gone::No, broke: None, returned: None }
    }

    /// What another shell that this one starts knows: exported variables and functions, and the directory.
    pub(crate) fn child(&self, inherited: impl Fn(&str) -> bool) -> Self {
        let mut child = Self { broke: None, returned: None, moved: None, gone: Gone::No, ..self.clone() };
        let memory = Rc::make_mut(&mut child.memory);
        let exported = std::mem::take(&mut memory.exported);
        if !memory.exports_all {
            memory.vars.retain(|name, _| exported.iter().any(|known| known == name) || inherited(name));
        }
        memory.functions.retain(|name, _| exported.iter().any(|known| known == name));
        memory.exported = exported;
        memory.aliases.clear();
        memory.forms.clear();
        (memory.no_globs, memory.dot_globs) = (false, false);
        memory.traps.clear();
        memory.stack.clear();
        memory.positional = None;
        child
    }

    /// `set -a`: every variable that is set from now on is exported.
    pub(crate) fn export_all(&mut self) {
        Rc::make_mut(&mut self.memory).exports_all = true;
    }

    /// Where it is; of several places the one that is being looked at.
    pub(crate) fn here(&self) -> Option<&PathBuf> {
        self.places.first().and_then(Option::as_ref)
    }

    pub(crate) fn var(&self, name: &str) -> Option<&Var> {
        let mut name = name;
        for _ in 0..4 {
            match self.memory.vars.get(name) {
                Some(Var::Reference(other)) => name = other,
                None if self.memory.vars.len() >= MOST_VARIABLES => break,
                other => return other,
            }
        }
        Some(&Var::UnknownArray)
    }

    /// Every alias, with what it stands for.
    pub(crate) fn aliases(&self) -> Vec<(String, String)> {
        self.memory.aliases.iter().map(|(name, text)| (name.clone(), text.clone())).collect()
    }

    pub(crate) fn set(&mut self, name: &str, var: Var) {
        let name = match self.memory.vars.get(name) {
            Some(Var::Reference(other)) if !matches!(var, Var::Reference(_)) => &other.clone(),
            _ => name,
        };
        // Too many to remember: one that is not there may be anything.
        if self.memory.vars.len() >= MOST_VARIABLES && !self.memory.vars.contains_key(name) {
            return;
        }
        let var = match (self.memory.forms.get(name), var) {
            (Some(form), Var::Scalar(texts)) => Var::Scalar(texts.iter().map(|text| form.of(text)).collect()),
            (_, var) => var,
        };
        if self.memory.vars.get(name) != Some(&var) {
            Rc::make_mut(&mut self.memory).vars.insert(name.to_owned(), var);
        }
    }

    /// From now on `name` has this form.
    pub(crate) fn set_form(&mut self, name: &str, form: Form) {
        Rc::make_mut(&mut self.memory).forms.insert(name.to_owned(), form);
    }

    /// True where patterns are left as they are.
    pub(crate) fn finds_nothing(&self) -> bool {
        self.memory.no_globs
    }

    /// True where patterns find hidden names too.
    pub(crate) fn finds_hidden(&self) -> bool {
        self.memory.dot_globs
    }

    pub(crate) fn set_globbing(&mut self, no_globs: Option<bool>, dot_globs: Option<bool>) {
        let memory = Rc::make_mut(&mut self.memory);
        memory.no_globs = no_globs.unwrap_or(memory.no_globs);
        memory.dot_globs = dot_globs.unwrap_or(memory.dot_globs);
    }

    pub(crate) fn unset(&mut self, name: &str) {
        // Remembered as empty: the variable of the environment is gone too.
        let none = match self.memory.vars.get(name) {
            Some(Var::Array(_) | Var::Bag(_)) => Var::Array(Vec::new()),
            _ => Var::Scalar(vec![String::new()]),
        };
        self.set(name, none);
        Rc::make_mut(&mut self.memory).functions.remove(name);
    }

    pub(crate) fn export(&mut self, name: &str) {
        if !self.memory.exported.iter().any(|known| known == name) {
            Rc::make_mut(&mut self.memory).exported.push(name.to_owned());
        }
    }

    pub(crate) fn exported(&self) -> &[String] {
        &self.memory.exported
    }

    /// What `name` may be as a function; `None` among these: it may be none. Empty: it is none.
    pub(crate) fn function(&self, name: &str) -> Vec<Option<Rc<Stmt>>> {
        self.memory.functions.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn define(&mut self, name: &str, body: Rc<Stmt>) {
        Rc::make_mut(&mut self.memory).functions.insert(name.to_owned(), vec![Some(body)]);
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

    /// Both branches may have been taken: what they disagree about may be either. `outside` says what a variable is that
    /// the text has not set.
    pub(crate) fn join(&mut self, mut other: Self, outside: &dyn Fn(&str) -> String) {
        if self.gone == other.gone {
            return self.merge(other, outside);
        }
        // One of both goes on from here. What the other remembers counts again where it has gone to.
        if self.gone > other.gone {
            std::mem::swap(self, &mut other);
        }
        for (kept, more) in [(&mut self.broke, other.broke.take()), (&mut self.returned, other.returned.take())] {
            if let Some(more) = more {
                put(kept, Rc::unwrap_or_clone(more), outside);
            }
        }
        match other.gone {
            Gone::Loop => put(&mut self.broke, other, outside),
            Gone::Function => put(&mut self.returned, other, outside),
            Gone::No | Gone::Exit => {}
        }
    }

    /// The end of a loop, or of one round of it: those who left it are here again.
    pub(crate) fn leave_loop(&mut self, outside: &dyn Fn(&str) -> String) {
        let broke = self.broke.take();
        self.come_back(Gone::Loop, broke, outside);
    }

    /// The end of a function: those who returned are here again.
    pub(crate) fn leave_body(&mut self, outside: &dyn Fn(&str) -> String) {
        let returned = self.returned.take();
        self.come_back(Gone::Function, returned, outside);
    }

    fn come_back(&mut self, from: Gone, left: Option<Rc<Self>>, outside: &dyn Fn(&str) -> String) {
        if self.gone == from {
            self.gone = Gone::No;
        }
        if let Some(left) = left {
            let mut left = Rc::unwrap_or_clone(left);
            left.gone = Gone::No;
            self.join(left, outside);
        }
    }

    fn merge(&mut self, other: Self, outside: &dyn Fn(&str) -> String) {
        for place in other.places {
            add_place(&mut self.places, place);
        }
        self.moved = None;
        for (kept, more) in [(&mut self.broke, other.broke), (&mut self.returned, other.returned)] {
            if let Some(more) = more {
                put(kept, Rc::unwrap_or_clone(more), outside);
            }
        }
        if Rc::ptr_eq(&self.memory, &other.memory) {
            return;
        }
        let memory = Rc::make_mut(&mut self.memory);
        // Set on one side only: on the other it is what it was outside.
        let before = |name: &str| Var::Scalar(vec![outside(name)]);
        for (name, ours) in &mut memory.vars {
            match other.memory.vars.get(name) {
                Some(theirs) if ours == theirs => {}
                Some(theirs) => merge(ours, theirs),
                None => merge(ours, &before(name)),
            }
        }
        for (name, theirs) in &other.memory.vars {
            if !memory.vars.contains_key(name) {
                let mut var = theirs.clone();
                merge(&mut var, &before(name));
                memory.vars.insert(name.clone(), var);
            }
        }
        for (name, bodies) in &mut memory.functions {
            if !other.memory.functions.contains_key(name) {
                add_body(bodies, None);
            }
        }
        for (name, bodies) in &other.memory.functions {
            let ours = memory.functions.entry(name.clone()).or_insert_with(|| vec![None]);
            for body in bodies {
                add_body(ours, body.clone());
            }
        }
        for (name, text) in &other.memory.aliases {
            memory.aliases.entry(name.clone()).or_insert_with(|| text.clone());
        }
        for name in &other.memory.exported {
            if !memory.exported.contains(name) {
                memory.exported.push(name.clone());
            }
        }
        memory.exports_all |= other.memory.exports_all;
        // Where it is not known, more is found rather than less.
        memory.no_globs &= other.memory.no_globs;
        memory.dot_globs |= other.memory.dot_globs;
        for trap in &other.memory.traps {
            if !memory.traps.contains(trap) {
                memory.traps.push(trap.clone());
            }
        }
        if memory.positional != other.memory.positional {
            memory.positional = None;
        }
    }

    /// What differs from `before` has been changed by one more round of a loop: it may become anything that begins so.
    pub(crate) fn widen(&mut self, before: &Self) {
        if Rc::ptr_eq(&self.memory, &before.memory) {
            return;
        }
        let changed: Vec<String> = self
            .memory
            .vars
            .iter()
            .filter(|(name, var)| before.memory.vars.get(*name).is_some_and(|old| old != *var))
            .map(|(name, _)| name.clone())
            .collect();
        let memory = Rc::make_mut(&mut self.memory);
        for name in changed {
            match memory.vars.get_mut(&name) {
                Some(Var::Scalar(texts)) if texts.len() > 1 => *texts = vec![collapsed(texts)],
                Some(Var::Scalar(texts)) => *texts = vec![super::text::unknown()],
                Some(Var::Array(_)) => {
                    memory.vars.insert(name, Var::UnknownArray);
                }
                Some(var) => *var = Var::UnknownArray,
                None => {}
            }
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

/// Remembers one more shell that has left.
fn put(kept: &mut Option<Rc<Shell>>, mut more: Shell, outside: &dyn Fn(&str) -> String) {
    match kept {
        Some(kept) => {
            more.gone = kept.gone;
            Rc::make_mut(kept).merge(more, outside);
        }
        None => *kept = Some(Rc::new(more)),
    }
}

/// Adds what a name may be as a function.
fn add_body(bodies: &mut Vec<Option<Rc<Stmt>>>, body: Option<Rc<Stmt>>) {
    let same = |one: &Option<Rc<Stmt>>, other: &Option<Rc<Stmt>>| match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => Rc::ptr_eq(one, other),
        _ => false,
    };
    if !bodies.iter().any(|known| same(known, &body)) {
        bodies.push(body);
    }
}

fn merge(ours: &mut Var, theirs: &Var) {
    match (ours, theirs) {
        (Var::Scalar(ours), Var::Scalar(theirs)) => add_texts(ours, theirs),
        // An array may be empty on the other side, and the other way round.
        (Var::Array(ours) | Var::Bag(ours), Var::Scalar(theirs)) if theirs.iter().all(String::is_empty) => {
            let _ = ours;
        }
        (ours @ Var::Scalar(_), Var::Array(theirs) | Var::Bag(theirs)) if matches!(&ours, Var::Scalar(texts) if texts.iter().all(String::is_empty)) =>
        {
            *ours = Var::Bag(theirs.clone());
        }
        (ours, theirs) => match (elements(ours), elements(theirs)) {
            (Some(mut all), Some(theirs)) if all.len() + theirs.len() <= MAX_ALTERNATIVES => {
                for element in theirs {
                    if !all.contains(&element) {
                        all.push(element);
                    }
                }
                *ours = Var::Bag(all);
            }
            _ => *ours = Var::UnknownArray,
        },
    }
}

/// The elements of a variable, where they are known.
fn elements(var: &Var) -> Option<Vec<Vec<String>>> {
    match var {
        Var::Scalar(texts) => Some(vec![texts.clone()]),
        Var::Array(elements) | Var::Bag(elements) => Some(elements.clone()),
        Var::UnknownArray | Var::Reference(_) => None,
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
