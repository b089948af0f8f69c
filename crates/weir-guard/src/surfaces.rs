//! The guard protects itself: an effect that would write to one of its controls is an effect on a control surface.
//!
//! Paths are compared by component, once as the command names them and once with symbolic links resolved, so that a
//! link to a settings file is the settings file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use weir_model::{Effect, Scope, Surface, SurfaceBase, Target, TargetKind, Verb};

use crate::Config;

/// Weir's and git's own controls; each agent's are declared in its file of the hook gate.
const OWN: &[Surface] = &[
    Surface { owner: "weir", base: SurfaceBase::Root, path: "etc/weir", subtree: true },
    Surface { owner: "weir", base: SurfaceBase::Project, path: ".weir", subtree: true },
    Surface { owner: "git", base: SurfaceBase::Project, path: ".git/hooks", subtree: true },
    Surface { owner: "git", base: SurfaceBase::Project, path: ".git/config", subtree: false },
    Surface { owner: "git", base: SurfaceBase::Home, path: ".gitconfig", subtree: false },
    Surface { owner: "git", base: SurfaceBase::Home, path: ".config/git/config", subtree: false },
];

/// Adds an effect on the control surface for every effect that would write to one.
pub(crate) fn guard(effects: &mut Vec<Effect>, config: &Config) {
    let mut found = Vec::new();
    for effect in effects.iter() {
        if let Some((owner, path)) = touched(effect, config) {
            let name = path.to_string_lossy().into_owned();
            let mut target = Target::new(TargetKind::ControlSurface, name);
            target.paths = vec![path];
            let mut extra = Effect::new(effect.verb, target);
            extra.note = Some(format!("this belongs to the controls of {owner}"));
            extra.span = effect.span;
            extra.via.clone_from(&effect.via);
            extra.impact.measured = true;
            found.push(extra);
        }
    }
    effects.append(&mut found);
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
    if effect.target.kind != TargetKind::FileTree {
        return None;
    }
    let takes_all_below = matches!(effect.scope, Scope::Whole | Scope::Filtered { .. } | Scope::Moved { .. })
        && matches!(effect.verb, Verb::Delete | Verb::Modify);
    let mut paths: Vec<&Path> = effect.target.paths.iter().map(PathBuf::as_path).collect();
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

fn owner_of(path: &Path, takes_all_below: bool, config: &Config) -> Option<String> {
    let weir = std::iter::once(config.paths.home()).chain(config.programs.iter().map(PathBuf::as_path));
    for own in weir {
        if path.starts_with(own) || (takes_all_below && own.starts_with(path) && own.exists()) {
            return Some("weir".to_owned());
        }
    }
    OWN.iter()
        .chain(&config.surfaces)
        .find(|surface| matches(surface, path, takes_all_below, config))
        .map(|surface| surface.owner.to_owned())
}

fn matches(surface: &Surface, path: &Path, takes_all_below: bool, config: &Config) -> bool {
    match surface.base {
        SurfaceBase::Root => matches_below(Path::new("/"), surface, path, takes_all_below),
        SurfaceBase::Home => {
            config.surface_homes.iter().any(|home| matches_below(home, surface, path, takes_all_below))
        }
        SurfaceBase::Project => matches_anywhere(surface, path),
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
