//! The scenario files.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::output::CliError;

/// One documented incident.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Incident {
    /// The directory's name.
    #[serde(skip)]
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    /// Where the account comes from.
    pub(crate) account: String,
    /// Whose hook protocol is spoken.
    pub(crate) agent: String,
    /// What stands in the scratch home.
    #[serde(rename = "world")]
    pub(crate) props: Vec<Prop>,
    /// What the agent asks for.
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
}

/// One thing in the scratch home. Exactly one of `tree`, `file`, `program` and `git` is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prop {
    /// A directory with many small files.
    pub(crate) tree: Option<PathBuf>,
    /// How many.
    #[serde(default)]
    pub(crate) files: usize,
    /// How many bytes each.
    #[serde(default)]
    pub(crate) bytes: usize,
    /// One file.
    pub(crate) file: Option<PathBuf>,
    /// Its content.
    #[serde(default)]
    pub(crate) text: String,
    /// True for a script.
    #[serde(default)]
    pub(crate) executable: bool,
    /// A program without any library, which is made of `text`, in C.
    pub(crate) program: Option<PathBuf>,
    /// A directory that becomes a repository, with what is in it committed.
    pub(crate) git: Option<PathBuf>,
}

/// One thing that the agent asks for: a command, or a file to write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What the agent is up to.
    pub(crate) say: String,
    /// A shell command.
    pub(crate) command: Option<String>,
    /// A file that the edit tool writes.
    pub(crate) write: Option<PathBuf>,
    /// Its content.
    #[serde(default)]
    pub(crate) text: String,
    /// Where, below the scratch home.
    pub(crate) cwd: PathBuf,
    /// The directory whose files are counted before and after.
    pub(crate) watch: Option<PathBuf>,
    /// What has to be there for the step: programs by their names, and files by their paths below the scratch home.
    #[serde(default)]
    pub(crate) needs: Vec<PathBuf>,
    /// What the guard should do.
    pub(crate) expect: Expect,
}

/// What the guard should do with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expect {
    /// Say nothing.
    Silent,
    /// Hold it for people.
    Hold,
    /// Refuse it.
    Deny,
    /// Hold or refuse.
    Stopped,
    /// Say nothing, and give everything that it destroyed back: the watched directory is equal after `weir undo`.
    Undone,
}

impl Prop {
    const fn kinds(&self) -> [Option<&PathBuf>; 4] {
        [self.tree.as_ref(), self.file.as_ref(), self.program.as_ref(), self.git.as_ref()]
    }
}

impl Incident {
    /// Reads a scenario.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, CliError> {
        let mut incident: Self = toml::from_str(text)
            .map_err(|error| CliError::user(format!("the incident `{name}` is broken: {error}")))?;
        name.clone_into(&mut incident.name);
        incident.check().map_err(|why| CliError::user(format!("the incident `{name}` is broken: {why}")))?;
        Ok(incident)
    }

    /// Reads every scenario below `dir`.
    pub(crate) fn from_dir(dir: &Path) -> Result<Vec<Self>, CliError> {
        let unreadable = |error| CliError::user(format!("cannot read `{}`: {error}", dir.display()));
        let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
            .map_err(unreadable)?
            .flatten()
            .map(|entry| entry.path().join("incident.toml"))
            .filter(|file| file.is_file())
            .collect();
        files.sort();
        if files.is_empty() {
            return Err(CliError::user(format!("`{}` has no directory with an incident.toml", dir.display())));
        }
        files
            .iter()
            .map(|file| {
                let name = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
                Self::parse(&name, &std::fs::read_to_string(file).map_err(unreadable)?)
            })
            .collect()
    }

    /// Scenarios come from files that people hand around: nothing in them may reach outside the scratch home.
    fn check(&self) -> Result<(), String> {
        let props = self.props.iter().flat_map(Prop::kinds);
        let steps = self.steps.iter().flat_map(|step| [Some(&step.cwd), step.write.as_ref(), step.watch.as_ref()]);
        let needs = self.steps.iter().flat_map(|step| &step.needs);
        for path in props.chain(steps).flatten().chain(needs) {
            if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!("`{}` is not a plain path below the scratch home", path.display()));
            }
        }
        if weir_gate_hook::find_agent(&self.agent).is_none() {
            return Err(format!("`{}` is not an agent that Weir knows", self.agent));
        }
        for prop in &self.props {
            if prop.kinds().into_iter().flatten().count() != 1 {
                return Err("each [[world]] has exactly one of `tree`, `file`, `program` and `git`".to_owned());
            }
        }
        for step in &self.steps {
            if step.command.is_some() == step.write.is_some() {
                return Err(format!("the step `{}` has exactly one of `command` and `write`", step.say));
            }
            if step.expect == Expect::Undone && (step.command.is_none() || step.watch.is_none()) {
                return Err(format!("the step `{}` needs `command` and `watch` to be undone", step.say));
            }
        }
        Ok(())
    }
}
