//! Git's configuration: its files as git reads them, what it makes git run, and the command that changes it.

use std::path::PathBuf;

use weir_model::{Effect, Target, TargetKind, Verb};

use super::Git;
use super::grammar::{CONFIG, EXCLUDES};
use crate::call::{Arg, GitWork};
use crate::family::options::{Opts, Word, not_known};

/// What a configuration variable makes git run.
pub(super) enum Runs {
    Nothing,
    /// Programs that git starts on its own, named elsewhere (`core.hooksPath`).
    Surface,
    /// This shell text.
    Shell(String),
}

/// What `key` (in lower case where git ignores the case) makes git run when it has this value.
pub(super) fn runs(key: &str, value: &str) -> Runs {
    let key = key.to_ascii_lowercase();
    let switch =
        matches!(value.to_ascii_lowercase().as_str(), "" | "true" | "false" | "yes" | "no" | "on" | "off" | "0" | "1");
    let section = key.split('.').next().unwrap_or_default();
    let name = key.rsplit('.').next().unwrap_or_default();
    let three = key.matches('.').count() >= 2;
    let shell = match (section, name) {
        ("core", "hookspath") | ("include" | "includeif", "path") => return Runs::Surface,
        ("core", "fsmonitor") if !switch => return Runs::Surface,
        ("core", "pager") | ("pager", _) => !switch,
        ("core", "sshcommand" | "editor" | "askpass" | "gitproxy")
        | ("sequence", "editor")
        | ("diff", "external")
        | ("interactive", "difffilter")
        | ("gpg", "program")
        | ("uploadpack", "packobjectshook") => true,
        ("filter", "clean" | "smudge" | "process")
        | ("diff", "textconv" | "command")
        | ("merge", "driver")
        | ("difftool" | "mergetool" | "browser" | "man", "cmd")
        | ("trailer", "cmd" | "command")
        | ("remote", "uploadpack" | "receivepack") => three,
        ("credential", "helper") => {
            if let Some(command) = value.strip_prefix('!') {
                return Runs::Shell(command.to_owned());
            }
            value.starts_with('/')
        }
        _ => false,
    };
    if shell && !value.is_empty() { Runs::Shell(value.to_owned()) } else { Runs::Nothing }
}

/// A tolerant reading of a configuration file: `section.subsection.name` and value, sections and names in lower case.
pub(super) fn parse_config(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut section = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            let Some(end) = header_end(rest) else {
                continue;
            };
            let (head, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            section = match head.split_once(char::is_whitespace) {
                Some((name, sub)) => {
                    let sub = sub.trim().trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\");
                    format!("{}.{sub}", name.to_ascii_lowercase())
                }
                None => head.trim().to_ascii_lowercase(),
            };
            line = after.strip_prefix(']').unwrap_or_default().trim();
        }
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let mut entry = line.to_owned();
        while entry.ends_with('\\') && !entry.ends_with("\\\\") {
            entry.pop();
            match lines.next() {
                Some(next) => entry.push_str(next.trim_end()),
                None => break,
            }
        }
        let (name, value) = match entry.split_once('=') {
            Some((name, value)) => (name.trim(), config_value(value)),
            None => (entry.trim(), "true".to_owned()),
        };
        out.push((format!("{section}.{}", name.to_ascii_lowercase()), value));
    }
    out
}

/// Where the `]` of a section header stands; one between quotes does not count.
pub(super) fn header_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

pub(super) fn config_value(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    // What is outside of quotes loses its trailing blanks, what is inside keeps them.
    let mut keep = 0;
    let mut letters = text.trim_start().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                quoted = !quoted;
                keep = out.len();
            }
            '\\' => {
                match letters.next() {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('b') => {
                        out.pop();
                    }
                    Some(other) => out.push(other),
                    None => {}
                }
                keep = out.len();
            }
            '#' | ';' if !quoted => break,
            other => {
                out.push(other);
                if quoted {
                    keep = out.len();
                }
            }
        }
    }
    while out.len() > keep && out.ends_with(char::is_whitespace) {
        out.pop();
    }
    out
}

/// Splits an alias into words as git does; `None` where a quote is not closed.
pub(super) fn split_alias(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                let next = letters.next()?;
                word.get_or_insert_default().push(next);
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return None;
    }
    words.extend(word);
    Some(words)
}

/// Configuration.
impl Git<'_, '_> {
    pub(super) fn configure(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CONFIG, args, false);
        if opts.help {
            return self.read();
        }
        let reads = ["get", "get-all", "get-regexp", "get-urlmatch", "get-color", "get-colorbool", "list"];
        if opts.any(&reads) {
            return self.read();
        }
        let mut words = opts.words.as_slice();
        let mut removes = opts.any(&["unset", "unset-all", "remove-section", "rename-section"]);
        let mut writes = removes || opts.any(&["add", "replace-all", "edit"]);
        if let Some((first, rest)) = words.split_first().filter(|_| !writes) {
            match first.text.as_str() {
                "list" | "get" => return self.read(),
                "set" => (writes, words) = (true, rest),
                "unset" | "remove-section" | "rename-section" => {
                    (writes, removes, words) = (true, true, rest);
                }
                "edit" => (writes, words) = (true, rest),
                _ => writes = words.len() > 1,
            }
        }
        if !writes {
            return self.read();
        }
        let place = self.config_file(&opts);
        let Some(key) = words.first() else {
            return self.config_written(&place, None);
        };
        if !key.known {
            let target = self.target(TargetKind::GitRepository, key.source.clone());
            return self.emit(Effect::opaque(Verb::Modify, target, not_known(&key.source)));
        }
        if key.text.eq_ignore_ascii_case(EXCLUDES) {
            self.work(GitWork::Ruled);
        }
        let value = words.get(1).filter(|_| !removes);
        if let (Some(path), Some(value)) = (&place.path, value)
            && key.known
        {
            self.remember(path.clone(), &key.text, value);
        }
        let text = value.map_or("/", |word| if word.known { word.text.as_str() } else { "/" });
        match runs(&key.text, text) {
            Runs::Surface => {
                let target = Target::new(TargetKind::ControlSurface, format!("git config {}", canonical(&key.text)))
                    .at(place.path.into_iter().collect());
                let note = match value {
                    Some(word) => format!("git will use `{}` for it in {}", word.source, place.of),
                    None => format!("it is removed from the configuration of {}", place.of),
                };
                let effect = match value.filter(|word| !word.known) {
                    Some(word) => Effect::opaque(Verb::Modify, target, not_known(&word.source)),
                    None => Effect { note: Some(note), ..Effect::new(Verb::Modify, target) },
                };
                self.emit(effect);
            }
            Runs::Shell(_) if value.is_some() => {
                let note = format!("git will run `{}` for `{}` in {}", text, key.text, place.of);
                self.config_written(&place, Some(note));
            }
            _ if key.text.to_ascii_lowercase().starts_with("alias.") && value.is_some() => {
                let note = format!("`{}` becomes an alias for `{}` in {}", key.text, text, place.of);
                self.config_written(&place, Some(note));
            }
            _ => {
                let note = (place.of != "this repository").then(|| format!("the configuration of {}", place.of));
                self.config_written(&place, note);
            }
        }
    }

    /// What is configured holds for the rest of the command (`git config alias.x '!rm -rf .' && git x`).
    fn remember(&mut self, path: PathBuf, key: &str, value: &Word) {
        let Some((section, name)) = key.rsplit_once('.').filter(|_| value.known) else { return };
        let header = match section.split_once('.') {
            Some((section, below)) => format!("[{section} \"{below}\"]"),
            None => format!("[{section}]"),
        };
        let before = self.call.world.read(&path, super::CONFIG_LIMIT).unwrap_or_default();
        let text = value.text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let content = format!("{}\n{header}\n\t{name} = \"{text}\"\n", String::from_utf8_lossy(&before));
        self.say.written(path, content);
    }

    pub(super) fn config_written(&mut self, place: &ConfigPlace, note: Option<String>) {
        if let Some(file) = &place.file {
            let file = file.clone();
            return self.write_file(&file);
        }
        self.modify_with(note);
    }

    pub(super) fn config_file(&self, opts: &Opts) -> ConfigPlace {
        let home = self.call.world.home(None);
        if let Some(file) = opts.value("file") {
            return ConfigPlace {
                path: self.path(&file.text).filter(|_| file.known),
                of: format!("`{}`", file.source),
                file: Some(file.clone()),
            };
        }
        let (path, of) = if opts.has("global") {
            (home.map(|home| home.join(".gitconfig")), "all of the user's repositories")
        } else if opts.has("system") {
            (Some(PathBuf::from("/etc/gitconfig")), "all of the machine's repositories")
        } else {
            let path = self.repository().map(|(_, git_dir)| self.common(&git_dir).join("config"));
            (path, "this repository")
        };
        ConfigPlace { path, of: of.to_owned(), file: None }
    }
}

/// Where a configuration variable is written.
pub(super) struct ConfigPlace {
    pub(super) path: Option<PathBuf>,
    /// Whose configuration it is, for people.
    pub(super) of: String,
    /// A file that was named.
    pub(super) file: Option<Word>,
}

/// The usual spelling of the variables whose case people know.
pub(super) fn canonical(key: &str) -> String {
    match key.to_ascii_lowercase().as_str() {
        "core.hookspath" => "core.hooksPath".to_owned(),
        lower @ ("core.fsmonitor" | "include.path") => lower.to_owned(),
        _ => key.to_owned(),
    }
}
