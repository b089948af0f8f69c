//! Limits: the call waits, and somebody decides.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::cage::{Cage, as_each_user, output, stdout, succeeded};

fn ruling_options(cage: &Cage) -> [String; 2] {
    ["--ruling".to_owned(), cage.path("home/ruling").to_str().unwrap().to_owned()]
}

#[test]
fn a_call_waits_at_the_limit_until_somebody_allows_it() {
    as_each_user(|cage| {
        for file in 0..20 {
            cage.write(&format!("work/{file}"), "x");
        }
        let [option, ruling] = ruling_options(cage);
        let mut run = cage.guard_with(&["--files", "5", &option, &ruling]);
        // The other process is not held up: nothing of what it does takes anything away.
        run.args(["sh", "-c", "(sleep 0.3; echo x > new; echo side) & rm -f 1* 2* 3* 4*; wait; echo main"]);
        let child = run.stdout(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        while !cage.log().contains("limit") || !cage.path("work/new").exists() {
            assert!(start.elapsed() < Duration::from_secs(50), "{}", cage.log());
            std::thread::sleep(Duration::from_millis(2));
        }
        let left = cage.path("work").read_dir().unwrap().count();
        assert_eq!(left, 21 - 5);
        cage.write("home/ruling", "allow");
        let done = child.wait_with_output().unwrap();
        succeeded(&done);
        assert_eq!(stdout(&done), "side\nmain\n");
        assert!(!cage.path("work/4").exists());
    });
}

#[test]
fn a_refused_limit_fails_this_call_and_all_after_it() {
    as_each_user(|cage| {
        for file in 0..20 {
            cage.write(&format!("work/{file}"), "x");
        }
        cage.write("home/ruling", "deny");
        let [option, ruling] = ruling_options(cage);
        let ran = output(cage.guard_with(&["--files", "5", &option, &ruling]).args([
            "sh",
            "-c",
            "rm -f *; rm -f *; echo x > new; cat new",
        ]));
        assert_eq!(cage.path("work").read_dir().unwrap().count(), 20 - 5 + 1);
        assert_eq!(stdout(&ran), "x\n");
        assert_eq!(cage.log().matches("limit").count(), 1, "{}", cage.log());
        assert!(String::from_utf8_lossy(&ran.stderr).contains("somebody said no"), "{ran:?}");
    });
}

#[test]
fn a_file_that_cannot_be_kept_is_asked_about() {
    as_each_user(|cage| {
        let file = cage.write("work/large", &"x".repeat(20_000));
        let [option, ruling] = ruling_options(cage);
        let options = ["--file-limit", "10000", option.as_str(), ruling.as_str()];
        cage.write("home/ruling", "deny");
        let ran = output(cage.guard_with(&options).args(["sh", "-c", ": > large"]));
        assert!(!ran.status.success(), "{ran:?}");
        // A file system that can clone keeps it anyway.
        if cage.log().contains("Unsaved") {
            assert_eq!(std::fs::metadata(&file).unwrap().len(), 20_000);
            cage.write("home/ruling", "allow");
            succeeded(&output(cage.guard_with(&options).args(["sh", "-c", ": > large"])));
            assert_eq!(std::fs::metadata(&file).unwrap().len(), 0);
        }
    });
}
