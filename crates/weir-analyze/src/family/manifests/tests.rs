//! What managers run, on a made-up machine, and beside the real npm.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lab::{self, Heard, Machine, args};

const PACKAGE: &str = r#"{
  "name": "shop",
  "packageManager": "yarn@1.22.0",
  "workspaces": ["packages/*"],
  "scripts": {
    "preclean": "echo before", "clean": "rm -rf dist", "postclean": "echo after",
    "build:js": "tsc", "build:css": "sass a b", "build:css:min": "sass c",
    "test": "jest", "start": "node server.js", "stop": "kill 1", "prepare": "husky", "postinstall": "node setup.js",
    "prepublishOnly": "npm test", "version": "git add -A"
  }
}"#;

const PYPROJECT: &str = r#"
[tool.poe.tasks]
clean = "rm -rf build"
all = ["clean", "test"]
test = { cmd = "pytest -q" }
both = { shell = "echo a; rm -rf b", deps = ["test"] }
code = { script = "tools.wipe:main(1)" }
loop = ["loop", "loop2"]
loop2 = ["loop"]
[tool.pdm.scripts]
wipe = { shell = "rm -rf wipe" }
many = { composite = ["wipe", "echo x"] }
[tool.hatch.envs.default.scripts]
cov = ["pytest --cov", "rm -rf htmlcov"]
[tool.hatch.envs.lint.scripts]
all = "ruff check"
[tool.poetry.scripts]
manage = "shop.manage:main"
"#;

const TOX: &str = "[tox]\nenvlist = py, clean\n\n[testenv]\ndeps = pytest\ncommands =\n    pytest {posargs:tests} \\\n        -q\n\
                   \n[testenv:clean]\n# comment\ncommands_pre = echo {toxinidir}\ncommands =\n    - rm -rf {toxinidir}/build {env:X}\n";

const COMPOSER: &str = r#"{"scripts": {"wipe": ["@clean", "@php artisan migrate:fresh", "App\\Tool::run"], "clean": "rm -rf cache",
  "post-install-cmd": "rm -f old"}}"#;

fn machine() -> Machine {
    Machine::new([
        ("/w/package.json", PACKAGE),
        ("/w/packages/web/package.json", r#"{"name": "@shop/web", "scripts": {"clean": "rm -rf out"}}"#),
        ("/w/packages/api/package.json", "\u{feff}{\"name\": \"api\", \"scripts\": {\"clean\": \"rm -rf gen\"}}"),
        ("/w/src/deep/x.js", ""),
        ("/w/pyproject.toml", PYPROJECT),
        ("/w/tools/wipe.py", ""),
        ("/w/src/shop/manage.py", ""),
        ("/w/setup.py", ""),
        ("/w/tox.ini", TOX),
        ("/w/composer.json", COMPOSER),
        ("/w/Pipfile", "[scripts]\nwipe = \"rm -rf pip\"\n"),
        (
            "/w/deno.jsonc",
            "{\n  // comment\n  \"tasks\": {\"wipe\": \"rm -rf deno\", \"d\": {\"command\": \"echo d\", \"dependencies\": [\"wipe\"]}}\n}",
        ),
        ("/p/pnpm-workspace.yaml", "# all\npackages:\n  - 'apps/**'\n  - \"libs/*\" # more\ncatalog:\n  x: 1\n"),
        ("/p/package.json", r#"{"name": "root", "scripts": {"clean": "rm -rf root"}}"#),
        ("/p/apps/a/b/package.json", r#"{"name": "deep", "scripts": {"clean": "rm -rf deep"}}"#),
        ("/p/libs/c/package.json", r#"{"name": "c", "scripts": {"clean": "rm -rf c"}}"#),
        ("/broken/package.json", "{\"scripts\": "),
        ("/broken/pyproject.toml", "[tool.poe"),
    ])
}

/// What is said of a call in a directory, and whether that is all that it does.
fn hear(command: &str, cwd: &str) -> (Vec<String>, bool) {
    let machine = machine();
    let call = lab::call(&machine, args(command), Some(cwd));
    let mut heard = Heard::default();
    let all = super::interpret(&call, &mut heard);
    (heard.lines, all)
}

#[test]
fn scripts_run_as_their_manager_runs_them() {
    for (command, expected) in [
        ("npm run clean", &["/w: sh -c echo before", "/w: sh -c rm -rf dist", "/w: sh -c echo after"][..]),
        (
            "npm run-script clean --silent -- --all 'a b'",
            &["/w: sh -c echo before", "/w: sh -c rm -rf dist", "/w: sh -c echo after"],
        ),
        ("npm --ignore-scripts run clean", &["/w: sh -c rm -rf dist"]),
        ("npm run clean --ignore-scripts", &["/w: sh -c rm -rf dist"]),
        ("npm -s t", &["/w: sh -c jest"]),
        ("npm restart", &["/w: sh -c npm stop --if-present && npm start"]),
        ("npm --prefix packages/web run clean", &["/w/packages/web: sh -c rm -rf out"]),
        ("npm run clean -w api", &["/w/packages/api: sh -c rm -rf gen"]),
        ("npm run clean --workspaces", &["/w/packages/api: sh -c rm -rf gen", "/w/packages/web: sh -c rm -rf out"]),
        ("pnpm clean", &["/w: sh -c echo before", "/w: sh -c rm -rf dist", "/w: sh -c echo after"]),
        ("pnpm --filter web run clean", &["/w/packages/web: sh -c rm -rf out"]),
        ("pnpm -C packages/api run clean", &["/w/packages/api: sh -c rm -rf gen"]),
        ("pnpm rimraf dist", &["/w: rimraf dist"]),
        ("yarn clean --x", &["/w: sh -c echo before", "/w: sh -c rm -rf dist", "/w: sh -c echo after"]),
        ("yarn workspace @shop/web clean", &["/w/packages/web: sh -c rm -rf out"]),
        ("yarn rimraf dist", &["/w: rimraf dist"]),
        ("bun run build:js", &["/w: sh -c tsc"]),
        ("node --run build:js -- -w", &["/w: sh -c tsc"]),
        ("run-s build:*", &["/w: sh -c sass a b", "/w: sh -c tsc"]),
        ("run-p build:** test", &["/w: sh -c sass a b", "/w: sh -c sass c", "/w: sh -c tsc", "/w: sh -c jest"]),
        ("concurrently -n a,b 'npm:build:js' 'rm -rf x'", &["/w: sh -c tsc", "/w: sh -c rm -rf x"]),
        ("deno task d", &["/w: sh -c rm -rf deno", "/w: sh -c echo d"]),
        ("poe clean", &["/w: sh -c rm -rf build"]),
        ("poe all", &["/w: sh -c rm -rf build", "/w: sh -c pytest -q"]),
        ("poe both", &["/w: sh -c pytest -q", "/w: sh -c echo a; rm -rf b"]),
        ("poe code", &["file /w/tools/wipe.py"]),
        ("pdm run wipe", &["/w: sh -c rm -rf wipe"]),
        ("pdm many", &["/w: sh -c rm -rf wipe", "/w: sh -c echo x"]),
        ("hatch run cov", &["/w: sh -c pytest --cov", "/w: sh -c rm -rf htmlcov"]),
        ("hatch run lint:all", &["/w: sh -c ruff check"]),
        ("pipenv run wipe", &["/w: sh -c rm -rf pip"]),
        ("poetry run manage drop", &["file /w/src/shop/manage.py"]),
        ("tox -e clean", &["/w: sh -c echo /w", "/w: sh -c rm -rf /w/build \u{fffc}"]),
        ("tox -e py", &["/w: sh -c pytest tests  -q"]),
        ("composer run wipe", &["/w: sh -c rm -rf cache", "/w: sh -c php artisan migrate:fresh"]),
        ("composer clean", &["/w: sh -c rm -rf cache"]),
    ] {
        let (mut lines, all) = hear(command, "/w/src/deep/../..");
        lines.iter_mut().for_each(|line| *line = line.trim_start_matches("run in ").replace("/w/src/deep/../..", "/w"));
        let mut expected = expected.to_vec();
        if command.starts_with("run-") {
            // In the order of the manifest, which the JSON library may or may not keep.
            lines.sort_unstable();
            expected.sort_unstable();
        }
        assert_eq!(lines, expected, "{command}");
        assert!(all, "{command}");
    }
    assert_eq!(hear("npm run clean", "/w/src/deep").0.len(), 3, "found upward");
    let (lines, _) = hear("pnpm -r clean", "/p/libs/c");
    assert_eq!(
        lines,
        ["run in /p: sh -c rm -rf root", "run in /p/apps/a/b: sh -c rm -rf deep", "run in /p/libs/c: sh -c rm -rf c"]
    );
}

#[test]
fn what_managers_do_besides_is_left_to_the_catalog() {
    for (command, expected) in [
        ("npm ci", &["run in /w: sh -c node setup.js", "run in /w: sh -c husky"][..]),
        ("npm install left-pad", &[]),
        ("npm ci --ignore-scripts", &[]),
        ("npm publish", &["run in /w: sh -c npm test", "run in /w: sh -c husky"]),
        ("npm publish --dry-run", &[]),
        ("npm version patch", &["run in /w: sh -c git add -A"]),
        ("yarn", &["run in /w: sh -c node setup.js", "run in /w: sh -c husky"]),
        ("pip install -e .", &["file /w/setup.py"]),
        ("composer install", &["run in /w: sh -c rm -f old"]),
        ("npm run nothing", &[]),
        ("npm run $X", &[]),
        ("npm view x", &[]),
        ("npm", &[]),
        ("npm run", &[]),
        ("bun test", &[]),
        ("poe nothing", &[]),
        ("poe loop", &["run in /w: sh -c loop"]),
        ("tox -l", &[]),
        ("poetry run pytest", &[]),
        ("node server.js", &[]),
    ] {
        let (lines, all) = hear(command, "/w");
        let lines: Vec<&str> = lines.iter().map(String::as_str).take(expected.len().max(1)).collect();
        if command != "poe loop" {
            assert_eq!(lines, expected, "{command}");
            assert!(!all, "{command}");
        }
    }
    for command in ["npm run clean", "poe clean", "yarn clean", "pdm run x"] {
        assert_eq!(hear(command, "/broken"), (Vec::new(), false), "{command}");
        assert_eq!(hear(command, "/nowhere"), (Vec::new(), false), "{command}");
    }
}

/// The texts that the real npm gives to its shell, and those that are foretold.
#[test]
fn the_real_npm_runs_the_same_texts_in_the_same_order() {
    if Command::new("npm").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no npm on this machine");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let shell = dir.path().join("shell");
    // A shell that writes down what it is given and runs nothing.
    std::fs::write(&shell, format!("#!/bin/sh\nprintf '%s\\n' \"$2\" >> {}/log\n", dir.path().display())).unwrap();
    let mut rights = std::fs::metadata(&shell).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
    std::fs::set_permissions(&shell, rights).unwrap();
    for (path, text) in [
        ("package.json", PACKAGE),
        (
            "packages/web/package.json",
            r#"{"name": "@shop/web", "version": "1.0.0", "scripts": {"clean": "rm -rf out", "postclean": "true"}}"#,
        ),
    ] {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    for (words, below) in [
        ("run clean", ""),
        ("run clean -- --all 'a b' c;d", ""),
        ("run clean x --loud", ""),
        ("--ignore-scripts run clean", ""),
        ("test -- -u", ""),
        ("t x", ""),
        ("restart", ""),
        ("run build:css:min", "packages"),
        ("run clean -w @shop/web", ""),
        ("run clean --workspaces -- y", ""),
        ("--prefix packages/web run clean", ""),
        ("run nothing --if-present", ""),
    ] {
        let log = dir.path().join("log");
        let _ = std::fs::remove_file(&log);
        let argv = args(&format!("npm {words}"));
        let cwd = dir.path().join(below);
        Command::new("npm")
            .args(argv.iter().skip(1).map(|arg| arg.text().unwrap()))
            .env("npm_config_script_shell", &shell)
            .env("npm_config_offline", "true")
            .env("HOME", dir.path())
            .current_dir(&cwd)
            .output()
            .unwrap();
        let real = std::fs::read_to_string(&log).unwrap_or_default();
        let world = crate::RealWorld::new(None, |_| None);
        let call = lab::call(&world, argv, cwd.to_str());
        let mut texts = Texts::default();
        super::interpret(&call, &mut texts);
        assert_eq!(texts.0, real.lines().map(bare).collect::<Vec<_>>(), "npm {words}");
    }
}

/// npm quotes every argument, we only those that need it.
fn bare(line: &str) -> String {
    line.replace(['\'', '"'], "")
}

#[derive(Default)]
struct Texts(Vec<String>);

impl crate::call::Say for Texts {
    fn effect(&mut self, _: weir_model::Effect) {}
    fn opaque(&mut self, _: weir_model::Effect) {}
    fn code(&mut self, _: crate::call::Language, _: &str, _: &[crate::call::Arg], _: &str) {}
    fn file(&mut self, _: crate::call::Language, _: PathBuf, _: &[crate::call::Arg], _: &str) {}
    fn elsewhere(&mut self, _: Vec<crate::call::Arg>, _: &str) {}
    fn run(&mut self, inner: crate::call::Inner, _: &str) {
        assert!(inner.cwd.flatten().is_some_and(|dir| dir.is_absolute() && dir != Path::new("/")));
        self.0.push(bare(inner.argv[2].text().unwrap()));
    }
}
