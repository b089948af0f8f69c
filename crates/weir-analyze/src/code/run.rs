//! Follows a program without running it: which values reach which calls.
//!
//! Branches and loops are taken once, and what they assign is added to what was known; functions count when they are
//! called. All work is counted, and what is beyond the limits is said to be not understood.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use weir_model::{Effect, Target, TargetKind, Verb};

use super::meaning::{Args, Do, Library, find};
use super::tree::{Argument, Class, Expr, Function, Pattern, Program, Stmt};
use super::value::{Text, Val};
use crate::call::{Call, Language, Say, Value};

/// Statements and expressions that are looked at.
const MOST_STEPS: usize = 200_000;
/// Expressions in expressions, with the functions that are called on the way.
const MOST_DEPTH: usize = 150;
/// Functions that call each other.
const MOST_CALLS: usize = 10;
/// Programs in programs, and modules that are read.
const MOST_TEXTS: usize = 8;
/// Bytes of a module.
const MOST_MODULE: usize = 256 * 1024;

/// What differs between the languages.
pub(super) struct Dialect {
    pub(super) language: Language,
    /// What the functions of its libraries mean.
    pub(super) library: Library,
    /// Reads a text.
    pub(super) parse: fn(&str) -> Program,
    /// Modules beside the program: what a name that is imported may be as a file.
    pub(super) module: fn(&str) -> Vec<String>,
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
    /// True where what follows does not run.
    pub(super) stopped: bool,
    frames: Vec<Frame>,
    frame: usize,
    objects: Vec<HashMap<String, Val>>,
    classes: Vec<Val>,
    steps: usize,
    depth: usize,
    conditional: usize,
    active: Vec<*const Function>,
    returned: Vec<Val>,
    modules: HashMap<PathBuf, usize>,
    texts: usize,
    cut: Option<&'static str>,
}

/// Follows a text.
pub(super) fn follow(dialect: &'static Dialect, text: &str, call: &Call<'_>, say: &mut dyn Say) {
    let program = (dialect.parse)(text);
    let mut machine = Machine {
        call,
        out: say,
        dialect,
        cwd: call.cwd.clone(),
        moved: false,
        env: Vec::new(),
        speculative: 0,
        said: HashSet::new(),
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
        texts: 0,
        cut: program.missing,
    };
    machine.block(&program.body);
    if let Some(why) = machine.cut {
        let effect = Effect::opaque(Verb::Execute, Target::new(TargetKind::Program, call.program()), why);
        machine.out.opaque(effect);
    }
}

impl<'a, 'c> Machine<'a, 'c> {
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
            Stmt::Branches(branches, complete) => {
                let mut ends = *complete && !branches.is_empty();
                for branch in branches {
                    ends &= self.maybe(branch);
                }
                self.stopped = ends;
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
                let value = self.module(module);
                self.set(name, value);
            }
            Stmt::ImportFrom(module, names) => {
                let from = self.module(module);
                for (member, name) in names {
                    let value = self.attr(&from, member, "");
                    self.set(name, value);
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

    fn class(&mut self, class: &Rc<Class>) {
        let base = class.base.as_ref().map_or(Val::Null, |base| self.expr(base));
        let at = self.classes.len();
        self.classes.push(base);
        self.block(&class.body);
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

    fn name(&self, name: &str) -> Val {
        self.lookup(name).or_else(|| (self.dialect.builtin)(self, name)).unwrap_or_else(|| Val::lib(name))
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
            Pattern::Object(patterns) => {
                for (key, pattern) in patterns {
                    let part = self.attr(&value, key, "");
                    self.bind(pattern, part);
                }
            }
        }
    }

    /// What an expression gives.
    pub(super) fn expr(&mut self, expr: &Expr) -> Val {
        if !self.step() {
            return Val::Unknown;
        }
        self.depth += 1;
        let value = self.expr_inner(expr);
        self.depth -= 1;
        value
    }

    fn expr_inner(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::Str(text) => Val::str(text.clone()),
            Expr::Num(number) => Val::Num(*number),
            Expr::Bool(truth) => Val::Bool(*truth),
            Expr::Null => Val::Null,
            Expr::Name(name) => self.name(name),
            Expr::Concat(parts) => {
                let mut value = Val::str("");
                for (part, source) in parts {
                    let part = self.expr(part);
                    value = join_texts(&value, &part, source);
                }
                value
            }
            Expr::Add(parts) => {
                let mut sum: Option<Val> = None;
                for (part, source) in parts {
                    let part = self.expr(part);
                    sum = Some(match sum {
                        None => part,
                        Some(sum) => add(&sum, &part, source),
                    });
                }
                sum.unwrap_or(Val::Unknown)
            }
            Expr::Div(a, b, source) => {
                let (a, b) = (self.expr(a), self.expr(b));
                self.divide(&a, &b, source)
            }
            Expr::Percent(a, b, source) => {
                let (a, b) = (self.expr(a), self.expr(b));
                percent(&a, &b, source)
            }
            Expr::Attr(object, name) => {
                let object = self.expr(object);
                self.attr(&object, name, "")
            }
            Expr::Index(object, key) => {
                let (object, key) = (self.expr(object), self.expr(key));
                self.index(&object, &key)
            }
            Expr::From(list, at) => match self.expr(list) {
                Val::List(list) => Val::list(list.0.iter().skip(*at).cloned().collect()),
                Val::Some(item) => Val::Some(item),
                _ => Val::Unknown,
            },
            Expr::List(items) => {
                let mut out = Vec::new();
                for (item, spread) in items {
                    let value = self.expr(item);
                    match value {
                        Val::List(list) if *spread => out.extend(list.0.iter().cloned()),
                        value if *spread => out.push(Val::some(value.items())),
                        value => out.push(value),
                    }
                }
                Val::list(out)
            }
            Expr::Dict(pairs) => {
                let mut out = Vec::new();
                for (key, value) in pairs {
                    let (key, value) = (self.expr(key), self.expr(value));
                    if let Some(key) = key.text("").text() {
                        out.push((key.to_owned(), value));
                    }
                }
                Val::dict(out)
            }
            Expr::Either(parts) => {
                let values: Vec<Val> = parts.iter().map(|part| self.expr(part)).collect();
                // `x or "default"`: what is surely true ends it; what is surely false is not it.
                let mut kept: Vec<Val> = values.iter().filter(|value| !matches!(value, Val::Null)).cloned().collect();
                if kept.is_empty() {
                    kept = values;
                }
                Val::any(kept)
            }
            Expr::Function(function) => Val::Function(Rc::clone(function), self.frame, None),
            Expr::Each(clauses, body) => {
                let mut single = None;
                for (pattern, over) in clauses {
                    let over = self.expr(over);
                    if let (Val::List(list), 1) = (&over, clauses.len()) {
                        single = Some((pattern, list.0.clone()));
                    }
                    self.bind(pattern, over.items());
                }
                // A list that is known stays one, in its order.
                if let Some((pattern, items)) = single.filter(|(_, items)| items.len() <= 32) {
                    let mut out = Vec::new();
                    for item in items {
                        let conditional = std::mem::take(&mut self.conditional);
                        self.bind(pattern, item);
                        self.conditional = conditional;
                        out.push(self.expr(body));
                    }
                    return Val::list(out);
                }
                Val::some(self.expr(body))
            }
            Expr::Assign(pattern, value) => {
                let value = self.expr(value);
                self.bind(pattern, value.clone());
                value
            }
            Expr::Many(parts) => {
                for part in parts {
                    self.expr(part);
                }
                Val::Unknown
            }
            Expr::Shell(text) => {
                let text = self.expr(text);
                self.shell(&text, "", None, "`...`");
                Val::Unknown
            }
            Expr::Call(call) => self.call_expr(call),
        }
    }

    fn call_expr(&mut self, call: &super::tree::CallExpr) -> Val {
        let callee = match &call.callee {
            Expr::Attr(object, name) => {
                let object_value = self.expr(object);
                if let (Expr::Name(variable), Val::List(list)) = (&**object, &object_value) {
                    if let Some(longer) = self.grow(list, name, &call.args) {
                        self.set(variable, longer);
                        return Val::Null;
                    }
                }
                self.attr(&object_value, name, &call.receiver)
            }
            callee => self.expr(callee),
        };
        let mut args = Args { template: call.template, ..Args::default() };
        for Argument { name, spread, value, source } in &call.args {
            let value = self.expr(value);
            match (name, spread) {
                (Some(name), _) => args.named.push((name.clone(), value, source.clone())),
                (None, true) => match &value {
                    Val::List(list) => args.list.extend(list.0.iter().map(|item| (item.clone(), source.clone()))),
                    Val::Dict(dict) => {
                        args.named
                            .extend(dict.0.iter().map(|(name, value)| (name.clone(), value.clone(), source.clone())));
                    }
                    other => args.list.push((other.items(), source.clone())),
                },
                (None, false) => args.list.push((value, source.clone())),
            }
        }
        self.apply(&callee, args, &call.receiver)
    }

    /// A list that gets longer where it stands.
    fn grow(&mut self, list: &Rc<(Vec<Val>, u8)>, method: &str, args: &[Argument]) -> Option<Val> {
        let all = match method {
            "append" | "push" | "add" | "insert" | "unshift" => false,
            "extend" | "concat" => true,
            _ => return None,
        };
        let mut items = list.0.clone();
        for arg in args.iter().skip(usize::from(method == "insert")) {
            match self.expr(&arg.value) {
                Val::List(more) if all || arg.spread => items.extend(more.0.iter().cloned()),
                value if all || arg.spread => items.push(Val::some(value.items())),
                value => items.push(value),
            }
        }
        Some(Val::list(items))
    }

    /// Calls a value.
    pub(super) fn apply(&mut self, callee: &Val, mut args: Args, receiver: &str) -> Val {
        if !self.step() {
            return Val::Unknown;
        }
        self.depth += 1;
        let value = match callee {
            Val::Function(function, frame, object) => self.run(function, *frame, *object, &args, receiver),
            Val::Class(class, at) => self.construct(class, *at, &args),
            Val::Partial(partial) => {
                let mut list: Vec<(Val, String)> =
                    partial.1.iter().map(|value| (value.clone(), receiver.to_owned())).collect();
                list.append(&mut args.list);
                args.list = list;
                self.apply(&partial.0, args, receiver)
            }
            Val::Any(values) => {
                let mut results = Vec::new();
                for value in values.0.iter().filter(|value| !matches!(value, Val::Null)) {
                    let copy = Args {
                        list: args.list.clone(),
                        named: args.named.clone(),
                        template: args.template,
                        ..Args::default()
                    };
                    results.push(self.apply(value, copy, receiver));
                }
                Val::any(results)
            }
            Val::Method(method) => {
                args.path.clone_from(&method.1);
                args.list.insert(0, (method.0.clone(), receiver.to_owned()));
                match find(self.dialect.library, &args.path) {
                    Some(meaning) => self.carry_out(meaning, &args),
                    None => self.foreign(&args, true),
                }
            }
            Val::Lib(lib) => {
                args.path.clone_from(&lib.path);
                args.about.clone_from(&lib.about);
                match find(self.dialect.library, &lib.path) {
                    Some(meaning) => self.carry_out(meaning, &args),
                    None => self.foreign(&args, false),
                }
            }
            _ => {
                self.callbacks(&args, false);
                Val::Unknown
            }
        };
        self.depth -= 1;
        value
    }

    /// A function that nobody knows.
    fn foreign(&mut self, args: &Args, method: bool) -> Val {
        /// Functions that take what they are given for later, when something happens that may never happen.
        const LATER: [&str; 30] = [
            "get",
            "post",
            "put",
            "patch",
            "delete",
            "use",
            "on",
            "once",
            "addEventListener",
            "route",
            "command",
            "option",
            "action",
            "listen",
            "createServer",
            "describe",
            "it",
            "test",
            "beforeEach",
            "afterEach",
            "beforeAll",
            "afterAll",
            "before",
            "after",
            "all",
            "addCommand",
            "task",
            "defineConfig",
            "configure",
            "register",
        ];
        let last = args.path.rsplit('.').next().unwrap_or_default();
        self.callbacks(args, LATER.contains(&last));
        let about = args.about.clone().or_else(|| {
            args.list
                .iter()
                .skip(usize::from(method))
                .map(|(value, _)| value)
                .chain(args.named.iter().map(|(_, value, _)| value))
                .find_map(|value| match value {
                    Val::Str(text) => text.text().map(std::rc::Rc::from),
                    Val::Lib(lib) => lib.about.clone(),
                    _ => None,
                })
        });
        Val::lib_about(format!("{}()", args.path), about)
    }

    /// Calls the functions among the arguments.
    pub(super) fn callbacks(&mut self, args: &Args, later: bool) {
        let list = args.list.iter().map(|(value, source)| (value, source.as_str()));
        let named = args.named.iter().map(|(_, value, source)| (value, source.as_str()));
        let values: Vec<(Val, String)> =
            list.chain(named).map(|(value, source)| (value.clone(), source.to_owned())).collect();
        for (at, (value, source)) in values.iter().enumerate() {
            match value {
                Val::Function(..) | Val::Partial(_) => {
                    self.speculative += usize::from(later);
                    self.conditional += 1;
                    self.apply(value, Args::default(), source);
                    self.conditional -= 1;
                    self.speculative -= usize::from(later);
                }
                // `retry(shutil.rmtree, path)`: the convention is that its arguments follow.
                Val::Lib(lib) => {
                    if matches!(find(self.dialect.library, &lib.path), Some(Do::File(_) | Do::Move | Do::Shell)) {
                        let rest: Vec<(Val, String)> = values
                            .iter()
                            .skip(at + 1)
                            .flat_map(|(value, source)| match value {
                                Val::List(list) => list.0.iter().map(|item| (item.clone(), source.clone())).collect(),
                                value => vec![(value.clone(), source.clone())],
                            })
                            .collect();
                        if !rest.is_empty() {
                            self.apply(value, Args { list: rest, ..Args::default() }, source);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn run(
        &mut self,
        function: &Rc<Function>,
        frame: usize,
        object: Option<usize>,
        args: &Args,
        receiver: &str,
    ) -> Val {
        let same = self.active.iter().filter(|active| **active == Rc::as_ptr(function)).count();
        if same > 1 || self.active.len() >= MOST_CALLS {
            if same <= 1 {
                self.cut("functions call each other deeper than is followed");
            }
            return Val::Unknown;
        }
        self.active.push(Rc::as_ptr(function));
        let outer = std::mem::replace(&mut self.frame, self.frames.len());
        let returned = std::mem::take(&mut self.returned);
        let conditional = std::mem::take(&mut self.conditional);
        self.frames.push(Frame { names: HashMap::new(), parent: Some(frame) });
        let mut params = function.params.as_slice();
        if let Some(object) = object {
            self.set("this", Val::Object(object));
            if self.dialect.language == Language::Python
                && let Some(((Pattern::Name(name), _), rest)) = params.split_first()
            {
                self.set(name, Val::Object(object));
                params = rest;
            }
        }
        let last = params.len().saturating_sub(1);
        for (at, (pattern, default)) in params.iter().enumerate() {
            let by_name = match pattern {
                Pattern::Name(name) => args.find(&[name.as_str()]).map(|(value, _)| value.clone()),
                _ => None,
            };
            let value = if function.rest && at == last {
                Val::list(args.list.iter().skip(at).map(|(value, _)| value.clone()).collect())
            } else if let Some((value, _)) = args.list.get(at) {
                value.clone()
            } else if let Some(value) = by_name {
                value
            } else if let Some(default) = default {
                self.expr(default)
            } else {
                Val::Unknown
            };
            self.bind(pattern, value);
        }
        self.block(&function.body);
        // Leaving the function is not leaving the program; a program that ends itself in a function may not do so.
        self.stopped = false;
        let values = std::mem::replace(&mut self.returned, returned);
        self.frame = outer;
        self.conditional = conditional;
        self.active.pop();
        let _ = receiver;
        if values.is_empty() { Val::Null } else { Val::any(values) }
    }

    fn construct(&mut self, class: &Rc<Class>, at: usize, args: &Args) -> Val {
        let object = self.objects.len();
        let mut fields = HashMap::new();
        let mut next = Some((Rc::clone(class), at));
        let mut hops = 0;
        while let Some((class, at)) = next.take() {
            for (name, method) in &class.methods {
                fields
                    .entry(name.clone())
                    .or_insert_with(|| Val::Function(Rc::clone(method), self.frame, Some(object)));
            }
            hops += 1;
            if let (Some(Val::Class(base, at)), true) = (self.classes.get(at), hops < 8) {
                next = Some((Rc::clone(base), *at));
            }
        }
        let init =
            ["__init__", "constructor", "initialize", "__construct"].iter().find_map(|name| fields.get(*name).cloned());
        self.objects.push(fields);
        if let Some(Val::Function(function, frame, object)) = init {
            self.run(&function, frame, object, args, "");
        }
        Val::Object(object)
    }

    /// A part of a value.
    pub(super) fn attr(&mut self, object: &Val, name: &str, source: &str) -> Val {
        if let Val::Any(values) = object {
            let parts = values
                .0
                .iter()
                .filter(|value| !matches!(value, Val::Null))
                .map(|value| self.attr(value, name, source))
                .collect();
            return Val::any(parts);
        }
        if let Some(value) = (self.dialect.attribute)(self, object, name) {
            return value;
        }
        match object {
            Val::Lib(lib) if self.dialect.environment.contains(&lib.path.as_str()) => {
                let path = format!("{}.{name}", lib.path);
                if find(self.dialect.library, &path).is_some() { Val::lib(path) } else { self.variable(name) }
            }
            Val::Lib(lib) => Val::lib_about(format!("{}.{name}", lib.path), lib.about.clone()),
            Val::Object(at) => {
                self.objects.get(*at).and_then(|fields| fields.get(name)).cloned().unwrap_or(Val::Unknown)
            }
            Val::Class(class, _) => class
                .methods
                .iter()
                .find(|(method, _)| method == name)
                .map_or(Val::Unknown, |(_, method)| Val::Function(Rc::clone(method), self.frame, None)),
            Val::Dict(_) => object.key(name).unwrap_or_else(|| Val::method(object.clone(), format!("dict.{name}"))),
            Val::Str(_) => Val::method(object.clone(), format!("str.{name}")),
            Val::Path(_) => Val::method(object.clone(), format!("Path.{name}")),
            Val::File(_) => Val::method(object.clone(), format!("file.{name}")),
            Val::Content(_) => Val::method(object.clone(), format!("content.{name}")),
            Val::List(_) | Val::Some(_) => Val::method(object.clone(), format!("list.{name}")),
            Val::Function(..) | Val::Partial(_) => Val::method(object.clone(), format!("function.{name}")),
            Val::Unknown => Val::lib(format!("?.{name}")),
            _ => Val::Unknown,
        }
    }

    /// An item of a value.
    pub(super) fn index(&mut self, object: &Val, key: &Val) -> Val {
        match (object, key) {
            (Val::Any(values), _) => {
                let parts = values.0.iter().map(|value| self.index(value, key)).collect();
                Val::any(parts)
            }
            (Val::List(list), Val::Num(at)) => {
                let at = if *at < 0 {
                    list.0.len().checked_sub(at.unsigned_abs() as usize)
                } else {
                    usize::try_from(*at).ok()
                };
                at.and_then(|at| list.0.get(at)).cloned().unwrap_or(Val::Unknown)
            }
            (Val::List(_) | Val::Some(_), _) => object.items(),
            (Val::Dict(dict), key) => match key.text("").text() {
                Some(key) => object.key(key).unwrap_or(Val::Unknown),
                None => Val::any(dict.0.iter().map(|pair| pair.1.clone()).collect()),
            },
            (Val::Lib(lib), key) if self.dialect.environment.contains(&lib.path.as_str()) => {
                key.text("").text().map_or(Val::Unknown, |name| self.variable(name))
            }
            // `fs["rm" + "Sync"]`.
            (Val::Lib(lib), Val::Str(text)) => match text.text() {
                Some(name) => self.attr(object, name, ""),
                None => Val::lib_about(format!("{}[]", lib.path), lib.about.clone()),
            },
            (Val::Lib(lib), _) => Val::lib_about(format!("{}[]", lib.path), lib.about.clone()),
            (Val::Object(_), Val::Str(text)) => match text.text() {
                Some(name) => self.attr(object, name, ""),
                None => Val::Unknown,
            },
            _ => Val::Unknown,
        }
    }

    /// A variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Val {
        let set = self.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        match set.or_else(|| self.call.variable(name)) {
            Some(Value::Known(text)) => Val::str(text),
            Some(Value::OneOf(texts)) => Val::any(texts.into_iter().map(Val::str).collect()),
            Some(Value::Prefix(start)) => {
                let mut text = Text::known(start);
                text.push(Text::hole(name));
                Val::Str(text)
            }
            Some(Value::Unknown) => Val::Unknown,
            // Not set here, but the program may run where it is.
            None => Val::Unknown,
        }
    }

    /// The program's own arguments, its name first.
    pub(super) fn arguments(&self) -> Vec<Val> {
        self.call
            .argv
            .iter()
            .map(|arg| match &arg.value {
                Value::Known(text) => Val::str(text.clone()),
                Value::OneOf(texts) => Val::any(texts.iter().cloned().map(Val::str).collect()),
                Value::Prefix(start) => {
                    let mut text = Text::known(start.clone());
                    text.push(Text::hole(&arg.source));
                    Val::Str(text)
                }
                Value::Unknown => Val::Str(Text::hole(&arg.source)),
            })
            .collect()
    }

    /// A list that may begin with a path and goes on with more parts.
    pub(super) fn join(&self, values: &[(Val, String)], absolute_wins: bool) -> Text {
        let mut out = Text::default();
        for (value, source) in values {
            let part = match value {
                Val::Null => continue,
                Val::Any(_) => match value.word() {
                    Value::OneOf(_) | Value::Unknown => Text::hole(source),
                    _ => value.text(source),
                },
                value => value.text(source),
            };
            if part.text() == Some("") {
                continue;
            }
            if absolute_wins && part.start().starts_with('/') || out.pieces.is_empty() {
                out = part;
                continue;
            }
            let slash = out.text().is_some_and(|text| text.ends_with('/'))
                || matches!(out.pieces.last(), Some(super::value::Piece::Known(text)) if text.ends_with('/'));
            if !slash && !part.start().starts_with('/') {
                out.push(Text::known("/"));
            }
            out.push(part);
        }
        out
    }

    /// Every combination of `values`, where some are one of several.
    pub(super) fn combine(values: &[(Val, String)], make: impl Fn(&[(Val, String)]) -> Val) -> Val {
        let mut lists: Vec<Vec<(Val, String)>> = vec![Vec::new()];
        for (value, source) in values {
            let mut each = value.each();
            if each.len() * lists.len() > 64 {
                each = vec![Val::Unknown];
            }
            lists = lists
                .iter()
                .flat_map(|list| {
                    each.iter().map(move |value| {
                        let mut list = list.clone();
                        list.push((value.clone(), source.clone()));
                        list
                    })
                })
                .collect();
        }
        Val::any(lists.iter().map(|list| make(list)).collect())
    }

    fn divide(&mut self, a: &Val, b: &Val, source: &str) -> Val {
        if !a.each().iter().chain(b.each().iter()).any(|value| matches!(value, Val::Path(_))) {
            // `base / name` with a base that is not known is a path that is not known.
            return Val::Unknown;
        }
        Self::combine(&[(a.clone(), source.to_owned()), (b.clone(), source.to_owned())], |parts| {
            Val::Path(self.join(parts, true))
        })
    }

    /// Code in the program's own language.
    pub(super) fn eval_text(&mut self, value: &Val, source: &str, through: &str) -> Val {
        let mut result = Val::Unknown;
        for value in value.each() {
            match &value {
                Val::Str(text) => match text.text() {
                    Some(text) if self.texts < MOST_TEXTS => {
                        self.texts += 1;
                        let program = (self.dialect.parse)(text);
                        if let Some(why) = program.missing {
                            self.cut(why);
                        }
                        for stmt in &program.body {
                            match stmt {
                                Stmt::Expr(expr) => result = self.expr(expr),
                                stmt => self.stmt(stmt),
                            }
                        }
                    }
                    Some(_) => self.cut("texts run texts deeper than is followed"),
                    None => self.hidden(source, "the program runs code that it computes"),
                },
                Val::Content(file) => match file.text().and_then(|text| self.path(text)) {
                    Some(path) => self.out.file(self.dialect.language, path, &[], through),
                    None => self.hidden(source, "the program runs code from a file whose name is computed"),
                },
                Val::Null | Val::Function(..) => {}
                _ => self.hidden(source, "the program runs code that it computes"),
            }
        }
        result
    }

    /// The directory of the program, else the one in which it runs.
    pub(super) fn home_dir(&self) -> Option<PathBuf> {
        let script = self.call.argv.first().and_then(|arg| arg.text()).filter(|text| text.contains(['/', '.']));
        match script.and_then(|text| self.call.path(text)) {
            Some(path) => path.parent().map(std::path::Path::to_path_buf),
            None => self.call.cwd.clone(),
        }
    }

    /// A module: one beside the program is read, every other one is known by its name.
    pub(super) fn module(&mut self, name: &str) -> Val {
        let known = Val::lib(name.to_owned());
        let Some(dir) = self.home_dir() else { return known };
        for file in (self.dialect.module)(name) {
            let path = crate::call::normalize(&dir.join(file));
            if let Some(frame) = self.modules.get(&path) {
                return self.members(*frame);
            }
            if self.texts >= MOST_TEXTS {
                self.cut("more modules than are read");
                return known;
            }
            let Some(bytes) = self.call.world.read(&path, MOST_MODULE) else { continue };
            let Ok(text) = String::from_utf8(bytes) else { continue };
            self.texts += 1;
            let program = (self.dialect.parse)(&text);
            if let Some(why) = program.missing {
                self.cut(why);
            }
            let frame = self.frames.len();
            self.frames.push(Frame::default());
            self.modules.insert(path, frame);
            let outer = std::mem::replace(&mut self.frame, frame);
            let conditional = std::mem::take(&mut self.conditional);
            self.set("__name__", Val::str(name));
            self.block(&program.body);
            self.stopped = false;
            self.conditional = conditional;
            self.frame = outer;
            return self.members(frame);
        }
        known
    }

    fn members(&mut self, frame: usize) -> Val {
        let names = self.frames.get(frame).map(|frame| frame.names.clone()).unwrap_or_default();
        // `module.exports = ...` and `exports.x = ...` are fields of an object of that name.
        let object = self.objects.len();
        self.objects.push(names);
        Val::Object(object)
    }
}

/// The item at a place of a list.
fn item(value: &Val, at: usize) -> Val {
    match value {
        Val::List(list) => list.0.get(at).cloned().unwrap_or(Val::Unknown),
        Val::Some(item) => item.0.clone(),
        Val::Any(values) => Val::any(values.0.iter().map(|value| item(value, at)).collect()),
        _ => Val::Unknown,
    }
}

fn join_texts(a: &Val, b: &Val, source: &str) -> Val {
    Machine::combine(&[(a.clone(), source.to_owned()), (b.clone(), source.to_owned())], |parts| {
        let mut out = Text::default();
        for (value, source) in parts {
            out.push(value.text(source));
        }
        Val::Str(out)
    })
}

/// `a + b`.
fn add(a: &Val, b: &Val, source: &str) -> Val {
    match (a, b) {
        (Val::Num(a), Val::Num(b)) => Val::Num(a.saturating_add(*b)),
        (Val::List(a), Val::List(b)) => Val::list(a.0.iter().chain(&b.0).cloned().collect()),
        (Val::List(a), b) => {
            let mut items = a.0.clone();
            items.push(Val::some(b.items()));
            Val::list(items)
        }
        (Val::Unknown | Val::Lib(_), Val::List(b)) => {
            let mut items = vec![Val::Unknown];
            items.extend(b.0.iter().cloned());
            Val::list(items)
        }
        (Val::Num(_) | Val::Unknown | Val::Lib(_), Val::Num(_) | Val::Unknown | Val::Lib(_)) => Val::Unknown,
        (Val::Null, other) | (other, Val::Null) => other.clone(),
        _ => join_texts(a, b, source),
    }
}

/// `"%s/%s" % (a, b)`.
fn percent(format: &Val, values: &Val, source: &str) -> Val {
    let Some(text) = (match format {
        Val::Str(text) => text.text().map(str::to_owned),
        _ => None,
    }) else {
        return if matches!(format, Val::Str(_)) { Val::Str(Text::hole(source)) } else { Val::Unknown };
    };
    let values: Vec<Val> = match values {
        Val::List(list) => list.0.clone(),
        other => vec![other.clone()],
    };
    let mut parts: Vec<(Val, String)> = Vec::new();
    let mut values = values.into_iter();
    let mut plain = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            plain.push(letter);
            continue;
        }
        if letters.peek() == Some(&'%') {
            letters.next();
            plain.push('%');
            continue;
        }
        for letter in letters.by_ref() {
            if letter.is_ascii_alphabetic() {
                break;
            }
        }
        parts.push((Val::str(std::mem::take(&mut plain)), String::new()));
        parts.push((values.next().unwrap_or(Val::Unknown), source.to_owned()));
    }
    parts.push((Val::str(plain), String::new()));
    Machine::combine(&parts, |parts| {
        let mut out = Text::default();
        for (value, source) in parts {
            out.push(value.text(source));
        }
        Val::Str(out)
    })
}
