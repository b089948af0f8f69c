//! Variables that make programs run something else: search paths, pagers, editors, start-up files.

use std::path::PathBuf;

use weir_model::{Effect, Target, TargetKind, Verb};

use crate::World as _;
use crate::call::{Arg, Language, Value};

use super::calls::SYSTEM;
use super::limits::MAX_ITEMS;
use super::state::{Shell, Var};
use super::text::{collapsed, has_hole, texts};
use super::{Evaluator, Frame};

/// Variables that hold a command line which many programs run.
const COMMANDS: &[&str] = &[
    "PAGER",
    "MANPAGER",
    "EDITOR",
    "VISUAL",
    "SUDO_EDITOR",
    "BROWSER",
    "LESSOPEN",
    "LESSCLOSE",
    "SYSTEMD_PAGER",
    "PSQL_PAGER",
    "RSYNC_RSH",
    "CVS_RSH",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "KUBE_EDITOR",
    "PSQL_EDITOR",
    "FZF_DEFAULT_COMMAND",
    "FZF_CTRL_T_COMMAND",
    "GIT_ASKPASS",
];

/// Variables that name a program which some programs start, and those that do.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("RUSTC", &["cargo", "maturin", "wasm-pack"]),
    ("RUSTC_WRAPPER", &["cargo", "maturin", "wasm-pack"]),
    ("RUSTC_WORKSPACE_WRAPPER", &["cargo"]),
    ("RUSTDOC", &["cargo"]),
    ("CARGO_BUILD_RUSTC", &["cargo"]),
    ("CARGO_BUILD_RUSTC_WRAPPER", &["cargo"]),
    ("npm_config_script_shell", &["npm", "npx"]),
    ("NPM_CONFIG_SCRIPT_SHELL", &["npm", "npx"]),
    ("NODE", &["npm", "npx", "yarn", "pnpm"]),
    ("PYTHON", &["node-gyp", "npm"]),
];

/// Variables that hold options with a program among them: which option, and who reads it.
const OPTIONS: &[(&str, &str, &[&str])] = &[
    ("GOFLAGS", "-toolexec", &["go"]),
    ("RUSTFLAGS", "linker", &["cargo", "rustc"]),
    ("CARGO_BUILD_RUSTFLAGS", "linker", &["cargo"]),
];

/// Variables that hold text which an interactive or tracing shell runs or expands.
const PROMPTS: &[&str] = &["PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4"];

/// Directories of a search path that are looked into.
const MOST_DIRS: usize = 16;

fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" | "mksh")
}

impl Evaluator<'_> {
    /// What the variables of the action make the program `name` run.
    pub(super) fn started_by(&mut self, name: &str, env: &[(String, Value)], shell: &Shell, frame: &Frame) {
        if frame.place.is_some() || frame.programs > MAX_ITEMS {
            return;
        }
        let base = name.rsplit('/').next().unwrap_or(name).to_owned();
        let environment = Self::environment(shell, env);
        for (variable, value) in &environment {
            let text = collapsed(&texts(value));
            if text.is_empty() || has_hole(&text) {
                continue;
            }
            // It does not hold for what it runs itself.
            let mut inner = shell.child(|name| self.world.env(name).is_some());
            for (other, value) in environment.iter().filter(|(other, _)| other.ends_with("LIB")) {
                inner.set(other, Var::Scalar(texts(value)));
            }
            inner.unset(variable);
            let through = frame.through(variable);
            match variable.as_str() {
                variable if COMMANDS.contains(&variable) => {
                    let text = text.trim_start_matches(['|', '-']).to_owned();
                    let _ = self.program(&text, &mut inner, &through);
                }
                "BASH_ENV" | "ENV" if is_shell(&base) => {
                    if let Some(path) = self.absolute(&text, shell) {
                        let _ = self.file(Language::Shell, &path, Vec::new(), &inner, &through);
                    }
                }
                "PROMPT_COMMAND" if is_shell(&base) => {
                    let _ = self.program(&text, &mut inner, &through);
                }
                variable if PROMPTS.contains(&variable) && is_shell(&base) && text.contains(['$', '`']) => {
                    self.expanded(&text, &mut inner, &through);
                }
                "NODE_OPTIONS" if matches!(base.as_str(), "node" | "npm" | "npx" | "yarn" | "pnpm" | "tsx") => {
                    let mut words = text.split_whitespace();
                    while let Some(word) = words.next() {
                        let (option, value) = word.split_once('=').map_or((word, None), |(o, v)| (o, Some(v)));
                        if !matches!(option, "-r" | "--require" | "--import" | "--loader" | "--experimental-loader") {
                            continue;
                        }
                        let Some(file) = value.or_else(|| words.next()).filter(|file| file.contains('/')) else {
                            continue;
                        };
                        if let Some((_, code)) = file.strip_prefix("data:").and_then(|data| data.split_once(',')) {
                            let _ = self.code(Language::JavaScript, code, vec![Arg::known("data:")], &inner, &through);
                            continue;
                        }
                        if let Some(path) = self.absolute(file, shell) {
                            let _ = self.file(Language::JavaScript, &path, Vec::new(), &inner, &through);
                        }
                    }
                }
                variable => self.loaded(variable, &base, &text, &mut inner, &through),
            }
        }
    }

    /// What one of the variables of languages and build tools makes the program `base` run.
    fn loaded(&mut self, variable: &str, base: &str, text: &str, shell: &mut Shell, frame: &Frame) {
        let plain = base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let python = matches!(plain, "python" | "pypy" | "pytest" | "ipython" | "py.test" | "uvicorn" | "gunicorn");
        let fits = |programs: &[&str]| programs.contains(&base);
        if PROGRAMS.iter().any(|(name, programs)| *name == variable && fits(programs)) {
            let _ = self.program(text, shell, frame);
            return;
        }
        if let Some((_, option, _)) = OPTIONS.iter().find(|(name, _, by)| *name == variable && fits(by)) {
            let program = text.split_whitespace().find_map(|word| word.split_once(option)?.1.strip_prefix('='));
            if let Some(program) = program {
                let _ = self.program(program, shell, frame);
            }
            return;
        }
        let cargo = base == "cargo" && variable.starts_with("CARGO_TARGET_");
        match variable {
            _ if cargo && (variable.ends_with("_RUNNER") || variable.ends_with("_LINKER")) => {
                let _ = self.program(text, shell, frame);
            }
            "PYTHONSTARTUP" if python => self.loads(Language::Python, text, shell, frame),
            // Every start reads these two, where they are found.
            "PYTHONPATH" if python => {
                for dir in text.split(':').take(MOST_DIRS) {
                    for name in ["sitecustomize.py", "usercustomize.py"] {
                        self.loads(Language::Python, &format!("{dir}/{name}"), shell, frame);
                    }
                }
            }
            "PERL5OPT" if plain == "perl" => self.perl_modules(text, shell, frame),
            "PERL5DB" if plain == "perl" => {
                let _ = self.code(Language::Perl, text, vec![Arg::known(variable)], shell, frame);
            }
            "RUBYOPT" if matches!(plain, "ruby" | "rake" | "rails" | "bundle" | "irb" | "gem" | "rspec") => {
                let mut words = text.split_whitespace();
                while let Some(word) = words.next() {
                    let Some(file) = word.strip_prefix("-r") else { continue };
                    let file = if file.is_empty() { words.next().unwrap_or_default() } else { file };
                    let own = self.searched("RUBYLIB", shell);
                    for dir in own.iter().map(String::as_str).chain(file.contains('/').then_some("")) {
                        let path = if dir.is_empty() { file.to_owned() } else { format!("{dir}/{file}") };
                        self.loads(Language::Ruby, &path, shell, frame);
                        self.loads(Language::Ruby, &format!("{path}.rb"), shell, frame);
                    }
                }
            }
            "SHELL" if matches!(base, "tmux" | "screen" | "script" | "vim" | "vi") && text.contains("./") => {
                let _ = self.program(text, shell, frame);
            }
            "MAKEFLAGS" | "GNUMAKEFLAGS" if matches!(base, "make" | "gmake") => {
                if let Some((_, line)) = text.split_once("--eval=") {
                    let argv = ["make", "-f", "-"].map(Arg::known).to_vec();
                    let stdin = Some(crate::call::Stdin::Known(format!("{line}\n")));
                    let _ = self.inner(crate::call::Inner { argv, stdin, ..Default::default() }, shell, frame);
                }
            }
            // Code in a library that is not the system's: nobody can read it.
            "LD_PRELOAD" | "LD_AUDIT" | "DYLD_INSERT_LIBRARIES" => {
                let own = |file: &&str| {
                    file.contains('/')
                        && !["/usr/", "/lib", "/opt/", "/nix/", "/home/linuxbrew/"]
                            .iter()
                            .any(|dir| file.starts_with(dir))
                };
                if let Some(file) = text.split([':', ' ']).find(own) {
                    self.unread(file, &format!("{variable} puts this library into every program"), frame);
                }
            }
            "JAVA_TOOL_OPTIONS" | "_JAVA_OPTIONS" | "JDK_JAVA_OPTIONS" | "MAVEN_OPTS" | "GRADLE_OPTS" | "JAVA_OPTS" => {
                let own = |word: &&str| {
                    let agent = ["-javaagent:", "-agentpath:"].iter().find_map(|start| word.strip_prefix(start));
                    agent.is_some_and(|file| !["/usr/", "/opt/"].iter().any(|dir| file.starts_with(dir)))
                };
                let java = matches!(base, "java" | "mvn" | "mvnw" | "gradle" | "gradlew" | "javac" | "sbt" | "kotlin");
                if let Some(word) = text.split_whitespace().find(own).filter(|_| java) {
                    self.unread(word, &format!("{variable} puts this agent into every program"), frame);
                }
            }
            _ => {}
        }
    }

    /// Directories of a search path that the action itself sets.
    fn searched(&self, name: &str, shell: &Shell) -> Vec<String> {
        match shell.var(name) {
            Some(Var::Scalar(texts)) => {
                texts.iter().flat_map(|text| text.split(':')).take(MOST_DIRS).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// `-Mname`, and what is put behind it (`-Mre;system(...)`).
    fn perl_modules(&mut self, text: &str, shell: &Shell, frame: &Frame) {
        let Some(module) = text.trim().strip_prefix("-M").or_else(|| text.trim().strip_prefix("-m")) else { return };
        if let Some((_, code)) = module.split_once([';', '}']) {
            let _ = self.code(Language::Perl, code, vec![Arg::known("PERL5OPT")], shell, frame);
        }
        let name = module.split([';', '=', ' ']).next().unwrap_or_default().replace("::", "/");
        for dir in self.searched("PERL5LIB", shell) {
            self.loads(Language::Perl, &format!("{dir}/{name}.pm"), shell, frame);
        }
    }

    /// Runs a file of the action's choice, where there is one.
    fn loads(&mut self, language: Language, file: &str, shell: &Shell, frame: &Frame) {
        if let Some(path) = self.absolute(file, shell)
            && self.world.kind(&path) == Some(crate::FileKind::File)
        {
            let _ = self.file(language, &path, Vec::new(), shell, frame);
        }
    }

    fn unread(&mut self, name: &str, why: &str, frame: &Frame) {
        let target = Target::new(TargetKind::Unknown, name);
        self.keep(Effect::opaque(Verb::Execute, target, why), frame);
    }

    /// Text that the shell expands as in double quotes.
    pub(super) fn expanded(&mut self, text: &str, shell: &mut Shell, frame: &Frame) {
        let text = text.replace('"', "\\\"");
        let _ = self.program(&format!(": \"{text}\""), shell, frame);
    }

    /// The program that `name` is where the action itself has changed the search path; `None` where that changes nothing.
    pub(super) fn shadowed(&self, name: &str, env: &[(String, Value)], shell: &Shell) -> Option<PathBuf> {
        let own = env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| texts(value));
        let path = match (own, shell.var("PATH")) {
            (Some(path), _) => path,
            (None, Some(Var::Scalar(path))) => path.clone(),
            _ => return None,
        };
        let dirs = path.iter().flat_map(|path| path.split(':')).take(MOST_DIRS);
        dirs.filter(|dir| !has_hole(dir) && !SYSTEM.contains(dir)).find_map(|dir| {
            let dir = if dir.is_empty() { "." } else { dir };
            let path = self.absolute(&format!("{dir}/{name}"), shell)?;
            self.world.kind(&path).map(|_| path)
        })
    }

    /// The name of the program to which a link or copy at `name` leads, where it has another name.
    pub(super) fn other_name(&self, name: &str, shell: &Shell) -> Option<Arg> {
        let mut path = self.absolute(name, shell)?;
        for _ in 0..MAX_ITEMS {
            path = self.world.read_from(&path);
            let Some(to) = self.world.link(&path) else { break };
            path = crate::call::normalize(&path.parent()?.join(to));
        }
        let real = path.file_name()?.to_str()?;
        (real != name.rsplit('/').next()?).then(|| Arg::known(path.to_string_lossy()))
    }
}
