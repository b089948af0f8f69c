//! Follows a program without running it: which values reach which calls.
//!
//! Branches and loops are taken once, and what they assign is added to what was known; functions count when they are
//! called. All work is counted, and what is beyond the limits is said to be not understood.

mod calls;
pub(super) mod expressions;
mod modules;
mod parts;
mod sends;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use weir_model::{Effect, Target, TargetKind, Verb};

use self::expressions::add;
use super::meaning::{Args, Library};
use super::tree::{Class, Expr, Function, Pattern, Program, Stmt};
use super::value::Val;
use crate::call::{Arg, Call, Language, Say, Value};

/// Statements and expressions that are looked at.
const MOST_STEPS: usize = 200_000;
/// Expressions in expressions, with the functions that are called on the way.
const MOST_DEPTH: usize = 150;
/// Functions that call each other.
const MOST_CALLS: usize = 10;
/// Programs in programs.
const MOST_TEXTS: usize = 8;
/// Modules that are read.
const MOST_MODULES: usize = 96;
/// Bytes of a module.
const MOST_MODULE: usize = 256 * 1024;

/// The field that marks the options that a program was given.
pub(super) const OPTIONS: &str = "...options";

/// What differs between the languages.
pub(super) struct Dialect {
    pub(super) language: Language,
    /// What the functions of its libraries mean.
    pub(super) library: &'static [Library],
    /// Reads a text; the second is the name of its file, if it has one.
    pub(super) parse: fn(&str, &str) -> Program,
    /// Modules beside the program: what a name that is imported may be as a file.
    pub(super) module: fn(&str) -> Vec<String>,
    /// What importing a name gives.
    pub(super) import: fn(&mut Machine<'_, '_>, &str) -> Val,
    /// What a name is that the program does not define.
    pub(super) builtin: fn(&Machine<'_, '_>, &str) -> Option<Val>,
    /// What is known of a part of a value without a call.
    pub(super) attribute: fn(&mut Machine<'_, '_>, &Val, &str) -> Option<Val>,
    /// Whether a part of a module has a value of its own (`os.environ[X]`).
    pub(super) environment: &'static [&'static str],
}

#[derive(Default)]
struct Frame {
    names: HashMap<String, Val>,
    parent: Option<usize>,
}

/// A program that is followed.
pub(super) struct Machine<'a, 'c> {
    pub(super) call: &'a Call<'c>,
    pub(super) out: &'a mut dyn Say,
    pub(super) dialect: &'static Dialect,
    /// The directory in which it is now.
    pub(super) cwd: Option<PathBuf>,
    /// Whether it has changed its directory.
    pub(super) moved: bool,
    /// Variables of the environment that it has set.
    pub(super) env: Vec<(String, Value)>,
    /// Above zero while something is followed that may never run.
    pub(super) speculative: usize,
    pub(super) said: HashSet<String>,
    /// What it reads of names that it finds.
    pub(super) reads: HashSet<String>,
    /// True where what follows does not run.
    pub(super) stopped: bool,
    frames: Vec<Frame>,
    frame: usize,
    objects: Vec<HashMap<String, Val>>,
    /// The base of each class, and what its body assigns.
    classes: Vec<(Val, HashMap<String, Val>)>,
    steps: usize,
    depth: usize,
    conditional: usize,
    active: Vec<*const Function>,
    returned: Vec<Val>,
    modules: HashMap<PathBuf, usize>,
    /// The directory of the file that is being read beside the program.
    base: Option<PathBuf>,
    /// Functions that run where the program's arguments name them.
    pub(super) commands: Vec<(String, Val)>,
    texts: usize,
    cut: Option<&'static str>,
}

/// Follows a text.
pub(super) fn follow(dialect: &'static Dialect, text: &str, call: &Call<'_>, say: &mut dyn Say) {
    let program = (dialect.parse)(text, call.argv.first().and_then(Arg::text).unwrap_or_default());
    let mut machine = Machine {
        call,
        out: say,
        dialect,
        cwd: call.cwd.clone(),
        moved: false,
        env: Vec::new(),
        speculative: 0,
        said: HashSet::new(),
        reads: HashSet::new(),
        stopped: false,
        frames: vec![Frame::default()],
        frame: 0,
        objects: Vec::new(),
        classes: Vec::new(),
        steps: 0,
        depth: 0,
        conditional: 0,
        active: Vec::new(),
        returned: Vec::new(),
        modules: HashMap::new(),
        base: None,
        commands: Vec::new(),
        texts: 0,
        cut: program.missing,
    };
    if dialect.language == Language::Ruby {
        // What has no class belongs to the program itself.
        let this = machine.object(Vec::new());
        machine.set("this", this);
    }
    machine.block(&program.body);
    machine.run_commands();
    if let Some(why) = machine.cut {
        // What lies beyond a limit may do anything.
        let effect = Effect::opaque(Verb::Execute, Target::new(TargetKind::Unknown, call.program()), why);
        machine.out.opaque(effect);
    }
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Runs the commands that the arguments name; the only one needs no name.
    fn run_commands(&mut self) {
        let commands = std::mem::take(&mut self.commands);
        let words = self.call.argv.get(1..).unwrap_or_default();
        let unknown = words.iter().any(|word| word.text().is_none());
        for (name, function) in &commands {
            let dashed = name.replace('_', "-");
            let named = words.iter().any(|word| word.text().is_some_and(|word| word == name || word == dashed));
            let complete = match function {
                Val::Function(function, ..) => function.params.iter().all(|(_, default)| default.is_some()),
                _ => false,
            };
            let only = commands.len() == 1 && (complete || !words.is_empty());
            if named || unknown || only {
                self.stopped = false;
                self.apply(function, Args::default(), name);
            }
        }
    }

    /// Remembers that not everything was looked at.
    pub(super) fn cut(&mut self, why: &'static str) {
        self.cut.get_or_insert(why);
    }

    /// One more step; false where there were too many.
    fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            self.cut("the program does more than is followed");
        } else if self.depth > MOST_DEPTH {
            self.cut("the program is nested deeper than is followed");
        } else {
            return true;
        }
        false
    }

    fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            if self.stopped || self.steps > MOST_STEPS {
                return;
            }
            self.stmt(stmt);
        }
    }

    /// Runs what may not run: what it assigns comes on top of what was known.
    fn maybe(&mut self, body: &[Stmt]) -> bool {
        self.conditional += 1;
        self.block(body);
        self.conditional -= 1;
        std::mem::take(&mut self.stopped)
    }

    fn stmt(&mut self, stmt: &Stmt) {
        if !self.step() {
            return;
        }
        self.depth += 1;
        match stmt {
            Stmt::Expr(expr) => {
                self.expr(expr);
            }
            Stmt::Assign(patterns, expr) => {
                let value = self.expr(expr);
                for pattern in patterns {
                    self.bind(pattern, value.clone());
                }
            }
            Stmt::Augment(pattern, expr) => {
                let more = self.expr(expr);
                if let Pattern::Name(name) = pattern {
                    let old = self.name(name);
                    let value = if self.conditional > 0 && matches!(old, Val::Str(_)) {
                        add(&old, &Val::Unknown, name)
                    } else {
                        add(&old, &more, name)
                    };
                    self.set(name, value);
                }
            }
            Stmt::For(pattern, over, body) => {
                let over = self.expr(over);
                // The loop's own name is what the loop gives it and nothing else.
                self.bind(pattern, over.items());
                self.maybe(body);
            }
            Stmt::Branches(branches, complete) => self.branches(branches, *complete),
            Stmt::When(condition, turned, branches, complete) => {
                let value = self.expr(condition);
                match self.settled(condition, &value) {
                    Some(truth) => {
                        if let Some(branch) = branches.get(usize::from(truth == *turned)) {
                            self.block(branch);
                        }
                    }
                    None => self.branches(branches, *complete),
                }
            }
            Stmt::Maybe(body) => {
                self.maybe(body);
            }
            Stmt::Block(body) => self.block(body),
            Stmt::Function(name, function) => {
                let value = Val::Function(Rc::clone(function), self.frame, None);
                self.set(name, value);
            }
            Stmt::Class(class) => self.class(class),
            Stmt::Import(module, name) => {
                let value = (self.dialect.import)(self, module);
                self.set(name, value);
            }
            Stmt::ImportFrom(module, names) => {
                let from = (self.dialect.import)(self, module);
                for (member, name) in names {
                    let mut value = self.attr(&from, member);
                    // A member may be a module of its own.
                    if self.dialect.language == Language::Python && self.field(&from, member).is_none() {
                        let inner = (self.dialect.import)(self, &format!("{}.{member}", module.trim_end_matches('.')));
                        if matches!(inner, Val::Object(_)) {
                            value = inner;
                        }
                    }
                    self.set(name, value);
                }
            }
            Stmt::Narrow(name, value) => {
                if self.lookup(name).is_some() {
                    let narrower = self.expr(value);
                    self.replace(name, narrower);
                }
            }
            Stmt::Return(value) => {
                let value = value.as_ref().map_or(Val::Null, |value| self.expr(value));
                self.returned.push(value);
                self.stopped = true;
            }
            Stmt::Stop(value) => {
                if let Some(value) = value {
                    self.expr(value);
                }
                self.stopped = true;
            }
        }
        self.depth -= 1;
    }

    fn branches(&mut self, branches: &[Vec<Stmt>], complete: bool) {
        let mut ends = complete && !branches.is_empty();
        for branch in branches {
            ends &= self.maybe(branch);
        }
        self.stopped = ends;
    }

    /// Whether a condition holds, where that is sure: an option that was or was not given, or a constant.
    fn settled(&self, condition: &Expr, value: &Val) -> Option<bool> {
        let Val::Bool(truth) = value else { return None };
        match condition {
            Expr::Attr(object, _) => match &**object {
                Expr::Name(name) => match self.lookup(name) {
                    Some(object) => self.field(&object, OPTIONS).map(|_| *truth),
                    None => None,
                },
                _ => None,
            },
            // Nothing sets it again, as far as its name goes.
            Expr::Name(name) => {
                let constant = name.len() > 1 && !name.contains(|letter: char| letter.is_ascii_lowercase());
                constant.then_some(*truth)
            }
            _ => None,
        }
    }

    fn class(&mut self, class: &Rc<Class>) {
        let base = class.base.as_ref().map_or(Val::Null, |base| self.expr(base));
        let frame = self.frames.len();
        self.frames.push(Frame { names: HashMap::new(), parent: Some(self.frame) });
        let outer = std::mem::replace(&mut self.frame, frame);
        self.block(&class.body);
        self.frame = outer;
        let fields = self.frames.get_mut(frame).map(|frame| frame.names.clone()).unwrap_or_default();
        let fields = fields.into_iter().map(|(name, value)| (name.trim_start_matches('$').to_owned(), value)).collect();
        self.classes.push((base, fields));
        let at = self.classes.len() - 1;
        self.set(&class.name, Val::Class(Rc::clone(class), at));
    }

    /// Binds a name in the current frame.
    pub(super) fn set(&mut self, name: &str, value: Val) {
        // Where an outer frame of the same function knows the name, a block's assignment means that one.
        let conditional = self.conditional > 0;
        let Some(frame) = self.frames.get_mut(self.frame) else { return };
        match frame.names.get_mut(name) {
            Some(old) if conditional => *old = Val::any(vec![old.clone(), value]),
            Some(old) => *old = value,
            None => {
                frame.names.insert(name.to_owned(), value);
            }
        }
    }

    /// Binds a name anew where it is bound in this frame already.
    fn replace(&mut self, name: &str, value: Val) {
        if let Some(old) = self.frames.get_mut(self.frame).and_then(|frame| frame.names.get_mut(name)) {
            *old = value;
        }
    }

    fn lookup(&self, name: &str) -> Option<Val> {
        let mut at = Some(self.frame);
        let mut hops = 0;
        while let Some(frame) = at.and_then(|at| self.frames.get(at)) {
            if let Some(value) = frame.names.get(name) {
                return Some(value.clone());
            }
            at = frame.parent;
            hops += 1;
            if hops > 64 {
                break;
            }
        }
        None
    }

    /// What the program itself calls by this name.
    pub(super) fn named(&self, name: &str) -> Option<Val> {
        self.lookup(name)
    }

    fn name(&self, name: &str) -> Val {
        let own = || match (self.dialect.language, self.lookup("this")) {
            // Ruby's readers: a part of the object in which this runs is called by its name alone.
            (Language::Ruby, Some(this)) => self.field(&this, name),
            _ => None,
        };
        let found = self.lookup(name).or_else(own).or_else(|| (self.dialect.builtin)(self, name));
        found.unwrap_or_else(|| Val::lib(name))
    }

    /// Binds what a pattern names.
    pub(super) fn bind(&mut self, pattern: &Pattern, value: Val) {
        match pattern {
            Pattern::Name(name) => self.set(name, value),
            Pattern::Skip => {}
            Pattern::Attr(object, name) => {
                let object = self.expr(object);
                if let Val::Object(at) = object {
                    if let Some(fields) = self.objects.get_mut(at) {
                        fields.insert(name.clone(), value);
                    }
                } else if let Val::Lib(lib) = &object
                    && self.dialect.environment.contains(&lib.path.as_str())
                {
                    self.env.push((name.clone(), value.word()));
                }
            }
            Pattern::Index(object, key) => {
                let (object, key) = (self.expr(object), self.expr(key));
                if let (Val::Lib(lib), Some(key)) = (&object, key.text("").text())
                    && self.dialect.environment.contains(&lib.path.as_str())
                {
                    self.env.push((key.to_owned(), value.word()));
                }
            }
            Pattern::List(patterns) => {
                for (at, pattern) in patterns.iter().enumerate() {
                    let part = item(&value, at);
                    self.bind(pattern, part);
                }
            }
            Pattern::Or(pattern, default) => {
                let value = match value {
                    Val::Null | Val::Method(_) => self.expr(default),
                    Val::Unknown | Val::Any(_) | Val::Lib(_) => Val::any(vec![value, self.expr(default)]),
                    value => value,
                };
                self.bind(pattern, value);
            }
            Pattern::Object(patterns) => {
                for (key, pattern) in patterns {
                    let part = self.attr(&value, key);
                    self.bind(pattern, part);
                }
            }
        }
    }
}

/// What stands behind the end of a list: nothing, where all of it is known.
pub(super) fn beyond(items: &[Val]) -> Val {
    let open = items.iter().any(|item| matches!(item, Val::Some(_) | Val::Unknown));
    if open { Val::Unknown } else { Val::Null }
}

/// The item at a place of a list.
fn item(value: &Val, at: usize) -> Val {
    match value {
        Val::List(list) => list.0.get(at).cloned().unwrap_or_else(|| beyond(&list.0)),
        Val::Some(item) => item.0.clone(),
        Val::Any(values) => Val::any(values.0.iter().map(|value| item(value, at)).collect()),
        _ => Val::Unknown,
    }
}
