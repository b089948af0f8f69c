//! Subcommands that rewrite history, or throw away what makes it recoverable.

use weir_model::TargetKind;

use super::grammar::GC;
use super::{Git, unknown};
use crate::call::{Arg, Language};
use crate::family::options::{Opts, Word, not_known};

/// History, and what makes it recoverable.
impl Git<'_, '_> {
    pub(super) fn reflog(&mut self, args: &[Arg]) {
        let Some((first, rest)) = args.split_first() else {
            return self.read();
        };
        if first.text().is_none() {
            return self.opaque_delete(TargetKind::GitRepository, &Word::of(first));
        }
        match first.text() {
            Some("expire" | "delete" | "drop") => {
                let opts = Opts::parse(
                    "n|dry-run all single-worktree expire= expire-unreachable= updateref rewrite stale-fix verbose",
                    rest,
                    false,
                );
                if opts.help || opts.has("dry-run") {
                    self.read();
                } else {
                    self.lose_history(None);
                }
            }
            _ => self.read(),
        }
    }

    pub(super) fn gc(&mut self, args: &[Arg]) {
        let opts = Opts::parse(GC, args, false);
        if opts.help {
            return self.read();
        }
        let configured = ["gc.pruneExpire", "gc.reflogExpire", "gc.reflogExpireUnreachable"].iter().any(|key| {
            let set = self.config.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
            set.is_some_and(|(_, value)| is_soon(value))
        });
        match opts.value("prune") {
            Some(word) if !word.known => {
                let why = not_known(&word.source);
                self.lose_history(Some(why));
            }
            Some(word) if is_soon(&word.text) => self.lose_history(None),
            _ if configured => self.lose_history(None),
            _ => self.modify_unless_hidden(&opts),
        }
    }

    pub(super) fn repack(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "a A d f F l q n cruft cruft-expiration= max-cruft-size= unpack-unreachable= k|keep-unreachable window= \
             depth= threads= window-memory= max-pack-size= filter= filter-to= keep-pack= g|geometric= expire-to= \
             write-midx write-bitmap-index",
            args,
            false,
        );
        let soon = ["cruft-expiration", "unpack-unreachable"]
            .iter()
            .filter_map(|option| opts.value(option))
            .any(|word| !word.known || is_soon(&word.text));
        if opts.help {
            self.read();
        } else if soon {
            self.lose_history(None);
        } else {
            self.modify();
        }
    }

    pub(super) fn prune(&mut self, args: &[Arg]) {
        let opts = Opts::parse("n|dry-run v|verbose progress expire= exclude-promisor-objects", args, false);
        if opts.help || opts.has("dry-run") {
            self.read();
        } else {
            self.lose_history(None);
        }
    }

    pub(super) fn filter_branch(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "f|force d= setup= env-filter= tree-filter= index-filter= parent-filter= msg-filter= commit-filter= \
             tag-name-filter= subdirectory-filter= original= state-branch= prune-empty remap-to-ancestor",
            args,
            false,
        );
        if opts.help {
            return self.read();
        }
        self.lose_history(None);
        // The filters run in a directory made for them, not in the working tree.
        let scratch =
            self.repository().map(|(top, _)| top).or_else(|| self.dir.clone()).map(|top| top.join(".git-rewrite/t"));
        for option in [
            "setup",
            "env-filter",
            "tree-filter",
            "index-filter",
            "parent-filter",
            "msg-filter",
            "commit-filter",
            "tag-name-filter",
        ] {
            let Some(command) = opts.value(option) else {
                continue;
            };
            let through = format!("git filter-branch --{option}");
            if command.known {
                let argv = vec![Arg::known("sh"), Arg::known("-c"), Arg::known(command.text.clone())];
                self.say.command_in(argv, scratch.clone(), &through);
            } else {
                self.shell(command, &through);
            }
        }
    }

    pub(super) fn filter_repo(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "analyze dry-run h|help force f path= path-glob= path-regex= paths-from-file= filename-callback= \
             message-callback= name-callback= email-callback= refname-callback= blob-callback= commit-callback= \
             tag-callback= reset-callback= file-info-callback= replace-text= replace-message= mailmap= refs= source= \
             target=",
            args,
            false,
        );
        if opts.any(&["help", "analyze", "dry-run"]) || opts.help {
            return self.read();
        }
        self.lose_history(None);
        for (option, value) in &opts.set {
            if let Some(code) = value.as_ref().filter(|_| option.ends_with("-callback")) {
                self.say.code(Language::Python, &code.text, &[], &format!("git filter-repo --{option}"));
            }
        }
    }

    pub(super) fn replace(&mut self, args: &[Arg]) {
        let opts = Opts::parse("l|list d|delete e|edit g|graft convert-graft-file f|force raw format=", args, false);
        let acts = opts.any(&["delete", "edit", "graft", "convert-graft-file"]) || opts.words.len() > 1;
        if opts.help || opts.has("list") || !acts {
            self.read();
        } else {
            let why = unknown(&opts.words);
            self.lose_history(why);
        }
    }

    pub(super) fn fast_import(&mut self, args: &[Arg]) {
        let opts = Opts::parse("force quiet stats export-marks= import-marks= date-format= done", args, false);
        if let Some(file) = opts.value("export-marks") {
            self.write_file(file);
        }
        if opts.has("force") {
            self.lose_history(None);
        } else {
            self.modify();
        }
    }

    pub(super) fn lfs(&mut self, args: &[Arg]) {
        let opts = Opts::parse("d|dry-run h|help all f|force r|recent verify-remote", args, false);
        let word = |at: usize| opts.words.get(at).map(|word| word.text.as_str()).unwrap_or_default();
        match (word(0), word(1)) {
            _ if opts.any(&["help", "dry-run"]) || opts.help => self.read(),
            ("" | "ls-files" | "status" | "env" | "logs" | "version" | "locks" | "fsck" | "pointer" | "ext", _)
            | ("track", "")
            | ("migrate", "info" | "") => self.read(),
            ("prune" | "migrate", _) => self.lose_history(unknown(&opts.words)),
            ("push", _) => {
                let remote = opts.words.get(1).cloned().unwrap_or_else(|| Word::text(""));
                let reference = opts.words.get(2).cloned().unwrap_or_else(|| Word::text(""));
                self.publish(&remote, &reference);
            }
            _ if opts.words.first().is_some_and(|word| !word.known) => {
                self.opaque_program("lfs", "its subcommand is not known before it runs");
            }
            _ => self.modify(),
        }
    }
}

/// Whether an expiry date leaves less than the two weeks that git leaves by default.
pub(super) fn is_soon(date: &str) -> bool {
    let date = date.to_ascii_lowercase();
    !(date == "never"
        || date == "false"
        || ["week", "month", "year"].iter().any(|unit| date.contains(unit)) && !date.starts_with("1.week"))
}
