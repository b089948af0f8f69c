//! The guard protects itself: an effect that would write to one of its controls is an effect on a control surface.
//!
//! Paths are compared by component, once as the command names them and once with symbolic links resolved, so that a
//! link to a settings file is the settings file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use weir_model::{
    Action, Effect, GitScope, KEPT_REFS, RemotePush, Request, Scope, Surface, SurfaceBase, Target, TargetKind, Verb,
    is_kept_ref,
};

use crate::Config;

/// Larger lists of refs are not looked through.
const LARGEST_PACKED: u64 = 16 << 20;

/// Weir's and git's own controls; each agent's are declared in its file of the hook gate.
const OWN: &[Surface] = &[
    Surface { owner: "weir", base: SurfaceBase::Root, path: "etc/weir", subtree: true },
    Surface { owner: "weir", base: SurfaceBase::Project, path: ".weir", subtree: true },
    Surface { owner: "weir", base: SurfaceBase::Project, path: ".git/refs/weir", subtree: true },
    Surface { owner: "weir", base: SurfaceBase::Project, path: ".git/logs/refs/weir", subtree: true },
    Surface { owner: "git", base: SurfaceBase::Project, path: ".git/hooks", subtree: true },
    Surface { owner: "git", base: SurfaceBase::Project, path: ".git/config", subtree: false },
    Surface { owner: "git", base: SurfaceBase::Home, path: ".gitconfig", subtree: false },
    Surface { owner: "git", base: SurfaceBase::Home, path: ".config/git/config", subtree: false },
];

/// Adds an effect on the control surface for every effect that would write to one.
pub(crate) fn guard(effects: &mut Vec<Effect>, config: &Config) {
    let mut found = Vec::new();
    for effect in effects.iter() {
        if stops_weir(effect) {
            let target = Target::new(TargetKind::ControlSurface, effect.target.name.clone());
            found.push(on_control(effect, target, "this stops the guard itself".to_owned()));
        }
        if let Some(name) = kept_ref(effect) {
            found.push(on_kept_refs(effect, name));
        }
        if let Some((owner, path)) = touched(effect, config) {
            // Of all refs it is those of restore points.
            let named = if owner == "weir" && path.ends_with("refs") { path.join("weir") } else { path.clone() };
            let name = named.to_string_lossy().into_owned();
            let target = Target::new(TargetKind::ControlSurface, name).at(vec![path]);
            found.push(on_control(effect, target, format!("this belongs to the controls of {owner}")));
        }
    }
    effects.append(&mut found);
}

/// Adds an effect on what restore points keep in git, where an action names that and deletes or moves refs that are only known
/// when it runs: `git for-each-ref refs/weir | xargs git update-ref -d`.
pub(crate) fn guard_kept_refs(effects: &mut Vec<Effect>, action: &Action) {
    let Request::Shell { command, .. } = &action.request else { return };
    let is_meant = command.match_indices(KEPT_REFS).any(|(at, _)| {
        // What is left out is not meant.
        let before = command.get(..at).unwrap_or_default().trim_end_matches(['\'', '"', '^', ' ']);
        !before.ends_with("--exclude=") && !before.ends_with("grep -v") && !before.ends_with("--exclude")
    });
    let moves = |effect: &&Effect| {
        let of_refs = matches!(effect.scope, Scope::Git(GitScope::Refs { .. } | GitScope::Move { .. }));
        effect.opaque && effect.target.kind == TargetKind::GitRef && of_refs
    };
    if is_meant && let Some(cause) = effects.iter().find(moves) {
        let extra = on_kept_refs(cause, KEPT_REFS.to_owned());
        effects.push(extra);
    }
}

/// The effect on what restore points keep under this name, by another effect.
fn on_kept_refs(cause: &Effect, name: String) -> Effect {
    let note = "restore points keep by it what an undo needs of git".to_owned();
    on_control(cause, Target::new(TargetKind::ControlSurface, name), note)
}

/// The effect on a control of the guard that another effect has.
fn on_control(cause: &Effect, target: Target, note: String) -> Effect {
    let mut extra = Effect::new(cause.verb, target);
    extra.note = Some(note);
    extra.span = cause.span;
    extra.via.clone_from(&cause.via);
    extra.impact.measured = true;
    extra
}

/// True where a process is ended that is called as Weir is.
fn stops_weir(effect: &Effect) -> bool {
    let stops = effect.target.kind == TargetKind::Process && matches!(effect.verb, Verb::Modify | Verb::Delete);
    let separates = |c: char| c.is_whitespace() || matches!(c, '`' | '(' | ')' | '\'' | '"' | '^' | '$' | '[' | ']');
    stops && effect.target.name.split(separates).any(|word| word == "weir" || word.ends_with("/weir"))
}

/// The ref of a restore point that the effect moves or deletes, here or wherever it is pushed to.
fn kept_ref<'s>(effect: &'s Effect) -> Option<String> {
    let Scope::Git(scope) = &effect.scope else { return None };
    let names: Vec<&str> = match scope {
        GitScope::Refs { names } => names.iter().map(String::as_str).collect(),
        GitScope::Move { reference, .. } => reference.as_deref().into_iter().collect(),
        GitScope::Remote(RemotePush { refspecs, .. }) => {
            let there = |spec: &'s str| spec.split_once(':').map_or(spec.trim_start_matches('+'), |(_, to)| to);
            refspecs.iter().map(|spec| there(spec)).collect()
        }
        _ => return None,
    };
    names.into_iter().find(|name| is_kept_ref(name)).map(str::to_owned)
}

/// True where the effect can change what is at its paths.
const fn writes(verb: Verb) -> bool {
    matches!(verb, Verb::Create | Verb::Modify | Verb::Delete | Verb::Grant)
}

fn touched(effect: &Effect, config: &Config) -> Option<(String, PathBuf)> {
    if !writes(effect.verb) || effect.target.kind == TargetKind::ControlSurface {
        return None;
    }
    // Ordinary git work writes below .git by itself; only a command that names the path is meant here.
    let named = named_to_git(effect);
    let mut paths: Vec<&Path> = match effect.target.kind {
        TargetKind::FileTree => effect.target.paths.iter().map(PathBuf::as_path).collect(),
        TargetKind::GitWorktree => named.iter().map(PathBuf::as_path).collect(),
        _ => return None,
    };
    let is_dir = || effect.target.paths.iter().any(|path| path.is_dir());
    let takes_all_below = matches!(effect.verb, Verb::Delete | Verb::Modify)
        && match &effect.scope {
            Scope::Whole | Scope::Filtered { .. } | Scope::Moved { .. } | Scope::Git(_) => true,
            // What is in a directory is replaced.
            Scope::Content => is_dir(),
            _ => false,
        };
    if let Scope::Moved { to } = &effect.scope {
        paths.push(to);
    }
    for path in paths {
        let real = resolve(path);
        for candidate in std::iter::once(path).chain(real.as_deref()) {
            if let Some(owner) = owner_of(candidate, takes_all_below, config) {
                return Some((owner, candidate.to_owned()));
            }
        }
    }
    None
}

/// The paths that a git command names itself, in the working tree or in its root.
fn named_to_git(effect: &Effect) -> Vec<PathBuf> {
    let Scope::Git(GitScope::Changes { pathspecs, .. } | GitScope::Untracked { pathspecs, .. }) = &effect.scope else {
        return Vec::new();
    };
    let specs = pathspecs.iter().map(|spec| spec.trim_start_matches(":/").trim_start_matches("./"));
    let specs = specs.filter(|spec| !matches!(*spec, "" | "." | "*") && !spec.starts_with(':'));
    specs.flat_map(|spec| effect.target.paths.iter().map(move |dir| dir.join(spec))).collect()
}

/// The path with symbolic links resolved as far as it exists; `None` where that changes nothing.
fn resolve(path: &Path) -> Option<PathBuf> {
    let mut rest = Vec::new();
    let mut base = path;
    loop {
        if let Ok(real) = base.canonicalize() {
            let mut full = real;
            full.extend(rest.iter().rev());
            return (full != path).then_some(full);
        }
        rest.push(base.file_name()?);
        base = base.parent()?;
    }
}

/// Whose control the file at an absolute path is, if it is one: for what writes files on behalf of somebody else.
#[must_use]
pub fn control_at(path: &Path, config: &Config) -> Option<String> {
    let owner = |path: &Path| owner_of(path, false, config);
    owner(path).or_else(|| owner(&resolve(path)?))
}

fn owner_of(path: &Path, takes_all_below: bool, config: &Config) -> Option<String> {
    let weir = std::iter::once(config.paths.home()).chain(config.programs.iter().map(PathBuf::as_path));
    for own in weir {
        if path.starts_with(own) || (takes_all_below && own.starts_with(path) && own.exists()) {
            return Some("weir".to_owned());
        }
    }
    if weir_restore::is_trash(path) || holds_kept_refs(path, takes_all_below) {
        return Some("weir".to_owned());
    }
    OWN.iter()
        .chain(&config.surfaces)
        .find(|surface| matches(surface, path, takes_all_below, config))
        .map(|surface| surface.owner.to_owned())
}

/// True where `path` is, or contains, the refs of restore points in a repository of whatever name, or the list with all that are packed.
fn holds_kept_refs(path: &Path, takes_all_below: bool) -> bool {
    let is_git = |dir: &Path| dir.join("HEAD").is_file() && dir.join("objects").is_dir();
    let below = path.ancestors().find(|above| above.ends_with(KEPT_REFS));
    if let Some(git) = below.and_then(|kept| kept.parent()?.parent()) {
        let git = if git.ends_with("logs") { git.parent().unwrap_or(git) } else { git };
        return is_git(git);
    }
    let Some(git) = path.parent() else { return false };
    if path.ends_with("packed-refs") && is_git(git) {
        let small = path.metadata().is_ok_and(|meta| meta.len() <= LARGEST_PACKED);
        let named = |text: &[u8]| text.windows(11).any(|part| part == b" refs/weir/");
        return !small || std::fs::read(path).is_ok_and(|text| named(&text));
    }
    takes_all_below && path.ends_with("refs") && is_git(git) && path.join("weir").exists()
}

fn matches(surface: &Surface, path: &Path, takes_all_below: bool, config: &Config) -> bool {
    match surface.base {
        SurfaceBase::Root => matches_below(Path::new("/"), surface, path, takes_all_below),
        SurfaceBase::Home => {
            config.surface_homes.iter().any(|home| matches_below(home, surface, path, takes_all_below))
        }
        SurfaceBase::Project => {
            matches_anywhere(surface, path) || (takes_all_below && surface.owner != "git" && holds(surface, path))
        }
    }
}

fn matches_below(base: &Path, surface: &Surface, path: &Path, takes_all_below: bool) -> bool {
    let full = base.join(surface.path);
    match path.strip_prefix(base) {
        Ok(below) => {
            fits(&names(below), surface)
                // Taking away a directory takes the controls in it along; only where there are some.
                || (takes_all_below && full.starts_with(path) && full.exists())
        }
        Err(_) => takes_all_below && full.starts_with(path) && full.exists(),
    }
}

/// Project settings may stand in any directory: the surface's path fits anywhere in the path.
fn matches_anywhere(surface: &Surface, path: &Path) -> bool {
    let names = names(path);
    (0..names.len()).any(|start| fits(names.get(start..).unwrap_or_default(), surface))
}

/// True where `path` is a directory on the way to the surface, and the surface is there. A whole project that goes does
/// not count: its settings go with what they were for.
fn holds(surface: &Surface, path: &Path) -> bool {
    let parts: Vec<&str> = surface.path.split('/').collect();
    (1..parts.len()).any(|at| {
        let (above, below) = parts.split_at_checked(at).unwrap_or_default();
        path.ends_with(above.join("/")) && is_there(path.to_owned(), below)
    })
}

/// Entries of a directory that are compared with a pattern.
const MOST_ENTRIES: usize = 1_000;

fn is_there(mut path: PathBuf, parts: &[&str]) -> bool {
    for part in parts {
        let Some(prefix) = part.strip_suffix('*') else {
            path.push(part);
            continue;
        };
        let entries = std::fs::read_dir(&path).into_iter().flatten().take(MOST_ENTRIES).flatten();
        return entries.map(|entry| entry.file_name()).any(|name| name.as_bytes().starts_with(prefix.as_bytes()));
    }
    path.symlink_metadata().is_ok()
}

fn names(path: &Path) -> Vec<&OsStr> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect()
}

fn fits(names: &[&OsStr], surface: &Surface) -> bool {
    let mut names = names.iter();
    for pattern in surface.path.split('/') {
        let Some(name) = names.next() else { return false };
        let fits = match pattern.strip_suffix('*') {
            Some(prefix) => name.as_bytes().starts_with(prefix.as_bytes()),
            None => name.as_bytes() == pattern.as_bytes(),
        };
        if !fits {
            return false;
        }
    }
    surface.subtree || names.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const CLAUDE: &[Surface] = &[
        Surface { owner: "claude", base: SurfaceBase::Home, path: ".claude/settings*", subtree: false },
        Surface { owner: "claude", base: SurfaceBase::Project, path: ".claude/settings*", subtree: false },
    ];

    fn config(home: &Path) -> Config {
        let mut config = Config::new(home.join("state/weir"));
        config.surface_homes = vec![home.to_owned()];
        config.surfaces = CLAUDE.to_vec();
        config
    }

    fn is_guarded(config: &Config, verb: Verb, scope: Scope, path: &Path) -> bool {
        let target = Target::new(TargetKind::FileTree, "x").at(vec![path.to_owned()]);
        let mut effects = vec![Effect::new(verb, target).within(scope)];
        guard(&mut effects, config);
        effects.iter().any(|effect| effect.target.kind == TargetKind::ControlSurface)
    }

    #[test]
    fn settings_are_guarded_at_every_level_and_neighbors_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let config = config(&home);
        let content = || Scope::Content;
        for path in [".claude/settings.json", "work/.claude/settings.local.json", "state/weir/holds/x", "r/.weir/p"] {
            assert!(is_guarded(&config, Verb::Modify, content(), &home.join(path)), "{path}");
        }
        for path in [".claude/CLAUDE.md", "work/settings.json", ".claude-old/settings.json", "state/weird"] {
            assert!(!is_guarded(&config, Verb::Modify, content(), &home.join(path)), "{path}");
        }
        assert!(!is_guarded(&config, Verb::Read, content(), &home.join(".claude/settings.json")));
        assert!(is_guarded(&config, Verb::Create, content(), Path::new("/etc/weir/policies/x.cedar")));
    }

    #[test]
    fn taking_a_parent_takes_the_controls_along_where_there_are_some() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let config = config(&home);
        assert!(!is_guarded(&config, Verb::Delete, Scope::Whole, &home.join("state")));
        fs::create_dir_all(home.join("state/weir")).unwrap();
        assert!(is_guarded(&config, Verb::Delete, Scope::Whole, &home.join("state")));
        assert!(!is_guarded(&config, Verb::Delete, Scope::Files, &home.join("state")));
        let away = Scope::Moved { to: home.join("elsewhere") };
        assert!(is_guarded(&config, Verb::Modify, away, &home.join("state/weir")));
    }

    #[test]
    fn a_directory_of_project_settings_takes_them_along() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let config = config(&home);
        let project = home.join("work/app");
        fs::create_dir_all(project.join(".claude")).unwrap();
        assert!(!is_guarded(&config, Verb::Delete, Scope::Whole, &project.join(".claude")));
        fs::write(project.join(".claude/settings.local.json"), "{}").unwrap();
        let away = || Scope::Moved { to: home.join("elsewhere") };
        assert!(is_guarded(&config, Verb::Delete, Scope::Whole, &project.join(".claude")));
        assert!(is_guarded(&config, Verb::Modify, away(), &project.join(".claude")));
        assert!(is_guarded(&config, Verb::Modify, Scope::Content, &project.join(".claude")));
        assert!(!is_guarded(&config, Verb::Delete, Scope::Files, &project.join(".claude")));
        // The whole project is no way to disarm the guard in it.
        assert!(!is_guarded(&config, Verb::Delete, Scope::Whole, &project));

        let scope = |spec: &str| {
            Scope::Git(GitScope::Changes { pathspecs: vec![spec.to_owned()], staged: true, worktree: true, to: None })
        };
        let by_git = |spec: &str| {
            let target = Target::new(TargetKind::GitWorktree, "app").at(vec![project.clone()]);
            let mut effects = vec![Effect::new(Verb::Delete, target).within(scope(spec))];
            guard(&mut effects, &config);
            effects.len() > 1
        };
        assert!(by_git(".claude") && by_git("./.claude/settings.json"));
        assert!(!by_git(".") && !by_git("src"));
    }

    #[test]
    fn stopping_weir_is_stopping_the_guard() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        for (name, guarded) in
            [("weir", true), ("weir serve", true), ("$(pgrep weir)", true), ("weird", false), ("node", false)]
        {
            let mut effects = vec![Effect::new(Verb::Modify, Target::new(TargetKind::Process, name))];
            guard(&mut effects, &config);
            assert_eq!(effects.len() > 1, guarded, "{name}");
        }
    }

    #[test]
    fn what_restore_points_keep_in_git_stays() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let config = config(&home);
        let kept = "refs/weir/0192f0c1/0";
        let is_guarded_ref = |kind: TargetKind, scope: GitScope| {
            let mut effects = vec![Effect::new(Verb::Delete, Target::new(kind, "x")).within(Scope::Git(scope))];
            guard(&mut effects, &config);
            effects.iter().any(|effect| effect.target.kind == TargetKind::ControlSurface)
        };
        let names = |name: &str| GitScope::Refs { names: vec!["refs/heads/x".to_owned(), name.to_owned()] };
        let moved = |name: &str| GitScope::Move { reference: Some(name.to_owned()), to: "HEAD".to_owned() };
        let pushed = |spec: &str, delete| {
            let refspecs = vec![spec.to_owned()];
            GitScope::Remote(RemotePush { remote: ".".to_owned(), refspecs, delete, ..RemotePush::default() })
        };
        assert!(is_guarded_ref(TargetKind::GitRef, names(kept)) && is_guarded_ref(TargetKind::GitRef, moved(kept)));
        for (spec, delete) in [(format!(":{kept}"), false), (kept.to_owned(), true), (format!("+main:{kept}"), false)] {
            assert!(is_guarded_ref(TargetKind::GitRemoteRef, pushed(&spec, delete)), "{spec}");
        }
        for name in ["refs/heads/weir/x", "weir", "refs/weird/x"] {
            assert!(!is_guarded_ref(TargetKind::GitRef, names(name)), "{name}");
            assert!(!is_guarded_ref(TargetKind::GitRemoteRef, pushed(&format!("refs/weir/x:{name}"), false)), "{name}");
        }

        let git = home.join("work/.git");
        fs::create_dir_all(git.join("refs/weir")).unwrap();
        for path in ["refs/weir", "refs/weir/0192f0c1/0", "refs", "logs/refs/weir/0192f0c1"] {
            assert!(is_guarded(&config, Verb::Delete, Scope::Whole, &git.join(path)), "{path}");
        }
        for path in ["refs/heads", "refs/heads/weir", "refs/weirdo"] {
            assert!(!is_guarded(&config, Verb::Delete, Scope::Whole, &git.join(path)), "{path}");
        }
        // Packed, and in a repository without a working tree.
        let bare = home.join("mirror");
        fs::create_dir_all(bare.join("objects")).unwrap();
        fs::write(bare.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let list = bare.join("packed-refs");
        fs::write(&list, "# pack-refs with: peeled fully-peeled sorted\n12 refs/heads/refs/weird\n").unwrap();
        assert!(!is_guarded(&config, Verb::Modify, Scope::Content, &list));
        assert!(!is_guarded(&config, Verb::Delete, Scope::Whole, &bare.join("refs")));
        fs::write(&list, "12 refs/heads/main\n34 refs/weir/0192f0c1/0\n").unwrap();
        assert!(is_guarded(&config, Verb::Modify, Scope::Content, &list));
        assert!(is_guarded(&config, Verb::Delete, Scope::Files, &list));
        assert!(!is_guarded(&config, Verb::Read, Scope::Whole, &list));
        assert!(is_guarded(&config, Verb::Create, Scope::Whole, &bare.join("refs/weir/x/0")));
        fs::create_dir_all(bare.join("refs/weir")).unwrap();
        assert!(is_guarded(&config, Verb::Delete, Scope::Whole, &bare.join("refs")));
        let source = home.join("src/refs/weir/mod.rs");
        assert!(
            !is_guarded(&config, Verb::Modify, Scope::Content, &source),
            "a directory of that name is no repository"
        );
    }

    #[test]
    fn a_link_to_a_control_is_the_control() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let config = config(&home);
        fs::create_dir_all(home.join(".claude")).unwrap();
        fs::write(home.join(".claude/settings.json"), "{}").unwrap();
        std::os::unix::fs::symlink(home.join(".claude"), home.join("innocent")).unwrap();
        std::os::unix::fs::symlink(home.join(".claude/settings.json"), home.join("notes.txt")).unwrap();
        assert!(is_guarded(&config, Verb::Modify, Scope::Content, &home.join("innocent/settings.local.json")));
        assert!(is_guarded(&config, Verb::Modify, Scope::Content, &home.join("notes.txt")));
    }
}
