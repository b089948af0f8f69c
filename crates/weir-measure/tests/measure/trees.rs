//! File trees: what is counted, what counts as an only copy, and what happens when time runs out.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::world::{World, git};
use weir_model::{Effect, Environment, Figure, Reversibility, Scope, Target, TargetKind, Timestamp, Verb};

fn only_copies(effect: &Effect) -> Figure {
    effect.impact.only_copy_files.unwrap()
}

#[test]
fn counts_files_directories_and_bytes_and_follows_no_symlink() {
    let world = World::new();
    world.write("t/a", "12345");
    world.write("t/d/b", "123");
    world.write("elsewhere/big", "1234567890");
    symlink(world.path("elsewhere"), world.path("t/link")).unwrap();
    let effect = world.rm_rf("t");
    let impact = &effect.impact;
    assert_eq!(impact.exists, Some(true));
    assert_eq!(impact.files, Some(Figure::Exact(3)));
    assert_eq!(impact.directories, Some(Figure::Exact(2)));
    assert_eq!(impact.bytes, Some(Figure::Exact(8)));
    assert_eq!(impact.only_copy_files, Some(Figure::Exact(3)));
    assert_eq!(effect.reversibility, Reversibility::Recoverable);
    assert_eq!(effect.target.environment, Environment::Scratch);
    assert!(impact.newest >= impact.oldest && impact.oldest.is_some());

    // The link itself, and with a slash what it leads to.
    assert_eq!(world.rm_rf("t/link").impact.bytes, Some(Figure::Exact(0)));
    assert_eq!(world.rm_rf("t/link/").impact.bytes, Some(Figure::Exact(10)));
}

#[test]
fn what_does_not_exist_cannot_be_lost_but_stays_protected() {
    let world = World::new();
    let effect = world.rm_rf("nothing/here");
    assert_eq!(effect.impact.exists, Some(false));
    assert_eq!(effect.impact.files, Some(Figure::Exact(0)));
    assert_eq!(effect.reversibility, Reversibility::Reversible);
    let home = world.measure(Effect::new(
        Verb::Delete,
        Target::new(TargetKind::FileTree, "~/Pictures").at(vec![PathBuf::from("/nowhere/home/Pictures")]),
    ));
    assert_eq!(home.impact.protected.as_deref(), Some("the folder Pictures of a home directory"));
}

#[test]
fn scopes_limit_what_is_touched() {
    let world = World::new();
    world.write("d/a", "1");
    world.write("f", "22");
    let files = world.measure(world.deletion("d", Scope::Files));
    assert_eq!(files.impact.files, Some(Figure::Exact(0)));
    assert_eq!(files.reversibility, Reversibility::Reversible);
    let file = world.measure(world.deletion("f", Scope::Files));
    assert_eq!(file.impact.bytes, Some(Figure::Exact(2)));
    let empty = world.measure(world.deletion("d", Scope::EmptyDirectories));
    assert_eq!(empty.reversibility, Reversibility::Reversible);
    let filtered = world.measure(world.deletion("d", Scope::Filtered { filter: "-name a".to_owned() }));
    assert_eq!(filtered.impact.files, Some(Figure::Estimated(1)));
    assert_eq!(only_copies(&filtered), Figure::Estimated(1));
    world.write("d/b/a", "1");
    world.write("d/b/c", "1");
    for (filter, expected) in [
        ("-name b", Figure::Estimated(2)),
        ("-name '*' -type f", Figure::Estimated(3)),
        ("-path '*/b/a'", Figure::Estimated(1)),
        ("-name z", Figure::Exact(0)),
        ("-name d", Figure::Estimated(3)),
        ("-mtime +3", Figure::Estimated(3)),
        ("something else", Figure::Estimated(3)),
    ] {
        let filtered = world.measure(world.deletion("d", Scope::Filtered { filter: filter.to_owned() }));
        assert_eq!(only_copies(&filtered), expected, "{filter}");
    }
}

#[test]
fn overwriting_follows_links_and_sees_what_is_not_there_yet() {
    let world = World::new();
    world.write("real", "123");
    symlink(world.path("real"), world.path("link")).unwrap();
    let modify = |path: &str| {
        world.measure(
            Effect::new(Verb::Modify, Target::new(TargetKind::FileTree, path).at(vec![world.path(path)]))
                .within(Scope::Content),
        )
    };
    assert_eq!(modify("link").impact.only_copy_bytes, Some(Figure::Exact(3)));
    assert_eq!(modify("new").impact.exists, Some(false));
    let null = world.measure(
        Effect::new(Verb::Modify, Target::new(TargetKind::FileTree, "/dev/null").at(vec![PathBuf::from("/dev/null")]))
            .within(Scope::Content),
    );
    assert_eq!(null.reversibility, Reversibility::Reversible);
    assert_eq!(null.impact.protected, None);
}

#[test]
fn moving_loses_only_what_had_the_name_before() {
    let world = World::new();
    world.write("a", "1");
    world.write("b", "22");
    world.write("dir/a", "333");
    let to = |to: &str| {
        world.measure(
            Effect::new(Verb::Modify, Target::new(TargetKind::FileTree, "a").at(vec![world.path("a")]))
                .within(Scope::Moved { to: world.path(to) }),
        )
    };
    assert_eq!(to("c").reversibility, Reversibility::Reversible);
    assert_eq!(to("a").reversibility, Reversibility::Reversible);
    assert_eq!(to("b").impact.only_copy_bytes, Some(Figure::Exact(2)));
    assert_eq!(to("dir").impact.only_copy_bytes, Some(Figure::Exact(3)));
}

#[test]
fn names_may_be_anything() {
    let world = World::repository();
    world.write("t/plain", "1");
    fs::write(world.path("t").join(OsStr::from_bytes(b"new\nline")), "2").unwrap();
    fs::write(world.path("t").join(OsStr::from_bytes(b"\xff\xfe")), "3").unwrap();
    world.commit_all();
    let effect = world.rm_rf("t");
    assert_eq!(effect.impact.git_restorable_files, Some(Figure::Exact(3)));
    assert_eq!(effect.reversibility, Reversibility::Reversible);
    fs::write(world.path("t").join(OsStr::from_bytes(b"\xff\xfe")), "4").unwrap();
    assert_eq!(only_copies(&world.rm_rf("t")), Figure::Exact(1));
}

#[test]
fn git_restores_what_is_committed_and_unchanged_and_nothing_else() {
    let world = World::repository();
    world.write("src/clean", "1");
    world.write("src/dirty", "2");
    world.write("src/touched", "3");
    world.write("src/sub/clean", "4");
    world.commit_all();
    assert_eq!(world.rm_rf("src").reversibility, Reversibility::Reversible);
    world.write("src/dirty", "changed");
    world.write("src/touched", "3");
    world.write("src/untracked", "5");
    world.write("src/staged", "6");
    world.write("src/sub/staged-over", "7");
    world.git(&["add", "src/staged", "src/sub"]);
    world.write("src/intended", "8");
    world.git(&["add", "-N", "src/intended"]);
    let effect = world.rm_rf("src");
    assert_eq!(effect.impact.files, Some(Figure::Exact(8)));
    assert_eq!(effect.impact.git_restorable_files, Some(Figure::Exact(3)));
    assert_eq!(only_copies(&effect), Figure::Exact(5));
    // The same size, and a date as old as before.
    world.commit_all();
    let old = fs::metadata(world.path("src/clean")).unwrap().modified().unwrap();
    world.write("src/clean", "9");
    fs::File::options().write(true).open(world.path("src/clean")).unwrap().set_modified(old).unwrap();
    assert_eq!(only_copies(&world.rm_rf("src/clean")), Figure::Exact(1));
}

#[test]
fn a_repository_that_is_deleted_restores_nothing() {
    let world = World::new();
    world.init("r");
    world.write("r/src/a", "1");
    git(&world.path("r"), &["add", "-A"]);
    git(&world.path("r"), &["commit", "-q", "-m", "x"]);
    let whole = world.rm_rf("r");
    assert_eq!(whole.impact.only_copy_files, whole.impact.files);
    assert!(
        whole.impact.remark.as_deref().is_some_and(|text| text.contains("1 commit that no remote")),
        "{:?}",
        whole.impact.remark
    );
    assert_eq!(world.rm_rf("r/src").reversibility, Reversibility::Reversible);
    let history = world.rm_rf("r/.git");
    assert_eq!(history.impact.only_copy_files, history.impact.files);
    assert!(history.impact.protected.is_some());
    // Both at once, as two effects of one action.
    let mut both = [world.deletion("r/src", Scope::Whole), world.deletion("r/.git", Scope::Whole)];
    world.measure_all("", &mut both);
    assert_eq!(only_copies(&both[0]), Figure::Exact(1));
    // What a killed git left behind is nobody's only copy.
    world.write("r/.git/index.lock", "");
    assert_eq!(world.rm_rf("r/.git/index.lock").reversibility, Reversibility::Reversible);
}

#[test]
fn linked_working_trees_and_submodules_are_restored_by_their_repositories() {
    let world = World::new();
    world.init("main");
    world.write("main/a", "1");
    let main = world.path("main");
    git(&main, &["add", "-A"]);
    git(&main, &["commit", "-q", "-m", "x"]);
    git(&main, &["worktree", "add", "-q", "../linked"]);
    let linked = world.rm_rf("linked");
    assert_eq!(linked.impact.files, Some(Figure::Exact(2)));
    assert_eq!(linked.reversibility, Reversibility::Reversible, "{linked:?}");
    world.write("linked/b", "2");
    assert_eq!(only_copies(&world.rm_rf("linked")), Figure::Exact(1));
    // Together with the repository that would restore it.
    let mut both = [world.deletion("linked", Scope::Whole), world.deletion("main", Scope::Whole)];
    world.measure_all("", &mut both);
    assert_eq!(only_copies(&both[0]), Figure::Exact(3));
}

#[test]
fn what_a_build_makes_again_is_no_only_copy_where_there_is_evidence() {
    let world = World::repository();
    world.write(".gitignore", "build/\n*.o\n.env\n*.sqlite\n*.egg-info\nhtmlcov\ntfplan\n*.log\n");
    world.write("package.json", "{}");
    world.write("Cargo.toml", "");
    world.commit_all();
    world.write("node_modules/x/index.js", "1");
    world.write("node_modules/x/key.pem", "1");
    world.write("target/debug/x", "1");
    world.write("build/out.js", "1");
    world.write("build/data.sqlite", "1");
    world.write("dist/x.js", "1");
    world.write("vendor/x", "1");
    world.write("pkg/__pycache__/x.pyc", "1");
    world.write("venv/lib/x.py", "1");
    world.write(".env", "1");
    world.write("x.o", "1");
    world.write("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# x");
    world.write("cache/x", "1");
    world.write("fake/CACHEDIR.TAG", "Signature: no");
    for made in ["x.egg-info/x", "htmlcov/x", "test-results/x", "tfplan", "train.log", ".DS_Store"] {
        world.write(made, "1");
    }
    for (path, expected) in [
        ("node_modules", 0),
        ("node_modules/x", 0),
        ("target", 0),
        ("target/debug/x", 0),
        ("build", 1),
        ("dist", 0),
        ("vendor", 1),
        ("pkg/__pycache__", 0),
        ("venv", 1),
        (".env", 1),
        ("x.o", 0),
        ("cache", 0),
        ("fake", 1),
        ("x.egg-info", 0),
        ("htmlcov", 0),
        ("test-results", 0),
        ("tfplan", 0),
        ("train.log", 1),
        (".DS_Store", 0),
    ] {
        assert_eq!(only_copies(&world.rm_rf(path)), Figure::Exact(expected), "{path}");
    }
    world.write("venv/pyvenv.cfg", "");
    assert_eq!(only_copies(&world.rm_rf("venv")), Figure::Exact(0));
    // Committed: source.
    world.git(&["add", "-f", "node_modules"]);
    world.write("node_modules/x/index.js", "changed");
    assert_ne!(only_copies(&world.rm_rf("node_modules")), Figure::Exact(0));
}

#[test]
fn without_git_an_ambiguous_name_is_no_evidence() {
    let world = World::new();
    world.write("package.json", "{}");
    world.write("dist/x", "1");
    world.write("node_modules/x", "1");
    assert_eq!(only_copies(&world.rm_rf("dist")), Figure::Exact(1));
    assert_eq!(only_copies(&world.rm_rf("node_modules")), Figure::Exact(0));
    world.write("other/node_modules/x", "1");
    assert_eq!(only_copies(&world.rm_rf("other/node_modules")), Figure::Exact(1));
}

#[test]
fn files_of_this_session_are_its_own_to_delete_whatever_their_date_says() {
    let mut world = World::new();
    world.write("old", "1");
    std::thread::sleep(Duration::from_millis(30));
    world.session_started = Some(Timestamp::now());
    std::thread::sleep(Duration::from_millis(30));
    world.write("new", "1");
    let file = fs::File::options().write(true).open(world.path("old")).unwrap();
    file.set_modified(std::time::SystemTime::now()).unwrap();
    assert_eq!(only_copies(&world.rm_rf("old")), Figure::Exact(1));
    if fs::metadata(world.path("new")).unwrap().created().is_ok() {
        let new = world.rm_rf("new");
        assert_eq!(new.impact.session_files, Some(Figure::Exact(1)));
        assert_eq!(new.reversibility, Reversibility::Reversible);
    }
}

#[test]
fn an_edit_of_a_committed_file_is_not_the_sessions_own() {
    let mut world = World::repository();
    world.write("f", "person's");
    world.commit_all();
    world.session_started = Some(Timestamp::now());
    std::thread::sleep(Duration::from_millis(30));
    // As editors write: a new file in the place of the old one.
    world.write("f.tmp", "changed");
    fs::rename(world.path("f.tmp"), world.path("f")).unwrap();
    assert_eq!(only_copies(&world.rm_rf("f")), Figure::Exact(1));
}

#[test]
fn a_glob_that_names_everything_in_a_protected_place_is_protected() {
    let world = World::new();
    for (word, path, expected) in [
        ("~/*", "/nowhere/home/x", true),
        ("/*", "/x", true),
        ("/tmp/*", "/tmp/x", false),
        ("src/*", "/nowhere/home/src/x", false),
    ] {
        let effect = world
            .measure(Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, word).at(vec![PathBuf::from(path)])));
        assert_eq!(effect.impact.protected.is_some(), expected, "{word}");
    }
}

#[test]
fn hard_links_are_mentioned() {
    let world = World::new();
    world.write("t/a", "1");
    fs::hard_link(world.path("t/a"), world.path("b")).unwrap();
    let effect = world.rm_rf("t");
    assert_eq!(only_copies(&effect), Figure::Exact(1));
    assert_eq!(effect.impact.remark.as_deref(), Some("1 file has other hard links"));
}

#[test]
fn an_unreadable_directory_is_not_an_empty_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.write("t/a", "1");
    world.write("t/closed/b", "1");
    let closed = world.path("t/closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let readable = fs::read_dir(&closed).is_ok();
    let effect = world.rm_rf("t");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    // The superuser reads everything.
    if !readable {
        assert_eq!(effect.impact.files, Some(Figure::AtLeast(1)));
        assert!(effect.impact.remark.is_some());
    }
}

#[test]
fn running_out_of_time_gives_a_lower_bound() {
    let mut world = World::new();
    for d in 0..20 {
        fs::create_dir_all(world.path(&format!("t/{d}"))).unwrap();
        for f in 0..1000 {
            fs::write(world.path(&format!("t/{d}/{f}")), "x").unwrap();
        }
    }
    let whole = world.rm_rf("t");
    assert_eq!(whole.impact.files, Some(Figure::Exact(20_000)));
    assert_eq!(whole.impact.only_copy_files, Some(Figure::Exact(20_000)));
    world.budget = Duration::from_micros(500);
    let started = Instant::now();
    let cut = world.rm_rf("t");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(matches!(cut.impact.files, Some(Figure::AtLeast(n)) if n < 20_000), "{:?}", cut.impact.files);
    assert!(matches!(only_copies(&cut), Figure::AtLeast(_)));
    assert_eq!(cut.reversibility, Reversibility::Recoverable);
    world.budget = Duration::ZERO;
    assert!(world.rm_rf("t").impact.is_uncertain());
    // What is made again is no loss, however much of it there is.
    world.budget = Duration::from_millis(5);
    world.write("Cargo.toml", "");
    fs::rename(world.path("t"), world.path("target")).unwrap();
    assert_eq!(world.rm_rf("target").reversibility, Reversibility::Reversible);
}

#[test]
fn effects_share_the_time() {
    let mut world = World::new();
    for f in 0..20_000 {
        let path = world.path(&format!("big/{f}"));
        if f == 0 {
            fs::create_dir(path.parent().unwrap()).unwrap();
        }
        fs::write(path, "x").unwrap();
    }
    world.write("small/a", "1");
    world.budget = Duration::from_millis(200);
    let mut effects = [world.deletion("big", Scope::Whole), world.deletion("small", Scope::Whole)];
    world.measure_all("", &mut effects);
    assert_eq!(effects[1].impact.files, Some(Figure::Exact(1)));
}

#[test]
fn what_only_reads_is_known_without_a_look() {
    let world = World::new();
    let read = world.measure(Effect::new(Verb::Read, Target::new(TargetKind::FileTree, "x").at(vec![world.path("x")])));
    assert!(read.impact.measured);
    assert_eq!(read.reversibility, Reversibility::Reversible);
    let opaque = world.measure(Effect::opaque(Verb::Delete, Target::new(TargetKind::FileTree, "$X"), "computed"));
    assert_eq!(only_copies(&opaque), Figure::Unknown);
    assert_eq!(opaque.reversibility, Reversibility::Unknown);
    let volume = world.measure(Effect::new(Verb::Delete, Target::new(TargetKind::Volume, "pg-prod")));
    assert!(!volume.impact.measured);
    assert_eq!(volume.impact.resources, Some(Figure::Unknown));
    assert_eq!(volume.target.environment, Environment::Production);
}

#[test]
fn a_link_that_leads_elsewhere_is_judged_by_where_it_leads() {
    let mut world = World::new();
    world.budget = Duration::from_millis(2);
    symlink("/usr", world.path("link")).unwrap();
    let effect = world.rm_rf("link/lib");
    assert_eq!(effect.impact.protected.as_deref(), Some("a system directory"));
    assert_eq!(effect.target.environment, Environment::Unknown);
}

#[test]
fn evidence_that_the_session_planted_is_none() {
    let mut world = World::new();
    world.write("pictures/a", "1");
    std::thread::sleep(Duration::from_millis(30));
    world.session_started = Some(Timestamp::now());
    std::thread::sleep(Duration::from_millis(30));
    world.write("pictures/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
    assert_eq!(only_copies(&world.rm_rf("pictures")), Figure::Exact(1));
    world.session_started = None;
    assert_eq!(only_copies(&world.rm_rf("pictures")), Figure::Exact(0));
}

#[test]
fn a_glob_of_many_names_is_bounded_too() {
    let mut world = World::new();
    fs::create_dir(world.path("t")).unwrap();
    let paths: Vec<PathBuf> = (0..5000).map(|n| world.path(&format!("t/{n}"))).collect();
    for path in &paths {
        fs::write(path, "x").unwrap();
    }
    let all = |world: &World| {
        world.measure(
            Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, "t/*").at(paths.clone())).within(Scope::Files),
        )
    };
    assert_eq!(all(&world).impact.files, Some(Figure::Exact(5000)));
    world.budget = Duration::from_micros(300);
    assert!(matches!(all(&world).impact.files, Some(Figure::AtLeast(_))));
}

#[test]
fn a_checkout_that_came_by_copying_is_compared_by_content() {
    let world = World::new();
    world.init("r");
    world.write("r/src/a", "1");
    git(&world.path("r"), &["add", "-A"]);
    git(&world.path("r"), &["commit", "-q", "-m", "x"]);
    let status =
        std::process::Command::new("cp").arg("-r").arg(world.path("r")).arg(world.path("copy")).status().unwrap();
    assert!(status.success());
    assert_eq!(world.rm_rf("copy/src").reversibility, Reversibility::Reversible);
}

#[test]
fn what_was_moved_before_is_deleted_all_the_same() {
    let world = World::new();
    world.write("pictures/a", "1");
    world.write("pictures/b", "1");
    fs::create_dir(world.path("trash")).unwrap();
    let moved = |to: &str| {
        Effect::new(Verb::Modify, Target::new(TargetKind::FileTree, "pictures").at(vec![world.path("pictures")]))
            .within(Scope::Moved { to: world.path(to) })
    };
    for (to, deleted, expected) in [
        ("away", "away", 2),
        ("trash", "trash", 2),
        ("trash", "trash/pictures", 2),
        ("trash/x", "trash/x/a", 1),
        ("away", "elsewhere", 0),
    ] {
        let mut effects = [moved(to), world.deletion(deleted, Scope::Whole)];
        world.measure_all("", &mut effects);
        assert_eq!(only_copies(&effects[1]), Figure::Exact(expected), "{to} {deleted}");
    }
    // The other way round the old tree is gone before the new one comes.
    let mut effects = [world.deletion("away", Scope::Whole), moved("away")];
    world.measure_all("", &mut effects);
    assert_eq!(only_copies(&effects[0]), Figure::Exact(0));
}
