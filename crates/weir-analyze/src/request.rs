//! Requests that are no command lines: edits, looks, fetches, and tools that nobody has described.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use weir_model::{Action, Effect, Patch, PatchOp, Request, Scope, Target, TargetKind, Verb};

use crate::call::normalize;
use crate::{Analysis, World, shell};

/// Values of a tool's arguments that are looked at.
const MOST_VALUES: usize = 2_000;

/// What an action would do.
pub(crate) fn analyze(action: &Action, world: &dyn World, traced: bool) -> Analysis {
    match &action.request {
        Request::Shell { shell: Some(other), .. } if !matches!(other.as_str(), "bash" | "sh" | "zsh") => {
            let why = format!("commands in {other} are not analyzed");
            let target = Target::new(TargetKind::Unknown, other.clone());
            Analysis {
                effects: vec![Effect::opaque(Verb::Execute, target, why.clone())],
                complete: false,
                findings: vec![why],
                ..Analysis::default()
            }
        }
        Request::Shell { command, .. } => shell::analyze(command, &action.cwd, world, traced),
        Request::Files { changes } => {
            let home = world.home(None);
            let edits = changes.iter().flat_map(|change| {
                let edit = edit(change, action, world);
                let path = edit.target.paths.first().filter(|_| edit.verb != Verb::Delete);
                let begins = path.and_then(|path| shell::startup::edited(path, home.as_deref()));
                std::iter::once(edit).chain(begins)
            });
            whole(edits.collect())
        }
        Request::Look { paths } => whole(vec![Effect::new(
            Verb::Read,
            named_paths(paths, action).unwrap_or_else(|| Target::new(TargetKind::Program, action.tool.clone())),
        )]),
        Request::Fetch { url } => whole(vec![Effect::new(Verb::Read, Target::new(TargetKind::Host, url.clone()))]),
        Request::Tool { server, arguments } => tool(action, server.as_deref(), arguments, world),
    }
}

fn whole(effects: Vec<Effect>) -> Analysis {
    let complete = effects.iter().all(|effect| !effect.opaque);
    Analysis { effects, complete, ..Analysis::default() }
}

fn absolute(path: &Path, action: &Action, world: Option<&dyn World>) -> PathBuf {
    if let (Ok(rest), Some(home)) = (path.strip_prefix("~"), world.and_then(|world| world.home(None))) {
        return normalize(&home.join(rest));
    }
    normalize(&action.cwd.join(path))
}

fn named_paths(paths: &[PathBuf], action: &Action) -> Option<Target> {
    let first = paths.first()?;
    let all = paths.iter().map(|path| absolute(path, action, None)).collect();
    Some(Target::new(TargetKind::FileTree, first.to_string_lossy()).at(all))
}

fn edit(change: &Patch, action: &Action, world: &dyn World) -> Effect {
    let path = absolute(&change.path, action, Some(world));
    let target = Target::new(TargetKind::FileTree, change.path.to_string_lossy()).at(vec![path]);
    match change.op {
        PatchOp::Add => Effect::new(Verb::Create, target),
        PatchOp::Update => Effect::new(Verb::Modify, target),
        PatchOp::Write => Effect::new(Verb::Modify, target).within(Scope::Content),
        PatchOp::Delete => Effect::new(Verb::Delete, target).within(Scope::Files),
    }
}

/// What a tool's name says that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Delete,
    Overwrite,
    Change,
    Create,
    Move,
    Read,
    Send,
    Run,
    Unknown,
}

/// Words of tool names, strongest meaning first.
const MEANINGS: &[(Meaning, &[&str])] = &[
    (
        Meaning::Delete,
        &[
            "delete",
            "remove",
            "rm",
            "rmdir",
            "unlink",
            "destroy",
            "drop",
            "purge",
            "erase",
            "wipe",
            "truncate",
            "terminate",
            "clear",
            "uninstall",
        ],
    ),
    (Meaning::Run, &["execute", "exec", "run", "shell", "bash", "command", "terminal", "eval"]),
    (Meaning::Move, &["move", "rename", "mv"]),
    (Meaning::Overwrite, &["write", "overwrite", "save", "replace", "put", "set", "upload"]),
    (
        Meaning::Change,
        &["edit", "update", "modify", "append", "patch", "insert", "apply", "change", "merge", "restore", "reset"],
    ),
    (Meaning::Create, &["create", "add", "mkdir", "make", "new", "init"]),
    (Meaning::Send, &["send", "post", "publish", "reply", "comment", "notify", "email"]),
    (
        Meaning::Read,
        &[
            "read",
            "get",
            "list",
            "search",
            "find",
            "view",
            "show",
            "fetch",
            "query",
            "describe",
            "look",
            "info",
            "status",
            "stat",
            "count",
            "check",
            "inspect",
            "browse",
            "open",
            "ls",
            "cat",
            "tree",
            "head",
            "lookup",
            "resolve",
            "diff",
            "log",
            "download",
            "screenshot",
            "snapshot",
            "navigate",
            "think",
        ],
    ),
];

/// What a tool does, judged by the words of its name.
fn meaning(tool: &str) -> Meaning {
    let words = words(tool);
    MEANINGS
        .iter()
        .find(|(_, known)| words.iter().any(|word| known.contains(&word.as_str())))
        .map_or(Meaning::Unknown, |(meaning, _)| *meaning)
}

/// The words of a name in any spelling: `delete_path`, `deletePath`, `delete-path`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars().take(256) {
        let starts = c.is_uppercase() && !before.is_uppercase();
        if !c.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The tool's own name, without its server's.
fn own_name<'t>(tool: &'t str, server: Option<&str>) -> &'t str {
    let bare = tool.strip_prefix("mcp__").or_else(|| tool.strip_prefix("mcp_")).unwrap_or(tool);
    match server.and_then(|server| bare.strip_prefix(server)) {
        Some(rest) if !rest.is_empty() => rest.trim_start_matches(['_', '-', '.', ':']),
        _ => bare.rsplit("__").next().unwrap_or(bare),
    }
}

/// Names of arguments that hold a command line, a statement, or a path.
const COMMANDS: &[&str] = &["command", "cmd", "commands", "script", "shell_command", "command_line", "bash"];
const STATEMENTS: &[&str] = &["sql", "query", "statement", "statements", "queries"];
const PATHS: &[&str] = &[
    "path",
    "paths",
    "file",
    "files",
    "file_path",
    "filepath",
    "filename",
    "file_name",
    "dir",
    "directory",
    "folder",
    "target",
    "source",
    "destination",
    "dest",
    "src",
    "from",
    "to",
    "old_path",
    "new_path",
    "root",
    "uri",
    "absolute_path",
    "relative_path",
    "target_file",
    "location",
    "notebook_path",
];

/// Those of the paths that say where something goes.
const DESTINATIONS: &[&str] = &["destination", "dest", "to", "new_path", "target"];

/// Strings of a tool's arguments, with the names under which they stand.
fn strings(arguments: &Json) -> (Vec<(String, &str)>, bool) {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), arguments)];
    let mut looked = 0;
    while let Some((name, value)) = open.pop() {
        looked += 1;
        if looked > MOST_VALUES {
            return (found, false);
        }
        match value {
            Json::String(text) => found.push((name, text.as_str())),
            Json::Array(values) => open.extend(values.iter().rev().map(|value| (name.clone(), value))),
            Json::Object(fields) => {
                open.extend(fields.iter().rev().map(|(key, value)| (words(key).join("_"), value)));
            }
            _ => {}
        }
    }
    (found, true)
}

fn tool(action: &Action, server: Option<&str>, arguments: &Json, world: &dyn World) -> Analysis {
    let name = own_name(&action.tool, server);
    let meaning = meaning(name);
    let (strings, all) = strings(arguments);
    let mut analysis = Analysis { complete: true, ..Analysis::default() };
    if !all {
        analysis.complete = false;
        analysis.findings.push("the tool has more arguments than are looked at".to_owned());
        let target = Target::new(TargetKind::Unknown, action.tool.clone());
        analysis.effects.push(Effect::opaque(Verb::Execute, target, "it has more arguments than are looked at"));
    }
    for (key, text) in &strings {
        if COMMANDS.contains(&key.as_str()) || (meaning == Meaning::Run && key == "code") {
            let more = shell::analyze(text, &action.cwd, world, false);
            analysis.effects.extend(more.effects);
            analysis.complete &= more.complete;
            analysis.pins.extend(more.pins);
            analysis.findings.extend(more.findings);
        } else if STATEMENTS.contains(&key.as_str()) && looks_like_sql(text) {
            let more = shell::analyze_code(crate::call::Language::Sql, text, &action.cwd, world);
            analysis.effects.extend(more.effects);
            analysis.complete &= more.complete;
        }
    }
    let mut named: Vec<&(String, &str)> = strings.iter().filter(|(key, text)| is_path(key, text)).collect();
    // Where something goes comes after where it was.
    named.sort_by_key(|(key, _)| DESTINATIONS.contains(&key.as_str()));
    let paths: Vec<&str> = named.iter().map(|(_, text)| text.strip_prefix("file://").unwrap_or(text)).collect();
    let understood = !analysis.effects.is_empty();
    analysis.effects.extend(by_name(meaning, &action.tool, &paths, action, world, understood));
    analysis.complete &= analysis.effects.iter().all(|effect| !effect.opaque);
    analysis
}

/// True for a text that may name a file.
fn is_path(key: &str, text: &str) -> bool {
    if text.is_empty()
        || text.len() > 4_096
        || text.contains('\n')
        || text.contains("://") && !text.starts_with("file://")
    {
        return false;
    }
    PATHS.contains(&key) || text.starts_with(['/', '~']) || text.starts_with("./") || text.starts_with("../")
}

/// True where the text begins as a statement does.
fn looks_like_sql(text: &str) -> bool {
    const FIRST: &[&str] = &[
        "select", "insert", "update", "delete", "drop", "truncate", "alter", "create", "grant", "revoke", "with",
        "merge", "replace", "call", "do", "begin", "vacuum", "copy", "explain", "show", "set", "reindex", "comment",
        "execute",
    ];
    let text = text.trim_start().trim_start_matches(['(', ';']).trim_start();
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    text.starts_with("--") || text.starts_with("/*") || FIRST.contains(&word.as_str())
}

fn by_name(
    meaning: Meaning,
    tool: &str,
    paths: &[&str],
    action: &Action,
    world: &dyn World,
    understood: bool,
) -> Vec<Effect> {
    let target =
        |path: &str| Target::new(TargetKind::FileTree, path).at(vec![absolute(Path::new(path), action, Some(world))]);
    let each = |act: &dyn Fn(Target) -> Effect| paths.iter().map(|path| act(target(path))).collect::<Vec<_>>();
    let opaque = |verb, why: &str| Effect::opaque(verb, Target::new(TargetKind::Program, tool), why);
    let program = |verb| Effect::new(verb, Target::new(TargetKind::Program, tool));
    match meaning {
        Meaning::Delete if !paths.is_empty() => each(&|target| Effect::new(Verb::Delete, target)),
        Meaning::Delete if understood => Vec::new(),
        Meaning::Delete => vec![Effect::opaque(
            Verb::Delete,
            Target::new(TargetKind::Unknown, tool),
            "the tool's name says that it destroys something; what is not known",
        )],
        Meaning::Overwrite if !paths.is_empty() => {
            each(&|target| Effect::new(Verb::Modify, target).within(Scope::Content))
        }
        Meaning::Change if !paths.is_empty() => each(&|target| Effect::new(Verb::Modify, target)),
        Meaning::Create if !paths.is_empty() => each(&|target| Effect::new(Verb::Create, target)),
        Meaning::Move => match paths {
            [from, to] => {
                let to = absolute(Path::new(to), action, Some(world));
                vec![Effect::new(Verb::Modify, target(from)).within(Scope::Moved { to })]
            }
            _ => each(&|target| Effect::new(Verb::Modify, target)),
        },
        Meaning::Read if !paths.is_empty() => each(&|target| Effect::new(Verb::Read, target)),
        Meaning::Read => vec![program(Verb::Read)],
        Meaning::Send => vec![program(Verb::Send)],
        Meaning::Create | Meaning::Change | Meaning::Overwrite if !understood => {
            vec![opaque(Verb::Execute, "what this tool changes is not known")]
        }
        Meaning::Run | Meaning::Unknown if !understood => {
            let mut effects = vec![opaque(Verb::Execute, "what this tool does is not known")];
            // It may write there: whoever guards a place hears of it.
            effects.extend(each(&|target| Effect::new(Verb::Create, target)));
            effects
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Machine;
    use weir_model::{ActionId, Agent, Timestamp};

    fn effects(tool: &str, server: Option<&str>, arguments: Json) -> Vec<String> {
        let action = Action {
            id: ActionId::new(),
            agent: Agent { name: "claude".into(), session: None, subagent: None, principal: "p".into() },
            tool: tool.into(),
            call: None,
            request: Request::Tool { server: server.map(str::to_owned), arguments },
            cwd: "/w".into(),
            host: "h".into(),
            at: Timestamp::UNIX_EPOCH,
        };
        let machine = Machine::new([("/w/a.txt", "")]);
        super::analyze(&action, &machine, false)
            .effects
            .iter()
            .map(|effect| {
                let mark = if effect.opaque { "?" } else { "" };
                let path =
                    effect.target.paths.first().map_or(effect.target.name.clone(), |path| path.display().to_string());
                format!("{mark}{} {} {path}", effect.verb.name(), effect.target.kind.name())
            })
            .collect()
    }

    #[test]
    fn tools_are_judged_by_their_names_and_what_they_are_given() {
        let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        let cases = [
            ("mcp__fs__delete_path", Some("fs"), r#"{"path":"./victim"}"#, vec!["delete file-tree /w/victim"]),
            ("mcp__fs__deleteFile", Some("fs"), r#"{"path":"~/x"}"#, vec!["delete file-tree /home/me/x"]),
            (
                "mcp__fs__write_file",
                Some("fs"),
                r#"{"path":".claude/settings.json","content":"rm -rf /"}"#,
                vec!["modify file-tree /w/.claude/settings.json"],
            ),
            ("mcp__fs__move_file", Some("fs"), r#"{"source":"a","destination":"b"}"#, vec!["modify file-tree /w/a"]),
            ("mcp__fs__read_file", Some("fs"), r#"{"path":"/etc/hosts"}"#, vec!["read file-tree /etc/hosts"]),
            ("mcp__db__drop_everything", Some("db"), "{}", vec!["?delete unknown mcp__db__drop_everything"]),
            (
                "mcp__docs__search",
                Some("docs"),
                r#"{"q":"how to delete a branch"}"#,
                vec!["read program mcp__docs__search"],
            ),
            ("mcp__x__frobnicate", Some("x"), r#"{"value":3}"#, vec!["?execute program mcp__x__frobnicate"]),
            ("mcp__remove__list", Some("remove"), "{}", vec!["read program mcp__remove__list"]),
            (
                "mcp__t__launch",
                Some("t"),
                r#"{"p":"/w/.codex/hooks.json"}"#,
                vec!["?execute program mcp__t__launch", "create file-tree /w/.codex/hooks.json"],
            ),
        ];
        for (tool, server, arguments, expected) in cases {
            assert_eq!(effects(tool, server, json(arguments)), expected, "{tool} {arguments}");
        }
    }
}
