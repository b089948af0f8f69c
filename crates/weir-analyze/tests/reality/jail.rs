//! A throw-away tree, the namespaces in which commands run on it, and the comparison.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use weir_analyze::{Analysis, RealWorld, analyze};
use weir_model::{Action, ActionId, Agent, Effect, Request, Scope, TargetKind, Timestamp, Verb};

/// Builds a root of its own out of the system's programs, read-only, and the tree; then runs the command there, without
/// network, and without sight of any other process. Ends with 125 before anything is run where that is not possible.
const ENTER: &str = r#"
set -eu
root=$1 tree=$2 command=$3
trap 'exit 125' ERR
mount -t tmpfs none "$root"
for dir in usr bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$dir" ]; then
        cp -P "/$dir" "$root/$dir"
    elif [ -d "/$dir" ]; then
        mkdir "$root/$dir"
        mount --rbind "/$dir" "$root/$dir"
        while read -r _ _ _ _ place _; do
            case $place in "$root/$dir" | "$root/$dir"/*) mount -o remount,ro,bind "$place" ;; esac
        done < /proc/self/mountinfo
        if touch "$root/$dir/.weir-probe" 2>/dev/null; then exit 125; fi
    fi
done
mkdir -p "$root/proc" "$root/dev" "$root/etc/alternatives" "$root/tmp" "$root$tree"
mount -t proc proc "$root/proc"
for device in null zero urandom full; do
    : > "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
echo 'root:x:0:0:root:/root:/bin/bash' > "$root/etc/passwd"
if [ -d /etc/alternatives ]; then cp -P /etc/alternatives/* "$root/etc/alternatives"; fi
mount --bind "$tree" "$root$tree"
cd /
exec chroot "$root" /usr/bin/env -i HOME="$tree/home" PATH=/usr/bin:/bin LANG=C.UTF-8 \
    /usr/bin/env -C "$tree/w" timeout -k 1 20 bash -c "$command"
"#;

/// The variables that commands see besides `HOME`.
fn variable(name: &str) -> Option<String> {
    match name {
        "PATH" => Some("/usr/bin:/bin".to_owned()),
        "LANG" => Some("C.UTF-8".to_owned()),
        _ => None,
    }
}

/// Files of the tree: path below it, content.
const FILES: &[(&str, &str)] = &[
    ("w/a.txt", "alpha\nbeta\n"),
    ("w/b.txt", "bravo\n"),
    ("w/c.log", "log\n"),
    ("w/my file.txt", "spaces\n"),
    ("w/-dash", "dash\n"),
    ("w/list", "a.txt\nb.txt\n"),
    ("w/list0", "a.txt\0my file.txt\0"),
    ("w/data.csv", "id,name\n1,a\n2,b\n"),
    ("w/dir/x.log", "x\n"),
    ("w/dir/y.log", "y\n"),
    ("w/dir/z.txt", "z\n"),
    ("w/dir/sub/deep.txt", "deep\n"),
    ("w/src/main.py", "print('hello')\n"),
    ("w/src/lib.py", "X = 1\n"),
    ("w/src/util.js", "module.exports = 1\n"),
    ("w/build/out.o", "object\n"),
    ("w/.hidden/conf", "secret\n"),
    ("w/nuke.sh", "#!/bin/bash\ntarget=${1:-dir}\nrm -rf \"$target\"\n"),
    ("w/plain", "rm -f \"$1\"\n"),
    ("w/lib.sh", "clean() { rm -rf \"$1\"; }\nOUT=build\n"),
    ("w/wipe.py", "import os, sys\nfor name in ['a.txt', 'b.txt']:\n    os.remove(name)\n"),
    ("w/hello.sh", "#!/bin/sh\necho hello \"$1\"\n"),
    ("home/.bashrc", "alias ll='ls -l'\n"),
    ("home/notes.md", "# notes\n"),
    ("home/Pictures/p1.jpg", "jpg\n"),
    ("home/Pictures/p2.jpg", "jpg\n"),
];

pub(crate) struct Jail {
    root: TempDir,
}

/// What came of a command.
pub(crate) enum Outcome {
    /// A program that it needs is not installed.
    Absent(String),
    Ran {
        /// What it deleted, changed, or gave another mode.
        changed: Vec<PathBuf>,
        /// Those of them that no effect named.
        missed: Vec<PathBuf>,
        /// They were missed, but something was said not to be understood, which holds the command.
        opaque: bool,
        /// Effects that say that something which stands there is destroyed, or that are not understood.
        alarms: Vec<String>,
        /// All effects.
        predicted: Vec<String>,
    },
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    kind: char,
    mode: u32,
    content: Vec<u8>,
}

impl Jail {
    pub(crate) fn new() -> Result<Self, String> {
        let jail = Self { root: tempfile::tempdir().unwrap() };
        let tree = Tree::new();
        match jail.run(&tree, "echo inside > probe") {
            Ok(_) if tree.dir.path().join("w/probe").exists() => Ok(jail),
            Ok(text) => Err(text),
            Err(why) => Err(why),
        }
    }

    /// Runs a command; what it says, or why it could not be run.
    fn run(&self, tree: &Tree, command: &str) -> Result<String, String> {
        let out = Command::new("unshare")
            .args(["-rmnp", "--fork", "--", "bash", "-c", ENTER, "jail"])
            .arg(self.root.path())
            .arg(tree.dir.path())
            .arg(command)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        if out.status.code() == Some(125) { Err(said) } else { Ok(said) }
    }
}

struct Tree {
    dir: TempDir,
}

impl Tree {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (name, content) in FILES {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), content).unwrap();
        }
        for name in ["w/nuke.sh", "w/plain", "w/hello.sh"] {
            let mut mode = fs::metadata(at(name)).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
            fs::set_permissions(at(name), mode).unwrap();
        }
        fs::create_dir_all(at("w/empty")).unwrap();
        symlink("dir", at("w/link")).unwrap();
        symlink("a.txt", at("w/a.link")).unwrap();
        Self { dir }
    }

    fn look(&self) -> BTreeMap<PathBuf, Entry> {
        let mut all = BTreeMap::new();
        let mut open = vec![self.dir.path().to_owned()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(&dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                let meta = fs::symlink_metadata(&path).unwrap();
                let (kind, content) = if meta.is_dir() {
                    open.push(path.clone());
                    ('d', Vec::new())
                } else if meta.is_symlink() {
                    ('l', fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
                } else {
                    ('f', fs::read(&path).unwrap_or_default())
                };
                all.insert(path, Entry { kind, mode: meta.mode(), content });
            }
        }
        all
    }

    fn predict(&self, command: &str) -> Analysis {
        let action = Action {
            id: ActionId::new(),
            agent: Agent { name: "claude".into(), session: None, subagent: None, principal: "p".into() },
            tool: "Bash".into(),
            call: None,
            request: Request::Shell { command: command.into(), shell: None },
            cwd: self.dir.path().join("w"),
            host: "h".into(),
            at: Timestamp::UNIX_EPOCH,
        };
        analyze(&action, &RealWorld::new(Some(self.dir.path().join("home")), variable))
    }
}

/// True where the effect says that what stands at `path` is destroyed or changed.
fn names(effect: &Effect, path: &Path, change: Change) -> bool {
    let fits = match change {
        Change::Gone | Change::Content => matches!(effect.verb, Verb::Delete | Verb::Modify | Verb::Create),
        Change::Mode => matches!(effect.verb, Verb::Delete | Verb::Modify | Verb::Grant),
    };
    // What is only made anew destroys nothing: it counts where it is said to be below something that exists.
    if !fits || effect.verb == Verb::Create {
        return false;
    }
    effect.target.paths.iter().any(|target| {
        let target = real(target);
        match effect.scope {
            Scope::Files | Scope::EmptyDirectories | Scope::Content => path == target,
            _ => path.starts_with(&target),
        }
    })
}

/// The place with the links above it followed.
fn real(path: &Path) -> PathBuf {
    match (path.parent().and_then(|parent| fs::canonicalize(parent).ok()), path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => path.to_owned(),
    }
}

/// True for an effect that is held because it is not understood.
fn holds(effect: &Effect) -> bool {
    effect.opaque && effect.target.kind == TargetKind::Unknown
}

#[derive(Clone, Copy)]
enum Change {
    Gone,
    Content,
    Mode,
}

fn changes(before: &BTreeMap<PathBuf, Entry>, after: &BTreeMap<PathBuf, Entry>) -> Vec<(PathBuf, Change)> {
    before
        .iter()
        .filter_map(|(path, old)| {
            let change = match after.get(path) {
                None => Change::Gone,
                Some(new) if new.kind != old.kind => Change::Gone,
                Some(new) if new.content != old.content => Change::Content,
                Some(new) if new.mode != old.mode => Change::Mode,
                Some(_) => return None,
            };
            Some((path.clone(), change))
        })
        .collect()
}

fn shown(effect: &Effect, tree: &Path) -> String {
    let paths: Vec<String> =
        effect.target.paths.iter().map(|path| path.strip_prefix(tree).unwrap_or(path).display().to_string()).collect();
    let mark = if effect.opaque { "?" } else { "" };
    format!(
        "{mark}{} {} {} {paths:?} {:?} {}",
        effect.verb.name(),
        effect.target.kind.name(),
        effect.target.name,
        effect.scope,
        effect.note.as_deref().unwrap_or_default()
    )
}

/// Predicts, runs and compares.
pub(crate) fn verdict(jail: &Jail, text: &str) -> Outcome {
    let (text, needs) = match text.split_once(" #needs ") {
        Some((text, needs)) => (text, Some(needs)),
        None => (text, None),
    };
    if let Some(program) = needs.filter(|program| !Path::new("/usr/bin").join(program).exists()) {
        return Outcome::Absent(program.to_owned());
    }
    let tree = Tree::new();
    let before = tree.look();
    let analysis = tree.predict(text);
    // Links are followed while they stand.
    let effects = &analysis.effects;
    let place = tree.dir.path();
    let alarms = effects
        .iter()
        .filter(|effect| {
            let exists = |path: &PathBuf| fs::symlink_metadata(path).is_ok();
            let destroys = matches!(effect.verb, Verb::Delete)
                || (effect.verb == Verb::Modify && matches!(effect.scope, Scope::Content | Scope::Moved { .. }));
            holds(effect) || (destroys && effect.target.paths.iter().any(exists))
        })
        .map(|effect| shown(effect, place))
        .collect();
    let covered: BTreeMap<PathBuf, [bool; 3]> = before
        .keys()
        .map(|path| {
            let by = |change| effects.iter().any(|effect| names(effect, path, change));
            (path.clone(), [by(Change::Gone), by(Change::Content), by(Change::Mode)])
        })
        .collect();
    let said = jail.run(&tree, text).unwrap();
    let changed = changes(&before, &tree.look());
    let short = |path: &Path| path.strip_prefix(place).unwrap_or(path).to_owned();
    let missed: Vec<PathBuf> = changed
        .iter()
        .filter(|(path, change)| covered.get(path).is_none_or(|by| by.get(*change as usize) != Some(&true)))
        .map(|(path, _)| short(path))
        .collect();
    let opaque = !missed.is_empty() && effects.iter().any(holds);
    let mut predicted: Vec<String> =
        effects.iter().filter(|effect| effect.verb != Verb::Read).map(|effect| shown(effect, place)).collect();
    if !said.trim().is_empty() {
        predicted.push(format!("it said: {}", said.trim()));
    }
    Outcome::Ran {
        changed: changed.iter().map(|(path, _)| short(path)).collect(),
        missed: if opaque { Vec::new() } else { missed },
        opaque,
        alarms,
        predicted,
    }
}
