//! Where the content of secrets goes inside one action: through pipes, substitutions, variables and files.

use std::path::PathBuf;

use weir_model::{Scope, TargetKind, Verb};

use super::calls::Said;
use super::redirect::Redirection;
use super::state::Shell;
use super::{Evaluator, Frame};
use crate::call::{Arg, Call};
use crate::secrets::{ENVIRONMENT, Naming, add, of_arg, sent};

/// Programs whose output holds what they read.
const CARRIERS: &[&str] = &[
    "cat", "tac", "head", "tail", "less", "more", "bat", "batcat", "sed", "gsed", "awk", "gawk", "mawk", "grep",
    "egrep", "fgrep", "rg", "cut", "tr", "sort", "base64", "base32", "basenc", "xxd", "od", "hexdump", "hd", "gzip",
    "bzip2", "xz", "zstd", "lz4", "brotli", "zcat", "gunzip", "tar", "bsdtar", "gtar", "zip", "7z", "cpio", "jq", "yq",
    "dd", "tee", "rev", "nl", "fold", "paste", "strings", "cp", "mv", "ln", "install", "rsync", "xargs", "pv", "iconv",
    "column", "split", "echo", "printf", "uuencode", "openssl", "gpg", "uniq", "join", "comm", "diff",
];

/// Options that make one of them say only how much, how often or where.
const COUNTS: &[&str] = &["-c", "-q", "-l", "-L", "--count", "--quiet", "--files-with-matches", "-qF", "-qE", "-sq"];

impl Evaluator<'_> {
    /// Does something that evaluates words; returns the secrets that came out of their substitutions.
    pub(super) fn watched<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> (T, Vec<String>) {
        let before = std::mem::take(&mut self.flow);
        let result = act(self);
        (result, std::mem::replace(&mut self.flow, before))
    }

    /// What a variable of this name holds comes out where it is expanded.
    pub(super) fn recall(&mut self, name: &str) {
        if let Some(secrets) = self.held.get(name) {
            add(&mut self.flow, secrets);
        }
    }

    /// A variable gets text that holds these.
    pub(super) fn hold(&mut self, name: &str, secrets: Vec<String>) {
        if !secrets.is_empty() {
            self.held.insert(name.to_owned(), secrets);
        } else if !self.held.is_empty() {
            self.held.remove(name);
        }
    }

    /// What a file that the action reads holds: it is a secret, or the action has copied one into it.
    pub(super) fn held_by(&self, path: &std::path::Path) -> Vec<String> {
        match self.copies.get(path) {
            Some(secrets) => secrets.clone(),
            None if weir_model::is_secret(path) => vec![path.to_string_lossy().into_owned()],
            None => Vec::new(),
        }
    }

    /// Arguments that name a copy of a secret hold it.
    pub(super) fn mark_copies(&self, argv: &mut [Arg], shell: &Shell) {
        if self.copies.is_empty() {
            return;
        }
        for arg in argv.iter_mut().skip(1) {
            let Some(text) = arg.text() else { continue };
            let text = text.rsplit('@').next().unwrap_or_default();
            if let Some(secrets) = self.absolute(text, shell).and_then(|path| self.copies.get(&path)) {
                add(&mut arg.secrets, secrets);
            }
        }
    }

    /// What a program has read comes out of it, and goes into the files that it writes.
    pub(super) fn flow_on(&mut self, read: &[String], said: &[Said]) {
        if read.is_empty() {
            return;
        }
        for said in said {
            let Said::Effect(effect) = said else { continue };
            if effect.target.kind != TargetKind::FileTree {
                continue;
            }
            let paths: &[PathBuf] = match (effect.verb, &effect.scope) {
                (Verb::Modify, Scope::Moved { to }) => std::slice::from_ref(to),
                (Verb::Create | Verb::Modify, _) => &effect.target.paths,
                _ => continue,
            };
            for path in paths {
                self.copies.entry(path.clone()).or_insert_with(|| read.to_vec());
            }
        }
        add(&mut self.flow, read);
    }

    /// What a command wrote goes where its output is redirected to.
    pub(super) fn flow_into(&mut self, redirection: &Redirection, written: &[String], frame: &Frame) {
        if written.is_empty() {
            return;
        }
        if redirection.leaves && frame.place.is_none() {
            for name in written {
                self.keep(sent(name), frame);
            }
        }
        for path in &redirection.written {
            self.copies.insert(path.clone(), written.to_vec());
        }
        if !redirection.captured {
            add(&mut self.flow, written);
        }
    }
}

/// The secrets that a call reads and passes on.
pub(super) fn taken_in(call: &Call<'_>) -> Vec<String> {
    let program = call.program();
    let args = call.argv.get(1..).unwrap_or_default();
    let mut read = Vec::new();
    if matches!(program, "env" | "printenv") {
        if args.iter().all(|arg| arg.text().is_some_and(|text| text.starts_with('-'))) {
            read.push(ENVIRONMENT.to_owned());
        }
        return read;
    }
    if !CARRIERS.contains(&program) {
        return read;
    }
    let counts = |arg: &Arg| arg.text().is_some_and(|text| COUNTS.contains(&text));
    if matches!(program, "grep" | "egrep" | "fgrep" | "rg") && args.iter().any(counts) {
        return read;
    }
    let prints = matches!(program, "echo" | "printf");
    if !prints {
        add(&mut read, &call.secrets);
    }
    for arg in args {
        let held = if prints { arg.secrets.clone() } else { of_arg(call, arg, Naming::Path) };
        add(&mut read, &held);
    }
    read
}
