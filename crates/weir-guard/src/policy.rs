//! Which policy is in force: the compiled form where it is fresh, else compiled anew, else the last good one.

use std::fs;
use std::path::{Path, PathBuf};

use weir_decide::{Engine, Layers, compile};
use weir_model::Digest;

use crate::Config;
use crate::sessions::private_dir;

/// The policy in force, and what people should know about it.
pub struct PolicyState {
    /// Decides.
    pub engine: Engine,
    /// Why it is not the policy that its sources say, where it is not.
    pub warnings: Vec<String>,
    /// True where some layer is broken and no good form of it is known: what it forbids is not known.
    pub degraded: bool,
}

/// The policy sources that apply to an action in `cwd`.
#[must_use]
pub fn policy_layers(config: &Config, cwd: &Path) -> Layers {
    Layers {
        organization: Some(config.organization_policies.clone()),
        user: Some(config.paths.policies()),
        repository: cwd.ancestors().map(|dir| dir.join(".weir/policies")).find(|dir| dir.is_dir()),
    }
}

impl PolicyState {
    /// Loads the policy that applies in `cwd`.
    #[must_use]
    pub fn load(config: &Config, cwd: &Path) -> Self {
        let layers = policy_layers(config, cwd);
        let file = compiled_file(config, &layers);
        let last_good = Engine::open(&file).ok();
        match last_good {
            Some(engine) if engine.is_fresh() => Self { engine, warnings: Vec::new(), degraded: false },
            last_good => Self::build(config, &layers, &file, last_good),
        }
    }

    /// Compiles the policy that applies in `cwd` whether or not a fresh form exists.
    #[must_use]
    pub fn rebuild(config: &Config, cwd: &Path) -> Self {
        let layers = policy_layers(config, cwd);
        let file = compiled_file(config, &layers);
        let last_good = Engine::open(&file).ok();
        Self::build(config, &layers, &file, last_good)
    }

    fn build(config: &Config, layers: &Layers, file: &Path, last_good: Option<Engine>) -> Self {
        let errors = match compile(layers) {
            Ok(compiled) => {
                let mut warnings = Vec::new();
                let written = private_dir(&config.paths.compiled())
                    .map_err(|error| error.to_string())
                    .and_then(|()| compiled.write(file).map_err(|error| error.to_string()));
                if let Err(error) = written {
                    warnings.push(format!(
                        "the compiled policy could not be kept, so every call compiles it again: {error}"
                    ));
                }
                return Self { engine: compiled.into_engine(), warnings, degraded: false };
            }
            Err(errors) => errors,
        };
        let texts = errors.iter().map(|error| error.to_string().replace('\n', " ")).collect::<Vec<_>>().join("; ");
        if let Some(engine) = last_good {
            let warnings =
                vec![format!("the last good policy stays in force, because a policy file has an error: {texts}")];
            return Self { engine, warnings, degraded: false };
        }
        Self {
            engine: Engine::builtin(),
            warnings: vec![format!(
                "only the built-in policy is in force, because a policy file has an error: {texts}"
            )],
            degraded: true,
        }
    }
}

/// One file per combination of layers: the base for every directory without a policy of its own.
fn compiled_file(config: &Config, layers: &Layers) -> PathBuf {
    let name = match &layers.repository {
        None => "base.bin".to_owned(),
        Some(dir) => {
            let dir = fs::canonicalize(dir).unwrap_or_else(|_| dir.clone());
            let digest = Digest::of(dir.as_os_str().as_encoded_bytes()).to_string();
            format!("repository-{}.bin", digest.get(..16).unwrap_or(&digest))
        }
    };
    config.paths.compiled().join(name)
}
