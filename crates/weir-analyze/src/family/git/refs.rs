//! Subcommands that move or delete refs, here and on remotes.

use weir_model::{Effect, GitScope, Scope, Sent, TargetKind, Verb};

use super::grammar::{BRANCH, FETCH, PUSH, TAG, UPDATE_REF};
use super::{Git, unknown};
use crate::call::{Arg, GitWork, Stdin};
use crate::family::options::{Opts, Word, not_known};

/// Refs, here and on remotes.
impl Git<'_, '_> {
    pub(super) fn branches(&mut self, args: &[Arg]) {
        let opts = Opts::parse(BRANCH, args, false);
        if opts.help {
            return self.read();
        }
        let force = opts.has("force");
        let lists = opts.any(&["list", "all", "show-current", "contains", "no-contains", "merged", "no-merged"])
            || opts.value("points-at").is_some();
        if opts.any(&["D", "delete"]) {
            if opts.has("D") || force || opts.uncertain {
                self.delete_refs(&opts.words);
            } else {
                self.modify();
            }
        } else if opts.any(&["M", "move", "C", "copy"]) {
            if (opts.any(&["M", "C"]) || force) && !opts.words.is_empty() {
                let to = (opts.words.len() > 1).then(|| opts.words.first()).flatten();
                self.move_ref("", opts.words.last(), to);
            } else {
                self.modify();
            }
        } else if opts.any(&["set-upstream-to", "unset-upstream", "edit-description"]) {
            self.modify();
        } else if lists || opts.words.is_empty() || (opts.has("remotes") && !force) {
            self.read();
        } else if force {
            self.move_ref("", opts.words.first(), opts.words.get(1));
        } else {
            self.modify_unless_hidden(&opts);
            self.work(GitWork::Reached);
        }
    }

    /// Ordinary work, unless an argument that is not known may make it more than that.
    pub(super) fn modify_unless_hidden(&mut self, opts: &Opts) {
        if opts.may_hide_options() {
            let target = self.target(TargetKind::GitRepository, self.place_name());
            let why = "an argument that is not known may be an option";
            self.emit(Effect::opaque(Verb::Modify, target, why));
        } else {
            self.modify();
        }
    }

    pub(super) fn tag(&mut self, args: &[Arg]) {
        let opts = Opts::parse(TAG, args, false);
        let lists = opts.any(&["list", "n", "verify", "contains", "no-contains", "merged", "no-merged", "points-at"]);
        if opts.help {
            self.read();
        } else if opts.has("delete") {
            self.delete_refs(&opts.words);
        } else if lists || opts.words.is_empty() {
            self.read();
        } else if opts.has("force") {
            self.move_ref("refs/tags/", opts.words.first(), opts.words.get(1));
        } else {
            self.modify_unless_hidden(&opts);
            self.work(GitWork::Reached);
        }
    }

    pub(super) fn update_ref(&mut self, args: &[Arg]) {
        let opts = Opts::parse(UPDATE_REF, args, false);
        if opts.help {
            return self.read();
        }
        if opts.has("stdin") {
            return self.update_refs(opts.has("z"));
        }
        let Some(name) = opts.words.first() else {
            return self.read();
        };
        if opts.has("d") {
            return self.delete_refs(std::slice::from_ref(name));
        }
        match opts.words.get(1) {
            None => self.read(),
            Some(new) if is_nothing(new) => self.delete_refs(std::slice::from_ref(name)),
            Some(new) => self.move_ref("", Some(name), Some(new)),
        }
    }

    /// The commands on the standard input of `update-ref --stdin`.
    pub(super) fn update_refs(&mut self, zero: bool) {
        let text = match &self.call.stdin {
            Stdin::Known(text) => text.clone(),
            Stdin::None => return self.read(),
            Stdin::Unknown(from) | Stdin::Paths { from, .. } => {
                let why = format!("the refs come from `{from}`");
                return self.lose(TargetKind::GitRef, "refs", GitScope::Refs { names: Vec::new() }, Some(why));
            }
        };
        if zero {
            let why = "the refs are separated by NUL".to_owned();
            return self.lose(TargetKind::GitRef, "refs", GitScope::Refs { names: Vec::new() }, Some(why));
        }
        let mut changed = false;
        for line in text.lines() {
            let words: Vec<Word> = line.split_whitespace().map(Word::text).collect();
            match (words.first().map(|word| word.text.as_str()), words.get(1), words.get(2)) {
                (Some("delete" | "symref-delete"), Some(name), _) => self.delete_refs(std::slice::from_ref(name)),
                (Some("update"), Some(name), Some(new)) if is_nothing(new) => {
                    self.delete_refs(std::slice::from_ref(name));
                }
                (Some("update"), Some(name), Some(new)) => self.move_ref("", Some(name), Some(new)),
                (Some("create" | "symref-create" | "symref-update"), ..) => changed = true,
                _ => {}
            }
        }
        if changed {
            self.modify();
        }
    }

    pub(super) fn fetch(&mut self, name: &str, args: &[Arg]) {
        let opts = Opts::parse(FETCH, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        if let Some(command) = opts.value("upload-pack") {
            self.shell(command, &format!("git {name} --upload-pack"));
        }
        if let Some(url) = opts.words.first() {
            self.transport(url);
        }
        for refspec in opts.words.iter().skip(1) {
            let forced = refspec.text.starts_with('+') || opts.has("force");
            let plain = refspec.text.trim_start_matches('+');
            if let Some((from, to)) = plain.split_once(':')
                && forced
                && !to.is_empty()
                && !to.starts_with("refs/remotes/")
            {
                let (from, to) = (Word::text(from), Word::text(to));
                self.move_ref("", Some(&to), Some(&from));
            }
        }
        if name == "pull" {
            let configured = || self.configured("pull.rebase").is_some_and(|how| !how.eq_ignore_ascii_case("false"));
            let rebases = opts.has("rebase") || opts.has("r") || (!opts.has("no-rebase") && configured());
            self.work(GitWork::Moved { keeps: !rebases });
        }
        self.modify();
    }

    pub(super) fn publish(&mut self, remote: &Word, reference: &Word) {
        let name = self.remote_name(remote, &reference.text);
        let target = self.target(TargetKind::GitRemoteRef, name);
        let why = [remote, reference].into_iter().find(|word| !word.known).map(|word| not_known(&word.source));
        let effect = match why {
            Some(why) => Effect::opaque(Verb::Publish, target, why),
            None => Effect::new(Verb::Publish, target),
        };
        self.emit(effect);
    }

    /// `origin/main`: the remote and the name that the ref has there.
    pub(super) fn remote_name(&self, remote: &Word, refspec: &str) -> String {
        let plain = refspec.trim_start_matches('+');
        let there = plain.split_once(':').map_or(plain, |(_, to)| to);
        let there = ["refs/heads/", "refs/tags/"].iter().find_map(|prefix| there.strip_prefix(prefix)).unwrap_or(there);
        let there = match there {
            "HEAD" | "@" | "" => self.branch(),
            other => Some(other.to_owned()),
        };
        let remote = if remote.text.is_empty() { self.default_remote() } else { remote.text.clone() };
        match there {
            Some(there) => format!("{remote}/{there}"),
            None => remote,
        }
    }

    pub(super) fn default_remote(&self) -> String {
        let of_branch = self.branch().and_then(|branch| {
            self.configured(&format!("branch.{branch}.pushRemote"))
                .or_else(|| self.configured("remote.pushDefault"))
                .or_else(|| self.configured(&format!("branch.{branch}.remote")))
        });
        of_branch.unwrap_or_else(|| "origin".to_owned())
    }

    pub(super) fn push(&mut self, args: &[Arg]) {
        let opts = Opts::parse(PUSH, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        for option in ["receive-pack", "exec"] {
            if let Some(command) = opts.value(option) {
                self.shell(command, &format!("git push --{option}"));
            }
        }
        let given = opts.words.first().or_else(|| opts.value("repo")).cloned();
        if let Some(url) = &given {
            self.transport(url);
        }
        self.work(GitWork::Reached);
        let remote = given.unwrap_or_else(|| Word::text(""));
        let named = if remote.text.is_empty() { self.default_remote() } else { remote.text.clone() };
        let mut refspecs: Vec<Word> = Vec::new();
        let mut words = opts.words.get(1..).unwrap_or_default().iter();
        while let Some(word) = words.next() {
            match words.as_slice().first() {
                Some(tag) if word.known && word.text == "tag" => {
                    words.next();
                    refspecs.push(Word { text: format!("refs/tags/{}", tag.text), ..tag.clone() });
                }
                _ => refspecs.push(word.clone()),
            }
        }
        if opts.has("stdin") {
            refspecs.push(Word {
                text: "refs on standard input".to_owned(),
                known: false,
                ..Word::text("standard input")
            });
        }
        let mut forced_by_default = false;
        if refspecs.is_empty() {
            let everything = |text: &str| vec![Word::text(text)];
            if opts.any(&["all", "branches"]) {
                refspecs = everything("refs/heads/*:refs/heads/*");
            } else if let Some(default) = self.configured(&format!("remote.{named}.push")) {
                forced_by_default = default.starts_with('+');
            }
            if opts.has("tags") {
                refspecs.push(Word::text("refs/tags/*:refs/tags/*"));
            }
        }
        let mirror = opts.has("mirror")
            || self
                .configured(&format!("remote.{named}.mirror"))
                .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let leased = opts.has("force-with-lease") && !opts.has("force");
        let all_forced = opts.any(&["force", "force-with-lease"]) || forced_by_default;
        if mirror || opts.has("prune") {
            // What goes is what their right sides match and their left sides do not have.
            let both = |text: &str| if text.contains(':') { text.to_owned() } else { format!("{text}:{text}") };
            let texts = refspecs.iter().map(|word| both(word.text.trim_start_matches('+'))).collect();
            let why = unknown(&refspecs).or_else(|| unknown(std::slice::from_ref(&remote)));
            let scope = GitScope::Remote {
                remote: remote.text.clone(),
                refspecs: if mirror { vec!["+refs/*:refs/*".to_owned()] } else { texts },
                delete: !mirror,
                sent: Sent::AsItIs,
            };
            return self.lose(TargetKind::GitRemoteRef, format!("{named}/*"), scope, why);
        }
        if refspecs.is_empty() {
            refspecs.push(Word::text(""));
        }
        for refspec in refspecs {
            let text = if refspec.known { refspec.text.as_str() } else { refspec.prefix.as_str() };
            let bare = text.trim_start_matches('+');
            let delete = opts.has("delete") || (bare.starts_with(':') && (bare.len() > 1 || !refspec.known));
            let forced = all_forced || text.starts_with('+');
            if !delete && !forced {
                let hidden = opts.uncertain.then(|| "an option is not known before it runs".to_owned());
                match hidden {
                    Some(why) => {
                        let name = self.remote_name(&remote, &refspec.text);
                        let target = self.target(TargetKind::GitRemoteRef, name);
                        self.emit(Effect::opaque(Verb::Publish, target, why));
                    }
                    None => self.publish(&remote, &refspec),
                }
                continue;
            }
            let name = self.remote_name(&remote, &refspec.text);
            let scope = GitScope::Remote {
                remote: remote.text.clone(),
                refspecs: (!refspec.text.is_empty()).then(|| refspec.text.clone()).into_iter().collect(),
                delete,
                sent: Sent::AsItIs,
            };
            let why = unknown(&[remote.clone(), refspec.clone()]);
            let target = self.target(TargetKind::GitRemoteRef, name);
            let mut effect = match why {
                Some(why) => Effect::opaque(Verb::Delete, target, why),
                None => Effect::new(Verb::Delete, target),
            };
            if leased && !delete && effect.note.is_none() {
                effect.note = Some("only where the remote still is as it was last seen".to_owned());
            }
            self.emit(effect.within(Scope::Git(scope)));
        }
    }
}

/// Whether the new value of a ref means that it is deleted.
pub(super) fn is_nothing(word: &Word) -> bool {
    word.known && word.text.chars().all(|letter| letter == '0')
}
