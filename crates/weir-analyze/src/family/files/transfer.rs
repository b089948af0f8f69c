//! Programs that bring files to another name or place: what they move, make, and overwrite there.

use std::path::{Path, PathBuf};

use weir_model::{Scope, Verb};

use super::{Files, Meaning, Place, Special, base, inside, special};
use crate::FileKind;
use crate::call::{Arg, Language, Same};
use crate::family::options::{Opts, Word};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    Some(Meaning::Together(match program {
        "mv" => Files::mv,
        "cp" => Files::cp,
        "ln" => Files::ln,
        "install" => Files::install,
        "rename" | "prename" | "perl-rename" | "file-rename" | "rename.ul" => Files::rename,
        _ => return None,
    }))
}

/// Entries of a directory tree that are compared with what stands where it is copied to.
const MOST_COMPARED: usize = 512;
/// Entries of one directory that are listed for it.
const MOST_LISTED: usize = 1024;

/// Where a program takes its operands.
struct Way {
    sources: Vec<Word>,
    to: Word,
    /// They go into the directory `to` under their own names.
    into: bool,
    /// They keep the directories that are in their names.
    parents: bool,
}

impl Way {
    /// Each source with the word for where it arrives. What comes out of one glob shares the name of its destination.
    fn landings(&self) -> Vec<(Word, Word)> {
        let mut out = Vec::with_capacity(self.sources.len());
        for group in self.sources.chunk_by(|one, other| one.source == other.source) {
            for source in group {
                let landing = if !self.into {
                    self.to.clone()
                } else if source.known {
                    let name = if self.parents { source.text.trim_matches('/') } else { base(&source.text) };
                    // `cp -r src/. DIR` copies what is in it.
                    let own = !matches!(name, "." | ".." | "");
                    let label = if group.len() > 1 { base(&source.source) } else { name };
                    let join = |dir: &str, name: &str| if own { inside(dir, name) } else { dir.to_owned() };
                    let mut word = self.to.clone();
                    word.source = join(&self.to.source, label);
                    if self.to.known {
                        word.text = join(&self.to.text, name);
                    }
                    word
                } else if self.to.known {
                    // Something of the directory, nobody knows what.
                    Word {
                        known: false,
                        prefix: inside(&self.to.text, ""),
                        source: inside(&self.to.source, base(&source.source)),
                        ..self.to.clone()
                    }
                } else {
                    self.to.clone()
                };
                out.push((source.clone(), landing));
            }
        }
        out
    }
}

impl Files<'_, '_> {
    /// Sources and destination by `-t`, `-T`, or the last operand. `None` where the program would complain.
    fn way(&self, opts: &Opts, keep_link: bool) -> Option<Way> {
        if let Some(to) = opts.value("target-directory") {
            return Some(Way { sources: opts.words.clone(), to: to.clone(), into: true, parents: opts.has("parents") });
        }
        let (to, sources) = opts.words.split_last()?;
        if sources.is_empty() {
            return None;
        }
        let link = || self.path(to).is_some_and(|path| self.call.world.kind(&path) == Some(FileKind::Symlink));
        let dir = to.text.ends_with('/') || (self.is_dir(to) && !(keep_link && link()));
        let into = !opts.has("no-target-directory") && (sources.len() > 1 || dir);
        Some(Way { sources: sources.to_vec(), to: to.clone(), into, parents: opts.has("parents") })
    }

    pub(super) fn mv(&mut self, args: &[Arg]) {
        const SPEC: &str = "b backup? f|force i|interactive n|no-clobber no-copy strip-trailing-slashes S|suffix= \
            t|target-directory= T|no-target-directory u update? v|verbose Z|context exchange debug h";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let Some(way) = self.way(&opts, opts.has("h")) else {
            return self.harmless();
        };
        // `mv X /dev/null` is how people who mean to destroy X spell it.
        if self.path(&way.to).is_some_and(|path| special(&path) == Special::Stream) {
            self.act(Verb::Delete, &Scope::Files, &way.sources);
            // Who may, puts them in the place of the device.
            return self.act(Verb::Delete, &Scope::Files, std::slice::from_ref(&way.to));
        }
        let landings = way.landings();
        for group in landings.chunk_by(|(one, _), (other, _)| one.source == other.source) {
            let sources: Vec<Word> = group.iter().map(|(source, _)| source.clone()).collect();
            let to = match group {
                [(_, landing)] => self.somewhere(landing),
                _ => self.somewhere(&way.to),
            };
            match to {
                Some(to) => self.act(Verb::Modify, &Scope::Moved { to }, &sources),
                // Said once below, as what is overwritten.
                None => self.act(Verb::Modify, &Scope::Whole, &sources),
            }
        }
        let arrived: Vec<Word> = landings.iter().map(|(_, landing)| landing.clone()).collect();
        self.overwrite(&opts, &arrived, false);
        self.lead(&landings, Same::Moved);
    }

    /// What has arrived is what was at the sources.
    fn lead(&mut self, landings: &[(Word, Word)], how: Same) {
        for (source, landing) in landings {
            if let (Some(source), Some(landing)) = (self.path(source), self.path(landing))
                && source != landing
            {
                self.say.same(landing, source, how);
            }
        }
    }

    /// The path of a word, or the directory in which it is somewhere.
    fn somewhere(&self, word: &Word) -> Option<PathBuf> {
        match self.place(word) {
            Place::At(path) => Some(path),
            Place::Below { dir, .. } => Some(dir),
            Place::Unknown(_) => None,
        }
    }

    /// What `words` name is replaced, where it is there. With `create`, what is not there is made.
    fn overwrite(&mut self, opts: &Opts, words: &[Word], create: bool) {
        // The last of these wins; `cp -n` holds against `-f`.
        let asked: &[&str] =
            if create { &["interactive", "no-clobber"] } else { &["force", "interactive", "no-clobber"] };
        let last = opts.set.iter().rev().find(|(name, _)| asked.contains(&name.as_str()));
        let spared = last.is_some_and(|(name, _)| name == "no-clobber");
        let skips = opts.value("update").is_some_and(|word| word.text.starts_with("none"));
        let off = opts.value("backup").is_some_and(|word| matches!(word.text.as_str(), "none" | "off"));
        // A suffix alone asks for backups too.
        let backup = opts.any(&["b", "backup", "suffix"]) && !off;
        let numbered =
            opts.value("backup").is_some_and(|word| word.text.starts_with('n') || word.text.starts_with('t'));
        let suffix = opts.value("suffix").filter(|word| word.known).map_or("~", |word| word.text.as_str());
        for group in words.chunk_by(|one, other| one.source == other.source) {
            let (mut new, mut lost) = (Vec::new(), Vec::new());
            for word in group {
                let Some(path) = self.path(word) else {
                    lost.push(word.clone());
                    continue;
                };
                match (special(&path), self.kind(&path)) {
                    (Special::Stream, _) | (_, Some(FileKind::Directory)) => {}
                    (Special::Device, _) | (Special::File, Some(_)) => lost.push(word.clone()),
                    (Special::File, None) => new.push(word.clone()),
                }
            }
            if create {
                self.act(Verb::Create, &Scope::Whole, &new);
            }
            if spared || skips {
                continue;
            }
            if !backup {
                self.act(Verb::Modify, &Scope::Content, &lost);
                continue;
            }
            for word in lost {
                let to = self.path(&word).map(|path| {
                    let mut name = path.into_os_string();
                    name.push(if numbered { ".~1~" } else { suffix });
                    PathBuf::from(name)
                });
                let scope = to.map_or(Scope::Content, |to| Scope::Moved { to });
                self.act(Verb::Modify, &scope, std::slice::from_ref(&word));
            }
        }
    }

    pub(super) fn cp(&mut self, args: &[Arg]) {
        const SPEC: &str = "a|archive attributes-only b backup? copy-contents d f|force i|interactive H l|link \
            L|dereference n|no-clobber P|no-dereference p preserve? no-preserve= parents r|R|recursive reflink? \
            remove-destination sparse= strip-trailing-slashes s|symbolic-link S|suffix= t|target-directory= \
            T|no-target-directory u update? v|verbose x|one-file-system Z context? c X debug keep-directory-symlink";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let Some(way) = self.way(&opts, false) else {
            return self.harmless();
        };
        let recursive = opts.any(&["archive", "recursive"]) || opts.may_hide_options();
        let landings = way.landings();
        let mut arrived = Vec::new();
        for (source, landing) in landings {
            let tree = self.is_dir(&source);
            if tree && !recursive {
                continue;
            }
            if tree && self.is_dir(&landing) {
                self.merge(&opts, &source, &landing);
            } else {
                arrived.push(landing);
            }
        }
        if arrived.is_empty() && self.said.is_empty() {
            return self.read(&way.sources);
        }
        self.overwrite(&opts, &arrived, true);
        let how = if opts.has("symbolic-link") { Same::Link } else { Same::Copy };
        self.lead(&way.landings(), how);
        if self.said.is_empty() {
            self.read(&way.sources);
        }
    }

    /// A directory is copied over one that is there: files of the same name are lost.
    fn merge(&mut self, opts: &Opts, source: &Word, landing: &Word) {
        self.act(Verb::Modify, &Scope::Whole, std::slice::from_ref(landing));
        if opts.any(&["no-clobber", "b", "backup", "suffix"]) {
            return;
        }
        let (Some(from), Some(to)) = (self.path(source), self.path(landing)) else { return };
        if from == to {
            return;
        }
        let lost: Vec<Word> = self
            .common(&from, &to)
            .into_iter()
            .map(|path| Word { text: path.to_string_lossy().into_owned(), known: true, ..landing.clone() })
            .collect();
        self.act(Verb::Modify, &Scope::Content, &lost);
    }

    /// The files below `to` that are also below `from`, as far as a bounded look finds them.
    fn common(&mut self, from: &Path, to: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut queue = vec![PathBuf::new()];
        while let Some(below) = queue.pop() {
            for entry in self.call.world.list(&from.join(&below), MOST_LISTED).unwrap_or_default() {
                self.compared = self.compared.saturating_add(1);
                if self.compared > MOST_COMPARED {
                    // Too much to look at: anything there may be lost.
                    return vec![to.to_owned()];
                }
                let below = below.join(&entry.name);
                match self.call.world.kind(&to.join(&below)) {
                    Some(FileKind::Directory) if entry.is_dir => queue.push(below),
                    Some(_) if !entry.is_dir => found.push(to.join(&below)),
                    _ => {}
                }
            }
        }
        found
    }

    fn ln(&mut self, args: &[Arg]) {
        const SPEC: &str = "b backup? d|F|directory f|force i|interactive L|logical n|h|no-dereference P|physical \
            r|relative s|symbolic S|suffix= t|target-directory= T|no-target-directory v|verbose w";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let way = match opts.words.as_slice() {
            [] => return self.harmless(),
            [one] if opts.value("target-directory").is_none() => {
                Some(Way { sources: vec![one.clone()], to: Word::text("."), into: true, parents: false })
            }
            _ => self.way(&opts, opts.has("no-dereference")),
        };
        let Some(way) = way else { return self.harmless() };
        // A backup of what is there implies that it is replaced.
        let force = opts.any(&["force", "interactive", "b", "backup", "suffix"]);
        for (source, landing) in way.landings() {
            let kind = self.path(&landing).map(|path| self.call.world.kind(&path));
            let there = self.path(&landing);
            // A symbolic link is read from where it stands.
            let from = match &there {
                Some(there) if opts.has("symbolic") && !opts.has("relative") && source.known => {
                    there.parent().and_then(|dir| crate::call::locate(self.call.world, Some(dir), &source.text))
                }
                _ => self.path(&source),
            };
            let landing = std::slice::from_ref(&landing);
            match kind {
                // A link that is replaced loses nothing but itself.
                Some(Some(FileKind::Symlink)) if force => self.act(Verb::Modify, &Scope::Files, landing),
                Some(Some(FileKind::Directory)) => {}
                Some(Some(_)) if force => self.overwrite(&opts, landing, false),
                Some(Some(_)) => {}
                Some(None) => self.act(Verb::Create, &Scope::Whole, landing),
                None => self.act(if force { Verb::Modify } else { Verb::Create }, &Scope::Whole, landing),
            }
            let made = matches!(kind, Some(None)) || (force && kind != Some(Some(FileKind::Directory)));
            if let (true, Some(there), Some(from)) = (made, there, from) {
                self.say.same(there, from, Same::Link);
            }
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    fn install(&mut self, args: &[Arg]) {
        const SPEC: &str = "b backup? c C|compare d|directory D f= g|group= m|mode= o|owner= p|preserve-timestamps \
            s|strip strip-program= S|suffix= t|target-directory= T|no-target-directory v|verbose preserve-context Z \
            context? debug";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.has("directory") {
            return self.act(Verb::Create, &Scope::Whole, &opts.words);
        }
        if let Some(program) = opts.value("strip-program") {
            self.say.command(vec![Arg::known(program.text.clone())], "install");
        }
        let Some(way) = self.way(&opts, false) else {
            return self.harmless();
        };
        let landings = way.landings();
        let arrived: Vec<Word> = landings.iter().map(|(_, landing)| landing.clone()).collect();
        self.overwrite(&opts, &arrived, true);
        self.lead(&landings, Same::Copy);
    }

    fn rename(&mut self, args: &[Arg]) {
        const SPEC: &str = "n|nono|no-act v|verbose f|force o|no-overwrite i|interactive s|symlink a|all l|last \
            0|null d|filename|nopath|nofullpath p|path|fullpath u|unicode? E= e= h";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let expressions: Vec<Word> = opts.values("e").chain(opts.values("E")).cloned().collect();
        let (first, files) = match opts.words.split_first() {
            _ if !expressions.is_empty() => (None, opts.words.as_slice()),
            Some((first, rest)) => (Some(first), rest),
            None => return self.harmless(),
        };
        let perl = |word: &Word| {
            let mut letters = word.text.trim_start_matches(['s', 'y', 't', 'r']).chars();
            word.text.contains([';', '(', '$'])
                || (word.text.starts_with(['s', 'y', 't'])
                    && letters.next().is_some_and(|next| !next.is_alphanumeric() && next != '.' && next != '_'))
        };
        if let Some(from) = first.filter(|word| !perl(word) && self.program != "prename") {
            return self.rename_text(&opts, from, files);
        }
        for expression in expressions.iter().chain(first) {
            if !expression.known {
                self.opaque_code(&expression.source);
            } else if !is_substitution(&expression.text) {
                self.say.code(Language::Perl, &expression.text, &[], "rename");
            }
        }
        if opts.any(&["nono", "h"]) {
            return self.harmless();
        }
        // The new names are computed; without `-f` the program refuses those that are taken.
        let scope = if opts.has("force") { Scope::Content } else { Scope::Whole };
        self.act(Verb::Modify, &scope, files);
    }

    /// The `rename FROM TO FILES` of util-linux, which overwrites.
    fn rename_text(&mut self, opts: &Opts, from: &Word, files: &[Word]) {
        let Some((to, files)) = files.split_first() else {
            return self.harmless();
        };
        if opts.any(&["nono", "h"]) {
            return self.harmless();
        }
        for file in files {
            if !(from.known && to.known && file.known) {
                self.act(Verb::Modify, &Scope::Whole, std::slice::from_ref(file));
                continue;
            }
            let (dir, name) = file.text.rsplit_once('/').map_or((None, file.text.as_str()), |(d, n)| (Some(d), n));
            let name = if opts.has("all") {
                name.replace(&from.text, &to.text)
            } else {
                name.replacen(&from.text, &to.text, 1)
            };
            let new = Word::text(&dir.map_or(name.clone(), |dir| inside(dir, &name)));
            if new.text == file.text {
                continue;
            }
            if let Some(to) = self.path(&new) {
                self.act(Verb::Modify, &Scope::Moved { to }, std::slice::from_ref(file));
            } else {
                self.act(Verb::Modify, &Scope::Whole, std::slice::from_ref(file));
            }
            if !opts.has("no-overwrite") {
                self.overwrite(opts, std::slice::from_ref(&new), false);
            }
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }
}

/// Whether this Perl is one `s///`, `y///` or `tr///` that runs nothing.
fn is_substitution(text: &str) -> bool {
    let text = text.trim().trim_end_matches(';');
    let Some(rest) = text.strip_prefix("tr").or_else(|| text.strip_prefix(['s', 'y'])) else {
        return false;
    };
    let Some(mark) = rest.chars().next().filter(|mark| matches!(mark, '/' | '|' | ',' | '#' | '!' | ':' | '@')) else {
        return false;
    };
    let flags = text.rsplit(mark).next().unwrap_or_default();
    rest.matches(mark).count() >= 3
        && flags.chars().all(|flag| "gimsxrcdo".contains(flag))
        && !text.contains([';', '`', '{', '}', '\n'])
}
