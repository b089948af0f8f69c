//! Programs that compress and archive, other than `tar`.

use std::path::PathBuf;

use weir_model::{Scope, Verb};

use super::{Files, Meaning};
use crate::call::{Arg, Language};
use crate::family::options::{Opts, Word};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    Some(Meaning::Together(match program {
        "gzip" | "gunzip" | "pigz" | "unpigz" | "bzip2" | "bunzip2" | "pbzip2" | "lbzip2" | "xz" | "unxz" | "pixz"
        | "lzma" | "unlzma" | "lzip" | "lzop" | "zstd" | "unzstd" | "zstdmt" | "pzstd" | "lz4" | "unlz4" | "brotli"
        | "compress" | "uncompress" => Files::compress,
        "zip" => Files::zip,
        "unzip" => Files::unzip,
        "7z" | "7za" | "7zr" | "7zz" | "7zzs" => Files::seven_zip,
        "cpio" => Files::cpio,
        _ => return None,
    }))
}

impl Files<'_, '_> {
    /// A compressor puts its output in place of its input: the content survives under another name.
    fn compress(&mut self, args: &[Arg]) {
        const SPEC: &str = "a|ascii c|stdout|to-stdout d|decompress|uncompress f|force k|keep l|list n|no-name N|name \
            q|quiet r|recursive rsyncable S|suffix= synchronous t|test v|verbose z|compress s|small b= p|processes= \
            T|threads= C|check= F|format= e|extreme M|memlimit= D o|output= m|multiple rm j w|lgwin= h license \
            output-dir-flat= output-dir-mirror= patch-from= filelist= train";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let zstd = matches!(self.program, "zstd" | "unzstd" | "zstdmt" | "pzstd");
        let keeps = zstd || matches!(self.program, "lz4" | "unlz4" | "brotli" | "lzop" | "pixz");
        let short = args.iter().any(|arg| arg.text() == Some("-h"));
        if opts.any(&["stdout", "list", "test", "train"]) || short {
            return self.read(&opts.words);
        }
        let unpack = opts.has("decompress")
            || self.program.starts_with("un")
            || self.program.starts_with("bun")
            || self.program == "gunzip";
        let mut words: Vec<Word> = opts.words.iter().filter(|word| word.text != "-").cloned().collect();
        let mut output = opts.value("output").cloned();
        if matches!(self.program, "lz4" | "unlz4" | "pixz") && !opts.has("multiple") && words.len() > 1 {
            output = words.get(1).cloned();
            words.truncate(1);
        }
        if let Some(output) = output {
            if output.text == "-" {
                return self.read(&words);
            }
            return self.write(&[output]);
        }
        if words.is_empty() {
            return self.harmless();
        }
        let removes = if keeps { opts.any(&["rm", "j"]) } else { !opts.has("keep") };
        for group in words.chunk_by(|one, other| one.source == other.source) {
            let renamed: Vec<Option<Word>> = group.iter().map(|word| self.renamed(&opts, word, unpack)).collect();
            if group.iter().any(|word| self.is_dir(word)) {
                if opts.has("recursive") {
                    self.act(Verb::Modify, &Scope::Whole, group);
                }
                continue;
            }
            if removes {
                let to = match renamed.as_slice() {
                    [Some(to)] => self.path(to),
                    _ => {
                        group.first().and_then(|word| self.path(word)).and_then(|path| path.parent().map(PathBuf::from))
                    }
                };
                self.act(Verb::Modify, &to.map_or(Scope::Whole, |to| Scope::Moved { to }), group);
            }
            let taken: Vec<Word> = renamed
                .into_iter()
                .flatten()
                .filter(|word| {
                    let there = self.path(word).is_some_and(|path| self.kind(&path).is_some());
                    if there { opts.has("force") } else { !removes }
                })
                .collect();
            self.write(&taken);
        }
        if self.said.is_empty() {
            self.read(&words);
        }
    }

    /// The name that a compressor gives its output.
    fn renamed(&self, opts: &Opts, word: &Word, unpack: bool) -> Option<Word> {
        if !word.known {
            return None;
        }
        let own = match self.program {
            "bzip2" | "bunzip2" | "pbzip2" | "lbzip2" => ".bz2",
            "xz" | "unxz" | "pixz" => ".xz",
            "lzma" | "unlzma" => ".lzma",
            "lzip" => ".lz",
            "lzop" => ".lzo",
            "zstd" | "unzstd" | "zstdmt" | "pzstd" => ".zst",
            "lz4" | "unlz4" => ".lz4",
            "brotli" => ".br",
            "compress" | "uncompress" => ".Z",
            _ => ".gz",
        };
        let suffix = opts.value("suffix").filter(|suffix| suffix.known).map_or(own, |suffix| suffix.text.as_str());
        let rename = |text: &str| {
            if unpack {
                let short = text.strip_suffix(suffix).map(str::to_owned);
                short.or_else(|| text.strip_suffix(".tgz").map(|text| format!("{text}.tar")))
            } else {
                Some(format!("{text}{suffix}"))
            }
        };
        let text = rename(&word.text)?;
        Some(Word { source: rename(&word.source).unwrap_or_else(|| text.clone()), text, ..word.clone() })
    }

    fn zip(&mut self, args: &[Arg]) {
        const SPEC: &str = "r|recurse-paths m|move d|delete u|update f|freshen q|quiet v|verbose j|junk-paths \
            y|symlinks n|suffixes= t|from-date= tt|before-date= P|password= b|temp-path= T|test X|no-extra e|encrypt \
            FS|filesync F|fix FF|fixfix O|out|output-file= s|split-size= Z|compression-method= x i|include \
            unzip-command= sf|show-files g|grow D|no-dir-entries h h2 L|license R|recurse-patterns o|latest-time \
            U|copy-entries l A|adjust-sfx z|archive-comment exclude @";
        // `-TT COMMAND` tests the archive with a command; `-x` and `-i` take words up to `@` or the next option.
        let mut plain = Vec::new();
        let mut rest = args.iter().peekable();
        while let Some(arg) = rest.next() {
            let text = arg.text().unwrap_or_default();
            if matches!(text, "-TT" | "--unzip-command") {
                if let Some(command) = rest.next() {
                    self.shell(&Word::of(command));
                }
            } else if let Some(command) = text.strip_prefix("--unzip-command=").or_else(|| text.strip_prefix("-TT")) {
                self.say.code(Language::Shell, command, &[], "zip");
            } else if matches!(text, "-x" | "-i" | "--exclude" | "--include") {
                while rest
                    .next_if(|next| !next.text().is_some_and(|next| next.starts_with('-') || next == "@"))
                    .is_some()
                {}
                rest.next_if(|next| next.text() == Some("@"));
            } else if matches!(text, "-FS" | "-sf" | "-FF" | "-tt" | "-h2") {
                plain.push(Arg::known(match text {
                    "-FS" => "--filesync",
                    "-sf" => "--show-files",
                    "-tt" => "--before-date",
                    "-FF" => "--fixfix",
                    _ => "-h",
                }));
            } else {
                plain.push(arg.clone());
            }
        }
        let Some(opts) = self.opts(SPEC, &plain) else { return };
        let Some((archive, sources)) = opts.words.split_first() else {
            return self.harmless();
        };
        if opts.any(&["show-files", "h", "license"]) || (opts.has("test") && sources.is_empty()) {
            return self.read(&opts.words);
        }
        if archive.text != "-" {
            let archive = opts.value("out").unwrap_or(archive);
            let plain_name = archive.known && !super::base(&archive.text).contains('.');
            let archive = if plain_name { Word::text(&format!("{}.zip", archive.text)) } else { archive.clone() };
            let there = self.path(&archive).is_some_and(|path| self.kind(&path).is_some());
            let archive = std::slice::from_ref(&archive);
            if opts.any(&["delete", "filesync"]) {
                self.act(Verb::Modify, &Scope::Content, archive);
            } else if there {
                self.act(Verb::Modify, &Scope::Whole, archive);
            } else {
                self.write(archive);
            }
        }
        if opts.has("move") {
            let scope = if opts.any(&["recurse-paths", "recurse-patterns"]) { Scope::Whole } else { Scope::Files };
            self.act(Verb::Delete, &scope, sources);
        }
        if self.said.is_empty() {
            self.read(sources);
        }
    }

    fn unzip(&mut self, args: &[Arg]) {
        const SPEC: &str = "o n d= l t p v T Z z c q j f u P= a b C L X K M U V W B D I= O= x h";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let Some(archive) = opts.words.first() else {
            return self.harmless();
        };
        if opts.any(&["l", "t", "p", "v", "Z", "z", "c", "T", "h"]) {
            return self.read(std::slice::from_ref(archive));
        }
        self.unpack(opts.value("d").cloned(), opts.has("n"));
    }

    /// Files come out of an archive into a directory.
    pub(super) fn unpack(&mut self, dir: Option<Word>, only_new: bool) {
        let dir = dir.unwrap_or_else(|| Word::text("."));
        let there = self.path(&dir).is_none_or(|path| self.call.world.kind(&path).is_some() || dir.text == ".");
        let verb = if there && !only_new { Verb::Modify } else { Verb::Create };
        self.act(verb, &Scope::Whole, &[dir]);
    }

    fn seven_zip(&mut self, args: &[Arg]) {
        let mut words: Vec<Word> = Vec::new();
        let (mut dir, mut deletes, mut stdout, mut skips, mut ended) = (None, false, false, false, false);
        for arg in args {
            let text = arg.text().unwrap_or_default();
            if ended || !text.starts_with('-') {
                words.push(Word::of(arg));
            } else if text == "--" {
                ended = true;
            } else if text.starts_with("-sdel") {
                deletes = true;
            } else if text.starts_with("-so") {
                stdout = true;
            } else if text.starts_with("-aos") || text.starts_with("-aou") {
                skips = true;
            } else if let Some(to) = text.strip_prefix("-o") {
                dir = Some(Word::text(to));
            }
        }
        let Some((command, rest)) = words.split_first() else {
            return self.harmless();
        };
        let Some((archive, sources)) = rest.split_first() else {
            return self.harmless();
        };
        let archive = std::slice::from_ref(archive);
        match command.text.as_str() {
            "x" | "e" if stdout => self.read(archive),
            "x" | "e" => self.unpack(dir, skips),
            "a" | "u" | "rn" => {
                if !stdout {
                    let there =
                        archive.iter().any(|word| self.path(word).is_some_and(|path| self.kind(&path).is_some()));
                    if there {
                        self.act(Verb::Modify, &Scope::Whole, archive);
                    } else {
                        self.write(archive);
                    }
                }
                if deletes {
                    self.act(Verb::Delete, &Scope::Whole, sources);
                }
            }
            "d" => self.act(Verb::Modify, &Scope::Content, archive),
            _ if command.known => self.read(archive),
            _ => self.opaque(Verb::Modify, &command.source, crate::family::options::not_known(&command.source)),
        }
    }

    fn cpio(&mut self, args: &[Arg]) {
        const SPEC: &str = "i|extract o|create p|pass-through t|list d|make-directories u|unconditional v|verbose \
            m|preserve-modification-time F|file= I= O= D|directory= H|format= 0|null a|reset-access-time A|append B c \
            C|io-size= E|pattern-file= f|nonmatching l|link L|dereference n|numeric-uid-gid M|message= \
            no-absolute-filenames absolute-filenames no-preserve-owner R|owner= r|rename V|dot quiet block-size= \
            rsh-command= to-stdout s S b only-verify-crc k";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if let Some(command) = opts.value("rsh-command") {
            self.shell(command);
        }
        if opts.any(&["list", "to-stdout", "only-verify-crc"]) {
            return self.read(opts.value("file").or_else(|| opts.value("I")).cloned().as_slice());
        }
        if opts.has("pass-through") {
            if let Some(dir) = opts.words.last() {
                return self.unpack(Some(dir.clone()), false);
            }
        } else if opts.has("create") {
            if let Some(file) = opts.value("O").or_else(|| opts.value("file")) {
                let file = std::slice::from_ref(file);
                return if opts.has("append") { self.act(Verb::Modify, &Scope::Whole, file) } else { self.write(file) };
            }
        } else if opts.has("extract") {
            // Names in the archive may be absolute unless the program is told otherwise.
            return self.unpack(opts.value("directory").cloned(), false);
        }
        self.harmless();
    }
}
