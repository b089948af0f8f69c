//! Where a supervised command may write, and where not.

use std::path::{Path, PathBuf};

use weir_guard::{Config, RunSettings};
use weir_model::{Effect, SurfaceBase, TargetKind, Verb};

/// Directories of caches and tool chains below the home directory: everyday builds write there.
const CACHES: [&str; 16] = [
    ".cache",
    ".cargo",
    ".rustup",
    ".npm",
    ".pnpm-store",
    ".yarn",
    ".bun",
    ".deno",
    ".gradle",
    ".m2",
    ".ivy2",
    ".nuget",
    ".local/share",
    ".local/state",
    "go",
    "Library/Caches",
];

/// Where anybody may write.
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// The project, temporary directories, caches, what was asked for, and the places that the command names itself and policy
/// was content with.
pub(super) fn writable(
    config: &Config,
    settings: &RunSettings,
    cwd: &Path,
    asked: &[PathBuf],
    effects: &[Effect],
) -> Vec<PathBuf> {
    let mut places = vec![project(cwd)];
    places.extend(TEMPORARY.iter().map(PathBuf::from));
    places.extend((config.environment)("TMPDIR").map(PathBuf::from).filter(|dir| dir.is_absolute()));
    if let Some(home) = &config.person_home {
        places.extend(CACHES.iter().map(|cache| home.join(cache)));
    }
    places.extend(settings.write.iter().cloned());
    places.extend(asked.iter().map(|place| cwd.join(place)));
    for effect in effects {
        let writes = matches!(effect.verb, Verb::Create | Verb::Modify | Verb::Delete | Verb::Grant);
        if !writes || effect.opaque || effect.target.kind != TargetKind::FileTree {
            continue;
        }
        // A name is taken away or given in its directory.
        places.extend(effect.target.paths.iter().filter_map(|path| path.parent()).map(Path::to_owned));
        if let weir_model::Scope::Moved { to } = &effect.scope {
            places.extend(to.parent().map(Path::to_owned));
        }
    }
    places.retain(|place| place.parent().is_some());
    places.sort();
    places.dedup();
    places
}

/// The controls of Weir, of git and of the agents, and what the settings protect.
pub(super) fn protected(config: &Config, settings: &RunSettings, cwd: &Path) -> Vec<PathBuf> {
    let mut places = vec![config.paths.home().to_owned(), PathBuf::from("/etc/weir")];
    places.extend(config.programs.iter().cloned());
    places.extend(settings.protect.iter().cloned());
    let project = project(cwd);
    places.push(project.join(".weir"));
    // A new repository gets its hooks from git itself: only what is there already is protected.
    places.extend(Some(project.join(".git/hooks")).filter(|hooks| hooks.is_dir()));
    for surface in &config.surfaces {
        match surface.base {
            SurfaceBase::Home => places.extend(config.surface_homes.iter().map(|home| home.join(surface.path))),
            SurfaceBase::Root => places.push(Path::new("/").join(surface.path)),
            SurfaceBase::Project => places.push(project.join(surface.path)),
        }
    }
    places
}

/// The root of the repository, else the directory itself.
fn project(cwd: &Path) -> PathBuf {
    cwd.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(cwd).to_owned()
}
