//! What Weir knows of command-line tools, for people: the tables again as the catalog's own text.

use std::collections::BTreeMap;

use serde::Serialize;
use weir_model::Verb;

use super::table::{self, Command, Fallback, Is, Node, Opt, Part, Sel, Takes, Template, Test, Tool, When};
use crate::call::{Language, Much};

/// What is known of one program under all its names.
#[derive(Debug, Clone, Serialize)]
pub struct KnownTool {
    /// Its names.
    pub names: Vec<String>,
    /// The file of the catalog that it is in, without its ending; `grammar` where it is read by its own grammar.
    pub family: &'static str,
    /// Its arguments are a language of their own: there is no table to show.
    pub grammar: bool,
    /// The options that may stand anywhere.
    pub options: Vec<String>,
    /// The conditions under which every command only looks.
    pub harmless: Vec<String>,
    /// Where the environment is named.
    pub environment: Vec<String>,
    /// What a command is that is not listed.
    pub others: &'static str,
    /// What it does without a command comes first; then what each command does.
    pub commands: Vec<KnownCommand>,
}

/// One command with all the paths that name it.
#[derive(Debug, Clone, Serialize)]
pub struct KnownCommand {
    /// The words that name it; empty for the tool itself.
    pub paths: Vec<String>,
    /// Its own options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The conditions under which it only looks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub harmless: Vec<String>,
    /// Where the environment is named, on top of the tool's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// The harmless command that shows what it would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// What it does.
    pub effects: Vec<KnownEffect>,
    /// Where the command stands that it runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
    /// What it prints that is secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub yields: Vec<String>,
    /// Where the program stands that it interprets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interprets: Vec<String>,
}

/// One effect with its conditions.
#[derive(Debug, Clone, Serialize)]
pub struct KnownEffect {
    /// What is done.
    pub verb: Verb,
    /// To what kind of target.
    pub target: &'static str,
    /// The template of the target's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `always`, or the conditions under which data is destroyed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stateful: Vec<String>,
    /// The conditions, any of which must hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// The conditions, none of which may hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// A remark, or why it is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

impl KnownTool {
    /// Whether it does more than look, as far as is known.
    #[must_use]
    pub fn acts(&self) -> bool {
        self.grammar || self.commands.iter().any(KnownCommand::acts)
    }

    /// How many paths name its commands.
    #[must_use]
    pub fn count(&self) -> usize {
        self.commands.iter().map(|command| command.paths.len()).sum()
    }

    /// What its commands do, without what every program does.
    #[must_use]
    pub fn verbs(&self) -> Vec<Verb> {
        let effects = self.commands.iter().flat_map(|command| &command.effects);
        let mut verbs: Vec<Verb> = effects.filter(|effect| effect.matters()).map(|effect| effect.verb).collect();
        verbs.sort_unstable_by_key(|verb| verb.name());
        verbs.dedup();
        verbs
    }
}

impl KnownCommand {
    /// Whether it does more than look, as far as is known.
    #[must_use]
    pub fn acts(&self) -> bool {
        !self.runs.is_empty()
            || !self.interprets.is_empty()
            || !self.yields.is_empty()
            || self.effects.iter().any(KnownEffect::matters)
    }
}

impl KnownEffect {
    fn matters(&self) -> bool {
        self.verb != Verb::Read && !(self.verb == Verb::Execute && self.target == "program" && self.note.is_none())
    }
}

/// Programs that are read by their own grammar. Some go by more names (`gsed`, `mkfs.ext4`).
const GRAMMARS: &[&[&str]] = &[
    &["git"],
    &["find", "gfind"],
    &["fd", "fdfind"],
    &["xargs", "gxargs"],
    &["env", "genv"],
    &["rm", "srm"],
    &["rmdir"],
    &["unlink"],
    &["shred"],
    &["wipe"],
    &["rimraf", "del", "del-cli"],
    &["shx", "shelljs"],
    &["trash", "trash-put", "trash-cli", "rmtrash"],
    &["gio"],
    &["cp"],
    &["mv"],
    &["ln"],
    &["install"],
    &["rsync"],
    &["dd"],
    &["tee"],
    &["touch"],
    &["truncate"],
    &["mkdir"],
    &["split"],
    &["sort"],
    &["chmod"],
    &["chown"],
    &["chgrp"],
    &["tar"],
    &["zip"],
    &["unzip"],
    &["gzip", "gunzip", "bzip2", "xz", "zstd"],
    &["sed"],
    &["awk", "gawk", "mawk"],
    &["ed"],
    &["mkfs"],
    &["fdisk", "sfdisk", "sgdisk", "parted"],
    &["wipefs"],
    &["blkdiscard"],
    &["diskutil"],
    &["cryptsetup"],
    &["mdadm"],
    &["lvremove", "vgremove", "pvremove"],
    &["zfs"],
    &["zpool"],
    &["btrfs"],
    &["make", "gmake"],
    &["just"],
    &["task", "go-task"],
];

/// Every program that is known, by its first name.
#[must_use]
pub fn known_tools() -> Vec<KnownTool> {
    let mut tools: BTreeMap<&str, KnownTool> = BTreeMap::new();
    for (name, tool) in table::TOOLS {
        // Where a grammar goes before the table, the table says nothing of this name.
        if !crate::family::has_grammar(name)
            && let Some(first) = tool.names.first()
        {
            let known = tools.entry(first).or_insert_with(|| KnownTool { names: Vec::new(), ..view(tool) });
            known.names.push((*name).to_owned());
        }
    }
    for (first, tool) in &mut tools {
        tool.names.sort_by_key(|name| (name != first, name.clone()));
    }
    for names in GRAMMARS {
        if let Some(first) = names.first() {
            tools.insert(first, grammar(names));
        }
    }
    tools.into_values().collect()
}

/// What is known of the program that goes by `name`.
#[must_use]
pub fn known_tool(name: &str) -> Option<KnownTool> {
    if crate::family::has_grammar(name) {
        let names = GRAMMARS.iter().find(|names| names.contains(&name)).copied();
        return Some(grammar(names.unwrap_or(&[name])));
    }
    super::find(name).map(view)
}

fn grammar(names: &[&str]) -> KnownTool {
    KnownTool {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        family: "grammar",
        grammar: true,
        options: Vec::new(),
        harmless: Vec::new(),
        environment: Vec::new(),
        others: "read by the grammar",
        commands: Vec::new(),
    }
}

fn view(tool: &'static Tool) -> KnownTool {
    let mut commands = Vec::new();
    let root = command(&tool.root, vec![String::new()]);
    if root.acts() {
        commands.push(KnownCommand { options: Vec::new(), harmless: Vec::new(), environment: Vec::new(), ..root });
    }
    let mut paths: Vec<(&'static Command, Vec<String>)> = Vec::new();
    walk(&tool.commands, "", &mut paths);
    if let Some(deep) = &tool.deep {
        walk(deep, "**", &mut paths);
    }
    commands.extend(paths.into_iter().map(|(entry, paths)| command(entry, paths)));
    if let Some(operations) = tool.operations {
        commands.extend(operations.view());
    }
    KnownTool {
        names: tool.names.iter().map(|name| (*name).to_owned()).collect(),
        family: tool.family,
        grammar: false,
        options: options(tool.root.options),
        harmless: when(tool.root.harmless),
        environment: tool.root.env.iter().map(|list| sels(list)).collect(),
        others: match tool.default {
            Fallback::Opaque => "not known: asks",
            Fallback::Program => "taken as harmless programs",
            Fallback::Read => "taken as reading",
        },
        commands,
    }
}

/// All paths below `node`, those of one command together.
fn walk(node: &'static Node, path: &str, out: &mut Vec<(&'static Command, Vec<String>)>) {
    let join = |word: &str| if path.is_empty() { word.to_owned() } else { format!("{path} {word}") };
    if let Some(command) = node.command {
        match out.iter_mut().find(|(known, _)| std::ptr::eq(*known, command)) {
            Some((_, paths)) => paths.push(path.to_owned()),
            None => out.push((command, vec![path.to_owned()])),
        }
    }
    for child in node.children {
        walk(child, &join(child.word), out);
    }
    for pattern in node.patterns {
        let end = pattern.word.starts_with('*');
        let word = if end { pattern.word.to_owned() } else { format!("{}*", pattern.word) };
        walk(pattern, &join(&word), out);
    }
}

fn command(command: &'static Command, paths: Vec<String>) -> KnownCommand {
    let effects = command.effects.iter().map(|rule| {
        let mut stateful = when(rule.stateful_if);
        if rule.stateful {
            stateful = vec!["always".to_owned()];
        }
        KnownEffect {
            verb: rule.verb,
            target: rule.kind.name(),
            name: template(rule.name),
            stateful,
            when: when(rule.when),
            unless: when(rule.unless),
            note: rule.opaque.or(rule.note),
        }
    });
    let runs = command.run.iter().map(|run| {
        let mut text = match (run.text, run.separator) {
            ([], Some(separator)) => format!("the words before `{separator}`, with those after it"),
            ([], None) if !run.prefix.is_empty() => format!("`{}` with all words", run.prefix.join(" ")),
            ([], None) => format!("the words from {} on", run.word),
            (text, _) => format!("the shell text in {}", sels(text)),
        };
        if run.dashes {
            text.push_str(", or what stands after `--`");
        }
        let place = template(run.elsewhere);
        if !place.is_empty() {
            text.push_str(&format!(", in {place}"));
        }
        conditions(&mut text, run.when, run.unless);
        text
    });
    let interprets = command.code.iter().map(|code| {
        let mut from: Vec<String> = Vec::new();
        if !code.text.is_empty() {
            from.push(format!("the text in {}", sels(code.text)));
        }
        if !code.file.is_empty() {
            from.push(format!("the file {}", sels(code.file)));
        }
        if !code.module.is_empty() {
            from.push(format!("the module {}", sels(code.module)));
        }
        if code.stdin {
            from.push("the standard input".to_owned());
        }
        let mut text = format!("{} from {}", language(code.language), from.join(", or "));
        conditions(&mut text, code.when, code.unless);
        text
    });
    let yields = command.yields.iter().map(|entry| {
        let what = match entry.much {
            Much::One | Much::Own => "credential",
            Much::Data => "data",
            Much::Whole | Much::Directory | Much::Names => "secrets",
        };
        let mut text = what.to_owned();
        conditions(&mut text, entry.when, entry.unless);
        text
    });
    KnownCommand {
        paths,
        options: options(command.options),
        harmless: when(command.harmless),
        environment: command.env.iter().map(|list| sels(list)).collect(),
        preview: Some(template(command.preview)).filter(|preview| !preview.is_empty()),
        effects: effects.collect(),
        runs: runs.collect(),
        interprets: interprets.collect(),
        yields: yields.collect(),
    }
}

fn conditions(text: &mut String, when: When, unless: When) {
    for (word, lines) in [("if", self::when(when)), ("unless", self::when(unless))] {
        if !lines.is_empty() {
            text.push_str(&format!(", {word} {}", lines.join(" or ")));
        }
    }
}

const fn language(language: Language) -> &'static str {
    match language {
        Language::Shell => "shell",
        Language::Python => "Python",
        Language::JavaScript => "JavaScript",
        Language::Ruby => "Ruby",
        Language::Perl => "Perl",
        Language::Sql => "SQL",
        Language::Php => "PHP",
        Language::Other => "code",
    }
}

fn options(list: &'static [Opt]) -> Vec<String> {
    let spell = |option: &Opt| {
        let mark = match option.takes {
            Takes::Nothing => "",
            Takes::Value => "=",
            Takes::Inline => "?",
        };
        format!("{}{mark}", option.names.join("|"))
    };
    list.iter().map(spell).collect()
}

fn when(lines: When) -> Vec<String> {
    lines.iter().map(|line| line.iter().map(test).collect::<Vec<_>>().join(" & ")).collect()
}

fn test(test: &Test) -> String {
    let subject = sel(&test.subject);
    let mark = if test.negated { "!" } else { "" };
    match &test.is {
        Is::Set => format!("{mark}{subject}"),
        Is::Value(list) => format!("{mark}{subject}={}", list.join("|")),
        Is::Kind(list) => format!("{mark}{subject}~{}", list.join("|")),
        Is::Token(list) => format!("{mark}{subject}*={}", list.join("|")),
    }
}

fn sels(list: &[Sel]) -> String {
    list.iter().map(sel).collect::<Vec<_>>().join("|")
}

fn sel(sel: &Sel) -> String {
    match sel {
        Sel::Option(name) => (*name).to_owned(),
        Sel::Word(number) => number.to_string(),
        Sel::From(number) => format!("{number}.."),
        Sel::It => "it".to_owned(),
        Sel::Path => "path".to_owned(),
        Sel::Group => "group".to_owned(),
        Sel::Args => "args".to_owned(),
        Sel::Own => "own".to_owned(),
        Sel::First => "first".to_owned(),
        Sel::Variable(name) => format!("${name}"),
        Sel::File { path, key: "" } => format!("@{path}"),
        Sel::File { path, key } => format!("@{path}#{key}"),
        Sel::Stdin => "stdin".to_owned(),
    }
}

fn template(template: Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => (*text).to_owned(),
        Part::Value(list) => format!("{{{}}}", sels(list)),
    };
    template.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_as_a_grammar_is_read_by_one() {
        for names in GRAMMARS {
            for name in *names {
                assert!(crate::family::has_grammar(name), "{name}");
            }
        }
    }

    #[test]
    fn the_catalog_knows_what_many_tools_do() {
        let tools = known_tools();
        let acting: Vec<&KnownTool> = tools.iter().filter(|tool| tool.acts() && !tool.grammar).collect();
        let names: usize = acting.iter().map(|tool| tool.names.len()).sum();
        assert!(acting.len() >= 120, "{} tools, {names} names", acting.len());
        let readers = tools.iter().filter(|tool| !tool.acts()).count();
        assert!(readers > 0 && tools.iter().all(|tool| !tool.names.is_empty()));
    }

    #[test]
    fn a_tool_is_shown_as_the_catalog_writes_it() {
        let tool = known_tool("tofu").unwrap();
        assert_eq!(tool.names, ["terraform", "tofu"]);
        assert_eq!(tool.family, "terraform");
        let destroy = tool.commands.iter().find(|command| command.paths == ["destroy"]).unwrap();
        assert_eq!(destroy.effects.first().map(|effect| effect.verb), Some(Verb::Delete));
        assert_eq!(destroy.effects.first().unwrap().unless, ["-target"]);
        assert_eq!(destroy.preview.as_deref(), Some("{group} {own} plan -destroy"));
        assert!(known_tool("aws").unwrap().count() > 2_400);
        assert!(known_tool("git").unwrap().grammar);
        assert!(known_tool("timeout").unwrap().commands.first().unwrap().runs.first().unwrap().contains("from 2 on"));
        assert!(known_tool("no-such-tool").is_none());
    }
}
