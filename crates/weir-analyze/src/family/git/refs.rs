//! Subcommands that move or delete refs, here and on remotes.

use std::collections::BTreeSet;

use weir_model::{Effect, GitScope, KEPT_REFS, RemotePush, Scope, TargetKind, Verb, is_kept_ref};

use super::grammar::{BRANCH, FETCH, PUSH, TAG, UPDATE_REF};
use super::{Git, unknown};
use crate::call::{Arg, GitWork, Stdin};
use crate::family::options::{Opts, Word, not_known};

/// Settings that are told with a push.
const MOST_SETTINGS: usize = 32;

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
            // The one that is checked out may be called otherwise.
            self.work(GitWork::Meant { branch: None });
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
            let Some((from, to)) = plain.split_once(':') else { continue };
            if to.is_empty() || to.starts_with("refs/remotes/") {
                continue;
            }
            let (from, to) = (Word::text(from), Word::text(to));
            if opts.has("prune") {
                // What matches there and is not on the remote goes.
                self.delete_refs(std::slice::from_ref(&to));
            }
            if forced || is_kept_ref(&to.text) {
                self.move_ref("", Some(&to), Some(&from));
            }
        }
        self.fetch_into_kept(&opts);
        if name == "pull" {
            let configured = |key: &str| self.configured(key).is_some_and(|how| !how.eq_ignore_ascii_case("false"));
            let of_branch = self.branch().map(|branch| format!("branch.{branch}.rebase"));
            let rebases = opts.any(&["rebase", "r"])
                || configured("pull.rebase")
                || of_branch.is_some_and(|key| configured(&key));
            self.moved(!rebases && !opts.uncertain);
        }
        self.modify();
    }

    /// What is fetched by the configuration, or by `--refmap`, into the refs of restore points, or prunes them.
    fn fetch_into_kept(&mut self, opts: &Opts) {
        let mut specs: Vec<String> = opts.values("refmap").map(|word| word.text.clone()).collect();
        let configured = self.all_configuration().into_iter().filter(|(key, _)| {
            let key = key.to_ascii_lowercase();
            key.starts_with("remote.") && key.ends_with(".fetch")
        });
        specs.extend(configured.map(|(_, value)| value));
        let prunes = opts.has("prune") || self.configured("fetch.prune").is_some_and(|value| value == "true");
        let some = self.repository().map(|(_, git_dir)| self.common(&git_dir).join(KEPT_REFS));
        let are_there = some.is_some_and(|kept| self.call.world.kind(&kept).is_some());
        for spec in specs {
            let Some((from, to)) = spec.trim_start_matches('+').split_once(':') else { continue };
            if is_kept_ref(to) {
                self.move_ref("", Some(&Word::text(to)), Some(&Word::text(from)));
            } else if prunes && are_there && to == "refs/*" {
                // A mirror has them not.
                self.delete_refs(&[Word::text(&format!("{KEPT_REFS}/*"))]);
            }
        }
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
        let here = |name: &str| if name.is_empty() { self.branch() } else { Some(name.to_owned()) };
        let there = match plain.split_once(':') {
            Some((_, to)) => Some(to.to_owned()),
            None if matches!(plain, "HEAD" | "@") => self.branch(),
            // A `+` keeps git from asking the configuration.
            None => here(plain).map(|name| self.followed(&name).filter(|_| plain == refspec).unwrap_or(name)),
        };
        let short = |name: String| {
            let short = ["refs/heads/", "refs/tags/"].iter().find_map(|prefix| name.strip_prefix(prefix));
            short.map_or_else(|| name.clone(), str::to_owned)
        };
        let remote = if remote.text.is_empty() { self.default_remote() } else { remote.text.clone() };
        match there.map(short).filter(|there| !there.is_empty()) {
            Some(there) => format!("{remote}/{there}"),
            None => remote,
        }
    }

    /// The branch that `branch` follows, where it is pushed to that one.
    fn followed(&self, branch: &str) -> Option<String> {
        let how = self.configured("push.default")?;
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        let follows = matches!(how.as_str(), "upstream" | "tracking");
        follows.then(|| self.configured(&format!("branch.{branch}.merge"))).flatten()
    }

    pub(super) fn default_remote(&self) -> String {
        let branch = self.branch();
        let of_branch = |name: &str| self.configured(&format!("branch.{}.{name}", branch.as_deref()?));
        of_branch("pushRemote")
            .or_else(|| self.configured("remote.pushDefault"))
            .or_else(|| of_branch("remote"))
            .or_else(|| self.only_remote())
            .unwrap_or_else(|| "origin".to_owned())
    }

    /// The one remote that there is.
    fn only_remote(&self) -> Option<String> {
        let all = self.all_configuration().into_iter().filter_map(|(key, _)| {
            let (name, variable) = key.strip_prefix("remote.")?.rsplit_once('.')?;
            variable.eq_ignore_ascii_case("url").then(|| name.to_owned())
        });
        let names: BTreeSet<String> = all.collect();
        let mut names = names.into_iter();
        names.next().filter(|_| names.next().is_none())
    }

    /// What the configuration says of a push of `refspecs` to `remote`.
    fn push_settings(&self, remote: &str, refspecs: &[Word]) -> Vec<String> {
        let named = refspecs.iter().map(|word| word.text.strip_prefix("refs/heads/").unwrap_or(&word.text).to_owned());
        let branches: Vec<String> = self.branch().into_iter().chain(named).collect();
        let matters = |key: &str| {
            let is = |name: &str| key.eq_ignore_ascii_case(name);
            is("push.default")
                || is("remote.pushDefault")
                || is(&format!("remote.{remote}.push"))
                || branches.iter().any(|branch| {
                    let of_branch = ["remote", "pushRemote", "merge"];
                    of_branch.iter().any(|name| is(&format!("branch.{branch}.{name}")))
                })
        };
        let all = self.all_configuration().into_iter().filter(|(key, _)| matters(key));
        all.map(|(key, value)| format!("{key}={value}")).take(MOST_SETTINGS).collect()
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
        if remote.text == "." {
            self.work(GitWork::Meant { branch: None });
        }
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
        let forced = opts.any(&["force", "force-with-lease"]);
        if refspecs.is_empty() {
            let everything = |text: &str| vec![Word::text(text)];
            if opts.any(&["all", "branches"]) {
                refspecs = everything("refs/heads/*:refs/heads/*");
            } else if !opts.has("tags") && !forced {
                // One by one, because some of them may be forced. Where all are, they are found when it is measured.
                let key = format!("remote.{named}.push");
                let own = self.all_configuration().into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(&key));
                refspecs = own.map(|(_, value)| Word::text(&value)).collect();
            }
        }
        if opts.has("tags") {
            refspecs.push(Word::text("refs/tags/*:refs/tags/*"));
        }
        let is_true = |value: String| matches!(&*value.to_ascii_lowercase(), "true" | "yes" | "on" | "1");
        let mirror = opts.has("mirror") || self.configured(&format!("remote.{named}.mirror")).is_some_and(is_true);
        let leased = opts.has("force-with-lease") && !opts.has("force");
        let push = |push: &Self, refspecs: &[Word]| RemotePush {
            remote: remote.text.clone(),
            refspecs: refspecs.iter().filter(|word| !word.text.is_empty()).map(|word| word.text.clone()).collect(),
            branch: push.branch(),
            settings: push.push_settings(&named, refspecs),
            ..RemotePush::default()
        };
        let delete = opts.has("delete");
        if mirror || (opts.has("prune") && !delete) {
            let why = unknown(&refspecs).or_else(|| unknown(std::slice::from_ref(&remote)));
            let specs = if mirror {
                vec![Word::text("+refs/*:refs/*")]
            } else {
                // What is forced is replaced, too; the others only grow.
                let plus = |word: &Word| {
                    let is_plain = forced && !word.text.starts_with(['+', '^']);
                    let text = if is_plain { format!("+{}", word.text) } else { word.text.clone() };
                    Word { text, ..word.clone() }
                };
                refspecs.iter().map(plus).collect()
            };
            let prunes = RemotePush { prune: true, ..push(self, &specs) };
            self.lose(TargetKind::GitRemoteRef, format!("{named}/*"), GitScope::Remote(prunes), why);
            if mirror || !(refspecs.is_empty() && forced) {
                return;
            }
        }
        if refspecs.is_empty() {
            refspecs.push(Word::text(""));
        }
        if refspecs.iter().any(|refspec| refspec.text.starts_with('^')) {
            // What is left out is left out of all that is pushed.
            let why = unknown(&refspecs).or_else(|| unknown(std::slice::from_ref(&remote)));
            if forced || refspecs.iter().any(|refspec| refspec.text.starts_with('+')) {
                let scope = GitScope::Remote(push(self, &refspecs));
                return self.lose(TargetKind::GitRemoteRef, format!("{named}/*"), scope, why);
            }
            refspecs.retain(|refspec| !refspec.text.starts_with('^'));
        }
        for refspec in refspecs {
            let text = if refspec.known { refspec.text.as_str() } else { refspec.prefix.as_str() };
            let bare = text.trim_start_matches('+');
            let delete = delete || (bare.starts_with(':') && (bare.len() > 1 || !refspec.known));
            let forced = forced || text.starts_with('+');
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
            let scope = GitScope::Remote(RemotePush { delete, ..push(self, std::slice::from_ref(&refspec)) });
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
