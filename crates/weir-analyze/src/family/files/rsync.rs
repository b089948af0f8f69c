//! `rsync`: what it deletes at its destination, and what leaves the machine.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::{Files, Meaning, Place, base, inside};
use crate::call::Arg;
use crate::family::options::{Opts, Word};
use crate::secrets::Carries;

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    matches!(program, "rsync" | "openrsync").then_some(Meaning::Together(Files::rsync))
}

const SPEC: &str = "v|verbose info= debug= stderr= q|quiet no-motd c|checksum a|archive r|recursive R|relative \
    no-implied-dirs b|backup backup-dir= suffix= u|update inplace append append-verify d|dirs old-dirs mkpath \
    l|links L|copy-links copy-unsafe-links safe-links munge-links k|copy-dirlinks K|keep-dirlinks H|hard-links \
    p|perms E|executability chmod= A|acls X|xattrs o|owner g|group devices specials D t|times U|atimes open-noatime \
    N|crtimes O|omit-dir-times J|omit-link-times super fake-super S|sparse preallocate write-devices copy-devices \
    n|dry-run W|whole-file checksum-choice|cc= x|one-file-system B|block-size= e|rsh= rsync-path= existing \
    ignore-non-existing ignore-existing remove-source-files remove-sent-files del delete delete-before delete-during \
    delete-delay delete-after delete-excluded delete-missing-args ignore-missing-args ignore-errors force \
    max-delete= max-size= min-size= max-alloc= partial partial-dir= delay-updates m|prune-empty-dirs numeric-ids \
    usermap= groupmap= chown= timeout= contimeout= I|ignore-times size-only modify-window= @= T|temp-dir= y|fuzzy \
    compare-dest= copy-dest= link-dest= z|compress zc|compress-choice= zl|compress-level= skip-compress= \
    C|cvs-exclude f|filter= F exclude= exclude-from= include= include-from= files-from= 0|from0 old-args \
    s|secluded-args|protect-args trust-sender copy-as= address= port= sockopts= blocking-io outbuf= stats \
    8|8-bit-output h|human-readable progress P i|itemize-changes M|remote-option= out-format= log-file= \
    log-file-format= password-file= early-input= list-only bwlimit= stop-after= stop-at= fsync write-batch= \
    only-write-batch= read-batch= protocol= iconv= checksum-seed= 4|ipv4 6|ipv6 daemon server no-r no-whole-file";

const DELETES: &[&str] = &[
    "del",
    "delete",
    "delete-before",
    "delete-during",
    "delete-delay",
    "delete-after",
    "delete-excluded",
    "delete-missing-args",
];

impl Files<'_, '_> {
    fn rsync(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts(SPEC, args) else { return };
        self.transport(&opts);
        if let Some(log) = opts.value("log-file") {
            self.act(Verb::Modify, &Scope::Whole, std::slice::from_ref(log));
        }
        for batch in opts.values("write-batch").chain(opts.values("only-write-batch")) {
            self.write(std::slice::from_ref(batch));
        }
        let Some((to, sources)) = opts.words.split_last().filter(|(_, sources)| !sources.is_empty()) else {
            return self.read(&opts.words);
        };
        if opts.any(&["dry-run", "list-only", "only-write-batch"]) {
            return self.read(sources);
        }
        for host in sources.iter().filter_map(remote) {
            self.emit(Effect::new(Verb::Read, Target::new(TargetKind::Host, host)));
        }
        let there = remote(to);
        if let Some(host) = &there {
            self.emit(Effect::new(Verb::Send, Target::new(TargetKind::Host, host.clone())));
            for source in sources.iter().filter(|source| remote(source).is_none()) {
                let secrets = crate::secrets::of_tree(self.call, &source.text).into_iter().collect::<Vec<_>>();
                for effect in crate::secrets::leaving(self.call, &secrets, Carries::Data, None, &[]) {
                    self.emit(effect);
                }
            }
            self.read(sources);
        } else {
            self.arrive(&opts, sources, to);
        }
        if opts.any(DELETES) && opts.value("max-delete").is_none_or(|most| most.text != "0") {
            self.clear(&opts, sources, to, there.is_some());
        }
        if opts.any(&["remove-source-files", "remove-sent-files"]) {
            let own: Vec<Word> = sources.iter().filter(|word| remote(word).is_none()).cloned().collect();
            match self.path(to).filter(|_| there.is_none()) {
                Some(to) => self.act(Verb::Modify, &Scope::Moved { to }, &own),
                None => self.filtered(Verb::Delete, &own, "files that were sent"),
            }
        }
    }

    /// What comes to be at a destination on this machine.
    fn arrive(&mut self, opts: &Opts, sources: &[Word], to: &Word) {
        let one_file = match sources {
            [one] => {
                remote(one).is_none()
                    && self.path(one).is_some_and(|path| self.kind(&path) == Some(crate::FileKind::File))
            }
            _ => false,
        };
        let dir = self.is_dir(to) || to.text.ends_with('/');
        match sources {
            [one] if one_file => {
                let file = if dir && to.known && one.known {
                    Word::text(&inside(&to.text, base(&one.text)))
                } else {
                    to.clone()
                };
                if opts.any(&["ignore-existing", "backup"]) {
                    self.act(Verb::Create, &Scope::Whole, &[file]);
                } else {
                    self.write(&[file]);
                }
            }
            _ => self.unpack(Some(to.clone()), opts.has("ignore-existing")),
        }
    }

    /// What `--delete` takes away: whatever the source does not have.
    fn clear(&mut self, opts: &Opts, sources: &[Word], to: &Word, elsewhere: bool) {
        let kept = opts.has("backup");
        for source in sources {
            let name = source.text.rsplit(':').next().unwrap_or_default();
            // Without a slash at its end the source itself, under its name, is what is made alike.
            let own = source.known && !opts.has("relative") && !name.ends_with('/');
            let own = own && !matches!(base(name), "." | ".." | "");
            let place = if own && to.known { Word::text(&inside(&to.text, base(name))) } else { to.clone() };
            let filter = format!("not in {}", source.source);
            let verb = if kept { Verb::Modify } else { Verb::Delete };
            if elsewhere {
                let target = Target::new(TargetKind::FileTree, place.source);
                self.emit(Effect::new(verb, target).within(Scope::Filtered { filter }));
            } else {
                self.filtered(verb, &[place], &filter);
            }
        }
    }

    /// An effect on what a filter lets through below each of `words`.
    pub(super) fn filtered(&mut self, verb: Verb, words: &[Word], filter: &str) {
        for word in words {
            match self.place(word) {
                Place::At(path) => {
                    let target = Target::new(TargetKind::FileTree, word.source.clone()).at(vec![path]);
                    self.emit(Effect::new(verb, target).within(Scope::Filtered { filter: filter.to_owned() }));
                }
                _ => self.act(verb, &Scope::Whole, std::slice::from_ref(word)),
            }
        }
    }

    /// The commands by which it reaches another machine, and which it runs there.
    fn transport(&mut self, opts: &Opts) {
        for shell in opts.values("rsh") {
            let plain = matches!(base(shell.text.split_whitespace().next().unwrap_or_default()), "ssh" | "rsh");
            // The options of `ssh` may name a command of this machine.
            if !(plain && shell.known && !shell.text.to_ascii_lowercase().contains("command")) {
                if plain && !shell.known && shell.prefix.starts_with("ssh") {
                    continue;
                }
                self.shell(shell);
            }
        }
        for program in opts.values("rsync-path") {
            let words: Vec<Arg> = program.text.split_whitespace().map(Arg::known).collect();
            let simple = program.known && !program.text.contains([';', '&', '|', '`', '$', '<', '>', '(', '\n']);
            if !simple {
                self.opaque_code(&program.source);
            } else if words.last().and_then(Arg::text).is_none_or(|last| base(last) != "rsync") {
                self.say.elsewhere(words, "rsync");
            }
        }
    }
}

/// The machine that a word names: `HOST:PATH`, `HOST::MODULE`, `rsync://HOST/`.
fn remote(word: &Word) -> Option<String> {
    let text = if word.known {
        word.text.as_str()
    } else if word.prefix.contains(':') {
        word.prefix.as_str()
    } else {
        // The colon of `$HOST:/srv` is written, that of `${DIR:-x}` is not one of the path.
        word.source.trim_matches('"')
    };
    if let Some(rest) = text.strip_prefix("rsync://") {
        return Some(rest.split('/').next().unwrap_or(rest).to_owned());
    }
    let mut depth = 0usize;
    let colon = text.find(|letter| {
        match letter {
            '{' | '(' => depth = depth.saturating_add(1),
            '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(letter, ':' | '/')
    })?;
    let host = text.get(..colon).filter(|host| !host.is_empty())?;
    let colon = text.get(colon..).is_some_and(|rest| rest.starts_with(':'));
    colon.then(|| host.rsplit('@').next().unwrap_or(host).to_owned())
}
