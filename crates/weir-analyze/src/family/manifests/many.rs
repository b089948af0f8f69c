//! What the runners of repositories with many packages do, on a made-up machine.

use crate::lab::{Machine, harm};

const TURBO: &str = r#"{
  // Tasks of before stood under "pipeline".
  "tasks": {
    "build": { "dependsOn": ["^build", "codegen"], "outputs": ["dist/**"], },
    "web#deploy": { "dependsOn": ["ui#wipe", "//#root"] },
    "//#root": {},
    "loop": { "dependsOn": ["loop2"] }, "loop2": { "dependsOn": ["loop"] },
  }, /* end */
}"#;

fn repository() -> Machine {
    Machine::new([
        (
            "/w/package.json",
            r#"{"name":"r","packageManager":"pnpm@9.0.0","scripts":{"root":"rm -rf root","build":"turbo run build"}}"#,
        ),
        ("/w/pnpm-workspace.yaml", "packages:\n  - 'apps/*'\n  - packages/*\n"),
        ("/w/turbo.json", TURBO),
        (
            "/w/apps/web/package.json",
            r#"{"name":"web","dependencies":{"@r/ui":"*"},"scripts":{"build":"next build","codegen":"gen","prebuild":"rm -rf pre","deploy":"echo","lint":"eslint"}}"#,
        ),
        ("/w/apps/docs/package.json", r#"{"name":"docs","scripts":{"build":"rm -rf book","lint":"eslint"}}"#),
        (
            "/w/packages/ui/package.json",
            r#"{"name":"@r/ui","scripts":{"build":"rm -rf uidist","wipe":"rm -rf /data","lint":"eslint","take":"rm -rf","loop":"x","loop2":"y"}}"#,
        ),
    ])
}

#[test]
fn turbo_runs_the_scripts_of_the_packages_and_of_those_that_they_need() {
    for (command, expected) in [
        ("turbo run lint", &[][..]),
        ("turbo run build --filter=web", &["delete file-tree uidist", "delete file-tree pre"]),
        ("turbo build --filter docs", &["delete file-tree book"]),
        ("cd apps/docs && turbo build", &["delete file-tree book"]),
        ("npx turbo run build", &["delete file-tree book", "delete file-tree uidist", "delete file-tree pre"]),
        ("pnpm build", &["delete file-tree book", "delete file-tree uidist", "delete file-tree pre"]),
        ("pnpm turbo build --filter=@r/ui", &["delete file-tree uidist"]),
        ("turbo run deploy", &["delete file-tree root"]),
        ("turbo run root", &["delete file-tree root"]),
        ("turbo run take -- ~/photos", &["delete file-tree /home/me/photos"]),
        ("turbo run loop", &[]),
        ("turbo run build --dry-run", &[]),
        ("turbo run build --dry=json", &[]),
        ("turbo prune web", &[]),
        ("turbo run nothing", &[]),
        ("lerna run wipe", &["delete file-tree /data"]),
        ("lerna run build --scope docs", &["delete file-tree book"]),
        ("lerna run lint", &[]),
    ] {
        let mut found = harm(&repository(), command);
        let mut expected = expected.to_vec();
        // The order of packages is nobody's.
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{command}");
    }
}

const WEB: &str = r#"{
  "name": "web",
  "targets": {
    "build": { "executor": "@nx/vite:build", "dependsOn": ["^build", "clean"] },
    "clean": { "command": "rm -rf {projectRoot}/out" },
    "wipe": { "executor": "nx:run-commands",
      "options": { "commands": ["echo a", { "command": "rm -rf data" }], "cwd": "{projectRoot}" } },
    "take": { "executor": "nx:run-commands", "options": { "command": "rm -rf {args.dir}" } },
    "script": { "executor": "nx:run-script", "options": { "script": "other" } }
  }
}"#;

fn workspace() -> Machine {
    Machine::new([
        ("/w/nx.json", r#"{"targetDefaults":{"lint":{"dependsOn":["clean"]}}}"#),
        ("/w/package.json", r#"{"name":"r","workspaces":["libs/*"]}"#),
        ("/w/apps/web/project.json", WEB),
        ("/w/apps/web/package.json", r#"{"name":"web","scripts":{"other":"rm -rf other","lint":"eslint"}}"#),
        ("/w/libs/ui/package.json", r#"{"name":"ui","scripts":{"build":"rm -rf uidist","test":"vitest"}}"#),
    ])
}

#[test]
fn nx_runs_the_targets_of_projects() {
    for (command, expected) in [
        ("nx test ui", &[][..]),
        ("nx run web:clean", &["delete file-tree apps/web/out"]),
        ("nx clean web", &["delete file-tree apps/web/out"]),
        ("nx build web", &["delete file-tree uidist", "delete file-tree apps/web/out"]),
        ("npx nx run-many -t build", &["delete file-tree apps/web/out", "delete file-tree uidist"]),
        ("nx run-many --target=build --projects=ui", &["delete file-tree uidist"]),
        ("nx affected -t test lint", &["delete file-tree apps/web/out"]),
        ("nx run web:wipe", &["delete file-tree data"]),
        ("cd apps/web && nx wipe", &["delete file-tree data"]),
        ("nx take web --dir=photos", &["delete file-tree photos"]),
        ("nx run web:script", &["delete file-tree other"]),
        ("nx graph", &[]),
        ("nx format:write", &[]),
        ("nx run web:nothing", &[]),
        ("nx release --dry-run", &[]),
        ("nx release publish", &["publish publication the packages of nx release"]),
    ] {
        let mut found = harm(&workspace(), command);
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{command}");
    }
    assert_eq!(harm(&workspace(), "nx take web"), ["?delete unknown …"], "an argument that is not there is not known");
}

#[test]
fn wireit_runs_what_stands_under_the_name_of_the_script() {
    let machine = Machine::new([(
        "/w/package.json",
        r#"{"scripts":{"build":"wireit","clean":"wireit","plain":"rm -rf plain"},
            "wireit":{"build":{"command":"tsc","dependencies":["clean",{"script":"plain"}]},"clean":{"command":"rm -rf lib"}}}"#,
    )]);
    assert_eq!(harm(&machine, "npm run build"), ["delete file-tree lib", "delete file-tree plain"]);
    assert_eq!(harm(&machine, "wireit"), [""; 0]);
}

#[test]
fn json_with_remarks_is_read() {
    let json = super::jsonc(b"{ // a\n \"x\": [1, 2, /* , */ ], \"url\": \"http://a,]\", }");
    assert_eq!(json, Some(serde_json::json!({"x": [1, 2], "url": "http://a,]"})));
    assert_eq!(super::jsonc(b"{ /* "), None);
}
