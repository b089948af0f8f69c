//! Subcommands that look, and ordinary work.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::grammar::{ADD, ARCHIVE, CLONE, COMMIT, REBASE};
use super::{Git, MOST_ALIASES, MOST_SUBMODULES};
use crate::call::{Arg, GitWork, Much, Secret};
use crate::family::options::{Opts, Word, not_known};

/// Subcommands that look, and ordinary work.
impl Git<'_, '_> {
    pub(super) fn reading(&mut self, name: &str, args: &[Arg]) {
        let spec = match name {
            "grep" => "O|open-files-in-pager? e= f=",
            "fast-export" => "export-marks= import-marks=",
            "ls-remote" => "upload-pack= exec=",
            _ => "output=",
        };
        let opts = Opts::parse(spec, args, false);
        for option in ["upload-pack", "exec", "open-files-in-pager"] {
            if let Some(command) = opts.value(option) {
                self.shell(command, &format!("git {name} --{option}"));
            }
        }
        for option in ["output", "export-marks"] {
            if let Some(file) = opts.value(option) {
                self.write_file(file);
            }
        }
        if name == "ls-remote"
            && let Some(url) = opts.words.first()
        {
            self.transport(url);
        }
        self.read();
    }

    /// `ext::` remotes are commands.
    pub(super) fn transport(&mut self, url: &Word) {
        if let Some(command) = url.text.strip_prefix("ext::") {
            let command = Word { text: command.to_owned(), ..url.clone() };
            self.shell(&command, "git remote ext::");
        }
    }

    pub(super) fn working(&mut self, name: &str, args: &[Arg]) {
        let opts = Opts::parse("n|dry-run x|exec= s|strategy= m|message= F|file=", args, false);
        if opts.help || (matches!(name, "prune-packed" | "quiltimport") && opts.has("dry-run")) {
            return self.read();
        }
        let first = args.first().and_then(Arg::text).unwrap_or_default();
        let looks = matches!(
            (name, first),
            ("commit-graph" | "multi-pack-index", "verify") | ("merge-tree", "--trivial-merge")
        );
        if looks {
            return self.read();
        }
        if matches!(name, "merge" | "cherry-pick" | "replay") {
            self.work(GitWork::Reached);
        }
        match name {
            "merge" | "cherry-pick" | "revert" | "am" => self.moved(!matches!(first, "--abort" | "--quit")),
            "quiltimport" => self.moved(true),
            "citool" | "gui" | "replay" => self.moved(false),
            _ => {}
        }
        let aborts = matches!(name, "merge" | "cherry-pick" | "revert" | "am") && first == "--abort";
        self.modify_with(aborts.then(|| "what was resolved so far is given up".to_owned()));
    }

    pub(super) fn ordinary(&mut self, name: &str, args: &[Arg]) {
        let spec = match name {
            "add" | "stage" => ADD,
            "commit" => COMMIT,
            "apply" => {
                "check stat numstat summary apply index cached 3|3way R|reverse exclude= include= p= C= directory= \
                 whitespace= build-fake-ancestor= z v|verbose reject unidiff-zero"
            }
            "format-patch" => "o|output-directory= stdout n N s v= start-number= suffix= to= cc= in-reply-to= base=",
            "hash-object" => "w t= stdin stdin-paths path= literally no-filters",
            "merge-file" => "p|stdout q L= ours theirs union diff3 zdiff3 marker-size= object-id",
            "symbolic-ref" => "d|delete q|quiet short recurse m=",
            _ => "n|dry-run v|verbose q|quiet ref=",
        };
        let opts = Opts::parse(spec, args, false);
        let first = opts.words.first().map(|word| word.text.as_str()).unwrap_or_default();
        let looks = match name {
            "add" | "stage" | "commit" => opts.has("dry-run"),
            "apply" => opts.any(&["check", "stat", "numstat", "summary"]) && !opts.has("apply"),
            "format-patch" => opts.has("stdout"),
            "hash-object" => !opts.has("w"),
            "merge-file" => opts.any(&["stdout", "object-id"]),
            "symbolic-ref" => !opts.has("delete") && opts.words.len() < 2,
            "rerere" => matches!(first, "status" | "diff" | "remaining"),
            "sparse-checkout" => matches!(first, "list" | "check-rules"),
            "notes" => matches!(first, "" | "list" | "show" | "get-ref") || opts.has("dry-run"),
            "refs" => matches!(first, "" | "verify" | "list" | "exists"),
            _ => false,
        };
        if opts.help || looks {
            return self.read();
        }
        match name {
            "format-patch" => {
                if let Some(dir) = opts.value("output-directory") {
                    self.write_file(dir);
                }
                self.read();
            }
            "merge-file" => match opts.words.first().cloned() {
                Some(file) => self.write_file(&file),
                None => self.read(),
            },
            "commit" => {
                self.modify_with(opts.has("no-verify").then(|| "the commit hooks are skipped".to_owned()));
                let branch = self.branch();
                self.work(GitWork::Committed { branch: branch.clone() });
                self.work(GitWork::Moved { branch, keeps: !(opts.has("amend") || opts.uncertain) });
            }
            "apply" => {
                let files = opts.words.iter().filter(|word| word.text != "-").collect::<Vec<_>>();
                let piped = files.is_empty() && self.call.stdin.undoes_changes(opts.has("reverse"));
                // A process substitution that is applied backwards: what else than the changes would it print?
                let substituted = opts.has("reverse") && files.iter().any(|word| word.text.starts_with("/dev/fd/"));
                if (piped || substituted) && (!opts.has("cached") || opts.has("index")) {
                    self.lose_changes(&[], opts.has("index"), true, None);
                } else {
                    self.modify();
                }
            }
            "add" | "stage" => {
                self.modify();
                let all = ["", ".", ":/", "*"];
                let pathspecs: Vec<String> = opts.words.iter().map(|word| word.text.clone()).collect();
                let whole = pathspecs.iter().all(|spec| all.contains(&spec.as_str()));
                if !opts.any(&["update", "refresh"]) && (!pathspecs.is_empty() || opts.has("all")) {
                    self.work(GitWork::Staged(if whole { Vec::new() } else { pathspecs }));
                }
            }
            "symbolic-ref" => {
                match opts.words.as_slice() {
                    [name] if name.text.starts_with("refs/") => self.delete_refs(std::slice::from_ref(name)),
                    // What it had is not below it any more.
                    [name, to, ..] if name.text.starts_with("refs/") => self.move_ref("", Some(name), Some(to)),
                    _ => self.modify(),
                }
                self.work(GitWork::Meant { branch: None });
            }
            _ => self.modify(),
        }
    }

    pub(super) fn files_out(&mut self, name: &str, args: &[Arg]) {
        let spec = if name == "archive" { ARCHIVE } else { "o|output-directory= s|suffix= q|quiet" };
        let opts = Opts::parse(spec, args, false);
        let out = match name {
            "bundle" if opts.words.first().is_some_and(|word| word.text == "create") => opts.words.get(1),
            "bundle" => None,
            "archive" => opts.value("output"),
            _ => opts.value("output-directory"),
        };
        if let Some(out) = out.filter(|word| word.text != "-" && !opts.help).cloned() {
            self.write_file(&out);
        }
        if let Some(command) = opts.value("exec") {
            self.shell(command, "git archive --exec");
        }
        if name == "bundle" && opts.words.first().is_some_and(|word| word.text == "unbundle") {
            return self.modify();
        }
        self.read();
    }

    pub(super) fn bisect(&mut self, args: &[Arg]) {
        match args.split_first() {
            None => self.read(),
            Some((first, rest)) => match first.text() {
                Some("log" | "view" | "visualize" | "help" | "terms") => self.read(),
                word => {
                    self.modify();
                    self.elsewhere();
                    if word == Some("run") && !rest.is_empty() {
                        self.run_in_place(rest.to_vec(), "git bisect run");
                    }
                }
            },
        }
    }

    /// Runs a command where git runs, which `-C` may have made another directory.
    pub(super) fn run_in_place(&mut self, argv: Vec<Arg>, through: &str) {
        if argv.first().is_none_or(|first| first.text().is_none()) {
            let word = argv.first().map_or_else(|| Word::text("?"), Word::of);
            return self.shell(&word, through);
        }
        if self.dir == self.call.cwd {
            self.say.command(argv, through);
        } else {
            self.say.command_in(argv, self.dir.clone(), through);
        }
    }

    /// Runs shell text where git runs.
    pub(super) fn shell_in_place(&mut self, text: &Word, through: &str) {
        if text.known && self.dir != self.call.cwd {
            let argv = vec![Arg::known("sh"), Arg::known("-c"), Arg::known(text.text.clone())];
            self.say.command_in(argv, self.dir.clone(), through);
        } else {
            self.shell(text, through);
        }
    }

    pub(super) fn rebase(&mut self, args: &[Arg]) {
        let opts = Opts::parse(REBASE, args, false);
        if opts.help || opts.has("show-current-patch") {
            return self.read();
        }
        self.modify_with(opts.has("abort").then(|| "what was rebased so far is given up".to_owned()));
        self.work(GitWork::Reached);
        let branch = match opts.words.as_slice() {
            // Those that lead into what is rebased move along.
            _ if opts.has("update-refs") || self.configured("rebase.updateRefs").is_some() => None,
            [_, branch, ..] if branch.known => Some(branch.text.clone()),
            [_, _, ..] => None,
            _ => self.branch(),
        };
        self.work(GitWork::Moved { branch, keeps: false });
        if let [_, branch, ..] = opts.words.as_slice() {
            self.checked_out(branch);
        }
        for command in opts.values("exec") {
            self.shell_in_place(command, "git rebase --exec");
        }
    }

    pub(super) fn tool(&mut self, name: &str, args: &[Arg]) {
        let opts = Opts::parse("x|extcmd= t|tool= g|gui y|no-prompt d|dir-diff", args, false);
        match opts.value("extcmd") {
            Some(command) => {
                self.read();
                self.shell_in_place(command, &format!("git {name} --extcmd"));
            }
            None if name == "difftool" => self.read(),
            None => self.modify(),
        }
    }

    pub(super) fn hook(&mut self, args: &[Arg]) {
        if args.first().and_then(Arg::text) == Some("run") {
            let hook = args.get(1).map_or_else(|| self.place_name(), |arg| arg.source.clone());
            let target = self.target(TargetKind::GitRepository, hook);
            self.emit(Effect::new(Verb::Execute, target));
        } else {
            self.read();
        }
    }

    pub(super) fn for_each_repo(&mut self, args: &[Arg]) {
        let opts = Opts::parse("config= keep-going", args, true);
        let skip = args.len().saturating_sub(opts.words.len());
        let key = opts.value("config").map(|word| word.text.clone()).unwrap_or_default();
        self.configured(&key);
        let places: Vec<String> = self
            .files
            .get()
            .into_iter()
            .flatten()
            .chain(&self.config)
            .filter(|(name, _)| name.eq_ignore_ascii_case(&key))
            .map(|(_, value)| value.clone())
            .take(MOST_SUBMODULES)
            .collect();
        let command = args.get(skip..).unwrap_or_default();
        let before = (self.dir.clone(), self.place_unknown.clone());
        if places.is_empty() {
            self.place_unknown = Some(format!("the repositories of {key}"));
            self.again("for-each-repo", command);
        }
        for place in places {
            self.dir = self.path(&place);
            self.again("for-each-repo", command);
            self.dir.clone_from(&before.0);
        }
        (self.dir, self.place_unknown) = before;
    }

    /// Reads arguments as those of a `git` of their own.
    pub(super) fn again(&mut self, through: &str, args: &[Arg]) {
        if self.aliases.len() >= MOST_ALIASES {
            return self.opaque_program(through, "it leads back to itself");
        }
        self.aliases.push(through.to_owned());
        self.top(args);
        self.aliases.pop();
    }

    pub(super) fn init(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "q|quiet bare template= separate-git-dir= object-format= ref-format= b|initial-branch= shared?",
            args,
            false,
        );
        if opts.help {
            return self.read();
        }
        if let Some(word) = opts.words.first() {
            match self.path(&word.text).filter(|_| word.known) {
                Some(path) => self.dir = Some(path),
                None => self.place_unknown = Some(word.source.clone()),
            }
        }
        self.modify();
    }

    pub(super) fn clone_into(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CLONE, args, false);
        let Some(url) = opts.words.first().filter(|_| !opts.help) else {
            return self.read();
        };
        self.transport(url);
        if let Some(command) = opts.value("upload-pack") {
            self.shell(command, "git clone --upload-pack");
        }
        let given = self.config.len();
        for pair in opts.values("config") {
            let (key, value) = pair.text.split_once('=').unwrap_or((&pair.text, "true"));
            self.config.push((key.to_owned(), value.to_owned()));
        }
        if self.config.len() > given {
            self.say_config();
        }
        let word = match opts.words.get(1) {
            Some(dir) => dir.clone(),
            None => {
                let trimmed = url.text.trim_end_matches('/');
                let trimmed = trimmed.strip_suffix("/.git").unwrap_or(trimmed).trim_end_matches('/');
                let last = trimmed.rsplit(['/', ':']).next().unwrap_or(trimmed);
                let stem = last.strip_suffix(".git").or_else(|| last.strip_suffix(".bundle")).unwrap_or(last);
                let bare = opts.any(&["bare", "mirror"]);
                Word { text: if bare { format!("{stem}.git") } else { stem.to_owned() }, ..url.clone() }
            }
        };
        let path = self.path(&word.text).filter(|_| word.known);
        let name = if word.known { word.text } else { word.source };
        let target = Target::new(TargetKind::FileTree, name).at(path.into_iter().collect());
        let mut effect = Effect::new(Verb::Create, target);
        effect.note = Some(format!("a clone of `{}`", url.source));
        self.emit(effect);
    }

    pub(super) fn credential(&mut self, args: &[Arg]) {
        let opts = Opts::parse("timeout= socket= file=", args, false);
        let verb = match opts.words.first().map(|word| word.text.as_str()) {
            None | Some("capability") => return self.read(),
            Some("fill" | "get") => Verb::Read,
            Some("reject" | "erase" | "exit") => Verb::Delete,
            Some(_) => Verb::Modify,
        };
        if verb == Verb::Read {
            self.say.yields(Secret::whole("git credential").cut(Much::One));
        }
        self.emit(Effect::new(verb, Target::new(TargetKind::Secret, "git credential")));
    }

    pub(super) fn send(&mut self, name: &str, args: &[Arg]) {
        let opts = Opts::parse("to= cc= bcc= dry-run sendmail-cmd= smtp-server= smtp-server-option=", args, false);
        if opts.help || opts.has("dry-run") || opts.words.is_empty() && name == "send-email" {
            return self.read();
        }
        if let Some(command) = opts.value("sendmail-cmd") {
            self.shell(command, "git send-email --sendmail-cmd");
        }
        let to = opts.value("to").map_or_else(|| name.to_owned(), |word| word.text.clone());
        self.emit(Effect::new(Verb::Send, Target::new(TargetKind::Host, to)));
    }

    pub(super) fn remote(&mut self, args: &[Arg]) {
        let opts = Opts::parse("v|verbose n|dry-run f t= m= tags mirror? p|prune push all add delete d a", args, false);
        match opts.words.first() {
            None => self.read(),
            Some(word) if !word.known => {
                let name = word.source.clone();
                let target = self.target(TargetKind::GitRepository, name.clone());
                self.emit(Effect::opaque(Verb::Modify, target, not_known(&name)));
            }
            Some(word) => match word.text.as_str() {
                "show" | "get-url" => self.read(),
                "prune" if opts.has("dry-run") => self.read(),
                "remove" | "rm" => {
                    self.modify_with(Some("the remote and its remote-tracking branches are forgotten".to_owned()));
                }
                "add" => {
                    if let Some(url) = opts.words.get(2) {
                        self.transport(url);
                    }
                    self.modify();
                }
                _ => self.modify(),
            },
        }
    }

    pub(super) fn subtree(&mut self, args: &[Arg]) {
        let opts = Opts::parse("P|prefix= m|message= b|branch= onto= squash rejoin", args, false);
        match opts.words.first().map(|word| word.text.as_str()) {
            Some("push") => {
                let remote = opts.words.get(1).cloned().unwrap_or_else(|| Word::text("origin"));
                let reference = opts.words.get(2).cloned().unwrap_or_else(|| Word::text("HEAD"));
                self.publish(&remote, &reference);
            }
            Some(_) => {
                self.modify();
                self.moved(true);
            }
            None => self.read(),
        }
    }
}
