//! Runs the `[[test]]` blocks of the catalog's files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weir_model::Effect;

use super::{find, interpret, table};
use crate::call::{Arg, Inner, Language, Say, Stdin};
use crate::lab::{Heard, Machine, hear};

#[derive(serde::Deserialize)]
struct File {
    #[serde(default)]
    test: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    command: String,
    effects: Vec<String>,
    cwd: Option<String>,
    stdin: Option<String>,
    stdin_from: Option<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    preview: Option<String>,
}

/// As the lab's listener, with the environment and whether the target holds data.
#[derive(Default)]
struct Lines(Heard);

impl Lines {
    fn complete(&mut self) {
        let (Some(line), Some(effect)) = (self.0.lines.last_mut(), self.0.effects.last()) else { return };
        if effect.target.stateful {
            line.push_str(" | stateful");
        }
        if let Some(from) = &effect.target.environment_from {
            line.push_str(" | env ");
            line.push_str(from);
        }
    }
}

impl Say for Lines {
    fn effect(&mut self, effect: Effect) {
        self.0.effect(effect);
        self.complete();
    }
    fn run(&mut self, inner: Inner, through: &str) {
        let env: Vec<String> = inner.env.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        self.0.run(inner, through);
        if let Some(line) = self.0.lines.last_mut()
            && !env.is_empty()
        {
            line.push_str(" | with ");
            line.push_str(&env.join(" "));
        }
    }
    fn code(&mut self, language: Language, text: &str, args: &[Arg], through: &str) {
        self.0.code(language, text, args, through);
        if let Some(line) = self.0.lines.last_mut() {
            args.iter().for_each(|arg| line.push_str(&format!(" | {}", arg.source)));
        }
    }
    fn file(&mut self, language: Language, path: PathBuf, args: &[Arg], through: &str) {
        self.0.file(language, path, args, through);
        if let Some(line) = self.0.lines.last_mut() {
            args.iter().for_each(|arg| line.push_str(&format!(" | {}", arg.source)));
        }
    }
    fn elsewhere(&mut self, argv: Vec<Arg>, place: &str) {
        self.0.elsewhere(argv, place);
    }
    fn opaque(&mut self, effect: Effect) {
        self.0.opaque(effect);
        self.complete();
    }
}

fn listen(case: &Case) -> (Lines, bool) {
    let machine = Machine::new(case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let stdin = match (&case.stdin, &case.stdin_from) {
        (Some(text), _) => Stdin::Known(text.clone()),
        (None, Some(from)) => Stdin::Unknown(from.clone()),
        (None, None) => Stdin::None,
    };
    let env: Vec<(&str, &str)> = case.variables.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let cwd = case.cwd.as_deref().unwrap_or("/w");
    let cwd = (!cwd.is_empty()).then_some(cwd);
    let (mut lines, mut known) = (Lines::default(), false);
    hear(&machine, &case.command, cwd, stdin, &env, |call, _| known = interpret(call, &mut lines));
    (lines, known)
}

#[test]
fn every_file_of_the_catalog_passes_its_own_tests() {
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog");
    let (mut wrong, mut files) = (Vec::new(), 0);
    for entry in std::fs::read_dir(catalog).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        files += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file: File = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(!file.test.is_empty(), "{name} has no [[test]]");
        for case in &file.test {
            let (heard, known) = listen(case);
            if !known || heard.0.lines != case.effects {
                let (got, wanted) = (heard.0.lines.join("\n    "), case.effects.join("\n    "));
                wrong.push(format!(
                    "{name}: {}\n  known: {known}, said:\n    {got}\n  wanted:\n    {wanted}",
                    case.command
                ));
            }
            if let Some(preview) = &case.preview
                && !heard.0.effects.iter().any(|effect| effect.preview.as_ref() == Some(preview))
            {
                let previews: Vec<_> = heard.0.effects.iter().filter_map(|effect| effect.preview.clone()).collect();
                wrong.push(format!("{name}: {}\n  previews: {previews:?}, wanted: {preview}", case.command));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(files > 5, "only {files} files");
}

#[test]
fn names_are_sorted_and_versions_are_cut() {
    assert!(table::TOOLS.is_sorted_by(|(a, _), (b, _)| a < b));
    for name in ["python3.12", "terraform", "pip3.11", "terraform.exe"] {
        assert!(find(name).is_some(), "{name}");
    }
    for name in ["", "3", "no-such-program", "rm"] {
        assert!(find(name).is_none(), "{name}");
    }
}

fn said(command: &str) -> (Vec<String>, bool) {
    let case = Case {
        command: command.to_owned(),
        effects: Vec::new(),
        cwd: None,
        stdin: None,
        stdin_from: None,
        variables: BTreeMap::new(),
        files: BTreeMap::new(),
        preview: None,
    };
    let (lines, known) = listen(&case);
    (lines.0.lines, known)
}

#[test]
fn no_tool_says_nothing() {
    for (name, _) in table::TOOLS {
        for rest in ["", " x", " $X", " x y z", " --", " -- x", " -", " -x", " --no-such-option x", " {a,b} x"] {
            let command = format!("{name}{rest}");
            let (lines, known) = said(&command);
            assert!(known && !lines.is_empty(), "{command}");
        }
    }
}

#[test]
fn a_file_of_the_project_is_not_the_tool_of_the_same_name() {
    for command in ["./test x", "/work/ls", "scripts/pytest", "../cat"] {
        assert!(!said(command).1, "{command}");
    }
    for command in ["/bin/ls", ".venv/bin/pytest", "node_modules/.bin/eslint .", "./terraform destroy"] {
        assert!(said(command).1, "{command}");
    }
}

#[test]
fn asking_for_help_does_nothing() {
    // The output is the argument for these, or help is what they give to the program that they run.
    let words = ["[", "echo", "test", "printf", "exit", "expr", ":", "true", "false", "parallel", "nc", "ncat"];
    for (name, tool) in table::TOOLS {
        if words.contains(name) || tool.single_dash {
            continue;
        }
        let (lines, _) = said(&format!("{name} --help"));
        assert!(lines.iter().all(|line| line.starts_with("read program")), "{name}: {lines:?}");
    }
}

#[test]
fn hostile_arguments_take_bounded_work() {
    let start = std::time::Instant::now();
    let many = " x".repeat(50_000);
    let flags = " --x".repeat(50_000);
    let bundle = format!(" -{}", "x".repeat(100_000));
    let alternatives = " {a,b,c,d}".repeat(1_000);
    for program in
        ["docker rm", "kubectl delete", "aws rds", "gcloud", "bash", "npm run", "curl", "sudo", "rimraf", "parallel"]
    {
        for rest in [&many, &flags, &bundle, &alternatives] {
            said(&format!("{program}{rest}"));
        }
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
