//! Variables that make programs run something else: search paths, pagers, editors, start-up files.

use std::path::PathBuf;

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
        for (variable, value) in Self::environment(shell, env) {
            let text = collapsed(&texts(&value));
            if text.is_empty() || has_hole(&text) {
                continue;
            }
            // It does not hold for what it runs itself.
            let mut inner = shell.child(|name| self.world.env(name).is_some());
            inner.unset(&variable);
            let through = frame.through(&variable);
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
                        if let Some(path) = self.absolute(file, shell) {
                            let _ = self.file(Language::JavaScript, &path, Vec::new(), &inner, &through);
                        }
                    }
                }
                _ => {}
            }
        }
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
