//! Git, porcelain and plumbing: which of its commands can lose work, and whose.
//!
//! Options are read as git reads them (bundled letters, unique prefixes, `--no-` forms, options after words), because
//! `--har` resets as hard as `--hard` does. Aliases are looked up where git would look them up.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use weir_model::{Effect, GitScope, Scope, Target, TargetKind, Verb};

use super::options::{Opts, Word, alternatives, not_known};
use crate::call::{Arg, Call, Language, Say, Stdin, Value, normalize};

/// Aliases of aliases.
const MOST_ALIASES: usize = 8;
/// Directories upward in which a repository is looked for.
const MOST_PARENTS: usize = 64;
/// Submodules for which a `foreach` is followed.
const MOST_SUBMODULES: usize = 32;
/// Bytes of a configuration file.
const CONFIG_LIMIT: usize = 256 * 1024;
/// Bytes of a list of refs.
const REFS_LIMIT: usize = 1024 * 1024;

/// Says what a call of `git` does.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) {
    let args = call.argv.get(1..).unwrap_or_default();
    let mut seen = Vec::new();
    for args in alternatives(args) {
        let mut git = Git {
            call,
            say: &mut *say,
            seen: &mut seen,
            dir: call.cwd.clone(),
            git_dir: None,
            work_tree: None,
            place_unknown: None,
            config: Vec::new(),
            config_said: 0,
            variables_said: Vec::new(),
            files: OnceCell::new(),
            aliases: Vec::new(),
        };
        git.environment();
        git.top(&args);
    }
}

const ADD: &str = "n|dry-run v|verbose i|interactive p|patch e|edit f|force u|update renormalize N|intent-to-add \
    A|all ignore-removal refresh ignore-errors ignore-missing sparse chmod= pathspec-from-file= pathspec-file-nul";
const ARCHIVE: &str = "format= prefix= add-file= add-virtual-file= o|output= mtime= worktree-attributes v|verbose \
    l|list remote= exec=";
const BRANCH: &str = "v|verbose q|quiet t|track? u|set-upstream-to= unset-upstream color? r|remotes contains= \
    no-contains= abbrev? a|all d|delete D m|move M omit-empty c|copy C l|list show-current create-reflog \
    edit-description f|force merged? no-merged? column? sort= points-at= i|ignore-case recurse-submodules format=";
const CHECKOUT: &str = "b= B= l guess overlay q|quiet recurse-submodules? progress m|merge conflict= d|detach \
    t|track? f|force orphan= overwrite-ignore ignore-other-worktrees 2|ours 3|theirs p|patch \
    ignore-skip-worktree-bits pathspec-from-file= pathspec-file-nul";
const CHECKOUT_INDEX: &str = "a|all f|force q|quiet n|no-create u|index z stdin temp prefix= stage= \
    ignore-skip-worktree-bits";
const CLEAN: &str = "q|quiet n|dry-run f|force i|interactive d e|exclude= x X";
const CLONE: &str = "v|verbose q|quiet progress reject-shallow n|no-checkout bare mirror l|local no-hardlinks \
    s|shared recurse-submodules? recursive? j|jobs= template= reference= reference-if-able= dissociate o|origin= \
    b|branch= revision= u|upload-pack= depth= shallow-since= shallow-exclude= single-branch tags \
    shallow-submodules separate-git-dir= ref-format= c|config= server-option= 4|ipv4 6|ipv6 filter= \
    also-filter-submodules remote-submodules sparse bundle-uri=";
const COMMIT: &str = "q|quiet v|verbose F|file= author= date= m|message= c|reedit-message= C|reuse-message= fixup= \
    squash= reset-author trailer= s|signoff t|template= e|edit cleanup= status S|gpg-sign? a|all i|include \
    interactive p|patch o|only n|no-verify dry-run short branch ahead-behind porcelain long z|null amend \
    no-post-rewrite u|untracked-files? pathspec-from-file= pathspec-file-nul allow-empty allow-empty-message";
const CONFIG: &str = "global system local worktree f|file= blob= get get-all get-regexp get-urlmatch replace-all add \
    unset unset-all rename-section remove-section l|list e|edit get-color get-colorbool type= bool int \
    bool-or-int bool-or-str path expiry-date z|null name-only show-names show-origin show-scope fixed-value \
    default= comment= includes all regexp value= url= append";
const FETCH: &str = "v|verbose q|quiet all set-upstream a|append atomic upload-pack= f|force m|multiple t|tags n \
    j|jobs= prefetch p|prune P|prune-tags recurse-submodules? dry-run porcelain write-fetch-head k|keep \
    u|update-head-ok progress depth= shallow-since= shallow-exclude= deepen= unshallow refetch update-shallow \
    refmap= o|server-option= 4|ipv4 6|ipv6 negotiation-tip= negotiate-only filter= auto-maintenance auto-gc \
    show-forced-updates write-commit-graph stdin rebase? r stat log? signoff squash commit edit cleanup= ff \
    ff-only verify verify-signatures autostash s|strategy= X|strategy-option= S|gpg-sign? allow-unrelated-histories";
const GC: &str = "q|quiet prune? cruft max-cruft-size= aggressive auto detach force keep-largest-pack expire-to=";
const MV: &str = "v|verbose n|dry-run f|force k sparse";
const PUSH: &str = "v|verbose q|quiet repo= all branches mirror d|delete tags n|dry-run porcelain f|force \
    force-with-lease? force-if-includes recurse-submodules= thin receive-pack= exec= u|set-upstream progress \
    prune verify follow-tags signed? atomic o|push-option= 4|ipv4 6|ipv6 stdin stateless-rpc helper-status remote=";
const READ_TREE: &str = "index-output= empty v|verbose m trivial aggressive reset prefix= u i exclude-per-directory= \
    n|dry-run no-sparse-checkout debug-unpack recurse-submodules? q|quiet";
const REBASE: &str = "x|exec= onto= keep-base i|interactive s|strategy= X|strategy-option= S|gpg-sign? C= \
    empty= continue abort skip quit edit-todo show-current-patch whitespace=";
const RESET: &str = "q|quiet no-refresh refresh mixed soft hard merge keep recurse-submodules? p|patch \
    N|intent-to-add pathspec-from-file= pathspec-file-nul";
const RESTORE: &str = "s|source= S|staged W|worktree ignore-unmerged overlay q|quiet recurse-submodules? progress \
    m|merge conflict= 2|ours 3|theirs p|patch ignore-skip-worktree-bits pathspec-from-file= pathspec-file-nul";
const RM: &str = "n|dry-run q|quiet cached f|force r ignore-unmatch sparse pathspec-from-file= pathspec-file-nul";
const SWITCH: &str = "c|create= C|force-create= guess discard-changes q|quiet recurse-submodules? progress m|merge \
    conflict= d|detach t|track? f|force orphan= overwrite-ignore ignore-other-worktrees";
const TAG: &str = "l|list n? d|delete v|verify a|annotate m|message= F|file= e|edit trailer= s|sign cleanup= \
    u|local-user= f|force create-reflog column? contains= no-contains= merged? no-merged? omit-empty sort= \
    points-at= format= color? i|ignore-case";
const UPDATE_REF: &str = "m= d no-deref deref z stdin create-reflog batch-updates";

/// Subcommands that only look.
const READING: &[&str] = &[
    "annotate",
    "blame",
    "check-attr",
    "check-ignore",
    "check-mailmap",
    "check-ref-format",
    "cherry",
    "cat-file",
    "column",
    "count-objects",
    "describe",
    "diff",
    "diff-files",
    "diff-index",
    "diff-pairs",
    "diff-tree",
    "fast-export",
    "fmt-merge-msg",
    "for-each-ref",
    "fsck",
    "fsck-objects",
    "get-tar-commit-id",
    "grep",
    "help",
    "last-modified",
    "log",
    "ls-files",
    "ls-remote",
    "ls-tree",
    "mailinfo",
    "merge-base",
    "name-rev",
    "pack-redundant",
    "patch-id",
    "pickaxe",
    "range-diff",
    "request-pull",
    "rev-list",
    "rev-parse",
    "shortlog",
    "show",
    "show-branch",
    "show-index",
    "show-ref",
    "status",
    "stripspace",
    "unpack-file",
    "upload-archive",
    "upload-pack",
    "var",
    "verify-commit",
    "verify-pack",
    "verify-tag",
    "version",
    "whatchanged",
];

/// Subcommands that add to a repository, or change it in ways that git itself can take back.
const WORKING: &[&str] = &[
    "am",
    "citool",
    "commit-graph",
    "commit-tree",
    "fetch-pack",
    "fsmonitor--daemon",
    "gui",
    "index-pack",
    "interpret-trailers",
    "mailsplit",
    "maintenance",
    "merge",
    "merge-index",
    "merge-octopus",
    "merge-one-file",
    "merge-ours",
    "merge-recursive",
    "merge-resolve",
    "merge-subtree",
    "merge-tree",
    "mktag",
    "mktree",
    "multi-pack-index",
    "pack-objects",
    "pack-refs",
    "prune-packed",
    "quiltimport",
    "receive-pack",
    "replay",
    "revert",
    "cherry-pick",
    "unpack-objects",
    "update-index",
    "update-server-info",
    "write-tree",
];

/// What a configuration variable makes git run.
enum Runs {
    Nothing,
    /// Programs that git starts on its own, named elsewhere (`core.hooksPath`).
    Surface,
    /// This shell text.
    Shell(String),
}

/// What `key` (in lower case where git ignores the case) makes git run when it has this value.
fn runs(key: &str, value: &str) -> Runs {
    let key = key.to_ascii_lowercase();
    let switch =
        matches!(value.to_ascii_lowercase().as_str(), "" | "true" | "false" | "yes" | "no" | "on" | "off" | "0" | "1");
    let section = key.split('.').next().unwrap_or_default();
    let name = key.rsplit('.').next().unwrap_or_default();
    let three = key.matches('.').count() >= 2;
    let shell = match (section, name) {
        ("core", "hookspath") | ("include" | "includeif", "path") => return Runs::Surface,
        ("core", "fsmonitor") if !switch => return Runs::Surface,
        ("core", "pager") | ("pager", _) => !switch,
        ("core", "sshcommand" | "editor" | "askpass" | "gitproxy")
        | ("sequence", "editor")
        | ("diff", "external")
        | ("interactive", "difffilter")
        | ("gpg", "program")
        | ("uploadpack", "packobjectshook") => true,
        ("filter", "clean" | "smudge" | "process")
        | ("diff", "textconv" | "command")
        | ("merge", "driver")
        | ("difftool" | "mergetool" | "browser" | "man", "cmd")
        | ("trailer", "cmd" | "command")
        | ("remote", "uploadpack" | "receivepack") => three,
        ("credential", "helper") => {
            if let Some(command) = value.strip_prefix('!') {
                return Runs::Shell(command.to_owned());
            }
            value.starts_with('/')
        }
        _ => false,
    };
    if shell && !value.is_empty() { Runs::Shell(value.to_owned()) } else { Runs::Nothing }
}

/// One reading of a call.
struct Git<'c, 's> {
    call: &'c Call<'c>,
    say: &'s mut dyn Say,
    /// What was said, so that alternatives do not repeat it.
    seen: &'s mut Vec<Effect>,
    /// The directory in which git runs; `None`: not known.
    dir: Option<PathBuf>,
    git_dir: Option<PathBuf>,
    work_tree: Option<PathBuf>,
    /// A directory that was given and is not known, as written.
    place_unknown: Option<String>,
    /// Configuration of the command line, last one wins.
    config: Vec<(String, String)>,
    /// How much of `config` was looked through for what it makes git run.
    config_said: usize,
    /// The variables that were looked at for the same reason.
    variables_said: Vec<&'static str>,
    /// Configuration of the files, read when first needed, last one wins.
    files: OnceCell<Vec<(String, String)>>,
    /// The aliases that led here.
    aliases: Vec<String>,
}

/// Places, names and the saying of effects.
impl<'c> Git<'c, '_> {
    /// What the environment tells git before its arguments do.
    fn environment(&mut self) {
        for (name, work_tree) in [("GIT_DIR", false), ("GIT_WORK_TREE", true)] {
            match self.call.variable(name) {
                Some(Value::Known(text)) if !text.is_empty() => {
                    let path = self.call.path(&text);
                    if work_tree {
                        self.work_tree = path;
                    } else {
                        self.git_dir = path;
                    }
                }
                Some(Value::Known(_)) | None => {}
                Some(_) => self.place_unknown = Some(format!("${name}")),
            }
        }
        if let Some(Value::Known(count)) = self.call.variable("GIT_CONFIG_COUNT") {
            for index in 0..count.parse::<usize>().unwrap_or(0).min(64) {
                let key = self.call.variable(&format!("GIT_CONFIG_KEY_{index}"));
                let value = self.call.variable(&format!("GIT_CONFIG_VALUE_{index}"));
                if let (Some(Value::Known(key)), Some(Value::Known(value))) = (key, value) {
                    self.config.push((key, value));
                }
            }
        }
        // What the person's own environment says is not this command's doing.
        if !self.call.env.iter().any(|(name, _)| name.starts_with("GIT_CONFIG_")) {
            self.config_said = self.config.len();
        }
    }

    /// The one path by which measurement finds the repository.
    fn place(&self) -> Option<PathBuf> {
        if self.place_unknown.is_some() {
            return None;
        }
        self.work_tree.clone().or_else(|| self.git_dir.clone()).or_else(|| self.dir.clone())
    }

    /// What a person calls the working directory.
    fn place_name(&self) -> String {
        if let Some(source) = &self.place_unknown {
            return source.clone();
        }
        let Some(place) = self.place() else {
            return ".".to_owned();
        };
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
        match name {
            Some(name) if name == ".git" => {
                place.parent().and_then(Path::file_name).map_or(name, |parent| parent.to_string_lossy().into_owned())
            }
            Some(name) => name,
            None => place.display().to_string(),
        }
    }

    fn target(&self, kind: TargetKind, name: impl Into<String>) -> Target {
        Target::new(kind, name).at(self.place().into_iter().collect())
    }

    /// `text` as an absolute path in the directory in which git runs.
    fn path(&self, text: &str) -> Option<PathBuf> {
        let path = Path::new(text);
        if path.is_absolute() {
            return Some(normalize(path));
        }
        self.dir.as_ref().map(|dir| normalize(&dir.join(path)))
    }

    fn emit(&mut self, effect: Effect) {
        if !self.seen.contains(&effect) {
            self.seen.push(effect.clone());
            if effect.opaque {
                self.say.opaque(effect);
            } else {
                self.say.effect(effect);
            }
        }
    }

    fn read(&mut self) {
        let target = self.target(TargetKind::GitRepository, self.place_name());
        self.emit(Effect::new(Verb::Read, target));
    }

    fn modify(&mut self) {
        self.modify_with(None);
    }

    fn modify_with(&mut self, note: Option<String>) {
        let target = self.target(TargetKind::GitRepository, self.place_name());
        let mut effect = Effect::new(Verb::Modify, target);
        effect.note = note;
        self.emit(effect);
    }

    /// Something is lost. What is not certain is said as opaque.
    fn lose(&mut self, kind: TargetKind, name: impl Into<String>, scope: GitScope, why: Option<String>) {
        let target = self.target(kind, name);
        let why = why.or_else(|| self.place().is_none().then(|| "the repository's directory is not known".to_owned()));
        let effect = match why {
            Some(why) => Effect::opaque(Verb::Delete, target, why),
            None => Effect::new(Verb::Delete, target),
        };
        self.emit(effect.within(Scope::Git(scope)));
    }

    fn lose_changes(&mut self, pathspecs: &[Word], staged: bool, worktree: bool, why: Option<String>) {
        let name = self.pathspec_name(pathspecs);
        let why = why.or_else(|| unknown(pathspecs));
        let pathspecs = pathspecs.iter().map(|word| word.text.clone()).collect();
        self.lose(TargetKind::GitWorktree, name, GitScope::Changes { pathspecs, staged, worktree }, why);
    }

    fn move_ref(&mut self, reference: Option<&Word>, to: Option<&Word>) {
        let why = reference.into_iter().chain(to).find(|word| !word.known).map(|word| not_known(&word.source));
        let name =
            reference.map_or_else(|| self.branch().unwrap_or_else(|| "HEAD".to_owned()), |word| word.text.clone());
        let scope = GitScope::Move {
            reference: reference.map(|word| word.text.clone()),
            to: to.map_or_else(|| "HEAD".to_owned(), |word| word.text.clone()),
        };
        self.lose(TargetKind::GitRef, name, scope, why);
    }

    /// One effect per ref that is deleted.
    fn delete_refs(&mut self, words: &[Word]) {
        for word in words {
            self.lose(
                TargetKind::GitRef,
                word.text.clone(),
                GitScope::Refs { names: vec![word.text.clone()] },
                (!word.known).then(|| not_known(&word.source)),
            );
        }
    }

    fn lose_history(&mut self, why: Option<String>) {
        let name = self.place_name();
        self.lose(TargetKind::GitRepository, name, GitScope::History, why);
    }

    fn opaque_program(&mut self, subcommand: &str, why: &str) {
        let target = self.target(TargetKind::Program, format!("git-{subcommand}"));
        self.emit(Effect::opaque(Verb::Execute, target, why));
    }

    /// The subcommand of a subcommand is not known.
    fn opaque_delete(&mut self, kind: TargetKind, word: &Word) {
        let target = self.target(kind, word.source.clone());
        self.emit(Effect::opaque(Verb::Delete, target, not_known(&word.source)));
    }

    /// A file outside of git's own that a command writes (`--output`).
    fn write_file(&mut self, word: &Word) {
        let path = self.path(&word.text).filter(|_| word.known);
        let exists = path.as_ref().is_some_and(|path| self.call.world.kind(path).is_some());
        let target = Target::new(TargetKind::FileTree, word.source.clone()).at(path.iter().cloned().collect());
        let verb = if exists || path.is_none() { Verb::Modify } else { Verb::Create };
        let effect = if path.is_some() {
            Effect::new(verb, target)
        } else {
            Effect::opaque(verb, target, not_known(&word.source))
        };
        self.emit(if exists { effect.within(Scope::Content) } else { effect });
    }

    fn shell(&mut self, text: &Word, through: &str) {
        if text.known {
            self.say.code(Language::Shell, &text.text, &[], through);
        } else {
            let target = Target::new(TargetKind::Program, text.source.clone());
            self.emit(Effect::opaque(Verb::Execute, target, not_known(&text.source)));
        }
    }

    fn pathspec_name(&self, pathspecs: &[Word]) -> String {
        let mut sources: Vec<&str> = Vec::new();
        for word in pathspecs {
            if sources.last() != Some(&word.source.as_str()) {
                sources.push(&word.source);
            }
        }
        match sources.as_slice() {
            [] | ["." | "./" | ":/" | ":/."] => self.place_name(),
            [one] => (*one).to_owned(),
            [first, ..] => format!("{first} and {} more", sources.len() - 1),
        }
    }

    /// The words of `--pathspec-from-file`, or why they are not known.
    fn pathspecs_from_file(&self, opts: &Opts) -> Option<Result<Vec<Word>, String>> {
        let file = opts.value("pathspec-from-file")?;
        let text = if !file.known {
            None
        } else if file.text == "-" {
            match &self.call.stdin {
                Stdin::Known(text) => Some(text.clone()),
                _ => None,
            }
        } else {
            self.path(&file.text)
                .and_then(|path| self.call.world.read(&path, CONFIG_LIMIT))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        Some(match text {
            Some(text) => Ok(text
                .split(['\n', '\0'])
                .map(|line| line.trim_end_matches('\r'))
                .filter(|line| !line.is_empty())
                .map(Word::text)
                .collect()),
            None => Err(format!("the paths are in `{}`, which is not known here", file.text)),
        })
    }
}

fn unknown(words: &[Word]) -> Option<String> {
    words.iter().find(|word| !word.known).map(|word| not_known(&word.source))
}

/// The repository as far as its files tell.
impl Git<'_, '_> {
    /// The top of the working tree and the git directory.
    fn repository(&self) -> Option<(PathBuf, PathBuf)> {
        if let Some(git_dir) = &self.git_dir {
            let top = self.work_tree.clone().or_else(|| self.dir.clone())?;
            return Some((top, git_dir.clone()));
        }
        if self.place_unknown.is_some() {
            return None;
        }
        let start = self.dir.as_ref()?;
        for dir in start.ancestors().take(MOST_PARENTS) {
            let dot = dir.join(".git");
            match self.call.world.kind(&dot) {
                Some(crate::FileKind::File) => {
                    let text = self.text(&dot, 4096)?;
                    let at = text.trim().strip_prefix("gitdir:")?.trim();
                    return Some((dir.to_owned(), normalize(&dir.join(at))));
                }
                Some(_) => return Some((dir.to_owned(), dot)),
                None => {}
            }
        }
        let bare = self.call.world.kind(&start.join("HEAD")).is_some()
            && self.call.world.kind(&start.join("objects")).is_some();
        bare.then(|| (start.clone(), start.clone()))
    }

    /// The directory with what all linked working trees share.
    fn common(&self, git_dir: &Path) -> PathBuf {
        self.text(&git_dir.join("commondir"), 4096)
            .map_or_else(|| git_dir.to_owned(), |text| normalize(&git_dir.join(text.trim())))
    }

    fn text(&self, path: &Path, limit: usize) -> Option<String> {
        self.call.world.read(path, limit).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The branch that is checked out.
    fn branch(&self) -> Option<String> {
        let (_, git_dir) = self.repository()?;
        let head = self.text(&git_dir.join("HEAD"), 4096)?;
        head.trim().strip_prefix("ref: refs/heads/").map(str::to_owned)
    }

    fn ref_exists(&self, name: &str) -> bool {
        let Some((_, git_dir)) = self.repository() else {
            return false;
        };
        let common = self.common(&git_dir);
        let places = ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"];
        let safe = !name.is_empty() && !name.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        if !safe {
            return false;
        }
        let loose = places
            .iter()
            .any(|place| self.call.world.kind(&common.join(format!("{place}{name}"))) == Some(crate::FileKind::File));
        loose
            || self.text(&common.join("packed-refs"), REFS_LIMIT).is_some_and(|packed| {
                packed.lines().any(|line| {
                    line.split_once(' ')
                        .is_some_and(|(_, full)| places.iter().any(|place| full.strip_prefix(place) == Some(name)))
                })
            })
    }

    /// Whether git would take the word for a commit and not for a path.
    fn is_revision(&self, word: &Word) -> bool {
        let text = word.text.as_str();
        if !word.known {
            let below = word.prefix.rsplit_once('/').and_then(|(dir, _)| self.path(dir));
            let is_dir = |path| self.call.world.kind(path) == Some(crate::FileKind::Directory);
            return !word.prefix.starts_with(['.', '/', ':']) && !below.as_deref().is_some_and(is_dir);
        }
        if matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../") || text.starts_with('/') {
            return false;
        }
        if text.starts_with(':') || text.contains(['*', '?', '[']) || text.ends_with('/') {
            return false;
        }
        if matches!(text, "-" | "@" | "HEAD" | "FETCH_HEAD" | "ORIG_HEAD" | "MERGE_HEAD")
            || text.contains("@{")
            || text.contains(['~', '^'])
            || text.starts_with("refs/")
            || self.ref_exists(text)
        {
            return true;
        }
        // What is neither a ref that can be seen here nor a file may still be a branch of the remote.
        self.path(text).is_none_or(|path| self.call.world.kind(&path).is_none())
    }

    /// The commit and the paths of `reset` and `checkout`.
    fn revision_and_paths(&self, opts: &Opts) -> (Option<Word>, Vec<Word>) {
        if let Some(split) = opts.split {
            let (before, after) = opts.words.split_at(split.min(opts.words.len()));
            return (before.first().cloned(), after.to_vec());
        }
        match opts.words.split_first() {
            Some((first, rest)) if self.is_revision(first) => (Some(first.clone()), rest.to_vec()),
            _ => (None, opts.words.clone()),
        }
    }

    /// The value that a configuration variable has for this call.
    fn configured(&self, key: &str) -> Option<String> {
        let find = |list: &[(String, String)]| {
            list.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
        };
        find(&self.config).or_else(|| find(self.files.get_or_init(|| self.read_config())))
    }

    fn read_config(&self) -> Vec<(String, String)> {
        let world = self.call.world;
        let mut files = vec![PathBuf::from("/etc/gitconfig")];
        let home = match self.call.variable("HOME") {
            Some(Value::Known(home)) if !home.is_empty() => Some(PathBuf::from(home)),
            _ => world.home(None),
        };
        if let Some(Value::Known(global)) = self.call.variable("GIT_CONFIG_GLOBAL") {
            files.extend(self.path(&global));
        } else {
            match self.call.variable("XDG_CONFIG_HOME") {
                Some(Value::Known(xdg)) if !xdg.is_empty() => files.push(Path::new(&xdg).join("git/config")),
                _ => files.extend(home.as_ref().map(|home| home.join(".config/git/config"))),
            }
            files.extend(home.as_ref().map(|home| home.join(".gitconfig")));
        }
        if let Some((_, git_dir)) = self.repository() {
            files.push(self.common(&git_dir).join("config"));
            files.push(git_dir.join("config.worktree"));
        }
        let mut all = Vec::new();
        for file in files {
            self.read_config_file(&file, home.as_deref(), 0, &mut all);
        }
        all
    }

    fn read_config_file(&self, file: &Path, home: Option<&Path>, depth: usize, all: &mut Vec<(String, String)>) {
        let Some(text) = self.text(file, CONFIG_LIMIT) else {
            return;
        };
        for (key, value) in parse_config(&text) {
            // Conditions of `includeIf` are not evaluated: more aliases are known than git would see, never fewer.
            let include = key == "include.path" || (key.starts_with("includeif.") && key.ends_with(".path"));
            if include && depth < 4 {
                let path = match value.strip_prefix("~/") {
                    Some(rest) => home.map(|home| home.join(rest)),
                    None => file.parent().map(|parent| parent.join(&value)),
                };
                if let Some(path) = path {
                    self.read_config_file(&normalize(&path), home, depth + 1, all);
                }
            } else {
                all.push((key, value));
            }
        }
    }
}

/// A tolerant reading of a configuration file: `section.subsection.name` and value, sections and names in lower case.
fn parse_config(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut section = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            let Some(end) = header_end(rest) else {
                continue;
            };
            let (head, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            section = match head.split_once(char::is_whitespace) {
                Some((name, sub)) => {
                    let sub = sub.trim().trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\");
                    format!("{}.{sub}", name.to_ascii_lowercase())
                }
                None => head.trim().to_ascii_lowercase(),
            };
            line = after.strip_prefix(']').unwrap_or_default().trim();
        }
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let mut entry = line.to_owned();
        while entry.ends_with('\\') && !entry.ends_with("\\\\") {
            entry.pop();
            match lines.next() {
                Some(next) => entry.push_str(next.trim_end()),
                None => break,
            }
        }
        let (name, value) = match entry.split_once('=') {
            Some((name, value)) => (name.trim(), config_value(value)),
            None => (entry.trim(), "true".to_owned()),
        };
        out.push((format!("{section}.{}", name.to_ascii_lowercase()), value));
    }
    out
}

/// Where the `]` of a section header stands; one between quotes does not count.
fn header_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn config_value(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    // What is outside of quotes loses its trailing blanks, what is inside keeps them.
    let mut keep = 0;
    let mut letters = text.trim_start().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                quoted = !quoted;
                keep = out.len();
            }
            '\\' => {
                match letters.next() {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('b') => {
                        out.pop();
                    }
                    Some(other) => out.push(other),
                    None => {}
                }
                keep = out.len();
            }
            '#' | ';' if !quoted => break,
            other => {
                out.push(other);
                if quoted {
                    keep = out.len();
                }
            }
        }
    }
    while out.len() > keep && out.ends_with(char::is_whitespace) {
        out.pop();
    }
    out
}

/// Splits an alias into words as git does; `None` where a quote is not closed.
fn split_alias(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                let next = letters.next()?;
                word.get_or_insert_default().push(next);
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return None;
    }
    words.extend(word);
    Some(words)
}

/// `text` as one word of a shell.
fn shell_quote(text: &str) -> String {
    let plain =
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// From the global options to the subcommand.
impl Git<'_, '_> {
    fn top(&mut self, args: &[Arg]) {
        let mut rest = args;
        loop {
            let Some((first, after)) = rest.split_first() else {
                return self.read();
            };
            let Some(text) = first.text() else {
                let source = first.source.clone();
                // `git --git-dir="$X" status`: only the value is not known.
                if let Value::Prefix(prefix) = &first.value
                    && let Some((name, _)) = prefix.split_once('=')
                    && name.starts_with("--")
                {
                    if matches!(name, "--git-dir" | "--work-tree") {
                        self.place_unknown = Some(source);
                    } else if matches!(name, "--exec-path" | "--config-env") {
                        self.opaque_program("exec-path", &not_known(&source));
                    }
                    rest = after;
                    continue;
                }
                return self.opaque_delete(TargetKind::GitRepository, &Word::of(first));
            };
            if !text.starts_with('-') {
                return self.subcommand(text, after);
            }
            let (name, inline) = match text.split_once('=') {
                Some((name, value)) => (name, Some(Arg::known(value))),
                None => (text, None),
            };
            let takes = matches!(
                name,
                "-C" | "-c"
                    | "--git-dir"
                    | "--work-tree"
                    | "--namespace"
                    | "--config-env"
                    | "--super-prefix"
                    | "--attr-source"
                    | "--shallow-file"
            );
            let mut next = after;
            let value = if takes && inline.is_none() {
                let Some((value, after)) = after.split_first() else {
                    return self.read();
                };
                next = after;
                Some(value.clone())
            } else {
                inline
            };
            match (name, value) {
                ("-h" | "--help" | "-v" | "--version" | "--html-path" | "--man-path" | "--info-path", _)
                | ("--exec-path", None)
                | ("--list-cmds", _) => return self.read(),
                ("-C", Some(value)) => match value.text() {
                    Some("") => {}
                    Some(text) => self.dir = self.path(text),
                    None => {
                        self.dir = None;
                        self.place_unknown = Some(value.source);
                    }
                },
                ("--git-dir", Some(value)) => match value.text() {
                    Some(text) => self.git_dir = self.path(text),
                    None => self.place_unknown = Some(value.source),
                },
                ("--work-tree", Some(value)) => match value.text() {
                    Some(text) => self.work_tree = self.path(text),
                    None => self.place_unknown = Some(value.source),
                },
                ("-c", Some(value)) => self.set_config(&value),
                ("--config-env", Some(value)) => {
                    let pair = value.text().and_then(|text| text.rsplit_once('='));
                    match pair.map(|(key, name)| (key, self.call.variable(name))) {
                        Some((key, Some(Value::Known(value)))) => self.config.push((key.to_owned(), value)),
                        _ => self.opaque_program("config", &not_known(&value.source)),
                    }
                }
                ("--exec-path", Some(value)) => {
                    let why = format!("git takes its subcommands from `{}`", value.source);
                    self.opaque_program("exec-path", &why);
                }
                _ => {}
            }
            rest = next;
        }
    }

    fn set_config(&mut self, arg: &Arg) {
        let Some(text) = arg.text() else {
            // `-c user.name="$NAME"`: the key decides whether the value can do anything.
            let key = match &arg.value {
                Value::Prefix(prefix) => prefix.split_once('=').map(|(key, _)| key.to_owned()),
                _ => None,
            };
            let harmless = key.is_some_and(|key| {
                !key.to_ascii_lowercase().starts_with("alias.") && matches!(runs(&key, "/x"), Runs::Nothing)
            });
            if !harmless {
                self.opaque_program("config", &not_known(&arg.source));
            }
            return;
        };
        let (key, value) = text.split_once('=').unwrap_or((text, "true"));
        self.config.push((key.to_owned(), value.to_owned()));
    }

    /// What the configuration of the command line makes git run.
    fn say_config(&mut self) {
        let fresh = self.config.get(self.config_said..).unwrap_or_default().to_vec();
        self.config_said = self.config.len();
        for (key, value) in fresh {
            match runs(&key, &value) {
                Runs::Nothing => {}
                Runs::Surface => {
                    let paths = self.path(&value).into_iter().collect();
                    let target = Target::new(TargetKind::ControlSurface, format!("git -c {key}")).at(paths);
                    let mut effect = Effect::new(Verb::Execute, target);
                    effect.note = Some(format!("`{key}` is `{value}` for this command"));
                    self.emit(effect);
                }
                Runs::Shell(text) => self.say.code(Language::Shell, &text, &[], &format!("git -c {key}")),
            }
        }
    }

    /// The programs that variables set for this command make git run.
    fn say_variables(&mut self, subcommand: &str) {
        let reading = READING.contains(&subcommand);
        let names: &[&'static str] = match subcommand {
            "fetch" | "pull" | "push" | "clone" | "ls-remote" | "submodule" | "remote" | "lfs" => {
                &["GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EDITOR"]
            }
            _ if reading => &["GIT_PAGER", "GIT_EXTERNAL_DIFF"],
            _ => &["GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_EXTERNAL_DIFF", "GIT_PAGER"],
        };
        for name in names {
            if self.variables_said.contains(name) {
                continue;
            }
            self.variables_said.push(name);
            let set = self.call.env.iter().rev().find(|(key, _)| key == name);
            match set.map(|(_, value)| value) {
                Some(Value::Known(text)) if !text.is_empty() => {
                    self.say.code(Language::Shell, text, &[], name);
                }
                Some(Value::Known(_)) | None => {}
                Some(_) => self.opaque_program(subcommand, &not_known(&format!("${name}"))),
            }
        }
    }

    fn subcommand(&mut self, name: &str, args: &[Arg]) {
        let first = args.first().and_then(Arg::text);
        if first == Some("--help") || (first == Some("-h") && args.len() == 1) {
            return self.read();
        }
        self.say_config();
        self.say_variables(name);
        if READING.contains(&name) {
            return self.reading(name, args);
        }
        if WORKING.contains(&name) {
            return self.working(name, args);
        }
        match name {
            "add" | "stage" | "commit" | "apply" | "format-patch" | "hash-object" | "merge-file" | "symbolic-ref"
            | "rerere" | "sparse-checkout" | "notes" | "refs" | "backfill" => self.ordinary(name, args),
            "archive" | "bundle" | "bugreport" | "diagnose" => self.files_out(name, args),
            "bisect" => self.bisect(args),
            "branch" => self.branches(args),
            "checkout" => self.checkout(args),
            "checkout-index" => self.checkout_index(args),
            "clean" => self.clean(args),
            "clone" => self.clone_into(args),
            "config" => self.configure(args),
            "credential" | "credential-cache" | "credential-store" => self.credential(args),
            "difftool" | "mergetool" => self.tool(name, args),
            "fast-import" => self.fast_import(args),
            "fetch" | "pull" => self.fetch(name, args),
            "filter-branch" => self.filter_branch(args),
            "filter-repo" => self.filter_repo(args),
            "for-each-repo" => self.for_each_repo(args),
            "gc" => self.gc(args),
            "hook" => self.hook(args),
            "init" | "init-db" => self.init(args),
            "lfs" => self.lfs(args),
            "mv" => self.mv(args),
            "prune" => self.prune(args),
            "push" | "send-pack" => self.push(args),
            "read-tree" => self.read_tree(args),
            "rebase" => self.rebase(args),
            "reflog" => self.reflog(args),
            "remote" => self.remote(args),
            "repack" => self.repack(args),
            "replace" => self.replace(args),
            "reset" => self.reset(args),
            "restore" => self.restore(args),
            "rm" => self.rm(args),
            "send-email" | "imap-send" => self.send(name, args),
            "stash" => self.stash(args),
            "submodule" => self.submodule(args),
            "subtree" => self.subtree(args),
            "switch" => self.switch(args),
            "tag" => self.tag(args),
            "update-ref" => self.update_ref(args),
            "worktree" => self.worktree(args),
            "svn" | "p4" | "cvsimport" | "cvsexportcommit" | "cvsserver" | "archimport" => {
                self.opaque_program(name, "it changes another version control system's repository");
            }
            "daemon" | "http-backend" | "instaweb" | "shell" | "http-push" | "http-fetch" => {
                self.opaque_program(name, "it serves or changes repositories over the network");
            }
            _ => self.alias(name, args),
        }
    }

    fn alias(&mut self, name: &str, args: &[Arg]) {
        let text =
            self.configured(&format!("alias.{name}")).or_else(|| self.configured(&format!("alias.{name}.command")));
        let Some(text) = text else {
            return self.opaque_program(name, "it is no subcommand of git and no alias that can be seen here");
        };
        if self.aliases.len() >= MOST_ALIASES || self.aliases.iter().any(|seen| seen == name) {
            return self.opaque_program(name, "its alias leads back to itself");
        }
        if let Some(command) = text.strip_prefix('!') {
            let mut code = command.trim().to_owned();
            for arg in args {
                code.push(' ');
                match arg.text() {
                    Some(text) => code.push_str(&shell_quote(text)),
                    None => code.push_str(&arg.source),
                }
            }
            // Git runs it at the top of the working tree.
            let top = self.repository().map(|(top, _)| top).or_else(|| self.dir.clone());
            let through = format!("git alias {name}");
            if top == self.call.cwd {
                self.say.code(Language::Shell, &code, &[], &through);
            } else {
                let argv = vec![Arg::known("sh"), Arg::known("-c"), Arg::known(code)];
                self.say.command_in(argv, top, &through);
            }
            return;
        }
        let Some(words) = split_alias(&text) else {
            return self.opaque_program(name, "its alias has a quote that is not closed");
        };
        let mut expanded: Vec<Arg> = words.into_iter().map(Arg::known).collect();
        expanded.extend_from_slice(args);
        self.aliases.push(name.to_owned());
        self.top(&expanded);
        self.aliases.pop();
    }
}

/// Subcommands that look, and ordinary work.
impl Git<'_, '_> {
    fn reading(&mut self, name: &str, args: &[Arg]) {
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
    fn transport(&mut self, url: &Word) {
        if let Some(command) = url.text.strip_prefix("ext::") {
            let command = Word { text: command.to_owned(), ..url.clone() };
            self.shell(&command, "git remote ext::");
        }
    }

    fn working(&mut self, name: &str, args: &[Arg]) {
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
        let aborts = matches!(name, "merge" | "cherry-pick" | "revert" | "am") && first == "--abort";
        self.modify_with(aborts.then(|| "what was resolved so far is given up".to_owned()));
    }

    fn ordinary(&mut self, name: &str, args: &[Arg]) {
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
            "commit" if opts.has("no-verify") => {
                self.modify_with(Some("the commit hooks are skipped".to_owned()));
            }
            _ => self.modify(),
        }
    }

    fn files_out(&mut self, name: &str, args: &[Arg]) {
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

    fn bisect(&mut self, args: &[Arg]) {
        match args.split_first() {
            None => self.read(),
            Some((first, rest)) => match first.text() {
                Some("log" | "view" | "visualize" | "help" | "terms") => self.read(),
                Some("run") => {
                    self.modify();
                    if !rest.is_empty() {
                        self.run_in_place(rest.to_vec(), "git bisect run");
                    }
                }
                _ => self.modify(),
            },
        }
    }

    /// Runs a command where git runs, which `-C` may have made another directory.
    fn run_in_place(&mut self, argv: Vec<Arg>, through: &str) {
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
    fn shell_in_place(&mut self, text: &Word, through: &str) {
        if text.known && self.dir != self.call.cwd {
            let argv = vec![Arg::known("sh"), Arg::known("-c"), Arg::known(text.text.clone())];
            self.say.command_in(argv, self.dir.clone(), through);
        } else {
            self.shell(text, through);
        }
    }

    fn rebase(&mut self, args: &[Arg]) {
        let opts = Opts::parse(REBASE, args, false);
        if opts.help || opts.has("show-current-patch") {
            return self.read();
        }
        self.modify_with(opts.has("abort").then(|| "what was rebased so far is given up".to_owned()));
        for command in opts.values("exec") {
            self.shell_in_place(command, "git rebase --exec");
        }
    }

    fn tool(&mut self, name: &str, args: &[Arg]) {
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

    fn hook(&mut self, args: &[Arg]) {
        if args.first().and_then(Arg::text) == Some("run") {
            let hook = args.get(1).map_or_else(|| self.place_name(), |arg| arg.source.clone());
            let target = self.target(TargetKind::GitRepository, hook);
            self.emit(Effect::new(Verb::Execute, target));
        } else {
            self.read();
        }
    }

    fn for_each_repo(&mut self, args: &[Arg]) {
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
    fn again(&mut self, through: &str, args: &[Arg]) {
        if self.aliases.len() >= MOST_ALIASES {
            return self.opaque_program(through, "it leads back to itself");
        }
        self.aliases.push(through.to_owned());
        self.top(args);
        self.aliases.pop();
    }

    fn init(&mut self, args: &[Arg]) {
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

    fn clone_into(&mut self, args: &[Arg]) {
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

    fn credential(&mut self, args: &[Arg]) {
        let opts = Opts::parse("timeout= socket= file=", args, false);
        let verb = match opts.words.first().map(|word| word.text.as_str()) {
            None | Some("capability") => return self.read(),
            Some("fill" | "get") => Verb::Read,
            Some("reject" | "erase" | "exit") => Verb::Delete,
            Some(_) => Verb::Modify,
        };
        self.emit(Effect::new(verb, Target::new(TargetKind::Secret, "git credential")));
    }

    fn send(&mut self, name: &str, args: &[Arg]) {
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

    fn remote(&mut self, args: &[Arg]) {
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

    fn subtree(&mut self, args: &[Arg]) {
        let opts = Opts::parse("P|prefix= m|message= b|branch= onto= squash rejoin", args, false);
        match opts.words.first().map(|word| word.text.as_str()) {
            Some("push") => {
                let remote = opts.words.get(1).cloned().unwrap_or_else(|| Word::text("origin"));
                let reference = opts.words.get(2).cloned().unwrap_or_else(|| Word::text("HEAD"));
                self.publish(&remote, &reference);
            }
            Some(_) => self.modify(),
            None => self.read(),
        }
    }
}

/// Working trees: what is not committed.
impl Git<'_, '_> {
    fn reset(&mut self, args: &[Arg]) {
        let opts = Opts::parse(RESET, args, false);
        if opts.help {
            return self.read();
        }
        let (hard, merge, keep) = (opts.has("hard"), opts.has("merge"), opts.has("keep"));
        let (revision, paths) = if hard || merge || keep {
            // With these, git takes no paths: a single word is a commit.
            match opts.words.split_first() {
                Some((first, rest)) if opts.split != Some(0) => (Some(first.clone()), rest.to_vec()),
                _ => (None, opts.words.clone()),
            }
        } else {
            self.revision_and_paths(&opts)
        };
        let hidden = opts.may_hide_options() && !hard;
        if hard || merge || keep || hidden {
            let why = hidden.then(|| "an argument that is not known may be `--hard`".to_owned());
            self.lose_changes(&paths, true, !keep || hidden, why);
        }
        let moves = revision
            .as_ref()
            .filter(|word| !word.known || !matches!(word.text.as_str(), "HEAD" | "@"))
            .filter(|_| paths.is_empty());
        match moves {
            Some(to) => self.move_ref(None, Some(to)),
            None if !(hard || merge || keep || hidden) => self.modify(),
            None => {}
        }
    }

    /// Paths from a file come after those that are given.
    fn with_listed(&self, opts: &Opts, mut paths: Vec<Word>) -> (Vec<Word>, Option<String>) {
        match self.pathspecs_from_file(opts) {
            None => (paths, None),
            Some(Ok(listed)) => {
                paths.extend(listed);
                (paths, None)
            }
            Some(Err(why)) => (paths, Some(why)),
        }
    }

    fn checkout(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CHECKOUT, args, false);
        if opts.help {
            return self.read();
        }
        let force = opts.has("force");
        let (b, big_b, orphan) = (opts.value("b"), opts.value("B"), opts.value("orphan"));
        if b.is_some() || big_b.is_some() || orphan.is_some() {
            if force {
                self.lose_changes(&[], true, true, None);
            }
            match big_b {
                Some(name) => self.move_ref(Some(name), opts.words.first()),
                None if !force => self.modify(),
                None => {}
            }
            return;
        }
        let (revision, paths) = self.revision_and_paths(&opts);
        let (paths, why) = self.with_listed(&opts, paths);
        if !paths.is_empty() || why.is_some() {
            let staged = revision.is_some();
            let why = why.or_else(|| unknown(revision.as_slice()));
            self.lose_changes(&paths, staged, true, why);
        } else if force {
            let why = opts.may_hide_options().then(|| "an argument is not known before it runs".to_owned());
            self.lose_changes(&[], true, true, why);
        } else if let Some(revision) =
            revision.filter(|word| !word.known && (opts.split.is_none() || word.may_be_option()))
        {
            let why = format!("`{}` is not known before it runs: a branch, or paths to restore", revision.source);
            self.lose_changes(&[revision], false, true, Some(why));
        } else if opts.uncertain {
            self.lose_changes(&[], true, true, Some("an option is not known before it runs".to_owned()));
        } else if opts.words.is_empty() && !opts.has("detach") {
            self.read();
        } else {
            self.modify();
        }
    }

    fn switch(&mut self, args: &[Arg]) {
        let opts = Opts::parse(SWITCH, args, false);
        if opts.help {
            return self.read();
        }
        let discards = opts.any(&["force", "discard-changes"]);
        if discards {
            self.lose_changes(&[], true, true, None);
        }
        match opts.value("force-create") {
            Some(name) => self.move_ref(Some(name), opts.words.first()),
            None if !discards => self.modify_unless_hidden(&opts),
            None => {}
        }
    }

    fn restore(&mut self, args: &[Arg]) {
        let opts = Opts::parse(RESTORE, args, false);
        let staged = opts.has("staged");
        let worktree = opts.has("worktree") || !staged;
        let (paths, why) = self.with_listed(&opts, opts.words.clone());
        if opts.help || (paths.is_empty() && why.is_none() && !opts.uncertain && !opts.has("patch")) {
            return self.read();
        }
        if worktree {
            let why = why
                .or_else(|| unknown(opts.value("source").cloned().as_slice()))
                .or_else(|| opts.uncertain.then(|| "an option is not known before it runs".to_owned()));
            self.lose_changes(&paths, staged, true, why);
        } else {
            self.modify();
        }
    }

    fn clean(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CLEAN, args, false);
        let hidden = opts.may_hide_options();
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        let forced = opts.any(&["force", "interactive"]) || hidden || {
            let required = self.configured("clean.requireForce").map(|value| value.to_ascii_lowercase());
            matches!(required.as_deref(), Some("false" | "no" | "off" | "0" | ""))
        };
        if !forced {
            return self.read();
        }
        let why =
            unknown(&opts.words).or_else(|| opts.uncertain.then(|| "an option is not known before it runs".to_owned()));
        let name = self.pathspec_name(&opts.words);
        let scope = GitScope::Untracked {
            pathspecs: opts.words.iter().map(|word| word.text.clone()).collect(),
            directories: opts.has("d"),
            ignored: opts.has("x"),
            only_ignored: opts.has("X"),
        };
        self.lose(TargetKind::GitWorktree, name, scope, why);
    }

    fn read_tree(&mut self, args: &[Arg]) {
        let opts = Opts::parse(READ_TREE, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        if opts.has("reset") && opts.has("u") {
            self.lose_changes(&[], true, true, None);
        } else {
            self.modify();
        }
    }

    fn checkout_index(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CHECKOUT_INDEX, args, false);
        if opts.help {
            return self.read();
        }
        if let Some(prefix) = opts.value("prefix") {
            let prefix = prefix.clone();
            return self.write_file(&prefix);
        }
        if !opts.has("force") || opts.has("temp") {
            return self.modify();
        }
        let (paths, why) = match (&self.call.stdin, opts.has("stdin")) {
            (_, false) => (opts.words.clone(), None),
            (Stdin::Known(text), true) => {
                (text.split(['\n', '\0']).filter(|line| !line.is_empty()).map(Word::text).collect(), None)
            }
            (_, true) => (Vec::new(), Some("the paths on its standard input are not known".to_owned())),
        };
        if paths.is_empty() && why.is_none() && !opts.has("all") {
            return self.read();
        }
        self.lose_changes(&paths, false, true, why);
    }

    fn stash(&mut self, args: &[Arg]) {
        let Some((first, rest)) = args.split_first() else {
            return self.modify();
        };
        match &first.value {
            Value::Known(_) => {}
            Value::Prefix(prefix) if prefix.starts_with('-') => return self.modify(),
            _ => return self.opaque_delete(TargetKind::GitStash, &Word::of(first)),
        }
        match first.text().unwrap_or_default() {
            "list" | "show" | "create" => self.read(),
            "drop" => {
                let opts = Opts::parse("q|quiet", rest, false);
                let (entry, why) = match opts.words.first() {
                    None => (Some(0), None),
                    Some(word) if !word.known => (None, Some(not_known(&word.source))),
                    Some(word) => {
                        let number = word
                            .text
                            .rsplit_once("@{")
                            .map_or(word.text.as_str(), |(_, rest)| rest.trim_end_matches('}'));
                        let entry = number
                            .parse()
                            .ok()
                            .or_else(|| matches!(word.text.as_str(), "stash" | "refs/stash").then_some(0));
                        let why =
                            entry.is_none().then(|| format!("which entry `{}` is depends on when it runs", word.text));
                        (entry, why)
                    }
                };
                if opts.help {
                    return self.read();
                }
                self.lose(TargetKind::GitStash, "stash", GitScope::Stash { entry }, why);
            }
            "clear" => self.lose(TargetKind::GitStash, "stash", GitScope::Stash { entry: None }, None),
            _ => self.modify(),
        }
    }

    fn worktree(&mut self, args: &[Arg]) {
        let Some((first, rest)) = args.split_first() else {
            return self.read();
        };
        let Some(name) = first.text() else {
            return self.opaque_delete(TargetKind::GitWorktree, &Word::of(first));
        };
        match name {
            "list" => self.read(),
            "remove" => {
                let opts = Opts::parse("f|force", rest, false);
                let Some(path) = opts.words.first().filter(|_| !opts.help) else {
                    return self.read();
                };
                let scope = GitScope::Worktree { path: path.text.clone() };
                self.lose(TargetKind::GitWorktree, path.source.clone(), scope, unknown(&opts.words));
            }
            "add" => {
                let opts = Opts::parse(
                    "f|force b= B= d|detach checkout lock reason= orphan q|quiet track guess-remote relative-paths",
                    rest,
                    false,
                );
                match opts.value("B") {
                    Some(name) => self.move_ref(Some(name), opts.words.get(1)),
                    None => self.modify(),
                }
            }
            "prune" => {
                let opts = Opts::parse("n|dry-run v|verbose expire=", rest, false);
                if opts.has("dry-run") { self.read() } else { self.modify() }
            }
            _ => self.modify(),
        }
    }

    fn submodule(&mut self, args: &[Arg]) {
        let opts = Opts::parse("q|quiet cached", args, true);
        let Some((first, _)) = opts.words.split_first().filter(|_| !opts.help) else {
            return self.read();
        };
        if !first.known {
            return self.opaque_delete(TargetKind::GitWorktree, first);
        }
        let after = args.len().saturating_sub(opts.words.len()).saturating_add(1);
        let rest = args.get(after..).unwrap_or_default();
        match first.text.as_str() {
            "status" | "summary" => self.read(),
            "foreach" => self.foreach(rest),
            "deinit" => {
                let opts = Opts::parse("f|force all q|quiet", rest, false);
                if opts.has("force") || opts.uncertain {
                    self.lose_changes(&opts.words, true, true, None);
                } else {
                    self.modify();
                }
            }
            "update" => {
                let opts = Opts::parse(
                    "init N|no-fetch remote checkout merge rebase f|force recommend-shallow reference= dissociate \
                     depth= recursive j|jobs= single-branch filter= q|quiet progress",
                    rest,
                    false,
                );
                if opts.has("force") {
                    self.lose_changes(&opts.words, true, true, None);
                } else {
                    self.modify();
                }
            }
            "add" => {
                let opts = Opts::parse("b|branch= f|force name= reference= depth= ref-format= progress q", rest, false);
                if let Some(url) = opts.words.first() {
                    self.transport(url);
                }
                self.modify();
            }
            _ => self.modify(),
        }
    }

    /// Runs a command in every submodule.
    fn foreach(&mut self, args: &[Arg]) {
        let opts = Opts::parse("q|quiet recursive", args, true);
        let skip = args.len().saturating_sub(opts.words.len());
        let command = args.get(skip..).unwrap_or_default();
        let Some((first, others)) = command.split_first() else {
            return self.read();
        };
        self.read();
        // A single argument is shell text, several are a command with its arguments.
        let argv = if !others.is_empty() && first.text().is_some() {
            command.to_vec()
        } else if first.text().is_some() {
            vec![Arg::known("sh"), Arg::known("-c"), first.clone()]
        } else {
            return self.shell(&Word::of(first), "git submodule foreach");
        };
        let top = self.repository().map(|(top, _)| top);
        let listed: Vec<PathBuf> = top
            .and_then(|top| {
                let text = self.text(&top.join(".gitmodules"), CONFIG_LIMIT)?;
                Some(
                    parse_config(&text)
                        .into_iter()
                        .filter(|(key, _)| key.starts_with("submodule.") && key.ends_with(".path"))
                        .map(|(_, path)| normalize(&top.join(path)))
                        .collect(),
                )
            })
            .unwrap_or_default();
        if listed.is_empty() || listed.len() > MOST_SUBMODULES {
            return self.run_in_place(argv, "git submodule foreach");
        }
        for dir in listed {
            self.say.command_in(argv.clone(), Some(dir), "git submodule foreach");
        }
    }

    fn rm(&mut self, args: &[Arg]) {
        let opts = Opts::parse(RM, args, false);
        let (words, why) = self.with_listed(&opts, opts.words.clone());
        if opts.help || opts.has("dry-run") || (words.is_empty() && why.is_none()) {
            return self.read();
        }
        if opts.has("cached") {
            return self.modify();
        }
        let scope = if opts.has("r") { Scope::Whole } else { Scope::Files };
        let mut rest = words.as_slice();
        while let Some(first) = rest.first() {
            // What one glob gave is one effect.
            let count = rest
                .iter()
                .take_while(|word| first.globbed && word.globbed && word.source == first.source)
                .count()
                .max(1);
            let (group, after) = rest.split_at(count);
            rest = after;
            if let Some(why) = unknown(group) {
                let target = Target::new(TargetKind::FileTree, first.source.clone());
                self.emit(Effect::opaque(Verb::Delete, target, why).within(scope.clone()));
                continue;
            }
            // A pattern that git expands itself matches below the directory before its first wildcard.
            let pattern = first.text.starts_with(':') || (!first.globbed && first.text.contains(['*', '?', '[']));
            let (paths, scope) = if pattern {
                let fixed = first.text.split(['*', '?', '[']).next().unwrap_or_default();
                let fixed = fixed.rsplit_once('/').map_or("", |(dir, _)| dir);
                let fixed = if first.text.starts_with(':') { "" } else { fixed };
                let filter = first.text.clone();
                (self.path(fixed).into_iter().collect(), Scope::Filtered { filter })
            } else {
                (group.iter().filter_map(|word| self.path(&word.text)).collect::<Vec<_>>(), scope.clone())
            };
            let name = if first.globbed { &first.source } else { &first.text };
            let target = Target::new(TargetKind::FileTree, name.clone());
            let effect = if paths.is_empty() {
                Effect::opaque(Verb::Delete, target, "the directory in which it runs is not known")
            } else {
                Effect::new(Verb::Delete, target.at(paths))
            };
            self.emit(effect.within(scope));
        }
        if let Some(why) = why {
            let target = Target::new(TargetKind::FileTree, self.place_name());
            self.emit(Effect::opaque(Verb::Delete, target, why).within(scope));
        }
    }

    fn mv(&mut self, args: &[Arg]) {
        let opts = Opts::parse(MV, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        let Some((to, from)) = opts.words.split_last().filter(|(_, from)| !from.is_empty()) else {
            return self.read();
        };
        let dir = self.path(&to.text).filter(|_| to.known);
        let into = from.len() > 1
            || to.text.ends_with('/')
            || dir.as_ref().is_some_and(|dir| self.call.world.kind(dir) == Some(crate::FileKind::Directory));
        for word in from {
            let path = self.path(&word.text).filter(|_| word.known);
            let target = Target::new(TargetKind::FileTree, word.source.clone());
            let (Some(path), Some(dir)) = (path, &dir) else {
                let why = unknown(&opts.words).unwrap_or_else(|| "the directory is not known".to_owned());
                self.emit(Effect::opaque(Verb::Modify, target, why));
                continue;
            };
            let place = match path.file_name() {
                Some(name) if into => dir.join(name),
                _ => dir.clone(),
            };
            let taken = opts.has("force") && self.call.world.kind(&place) == Some(crate::FileKind::File);
            let moved = Scope::Moved { to: place.clone() };
            self.emit(Effect::new(Verb::Modify, target.at(vec![path])).within(moved));
            if taken {
                let target = Target::new(TargetKind::FileTree, to.source.clone()).at(vec![place]);
                self.emit(Effect::new(Verb::Modify, target).within(Scope::Content));
            }
        }
    }
}

/// Refs, here and on remotes.
impl Git<'_, '_> {
    fn branches(&mut self, args: &[Arg]) {
        let opts = Opts::parse(BRANCH, args, false);
        if opts.help {
            return self.read();
        }
        let force = opts.has("force");
        let lists = opts.any(&["list", "all", "show-current", "contains", "no-contains", "merged", "no-merged"])
            || opts.value("points-at").is_some();
        if opts.any(&["D", "delete"]) {
            if opts.has("D") || force || opts.uncertain {
                self.delete_refs(&opts.words);
            } else {
                self.modify();
            }
        } else if opts.any(&["M", "move", "C", "copy"]) {
            if (opts.any(&["M", "C"]) || force) && !opts.words.is_empty() {
                let to = (opts.words.len() > 1).then(|| opts.words.first()).flatten();
                self.move_ref(opts.words.last(), to);
            } else {
                self.modify();
            }
        } else if opts.any(&["set-upstream-to", "unset-upstream", "edit-description"]) {
            self.modify();
        } else if lists || opts.words.is_empty() || (opts.has("remotes") && !force) {
            self.read();
        } else if force {
            self.move_ref(opts.words.first(), opts.words.get(1));
        } else {
            self.modify_unless_hidden(&opts);
        }
    }

    /// Ordinary work, unless an argument that is not known may make it more than that.
    fn modify_unless_hidden(&mut self, opts: &Opts) {
        if opts.may_hide_options() {
            let target = self.target(TargetKind::GitRepository, self.place_name());
            let why = "an argument that is not known may be an option";
            self.emit(Effect::opaque(Verb::Modify, target, why));
        } else {
            self.modify();
        }
    }

    fn tag(&mut self, args: &[Arg]) {
        let opts = Opts::parse(TAG, args, false);
        let lists = opts.any(&["list", "n", "verify", "contains", "no-contains", "merged", "no-merged", "points-at"]);
        if opts.help {
            self.read();
        } else if opts.has("delete") {
            self.delete_refs(&opts.words);
        } else if lists || opts.words.is_empty() {
            self.read();
        } else if opts.has("force") {
            self.move_ref(opts.words.first(), opts.words.get(1));
        } else {
            self.modify_unless_hidden(&opts);
        }
    }

    fn update_ref(&mut self, args: &[Arg]) {
        let opts = Opts::parse(UPDATE_REF, args, false);
        if opts.help {
            return self.read();
        }
        if opts.has("stdin") {
            return self.update_refs(opts.has("z"));
        }
        let Some(name) = opts.words.first() else {
            return self.read();
        };
        if opts.has("d") {
            return self.delete_refs(std::slice::from_ref(name));
        }
        match opts.words.get(1) {
            None => self.read(),
            Some(new) if is_nothing(new) => self.delete_refs(std::slice::from_ref(name)),
            Some(new) => self.move_ref(Some(name), Some(new)),
        }
    }

    /// The commands on the standard input of `update-ref --stdin`.
    fn update_refs(&mut self, zero: bool) {
        let text = match &self.call.stdin {
            Stdin::Known(text) => text.clone(),
            Stdin::None => return self.read(),
            Stdin::Unknown(from) | Stdin::Paths { from, .. } => {
                let why = format!("the refs come from `{from}`");
                return self.lose(TargetKind::GitRef, "refs", GitScope::Refs { names: Vec::new() }, Some(why));
            }
        };
        if zero {
            let why = "the refs are separated by NUL".to_owned();
            return self.lose(TargetKind::GitRef, "refs", GitScope::Refs { names: Vec::new() }, Some(why));
        }
        let mut changed = false;
        for line in text.lines() {
            let words: Vec<Word> = line.split_whitespace().map(Word::text).collect();
            match (words.first().map(|word| word.text.as_str()), words.get(1), words.get(2)) {
                (Some("delete" | "symref-delete"), Some(name), _) => self.delete_refs(std::slice::from_ref(name)),
                (Some("update"), Some(name), Some(new)) if is_nothing(new) => {
                    self.delete_refs(std::slice::from_ref(name));
                }
                (Some("update"), Some(name), Some(new)) => self.move_ref(Some(name), Some(new)),
                (Some("create" | "symref-create" | "symref-update"), ..) => changed = true,
                _ => {}
            }
        }
        if changed {
            self.modify();
        }
    }

    fn fetch(&mut self, name: &str, args: &[Arg]) {
        let opts = Opts::parse(FETCH, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        if let Some(command) = opts.value("upload-pack") {
            self.shell(command, &format!("git {name} --upload-pack"));
        }
        if let Some(url) = opts.words.first() {
            self.transport(url);
        }
        for refspec in opts.words.iter().skip(1) {
            let forced = refspec.text.starts_with('+') || opts.has("force");
            let plain = refspec.text.trim_start_matches('+');
            if let Some((from, to)) = plain.split_once(':')
                && forced
                && !to.is_empty()
                && !to.starts_with("refs/remotes/")
            {
                let (from, to) = (Word::text(from), Word::text(to));
                self.move_ref(Some(&to), Some(&from));
            }
        }
        self.modify();
    }

    fn publish(&mut self, remote: &Word, reference: &Word) {
        let name = self.remote_name(remote, &reference.text);
        let target = self.target(TargetKind::GitRemoteRef, name);
        let why = [remote, reference].into_iter().find(|word| !word.known).map(|word| not_known(&word.source));
        let effect = match why {
            Some(why) => Effect::opaque(Verb::Publish, target, why),
            None => Effect::new(Verb::Publish, target),
        };
        self.emit(effect);
    }

    /// `origin/main`: the remote and the name that the ref has there.
    fn remote_name(&self, remote: &Word, refspec: &str) -> String {
        let plain = refspec.trim_start_matches('+');
        let there = plain.split_once(':').map_or(plain, |(_, to)| to);
        let there = ["refs/heads/", "refs/tags/"].iter().find_map(|prefix| there.strip_prefix(prefix)).unwrap_or(there);
        let there = match there {
            "HEAD" | "@" | "" => self.branch(),
            other => Some(other.to_owned()),
        };
        let remote = if remote.text.is_empty() { self.default_remote() } else { remote.text.clone() };
        match there {
            Some(there) => format!("{remote}/{there}"),
            None => remote,
        }
    }

    fn default_remote(&self) -> String {
        let of_branch = self.branch().and_then(|branch| {
            self.configured(&format!("branch.{branch}.pushRemote"))
                .or_else(|| self.configured("remote.pushDefault"))
                .or_else(|| self.configured(&format!("branch.{branch}.remote")))
        });
        of_branch.unwrap_or_else(|| "origin".to_owned())
    }

    fn push(&mut self, args: &[Arg]) {
        let opts = Opts::parse(PUSH, args, false);
        if opts.help || opts.has("dry-run") {
            return self.read();
        }
        for option in ["receive-pack", "exec"] {
            if let Some(command) = opts.value(option) {
                self.shell(command, &format!("git push --{option}"));
            }
        }
        let given = opts.words.first().or_else(|| opts.value("repo")).cloned();
        if let Some(url) = &given {
            self.transport(url);
        }
        let remote = given.unwrap_or_else(|| Word::text(""));
        let named = if remote.text.is_empty() { self.default_remote() } else { remote.text.clone() };
        let mut refspecs: Vec<Word> = Vec::new();
        let mut words = opts.words.get(1..).unwrap_or_default().iter();
        while let Some(word) = words.next() {
            match words.as_slice().first() {
                Some(tag) if word.known && word.text == "tag" => {
                    words.next();
                    refspecs.push(Word { text: format!("refs/tags/{}", tag.text), ..tag.clone() });
                }
                _ => refspecs.push(word.clone()),
            }
        }
        if opts.has("stdin") {
            refspecs.push(Word {
                text: "refs on standard input".to_owned(),
                known: false,
                ..Word::text("standard input")
            });
        }
        let mut forced_by_default = false;
        if refspecs.is_empty() {
            let everything = |text: &str| vec![Word::text(text)];
            if opts.any(&["all", "branches"]) {
                refspecs = everything("refs/heads/*:refs/heads/*");
            } else if let Some(default) = self.configured(&format!("remote.{named}.push")) {
                forced_by_default = default.starts_with('+');
            }
            if opts.has("tags") {
                refspecs.push(Word::text("refs/tags/*:refs/tags/*"));
            }
        }
        let mirror = opts.has("mirror")
            || self
                .configured(&format!("remote.{named}.mirror"))
                .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let leased = opts.has("force-with-lease") && !opts.has("force");
        let all_forced = opts.any(&["force", "force-with-lease"]) || forced_by_default;
        if mirror || opts.has("prune") {
            let texts = refspecs.iter().map(|word| word.text.clone()).collect();
            let why = unknown(&refspecs).or_else(|| unknown(std::slice::from_ref(&remote)));
            let scope = GitScope::Remote {
                remote: remote.text.clone(),
                refspecs: if mirror { vec!["+refs/*:refs/*".to_owned()] } else { texts },
                delete: !mirror,
            };
            return self.lose(TargetKind::GitRemoteRef, format!("{named}/*"), scope, why);
        }
        if refspecs.is_empty() {
            refspecs.push(Word::text(""));
        }
        for refspec in refspecs {
            let text = if refspec.known { refspec.text.as_str() } else { refspec.prefix.as_str() };
            let bare = text.trim_start_matches('+');
            let delete = opts.has("delete") || (bare.starts_with(':') && (bare.len() > 1 || !refspec.known));
            let forced = all_forced || text.starts_with('+');
            if !delete && !forced {
                let hidden = opts.uncertain.then(|| "an option is not known before it runs".to_owned());
                match hidden {
                    Some(why) => {
                        let name = self.remote_name(&remote, &refspec.text);
                        let target = self.target(TargetKind::GitRemoteRef, name);
                        self.emit(Effect::opaque(Verb::Publish, target, why));
                    }
                    None => self.publish(&remote, &refspec),
                }
                continue;
            }
            let name = self.remote_name(&remote, &refspec.text);
            let scope = GitScope::Remote {
                remote: remote.text.clone(),
                refspecs: (!refspec.text.is_empty()).then(|| refspec.text.clone()).into_iter().collect(),
                delete,
            };
            let why = unknown(&[remote.clone(), refspec.clone()]);
            let target = self.target(TargetKind::GitRemoteRef, name);
            let mut effect = match why {
                Some(why) => Effect::opaque(Verb::Delete, target, why),
                None => Effect::new(Verb::Delete, target),
            };
            if leased && !delete && effect.note.is_none() {
                effect.note = Some("only where the remote still is as it was last seen".to_owned());
            }
            self.emit(effect.within(Scope::Git(scope)));
        }
    }
}

/// Whether the new value of a ref means that it is deleted.
fn is_nothing(word: &Word) -> bool {
    word.known && word.text.chars().all(|letter| letter == '0')
}

/// History, and what makes it recoverable.
impl Git<'_, '_> {
    fn reflog(&mut self, args: &[Arg]) {
        let Some((first, rest)) = args.split_first() else {
            return self.read();
        };
        if first.text().is_none() {
            return self.opaque_delete(TargetKind::GitRepository, &Word::of(first));
        }
        match first.text() {
            Some("expire" | "delete" | "drop") => {
                let opts = Opts::parse(
                    "n|dry-run all single-worktree expire= expire-unreachable= updateref rewrite stale-fix verbose",
                    rest,
                    false,
                );
                if opts.help || opts.has("dry-run") {
                    self.read();
                } else {
                    self.lose_history(None);
                }
            }
            _ => self.read(),
        }
    }

    fn gc(&mut self, args: &[Arg]) {
        let opts = Opts::parse(GC, args, false);
        if opts.help {
            return self.read();
        }
        let configured = ["gc.pruneExpire", "gc.reflogExpire", "gc.reflogExpireUnreachable"].iter().any(|key| {
            let set = self.config.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
            set.is_some_and(|(_, value)| is_soon(value))
        });
        match opts.value("prune") {
            Some(word) if !word.known => {
                let why = not_known(&word.source);
                self.lose_history(Some(why));
            }
            Some(word) if is_soon(&word.text) => self.lose_history(None),
            _ if configured => self.lose_history(None),
            _ => self.modify_unless_hidden(&opts),
        }
    }

    fn repack(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "a A d f F l q n cruft cruft-expiration= max-cruft-size= unpack-unreachable= k|keep-unreachable window= \
             depth= threads= window-memory= max-pack-size= filter= filter-to= keep-pack= g|geometric= expire-to= \
             write-midx write-bitmap-index",
            args,
            false,
        );
        let soon = ["cruft-expiration", "unpack-unreachable"]
            .iter()
            .filter_map(|option| opts.value(option))
            .any(|word| !word.known || is_soon(&word.text));
        if opts.help {
            self.read();
        } else if soon {
            self.lose_history(None);
        } else {
            self.modify();
        }
    }

    fn prune(&mut self, args: &[Arg]) {
        let opts = Opts::parse("n|dry-run v|verbose progress expire= exclude-promisor-objects", args, false);
        if opts.help || opts.has("dry-run") {
            self.read();
        } else {
            self.lose_history(None);
        }
    }

    fn filter_branch(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "f|force d= setup= env-filter= tree-filter= index-filter= parent-filter= msg-filter= commit-filter= \
             tag-name-filter= subdirectory-filter= original= state-branch= prune-empty remap-to-ancestor",
            args,
            false,
        );
        if opts.help {
            return self.read();
        }
        self.lose_history(None);
        // The filters run in a directory made for them, not in the working tree.
        let scratch =
            self.repository().map(|(top, _)| top).or_else(|| self.dir.clone()).map(|top| top.join(".git-rewrite/t"));
        for option in [
            "setup",
            "env-filter",
            "tree-filter",
            "index-filter",
            "parent-filter",
            "msg-filter",
            "commit-filter",
            "tag-name-filter",
        ] {
            let Some(command) = opts.value(option) else {
                continue;
            };
            let through = format!("git filter-branch --{option}");
            if command.known {
                let argv = vec![Arg::known("sh"), Arg::known("-c"), Arg::known(command.text.clone())];
                self.say.command_in(argv, scratch.clone(), &through);
            } else {
                self.shell(command, &through);
            }
        }
    }

    fn filter_repo(&mut self, args: &[Arg]) {
        let opts = Opts::parse(
            "analyze dry-run h|help force f path= path-glob= path-regex= paths-from-file= filename-callback= \
             message-callback= name-callback= email-callback= refname-callback= blob-callback= commit-callback= \
             tag-callback= reset-callback= file-info-callback= replace-text= replace-message= mailmap= refs= source= \
             target=",
            args,
            false,
        );
        if opts.any(&["help", "analyze", "dry-run"]) || opts.help {
            return self.read();
        }
        self.lose_history(None);
        for (option, value) in &opts.set {
            if let Some(code) = value.as_ref().filter(|_| option.ends_with("-callback")) {
                self.say.code(Language::Python, &code.text, &[], &format!("git filter-repo --{option}"));
            }
        }
    }

    fn replace(&mut self, args: &[Arg]) {
        let opts = Opts::parse("l|list d|delete e|edit g|graft convert-graft-file f|force raw format=", args, false);
        let acts = opts.any(&["delete", "edit", "graft", "convert-graft-file"]) || opts.words.len() > 1;
        if opts.help || opts.has("list") || !acts {
            self.read();
        } else {
            let why = unknown(&opts.words);
            self.lose_history(why);
        }
    }

    fn fast_import(&mut self, args: &[Arg]) {
        let opts = Opts::parse("force quiet stats export-marks= import-marks= date-format= done", args, false);
        if let Some(file) = opts.value("export-marks") {
            self.write_file(file);
        }
        if opts.has("force") {
            self.lose_history(None);
        } else {
            self.modify();
        }
    }

    fn lfs(&mut self, args: &[Arg]) {
        let opts = Opts::parse("d|dry-run h|help all f|force r|recent verify-remote", args, false);
        let word = |at: usize| opts.words.get(at).map(|word| word.text.as_str()).unwrap_or_default();
        match (word(0), word(1)) {
            _ if opts.any(&["help", "dry-run"]) || opts.help => self.read(),
            ("" | "ls-files" | "status" | "env" | "logs" | "version" | "locks" | "fsck" | "pointer" | "ext", _)
            | ("track", "")
            | ("migrate", "info" | "") => self.read(),
            ("prune" | "migrate", _) => self.lose_history(unknown(&opts.words)),
            ("push", _) => {
                let remote = opts.words.get(1).cloned().unwrap_or_else(|| Word::text(""));
                let reference = opts.words.get(2).cloned().unwrap_or_else(|| Word::text(""));
                self.publish(&remote, &reference);
            }
            _ if opts.words.first().is_some_and(|word| !word.known) => {
                self.opaque_program("lfs", "its subcommand is not known before it runs");
            }
            _ => self.modify(),
        }
    }
}

/// Whether an expiry date leaves less than the two weeks that git leaves by default.
fn is_soon(date: &str) -> bool {
    let date = date.to_ascii_lowercase();
    !(date == "never"
        || date == "false"
        || ["week", "month", "year"].iter().any(|unit| date.contains(unit)) && !date.starts_with("1.week"))
}

/// Configuration.
impl Git<'_, '_> {
    fn configure(&mut self, args: &[Arg]) {
        let opts = Opts::parse(CONFIG, args, false);
        if opts.help {
            return self.read();
        }
        let reads = ["get", "get-all", "get-regexp", "get-urlmatch", "get-color", "get-colorbool", "list"];
        if opts.any(&reads) {
            return self.read();
        }
        let mut words = opts.words.as_slice();
        let mut removes = opts.any(&["unset", "unset-all", "remove-section", "rename-section"]);
        let mut writes = removes || opts.any(&["add", "replace-all", "edit"]);
        if let Some((first, rest)) = words.split_first().filter(|_| !writes) {
            match first.text.as_str() {
                "list" | "get" => return self.read(),
                "set" => (writes, words) = (true, rest),
                "unset" | "remove-section" | "rename-section" => {
                    (writes, removes, words) = (true, true, rest);
                }
                "edit" => (writes, words) = (true, rest),
                _ => writes = words.len() > 1,
            }
        }
        if !writes {
            return self.read();
        }
        let place = self.config_file(&opts);
        let Some(key) = words.first() else {
            return self.config_written(&place, None);
        };
        if !key.known {
            let target = self.target(TargetKind::GitRepository, key.source.clone());
            return self.emit(Effect::opaque(Verb::Modify, target, not_known(&key.source)));
        }
        let value = words.get(1).filter(|_| !removes);
        let text = value.map_or("/", |word| if word.known { word.text.as_str() } else { "/" });
        match runs(&key.text, text) {
            Runs::Surface => {
                let target = Target::new(TargetKind::ControlSurface, format!("git config {}", canonical(&key.text)))
                    .at(place.path.into_iter().collect());
                let note = match value {
                    Some(word) => format!("git will use `{}` for it in {}", word.source, place.of),
                    None => format!("it is removed from the configuration of {}", place.of),
                };
                let effect = match value.filter(|word| !word.known) {
                    Some(word) => Effect::opaque(Verb::Modify, target, not_known(&word.source)),
                    None => Effect { note: Some(note), ..Effect::new(Verb::Modify, target) },
                };
                self.emit(effect);
            }
            Runs::Shell(_) if value.is_some() => {
                let note = format!("git will run `{}` for `{}` in {}", text, key.text, place.of);
                self.config_written(&place, Some(note));
            }
            _ if key.text.to_ascii_lowercase().starts_with("alias.") && value.is_some() => {
                let note = format!("`{}` becomes an alias for `{}` in {}", key.text, text, place.of);
                self.config_written(&place, Some(note));
            }
            _ => {
                let note = (place.of != "this repository").then(|| format!("the configuration of {}", place.of));
                self.config_written(&place, note);
            }
        }
    }

    fn config_written(&mut self, place: &ConfigPlace, note: Option<String>) {
        if let Some(file) = &place.file {
            let file = file.clone();
            return self.write_file(&file);
        }
        self.modify_with(note);
    }

    fn config_file(&self, opts: &Opts) -> ConfigPlace {
        let home = self.call.world.home(None);
        if let Some(file) = opts.value("file") {
            return ConfigPlace {
                path: self.path(&file.text).filter(|_| file.known),
                of: format!("`{}`", file.source),
                file: Some(file.clone()),
            };
        }
        let (path, of) = if opts.has("global") {
            (home.map(|home| home.join(".gitconfig")), "all of the user's repositories")
        } else if opts.has("system") {
            (Some(PathBuf::from("/etc/gitconfig")), "all of the machine's repositories")
        } else {
            let path = self.repository().map(|(_, git_dir)| self.common(&git_dir).join("config"));
            (path, "this repository")
        };
        ConfigPlace { path, of: of.to_owned(), file: None }
    }
}

/// Where a configuration variable is written.
struct ConfigPlace {
    path: Option<PathBuf>,
    /// Whose configuration it is, for people.
    of: String,
    /// A file that was named.
    file: Option<Word>,
}

/// The usual spelling of the variables whose case people know.
fn canonical(key: &str) -> String {
    match key.to_ascii_lowercase().as_str() {
        "core.hookspath" => "core.hooksPath".to_owned(),
        lower @ ("core.fsmonitor" | "include.path") => lower.to_owned(),
        _ => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{self, Heard, Machine};

    fn machine() -> Machine {
        Machine::new([
            ("/w/repo/.git/HEAD", "ref: refs/heads/topic\n"),
            (
                "/w/repo/.git/config",
                "[core]\n\tbare = false\n[alias]\n\tundo = reset --hard\n\tnuke = !git clean -fdx\n\
                     \tst = status # short\n\tpaged = -c core.pager=cat log\n\tloop = again\n\tagain = loop\n\tquoted = \"commit -m 'a b'\"\n\
                     [branch \"topic\"]\n\tremote = upstream\n[remote \"copy\"]\n\tmirror = true\n",
            ),
            ("/w/repo/.git/refs/heads/topic", "1\n"),
            ("/w/repo/.git/packed-refs", "# pack\n12 refs/heads/main\n34 refs/tags/v1\n"),
            ("/w/repo/a.txt", "a"),
            ("/w/repo/b.txt", "b"),
            ("/w/repo/main", "a file named as a branch"),
            ("/w/repo/src/lib.rs", ""),
            ("/w/repo/paths", "x\ny\n"),
            ("/w/repo/.gitmodules", "[submodule \"one\"]\n\tpath = libs/one\n"),
            ("/home/me/.gitconfig", "[alias]\n\twipe = checkout -- .\n[include]\n\tpath = ~/more\n"),
            ("/home/me/more", "[alias]\n\tbye = branch -D\n"),
            ("/w/loose/.git/config", "[clean]\n\trequireForce = false\n"),
        ])
    }

    fn hear_with(text: &str, cwd: Option<&str>, stdin: Stdin, env: &[(&str, &str)]) -> Heard {
        lab::hear(&machine(), text, cwd, stdin, env, interpret)
    }

    fn hear(text: &str) -> Heard {
        hear_with(text, Some("/w/repo"), Stdin::None, &[])
    }

    const READS: &[&str] = &["read git-repository repo"];
    const MODIFIES: &[&str] = &["modify git-repository repo"];

    #[test]
    fn what_only_looks() {
        for command in [
            "git",
            "git --version",
            "git --help",
            "git help reset",
            "git reset --help",
            "git reset -h",
            "git reset --hard --help",
            "git status -sb",
            "git --no-pager log --oneline -n 5",
            "git -P diff HEAD~3",
            "git show HEAD:a.txt",
            "git blame a.txt",
            "git grep -n foo",
            "git ls-files -z",
            "git rev-parse --show-toplevel",
            "git cat-file -p HEAD",
            "git remote -v",
            "git remote show origin",
            "git remote get-url origin",
            "git branch",
            "git branch -a",
            "git branch -vv",
            "git branch --list 'f*'",
            "git branch --show-current",
            "git branch --merged main",
            "git tag",
            "git tag -l 'v*'",
            "git tag -n5",
            "git stash list",
            "git stash show -p",
            "git reflog",
            "git reflog show main",
            "git reflog expire --dry-run --expire=now --all",
            "git config --get user.name",
            "git config --list",
            "git config user.name",
            "git config get core.hooksPath",
            "git worktree list",
            "git worktree",
            "git submodule",
            "git submodule status",
            "git bisect log",
            "git notes show",
            "git fsck",
            "git archive HEAD",
            "git bundle verify x.bundle",
            "git clean -n",
            "git clean -fdx --dry-run",
            "git clean -ndfx",
            "git clean -d",
            "git clean --force --dry",
            "git push --dry-run --force",
            "git push -n origin :main",
            "git rm -rn src",
            "git mv -n a.txt c.txt",
            "git add --dry-run .",
            "git commit --dry-run",
            "git fetch --dry-run",
            "git prune -n",
            "git restore",
            "git checkout",
            "git symbolic-ref HEAD",
            "git apply --check x.patch",
            "git hash-object a.txt",
            "git st",
            "git lfs ls-files",
            "git lfs prune --dry-run",
            "git filter-repo --analyze",
            "git replace -l",
        ] {
            assert_eq!(hear(command).lines, READS, "{command}");
        }
    }

    #[test]
    fn ordinary_work() {
        for command in [
            "git add .",
            "git add -A",
            "git commit -m --dry-run",
            "git commit -am x",
            "git commit --amend --no-edit",
            "git commit -n -m x",
            "git merge -n topic",
            "git pull -n",
            "git pull --rebase origin main",
            "git fetch --all --prune",
            "git fetch origin +refs/heads/*:refs/remotes/origin/*",
            "git rebase -i HEAD~3",
            "git cherry-pick abc",
            "git revert HEAD",
            "git am x.mbox",
            "git apply --index x.patch",
            "git init",
            "git checkout -b new",
            "git checkout topic",
            "git checkout main",
            "git checkout -",
            "git checkout HEAD~2",
            "git checkout --detach",
            "git checkout feature/of-the-remote",
            "git switch main",
            "git switch -c new",
            "git branch new",
            "git branch -d old",
            "git branch -m old new",
            "git branch -u origin/main",
            "git tag v2",
            "git tag -a v2 -m -d",
            "git tag v2 \"$REV\"",
            "git stash",
            "git stash push -m clear",
            "git stash -u",
            "git stash pop",
            "git stash apply stash@{1}",
            "git worktree add ../x topic",
            "git worktree prune",
            "git submodule update --init --recursive",
            "git submodule deinit libs/one",
            "git remote add o https://x/y.git",
            "git remote prune origin",
            "git bisect start",
            "git gc",
            "git gc --prune",
            "git gc --prune=2.weeks.ago",
            "git repack -ad",
            "git maintenance run",
            "git restore --staged a.txt",
            "git restore -S .",
            "git reset",
            "git reset HEAD",
            "git reset HEAD a.txt",
            "git reset -- a.txt",
            "git reset a.txt",
            "git reset --soft HEAD",
            "git rm --cached a.txt",
            "git rm -r --cached .",
            "git symbolic-ref HEAD refs/heads/main",
            "git config user.name me",
            "git config set user.name me",
            "git config --unset user.name",
            "git config core.fsmonitor true",
            "git read-tree HEAD",
            "git checkout-index -a",
            "git quoted",
            "git hash-object -w a.txt",
            "git lfs track '*.bin'",
        ] {
            assert_eq!(hear(command).lines, MODIFIES, "{command}");
        }
    }

    #[test]
    fn what_loses_something() {
        let table: &[(&str, &[&str])] = &[
            // reset
            ("git reset --hard", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git reset --har", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git reset --hard HEAD", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git reset --hard --no-hard HEAD", MODIFIES),
            (
                "git reset HEAD~3 --hard -q",
                &["delete git-worktree repo | changes [] staged worktree", "delete git-ref topic | move - to HEAD~3"],
            ),
            (
                "git reset --hard origin/main",
                &[
                    "delete git-worktree repo | changes [] staged worktree",
                    "delete git-ref topic | move - to origin/main",
                ],
            ),
            ("git reset --soft HEAD~1", &["delete git-ref topic | move - to HEAD~1"]),
            ("git reset main", &["delete git-ref topic | move - to main"]),
            ("git reset --merge", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git reset --keep", &["delete git-worktree repo | changes [] staged"]),
            (
                "git reset --hard $REV",
                &["delete git-worktree repo | changes [] staged worktree", "?delete git-ref topic | move - to $REV"],
            ),
            (
                "git reset $X",
                &["?delete git-worktree repo | changes [] staged worktree", "?delete git-ref topic | move - to $X"],
            ),
            ("git reset {--soft,--hard}", &[MODIFIES[0], "delete git-worktree repo | changes [] staged worktree"]),
            // clean
            ("git clean -f", &["delete git-worktree repo | untracked []"]),
            ("git clean -fdx", &["delete git-worktree repo | untracked [] d x"]),
            ("git clean -d --forc -X src", &["delete git-worktree src | untracked [src] d X"]),
            ("git clean -fd -e '*.log' -- a b", &["delete git-worktree a and 1 more | untracked [a b] d"]),
            ("git clean -i", &["delete git-worktree repo | untracked []"]),
            ("git clean -n --no-dry-run -f", &["delete git-worktree repo | untracked []"]),
            ("git -c clean.requireForce=false clean -d", &["delete git-worktree repo | untracked [] d"]),
            ("git -C ../loose clean", &["delete git-worktree loose | untracked []"]),
            ("git clean -fd $DIR", &["?delete git-worktree $DIR | untracked [$DIR] d"]),
            // checkout, restore, switch
            ("git checkout -- a.txt", &["delete git-worktree a.txt | changes [a.txt] worktree"]),
            ("git checkout .", &["delete git-worktree repo | changes [.] worktree"]),
            ("git checkout a.txt b.txt", &["delete git-worktree a.txt and 1 more | changes [a.txt b.txt] worktree"]),
            ("git checkout src", &["delete git-worktree src | changes [src] worktree"]),
            ("git checkout -- main", &["delete git-worktree main | changes [main] worktree"]),
            ("git checkout HEAD -- a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
            ("git checkout topic a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
            ("git checkout '*.rs'", &["delete git-worktree *.rs | changes [*.rs] worktree"]),
            ("git checkout -f", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git checkout -qf main", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git checkout -B topic origin/main", &["delete git-ref topic | move topic to origin/main"]),
            ("git switch $X", &["?modify git-repository repo"]),
            ("git reset src/$F", MODIFIES),
            ("git checkout src/$F", &["?delete git-worktree src/$F | changes [src/$F] worktree"]),
            ("git checkout $X", &["?delete git-worktree $X | changes [$X] worktree"]),
            ("git checkout --pathspec-from-file=paths", &["delete git-worktree x and 1 more | changes [x y] worktree"]),
            ("git restore .", &["delete git-worktree repo | changes [.] worktree"]),
            ("git restore -SW a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
            ("git restore --staged --work a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
            ("git restore -s HEAD~1 a.txt", &["delete git-worktree a.txt | changes [a.txt] worktree"]),
            ("git restore $F", &["?delete git-worktree $F | changes [$F] worktree"]),
            ("git switch -f main", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git switch --discard main", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git switch -C topic HEAD~2", &["delete git-ref topic | move topic to HEAD~2"]),
            ("git read-tree -u --reset HEAD", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git checkout-index -fa", &["delete git-worktree repo | changes [] worktree"]),
            (
                "git submodule deinit -f libs/one",
                &["delete git-worktree libs/one | changes [libs/one] staged worktree"],
            ),
            ("git worktree remove ../x", &["delete git-worktree ../x | worktree ../x"]),
            ("git worktree remove --force ../x", &["delete git-worktree ../x | worktree ../x"]),
            // refs
            ("git branch -D a b", &["delete git-ref a | refs [a]", "delete git-ref b | refs [b]"]),
            ("git branch -d -f a", &["delete git-ref a | refs [a]"]),
            ("git branch --delete --force a", &["delete git-ref a | refs [a]"]),
            ("git branch -D $B", &["?delete git-ref $B | refs [$B]"]),
            ("git branch -D {x,y}", &["delete git-ref x | refs [x]", "delete git-ref y | refs [y]"]),
            ("git branch -f main HEAD~1", &["delete git-ref main | move main to HEAD~1"]),
            ("git branch -M old new", &["delete git-ref new | move new to old"]),
            ("git branch -C new", &["delete git-ref new | move new to HEAD"]),
            ("git tag -d v1", &["delete git-ref v1 | refs [v1]"]),
            ("git tag -f v1", &["delete git-ref v1 | move v1 to HEAD"]),
            ("git update-ref -d refs/heads/x", &["delete git-ref refs/heads/x | refs [refs/heads/x]"]),
            ("git update-ref refs/heads/x abc", &["delete git-ref refs/heads/x | move refs/heads/x to abc"]),
            ("git update-ref refs/heads/x 0000000", &["delete git-ref refs/heads/x | refs [refs/heads/x]"]),
            ("git fetch origin +main:main", &["delete git-ref main | move main to main", MODIFIES[0]]),
            // stash
            ("git stash drop", &["delete git-stash stash | stash 0"]),
            ("git stash drop stash@{2}", &["delete git-stash stash | stash 2"]),
            ("git stash drop 1", &["delete git-stash stash | stash 1"]),
            ("git stash clear", &["delete git-stash stash | stash all"]),
            ("git stash $X", &["?delete git-stash $X"]),
            // push
            ("git push", &["publish git-remote-ref upstream/topic"]),
            ("git push origin main", &["publish git-remote-ref origin/main"]),
            ("git push -u origin HEAD", &["publish git-remote-ref origin/topic"]),
            ("git push origin a:refs/heads/b", &["publish git-remote-ref origin/b"]),
            ("git push origin tag v1", &["publish git-remote-ref origin/v1"]),
            ("git push origin $B", &["?publish git-remote-ref origin/$B"]),
            ("git push -f", &["delete git-remote-ref upstream/topic | remote  []"]),
            ("git push --force origin main", &["delete git-remote-ref origin/main | remote origin [main]"]),
            ("git push -uf origin main", &["delete git-remote-ref origin/main | remote origin [main]"]),
            ("git push origin +main", &["delete git-remote-ref origin/main | remote origin [+main]"]),
            ("git push --force-with-lease", &["delete git-remote-ref upstream/topic | remote  []"]),
            ("git push --force-w=main:abc origin main", &["delete git-remote-ref origin/main | remote origin [main]"]),
            ("git push --force --no-force origin x", &["publish git-remote-ref origin/x"]),
            ("git push origin :old", &["delete git-remote-ref origin/old | remote origin [:old] delete"]),
            ("git push origin --delete a", &["delete git-remote-ref origin/a | remote origin [a] delete"]),
            ("git push -d origin a", &["delete git-remote-ref origin/a | remote origin [a] delete"]),
            ("git push --mirror x", &["delete git-remote-ref x/* | remote x [+refs/*:refs/*]"]),
            ("git push copy", &["delete git-remote-ref copy/* | remote copy [+refs/*:refs/*]"]),
            ("git push --prune o refs/heads/*", &["delete git-remote-ref o/* | remote o [refs/heads/*] delete"]),
            // files
            ("git rm a.txt", &["delete file-tree a.txt | files"]),
            ("git rm -rf src", &["delete file-tree src"]),
            ("git rm -r 'src/*.rs'", &["delete file-tree src/*.rs | filtered src/*.rs"]),
            ("git mv a.txt c.txt", &["modify file-tree a.txt | moved /w/repo/c.txt"]),
            (
                "git mv -f a.txt b.txt",
                &["modify file-tree a.txt | moved /w/repo/b.txt", "modify file-tree b.txt | content"],
            ),
            (
                "git mv a.txt b.txt src",
                &[
                    "modify file-tree a.txt | moved /w/repo/src/a.txt",
                    "modify file-tree b.txt | moved /w/repo/src/b.txt",
                ],
            ),
            ("git clone https://x/y/z.git", &["create file-tree z"]),
            ("git clone --depth 1 git@h:me/z.git there", &["create file-tree there"]),
            ("git diff --output=a.txt", &["modify file-tree a.txt | content", READS[0]]),
            ("git archive -o out.tar HEAD", &["create file-tree out.tar", READS[0]]),
            // history
            ("git reflog expire --expire=now --all", &["delete git-repository repo | history"]),
            ("git reflog delete HEAD@{1}", &["delete git-repository repo | history"]),
            ("git gc --prune=now", &["delete git-repository repo | history"]),
            ("git gc --aggressive --pru=all", &["delete git-repository repo | history"]),
            ("git -c gc.pruneExpire=now gc", &["delete git-repository repo | history"]),
            ("git prune", &["delete git-repository repo | history"]),
            ("git filter-repo --path secret --invert-paths", &["delete git-repository repo | history"]),
            (
                "git filter-branch --tree-filter 'rm -f x' HEAD",
                &["delete git-repository repo | history", "run in /w/repo/.git-rewrite/t: sh -c rm -f x"],
            ),
            ("git replace a b", &["delete git-repository repo | history"]),
            ("git lfs prune", &["delete git-repository repo | history"]),
        ];
        for (command, expected) in table {
            assert_eq!(&hear(command).lines, expected, "{command}");
        }
    }

    #[test]
    fn what_runs_something() {
        let table: &[(&str, &[&str])] = &[
            ("git undo", &["delete git-worktree repo | changes [] staged worktree"]),
            ("git nuke", &["Shell: git clean -fdx"]),
            ("git nuke 'a b'", &["Shell: git clean -fdx 'a b'"]),
            ("git -C src nuke", &["Shell: git clean -fdx"]),
            ("git -C .. -C repo/src wipe", &["delete git-worktree src | changes [.] worktree"]),
            ("git bye x", &["delete git-ref x | refs [x]"]),
            ("git loop", &["?execute program git-loop"]),
            ("git no-such", &["?execute program git-no-such"]),
            ("git svn rebase", &["?execute program git-svn"]),
            ("git $CMD --hard", &["?delete git-repository $CMD"]),
            ("git -c alias.x=!ls x", &["Shell: ls"]),
            ("git -c 'alias.x=clean -fd' x", &["delete git-worktree repo | untracked [] d"]),
            ("git -c core.hooksPath=/x commit", &["execute control-surface git -c core.hooksPath", MODIFIES[0]]),
            ("git -c core.pager=less log", &["Shell: less", READS[0]]),
            ("git -c core.fsmonitor=false status", READS),
            ("git paged", &["Shell: cat", READS[0]]),
            ("git -c core.fsmonitor=./x status", &["execute control-surface git -c core.fsmonitor", READS[0]]),
            ("git -c user.name=$X commit", MODIFIES),
            ("git -c $X status", &["?execute program git-config", READS[0]]),
            ("git bisect run make test", &[MODIFIES[0], "run make test"]),
            ("git -C .. bisect run make", &["modify git-repository w", "run in /w: make"]),
            ("git rebase main -x 'make test'", &[MODIFIES[0], "Shell: make test"]),
            ("git submodule foreach git clean -fd", &[READS[0], "run in /w/repo/libs/one: git clean -fd"]),
            ("git submodule foreach --recursive 'rm x'", &[READS[0], "run in /w/repo/libs/one: sh -c rm x"]),
            ("git difftool -x meld", &[READS[0], "Shell: meld"]),
            ("git clone 'ext::sh -c x' d", &["Shell: sh -c x", "create file-tree d"]),
            ("git config core.hooksPath .hooks", &["modify control-surface git config core.hooksPath"]),
            ("git config --unset core.hookspath", &["modify control-surface git config core.hooksPath"]),
            ("git config --global include.path /x", &["modify control-surface git config include.path"]),
            ("git config set --global core.fsmonitor ./x", &["modify control-surface git config core.fsmonitor"]),
            ("git config alias.x '!rm -rf .'", MODIFIES),
            ("git config -f a.txt x.y z", &["modify file-tree a.txt | content"]),
        ];
        for (command, expected) in table {
            assert_eq!(&hear(command).lines, expected, "{command}");
        }
    }

    #[test]
    fn where_it_runs() {
        let place = |text: &str| hear(text).effects.first().map(|effect| effect.target.paths.clone());
        let at = |path: &str| Some(vec![PathBuf::from(path)]);
        assert_eq!(place("git reset --hard"), at("/w/repo"));
        assert_eq!(place("git -C src reset --hard"), at("/w/repo/src"));
        assert_eq!(place("git -C /x -C y reset --hard"), at("/x/y"));
        assert_eq!(place("git --git-dir /x/.git reset --hard"), at("/x/.git"));
        assert_eq!(place("git --git-dir=/x/.git --work-tree=/y reset --hard"), at("/y"));
        assert_eq!(place("git rm -r src"), at("/w/repo/src"));
        assert_eq!(place("git -C src rm lib.rs"), at("/w/repo/src/lib.rs"));
        assert_eq!(place("git clone https://x/y.git"), at("/w/repo/y"));
        assert_eq!(place("git config core.hooksPath x"), at("/w/repo/.git/config"));
        assert_eq!(hear("git -C $D reset --hard").lines, ["?delete git-worktree $D | changes [] staged worktree"]);
        assert_eq!(hear("git -C $D status").lines, ["read git-repository $D"]);
        assert_eq!(hear("git --git-dir=$D status").lines, ["read git-repository --git-dir=$D"]);
        let nowhere = hear_with("git clean -f", None, Stdin::None, &[]);
        assert_eq!(nowhere.lines, ["?delete git-worktree . | untracked []"]);
        let env = hear_with("git reset --hard", Some("/w"), Stdin::None, &[("GIT_DIR", "/x/.git")]);
        assert_eq!(env.effects[0].target.paths, [PathBuf::from("/x/.git")]);
    }

    #[test]
    fn standard_input_and_environment() {
        let refs = Stdin::Known("delete refs/heads/a\nupdate refs/heads/b abc\ncreate refs/heads/c abc\n".to_owned());
        assert_eq!(
            hear_with("git update-ref --stdin", Some("/w/repo"), refs, &[]).lines,
            [
                "delete git-ref refs/heads/a | refs [refs/heads/a]",
                "delete git-ref refs/heads/b | move refs/heads/b to abc",
                MODIFIES[0],
            ]
        );
        let piped = Stdin::Unknown("sed".to_owned());
        assert_eq!(
            hear_with("git update-ref --stdin", Some("/w/repo"), piped, &[]).lines,
            ["?delete git-ref refs | refs []"]
        );
        let env = [("GIT_SEQUENCE_EDITOR", "sed -i 1d")];
        assert_eq!(
            hear_with("git rebase -i HEAD~2", Some("/w/repo"), Stdin::None, &env).lines,
            ["Shell: sed -i 1d", MODIFIES[0]]
        );
        let env = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "alias.z"), ("GIT_CONFIG_VALUE_0", "stash clear")];
        assert_eq!(
            hear_with("git z", Some("/w/repo"), Stdin::None, &env).lines,
            ["delete git-stash stash | stash all"]
        );
    }

    #[test]
    fn one_glob_is_one_effect() {
        let machine = machine();
        let mut argv = lab::args("git rm a.txt b.txt");
        for arg in argv.iter_mut().skip(2) {
            arg.source = "*.txt".to_owned();
            arg.globbed = true;
        }
        let call = Call {
            argv,
            stdin: Stdin::None,
            cwd: Some(PathBuf::from("/w/repo")),
            env: Vec::new(),
            span: None,
            via: Vec::new(),
            depth: 0,
            world: &machine,
        };
        let mut heard = Heard::default();
        interpret(&call, &mut heard);
        assert_eq!(heard.lines, ["delete file-tree *.txt | files"]);
        assert_eq!(heard.effects[0].target.paths.len(), 2);
    }

    #[test]
    fn configuration_files_are_read_as_git_reads_them() {
        let text = "[a]\nx = 1 ; note\ny = \"q # \" z\n[B \"Sub\\\"x\"] k=v\n bare\n[a]\nlong = one \\\n  two\n";
        let pairs = parse_config(text);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            pairs,
            [("a.x", "1"), ("a.y", "q #  z"), ("b.Sub\"x.k", "v"), ("b.Sub\"x.bare", "true"), ("a.long", "one   two"),]
        );
        assert_eq!(split_alias("a 'b c' d\\ e"), Some(vec!["a".into(), "b c".into(), "d e".into()]));
        assert_eq!(split_alias("a 'b"), None);
    }
}
