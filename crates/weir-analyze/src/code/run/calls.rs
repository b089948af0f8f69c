//! Calls: of the program's own functions, of the libraries, and of what nobody knows.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Frame, MOST_CALLS, Machine};
use crate::call::Language;
use crate::code::meaning::{Args, Do, find};
use crate::code::tree::{Argument, Class, Expr, Function, Pattern};
use crate::code::value::{Text, Val};

impl Machine<'_, '_> {
    pub(in crate::code) fn call_expr(&mut self, call: &crate::code::tree::CallExpr) -> Val {
        let callee = match &call.callee {
            Expr::Attr(object, name) => {
                let object_value = self.expr(object);
                if let ("<<", Expr::Name(variable), Val::Str(_), [more]) =
                    (name.as_str(), &**object, &object_value, call.args.as_slice())
                {
                    let more = self.expr(&more.value);
                    let longer = super::expressions::add(&object_value, &more, name);
                    self.set(variable, longer.clone());
                    return longer;
                }
                if let (Expr::Name(variable), Val::List(list)) = (&**object, &object_value)
                    && let Some(longer) = self.grow(list, name, &call.args)
                {
                    self.set(variable, longer);
                    return Val::Null;
                }
                self.attr(&object_value, name)
            }
            // A method of the object in which this runs is called by its name alone.
            Expr::Name(name) if self.dialect.language == Language::Ruby => {
                let this = self.named("this").unwrap_or(Val::Null);
                match self.field(&this, name) {
                    Some(method @ Val::Function(..)) => method,
                    _ => self.expr(&call.callee),
                }
            }
            callee => self.expr(callee),
        };
        // Everything is a call in Ruby: what is none is the value itself.
        if self.dialect.language == Language::Ruby
            && call.args.is_empty()
            && !matches!(&call.callee, Expr::Attr(_, name) if name == "new")
            && !matches!(callee, Val::Function(..) | Val::Method(_) | Val::Lib(_) | Val::Partial(_) | Val::Any(_))
        {
            return callee;
        }
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
    pub(in crate::code) fn grow(&mut self, list: &Rc<(Vec<Val>, u8)>, method: &str, args: &[Argument]) -> Option<Val> {
        let all = match method {
            "append" | "push" | "add" | "insert" | "unshift" | "<<" => false,
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
    pub(in crate::code) fn apply(&mut self, callee: &Val, mut args: Args, receiver: &str) -> Val {
        if !self.step() {
            return Val::Unknown;
        }
        self.depth += 1;
        let held = if matches!(callee, Val::Function(..) | Val::Class(..)) {
            None
        } else {
            super::sends::passed_on(callee, &args)
        };
        self.leaves(callee, &args);
        let value = match callee {
            Val::Function(function, frame, object) => self.run(function, *frame, *object, &args),
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
            // An object that can be called.
            Val::Object(_) => match self.field(callee, "__call__").or_else(|| self.field(callee, "__invoke")) {
                Some(method) => self.apply(&method, args, receiver),
                None => {
                    self.callbacks(&args, false);
                    Val::Unknown
                }
            },
            // PHP calls functions by names that are texts.
            Val::Str(text) if self.dialect.language == Language::Php => match text.text() {
                Some(name) => {
                    let function = self.named(name).unwrap_or_else(|| Val::lib(name));
                    if matches!(function, Val::Str(_)) { Val::Unknown } else { self.apply(&function, args, receiver) }
                }
                None => Val::Unknown,
            },
            _ => {
                self.callbacks(&args, false);
                Val::Unknown
            }
        };
        self.depth -= 1;
        match held {
            // What a function makes of a secret holds it as well.
            Some(secret) if matches!(value, Val::Unknown | Val::Lib(_) | Val::Str(_)) && value.secret().is_none() => {
                Val::Str(Text { secret: Some(secret), ..Text::hole(receiver) })
            }
            _ => value,
        }
    }

    /// A function that nobody knows.
    pub(in crate::code) fn foreign(&mut self, args: &Args, method: bool) -> Val {
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
        // A method of a package of the program itself.
        if self.dialect.language == Language::Perl
            && args.path.contains('.')
            && let Some(function @ Val::Function(..)) = self.named(last)
        {
            let mut list = args.list.clone();
            if !method {
                list.insert(0, (Val::Unknown, String::new()));
            }
            return self.apply(&function, Args { list, ..Args::default() }, last);
        }
        // `` sql`DELETE ...` ``: what reads as a statement is one; the text is also handed on.
        if args.template {
            self.sql(&args.value(0), args.about.as_deref());
            return args.value(0);
        }
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
                    Val::Dict(_) => address(value, 0),
                    _ => None,
                })
        });
        Val::lib_about(format!("{}()", args.path), about)
    }

    /// Calls the functions among the arguments.
    pub(in crate::code) fn callbacks(&mut self, args: &Args, later: bool) {
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

    pub(in crate::code) fn run(
        &mut self,
        function: &Rc<Function>,
        frame: usize,
        object: Option<usize>,
        args: &Args,
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
        let python = self.dialect.language == Language::Python;
        // A static method of Python.
        if python && let Some(((Pattern::Skip, _), rest)) = params.split_first() {
            params = rest;
        }
        if let Some(object) = object {
            self.set("this", Val::Object(object));
            self.set("$this", Val::Object(object));
            let receiver = match params.split_first() {
                Some(((pattern @ (Pattern::Name(_) | Pattern::Or(..)), _), rest))
                    if python && params.len() == function.params.len() =>
                {
                    params = rest;
                    Some(pattern)
                }
                _ => None,
            };
            if let Some(pattern) = receiver {
                self.bind(pattern, Val::Object(object));
            }
        }
        if self.dialect.language == Language::Ruby
            && let Some((block @ (Val::Function(..) | Val::Partial(_) | Val::Lib(_)), _)) = args.list.last()
        {
            self.set("&block", block.clone());
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
        if values.is_empty() { Val::Null } else { Val::any(values) }
    }

    pub(in crate::code) fn construct(&mut self, class: &Rc<Class>, at: usize, args: &Args) -> Val {
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
            let Some((base, own)) = self.classes.get(at) else { break };
            for (name, value) in own {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
            if let (Val::Class(base, at), true) = (base, hops < 8) {
                next = Some((Rc::clone(base), *at));
            }
        }
        let init =
            ["__init__", "constructor", "initialize", "__construct"].iter().find_map(|name| fields.get(*name).cloned());
        self.objects.push(fields);
        if let Some(Val::Function(function, frame, object)) = init {
            self.run(&function, frame, object, args);
        }
        Val::Object(object)
    }
}

/// What a dictionary of options says of the place to which it leads.
fn address(options: &Val, depth: usize) -> Option<Rc<str>> {
    const KEYS: [&str; 11] = [
        "url",
        "baseURL",
        "prefixUrl",
        "connectionString",
        "connection",
        "uri",
        "host",
        "hostname",
        "filename",
        "database",
        "node",
    ];
    KEYS.iter().find_map(|key| match options.key(key)? {
        Val::Str(text) => text.text().map(Rc::from),
        inner @ Val::Dict(_) if depth < 3 => address(&inner, depth + 1),
        _ => None,
    })
}
