//! Where the content of secrets goes inside one action: through pipes, substitutions, variables and files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weir_model::{Scope, TargetKind, Verb};

use super::calls::Said;
use super::redirect::Redirection;
use super::state::Shell;
use super::{Evaluator, Frame};
use crate::call::{Arg, Call, Much, Secret};
use crate::secrets::{ENVIRONMENT, Naming, add, holds_secrets, of_arg, of_file, of_tree, of_variable, sent};

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
    pub(super) fn watched<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> (T, Vec<Secret>) {
        let before = std::mem::take(&mut self.flow);
        let result = act(self);
        (result, std::mem::replace(&mut self.flow, before))
    }

    /// What a variable of this name holds comes out where it is expanded.
    pub(super) fn recall(&mut self, name: &str, shell: &Shell) {
        if let Some(secrets) = self.held.get(name) {
            let named = |secret: &Secret| {
                let variable = secret.variable.clone().or_else(|| Some(name.to_owned()));
                Secret { variable, ..secret.clone() }
            };
            let secrets: Vec<Secret> = secrets.iter().map(named).collect();
            add(&mut self.flow, &secrets);
        } else if shell.var(name).is_none()
            && let Some(own) = of_variable(name)
        {
            // A file of settings whose text is not known may have set it.
            let set: Vec<Secret> =
                self.sourced.iter().map(|name| Secret { name: name.clone(), much: Much::One, ..own.clone() }).collect();
            add(&mut self.flow, if set.is_empty() { std::slice::from_ref(&own) } else { &set });
        }
    }

    /// A variable is set by a file of settings, or by its text: what it holds is a credential, where its name or its text
    /// says so.
    pub(super) fn settle(&mut self, variable: &str, texts: &[String], files: &[Secret]) {
        let found = of_variable(variable).is_some() || texts.iter().any(|text| looks_secret(text));
        let secrets = files.iter().filter(|_| found).map(|file| {
            let variable = Some(variable.to_owned());
            Secret { name: file.name.clone(), much: Much::One, variable }
        });
        let secrets = secrets.collect();
        self.hold(variable, secrets);
    }

    /// Words with the text of secrets are set as variables (`export $(cat .env)`).
    pub(super) fn settle_words(&mut self, args: &[Arg]) {
        for arg in args.iter().filter(|arg| !arg.secrets.is_empty()) {
            let secrets = arg.secrets.clone();
            match arg.text().and_then(|text| text.split_once('=')) {
                Some((name, text)) => self.settle(name, &[text.to_owned()], &secrets),
                None => self.sourced.extend(secrets.into_iter().map(|secret| secret.name)),
            }
        }
    }

    /// A variable gets text that holds these.
    pub(super) fn hold(&mut self, name: &str, secrets: Vec<Secret>) {
        if !secrets.is_empty() {
            self.held.insert(name.to_owned(), secrets);
        } else if !self.held.is_empty() {
            self.held.remove(name);
        }
    }

    /// What the arguments of a function or a program hold comes out where they are expanded in it. Returns what was held
    /// before.
    pub(super) fn hold_arguments(&mut self, args: &[Arg]) -> Option<BTreeMap<String, Vec<Secret>>> {
        if args.iter().all(|arg| arg.secrets.is_empty()) && !self.held.contains_key("@") {
            return None;
        }
        let before = self.held.clone();
        let mut all = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            self.hold(&at.saturating_add(1).to_string(), arg.secrets.clone());
            add(&mut all, &arg.secrets);
        }
        self.hold("*", all.clone());
        self.hold("@", all);
        Some(before)
    }

    /// What a file that the action reads holds: it is a secret, or the action has copied one into it.
    pub(super) fn held_by(&self, path: &std::path::Path) -> Vec<Secret> {
        match self.copies.get(path) {
            Some(secrets) => secrets.clone(),
            None => of_file(path).into_iter().collect(),
        }
    }

    /// Arguments that name a copy of a secret hold it.
    pub(super) fn mark_copies(&self, argv: &mut [Arg], shell: &Shell) {
        if self.copies.is_empty() {
            return;
        }
        for arg in argv.iter_mut().skip(1) {
            let Some(text) = arg.text() else { continue };
            let text = text.rsplit(['@', '=']).next().unwrap_or_default();
            if let Some(secrets) = self.absolute(text, shell).and_then(|path| self.copies.get(&path)) {
                add(&mut arg.secrets, secrets);
            }
        }
    }

    /// What a program has read comes out of it, and goes into the files that it writes.
    pub(super) fn flow_on(&mut self, read: &[Secret], said: &[Said]) {
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
    pub(super) fn flow_into(&mut self, redirection: &Redirection, written: &[Secret], frame: &Frame) {
        if written.is_empty() {
            return;
        }
        if redirection.leaves && frame.place.is_none() {
            for secret in written {
                let empty = secret.much == Much::Directory && !holds_secrets(&self.world, Path::new(&secret.name));
                if !empty {
                    self.keep(sent(secret), frame);
                }
            }
        }
        for path in &redirection.written {
            self.copies.insert(path.clone(), written.to_vec());
        }
        if !redirection.captured {
            add(&mut self.flow, written);
        }
    }

    /// A short program that opens a secret and sends something to another machine sends the secret. A program in a file
    /// that does both is most often one that signs in somewhere.
    pub(super) fn leaks(&mut self, from: usize, frame: &Frame) {
        if self.in_file {
            return;
        }
        let said = self.effects.get(from..).unwrap_or_default();
        let is_local = |name: &str| ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| name.contains(local));
        let mut sends =
            said.iter().filter(|effect| effect.verb == Verb::Send && effect.target.kind == TargetKind::Host);
        let read = said.iter().filter(|effect| effect.verb == Verb::Read);
        let secrets: Vec<Secret> =
            read.flat_map(|effect| &effect.target.paths).flat_map(|path| self.held_by(path)).collect();
        if sends.any(|effect| !is_local(&effect.target.name)) {
            for secret in secrets {
                let gone = |effect: &weir_model::Effect| effect.verb == Verb::Send && effect.target.name == secret.name;
                if !self.effects.get(from..).unwrap_or_default().iter().any(gone) {
                    self.keep(sent(&secret), frame);
                }
            }
        }
    }
}

/// Programs that pack up whole directories.
const PACKERS: &[&str] =
    &["tar", "bsdtar", "gtar", "zip", "7z", "7za", "cpio", "cp", "rsync", "rar", "pax", "mksquashfs", "restic"];

/// Whether a text looks like a credential by itself.
fn looks_secret(text: &str) -> bool {
    const STARTS: &[&str] = &[
        "sk-",
        "sk_",
        "rk_",
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xox",
        "AKIA",
        "eyJ",
        "-----BEGIN",
        "npm_",
        "hf_",
        "AIza",
        "SG.",
        "dop_v1_",
        "whsec_",
        "pypi-",
    ];
    let text = text.trim_matches(['"', '\'']);
    let signed = |rest: &str| rest.split('/').next().is_some_and(|host| host.contains('@') && host.contains(':'));
    STARTS.iter().any(|start| text.starts_with(start)) || text.split_once("://").is_some_and(|(_, rest)| signed(rest))
}

/// Whether what a program prints of its input is one piece of it, and not all.
fn picks(program: &str, args: &[Arg]) -> bool {
    let texts = || args.iter().filter_map(Arg::text);
    let flag =
        |letter: char| texts().any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains(letter));
    match program {
        "grep" | "egrep" | "fgrep" | "rg" => {
            let all = |text: &str| matches!(text, "" | "." | ".*" | "^" | "=" | "$" | "[A-Z]" | "[A-Z_]*=");
            !flag('v') && !texts().any(|text| text == "--invert-match") && !texts().any(all)
        }
        "cut" => !texts().any(|text| matches!(text, "-f1-" | "-c1-")),
        "awk" | "gawk" | "mawk" => texts().any(|text| text.contains('/') || text.contains('$')),
        "sed" | "gsed" => flag('n'),
        "jq" | "yq" => texts().any(|text| text.len() > 1 && text.starts_with('.')),
        _ => false,
    }
}

/// The secrets that a call reads and passes on.
pub(super) fn taken_in(call: &Call<'_>) -> Vec<Secret> {
    let program = call.program();
    let args = call.argv.get(1..).unwrap_or_default();
    let mut read = Vec::new();
    if matches!(program, "env" | "printenv") {
        let words = || args.iter().filter(|arg| arg.text().is_none_or(|text| !text.starts_with('-')));
        let emptied = args.iter().any(|arg| matches!(arg.text(), Some("-i" | "-" | "--ignore-environment")));
        if words().next().is_none() && !emptied {
            read.push(Secret::whole(ENVIRONMENT));
        } else if program == "printenv" {
            read.extend(words().filter_map(Arg::text).filter_map(of_variable));
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
    let packs = PACKERS.contains(&program);
    let mut excluded = false;
    for arg in args {
        // What a command leaves out it does not read.
        let option = arg.text().filter(|text| crate::secrets::leaves_out(text) || matches!(*text, "-x" | "-X"));
        if std::mem::take(&mut excluded) || option.is_some() {
            excluded = packs && option.is_some_and(|text| !text.contains('='));
            if packs {
                continue;
            }
        }
        let held = if prints { arg.secrets.clone() } else { of_arg(call, arg, Naming::Path) };
        add(&mut read, &held);
        if packs && let Some(text) = arg.text().filter(|text| is_tree(call, text)) {
            add(&mut read, of_tree(call, text).as_slice());
        }
    }
    if picks(program, args) {
        for secret in read.iter_mut().filter(|secret| secret.much == Much::Whole) {
            secret.much = Much::One;
        }
    }
    read
}

/// Whether a word may name a directory: only by what it looks like, since nothing is looked up before it matters.
fn is_tree(call: &Call<'_>, text: &str) -> bool {
    let name = text.trim_end_matches(['/', '*']).rsplit('/').next().unwrap_or_default();
    let shown = matches!(name, "" | "." | "..");
    !text.is_empty()
        && !text.starts_with('-')
        && (shown || !name.contains('.') || name.starts_with('.'))
        && call.path(text).is_some()
}

#[cfg(test)]
mod tests;
