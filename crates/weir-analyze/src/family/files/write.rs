//! Programs that write the files that they are told: new ones, or over what is there.

use weir_model::{Effect, GitScope, Scope, Target, TargetKind, Verb};

use super::{Files, Meaning, inside};
use crate::FileKind;
use crate::call::{Arg, Language, Stdin};
use crate::family::options::{Opts, Word};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    let together: fn(&mut Files<'c, 's>, &[Arg]) = match program {
        "tee" => return Some(Meaning::Each(Files::tee)),
        "touch" => return Some(Meaning::Each(Files::touch)),
        "truncate" => return Some(Meaning::Each(Files::truncate)),
        "mkdir" | "mkfifo" => return Some(Meaning::Each(Files::mkdir)),
        "mknod" => Files::mknod,
        "mktemp" => Files::mktemp,
        "dd" | "dcfldd" | "dc3dd" => Files::dd,
        "fallocate" => Files::fallocate,
        "split" => Files::split,
        "csplit" => Files::csplit,
        "sort" => Files::sort,
        "uniq" => Files::uniq,
        "iconv" => Files::iconv,
        "patch" => Files::patch,
        _ => return None,
    };
    Some(Meaning::Together(together))
}

/// Bytes of a patch.
const PATCH_LIMIT: usize = 1024 * 1024;
/// Files that a patch names.
const MOST_PATCHED: usize = 1000;

impl Files<'_, '_> {
    fn tee(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts("a|append i|ignore-interrupts p output-error?", args) else { return };
        if opts.has("append") {
            self.act(Verb::Modify, &Scope::Whole, &opts.words);
        } else {
            self.write(&opts.words);
        }
        if let Stdin::Known(text) = &self.call.stdin {
            for path in opts.words.iter().filter_map(|word| self.path(word)).collect::<Vec<_>>() {
                let world = self.call.world;
                let before = match world.kind(&path) {
                    Some(_) if opts.has("append") => world.read(&path, PATCH_LIMIT).map(String::from_utf8),
                    _ => Some(Ok(String::new())),
                };
                if let Some(Ok(before)) = before {
                    self.say.written(path, format!("{before}{text}"));
                }
            }
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    fn touch(&mut self, args: &[Arg]) {
        let spec = "a c|no-create d|date= f h|no-dereference m r|reference= t= time= A=";
        let Some(opts) = self.opts(spec, args) else { return };
        for word in &opts.words {
            let word = std::slice::from_ref(word);
            let kind = word.first().and_then(|word| self.path(word)).map(|path| self.kind(&path));
            match kind {
                Some(Some(FileKind::Directory)) => self.act(Verb::Modify, &Scope::Files, word),
                Some(Some(_)) => self.act(Verb::Modify, &Scope::Whole, word),
                Some(None) if opts.has("no-create") => {}
                // What is there already keeps its content.
                Some(None) | None => self.act(Verb::Create, &Scope::Whole, word),
            }
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    fn truncate(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts("c|no-create o|io-blocks r|reference= s|size=", args) else { return };
        let size = opts.value("size");
        if opts.words.is_empty() || (size.is_none() && !opts.has("reference") && !opts.may_hide_options()) {
            return self.harmless();
        }
        let grows = size.is_some_and(|word| word.known && word.text.trim_start().starts_with(['+', '>', '%']));
        if grows {
            self.act(Verb::Modify, &Scope::Whole, &opts.words);
        } else {
            self.destroy_content(&opts.words);
        }
    }

    fn mkdir(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts("p|parents m|mode= v|verbose Z context?", args) else { return };
        if opts.words.is_empty() {
            return self.harmless();
        }
        self.act(Verb::Create, &Scope::Whole, &opts.words);
    }

    fn mknod(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts("m|mode= Z context? F=", args) else { return };
        match opts.words.first() {
            Some(node) => self.act(Verb::Create, &Scope::Whole, std::slice::from_ref(node)),
            None => self.harmless(),
        }
    }

    fn mktemp(&mut self, args: &[Arg]) {
        let spec = "d|directory u|dry-run q|quiet p= tmpdir? suffix= t V";
        let Some(opts) = self.opts(spec, args) else { return };
        if opts.any(&["dry-run", "V"]) {
            return self.harmless();
        }
        let temporary = || {
            let dir = self.call.variable("TMPDIR").and_then(|value| match value {
                crate::call::Value::Known(dir) if !dir.is_empty() => Some(dir),
                _ => None,
            });
            Word::text(&dir.unwrap_or_else(|| "/tmp".to_owned()))
        };
        let dir = opts.value("p").or_else(|| opts.value("tmpdir")).cloned();
        let template = opts.words.first().cloned();
        let in_temporary = opts.any(&["t", "tmpdir"]) || template.is_none();
        let name = template.unwrap_or_else(|| Word::text("tmp.XXXXXXXXXX"));
        let word = match dir.or_else(|| in_temporary.then(temporary)) {
            Some(dir) if dir.known && name.known && !name.text.starts_with('/') => {
                Word::text(&inside(&dir.text, &name.text))
            }
            Some(dir) if !dir.known => dir,
            _ => name,
        };
        self.act(Verb::Create, &Scope::Whole, &[word]);
    }

    fn dd(&mut self, args: &[Arg]) {
        if self.opts("", args).is_none() {
            return;
        }
        let operand = |name: &str| args.iter().map(Word::of).filter_map(|word| part(&word, name)).next_back();
        let hidden = args.iter().map(Word::of).find(|word| !word.known && !word.prefix.contains('='));
        let has = |name: &str, flag: &str| {
            operand(name).is_some_and(|word| word.known && word.text.split(',').any(|part| part == flag))
        };
        if let Some(to) = operand("of") {
            let to = std::slice::from_ref(&to);
            if has("oflag", "append") && has("conv", "notrunc") {
                self.act(Verb::Modify, &Scope::Whole, to);
            } else if has("conv", "excl") {
                self.act(Verb::Create, &Scope::Whole, to);
            } else {
                self.write(to);
            }
        } else if let Some(word) = hidden {
            self.opaque(Verb::Modify, &word.source, format!("`{}` may say where it writes", word.source));
        } else {
            self.read(operand("if").as_slice());
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    fn fallocate(&mut self, args: &[Arg]) {
        const SPEC: &str = "c|collapse-range d|dig-holes i|insert-range l|length= n|keep-size o|offset= p|punch-hole \
            v|verbose x|posix z|zero-range w|write-zeroes";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.words.is_empty() {
            return self.harmless();
        }
        if opts.any(&["collapse-range", "punch-hole", "zero-range", "write-zeroes"]) {
            self.act(Verb::Modify, &Scope::Content, &opts.words);
        } else if opts.words.iter().all(|word| self.path(word).is_some_and(|path| self.kind(&path).is_none())) {
            self.act(Verb::Create, &Scope::Whole, &opts.words);
        } else {
            self.act(Verb::Modify, &Scope::Whole, &opts.words);
        }
    }

    fn split(&mut self, args: &[Arg]) {
        const SPEC: &str = "a|suffix-length= additional-suffix= b|bytes= C|line-bytes= d x numeric-suffixes? \
            hex-suffixes? e|elide-empty-files filter= l|lines= n|number= p= t|separator= u|unbuffered verbose";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if let Some(filter) = opts.value("filter") {
            return self.shell(filter);
        }
        let suffix = if opts.any(&["d", "x", "numeric-suffixes", "hex-suffixes"]) { "00" } else { "aa" };
        self.pieces(opts.words.get(1).cloned().unwrap_or_else(|| Word::text("x")), suffix);
    }

    fn csplit(&mut self, args: &[Arg]) {
        const SPEC: &str = "b|suffix-format= f|prefix= k|keep-files n|digits= s|q|quiet|silent z|elide-empty-files \
            suppress-matched";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.words.is_empty() {
            return self.harmless();
        }
        self.pieces(opts.value("prefix").cloned().unwrap_or_else(|| Word::text("xx")), "00");
    }

    /// The first of the files that a program splits its input into.
    fn pieces(&mut self, prefix: Word, suffix: &str) {
        let word = if prefix.known { Word::text(&format!("{}{suffix}", prefix.text)) } else { prefix };
        self.write(&[word]);
    }

    /// A word that is a command for a shell.
    pub(super) fn shell(&mut self, command: &Word) {
        if command.known {
            self.say.code(Language::Shell, &command.text, &[], self.program);
        } else {
            self.opaque_code(&command.source);
        }
    }

    fn sort(&mut self, args: &[Arg]) {
        const SPEC: &str = "b d f g i M h n R r V c|check? C m k|key= o|output= s S|buffer-size= t|field-separator= \
            T|temporary-directory= u|unique z batch-size= compress-program= debug files0-from= parallel= \
            random-source= sort= ignore-case reverse numeric-sort stable merge zero-terminated version-sort";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if let Some(program) = opts.value("compress-program") {
            self.say.command(vec![argument(program)], "sort");
        }
        match opts.value("output") {
            Some(to) if !opts.any(&["check", "C"]) => self.write(std::slice::from_ref(to)),
            _ => self.read(&opts.words),
        }
    }

    fn uniq(&mut self, args: &[Arg]) {
        const SPEC: &str = "c|count d|repeated D all-repeated? f|skip-fields= group? i|ignore-case s|skip-chars= \
            u|unique z|zero-terminated w|check-chars=";
        let Some(opts) = self.opts(SPEC, args) else { return };
        match opts.words.as_slice() {
            [_, to, ..] if to.text != "-" => self.write(std::slice::from_ref(to)),
            words => self.read(words),
        }
    }

    fn iconv(&mut self, args: &[Arg]) {
        let spec = "f|from-code= t|to-code= l|list c o|output= s|silent verbose";
        let Some(opts) = self.opts(spec, args) else { return };
        match opts.value("output") {
            Some(to) if to.text != "-" => self.write(std::slice::from_ref(to)),
            _ => self.read(&opts.words),
        }
    }

    fn patch(&mut self, args: &[Arg]) {
        const SPEC: &str = "b|backup B|prefix= c|context C|check d|directory= D|ifdef= dry-run e|ed E|remove-empty-files \
            f|force F|fuzz= g|get= i|input= l|ignore-whitespace merge? n|normal N|forward o|output= p|strip= \
            posix quoting-style= r|reject-file= R|reverse read-only= s|quiet|silent t|batch T|set-time u|unified \
            v verbose V|version-control= x|debug= Y|basename-prefix= z|suffix= Z|set-utc";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.any(&["dry-run", "check", "v"]) {
            return self.harmless();
        }
        if let Some(to) = opts.value("output") {
            return if to.text == "-" { self.harmless() } else { self.write(std::slice::from_ref(to)) };
        }
        let dir = opts.value("directory").cloned();
        let below = |word: Word| match &dir {
            Some(dir) if dir.known && word.known && !word.text.starts_with('/') => {
                Word::text(&inside(&dir.text, &word.text))
            }
            Some(dir) if !dir.known => dir.clone(),
            _ => word,
        };
        if let Some(file) = opts.words.first() {
            return self.act(Verb::Modify, &Scope::Whole, &[below(file.clone())]);
        }
        if opts.value("input").is_none() && self.call.stdin.undoes_changes(opts.has("reverse")) {
            let dir = dir.unwrap_or_else(|| Word::text("."));
            let target =
                Target::new(TargetKind::GitWorktree, dir.source.clone()).at(self.path(&dir).into_iter().collect());
            let scope = GitScope::Changes { pathspecs: Vec::new(), staged: false, worktree: true, to: None };
            return self.emit(Effect::new(Verb::Delete, target).within(Scope::Git(scope)));
        }
        let text = match opts.value("input").map(|word| below(word.clone())) {
            Some(input) if input.text != "-" => {
                let read = self.path(&input).and_then(|path| self.call.world.read(&path, PATCH_LIMIT));
                read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => match &self.call.stdin {
                Stdin::Known(text) => Some(text.clone()),
                _ => None,
            },
        };
        let files = text.map(|text| patched(&text, &opts)).unwrap_or_default();
        if files.is_empty() {
            let dir = dir.unwrap_or_else(|| Word::text("."));
            self.act(Verb::Modify, &Scope::Whole, &[dir]);
        } else {
            let files: Vec<Word> = files.iter().map(|file| below(Word::text(file))).collect();
            self.act(Verb::Modify, &Scope::Whole, &files);
        }
    }
}

/// The files that a unified patch changes. Empty where it is none, or names too many.
fn patched(text: &str, opts: &Opts) -> Vec<String> {
    let strip = opts.value("strip").and_then(|word| word.text.parse::<usize>().ok());
    let mut files = Vec::new();
    let mut old = "";
    for line in text.lines() {
        let name = |rest: &'_ str| rest.split('\t').next().unwrap_or(rest).trim().len();
        if let Some(rest) = line.strip_prefix("--- ") {
            old = rest.get(..name(rest)).unwrap_or(rest);
        } else if let Some(rest) = line.strip_prefix("+++ ") {
            let new = rest.get(..name(rest)).unwrap_or(rest);
            let file = if new == "/dev/null" { old } else { new };
            // Without `-p` only the last component counts.
            let strip = strip.unwrap_or_else(|| file.matches('/').count());
            let file: Vec<&str> = file.split('/').skip(strip).collect();
            if !file.is_empty() && files.len() < MOST_PATCHED {
                files.push(file.join("/"));
            } else {
                return Vec::new();
            }
        }
    }
    files
}

/// The value of an operand such as `of=FILE`.
fn part(word: &Word, name: &str) -> Option<Word> {
    let value = |text: &str| text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map(str::to_owned);
    if word.known {
        return value(&word.text).map(|text| Word { source: text.clone(), text, ..word.clone() });
    }
    let source = value(&word.source).unwrap_or_else(|| word.source.clone());
    value(&word.prefix).map(|prefix| Word { prefix, text: source.clone(), source, ..word.clone() })
}

/// A word as an argument of another command.
pub(super) fn argument(word: &Word) -> Arg {
    use crate::call::Value;
    let value = match (word.known, word.prefix.is_empty()) {
        (true, _) => Value::Known(word.text.clone()),
        (false, false) => Value::Prefix(word.prefix.clone()),
        (false, true) => Value::Unknown,
    };
    Arg { globbed: word.globbed, ..Arg::new(value, word.source.clone()) }
}
