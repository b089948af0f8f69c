//! Which environment a target belongs to: by the patterns that people wrote down, else by the words in names.
//!
//! A word decides only where it stands alone: `prod-db` is production, `product` is not. Of several facts the strictest
//! counts.

use std::path::Path;

use weir_model::{Environment, Environments, Target, TargetKind};

use crate::lookup::{Fact, Found, Weight};
use crate::place;

/// Says which environment a target belongs to whose environment analysis has left open.
///
/// What the environment was read from (`--context prod`, the configuration that counts for the command) goes before the
/// target's own name, and that before the places of its files.
pub(crate) fn settle(target: &mut Target, found: Option<&Found>, rules: &Environments) {
    let named = target.environment_from.take();
    let mut judge = Judge { rules, strictest: None };
    if let Some(named) = &named {
        let located = found.is_some_and(|found| !found.facts.is_empty());
        let (paths, names): (Vec<&str>, Vec<&str>) =
            named.split(", ").partition(|piece| located && is_path(value_of(piece)));
        judge.see(&names.join(", "), Weight::Place);
        // Below `~/dev` may be the configuration of anything.
        for path in paths {
            judge.see(path, Weight::Hint);
        }
    }
    for Fact { name, weight } in found.map(|found| found.facts.as_slice()).unwrap_or_default() {
        judge.see(name, *weight);
    }
    target.environment_from = described(named, found);
    if target.environment != Environment::Unknown {
        return;
    }
    let verdict = judge.strictest.or_else(|| by_name(target, rules));
    let Some((environment, pattern)) = verdict else { return };
    target.environment = environment;
    if let Some(pattern) = pattern {
        let from = target.environment_from.take().unwrap_or_else(|| target.name.clone());
        target.environment_from = Some(format!("{from}; {pattern}"));
    }
}

/// The environment, and which pattern says so.
type Classed = (Environment, Option<String>);

/// Takes the strictest of what facts say.
struct Judge<'r> {
    rules: &'r Environments,
    strictest: Option<Classed>,
}

impl Judge<'_> {
    fn see(&mut self, name: &str, weight: Weight) {
        let words = if weight == Weight::Plain { None } else { of_text(name) };
        let Some(class) = classed(self.rules, name, words) else { return };
        let tightens = matches!(class.0, Environment::Production | Environment::Staging);
        // What people wrote about a name counts in both directions.
        if weight == Weight::Hint && !tightens && class.1.is_none() {
            return;
        }
        if self.strictest.as_ref().is_none_or(|(known, _)| class.0.strictness() < known.strictness()) {
            self.strictest = Some(class);
        }
    }
}

fn classed(rules: &Environments, name: &str, words: Option<Environment>) -> Option<Classed> {
    let (environment, pattern) = rules.classify(name, words)?;
    let said = |pattern: &weir_model::EnvironmentPattern| {
        format!("{} by `{}` in {}", pattern.environment.name(), pattern.pattern, pattern.file)
    };
    Some((environment, pattern.map(said)))
}

fn by_name(target: &Target, rules: &Environments) -> Option<Classed> {
    let words = Some(of_name(target)).filter(|environment| *environment != Environment::Unknown);
    if rules.is_empty() {
        return words.map(|environment| (environment, None));
    }
    let files = matches!(target.kind, TargetKind::FileTree | TargetKind::Secret | TargetKind::ControlSurface);
    // Programs and packages, and what is only in this repository, are in no environment.
    let local = matches!(
        target.kind,
        TargetKind::GitWorktree
            | TargetKind::GitRef
            | TargetKind::GitStash
            | TargetKind::GitRepository
            | TargetKind::Program
            | TargetKind::Package
    );
    if files || local {
        return words.map(|environment| (environment, None));
    }
    classed(rules, &target.name, words)
}

/// Of `--context prod` and `AWS_PROFILE=prod` the value.
fn value_of(piece: &str) -> &str {
    piece.split_once([' ', '=']).map_or(piece, |(_, value)| value)
}

fn is_path(value: &str) -> bool {
    ["/", "./", "../", "~"].iter().any(|start| value.starts_with(start))
}

/// What people read: what the command named, as far as what was found does not say it again, and what was found.
fn described(named: Option<String>, found: Option<&Found>) -> Option<String> {
    let Some(found) = found.filter(|found| !found.said.is_empty()) else { return named };
    let mut text = found.said.join(", ");
    for piece in named.iter().flat_map(|named| named.split(", ")) {
        let value = value_of(piece);
        if !text.contains(value) && !found.facts.iter().any(|fact| value.contains(&fact.name)) {
            text.push_str(", ");
            text.push_str(piece);
        }
    }
    /// The longest description.
    const LONGEST: usize = 600;
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    Some(text)
}

/// By the target's own name and places.
fn of_name(target: &Target) -> Environment {
    match target.kind {
        TargetKind::FileTree | TargetKind::Secret | TargetKind::ControlSurface => of_files(target),
        // Names of branches, programs and packages say nothing of where they run.
        TargetKind::GitWorktree
        | TargetKind::GitRef
        | TargetKind::GitStash
        | TargetKind::GitRemoteRef
        | TargetKind::GitRepository
        | TargetKind::Program
        | TargetKind::Package => Environment::Unknown,
        _ => of_text(&target.name)
            .or_else(|| strictest(target.paths.iter().filter_map(|path| of_components(path))))
            .unwrap_or_default(),
    }
}

/// Files in temporary directories are scratch; elsewhere a directory must be named exactly like an environment,
/// because words such as `test` and `live` are all over source trees.
fn of_files(target: &Target) -> Environment {
    if !target.paths.is_empty() && target.paths.iter().all(|path| place::is_temporary(path)) {
        return Environment::Scratch;
    }
    strictest(target.paths.iter().filter_map(|path| of_components(path))).unwrap_or_default()
}

fn of_components(path: &Path) -> Option<Environment> {
    strictest(path.components().filter_map(|component| of_word(component.as_os_str().to_str()?)))
}

/// What the words of a text say together.
pub(crate) fn of_text(text: &str) -> Option<Environment> {
    let mut previous: &str = "";
    let mut found = Vec::new();
    for word in words(text) {
        let before = std::mem::replace(&mut previous, word);
        let mut class = of_word(word);
        if (is(word, &["desktop"]) && is(before, &["docker"])) || (is(word, &["internal"]) && is(before, &["docker"])) {
            class = Some(Environment::Development);
        }
        // The usual name of a repository with what Terragrunt runs, in every environment.
        if is(word, &["live"]) && is(before, &["infrastructure", "infra"]) {
            class = None;
        }
        if class == Some(Environment::Production) {
            if is(before, &["non", "not", "no"]) {
                class = None;
            } else if is(before, &["pre"]) {
                class = Some(Environment::Staging);
            }
        }
        found.extend(class);
    }
    if found.is_empty() && names_this_machine(text) {
        return Some(Environment::Development);
    }
    strictest(found.into_iter())
}

/// True where one of the addresses of this machine stands alone in the text.
fn names_this_machine(text: &str) -> bool {
    let part_of_address = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let stands_alone = |address: &str| {
        text.match_indices(address).any(|(at, _)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let after = text.get(at + address.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(part_of_address) && !after.is_some_and(part_of_address)
        })
    };
    ["127.0.0.1", "0.0.0.0", "[::1]"].into_iter().any(stands_alone)
}

fn strictest(found: impl Iterator<Item = Environment>) -> Option<Environment> {
    found.min_by_key(|environment| environment.strictness())
}

/// Runs of letters and digits.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(split_camel).filter(|word| !word.is_empty())
}

/// Splits `myProdDb` where a small letter meets a capital one.
fn split_camel(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(word);
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = text
            .char_indices()
            .zip(text.chars().skip(1))
            .find(|((_, a), b)| a.is_lowercase() && b.is_uppercase())
            .map(|((at, a), _)| at + a.len_utf8());
        match cut.and_then(|at| text.split_at_checked(at)) {
            Some((head, tail)) => {
                rest = Some(tail);
                Some(head)
            }
            None => rest.take(),
        }
    })
}

/// What one word says.
pub(crate) fn of_word(word: &str) -> Option<Environment> {
    // `prod2` and `staging01` are instances of the same environment.
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if is(word, &["prod", "production", "live", "prd"]) {
        Some(Environment::Production)
    } else if is(word, &["stag", "stg", "staging", "stage", "preprod", "uat", "qa"]) {
        Some(Environment::Staging)
    } else if is(
        word,
        &["dev", "development", "local", "localhost", "test", "testing", "sandbox", "sbx", "minikube", "kind"],
    ) {
        Some(Environment::Development)
    } else {
        None
    }
}

fn is(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn words_decide_only_where_they_stand_alone() {
        for (text, expected) in [
            ("--context prod", Some(Environment::Production)),
            ("AWS_PROFILE=acme-prd", Some(Environment::Production)),
            ("production.example.com", Some(Environment::Production)),
            ("myProdDb", Some(Environment::Production)),
            ("prod2", Some(Environment::Production)),
            ("test-against-production", Some(Environment::Production)),
            ("preprod", Some(Environment::Staging)),
            ("pre-prod", Some(Environment::Staging)),
            ("STAGING01", Some(Environment::Staging)),
            ("nonprod", None),
            ("non-prod", None),
            ("non_prod dev", Some(Environment::Development)),
            ("docker-desktop", Some(Environment::Development)),
            ("127.0.0.1 localhost", Some(Environment::Development)),
            ("host.docker.internal:5432", Some(Environment::Development)),
            ("http://127.0.0.1:3000/api", Some(Environment::Development)),
            ("http://[::1]:8080/", Some(Environment::Development)),
            ("-h 127.0.0.1, -d prod", Some(Environment::Production)),
            ("10.127.0.0.1", None),
            ("127.0.0.12", None),
            ("postgres://app@db.prod.internal/app", Some(Environment::Production)),
            ("arn:aws:eks:eu-west-1:1:cluster/prod-eu1", Some(Environment::Production)),
            ("gke_acme-prd_europe-west1_main", Some(Environment::Production)),
            ("admin@live", Some(Environment::Production)),
            ("DATABASE_URL_PRODUCTION", Some(Environment::Production)),
            ("PROD", Some(Environment::Production)),
            ("envs/prod/main.tfvars", Some(Environment::Production)),
            ("s3://acme-prod-backups/x", Some(Environment::Production)),
            ("acme/prod", Some(Environment::Production)),
            ("shop-stg", Some(Environment::Staging)),
            ("uat-2", Some(Environment::Staging)),
            ("qa.example.com", Some(Environment::Staging)),
            ("--context stage", Some(Environment::Staging)),
            ("kind-dev", Some(Environment::Development)),
            ("minikube", Some(Environment::Development)),
            ("app_test", Some(Environment::Development)),
            ("test_db_3", Some(Environment::Development)),
            ("sandbox123.example.org", Some(Environment::Development)),
            ("mysql.local", Some(Environment::Development)),
            ("infrastructure-live/dev/vpc", Some(Environment::Development)),
            ("infra-live/prod/vpc", Some(Environment::Production)),
            ("product-catalog", None),
            ("producer", None),
            ("developer", None),
            ("devops", None),
            ("latest", None),
            ("contest", None),
            ("attestation", None),
            ("liveness", None),
            ("delivered", None),
            ("stages", None),
            ("localization", None),
            ("mankind", None),
            ("qatar", None),
            ("products", None),
            ("reproduce", None),
            ("delivery", None),
            ("", None),
            ("日本-prod", Some(Environment::Production)),
        ] {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }

    fn classify(target: &Target) -> Environment {
        let mut target = target.clone();
        settle(&mut target, None, &Environments::default());
        target.environment
    }

    #[test]
    fn the_source_of_the_environment_goes_before_the_name() {
        let mut target = Target::new(TargetKind::Database, "prod_copy");
        target.environment_from = Some("DATABASE_URL host localhost".to_owned());
        assert_eq!(classify(&target), Environment::Development);
        target.environment_from = None;
        assert_eq!(classify(&target), Environment::Production);
        target.environment = Environment::Scratch;
        assert_eq!(classify(&target), Environment::Scratch);
    }

    #[test]
    fn files_are_scratch_only_below_a_temporary_directory() {
        let at = |path: &str| classify(&Target::new(TargetKind::FileTree, "x").at(vec![PathBuf::from(path)]));
        assert_eq!(at("/tmp/x"), Environment::Scratch);
        assert_eq!(at("/tmp"), Environment::Unknown);
        assert_eq!(at("/tmp/../etc"), Environment::Unknown);
        assert_eq!(at("/srv/production/db"), Environment::Production);
        assert_eq!(at("/home/u/live-reload/x"), Environment::Unknown);
    }
}
