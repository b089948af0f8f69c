//! From the global options to the subcommand, and aliases.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::config::{Runs, runs, split_alias};
use super::grammar::{READING, WORKING};
use super::{Git, MOST_ALIASES};
use crate::call::{Arg, Language, Value};
use crate::family::options::{Word, not_known};
use crate::quote;

/// From the global options to the subcommand.
impl Git<'_, '_> {
    pub(super) fn top(&mut self, args: &[Arg]) {
        let mut rest = args;
        loop {
            let Some((first, after)) = rest.split_first() else {
                return self.read();
            };
            let Some(text) = first.text() else {
                let source = first.source.clone();
                // `git --git-dir="$X" status`: only the value is not known.
                if let Value::Prefix(prefix) = &first.value
                    && let Some((name, _)) = prefix.split_once('=')
                    && name.starts_with("--")
                {
                    if matches!(name, "--git-dir" | "--work-tree") {
                        self.place_unknown = Some(source);
                    } else if matches!(name, "--exec-path" | "--config-env") {
                        self.opaque_program("exec-path", &not_known(&source));
                    }
                    rest = after;
                    continue;
                }
                return self.opaque_delete(TargetKind::GitRepository, &Word::of(first));
            };
            if !text.starts_with('-') {
                return self.subcommand(text, after);
            }
            let (name, inline) = match text.split_once('=') {
                Some((name, value)) => (name, Some(Arg::known(value))),
                None => (text, None),
            };
            let takes = matches!(
                name,
                "-C" | "-c"
                    | "--git-dir"
                    | "--work-tree"
                    | "--namespace"
                    | "--config-env"
                    | "--super-prefix"
                    | "--attr-source"
                    | "--shallow-file"
            );
            let mut next = after;
            let value = if takes && inline.is_none() {
                let Some((value, after)) = after.split_first() else {
                    return self.read();
                };
                next = after;
                Some(value.clone())
            } else {
                inline
            };
            match (name, value) {
                ("-h" | "--help" | "-v" | "--version" | "--html-path" | "--man-path" | "--info-path", _)
                | ("--exec-path", None)
                | ("--list-cmds", _) => return self.read(),
                ("-C", Some(value)) => match value.text() {
                    Some("") => {}
                    Some(text) => self.dir = self.path(text),
                    None => {
                        self.dir = None;
                        self.place_unknown = Some(value.source);
                    }
                },
                ("--git-dir", Some(value)) => match value.text() {
                    Some(text) => self.git_dir = self.path(text),
                    None => self.place_unknown = Some(value.source),
                },
                ("--work-tree", Some(value)) => match value.text() {
                    Some(text) => self.work_tree = self.path(text),
                    None => self.place_unknown = Some(value.source),
                },
                ("-c", Some(value)) => self.set_config(&value),
                ("--config-env", Some(value)) => {
                    let pair = value.text().and_then(|text| text.rsplit_once('='));
                    match pair.map(|(key, name)| (key, self.call.variable(name))) {
                        Some((key, Some(Value::Known(value)))) => self.config.push((key.to_owned(), value)),
                        _ => self.opaque_program("config", &not_known(&value.source)),
                    }
                }
                ("--exec-path", Some(value)) => {
                    let why = format!("git takes its subcommands from `{}`", value.source);
                    self.opaque_program("exec-path", &why);
                }
                _ => {}
            }
            rest = next;
        }
    }

    pub(super) fn set_config(&mut self, arg: &Arg) {
        let Some(text) = arg.text() else {
            // `-c user.name="$NAME"`: the key decides whether the value can do anything.
            let key = match &arg.value {
                Value::Prefix(prefix) => prefix.split_once('=').map(|(key, _)| key.to_owned()),
                _ => None,
            };
            let harmless = key.is_some_and(|key| {
                !key.to_ascii_lowercase().starts_with("alias.") && matches!(runs(&key, "/x"), Runs::Nothing)
            });
            if !harmless {
                self.opaque_program("config", &not_known(&arg.source));
            }
            return;
        };
        let (key, value) = text.split_once('=').unwrap_or((text, "true"));
        self.config.push((key.to_owned(), value.to_owned()));
    }

    /// What the configuration of the command line makes git run.
    pub(super) fn say_config(&mut self) {
        let fresh = self.config.get(self.config_said..).unwrap_or_default().to_vec();
        self.config_said = self.config.len();
        for (key, value) in fresh {
            match runs(&key, &value) {
                Runs::Nothing => {}
                Runs::Surface => {
                    let paths = self.path(&value).into_iter().collect();
                    let target = Target::new(TargetKind::ControlSurface, format!("git -c {key}")).at(paths);
                    let mut effect = Effect::new(Verb::Execute, target);
                    effect.note = Some(format!("`{key}` is `{value}` for this command"));
                    self.emit(effect);
                }
                Runs::Shell(text) => self.say.code(Language::Shell, &text, &[], &format!("git -c {key}")),
            }
        }
    }

    /// The programs that variables set for this command make git run.
    pub(super) fn say_variables(&mut self, subcommand: &str) {
        let reading = READING.contains(&subcommand);
        let names: &[&'static str] = match subcommand {
            "fetch" | "pull" | "push" | "clone" | "ls-remote" | "submodule" | "remote" | "lfs" => {
                &["GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EDITOR"]
            }
            _ if reading => &["GIT_PAGER", "GIT_EXTERNAL_DIFF"],
            _ => &["GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_EXTERNAL_DIFF", "GIT_PAGER"],
        };
        for name in names {
            if self.variables_said.contains(name) {
                continue;
            }
            self.variables_said.push(name);
            let set = self.call.env.iter().rev().find(|(key, _)| key == name);
            match set.map(|(_, value)| value) {
                Some(Value::Known(text)) if !text.is_empty() => {
                    self.say.code(Language::Shell, text, &[], name);
                }
                Some(Value::Known(_)) | None => {}
                Some(_) => self.opaque_program(subcommand, &not_known(&format!("${name}"))),
            }
        }
    }

    pub(super) fn subcommand(&mut self, name: &str, args: &[Arg]) {
        let first = args.first().and_then(Arg::text);
        if first == Some("--help") || (first == Some("-h") && args.len() == 1) {
            return self.read();
        }
        self.say_config();
        self.say_variables(name);
        if READING.contains(&name) {
            return self.reading(name, args);
        }
        if WORKING.contains(&name) {
            return self.working(name, args);
        }
        match name {
            "add" | "stage" | "commit" | "apply" | "format-patch" | "hash-object" | "merge-file" | "symbolic-ref"
            | "rerere" | "sparse-checkout" | "notes" | "refs" | "backfill" => self.ordinary(name, args),
            "archive" | "bundle" | "bugreport" | "diagnose" => self.files_out(name, args),
            "bisect" => self.bisect(args),
            "branch" => self.branches(args),
            "checkout" => self.checkout(args),
            "checkout-index" => self.checkout_index(args),
            "clean" => self.clean(args),
            "clone" => self.clone_into(args),
            "config" => self.configure(args),
            "credential" | "credential-cache" | "credential-store" => self.credential(args),
            "difftool" | "mergetool" => self.tool(name, args),
            "fast-import" => self.fast_import(args),
            "fetch" | "pull" => self.fetch(name, args),
            "filter-branch" => self.filter_branch(args),
            "filter-repo" => self.filter_repo(args),
            "for-each-repo" => self.for_each_repo(args),
            "gc" => self.gc(args),
            "hook" => self.hook(args),
            "init" | "init-db" => self.init(args),
            "lfs" => self.lfs(args),
            "mv" => self.mv(args),
            "prune" => self.prune(args),
            "push" | "send-pack" => self.push(args),
            "read-tree" => self.read_tree(args),
            "rebase" => self.rebase(args),
            "reflog" => self.reflog(args),
            "remote" => self.remote(args),
            "repack" => self.repack(args),
            "replace" => self.replace(args),
            "reset" => self.reset(args),
            "restore" => self.restore(args),
            "rm" => self.rm(args),
            "send-email" | "imap-send" => self.send(name, args),
            "stash" => self.stash(args),
            "submodule" => self.submodule(args),
            "subtree" => self.subtree(args),
            "switch" => self.switch(args),
            "tag" => self.tag(args),
            "update-ref" => self.update_ref(args),
            "worktree" => self.worktree(args),
            "svn" | "p4" | "cvsimport" | "cvsexportcommit" | "cvsserver" | "archimport" => {
                self.opaque_program(name, "it changes another version control system's repository");
            }
            "daemon" | "http-backend" | "instaweb" | "shell" | "http-push" | "http-fetch" => {
                self.opaque_program(name, "it serves or changes repositories over the network");
            }
            _ => self.alias(name, args),
        }
    }

    pub(super) fn alias(&mut self, name: &str, args: &[Arg]) {
        let text =
            self.configured(&format!("alias.{name}")).or_else(|| self.configured(&format!("alias.{name}.command")));
        let Some(text) = text else {
            return self.opaque_program(name, "it is no subcommand of git and no alias that can be seen here");
        };
        if self.aliases.len() >= MOST_ALIASES || self.aliases.iter().any(|seen| seen == name) {
            return self.opaque_program(name, "its alias leads back to itself");
        }
        if let Some(command) = text.strip_prefix('!') {
            let mut code = command.trim().to_owned();
            for arg in args {
                code.push(' ');
                match arg.text() {
                    Some(text) => code.push_str(&quote::word(text)),
                    None => code.push_str(&arg.source),
                }
            }
            // Git runs it at the top of the working tree.
            let top = self.repository().map(|(top, _)| top).or_else(|| self.dir.clone());
            let through = format!("git alias {name}");
            if top == self.call.cwd {
                self.say.code(Language::Shell, &code, &[], &through);
            } else {
                let argv = vec![Arg::known("sh"), Arg::known("-c"), Arg::known(code)];
                self.say.command_in(argv, top, &through);
            }
            return;
        }
        let Some(words) = split_alias(&text) else {
            return self.opaque_program(name, "its alias has a quote that is not closed");
        };
        let mut expanded: Vec<Arg> = words.into_iter().map(Arg::known).collect();
        expanded.extend_from_slice(args);
        self.aliases.push(name.to_owned());
        self.top(&expanded);
        self.aliases.pop();
    }
}
