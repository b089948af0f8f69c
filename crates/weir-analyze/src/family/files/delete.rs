//! Programs that delete, and those that move to the trash.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::{Files, Meaning, Place, pattern};
use crate::FileKind;
use crate::call::Arg;
use crate::family::options::{Opts, Word};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    Some(Meaning::Each(match program {
        "rm" | "srm" => Files::rm,
        "rmdir" => Files::rmdir,
        "unlink" => Files::unlink,
        "shred" => Files::shred,
        "wipe" => Files::wipe,
        "rimraf" | "del" | "del-cli" => Files::rimraf,
        "shx" | "shelljs" => Files::shx,
        "trash" | "trash-put" | "trash-cli" | "rmtrash" | "gvfs-trash" => Files::trash,
        "gio" => Files::gio,
        "trash-empty" | "trash-rm" | "empty-trash" | "empty-trash-cli" => Files::empty_trash,
        "trash-list" | "trash-restore" | "restore-trash" => Files::trash_list,
        _ => return None,
    }))
}

/// Directories whose parents are named one by one, and parents of each.
const MOST_PARENTS: usize = 64;

impl Files<'_, '_> {
    fn rm(&mut self, args: &[Arg]) {
        const SPEC: &str = "f|force i I interactive? r|R|recursive d|dir v|verbose one-file-system no-preserve-root \
            preserve-root? P W x s|simple m|medium z|zero n|nounlink";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.words.is_empty() {
            return self.harmless();
        }
        // A word that is not known may be `-r`.
        let recursive = opts.has("recursive") || opts.may_hide_options();
        if !recursive && opts.has("dir") {
            let (dirs, files): (Vec<Word>, Vec<Word>) = opts.words.into_iter().partition(|word| self.is_dir(word));
            self.act(Verb::Delete, &Scope::Files, &files);
            return self.act(Verb::Delete, &Scope::EmptyDirectories, &dirs);
        }
        if self.program == "srm" {
            self.destroy_content(&opts.words);
        }
        self.act(Verb::Delete, if recursive { &Scope::Whole } else { &Scope::Files }, &opts.words);
    }

    fn rmdir(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts("p|parents v|verbose ignore-fail-on-non-empty", args) else { return };
        if opts.words.is_empty() {
            return self.harmless();
        }
        let mut words = opts.words.clone();
        if opts.has("parents") {
            for word in opts.words.iter().filter(|word| word.known).take(MOST_PARENTS) {
                let mut text = word.text.trim_end_matches('/');
                for _ in 0..MOST_PARENTS {
                    let Some((parent, _)) = text.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) else {
                        break;
                    };
                    text = parent;
                    words.push(Word { text: parent.to_owned(), ..word.clone() });
                }
            }
        }
        self.act(Verb::Delete, &Scope::EmptyDirectories, &words);
    }

    fn unlink(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts("", args) else { return };
        if opts.words.is_empty() {
            return self.harmless();
        }
        self.act(Verb::Delete, &Scope::Files, &opts.words);
    }

    fn shred(&mut self, args: &[Arg]) {
        const SPEC: &str = "f|force n|iterations= random-source= s|size= u remove? v|verbose x|exact z|zero";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let words: Vec<Word> = opts.words.iter().filter(|word| word.text != "-").cloned().collect();
        if words.is_empty() {
            return self.harmless();
        }
        // Nobody shreds what is to be kept: with the name or without, the content is gone, under every name of the file.
        self.destroy_content(&words);
        self.act(Verb::Delete, &Scope::Files, &words);
    }

    /// Content that is lost, also where only the directory of the files is known.
    pub(super) fn destroy_content(&mut self, words: &[Word]) {
        for word in words {
            if let Place::Below { dir, name } = self.place(word) {
                let target = Target::new(TargetKind::FileTree, name).at(vec![dir]);
                let scope = Scope::Filtered { filter: word.source.clone() };
                self.emit(Effect::new(Verb::Modify, target).within(scope));
            } else {
                self.act(Verb::Modify, &Scope::Content, std::slice::from_ref(word));
            }
        }
    }

    fn wipe(&mut self, args: &[Arg]) {
        const SPEC: &str = "f r c i I s q Q= S= C= l= o= P= X= b= R= k F D Z B T= n v";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.words.is_empty() {
            return self.harmless();
        }
        if opts.has("k") {
            self.destroy_content(&opts.words);
        } else {
            let scope = if opts.has("r") || opts.may_hide_options() { Scope::Whole } else { Scope::Files };
            self.destroy_content(&opts.words);
            self.act(Verb::Delete, &scope, &opts.words);
        }
    }

    /// The npm programs that delete: they expand patterns themselves, and are always recursive.
    fn rimraf(&mut self, args: &[Arg]) {
        const SPEC: &str = "preserve-root no-preserve-root G no-glob g|glob? v|verbose V no-verbose i|interactive I \
            impl= t|tmp= r|max-retries= d|retry-delay= backoff= f|force n|dry-run h";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.words.is_empty() || opts.any(&["dry-run", "h"]) {
            return self.harmless();
        }
        let words: Vec<Word> = opts.words.into_iter().filter(|word| !word.text.starts_with('!')).map(pattern).collect();
        self.act(Verb::Delete, &Scope::Whole, &words);
    }

    /// `shx rm -rf X` is `rm -rf X` for systems that have none; it expands patterns itself.
    fn shx(&mut self, args: &[Arg]) {
        let at =
            args.iter().position(|arg| !arg.text().is_some_and(|text| text.starts_with('-'))).unwrap_or(args.len());
        let inner = args.get(at..).unwrap_or_default();
        let Some((command, rest)) = inner.split_first() else {
            return self.harmless();
        };
        if command.text() == Some("rm") {
            let Some(opts) = self.opts("f|force i r|R|recursive d v", rest) else { return };
            let recursive = opts.has("recursive") || opts.may_hide_options();
            let words: Vec<Word> = opts.words.into_iter().map(pattern).collect();
            return self.act(Verb::Delete, if recursive { &Scope::Whole } else { &Scope::Files }, &words);
        }
        self.say.command(inner.to_vec(), "shx");
    }

    fn trash(&mut self, args: &[Arg]) {
        const SPEC: &str = "r|R|recursive f|force v|verbose i|interactive d|directory F e|empty l|list s S y|skip a \
            trash-dir= c|config h empty-secure undelete";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.any(&["empty", "s"]) {
            return self.empty();
        }
        self.put_in_trash(&opts);
    }

    fn put_in_trash(&mut self, opts: &Opts) {
        if opts.words.is_empty() || opts.any(&["list", "h"]) {
            return self.harmless();
        }
        match trash_can(self) {
            Some((_, to)) => self.moved(&opts.words, &to),
            None => self.act(Verb::Modify, &Scope::Whole, &opts.words),
        }
    }

    /// Each of `words` goes into the directory `to`.
    fn moved(&mut self, words: &[Word], to: &std::path::Path) {
        for words in words.chunk_by(|one, other| one.source == other.source) {
            let to = match words {
                [one] => self.path(one).and_then(|path| path.file_name().map(|name| to.join(name))),
                _ => None,
            }
            .unwrap_or_else(|| to.to_owned());
            self.act(Verb::Modify, &Scope::Moved { to }, words);
        }
    }

    fn gio(&mut self, args: &[Arg]) {
        let Some((command, rest)) = args.split_first() else {
            return self.harmless();
        };
        match command.text() {
            Some("trash") => {
                let Some(opts) = self.opts("f|force empty list restore", rest) else { return };
                if opts.has("empty") { self.empty() } else { self.put_in_trash(&opts) }
            }
            Some("remove") => {
                let Some(opts) = self.opts("f|force", rest) else { return };
                self.act(Verb::Delete, &Scope::Files, &opts.words);
            }
            Some("move" | "rename") => self.mv(rest),
            Some("copy") => self.cp(rest),
            Some("save") => {
                let Some(opts) = self.opts("b|backup c|create a|append p|private u|unlink v|verbose e|etag=", rest)
                else {
                    return;
                };
                if opts.has("append") {
                    self.act(Verb::Modify, &Scope::Whole, &opts.words);
                } else {
                    self.write(&opts.words);
                }
            }
            Some("mkdir") => {
                let Some(opts) = self.opts("p|parent", rest) else { return };
                self.act(Verb::Create, &Scope::Whole, &opts.words);
            }
            Some(_) => self.harmless(),
            None => self.opaque_code(&command.source),
        }
    }

    fn empty_trash(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts("f all-users trash-dir= print-time v|verbose i|interactive dry-run", args) else {
            return;
        };
        if opts.has("dry-run") {
            return self.harmless();
        }
        if let Some(dir) = opts.value("trash-dir") {
            return self.act(Verb::Delete, &Scope::Whole, std::slice::from_ref(dir));
        }
        let filter: Vec<&str> = opts.words.iter().map(|word| word.source.as_str()).collect();
        match trash_can(self) {
            Some((name, to)) if self.program == "trash-rm" && !filter.is_empty() => {
                let target = Target::new(TargetKind::FileTree, name).at(vec![to]);
                self.emit(Effect::new(Verb::Delete, target).within(Scope::Filtered { filter: filter.join(" ") }));
            }
            _ if self.program == "trash-rm" => self.harmless(),
            Some((name, to)) if !filter.is_empty() => {
                let target = Target::new(TargetKind::FileTree, name).at(vec![to]);
                let filter = format!("older than {} days", filter.join(" "));
                self.emit(Effect::new(Verb::Delete, target).within(Scope::Filtered { filter }));
            }
            _ => self.empty(),
        }
    }

    fn empty(&mut self) {
        if let Some((name, to)) = trash_can(self) {
            self.emit(Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, name).at(vec![to])));
        } else {
            self.opaque(Verb::Delete, "the trash", "where the trash is, is not known".to_owned());
        }
    }

    fn trash_list(&mut self, args: &[Arg]) {
        if self.program == "trash-list" {
            return self.harmless();
        }
        // What is restored goes where it was; trash programs refuse to replace what is there unless told to.
        let Some(opts) = self.opts("overwrite sort= trash-dir=", args) else { return };
        let here = [Word::text(".")];
        let words = if opts.words.is_empty() { &here[..] } else { &opts.words };
        self.act(if opts.has("overwrite") { Verb::Modify } else { Verb::Create }, &Scope::Whole, words);
    }
}

/// The trash of the person, its name for people first.
fn trash_can(files: &Files<'_, '_>) -> Option<(&'static str, std::path::PathBuf)> {
    let home = files.call.world.home(None)?;
    let mac = home.join(".Trash");
    if files.call.world.kind(&mac) == Some(FileKind::Directory) {
        Some(("~/.Trash", mac))
    } else {
        Some(("~/.local/share/Trash/files", home.join(".local/share/Trash/files")))
    }
}
