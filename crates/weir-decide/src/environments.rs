//! `environments.toml`: which names belong to which environment.
//!
//! ```toml
//! production = ["*prod*", "123456789012", "db.example.com"]
//! development = ["sandbox-*"]
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use weir_model::{Environment, EnvironmentPattern, Environments};

use crate::PolicyError;
use crate::layers::{self, Layer, Layers};

/// The name of the file, in the directory of each layer.
pub(crate) const FILE: &str = "environments.toml";

/// The most patterns of all layers together.
const MOST_PATTERNS: usize = 2_000;

/// The patterns of all layers, and the texts that they come from.
pub(crate) fn load(layers: &Layers) -> Result<(Environments, Vec<String>), Vec<PolicyError>> {
    let mut environments = Environments::default();
    let mut texts = Vec::new();
    let mut errors = Vec::new();
    for (layer, path) in layers.environment_files() {
        if !is_there(&path) {
            continue;
        }
        match layers::read(&path) {
            Ok(text) => {
                read(layer, &path.display().to_string(), &text, &mut environments, &mut errors);
                texts.extend([path.display().to_string(), text]);
            }
            Err(error) => errors.push(error),
        }
    }
    let count = environments.own.len() + environments.tightening.len();
    if count > MOST_PATTERNS {
        let message = format!("there are {count} patterns, more than {MOST_PATTERNS}");
        errors.push(PolicyError::plain(FILE, message, "write fewer patterns, with `*`"));
    }
    if errors.is_empty() { Ok((environments, texts)) } else { Err(errors) }
}

/// True also for a link that leads nowhere: that is an error, and not the same as no file.
pub(crate) fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

fn read(layer: Layer, file: &str, text: &str, environments: &mut Environments, errors: &mut Vec<PolicyError>) {
    let table: BTreeMap<Spanned<String>, Vec<Spanned<String>>> = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            let range = error.span().unwrap_or(0..0);
            let help = "write lists of texts, as in production = [\"*prod*\"]";
            errors.push(PolicyError::at(file, text, range, error.message().to_owned(), help));
            return;
        }
    };
    for (name, patterns) in table {
        let at = |range, message: String, help: &str| PolicyError::at(file, text, range, message, help);
        let known = Environment::ALL.into_iter().filter(|environment| *environment != Environment::Unknown);
        let Some(environment) = known.clone().find(|environment| environment.name() == name.get_ref()) else {
            let names: Vec<&str> = known.map(Environment::name).collect();
            let message = format!("`{}` is no environment", name.get_ref());
            errors.push(at(name.span(), message, &format!("there are: {}", names.join(", "))));
            continue;
        };
        if layer == Layer::Repository && !matches!(environment, Environment::Production | Environment::Staging) {
            let message = format!("a repository may not say what is `{}`", name.get_ref());
            errors.push(at(
                name.span(),
                message,
                "it may only tighten: move this to the user's or the organization's file",
            ));
            continue;
        }
        for pattern in patterns {
            if pattern.get_ref().trim().is_empty() {
                errors.push(at(pattern.span(), "a pattern is empty".to_owned(), "write a name, with `*` for any text"));
                continue;
            }
            let pattern = pattern.into_inner().trim().to_lowercase();
            let entry = EnvironmentPattern { environment, pattern, file: file.to_owned() };
            if layer == Layer::Repository {
                environments.tightening.push(entry);
            } else {
                environments.own.push(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(files: &[(&str, &str)]) -> Result<Environments, String> {
        let dir = tempfile::tempdir().unwrap();
        for (layer, text) in files {
            std::fs::create_dir_all(dir.path().join(layer)).unwrap();
            std::fs::write(dir.path().join(layer).join(FILE), text).unwrap();
        }
        let layer = |name: &str| Some(dir.path().join(name));
        let layers = Layers { organization: layer("org"), user: layer("user"), repository: layer("repo") };
        let engine = crate::compile(&layers).map(crate::Compiled::into_engine);
        let engine = engine.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        // A change is noticed.
        assert!(engine.is_fresh());
        std::fs::create_dir_all(dir.path().join("user")).unwrap();
        std::fs::write(dir.path().join("user").join(FILE), "# changed\n").unwrap();
        assert!(!engine.is_fresh());
        Ok(engine.environments().clone())
    }

    #[test]
    fn every_layer_adds_patterns_and_a_repository_only_tightens() {
        let found = compiled(&[
            ("org", "production = [\"*Prod*\", \"123456789012\"]"),
            ("user", "development = [\"prod-like\"]\nscratch = [\"tmp-*\", \"live-1\"]"),
            ("repo", "production = [\"shop\"]\nstaging = [\"shop-rc\", \"*-prod\"]"),
        ])
        .unwrap();
        for (name, expected) in [
            ("my-prod", Some(Environment::Production)),
            ("arn:aws:iam::123456789012:role/x", Some(Environment::Production)),
            ("prod-like", Some(Environment::Production)),
            ("tmp-1", Some(Environment::Scratch)),
            ("live-1", Some(Environment::Scratch)),
            ("shop", Some(Environment::Production)),
            ("shop-rc", Some(Environment::Production)),
            ("other", None),
        ] {
            assert_eq!(found.classify(name, None).map(|(environment, _)| environment), expected, "{name}");
        }
        let (_, pattern) = found.classify("my-prod", None).unwrap();
        assert!(pattern.unwrap().file.ends_with("org/environments.toml"), "{pattern:?}");
        assert!(compiled(&[]).unwrap().is_empty());
    }

    #[test]
    fn mistakes_are_shown_with_their_line() {
        for (files, expected) in [
            (("repo", "\ndevelopment = [\"*\"]"), "environments.toml:2:1: a repository may not say"),
            (("repo", "scratch = [\"*\"]"), "a repository may not say"),
            (("user", "# x\nprodution = [\"x\"]"), "environments.toml:2:1: `prodution` is no environment"),
            (("user", "unknown = [\"x\"]"), "`unknown` is no environment"),
            (("user", "production = [\"a\",\n  \"\"]"), "environments.toml:2:3: a pattern is empty"),
            (("user", "production = \"x\""), "sequence"),
            (("user", "[production]\nx = 1"), "sequence"),
            (("org", "production = ["), "environments.toml:1:"),
            (("org", "production = [\"a\"]\nproduction = [\"b\"]"), "environments.toml:2:"),
        ] {
            let error = compiled(&[files]).unwrap_err();
            assert!(error.contains(expected), "{files:?}: {error}");
            assert!(error.contains(FILE), "{error}");
        }
        let many = format!("production = [{}]", "\"x\",".repeat(MOST_PATTERNS + 1));
        assert!(compiled(&[("user", &many)]).unwrap_err().contains("2001 patterns"));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_a_mistake() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path().join("none"), dir.path().join(FILE)).unwrap();
        let layers = Layers { user: Some(dir.path().to_owned()), ..Layers::default() };
        let errors = crate::compile(&layers).unwrap_err();
        assert!(errors[0].to_string().contains("cannot be read"), "{errors:?}");
    }
}
