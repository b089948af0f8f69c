//! Reading a makefile: lines, conditions, and what the lines say.

use std::rc::Rc;

use super::Make;
use super::expand::{closed, find_outside};
use super::rules::Rule;
use super::text::{HOLE_TEXT, is_open, known_start};
use super::variables::{Variables, join};

/// Makefiles inside makefiles, and texts given to `eval`.
const MOST_NESTED: usize = 24;
/// Lines that are read for one call of make.
const MOST_LINES: usize = 100_000;
/// Rules that are remembered.
const MOST_RULES: usize = 10_000;

/// One `if` … `else` … `endif`.
struct Condition {
    /// What stands here is read.
    active: bool,
    /// A branch was taken for sure, so that no later one is.
    done: bool,
    /// What stands around it is read.
    outer: bool,
    /// Whether a branch is taken is not known: the variables before it, and as the branches so far have left them.
    unsure: Option<(Variables, Option<Variables>)>,
}

/// The lines of one text.
struct Lines<'t> {
    rest: std::iter::Peekable<std::str::Lines<'t>>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text.lines().peekable() }
    }

    fn goes_on(line: &str) -> bool {
        line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
    }

    /// The next line with all that continue it, as they stand.
    fn raw(&mut self) -> Option<Vec<&'t str>> {
        let mut lines = vec![self.rest.next()?];
        while lines.last().is_some_and(|line| Self::goes_on(line)) {
            let Some(next) = self.rest.next() else { break };
            lines.push(next);
        }
        Some(lines)
    }
}

/// A line and its continuations as one: blanks around the break become one.
fn joined(lines: &[&str]) -> String {
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let is_last = at + 1 == lines.len();
        let line = if is_last { line } else { line.strip_suffix('\\').unwrap_or(line) };
        if at == 0 {
            out.push_str(line);
        } else {
            out.truncate(out.trim_end().len());
            out.push(' ');
            out.push_str(line.trim_start());
        }
    }
    out
}

/// A line of a recipe: its continuations stay, without the prefix.
fn recipe_line(lines: &[&str], prefix: char) -> String {
    lines.iter().map(|line| line.strip_prefix(prefix).unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// `line` without the comment at its end.
fn without_comment(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = find_outside(rest, &['#']) {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        match before.strip_suffix('\\') {
            Some(before) => {
                out.push_str(before);
                out.push('#');
                rest = after.strip_prefix('#').unwrap_or_default();
            }
            None => {
                out.push_str(before);
                return out;
            }
        }
    }
    out.push_str(rest);
    out
}

/// An assignment: the name, the operator and the text.
pub(super) fn assignment(line: &str) -> Option<(&str, &str, &str)> {
    let at = find_outside(line, &[' ', '\t', '=', ':', '+', '?', '!', '#'])?;
    let (mut name, mut rest) = line.split_at_checked(at)?;
    // A `+` or the like may be a part of the name.
    while !rest.starts_with([' ', '\t']) && operator(rest).is_none() && rest.starts_with(['+', '?', '!']) {
        let more = rest.get(1..)?;
        let at = line.len() - more.len() + find_outside(more, &[' ', '\t', '=', ':', '+', '?', '!', '#'])?;
        (name, rest) = line.split_at_checked(at)?;
    }
    let rest = rest.trim_start();
    let operator = operator(rest)?;
    let text = rest.get(operator.len()..)?;
    (!name.is_empty()).then(|| (name, operator, text.trim_start()))
}

fn operator(text: &str) -> Option<&'static str> {
    ["=", ":=", "::=", ":::=", "+=", "?=", "!="].into_iter().find(|operator| text.starts_with(operator))
}

/// The first word, and what follows it.
fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    match text.split_once([' ', '\t']) {
        Some((word, rest)) => (word, rest.trim()),
        None => (text, ""),
    }
}

impl Make<'_, '_> {
    /// Reads a makefile, or text as one.
    pub(super) fn read(&mut self, text: &str) {
        if self.nested >= MOST_NESTED {
            self.give_up("makefiles are nested too deeply");
            return;
        }
        self.nested += 1;
        // What an `eval` reads ends no rule around it.
        let around = self.open.take();
        let mut conditions: Vec<Condition> = Vec::new();
        let mut lines = Lines::new(text);
        while let Some(raw) = lines.raw() {
            self.lines += raw.len();
            if self.lines > MOST_LINES {
                self.give_up("the makefile is too long");
            }
            if self.stopped || self.over {
                break;
            }
            self.line(&raw, &mut lines, &mut conditions);
        }
        while let Some(condition) = conditions.pop() {
            self.end_condition(condition);
        }
        self.open = around;
        self.nested -= 1;
    }

    fn line(&mut self, raw: &[&str], lines: &mut Lines<'_>, conditions: &mut Vec<Condition>) {
        let active = conditions.last().is_none_or(|condition| condition.active);
        let prefix = self.recipe_prefix();
        if raw.first().is_some_and(|line| line.starts_with(prefix))
            && let Some(index) = self.open
        {
            if active && let Some(rule) = self.rules.get_mut(index) {
                rule.recipe.get_or_insert_default().push(recipe_line(raw, prefix).into());
            }
            return;
        }
        let line = joined(raw);
        let bare = without_comment(&line);
        let (word, rest) = first_word(&bare);
        if assignment(bare.trim_start()).is_none() && self.condition(word, rest, conditions) {
            return;
        }
        // `define` ends only at its own `endef`, whatever it contains.
        if let Some((name, operator)) = definition(&bare) {
            let text = Self::defined(lines);
            if active {
                let modifiers: Vec<&str> = bare.split_whitespace().take_while(|word| *word != "define").collect();
                self.open = None;
                self.assign(name, operator, &text, &modifiers);
            }
            return;
        }
        if !active || bare.trim().is_empty() {
            return;
        }
        self.statement(&bare, &line);
    }

    /// The lines up to `endef`.
    fn defined(lines: &mut Lines<'_>) -> String {
        let mut text: Vec<&str> = Vec::new();
        let mut depth = 0_usize;
        while let Some(raw) = lines.raw() {
            let first = raw.first().map_or("", |line| line.trim_start());
            let (word, _) = first_word(first);
            match word.split('#').next().unwrap_or_default() {
                "endef" if depth == 0 => break,
                "endef" => depth -= 1,
                "define" => depth += 1,
                _ => {}
            }
            text.extend(raw);
        }
        text.join("\n")
    }

    /// A line that is no recipe, in a part that is read.
    fn statement(&mut self, line: &str, full: &str) {
        let line = line.trim_start();
        let mut modifiers = Vec::new();
        let mut rest = line;
        loop {
            if let Some((name, operator, text)) = assignment(rest)
                && name != "define"
            {
                self.open = None;
                self.assign(name, operator, text, &modifiers);
                return;
            }
            let (word, after) = first_word(rest);
            match word {
                "override" | "private" | "export" | "unexport" | "undefine" => {
                    modifiers.push(word);
                    rest = after;
                }
                _ => break,
            }
            if rest.is_empty() {
                break;
            }
        }
        if modifiers.contains(&"undefine") {
            self.open = None;
            let name = self.expand(rest);
            self.variables.remove(name.trim());
            return;
        }
        if let Some(export) = modifiers.iter().find(|word| matches!(**word, "export" | "unexport")) {
            self.open = None;
            let names = self.expand(rest);
            self.export(&names, *export == "export");
            return;
        }
        match first_word(line) {
            ("include", names) => self.include(names, true),
            ("-include" | "sinclude", names) => self.include(names, false),
            ("vpath", rest) => {
                self.open = None;
                let _ = self.expand(rest);
            }
            ("load" | "-load", _) => self.doubt("it loads a compiled part of make"),
            _ => self.rule(line, full.trim_start()),
        }
    }

    fn include(&mut self, names: &str, must: bool) {
        self.open = None;
        let names = self.expand(names);
        for name in self.marks.texts(&names) {
            for name in name.split_whitespace() {
                if is_open(name) {
                    self.doubt("which makefile it includes is not known");
                    continue;
                }
                for path in self.apply("wildcard", &[name.to_owned()]).split_whitespace() {
                    if !is_open(path) {
                        self.include_file(path, must);
                    }
                }
                if self.apply("wildcard", &[name.to_owned()]).is_empty() {
                    self.include_file(name, must);
                }
            }
        }
    }

    /// A line with targets and prerequisites; `full` is the line with its comment, which belongs to a recipe.
    fn rule(&mut self, line: &str, full: &str) {
        self.open = None;
        // The recipe on the same line.
        let colon = find_outside(line, &[':']);
        let after_colon = |line: &str| {
            let colon = find_outside(line, &[':'])?;
            find_outside(line.get(colon..)?, &[';']).map(|semicolon| colon + semicolon)
        };
        let semicolon = after_colon(line);
        let recipe = semicolon.and_then(|_| full.get(after_colon(full)? + 1..)).map(str::trim_start);
        let Some(colon) = colon else {
            let text = self.expand(line);
            for text in self.marks.texts(&text) {
                if text.contains(':') {
                    self.expanded_rule(&text);
                } else if is_open(&text) && !text.trim_start().starts_with('#') {
                    self.doubt("a line of the makefile is not known");
                }
            }
            return;
        };
        let (targets, rest) = line.split_at_checked(colon).unwrap_or((line, ""));
        let (rest, double) = match rest.strip_prefix("::") {
            Some(rest) => (rest, true),
            None => (rest.strip_prefix(':').unwrap_or_default(), false),
        };
        let (targets, grouped) = match targets.strip_suffix('&') {
            Some(targets) => (targets, true),
            None => (targets, false),
        };
        let targets = self.expand(targets);
        if self.target_variable(&targets, rest) {
            return;
        }
        let head_end = semicolon.map(|semicolon| semicolon - (line.len() - rest.len()));
        let head = head_end.and_then(|end| rest.get(..end)).unwrap_or(rest);
        // With a second expansion the first leaves `$$` as `$`.
        let head = self.expand(head);
        for targets in self.marks.texts(&targets) {
            let mut rule = Rule::new(&targets, &self.marks, self.unsure > 0);
            rule.double = double;
            rule.grouped = grouped;
            rule.second = self.second;
            rule.recipe = recipe.map(|recipe| vec![recipe.into()]);
            self.add(rule, &head);
        }
    }

    /// `TARGETS: NAME = TEXT`.
    fn target_variable(&mut self, targets: &str, rest: &str) -> bool {
        let mut rest = rest.trim_start();
        let mut modifiers: Vec<String> = Vec::new();
        let (name, operator, text) = loop {
            if let Some(found) = assignment(rest).filter(|(name, ..)| !name.contains(';')) {
                break found;
            }
            let (word, after) = first_word(rest);
            if !matches!(word, "override" | "private" | "export" | "unexport") {
                return false;
            }
            modifiers.push(word.to_owned());
            rest = after;
        };
        let name = self.expand(name);
        let text =
            if operator == "=" || operator == "+=" || operator == "?=" { text.to_owned() } else { self.expand(text) };
        for target in targets.split_whitespace() {
            self.target_variables.push(super::rules::TargetVariable {
                target: target.to_owned(),
                name: name.clone(),
                operator: operator.to_owned(),
                text: text.clone(),
                overrides: modifiers.iter().any(|word| word == "override"),
                exports: modifiers.iter().any(|word| word == "export"),
                maybe: self.unsure > 0,
            });
        }
        true
    }

    /// A rule of which the colon came out of an expansion.
    fn expanded_rule(&mut self, text: &str) {
        let Some((targets, head)) = text.split_once(':') else { return };
        let (head, double) = head.strip_prefix(':').map_or((head, false), |head| (head, true));
        let (head, recipe) =
            head.split_once(';').map_or((head, None), |(head, recipe)| (head, Some(recipe.trim_start())));
        let mut rule = Rule::new(targets, &self.marks, self.unsure > 0);
        rule.double = double;
        rule.recipe = recipe.map(|recipe| vec![recipe.into()]);
        self.add(rule, head);
    }

    fn add(&mut self, mut rule: Rule, head: &str) {
        if self.rules.len() >= MOST_RULES {
            self.give_up("the makefile has too many rules");
            return;
        }
        let mut head = head;
        // `TARGETS: PATTERN: PREREQUISITES`.
        if let Some((pattern, rest)) = head.split_once(':') {
            rule.pattern = Some(pattern.trim().into());
            head = rest;
        }
        let (normal, order) = head.split_once('|').unwrap_or((head, ""));
        let words = |text: &str| text.split_whitespace().map(Rc::from).collect();
        rule.prerequisites = words(normal);
        rule.order_only = words(order);
        if rule.targets.iter().any(|target| &**target == ".SECONDEXPANSION") {
            self.second = true;
        }
        if rule.targets.iter().any(|target| &**target == ".EXPORT_ALL_VARIABLES") {
            self.export("", true);
        }
        if rule.targets.is_empty() {
            return;
        }
        if rule.targets.iter().any(|target| is_open(target)) && rule.targets.iter().all(|target| &**target == HOLE_TEXT)
        {
            rule.maybe = true;
        }
        self.rules.push(rule);
        self.open = Some(self.rules.len() - 1);
    }

    /// Reads `ifeq`, `else`, `endif` and their like; false where the line is none.
    fn condition(&mut self, word: &str, rest: &str, conditions: &mut Vec<Condition>) -> bool {
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                let outer = conditions.last().is_none_or(|condition| condition.active);
                let mut condition = Condition { active: false, done: !outer, outer, unsure: None };
                if outer {
                    self.branch(&mut condition, word, rest);
                }
                conditions.push(condition);
            }
            "else" => {
                let Some(mut condition) = conditions.pop() else { return true };
                if condition.outer {
                    self.leave_branch(&mut condition);
                    let (word, rest) = first_word(rest);
                    if !condition.done {
                        self.branch(&mut condition, word, rest);
                    }
                }
                conditions.push(condition);
            }
            "endif" => {
                if let Some(condition) = conditions.pop() {
                    self.end_condition(condition);
                }
            }
            // `ifeq(a,b)` is written, too.
            _ if word.starts_with("ifeq(") || word.starts_with("ifneq(") => {
                let (name, first) = word.split_once('(').unwrap_or((word, ""));
                return self.condition(name, &format!("({first} {rest}"), conditions);
            }
            _ => return false,
        }
        true
    }

    /// Begins a branch; no word: the branch of `else`.
    fn branch(&mut self, condition: &mut Condition, word: &str, rest: &str) {
        match self.holds(word, rest) {
            Some(true) => {
                condition.active = true;
                condition.done = true;
            }
            Some(false) => condition.active = false,
            None => {
                condition.active = true;
                if condition.unsure.is_none() {
                    condition.unsure = Some((self.variables.clone(), None));
                    self.unsure += 1;
                }
            }
        }
    }

    fn leave_branch(&mut self, condition: &mut Condition) {
        if let Some((before, so_far)) = &mut condition.unsure
            && condition.active
        {
            let after = std::mem::replace(&mut self.variables, before.clone());
            *so_far = Some(match so_far.take() {
                Some(other) => join(other, &after),
                None => after,
            });
        }
        condition.active = false;
    }

    fn end_condition(&mut self, mut condition: Condition) {
        self.leave_branch(&mut condition);
        if let Some((before, so_far)) = condition.unsure {
            self.unsure -= 1;
            self.variables = match so_far {
                Some(after) if condition.done => after,
                Some(after) => join(after, &before),
                None => before,
            };
        }
    }

    /// Whether a condition holds; `None` where that is not known.
    fn holds(&mut self, word: &str, rest: &str) -> Option<bool> {
        match word {
            "ifdef" | "ifndef" => {
                let name = self.expand(rest);
                let name = name.trim();
                if is_open(name) {
                    return None;
                }
                let defined = match self.find(name) {
                    None => false,
                    Some(variable) => {
                        let mut all = variable.definitions.iter().map(|definition| !definition.text.is_empty());
                        let first = all.next().unwrap_or(false);
                        if all.any(|other| other != first) {
                            return None;
                        }
                        first
                    }
                };
                Some(defined == (word == "ifdef"))
            }
            "ifeq" | "ifneq" => {
                let (a, b) = sides(rest)?;
                let (a, b) = (self.expand(a), self.expand(b));
                let both = self.marks.texts(&format!("{}\u{1}{}", a.trim(), b.trim()));
                let mut all = both.iter().map(|both| {
                    let (a, b) = both.split_once('\u{1}').unwrap_or((both, ""));
                    same(a.trim(), b.trim())
                });
                let first = all.next()??;
                all.all(|other| other == Some(first)).then_some(first == (word == "ifeq"))
            }
            _ => Some(true),
        }
    }
}

/// Whether two texts are the same; `None` where that is not known.
fn same(a: &str, b: &str) -> Option<bool> {
    if !is_open(a) && !is_open(b) {
        return Some(a == b);
    }
    let (start_a, start_b) = (known_start(a), known_start(b));
    let (fits_a, fits_b) = (start_a.starts_with(start_b), start_b.starts_with(start_a));
    let too_long = (!is_open(a) && !fits_a) || (!is_open(b) && !fits_b);
    if too_long || !(fits_a || fits_b) { Some(false) } else { None }
}

/// The two sides of `ifeq`: `(a,b)`, `"a" "b"` or `'a' 'b'`.
fn sides(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('(') {
        let (inner, _) = closed(inner, '(').unwrap_or((inner, ""));
        let comma = top_comma(inner)?;
        let (a, b) = inner.split_at_checked(comma)?;
        return Some((a.trim(), b.strip_prefix(',')?.trim()));
    }
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (a, rest) = text.strip_prefix(quote)?.split_once(quote)?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (b, _) = rest.strip_prefix(quote)?.split_once(quote)?;
    Some((a, b))
}

fn top_comma(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The name and the operator after `define`.
fn definition(line: &str) -> Option<(&str, &str)> {
    let mut rest = line.trim();
    loop {
        let (word, after) = first_word(rest);
        match word {
            "define" => {
                rest = after;
                break;
            }
            "override" | "export" | "private" => rest = after,
            _ => return None,
        }
    }
    if rest.is_empty() || rest.starts_with(['=', ':']) {
        return None;
    }
    match assignment(rest) {
        Some((name, operator, _)) => Some((name, operator)),
        None => Some((rest, "=")),
    }
}
