//! What the task runners of projects do, through everything that their files say, on a made-up machine.

use crate::lab::{Machine, analysis, harm};

const RAKEFILE: &str = r##"
require "bundler/gem_tasks"
require "rake/clean"
require "rake/testtask"

CLEAN.include("tmp/*.o", "out")
CLOBBER << "pkg"

DATA = "data"
OUT = FileList["gen/*.rb"]

def wipe(dir)
  rm_rf "#{dir}/wiped"
end

Rake::TestTask.new(:test) do |t|
  t.libs << "test"
  t.pattern = "test/**/*_test.rb"
end

task default: [:test, :lint]

desc "Lint"
task :lint do
  sh "rubocop"
end

desc "Reset"
task :reset, [:dir, :force] => [:prepare] do |t, args|
  args.with_defaults(dir: "build")
  next unless args.force || true
  rm_rf args[:dir]
end

task :prepare do
  mkdir_p "work"
  sh "rm -rf #{DATA}"
end

namespace :db do
  task :wipe => :environment do
    sh "psql -h prod-db -c 'DROP TABLE users'"
  end
  task :environment do
    wipe("env")
  end
  namespace :deep do
    task(:inner) { rm_rf "inner" }
  end
end

multitask all: %w[prepare db:deep:inner]
file "out.txt" => ["in.txt"] do |t|
  cp "in.txt", "out.txt"
end
task :generated do
  rm_rf OUT
  rm "single"
  cd "sub" do
    rm_rf "below"
  end
end
task :env do
  rm_rf ENV["TARGET"]
end
task :calls do
  Rake::Task["db:deep:inner"].invoke
end
task "long name",
     [:a] => [
       :prepare,
     ] do
  puts "x"
end
"##;

const NOXFILE: &str = r#"
import nox
import shutil

nox.options.sessions = ["lint", "tests"]
DATA = "data"


@nox.session(python=["3.11", "3.12"])
@nox.parametrize("django", ["4", "5"])
def tests(
    session: nox.Session,
    django,
) -> None:
    session.install("-e", ".[test]", f"django=={django}")
    session.run("pytest", "--cov", *session.posargs)


@nox.session
def lint(session):
    session.install("pre-commit")
    session.run("pre-commit", "run", "--all-files")
    session.notify("docs")


@nox.session
def docs(session):
    session.run("rm", "-rf", "docs/_build", external=True)


@nox.session(name="wipe-data", default=False)
def wipe(session):
    if True:
        shutil.rmtree(DATA)
    with session.chdir("sub"):
        session.run("rm", "-rf", *session.posargs, external=True)
"#;

const TASKS: &str = r#"
from invoke import task

BUILD = "build"

@task
def clean(c, docs=False, extra=""):
    patterns = [BUILD]
    if docs:
        patterns.append("docs/_build")
    for pattern in patterns:
        c.run("rm -rf {}".format(pattern))
    if extra:
        c.run(f"rm -rf {extra}")

@task(pre=[clean], post=[])
def build(c):
    with c.cd("x"):
        c.run("make")

@task(clean, name="re-build", aliases=["rb"])
def again(c, target):
    c.run("rm -rf " + target)

@task
def test(c):
    c.run("pytest -q")
"#;

const FABFILE: &str = r#"
from fabric import Connection, task

@task
def deploy(c):
    c.run("rm -rf /srv/app")
    c.local("rm -rf dist")

@task
def host(c):
    Connection("prod").run("rm -rf /srv/data")
"#;

const HOOKS: &str = r#"
repos:
  - repo: local
    hooks:
      - id: wipe
        name: wipe
        entry: rm -rf
        args: [data]
        language: system
        pass_filenames: false
      - id: script
        entry: scripts/check.sh
        language: script
      - id: pushed
        entry: rm -rf pushed
        language: system
        pass_filenames: false
        stages: [pre-push]
      - id: words
        entry: rm -rf
        language: pygrep
"#;

const LEFTHOOK: &str = r"
pre-commit:
  parallel: true
  commands:
    lint:
      run: eslint {staged_files}
    wipe:
      root: web
      run: rm -rf data
  jobs:
    - run: rm -rf job
    - group:
        jobs:
          - run: rm -rf grouped
pre-push:
  commands:
    test:
      run: pytest
";

fn machine() -> Machine {
    Machine::new([
        ("/w/Rakefile", RAKEFILE),
        ("/w/rakelib/more.rake", "task :more do\n  rm_rf \"more\"\nend\n"),
        ("/w/noxfile.py", NOXFILE),
        ("/w/tasks.py", TASKS),
        ("/w/fabfile.py", FABFILE),
        ("/w/Procfile", "web: bundle exec puma\nworker: rm -rf data && ./work\n# rm: rm -rf x\n"),
        ("/w/.pre-commit-config.yaml", HOOKS),
        ("/w/scripts/check.sh", "#!/bin/sh\nrm -rf checked\n"),
        ("/w/lefthook.yml", LEFTHOOK),
        ("/w/gulpfile.js", GULPFILE),
        ("/w/gen/a.rb", ""),
        ("/w/tmp/a.o", ""),
        ("/w/out/x", ""),
        ("/w/in.txt", ""),
        ("/w/out.txt", ""),
    ])
}

const GULPFILE: &str = r#"
const { src, dest, series, parallel } = require('gulp');
const fs = require('fs');
function clean(cb) { fs.rmSync('dist', { recursive: true, force: true }); cb(); }
async function wipe() { fs.rmSync('data', { recursive: true }); }
function build() { return src('src/*.js').pipe(dest('out')); }
const all = series(clean, build);
exports.clean = clean;
exports.build = build;
exports.deep = parallel(all, series(wipe));
exports.default = all;
"#;

#[test]
fn tasks_of_rake_do_what_their_bodies_say() {
    for (command, expected) in [
        ("rake", &[][..]),
        ("rake test", &[]),
        ("rake lint", &[]),
        ("rake -T", &[]),
        ("rake -n reset", &[]),
        ("rake reset", &["delete file-tree data", "delete file-tree build"]),
        ("rake 'reset[photos]'", &["delete file-tree data", "delete file-tree photos"]),
        ("bundle exec rake prepare", &["delete file-tree data"]),
        ("rake db:wipe", &["delete file-tree env/wiped", "delete table users"]),
        ("rake all", &["delete file-tree data", "delete file-tree inner"]),
        ("rake calls", &["delete file-tree inner"]),
        ("rake clean", &["delete file-tree tmp", "delete file-tree out"]),
        ("rake more", &["delete file-tree more"]),
        ("rake out.txt", &["modify file-tree out.txt"]),
        ("rake env TARGET=photos", &["delete file-tree photos"]),
        ("rake release", &["publish publication the gem of rake release"]),
        ("rake generated", &["delete file-tree gen", "delete file-tree single", "delete file-tree below"]),
        ("rake 'long name'", &["delete file-tree data"]),
        ("rake nothing", &[]),
    ] {
        assert_eq!(harm(&machine(), command), expected, "{command}");
    }
}

#[test]
fn sessions_of_nox_run_what_their_functions_say() {
    for (command, expected) in [
        ("nox -l", &[][..]),
        ("nox -s tests", &[]),
        ("nox -s tests-3.12 -- -k x", &[]),
        ("nox", &["delete file-tree data", "delete file-tree docs/_build"]),
        ("nox -s docs", &["delete file-tree docs/_build"]),
        ("nox -s wipe-data -- photos", &["delete file-tree data", "delete file-tree photos"]),
        ("nox --session=docs tests", &["delete file-tree docs/_build"]),
        ("nox -f none.py", &[]),
        ("nox -s nothing", &[]),
    ] {
        let found: Vec<String> =
            harm(&machine(), command).into_iter().filter(|line| !line.ends_with("checked")).collect();
        assert_eq!(found, expected, "{command}");
    }
}

#[test]
fn tasks_of_invoke_and_fabric_run_what_their_functions_say() {
    const DOCS: &str = "delete file-tree docs/_build";
    for (command, expected) in [
        ("inv --list", &[][..]),
        ("inv test", &[]),
        // Both branches of a condition are taken.
        ("invoke clean", &["delete file-tree build", DOCS]),
        ("inv clean --docs", &["delete file-tree build", DOCS]),
        ("inv clean --extra=photos test", &["delete file-tree build", DOCS, "delete file-tree photos"]),
        ("inv build", &["delete file-tree build", DOCS]),
        ("inv re-build photos", &["delete file-tree build", DOCS, "delete file-tree photos"]),
        ("inv rb --target photos", &["delete file-tree build", DOCS, "delete file-tree photos"]),
        ("fab -H web deploy", &["delete file-tree /srv/app", "delete file-tree dist"]),
        ("fab host", &["delete file-tree /srv/data"]),
        ("inv nothing", &[]),
    ] {
        assert_eq!(harm(&machine(), command), expected, "{command}");
    }
}

#[test]
fn lines_of_files_are_command_lines() {
    for (command, expected) in [
        ("foreman start", &["delete file-tree data"][..]),
        ("foreman start web", &[]),
        ("foreman check", &[]),
        ("heroku local worker", &["delete file-tree data"]),
        ("overmind s -l worker", &["delete file-tree data"]),
        ("honcho run rm -rf photos", &["delete file-tree photos"]),
        ("hivemind Procfile", &["delete file-tree data"]),
        ("heroku logs --tail", &[]),
        ("pre-commit run --all-files", &["delete file-tree data", "delete file-tree checked"]),
        ("pre-commit run wipe", &["delete file-tree data"]),
        ("pre-commit run --hook-stage pre-push pushed", &["delete file-tree pushed"]),
        ("pre-commit install", &[]),
        ("pre-commit autoupdate", &[]),
        ("lefthook run pre-commit", &["delete file-tree data", "delete file-tree job", "delete file-tree grouped"]),
        ("lefthook run pre-push", &[]),
        ("lefthook install", &[]),
    ] {
        assert_eq!(harm(&machine(), command), expected, "{command}");
    }
}

#[test]
fn functions_of_a_gulpfile_run_by_the_names_that_it_exports() {
    for (command, expected) in [
        ("gulp clean", &["delete file-tree dist"][..]),
        ("gulp", &["delete file-tree dist"]),
        ("gulp deep", &["delete file-tree dist", "delete file-tree data"]),
        ("gulp build", &[]),
        ("gulp --tasks", &[]),
        ("gulp nothing", &[]),
    ] {
        assert_eq!(harm(&machine(), command), expected, "{command}");
    }
}

#[test]
fn a_file_is_pinned_where_it_was_read_and_broken_ones_end() {
    for (command, expected) in [
        ("rake prepare", &["/w/Rakefile", "/w/rakelib/more.rake"][..]),
        ("nox -s docs", &["/w/noxfile.py"]),
        ("inv test", &["/w/tasks.py"]),
        ("foreman start web", &["/w/Procfile"]),
        ("lefthook run pre-push", &["/w/lefthook.yml"]),
        ("rails server", &[]),
    ] {
        let pins: Vec<String> =
            analysis(&machine(), command).pins.iter().map(|pin| pin.path.display().to_string()).collect();
        assert_eq!(pins, expected, "{command}");
    }
    let pieces = [
        "task",
        " :x",
        " do",
        "\n",
        "end",
        "|t, a|",
        "=>",
        "[",
        "{",
        "\"",
        "'",
        "%w[",
        "(",
        "namespace",
        "@task",
        "def x(",
        "@nox.session(",
        "exports.x = ",
        "series(",
        ": ",
        "- ",
        "\t",
        "é",
    ];
    let mut seed = 7usize;
    for _ in 0..200 {
        let mut text = String::new();
        for _ in 0..30 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) % pieces.len()]);
        }
        let files = [
            "Rakefile",
            "noxfile.py",
            "tasks.py",
            "gulpfile.js",
            "lefthook.yml",
            "Dockerfile",
            "turbo.json",
            "Procfile",
        ];
        let paths: Vec<String> = files.iter().map(|name| format!("/w/{name}")).collect();
        let machine = Machine::new(paths.iter().map(|path| (path.as_str(), text.as_str())));
        for command in
            ["rake x", "nox", "inv x", "gulp x", "lefthook run x", "docker build .", "turbo run x", "foreman start"]
        {
            let _ = analysis(&machine, command);
        }
    }
}
