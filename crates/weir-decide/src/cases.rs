//! Test cases of policies: `*.policytest.toml`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;
use weir_model::{
    Effect, Environment, Figure, GitScope, Impact, Reversibility, Scope, Target, TargetKind, Verb, Verdict,
};

use crate::layers::{CASES, files, read};
use crate::{DecideError, Engine, Facts, Layer, Layers, Means};

/// How a run of test cases went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestReport {
    /// Cases that gave what they expect.
    pub passed: usize,
    /// What went wrong, one text per case.
    pub failures: Vec<String>,
    /// The ids of all policies that some case expects to object, and that did.
    pub covered: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    #[serde(rename = "case", default)]
    cases: Vec<Case>,
    #[serde(rename = "environment", default)]
    environments: Vec<EnvironmentCase>,
}

/// A name, and what `environments.toml` says of it: `unknown` where no pattern matches.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvironmentCase {
    name: String,
    is: Environment,
}

/// One case. What is left out is as mild as can be: it exists, was measured, and nothing was found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    verb: Verb,
    kind: TargetKind,
    #[serde(default = "default_target")]
    target: String,
    #[serde(default)]
    environment: Environment,
    #[serde(default)]
    stateful: bool,
    #[serde(default)]
    opaque: bool,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    scope: ScopeName,
    #[serde(default = "yes")]
    exists: bool,
    #[serde(default)]
    uncertain: bool,
    #[serde(default)]
    reversibility: Reversibility,
    #[serde(default)]
    files: u64,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    only_copy_files: u64,
    #[serde(default)]
    only_copy_bytes: u64,
    #[serde(default)]
    commits: u64,
    #[serde(default)]
    refs: u64,
    #[serde(default)]
    stashes: u64,
    #[serde(default)]
    rows: u64,
    #[serde(default)]
    resources: u64,
    /// Approvals that were given already.
    #[serde(default)]
    approvals: u32,
    /// Weir can make a restore point.
    #[serde(default)]
    can_restore: bool,
    /// People can be asked.
    #[serde(default = "yes")]
    can_ask: bool,
    verdict: Verdict,
    /// The ids of the policies that object, all of them.
    #[serde(default)]
    policies: Vec<String>,
}

/// The scopes by the names that policies use.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ScopeName {
    #[default]
    Whole,
    Files,
    EmptyDirectories,
    Filtered,
    Content,
    Moved,
    Git,
}

fn default_target() -> String {
    "target".to_owned()
}

const fn yes() -> bool {
    true
}

impl Case {
    fn effect(&self) -> Effect {
        let figure = |n: u64| Some(if self.uncertain { Figure::AtLeast(n) } else { Figure::Exact(n) });
        let mut target = Target::new(self.kind, self.target.clone());
        target.environment = self.environment;
        target.stateful = self.stateful;
        let mut effect = Effect::new(self.verb, target);
        effect.opaque = self.opaque;
        effect.scope = match self.scope {
            ScopeName::Whole => Scope::Whole,
            ScopeName::Files => Scope::Files,
            ScopeName::EmptyDirectories => Scope::EmptyDirectories,
            ScopeName::Filtered => Scope::Filtered { filter: String::new() },
            ScopeName::Content => Scope::Content,
            ScopeName::Moved => Scope::Moved { to: PathBuf::new() },
            ScopeName::Git => Scope::Git(GitScope::History),
        };
        effect.reversibility = self.reversibility;
        effect.impact = Impact {
            measured: true,
            exists: Some(self.exists),
            protected: self.protected.then(|| "a system directory".to_owned()),
            files: figure(self.files),
            bytes: figure(self.bytes),
            only_copy_files: figure(self.only_copy_files),
            only_copy_bytes: figure(self.only_copy_bytes),
            commits: figure(self.commits),
            refs: figure(self.refs),
            stashes: figure(self.stashes),
            rows: figure(self.rows),
            resources: figure(self.resources),
            ..Impact::default()
        };
        effect
    }
}

/// Runs test cases against `engine`: those of `paths`; without any, the built-in ones and those beside the policies of
/// `layers`.
///
/// The built-in cases are about the default pack: where other layers change what is in force, they still are.
///
/// # Errors
/// Where a file cannot be read or is not one of test cases.
pub fn run_tests(engine: &Engine, layers: &Layers, paths: &[PathBuf]) -> Result<TestReport, DecideError> {
    let mut report = TestReport::default();
    let mut paths = paths.to_vec();
    if paths.is_empty() {
        let changed = engine.policies().iter().any(|policy| policy.layer != Layer::BuiltIn);
        let default = changed.then(Engine::builtin);
        for (name, text) in CASES {
            run(default.as_ref().unwrap_or(engine), name, text, &mut report)?;
        }
        for (_, dir) in layers.dirs() {
            let mut errors = Vec::new();
            paths.extend(files(dir, ".policytest.toml", &mut errors));
            if let Some(error) = errors.pop() {
                return Err(DecideError::Cases { file: error.file, what: error.message });
            }
        }
    }
    for path in paths {
        let file = path.display().to_string();
        let text = read(&path).map_err(|error| DecideError::Cases { file: error.file, what: error.message })?;
        run(engine, &file, &text, &mut report)?;
    }
    Ok(report)
}

/// Runs the cases of one file.
fn run(engine: &Engine, file: &str, text: &str, report: &mut TestReport) -> Result<(), DecideError> {
    let parsed: CaseFile =
        toml::from_str(text).map_err(|error| DecideError::Cases { file: file.to_owned(), what: error.to_string() })?;
    for EnvironmentCase { name, is } in parsed.environments {
        let found = engine.environments().classify(&name, None).map_or(Environment::Unknown, |(found, _)| found);
        if found == is {
            report.passed += 1;
        } else {
            let (found, is) = (found.name(), is.name());
            report.failures.push(format!("{file}: the environment of `{name}` is {found}, expected {is}"));
        }
    }
    for case in parsed.cases {
        match judge(engine, &case) {
            None => {
                report.passed += 1;
                report.covered.extend(case.policies);
            }
            Some(why) => report.failures.push(format!("{file}: {}: {why}", case.name)),
        }
    }
    Ok(())
}

/// What is wrong with a case's outcome.
fn judge(engine: &Engine, case: &Case) -> Option<String> {
    let effect = case.effect();
    let facts = Facts { agent: "claude", effect: &effect, approvals: case.approvals };
    let means = Means { restore_point: case.can_restore, preview: false, approvals: case.can_ask };
    let decision = match engine.decide(&facts, &means) {
        Ok(decision) => decision,
        Err(error) => return Some(error.to_string()),
    };
    if decision.verdict != case.verdict {
        return Some(format!("the verdict is {}, expected {}", decision.verdict.name(), case.verdict.name()));
    }
    let ids: BTreeSet<&str> = decision.hits.iter().map(|hit| hit.id.as_str()).collect();
    let expected: BTreeSet<&str> = case.policies.iter().map(String::as_str).collect();
    (ids != expected).then(|| format!("{ids:?} object, expected {expected:?}"))
}
