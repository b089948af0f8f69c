//! Subcommands that can lose what is not committed.

use std::path::PathBuf;

use weir_model::{Effect, GitScope, Scope, Target, TargetKind, Verb};

use super::config::parse_config;
use super::grammar::{CHECKOUT, CHECKOUT_INDEX, CLEAN, EXCLUDES, MV, READ_TREE, RESET, RESTORE, RM, SWITCH};
use super::{CONFIG_LIMIT, Git, MOST_SUBMODULES, unknown};
use crate::call::{Arg, GitWork, Stdin, Value, normalize};
use crate::family::options::{Opts, Word, not_known};

/// Working trees: what is not committed.
impl Git<'_, '_> {
    pub(super) fn reset(&mut self, args: &[Arg]) {
        let opts = Opts::parse(RESET, args, false);
        if opts.help {
            return self.read();
        }
        let (hard, merge, keep) = (opts.has("hard"), opts.has("merge"), opts.has("keep"));
        let (revision, paths) = if hard || merge || keep {
            // With these, git takes no paths: a single word is a commit.
            match opts.words.split_first() {
                Some((first, rest)) if opts.split != Some(0) => (Some(first.clone()), rest.to_vec()),
                _ => (None, opts.words.clone()),
            }
        } else {
            self.revision_and_paths(&opts)
        };
        let hidden = opts.may_hide_options() && !hard;
        if hard || merge || keep || hidden {
            let why = hidden.then(|| "an argument that is not known may be `--hard`".to_owned());
            self.lose_changes(&paths, true, !keep || hidden, why);
        }
        let moves = revision
            .as_ref()
            .filter(|word| !word.known || !matches!(word.text.as_str(), "HEAD" | "@"))
            .filter(|_| paths.is_empty());
        match moves {
            Some(to) => self.move_ref("", None, Some(to)),
            None if !(hard || merge || keep || hidden) => self.modify(),
            None => {}
        }
    }

    /// Paths from a file come after those that are given.
    pub(super) fn with_listed(&self, opts: &Opts, mut paths: Vec<Word>) -> (Vec<Word>, Option<String>) {
        match self.pathspecs_from_file(opts) {
            None => (paths, None),
            Some(Ok(listed)) => {
                paths.extend(listed);
                (paths, None)
            }
            Some(Err(why)) => (paths, Some(why)),
        }
    }

    pub(super) fn checkout(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CHECKOUT, args, false);
        if opts.help {
            return self.read();
        }
        let force = opts.has("force");
        let (b, big_b, orphan) = (opts.value("b"), opts.value("B"), opts.value("orphan"));
        if b.is_some() || big_b.is_some() || orphan.is_some() {
            if force {
                self.lose_all(opts.words.first(), None);
            }
            match big_b {
                Some(name) => self.move_ref("", Some(name), opts.words.first()),
                None if !force => self.modify(),
                None => {}
            }
            if let Some(name) = b.or(big_b).or(orphan) {
                self.work(GitWork::Reached);
                self.checked_out(name);
            }
            return;
        }
        let (revision, paths) = self.revision_and_paths(&opts);
        let (paths, why) = self.with_listed(&opts, paths);
        if paths.is_empty()
            && !opts.has("detach")
            && let Some(branch) = revision.as_ref().filter(|word| word.known && self.branch_exists(&word.text))
        {
            self.checked_out(branch);
        } else if paths.is_empty() && (revision.is_some() || opts.has("detach") || opts.uncertain) {
            self.elsewhere();
        }
        if !paths.is_empty() || why.is_some() {
            let staged = revision.is_some();
            let why = why.or_else(|| unknown(revision.as_slice()));
            self.lose_changes(&paths, staged, true, why);
        } else if force {
            let why = opts.may_hide_options().then(|| "an argument is not known before it runs".to_owned());
            self.lose_all(revision.as_ref(), why);
        } else if let Some(revision) =
            revision.filter(|word| !word.known && (opts.split.is_none() || word.may_be_option()))
        {
            let why = format!("`{}` is not known before it runs: a branch, or paths to restore", revision.source);
            self.lose_changes(&[revision], false, true, Some(why));
        } else if opts.uncertain {
            self.lose_all(None, Some("an option is not known before it runs".to_owned()));
        } else if opts.words.is_empty() && !opts.has("detach") {
            self.read();
        } else {
            self.modify();
        }
    }

    pub(super) fn switch(&mut self, args: &[Arg]) {
        let opts = Opts::parse(SWITCH, args, false);
        if opts.help {
            return self.read();
        }
        let discards = opts.any(&["force", "discard-changes"]);
        if discards {
            self.lose_all(opts.words.first(), None);
        }
        match opts.value("force-create") {
            Some(name) => self.move_ref("", Some(name), opts.words.first()),
            None if !discards => self.modify_unless_hidden(&opts),
            None => {}
        }
        let new = opts.value("create").or_else(|| opts.value("force-create")).or_else(|| opts.value("orphan"));
        if let Some(name) = new {
            self.work(GitWork::Reached);
            self.checked_out(name);
        } else if let Some(branch) = opts.words.first().filter(|word| self.branch_exists(&word.text))
            && !opts.has("detach")
        {
            self.checked_out(branch);
        } else {
            self.elsewhere();
        }
    }

    pub(super) fn restore(&mut self, args: &[Arg]) {
        let opts = Opts::parse(RESTORE, args, false);
        let staged = opts.has("staged");
        let worktree = opts.has("worktree") || !staged;
        let (paths, why) = self.with_listed(&opts, opts.words.clone());
        if opts.help || (paths.is_empty() && why.is_none() && !opts.uncertain && !opts.has("patch")) {
            return self.read();
        }
        if worktree {
            let why = why
                .or_else(|| unknown(opts.value("source").cloned().as_slice()))
                .or_else(|| opts.uncertain.then(|| "an option is not known before it runs".to_owned()));
            self.lose_changes(&paths, staged, true, why);
        } else {
            self.modify();
        }
    }

    pub(super) fn clean(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CLEAN, args, false);
        let hidden = opts.may_hide_options();
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        let forced = opts.any(&["force", "interactive"]) || hidden || {
            let required = self.configured("clean.requireForce").map(|value| value.to_ascii_lowercase());
            matches!(required.as_deref(), Some("false" | "no" | "off" | "0" | ""))
        };
        if !forced {
            return self.read();
        }
        let why =
            unknown(&opts.words).or_else(|| opts.uncertain.then(|| "an option is not known before it runs".to_owned()));
        let name = self.pathspec_name(&opts.words);
        // Other rules than those that are there say what is ignored.
        let ruled = self.config.iter().any(|(key, _)| key.eq_ignore_ascii_case(EXCLUDES))
            || (opts.has("X") && opts.value("exclude").is_some());
        let scope = GitScope::Untracked {
            pathspecs: opts.words.iter().map(|word| word.text.clone()).collect(),
            directories: opts.has("d"),
            ignored: opts.has("x") || ruled,
            only_ignored: opts.has("X") && !ruled,
        };
        self.lose(TargetKind::GitWorktree, name, scope, why);
    }

    pub(super) fn read_tree(&mut self, args: &[Arg]) {
        let opts = Opts::parse(READ_TREE, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        if opts.has("reset") && opts.has("u") {
            self.lose_all(None, None);
        } else {
            self.work(GitWork::Forgotten);
            self.modify();
        }
    }

    pub(super) fn checkout_index(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CHECKOUT_INDEX, args, false);
        if opts.help {
            return self.read();
        }
        if let Some(prefix) = opts.value("prefix") {
            let prefix = prefix.clone();
            return self.write_file(&prefix);
        }
        if !opts.has("force") || opts.has("temp") {
            return self.modify();
        }
        let (paths, why) = match (&self.call.stdin, opts.has("stdin")) {
            (_, false) => (opts.words.clone(), None),
            (Stdin::Known(text), true) => {
                (text.split(['\n', '\0']).filter(|line| !line.is_empty()).map(Word::text).collect(), None)
            }
            (_, true) => (Vec::new(), Some("the paths on its standard input are not known".to_owned())),
        };
        if paths.is_empty() && why.is_none() && !opts.has("all") {
            return self.read();
        }
        self.lose_changes(&paths, false, true, why);
    }

    pub(super) fn stash(&mut self, args: &[Arg]) {
        let Some((first, rest)) = args.split_first() else {
            return self.put_away(args);
        };
        match &first.value {
            Value::Known(_) => {}
            Value::Prefix(prefix) if prefix.starts_with('-') => return self.put_away(args),
            _ => return self.opaque_delete(TargetKind::GitStash, &Word::of(first)),
        }
        match first.text().unwrap_or_default() {
            "list" | "show" | "create" => self.read(),
            "drop" => {
                let opts = Opts::parse("q|quiet", rest, false);
                let (entry, why) = stash_entry(opts.words.first());
                if opts.help {
                    return self.read();
                }
                self.lose(TargetKind::GitStash, "stash", GitScope::Stash { entry }, why);
            }
            "clear" => self.lose(TargetKind::GitStash, "stash", GitScope::Stash { entry: None }, None),
            name @ ("pop" | "apply" | "branch") => {
                let opts = Opts::parse("q|quiet index", rest, false);
                let word = if name == "branch" { opts.words.get(1) } else { opts.words.first() };
                self.modify();
                if let (Some(entry), _) = stash_entry(word) {
                    self.work(GitWork::Unstashed { entry, kept: name == "apply" });
                }
            }
            "push" => self.put_away(rest),
            "save" => {
                // Its words are a message.
                let options = |arg: &&Arg| arg.text().is_some_and(|text| text.starts_with('-'));
                let options: Vec<Arg> = rest.iter().filter(options).cloned().collect();
                self.put_away(&options);
            }
            text if text.starts_with('-') => self.put_away(args),
            _ => self.modify(),
        }
    }

    /// `git stash push`: changes leave the working tree for the stash.
    fn put_away(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "p|patch S|staged k|keep-index q|quiet u|include-untracked a|all m|message= pathspec-from-file= \
             pathspec-file-nul",
            args,
            false,
        );
        self.modify();
        if opts.help {
            return;
        }
        let pathspecs: Vec<String> = opts.words.iter().map(|word| word.text.clone()).collect();
        let clean = pathspecs.is_empty()
            && !opts.uncertain
            && !opts.any(&["patch", "staged", "keep-index"])
            && opts.value("pathspec-from-file").is_none();
        let mut parts =
            vec![GitScope::Changes { pathspecs: pathspecs.clone(), staged: true, worktree: true, to: None }];
        if opts.any(&["include-untracked", "all"]) {
            let ignored = opts.has("all");
            parts.push(GitScope::Untracked { pathspecs, directories: true, ignored, only_ignored: false });
        }
        self.work(GitWork::Stashed { parts, clean });
    }

    pub(super) fn worktree(&mut self, args: &[Arg]) {
        let Some((first, rest)) = args.split_first() else {
            return self.read();
        };
        let Some(name) = first.text() else {
            return self.opaque_delete(TargetKind::GitWorktree, &Word::of(first));
        };
        match name {
            "list" => self.read(),
            "remove" => {
                let opts = Opts::parse("f|force", rest, false);
                let Some(path) = opts.words.first().filter(|_| !opts.help) else {
                    return self.read();
                };
                let scope = GitScope::Worktree { path: path.text.clone() };
                self.lose(TargetKind::GitWorktree, path.source.clone(), scope, unknown(&opts.words));
            }
            "add" => {
                let opts = Opts::parse(
                    "f|force b= B= d|detach checkout lock reason= orphan q|quiet track guess-remote relative-paths",
                    rest,
                    false,
                );
                match opts.value("B") {
                    Some(name) => self.move_ref("", Some(name), opts.words.get(1)),
                    None => self.modify(),
                }
            }
            "prune" => {
                let opts = Opts::parse("n|dry-run v|verbose expire=", rest, false);
                if opts.has("dry-run") { self.read() } else { self.modify() }
            }
            _ => self.modify(),
        }
    }

    pub(super) fn submodule(&mut self, args: &[Arg]) {
        let opts = Opts::parse("q|quiet cached", args, true);
        let Some((first, _)) = opts.words.split_first().filter(|_| !opts.help) else {
            return self.read();
        };
        if !first.known {
            return self.opaque_delete(TargetKind::GitWorktree, first);
        }
        let after = args.len().saturating_sub(opts.words.len()).saturating_add(1);
        let rest = args.get(after..).unwrap_or_default();
        match first.text.as_str() {
            "status" | "summary" => self.read(),
            "foreach" => self.foreach(rest),
            "deinit" => {
                let opts = Opts::parse("f|force all q|quiet", rest, false);
                if !(opts.has("force") || opts.uncertain) {
                    return self.modify();
                }
                // Their working trees go with all that is in them; their repositories stay.
                let dirs = self.submodules(&opts.words);
                for dir in &dirs {
                    let target = Target::new(TargetKind::FileTree, dir.to_string_lossy()).at(vec![dir.clone()]);
                    self.emit(Effect::new(Verb::Delete, target));
                }
                if dirs.is_empty() {
                    self.modify();
                }
            }
            "update" => {
                let opts = Opts::parse(
                    "init N|no-fetch remote checkout merge rebase f|force recommend-shallow reference= dissociate \
                     depth= recursive j|jobs= single-branch filter= q|quiet progress",
                    rest,
                    false,
                );
                let dirs = if opts.has("force") { self.submodules(&opts.words) } else { Vec::new() };
                if dirs.is_empty() {
                    self.modify();
                }
                let own = self.dir.clone();
                for dir in dirs {
                    self.dir = Some(dir);
                    self.lose_all(None, None);
                }
                self.dir = own;
            }
            "add" => {
                let opts = Opts::parse("b|branch= f|force name= reference= depth= ref-format= progress q", rest, false);
                if let Some(url) = opts.words.first() {
                    self.transport(url);
                }
                self.modify();
            }
            _ => self.modify(),
        }
    }

    /// The submodules that `words` name; all of them where there are none.
    fn submodules(&self, words: &[Word]) -> Vec<PathBuf> {
        if !words.is_empty() && words.iter().all(|word| word.known) {
            return words.iter().filter_map(|word| self.path(&word.text)).collect();
        }
        let Some((top, _)) = self.repository() else { return Vec::new() };
        let Some(text) = self.text(&top.join(".gitmodules"), CONFIG_LIMIT) else { return Vec::new() };
        let paths = parse_config(&text);
        let paths = paths.into_iter().filter(|(key, _)| key.starts_with("submodule.") && key.ends_with(".path"));
        paths.map(|(_, path)| normalize(&top.join(path))).collect()
    }

    /// Runs a command in every submodule.
    pub(super) fn foreach(&mut self, args: &[Arg]) {
        let opts = Opts::parse("q|quiet recursive", args, true);
        let skip = args.len().saturating_sub(opts.words.len());
        let command = args.get(skip..).unwrap_or_default();
        let Some((first, others)) = command.split_first() else {
            return self.read();
        };
        self.read();
        // A single argument is shell text, several are a command with its arguments.
        let argv = if !others.is_empty() && first.text().is_some() {
            command.to_vec()
        } else if first.text().is_some() {
            vec![Arg::known("sh"), Arg::known("-c"), first.clone()]
        } else {
            return self.shell(&Word::of(first), "git submodule foreach");
        };
        let listed = self.submodules(&[]);
        if listed.is_empty() || listed.len() > MOST_SUBMODULES {
            return self.run_in_place(argv, "git submodule foreach");
        }
        for dir in listed {
            self.say.command_in(argv.clone(), Some(dir), "git submodule foreach");
        }
    }

    pub(super) fn rm(&mut self, args: &[Arg]) {
        let opts = Opts::parse(RM, args, false);
        let (words, why) = self.with_listed(&opts, opts.words.clone());
        if opts.help || opts.has("dry-run") || (words.is_empty() && why.is_none()) {
            return self.read();
        }
        if opts.has("cached") {
            self.work(GitWork::Forgotten);
            return self.modify();
        }
        let scope = if opts.has("r") { Scope::Whole } else { Scope::Files };
        let mut rest = words.as_slice();
        while let Some(first) = rest.first() {
            // What one glob gave is one effect.
            let count = rest
                .iter()
                .take_while(|word| first.globbed && word.globbed && word.source == first.source)
                .count()
                .max(1);
            let (group, after) = rest.split_at(count);
            rest = after;
            if let Some(why) = unknown(group) {
                let target = Target::new(TargetKind::FileTree, first.source.clone());
                self.emit(Effect::opaque(Verb::Delete, target, why).within(scope.clone()));
                continue;
            }
            // A pattern that git expands itself matches below the directory before its first wildcard.
            let pattern = first.text.starts_with(':') || (!first.globbed && first.text.contains(['*', '?', '[']));
            let (paths, scope) = if pattern {
                let fixed = first.text.split(['*', '?', '[']).next().unwrap_or_default();
                let fixed = fixed.rsplit_once('/').map_or("", |(dir, _)| dir);
                let fixed = if first.text.starts_with(':') { "" } else { fixed };
                let filter = first.text.clone();
                (self.path(fixed).into_iter().collect(), Scope::Filtered { filter })
            } else {
                (group.iter().filter_map(|word| self.path(&word.text)).collect::<Vec<_>>(), scope.clone())
            };
            let name = if first.globbed { &first.source } else { &first.text };
            let target = Target::new(TargetKind::FileTree, name.clone());
            let effect = if paths.is_empty() {
                Effect::opaque(Verb::Delete, target, "the directory in which it runs is not known")
            } else {
                Effect::new(Verb::Delete, target.at(paths))
            };
            self.emit(effect.within(scope));
        }
        if let Some(why) = why {
            let target = Target::new(TargetKind::FileTree, self.place_name());
            self.emit(Effect::opaque(Verb::Delete, target, why).within(scope));
        }
    }

    pub(super) fn mv(&mut self, args: &[Arg]) {
        let opts = Opts::parse(MV, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        let Some((to, from)) = opts.words.split_last().filter(|(_, from)| !from.is_empty()) else {
            return self.read();
        };
        let dir = self.path(&to.text).filter(|_| to.known);
        let into = from.len() > 1
            || to.text.ends_with('/')
            || dir.as_ref().is_some_and(|dir| self.call.world.kind(dir) == Some(crate::FileKind::Directory));
        for word in from {
            let path = self.path(&word.text).filter(|_| word.known);
            let target = Target::new(TargetKind::FileTree, word.source.clone());
            let (Some(path), Some(dir)) = (path, &dir) else {
                let why = unknown(&opts.words).unwrap_or_else(|| "the directory is not known".to_owned());
                self.emit(Effect::opaque(Verb::Modify, target, why));
                continue;
            };
            let place = match path.file_name() {
                Some(name) if into => dir.join(name),
                _ => dir.clone(),
            };
            let taken = opts.has("force") && self.call.world.kind(&place) == Some(crate::FileKind::File);
            let moved = Scope::Moved { to: place.clone() };
            self.emit(Effect::new(Verb::Modify, target.at(vec![path])).within(moved));
            if taken {
                let target = Target::new(TargetKind::FileTree, to.source.clone()).at(vec![place]);
                self.emit(Effect::new(Verb::Modify, target).within(Scope::Content));
            }
        }
    }
}

/// The entry of the stash that a word names, or why that is not known.
fn stash_entry(word: Option<&Word>) -> (Option<u32>, Option<String>) {
    match word {
        None => (Some(0), None),
        Some(word) if !word.known => (None, Some(not_known(&word.source))),
        Some(word) => {
            let number = word.text.rsplit_once("@{").map_or(word.text.as_str(), |(_, rest)| rest.trim_end_matches('}'));
            let entry =
                number.parse().ok().or_else(|| matches!(word.text.as_str(), "stash" | "refs/stash").then_some(0));
            let why = entry.is_none().then(|| format!("which entry `{}` is depends on when it runs", word.text));
            (entry, why)
        }
    }
}
