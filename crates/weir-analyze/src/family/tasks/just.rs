//! `just`: the recipes of a justfile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{reads, runs, shown, unread};
use crate::call::{Arg, Call, HOLE, Inner, Language, Say};
use crate::family::project::Found;
use crate::shell::language_of;

/// Recipes that are run for one call.
const MOST_RECIPES: usize = 200;
/// Files that are imported.
const MOST_FILES: usize = 16;

const NAMES: &[&str] = &["justfile", "Justfile", ".justfile", "JUSTFILE"];

/// One recipe.
#[derive(Clone, Default)]
struct Recipe {
    name: String,
    /// Each with its default; `*` and `+` take all words that are left.
    parameters: Vec<(String, Option<String>, bool)>,
    /// Recipes before it, and behind `&&` after it, each with its arguments as expressions.
    before: Vec<(String, Vec<String>)>,
    after: Vec<(String, Vec<String>)>,
    body: Vec<String>,
    /// It runs where `just` was called.
    no_cd: bool,
}

struct Justfile<'a, 'c> {
    call: &'a Call<'c>,
    say: &'a mut dyn Say,
    dir: PathBuf,
    recipes: Vec<Recipe>,
    aliases: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    shell: Vec<String>,
    left: usize,
    files: usize,
}

/// Says what a call of `just` runs. False where there is no justfile that can be read.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    const LOOKS: &[&str] = &[
        "-n",
        "--dry-run",
        "-l",
        "--list",
        "--summary",
        "--show",
        "-s",
        "--evaluate",
        "--variables",
        "--dump",
        "-h",
        "--help",
        "-V",
        "--version",
        "--choose",
        "--fmt",
        "--check",
        "--groups",
        "--completions",
        "--man",
        "--changelog",
        "--edit",
        "-e",
        "--init",
    ];
    let mut file: Option<PathBuf> = None;
    let mut dir: Option<PathBuf> = None;
    let (mut words, mut given) = (Vec::new(), Vec::new());
    let mut args = call.argv.iter().skip(1);
    while let Some(word) = args.next() {
        let text = word.text();
        match text {
            Some(text) if words.is_empty() && LOOKS.contains(&text.split('=').next().unwrap_or(text)) => {
                reads(call, say);
                return true;
            }
            Some("-f" | "--justfile") => file = args.next().and_then(Arg::text).and_then(|text| call.path(text)),
            Some("-d" | "--working-directory") => {
                dir = args.next().and_then(Arg::text).and_then(|text| call.path(text))
            }
            Some("--set") => {
                let name = args.next().and_then(Arg::text).unwrap_or_default().to_owned();
                given.push((name, args.next().map_or_else(|| HOLE.to_string(), text_of)));
            }
            Some("--shell" | "--shell-arg" | "--color" | "--dotenv-path" | "--dotenv-filename" | "--chooser") => {
                args.next();
            }
            Some("-c" | "--command") if words.is_empty() => {
                let argv: Vec<Arg> = args.cloned().collect();
                say.run(Inner { argv, ..Inner::default() }, "just --command");
                return true;
            }
            Some(text) if words.is_empty() && text.starts_with("--justfile=") => {
                file = text.split_once('=').and_then(|(_, path)| call.path(path));
            }
            Some(text) if words.is_empty() && text.starts_with('-') => {}
            Some(text) if words.is_empty() && text.split_once('=').is_some_and(|(name, _)| is_name(name)) => {
                let (name, value) = text.split_once('=').unwrap_or_default();
                given.push((name.to_owned(), value.to_owned()));
            }
            _ => words.push(text_of(word)),
        }
    }
    let found = match file {
        Some(path) => Found::at(call, path),
        None => call.cwd.as_deref().and_then(|dir| Found::upward(call, dir, NAMES).next()),
    };
    let Some(found) = found else { return false };
    let dir = dir.unwrap_or_else(|| found.dir());
    let mut just = Justfile {
        call,
        say,
        dir,
        recipes: Vec::new(),
        aliases: BTreeMap::new(),
        variables: BTreeMap::new(),
        shell: vec!["sh".to_owned(), "-cu".to_owned()],
        left: MOST_RECIPES,
        files: 0,
    };
    just.read(&found);
    just.variables.extend(given);
    runs(&shown(call, &words), just.say);
    just.called(&words);
    true
}

fn text_of(word: &Arg) -> String {
    word.code().map_or_else(|| HOLE.to_string(), str::to_owned)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

impl Justfile<'_, '_> {
    fn read(&mut self, found: &Found) {
        self.files += 1;
        self.say.pin(found.path.clone(), &found.bytes);
        let text = String::from_utf8_lossy(&found.bytes).into_owned();
        let mut no_cd = false;
        for line in text.lines() {
            if line.starts_with([' ', '\t']) {
                // The body of the recipe above.
                if let Some(recipe) = self.recipes.last_mut() {
                    recipe.body.push(line.to_owned());
                }
                continue;
            }
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                if line.is_empty()
                    && let Some(recipe) = self.recipes.last_mut()
                    && !recipe.body.is_empty()
                {
                    recipe.body.push(String::new());
                }
                continue;
            }
            if line.starts_with('[') {
                no_cd |= line.contains("no-cd");
                continue;
            }
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "set" => self.setting(rest),
                "alias" => {
                    if let Some((name, to)) = rest.split_once(":=") {
                        self.aliases.insert(name.trim().to_owned(), to.trim().to_owned());
                    }
                }
                "import" | "import?" => {
                    let name = rest.trim().trim_matches(['\'', '"']);
                    if self.files < MOST_FILES
                        && let Some(imported) = Found::at(self.call, found.dir().join(name))
                    {
                        self.read(&imported);
                    }
                }
                _ => {
                    let bare = line.strip_prefix("export ").unwrap_or(line);
                    match bare.split_once(":=") {
                        Some((name, value)) if is_name(name.trim()) => {
                            let value = self.expression(value, &BTreeMap::new());
                            self.variables.insert(name.trim().to_owned(), value);
                        }
                        _ => {
                            if let Some(recipe) = header(bare) {
                                self.recipes.push(Recipe { no_cd: std::mem::take(&mut no_cd), ..recipe });
                            }
                        }
                    }
                }
            }
        }
    }

    fn setting(&mut self, text: &str) {
        if let Some(list) = text.strip_prefix("shell").and_then(|rest| rest.trim_start().strip_prefix(":=")) {
            let words = list.trim().trim_start_matches('[').trim_end_matches(']').split(',');
            self.shell = words.map(|word| word.trim().trim_matches(['\'', '"']).to_owned()).collect();
        }
    }

    /// The words of a call: recipes, each with its arguments.
    fn called(&mut self, words: &[String]) {
        if words.is_empty() {
            let default = self.recipes.iter().find(|recipe| recipe.name == "default").or(self.recipes.first());
            if let Some(name) = default.map(|recipe| recipe.name.clone()) {
                self.run(&name, &[]);
            }
            return;
        }
        let mut rest = words;
        while let Some((name, after)) = rest.split_first() {
            let takes = self.find(name).map(|recipe| {
                let all = recipe.parameters.iter().any(|(_, _, many)| *many);
                if all { after.len() } else { recipe.parameters.len().min(after.len()) }
            });
            let (own, next) = after.split_at_checked(takes.unwrap_or_default()).unwrap_or((after, &[]));
            self.run(name, own);
            rest = next;
        }
    }

    fn find(&self, name: &str) -> Option<Recipe> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.recipes.iter().rev().find(|recipe| recipe.name == name).cloned()
    }

    fn run(&mut self, name: &str, args: &[String]) {
        let through = format!("just {name}");
        let Some(left) = self.left.checked_sub(1) else {
            return unread(&through, "there are more recipes than are followed", self.say);
        };
        self.left = left;
        let Some(recipe) = self.find(name) else {
            return unread(&through, "there is no such recipe", self.say);
        };
        let mut scope = BTreeMap::new();
        let mut given = args.iter();
        for (parameter, default, many) in &recipe.parameters {
            let value = if *many {
                let all: Vec<&str> = given.by_ref().map(String::as_str).collect();
                (!all.is_empty()).then(|| all.join(" "))
            } else {
                given.next().cloned()
            };
            let value = value.or_else(|| default.as_ref().map(|text| self.expression(text, &scope)));
            scope.insert(parameter.clone(), value.unwrap_or_default());
        }
        let others = |just: &mut Self, list: &[(String, Vec<String>)]| {
            for (name, args) in list {
                let args: Vec<String> = args.iter().map(|text| just.expression(text, &scope)).collect();
                just.run(name, &args);
            }
        };
        others(self, &recipe.before);
        self.body(&recipe, &scope, &through);
        others(self, &recipe.after);
    }

    fn body(&mut self, recipe: &Recipe, scope: &BTreeMap<String, String>, through: &str) {
        let indent: String = recipe
            .body
            .iter()
            .find(|line| !line.trim().is_empty())
            .map_or_else(String::new, |line| line.chars().take_while(|c| c.is_whitespace()).collect());
        let lines: Vec<String> = recipe
            .body
            .iter()
            .map(|line| self.interpolated(line.strip_prefix(indent.as_str()).unwrap_or(line.trim_start()), scope))
            .collect();
        let dir = if recipe.no_cd { self.call.cwd.clone() } else { Some(self.dir.clone()) };
        if let Some(shebang) = lines.first().and_then(|line| line.strip_prefix("#!")) {
            let text = lines.get(1..).unwrap_or_default().join("\n");
            let mut words = shebang.split_whitespace();
            let interpreter = words.find(|word| !word.ends_with("/env") && *word != "env" && !word.starts_with('-'));
            let language = language_of(interpreter.unwrap_or("sh")).unwrap_or(Language::Other);
            if language == Language::Shell {
                let argv = Arg::with_holes(&text).for_shell();
                self.say.run(Inner { argv, cwd: Some(dir), ..Inner::default() }, through);
            } else {
                self.say.code(language, &text, &[], through);
            }
            return;
        }
        let mut logical = String::new();
        for line in lines {
            match line.strip_suffix('\\') {
                Some(part) => logical.push_str(part),
                None => {
                    logical.push_str(&line);
                    let text = std::mem::take(&mut logical);
                    let text = text.trim_start_matches(['@', '-']);
                    if !text.trim().is_empty() {
                        let mut argv: Vec<Arg> = self.shell.iter().map(|word| Arg::known(word.clone())).collect();
                        argv.push(Arg::with_holes(text));
                        self.say.run(Inner { argv, cwd: Some(dir.clone()), ..Inner::default() }, through);
                    }
                }
            }
        }
    }

    /// A line with the values of its `{{ }}`.
    fn interpolated(&mut self, line: &str, scope: &BTreeMap<String, String>) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            if let Some(braces) = after.strip_prefix("{{") {
                out.push_str("{{");
                rest = braces;
                continue;
            }
            let Some((inside, behind)) = after.split_once("}}") else {
                out.push_str("{{");
                rest = after;
                continue;
            };
            let value = self.expression(inside, scope);
            out.push_str(&value);
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    /// The value of an expression: texts, names, `+` and `/`, and a few functions; the rest is not known.
    fn expression(&mut self, text: &str, scope: &BTreeMap<String, String>) -> String {
        let unknown = HOLE.to_string();
        let mut out = String::new();
        let mut rest = text.trim();
        loop {
            let Some(first) = rest.chars().next() else { return out };
            let (value, after) = match first {
                '\'' | '"' => {
                    let quote = first;
                    let inner = rest.get(1..).unwrap_or_default();
                    let Some((value, after)) = inner.split_once(quote) else { return unknown };
                    (value.to_owned(), after)
                }
                '`' => {
                    let Some((command, after)) = rest.get(1..).unwrap_or_default().split_once('`') else {
                        return unknown;
                    };
                    // It runs, and what it prints is not known.
                    let argv = Arg::with_holes(command).for_shell();
                    self.say.run(Inner { argv, cwd: Some(Some(self.dir.clone())), ..Inner::default() }, "just `…`");
                    (unknown.clone(), after)
                }
                '/' => ("/".to_owned(), rest.get(1..).unwrap_or_default()),
                _ => {
                    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
                    let (name, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
                    if name.is_empty() {
                        return unknown;
                    }
                    if let Some(inside) = after.strip_prefix('(') {
                        let Some((_, behind)) = inside.split_once(')') else { return unknown };
                        let value = match name {
                            "justfile_directory" | "justfile_dir" => self.dir.to_string_lossy().into_owned(),
                            "invocation_directory" | "invocation_dir" => self
                                .call
                                .cwd
                                .as_ref()
                                .map_or_else(|| unknown.clone(), |dir| dir.to_string_lossy().into_owned()),
                            "home_directory" | "home_dir" => self
                                .call
                                .world
                                .home(None)
                                .map_or_else(|| unknown.clone(), |dir| dir.to_string_lossy().into_owned()),
                            _ => unknown.clone(),
                        };
                        (value, behind)
                    } else if name == "if" {
                        return unknown;
                    } else {
                        let value = scope.get(name).or_else(|| self.variables.get(name)).cloned();
                        (value.unwrap_or_else(|| unknown.clone()), after)
                    }
                }
            };
            out.push_str(&value);
            rest = after.trim_start();
            if let Some(after) = rest.strip_prefix('+') {
                rest = after.trim_start();
            } else if !rest.is_empty() && !rest.starts_with('/') && first != '/' {
                return unknown;
            }
        }
    }
}

/// `name a b='x' *rest: one (two "arg") && after`.
fn header(line: &str) -> Option<Recipe> {
    // The colon that ends the parameters stands outside of quotes.
    let mut quote = None;
    let at = line.char_indices().find(|(_, c)| {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(*c),
            (Some(open), c) if open == *c => quote = None,
            _ => {}
        }
        quote.is_none() && *c == ':'
    });
    let (head, tail) = line.split_at_checked(at?.0)?;
    let tail = tail.strip_prefix(':')?;
    let mut words = split(head).into_iter();
    let name = words.next()?.trim_start_matches('@').to_owned();
    if !is_name(&name) {
        return None;
    }
    let parameters = words
        .map(|word| {
            let many = word.starts_with(['*', '+']);
            let word = word.trim_start_matches(['*', '+', '$']);
            match word.split_once('=') {
                Some((name, default)) => (name.to_owned(), Some(default.to_owned()), many),
                None => (word.to_owned(), None, many),
            }
        })
        .collect();
    let mut recipe = Recipe { name, parameters, ..Recipe::default() };
    let tail = tail.split(" #").next().unwrap_or(tail);
    let (before, after) = tail.split_once("&&").unwrap_or((tail, ""));
    for (text, list) in [(before, &mut recipe.before), (after, &mut recipe.after)] {
        for word in split(text) {
            let inner = word.strip_prefix('(').and_then(|word| word.strip_suffix(')')).unwrap_or(&word);
            let mut words = split(inner).into_iter();
            if let Some(name) = words.next() {
                list.push((name, words.collect()));
            }
        }
    }
    Some(recipe)
}

/// Words divided by spaces outside of quotes and brackets.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut depth) = (Vec::new(), String::new(), None, 0usize);
    for c in text.chars() {
        match (quote, c) {
            (None, '\'' | '"' | '`') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c.is_whitespace() && quote.is_none() && depth == 0 {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
