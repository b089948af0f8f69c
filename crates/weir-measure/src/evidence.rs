//! What shows that a directory or a file is made again by a build, an install or a cache.
//!
//! A name alone is evidence only for the few names that no person uses for anything else. For the others something
//! must stand beside it or inside it that makes it again, and for the ambiguous ones (`build`, `out`, `vendor`) git
//! must leave it alone as well.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::Path;

use crate::meta;

/// How sure it is that a directory is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regenerable {
    /// All of it but Terraform's state.
    Yes,
    /// The rest; files that look like data or secrets in it count as only copies.
    ExceptData,
}

/// Names that say enough by themselves.
const BY_NAME: [&str; 6] = ["__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox"];

const NODE: [&str; 7] =
    ["package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.json"];

/// What makes a `build`, `dist` or `out` again.
const BUILDS: [&str; 12] = [
    "package.json",
    "pyproject.toml",
    "setup.py",
    "CMakeLists.txt",
    "build.gradle",
    "build.gradle.kts",
    "pubspec.yaml",
    "Makefile",
    "makefile",
    "meson.build",
    "Cargo.toml",
    "go.mod",
];

const PYTHON: [&str; 4] = ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"];

/// What writes a report of coverage.
const COVERED: [&str; 5] = ["package.json", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini"];

/// Directories that count only where git ignores them, or does not track them and one of the files stands beside.
const WITH_GIT: [(&str, &[&str]); 45] = [
    ("dist", &BUILDS),
    ("build", &BUILDS),
    ("out", &BUILDS),
    ("target", &["pom.xml", "build.sbt", "project.clj"]),
    (".next", &NODE),
    (".nuxt", &NODE),
    (".svelte-kit", &NODE),
    (".turbo", &NODE),
    (".parcel-cache", &NODE),
    (".output", &NODE),
    (".astro", &NODE),
    (".angular", &NODE),
    (".vite", &NODE),
    (".expo", &NODE),
    (".docusaurus", &NODE),
    (".cache", &NODE),
    (".eslintcache", &NODE),
    (".nyc_output", &NODE),
    ("storybook-static", &NODE),
    ("playwright-report", &NODE),
    ("test-results", &NODE),
    ("blob-report", &NODE),
    ("cdk.out", &["cdk.json"]),
    (".serverless", &["serverless.yml", "serverless.yaml", "serverless.ts"]),
    (".aws-sam", &["template.yaml", "template.yml", "samconfig.toml"]),
    ("coverage", &COVERED),
    ("htmlcov", &COVERED),
    (".eggs", &PYTHON),
    (".hypothesis", &PYTHON),
    (".pytype", &PYTHON),
    ("wheels", &PYTHON),
    ("_build", &["mix.exs", "conf.py", "rebar.config", "dune-project", "Makefile"]),
    ("deps", &["mix.exs"]),
    ("bin", &["go.mod"]),
    ("obj", &["Makefile", "makefile"]),
    (".dart_tool", &["pubspec.yaml"]),
    (".build", &["Package.swift"]),
    ("Pods", &["Podfile"]),
    ("DerivedData", &["Podfile", "Package.swift"]),
    (".zig-cache", &["build.zig"]),
    ("zig-out", &["build.zig"]),
    (".gradle", &["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"]),
    (".terraform", &[".terraform.lock.hcl", "main.tf"]),
    ("bower_components", &["bower.json"]),
    ("vendor", &["composer.json", "go.mod", "Gemfile"]),
];

/// What git says of a directory, as far as it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GitSays {
    /// There is no repository, or it could not be read.
    Nothing,
    /// Something below it is tracked.
    Tracked,
    /// Not tracked and not ignored.
    Untracked,
    /// Ignored.
    Ignored,
}

/// True where asking git about a directory of this name could change the answer of [`directory`].
pub(crate) fn is_candidate(name: &OsStr) -> bool {
    BY_NAME.iter().any(|n| name == *n)
        || WITH_GIT.iter().any(|(n, _)| name == *n)
        || ["node_modules", ".venv", "venv", "env"].iter().any(|n| name == *n)
        || is_metadata_of_package(name)
}

/// True for what a framework keeps for a while in the `tmp` or `var` of a project; git must ignore it.
pub(crate) fn is_transient(path: &Path) -> bool {
    path.file_name().is_some_and(|name| ["cache", "pids", "sockets"].iter().any(|known| name == *known))
        && path.parent().and_then(Path::file_name).is_some_and(|parent| parent == "tmp" || parent == "var")
}

/// `NAME.egg-info`, which building a Python package writes.
fn is_metadata_of_package(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "egg-info" || extension == "dist-info")
}

/// Whether the directory at `path` is made again.
///
/// `inside` tells of a file in it that is there and can be trusted; `git` is asked only where the rest allows it.
pub(crate) fn directory(
    path: &Path,
    inside: impl Fn(&str) -> bool,
    git: impl FnOnce() -> GitSays,
) -> Option<Regenerable> {
    let name = path.file_name()?;
    let beside =
        |names: &[&str]| path.parent().is_some_and(|parent| names.iter().any(|n| meta::exists(&parent.join(n))));
    if BY_NAME.iter().any(|n| name == *n)
        || (inside("CACHEDIR.TAG") && has_cache_signature(&path.join("CACHEDIR.TAG")))
        || (name == "node_modules" && beside(&NODE))
        || (name == "target" && beside(&["Cargo.toml"]))
        || ((name == ".venv" || name == "venv" || name == "env") && inside("pyvenv.cfg"))
    {
        // Somebody who commits such a directory means it as source.
        (git() != GitSays::Tracked).then_some(Regenerable::Yes)
    } else if is_transient(path) {
        (git() == GitSays::Ignored).then_some(Regenerable::ExceptData)
    } else {
        let manifests: &[&str] = if is_metadata_of_package(name) {
            &PYTHON
        } else {
            WITH_GIT.iter().find(|(n, _)| name == *n).map(|(_, manifests)| *manifests)?
        };
        match git() {
            GitSays::Ignored => Some(Regenerable::ExceptData),
            GitSays::Untracked if beside(manifests) => Some(Regenerable::ExceptData),
            _ => None,
        }
    }
}

/// True where a file in a regenerable directory is nevertheless not made again.
pub(crate) fn is_precious(name: &OsStr, within: Regenerable) -> bool {
    let name = name.to_string_lossy();
    let name = name.as_ref();
    if name.contains(".tfstate") {
        return true;
    }
    within == Regenerable::ExceptData && (weir_model::is_secret(Path::new(name)) || weir_model::is_data_file(name))
}

/// True for single files that a build, a test run or a plan writes again; they count only where git ignores them.
pub(crate) fn is_made_again(name: &OsStr) -> bool {
    const NAMES: [&str; 15] = [
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        ".coverage",
        "coverage.out",
        "coverage.xml",
        "coverage.json",
        "lcov.info",
        "cover.out",
        ".eslintcache",
        ".stylelintcache",
        "next-env.d.ts",
        "tfplan",
        "npm-debug.log",
        "yarn-error.log",
    ];
    const EXTENSIONS: [&str; 13] = [
        "pyc",
        "pyo",
        "o",
        "obj",
        "class",
        "d",
        "gcda",
        "gcno",
        "profraw",
        "profdata",
        "rlib",
        "tsbuildinfo",
        "tfplan",
    ];
    NAMES.iter().any(|known| name == *known)
        || is_log(name)
        || Path::new(name).extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

/// True for the logs of servers and runs of tests, and what rotating makes of them (`test.log.1`). Other logs may be
/// what somebody ran a program for.
fn is_log(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let unnumbered = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = unnumbered.strip_suffix('.').unwrap_or(name);
    ["debug.log", "development.log", "test.log", "server.log", "dev.log"].contains(&name)
}

/// True for what a desktop writes into every directory that somebody opens; nobody keeps anything in it.
pub(crate) fn is_litter(name: &OsStr) -> bool {
    name == ".DS_Store"
}

/// The content that makes a file a cache directory tag.
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

fn has_cache_signature(tag: &Path) -> bool {
    // Only a regular file: opening a pipe would wait for somebody to write into it.
    if !meta::at(tag).is_ok_and(|meta| meta.kind == meta::Kind::File) {
        return false;
    }
    let mut start = [0; CACHE_SIGNATURE.len()];
    std::fs::File::open(tag).and_then(|mut file| file.read_exact(&mut start)).is_ok_and(|()| start == CACHE_SIGNATURE)
}
