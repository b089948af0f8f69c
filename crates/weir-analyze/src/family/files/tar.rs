//! `tar`, GNU and BSD.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::{Files, Meaning, Place, inside};
use crate::call::{Arg, Value};
use crate::family::options::{Opts, Word, not_known};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    matches!(program, "tar" | "gtar" | "bsdtar").then_some(Meaning::Together(Files::tar))
}

const SPEC: &str = "A|catenate|concatenate c|create d|diff|compare delete r|append t|list test-label u|update \
    x|extract|get C|directory|cd= f|file= b|blocking-factor= g|listed-incremental= K|starting-file= L|tape-length= \
    N|newer|after-date= T|files-from= V|label= X|exclude-from= H|format= I|use-compress-program= \
    F|info-script|new-volume-script= exclude= exclude-tag= exclude-tag-all= group= owner= mode= mtime= sort= \
    strip-components= suffix= transform|xform= to-command= checkpoint? checkpoint-action= rsh-command= rmt-command= \
    record-size= volno-file= newer-mtime= level= quoting-style= warning= occurrence? j|bzip2 J|xz z|gzip|gunzip \
    Z|compress a|auto-compress lzma lzip lzop zstd O|to-stdout k|keep-old-files skip-old-files keep-newer-files \
    overwrite overwrite-dir U|unlink-first recursive-unlink remove-files p|preserve-permissions P|absolute-names \
    h|dereference m|touch o s|same-order S|sparse v|verbose w|interactive W|verify B G|incremental i|ignore-zeros \
    n R M|multi-volume null l usage backup? anchored wildcards no-wildcards to-stdout totals force-local \
    one-file-system q|fast-read acls xattrs selinux numeric-owner no-same-owner no-same-permissions no-recursion \
    no-xattrs no-acls show-defaults exclude-vcs exclude-caches verbatim-files-from one-top-level? index-file= \
    same-owner same-permissions";

impl Files<'_, '_> {
    fn tar(&mut self, args: &[Arg]) {
        let args = modern(args);
        let Some(opts) = self.opts(SPEC, &args) else { return };
        self.programs(&opts);
        let file = opts.value("file").filter(|word| word.text != "-").cloned();
        let remote = file.as_ref().and_then(|file| host(&opts, file));
        let in_dir = opts.value("directory").cloned();
        if opts.any(&["usage", "show-defaults"]) {
            return self.harmless();
        }
        if opts.any(&["list", "diff", "test-label"]) {
            return self.read(file.as_slice());
        }
        if let Some(host) = remote {
            let verb = if opts.has("extract") { Verb::Read } else { Verb::Send };
            self.emit(Effect::new(verb, Target::new(TargetKind::Host, host)));
        } else if let Some(file) = file.as_ref() {
            let file = std::slice::from_ref(file);
            if opts.has("delete") {
                self.act(Verb::Modify, &Scope::Content, file);
            } else if opts.any(&["append", "update", "catenate"]) {
                self.act(Verb::Modify, &Scope::Whole, file);
            } else if opts.has("create") {
                self.write(file);
            }
        }
        if let Some(list) = opts.value("index-file") {
            self.write(std::slice::from_ref(list));
        }
        if opts.has("extract") {
            self.extract(&opts, in_dir);
        } else if opts.has("remove-files") && opts.any(&["create", "append", "update"]) {
            let words: Vec<Word> = opts.words.iter().map(|word| below(in_dir.as_ref(), word)).collect();
            self.act(Verb::Delete, &Scope::Whole, &words);
            if let Some(list) = opts.value("files-from") {
                self.opaque(Verb::Delete, &list.source, format!("what it removes is listed in `{}`", list.source));
            }
        } else if self.said.is_empty() {
            self.read(&opts.words);
        }
    }

    fn extract(&mut self, opts: &Opts, dir: Option<Word>) {
        if opts.any(&["to-stdout", "to-command"]) {
            return self.read(opts.value("file").cloned().as_slice());
        }
        let top = opts.value("one-top-level").map(|top| below(dir.as_ref(), top));
        let dir = top.or(dir);
        if opts.has("recursive-unlink") {
            let dir = dir.clone().unwrap_or_else(|| Word::text("."));
            let filter = "directories that the archive has too".to_owned();
            if let Place::At(path) = self.place(&dir) {
                let target = Target::new(TargetKind::FileTree, dir.source).at(vec![path]);
                self.emit(Effect::new(Verb::Delete, target).within(Scope::Filtered { filter }));
            } else {
                self.act(Verb::Delete, &Scope::Whole, &[dir]);
            }
        }
        if opts.has("absolute-names") {
            let name = opts.value("file").map_or("the archive", |file| file.source.as_str()).to_owned();
            self.opaque(Verb::Modify, &name, "names in the archive may be absolute, and are kept so".to_owned());
        }
        self.unpack(dir, opts.any(&["keep-old-files", "skip-old-files"]));
    }

    /// Commands that options make it run.
    fn programs(&mut self, opts: &Opts) {
        for name in ["to-command", "use-compress-program", "info-script", "rsh-command", "rmt-command"] {
            for command in opts.values(name) {
                self.shell(command);
            }
        }
        for action in opts.values("checkpoint-action") {
            match action.text.strip_prefix("exec=") {
                Some(command) if action.known => self.shell(&Word::text(command)),
                _ if !action.known => self.opaque(Verb::Execute, &action.source, not_known(&action.source)),
                _ => {}
            }
        }
    }
}

/// `word` as it is meant after `-C DIR`.
fn below(dir: Option<&Word>, word: &Word) -> Word {
    match dir {
        Some(dir) if !word.text.starts_with('/') => {
            if dir.known && word.known {
                Word { text: inside(&dir.text, &word.text), source: inside(&dir.source, &word.source), ..word.clone() }
            } else if dir.known {
                let prefix = if word.prefix.is_empty() { String::new() } else { inside(&dir.text, &word.prefix) };
                Word { prefix, ..word.clone() }
            } else {
                dir.clone()
            }
        }
        _ => word.clone(),
    }
}

/// The machine in `HOST:FILE`.
fn host(opts: &Opts, file: &Word) -> Option<String> {
    let text = if file.known { &file.text } else { &file.prefix };
    let (host, _) = text.split_once(':')?;
    (!host.is_empty() && !host.contains('/') && !opts.has("force-local")).then(|| host.to_owned())
}

/// The arguments with an old-style first word (`tar xzf FILE`) as options of today.
fn modern(args: &[Arg]) -> Vec<Arg> {
    let Some((first, rest)) = args.split_first() else {
        return Vec::new();
    };
    let letters = match &first.value {
        Value::Known(text) if !text.starts_with('-') && !text.is_empty() => text,
        _ => return args.to_vec(),
    };
    let mut rest = rest.iter();
    let mut out = Vec::with_capacity(args.len().saturating_add(letters.len()));
    for letter in letters.chars() {
        out.push(Arg::known(format!("-{letter}")));
        if "bCfFgHIKLNTVX".contains(letter) {
            out.extend(rest.next().cloned());
        }
    }
    out.extend(rest.cloned());
    out
}
