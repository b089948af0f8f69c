//! Writes the tables as Rust.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use weir_model::{TargetKind, Verb};

use crate::Outcome;
use crate::schema::{Carries, Code, Command, Effect, Fallback, File, Paths, Run, Tool, UnknownOptions, Yield};

/// What has been written so far.
#[derive(Default)]
pub struct Emit {
    /// Where the data of operations is.
    data: PathBuf,
    out: String,
    names: BTreeMap<String, usize>,
    tools: usize,
    commands: usize,
}

/// An option as the table spells it.
struct Opt {
    names: Vec<String>,
    takes: &'static str,
}

/// The options that a text may name.
struct Scope<'s> {
    own: Vec<Opt>,
    tool: &'s [Opt],
}

impl Scope<'_> {
    fn resolve(&self, name: &str) -> Outcome<&str> {
        self.own
            .iter()
            .chain(self.tool)
            .find(|option| option.names.iter().any(|known| known == name))
            .and_then(|option| option.names.first())
            .map(String::as_str)
            .ok_or_else(|| format!("the option `{name}` is not among `options`"))
    }

    fn known(&self, name: &str) -> bool {
        self.resolve(name).is_ok()
    }
}

/// A word of a path.
#[derive(Default)]
struct Branch {
    command: Option<String>,
    below: BTreeMap<String, Branch>,
}

/// What a tool and a command have in common.
struct Body<'b> {
    harmless: &'b [String],
    env: &'b [String],
    ends: &'b [String],
    options_end: Option<usize>,
    preview: Option<&'b str>,
    effects: &'b [Effect],
    run: &'b [Run],
    code: &'b [Code],
    yields: &'b [Yield],
}

impl Emit {
    pub fn new(data: PathBuf) -> Self {
        Self { data, ..Self::default() }
    }

    pub fn file(&mut self, family: &str, file: &File) -> Outcome<()> {
        for tool in &file.tool {
            let name = tool.names.first().ok_or("a tool without names")?;
            self.tool(family, tool).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Outcome<String> {
        self.out.push_str("pub(super) static TOOLS: &[(&str, &Tool)] = &[");
        for (name, tool) in &self.names {
            write!(self.out, "({name:?}, &T{tool}), ").map_err(|error| error.to_string())?;
        }
        self.out.push_str("];\n");
        self.out.push_str(&format!("static READS: Command = {};\n", empty("&[]")));
        let execute = "&[Rule { verb: Verb::Execute, kind: TargetKind::Program, name: &[], each: None, \
                       scope: Extent::Whole, stateful: false, stateful_if: &[], when: &[], unless: &[], opaque: None, \
                       note: None, to: &[], carries: Carries::Data }]";
        self.out.push_str(&format!("static RUNS: Command = {};\n", empty(execute)));
        Ok(self.out)
    }

    fn tool(&mut self, family: &str, tool: &Tool) -> Outcome<()> {
        let id = self.tools;
        self.tools += 1;
        for name in &tool.names {
            if self.names.insert(name.clone(), id).is_some() {
                return Err(format!("the name `{name}` is taken"));
            }
        }
        let options = options(&tool.options)?;
        let body = Body {
            harmless: &tool.harmless,
            env: &tool.env,
            ends: &tool.ends,
            options_end: tool.options_end,
            preview: tool.preview.as_deref(),
            effects: &tool.effects,
            run: &tool.run,
            code: &tool.code,
            yields: &tool.yields,
        };
        let root = command(Scope { own: options, tool: &[] }, &body)?;
        // Conditions of commands may also use what the tool itself calls harmless.
        let mut global = self::options(&tool.options)?;
        declare(&mut global, &tool.harmless);
        let mut tree = Branch::default();
        for entry in &tool.command {
            let paths = match &entry.path {
                Paths::One(path) => std::slice::from_ref(path),
                Paths::Many(paths) => paths,
            };
            let label = paths.first().map_or("", String::as_str).to_owned();
            let name = self.command(entry, &global).map_err(|error| format!("{label}: {error}"))?;
            for path in paths {
                grow(&mut tree, path, &name)?;
            }
        }
        for path in &tool.reads {
            grow(&mut tree, path, "READS")?;
        }
        for path in &tool.programs {
            grow(&mut tree, path, "RUNS")?;
        }
        if tool.default == Fallback::Opaque
            && tree.below.is_empty()
            && tool.effects.is_empty()
            && tool.run.is_empty()
            && tool.code.is_empty()
            && tool.yields.is_empty()
        {
            return Err("says nothing: give it effects, commands, or a `default`".to_owned());
        }
        let operations = match &tool.operations {
            None => "None".to_owned(),
            Some(entry) => {
                let table = crate::operations::emit(&format!("O{id}"), entry, &self.data)?;
                self.out.push_str(&table);
                format!("Some(&O{id})")
            }
        };
        let deep = tree.below.remove("**");
        let line = format!(
            "static T{id}: Tool = Tool {{ names: &{:?}, family: {family:?}, single_dash: {}, abbreviations: {}, ignore_case: {}, unknown_takes_value: {}, \
             skip: &{:?}, default: Fallback::{:?}, provider: {}, root: {root}, commands: {}, deep: {}, \
             operations: {operations} }};\n",
            tool.names,
            tool.single_dash,
            tool.abbreviations,
            tool.ignore_case,
            tool.unknown_options == UnknownOptions::Value,
            tool.skip,
            tool.default,
            tool.provider.map_or_else(|| "None".to_owned(), |provider| format!("Some(Provider::{provider:?})")),
            node("", &tree)?,
            match &deep {
                Some(branch) => format!("Some({})", node("", branch)?),
                None => "None".to_owned(),
            },
        );
        self.out.push_str(&line);
        Ok(())
    }

    fn command(&mut self, entry: &Command, tool: &[Opt]) -> Outcome<String> {
        let body = Body {
            harmless: &entry.harmless,
            env: &entry.env,
            ends: &entry.ends,
            options_end: entry.options_end,
            preview: entry.preview.as_deref(),
            effects: &entry.effects,
            run: &entry.run,
            code: &entry.code,
            yields: &entry.yields,
        };
        let text = command(Scope { own: options(&entry.options)?, tool }, &body)?;
        let name = format!("C{}", self.commands);
        self.commands += 1;
        self.out.push_str(&format!("static {name}: Command = {text};\n"));
        Ok(name)
    }
}

fn empty(effects: &str) -> String {
    format!(
        "Command {{ options: &[], harmless: &[], env: &[], ends: &[], options_end: 0, preview: &[], \
         effects: {effects}, run: &[], code: &[], yields: &[] }}"
    )
}

/// Reads `-n|--namespace= --dry-run? --force`.
fn options(text: &str) -> Outcome<Vec<Opt>> {
    let mut list = Vec::new();
    for token in text.split_whitespace() {
        let (names, takes) = if let Some(names) = token.strip_suffix('=') {
            (names, "Value")
        } else if let Some(names) = token.strip_suffix('?').filter(|names| !names.ends_with('-')) {
            (names, "Inline")
        } else {
            (token, "Nothing")
        };
        let names: Vec<String> = names.split('|').map(str::to_owned).collect();
        for name in &names {
            if name.len() < 2 || !name.starts_with(['-', '+', '/']) {
                return Err(format!("`{name}` is no option"));
            }
            if list.iter().any(|option: &Opt| option.names.contains(name)) {
                return Err(format!("the option `{name}` is there twice"));
            }
        }
        list.push(Opt { names, takes });
    }
    Ok(list)
}

/// Options that are only named as harmless are flags.
fn declare(list: &mut Vec<Opt>, harmless: &[String]) {
    for name in harmless {
        let plain = name.starts_with('-') && !name.contains(['=', '~', ' ']);
        if plain && !list.iter().any(|option| option.names.contains(name)) {
            list.push(Opt { names: vec![name.clone()], takes: "Nothing" });
        }
    }
}

fn grow(tree: &mut Branch, path: &str, command: &str) -> Outcome<()> {
    let (word, rest) = match path.split_once(' ') {
        Some((word, rest)) => (word, Some(rest)),
        None => (path, None),
    };
    for word in word.split('|') {
        if word.is_empty() {
            return Err(format!("an empty word in the path `{path}`"));
        }
        let below = tree.below.entry(word.to_owned()).or_default();
        match rest {
            Some(rest) => grow(below, rest, command)?,
            None if below.command.is_some() => return Err(format!("`{word}` is there twice (`{path}`)")),
            None => below.command = Some(command.to_owned()),
        }
    }
    Ok(())
}

fn node(word: &str, branch: &Branch) -> Outcome<String> {
    let (mut children, mut patterns) = (Vec::new(), Vec::new());
    for (word, below) in &branch.below {
        match word.strip_suffix('*') {
            Some("*") => return Err("`**` must be the first word of a path".to_owned()),
            Some(start) => patterns.push((start, node(start, below)?)),
            None if word.starts_with('*') => patterns.push((word, node(word, below)?)),
            None => children.push(node(word, below)?),
        }
    }
    patterns.sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
    let patterns: Vec<String> = patterns.into_iter().map(|(_, text)| text).collect();
    let command = branch.command.as_ref().map_or("None".to_owned(), |name| format!("Some(&{name})"));
    Ok(format!(
        "Node {{ word: {word:?}, command: {command}, children: &[{}], patterns: &[{}] }}",
        children.join(", "),
        patterns.join(", ")
    ))
}

fn command(mut scope: Scope<'_>, body: &Body<'_>) -> Outcome<String> {
    let mut extra = Vec::new();
    for name in body.harmless {
        let plain = name.starts_with('-') && !name.contains(['=', '~', ' ']);
        if plain && !scope.known(name) {
            extra.push(Opt { names: vec![name.clone()], takes: "Nothing" });
        }
    }
    scope.own.extend(extra);
    let own: Vec<String> = scope
        .own
        .iter()
        .map(|option| format!("Opt {{ names: &{:?}, takes: Takes::{} }}", option.names, option.takes))
        .collect();
    let env: Vec<String> = body.env.iter().map(|text| sels(text, &scope)).collect::<Outcome<_>>()?;
    let ends: Vec<String> =
        body.ends.iter().map(|name| scope.resolve(name).map(|name| format!("{name:?}"))).collect::<Outcome<_>>()?;
    let effects: Vec<String> = body.effects.iter().map(|effect| rule(effect, &scope)).collect::<Outcome<_>>()?;
    let runs: Vec<String> = body.run.iter().map(|entry| run(entry, &scope)).collect::<Outcome<_>>()?;
    let codes: Vec<String> = body.code.iter().map(|entry| code(entry, &scope)).collect::<Outcome<_>>()?;
    let yields: Vec<String> = body.yields.iter().map(|entry| yielded(entry, &scope)).collect::<Outcome<_>>()?;
    Ok(format!(
        "Command {{ options: &[{}], harmless: {}, env: &[{}], ends: &[{}], options_end: {}, preview: {}, effects: &[{}], \
         run: &[{}], code: &[{}], yields: &[{}] }}",
        own.join(", "),
        when(body.harmless, &scope)?,
        env.join(", "),
        ends.join(", "),
        body.options_end.unwrap_or_else(|| options_end(body)),
        template(body.preview.unwrap_or_default(), &scope)?,
        effects.join(", "),
        runs.join(", "),
        codes.join(", "),
        yields.join(", "),
    ))
}

/// Wrappers and interpreters stop reading options at their first word, unless they say otherwise.
fn options_end(body: &Body<'_>) -> usize {
    let late = body.run.iter().filter(|run| run.late_options).filter_map(|run| run.word).max();
    let code = body.code.iter().any(|code| code.language != crate::schema::Language::Sql);
    let words = body.run.iter().any(|run| !run.late_options && !run.dashes && run.text.is_none());
    late.unwrap_or_else(|| usize::from(code || words))
}

fn rule(effect: &Effect, scope: &Scope<'_>) -> Outcome<String> {
    let verb: Verb = effect.verb;
    let kind: TargetKind = effect.target;
    let default = if effect.each.is_some() { "{it}" } else { "" };
    let name = effect.name.as_deref().unwrap_or(default);
    let single = name.starts_with('{') && name.find('}') == Some(name.len() - 1);
    let secret = verb == Verb::Send && kind == TargetKind::Secret;
    if !secret && (effect.to.is_some() || !matches!(effect.carries, Carries::Data)) {
        return Err("`to` and `carries` are for a secret that is sent".to_owned());
    }
    if kind == TargetKind::FileTree && !single {
        return Err(format!("the name of a file must be one placeholder, not `{name}`"));
    }
    Ok(format!(
        "Rule {{ verb: Verb::{verb:?}, kind: TargetKind::{kind:?}, name: {}, each: {:?}, scope: Extent::{:?}, stateful: {}, \
         stateful_if: {}, when: {}, unless: {}, opaque: {:?}, note: {:?}, to: {}, \
         carries: Carries::{:?} }}",
        template(name, scope)?,
        effect.each,
        effect.scope,
        effect.stateful,
        when(&effect.stateful_if, scope)?,
        when(&effect.when, scope)?,
        when(&effect.unless, scope)?,
        effect.opaque,
        effect.note,
        maybe_sels(effect.to.as_deref(), scope)?,
        effect.carries,
    ))
}

fn yielded(entry: &Yield, scope: &Scope<'_>) -> Outcome<String> {
    let (when, unless) = (when(&entry.when, scope)?, when(&entry.unless, scope)?);
    Ok(format!("Yield {{ when: {when}, unless: {unless}, much: Much::{} }}", entry.what.much()))
}

fn run(run: &Run, scope: &Scope<'_>) -> Outcome<String> {
    Ok(format!(
        "Run {{ when: {}, unless: {}, word: {}, dashes: {}, text: {}, assignments: {}, dir: {}, elsewhere: {}, shell: {}, \
         prefix: &{:?}, package: {}, separator: {:?}, lines: {} }}",
        when(&run.when, scope)?,
        when(&run.unless, scope)?,
        run.word.unwrap_or(1),
        run.dashes,
        maybe_sels(run.text.as_deref(), scope)?,
        run.assignments,
        maybe_sels(run.dir.as_deref(), scope)?,
        template(run.elsewhere.as_deref().unwrap_or_default(), scope)?,
        run.shell,
        run.prefix,
        run.package,
        run.separator,
        run.lines,
    ))
}

fn code(code: &Code, scope: &Scope<'_>) -> Outcome<String> {
    Ok(format!(
        "Code {{ when: {}, unless: {}, language: Language::{:?}, text: {}, file: {}, module: {}, stdin: {}, named: {} }}",
        when(&code.when, scope)?,
        when(&code.unless, scope)?,
        code.language,
        maybe_sels(code.text.as_deref(), scope)?,
        maybe_sels(code.file.as_deref(), scope)?,
        maybe_sels(code.module.as_deref(), scope)?,
        code.stdin,
        code.named,
    ))
}

fn when(lines: &[String], scope: &Scope<'_>) -> Outcome<String> {
    let mut out = Vec::new();
    for line in lines {
        let tests: Vec<String> = line.split(" & ").map(|text| test(text.trim(), scope)).collect::<Outcome<_>>()?;
        out.push(format!("&[{}]", tests.join(", ")));
    }
    Ok(format!("&[{}]", out.join(", ")))
}

/// Reads `--all`, `!--all`, `-X=DELETE|PUT`, `1~ns|pvc`, `--eval*=drop`.
fn test(text: &str, scope: &Scope<'_>) -> Outcome<String> {
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (subject, is) = match text.find(['=', '~', '*']) {
        None => (text, "Is::Set".to_owned()),
        Some(at) => {
            let (subject, rest) = text.split_at(at);
            let (name, values) = if let Some(values) = rest.strip_prefix("*=") {
                ("Token", values)
            } else if let Some(values) = rest.strip_prefix('=') {
                ("Value", values)
            } else if let Some(values) = rest.strip_prefix('~') {
                ("Kind", values)
            } else {
                return Err(format!("`{text}` is no condition"));
            };
            (subject, format!("Is::{name}(&{:?})", values.split('|').collect::<Vec<_>>()))
        }
    };
    Ok(format!("Test {{ negated: {negated}, subject: {}, is: {is} }}", sel(subject, scope)?))
}

fn maybe_sels(text: Option<&str>, scope: &Scope<'_>) -> Outcome<String> {
    text.map_or_else(|| Ok("&[]".to_owned()), |text| sels(text, scope))
}

fn sels(text: &str, scope: &Scope<'_>) -> Outcome<String> {
    let list: Vec<String> = text.split('|').map(|text| sel(text.trim(), scope)).collect::<Outcome<_>>()?;
    Ok(format!("&[{}]", list.join(", ")))
}

fn sel(text: &str, scope: &Scope<'_>) -> Outcome<String> {
    if text.starts_with(['-', '+', '/']) {
        return Ok(format!("Sel::Option({:?})", scope.resolve(text)?));
    }
    if let Some(name) = text.strip_prefix('$') {
        return Ok(format!("Sel::Variable({name:?})"));
    }
    if let Some(place) = text.strip_prefix('@') {
        let (path, key) = place.split_once('#').unwrap_or((place, ""));
        return Ok(format!("Sel::File {{ path: {path:?}, key: {key:?} }}"));
    }
    Ok(match text {
        "it" => "Sel::It".to_owned(),
        "path" => "Sel::Path".to_owned(),
        "group" => "Sel::Group".to_owned(),
        "args" => "Sel::Args".to_owned(),
        "own" => "Sel::Own".to_owned(),
        "first" => "Sel::First".to_owned(),
        "stdin" => "Sel::Stdin".to_owned(),
        _ => {
            let (number, name) = text.strip_suffix("..").map_or((text, "Word"), |number| (number, "From"));
            match number.parse::<usize>() {
                Ok(number) if number > 0 => format!("Sel::{name}({number})"),
                _ => return Err(format!("`{text}` names nothing")),
            }
        }
    })
}

/// Reads `text {--option|1} text`.
fn template(text: &str, scope: &Scope<'_>) -> Outcome<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').ok_or_else(|| format!("`{text}` has no `}}`"))?;
        if !before.is_empty() {
            parts.push(format!("Part::Text({before:?})"));
        }
        parts.push(format!("Part::Value({})", sels(inside, scope)?));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(format!("Part::Text({rest:?})"));
    }
    Ok(format!("&[{}]", parts.join(", ")))
}
