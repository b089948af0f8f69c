//! Programs that change who may do what with files.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::{Files, Meaning};
use crate::call::Arg;
use crate::family::options::Word;

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    Some(Meaning::Each(match program {
        "chmod" => Files::chmod,
        "chown" | "chgrp" => Files::chown,
        "setfacl" => Files::setfacl,
        "chattr" | "chflags" => Files::chattr,
        _ => return None,
    }))
}

impl Files<'_, '_> {
    fn chmod(&mut self, args: &[Arg]) {
        const SPEC: &str = "c|changes f|silent|quiet v|verbose dereference h|no-dereference no-preserve-root \
            preserve-root reference= R|recursive H L P E C N";
        // `-x` and `-rw` are modes, not options.
        let mut mode: Option<Word> = None;
        let mut rest = Vec::with_capacity(args.len());
        let mut ended = false;
        for arg in args {
            let text = arg.text().unwrap_or_default();
            ended |= text == "--";
            let body = text.strip_prefix('-').unwrap_or_default();
            if !ended
                && mode.is_none()
                && !body.is_empty()
                && body.chars().all(|letter| "rwxXstugo0123456789,+-=".contains(letter))
                && !body.starts_with('-')
            {
                mode = Some(Word::of(arg));
            } else {
                rest.push(arg.clone());
            }
        }
        let Some(opts) = self.opts(SPEC, &rest) else { return };
        let mut words = opts.words.as_slice();
        let mut grants = opts.has("reference");
        if mode.is_none() && !opts.has("reference") && !opts.any(&["N", "C", "E"]) {
            let Some((first, after)) = words.split_first() else {
                return self.harmless();
            };
            words = after;
            mode = Some(first.clone());
            // An entry of an access list, as macOS has them.
            if first.known && matches!(first.text.as_str(), "+a" | "+ai" | "-a" | "=a" | "+a#" | "-a#" | "=a#") {
                let Some((entry, after)) = words.split_first() else {
                    return self.harmless();
                };
                grants |= !first.text.starts_with('-') && (!entry.known || entry.text.contains("everyone"));
                words = after;
                mode = None;
            }
        }
        grants |= mode.as_ref().is_some_and(|mode| !mode.known || opens(&mode.text));
        if mode.is_some_and(|mode| mode.known && with_owners_rights(&mode.text)) && !words.is_empty() {
            let names: Vec<&str> = words.iter().map(|word| word.source.as_str()).collect();
            let target = Target::new(TargetKind::Host, format!("who runs {} as its owner", names.join(" ")));
            self.emit(Effect::new(Verb::Grant, target));
        }
        self.change(if grants { Verb::Grant } else { Verb::Modify }, opts.has("recursive"), words);
    }

    /// The rights of `words` themselves, or also of all below.
    fn change(&mut self, verb: Verb, recursive: bool, words: &[Word]) {
        if words.is_empty() {
            return self.harmless();
        }
        if recursive {
            return self.act(verb, &Scope::Whole, words);
        }
        let (dirs, files): (Vec<Word>, Vec<Word>) = words.iter().cloned().partition(|word| self.is_dir(word));
        self.act(verb, &Scope::Whole, &files);
        self.act(verb, &Scope::Files, &dirs);
    }

    fn chown(&mut self, args: &[Arg]) {
        const SPEC: &str = "c|changes f|silent|quiet v|verbose dereference h|no-dereference from= no-preserve-root \
            preserve-root reference= R|recursive H L P n x";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let skip = usize::from(!opts.has("reference"));
        let words = opts.words.get(skip..).unwrap_or_default();
        self.change(Verb::Modify, opts.has("recursive") || opts.may_hide_options(), words);
    }

    fn setfacl(&mut self, args: &[Arg]) {
        const SPEC: &str = "m|modify= M|modify-file= x|remove= X|remove-file= b|remove-all k|remove-default set= \
            set-file= restore= mask n|no-mask d|default R|recursive L|logical P|physical test v";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.any(&["test", "v"]) {
            return self.harmless();
        }
        if opts.has("restore") {
            return self.act(Verb::Modify, &Scope::Whole, &[Word::text(".")]);
        }
        let grants = opts.values("modify").chain(opts.values("set")).any(|acl| {
            !acl.known
                || acl.text.split(',').any(|entry| {
                    let entry = entry.trim();
                    let entry = entry.strip_prefix("d:").or_else(|| entry.strip_prefix("default:")).unwrap_or(entry);
                    let (who, what) = entry.split_once(':').unwrap_or((entry, ""));
                    matches!(who, "o" | "other")
                        && what.rsplit(':').next().unwrap_or(what).contains(['w', '7', '6', '2', '3'])
                })
        });
        let verb = if grants { Verb::Grant } else { Verb::Modify };
        self.change(verb, opts.has("recursive"), &opts.words);
    }

    /// `chattr +i FILES`, `chflags uchg FILES`.
    fn chattr(&mut self, args: &[Arg]) {
        let mut recursive = false;
        let mut words: Vec<Word> = Vec::new();
        for arg in args {
            let text = arg.text().unwrap_or_default();
            if matches!(text, "--help" | "--version") && words.is_empty() {
                return self.harmless();
            }
            let attribute = self.program == "chattr" && text.starts_with(['+', '=']);
            if words.is_empty() && (attribute || text.starts_with('-')) {
                recursive |= text.starts_with('-') && text.contains('R');
            } else {
                words.push(Word::of(arg));
            }
        }
        if self.program == "chflags" && !words.is_empty() {
            words.remove(0);
        }
        self.change(Verb::Modify, recursive, &words);
    }
}

/// Whether a mode lets a program run with its owner's rights.
fn with_owners_rights(mode: &str) -> bool {
    let digits = mode.trim_start_matches(['+', '=']);
    if !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(8)) {
        return u32::from_str_radix(digits, 8).is_ok_and(|bits| bits & 0o4000 != 0);
    }
    mode.split(',').any(|clause| {
        let Some((who, what)) = clause.split_once(['+', '=']) else { return false };
        what.contains('s') && (who.is_empty() || who.contains(['u', 'a']))
    })
}

/// Whether a mode lets everybody write, or lets a program run with its owner's rights.
fn opens(mode: &str) -> bool {
    let digits = mode.trim_start_matches(['+', '-', '=']);
    if !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(8)) {
        let bits = u32::from_str_radix(digits, 8).unwrap_or(u32::MAX);
        // Setgid on a directory is how groups share one; only setuid gives rights.
        return !mode.starts_with('-') && ((bits & 0o002 != 0 && bits & 0o1000 == 0) || bits & 0o4000 != 0);
    }
    mode.split(',').any(|clause| {
        let who: String = clause.chars().take_while(|letter| "ugoa".contains(*letter)).collect();
        let all = who.contains(['o', 'a']);
        let mut adds = false;
        clause.chars().skip(who.chars().count()).any(|letter| match letter {
            '+' | '=' => {
                adds = true;
                false
            }
            '-' => {
                adds = false;
                false
            }
            'w' | 'u' | 'g' => adds && all,
            's' => adds && (who.is_empty() || who.contains(['u', 'a'])),
            _ => false,
        })
    })
}
