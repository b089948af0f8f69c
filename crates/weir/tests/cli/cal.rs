//! `weir cal`: scripts from the command line.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Machine, text};

/// A collection of services beside the project's scripts.
pub(crate) fn services(machine: &Machine) {
    machine.write(
        "data/services.ndjson",
        "{\"id\":\"checkout\",\"tier\":1,\"team\":\"payments\",\"reviewed_pct\":34,\"prod_write\":true,\"D1\":60,\"D2\":40,\"D5\":66}\n\
         {\"id\":\"billing\",\"tier\":1,\"team\":\"payments\",\"reviewed_pct\":12,\"prod_write\":true,\"D1\":70,\"D2\":55,\
         \"D3\":81,\"D4\":62,\"D5\":74,\"D6\":58,\"confidence\":0.85}\n\
         {\"id\":\"wiki\",\"tier\":3,\"team\":\"platform\",\"reviewed_pct\":null,\"prod_write\":false}\n",
    );
}

const DECIDE: &str = "FORAGE services WHERE id = \"billing\" SURFACE exposed\n\
    DRIFT exposed METHODOLOGY 85 PERFORMANCE 35\n\
    FETCH exposed ON EXECUTE CHIRP critical \"act\"\n";

fn founding() -> String {
    format!("{}/../../incidents/guardrail-gap/gap.cal", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_founding_script_gives_its_published_result() {
    let machine = Machine::new();
    let output = machine.run(&["cal", "run", &founding(), "--now", "2026-07-01"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let analysis: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fetch = &analysis["outputs"]["guardrail_gap_fetch"];
    assert_eq!(fetch["fetchScore"], serde_json::json!(2603.48), "{fetch}");
    assert_eq!(fetch["level"], "EXECUTE");
    assert!(text(&output.stderr).contains("6/6 dimensions"), "the alert: {}", text(&output.stderr));

    let ci = machine.run(&["cal", "run", &founding(), "--exit-on", "execute", "--json"]);
    assert_eq!(ci.status.code(), Some(1), "{}", text(&ci.stderr));
    let outcome: Value = serde_json::from_slice(&ci.stdout).unwrap();
    assert_eq!((&outcome["type"], &outcome["success"]), (&"ExecutionResult".into(), &true.into()));
    assert_eq!(outcome["alerts"].as_array().unwrap().len(), 1);
    assert!(
        !text(&ci.stdout).contains('\u{1b}') && !text(&ci.stderr).contains('\u{1b}'),
        "no colors outside a terminal"
    );
    assert_eq!(machine.run(&["cal", "check", &founding()]).status.code(), Some(0));
}

#[test]
fn what_is_wrong_ends_with_two_and_says_so() {
    let machine = Machine::new();
    services(&machine);
    let cases = [
        ("an unknown word", "FORAGE services WHER tier = 1", "did you mean `WHERE`"),
        ("an unknown collection", "FORAGE service", "services"),
        ("an unknown field", "FORAGE services WHERE teir = 1", "tier"),
        ("a wrong type", "FORAGE services WHERE tier = \"one\"", "tier"),
        ("an unknown result", "DRIFT nothing METHODOLOGY 85 PERFORMANCE 35", "nothing"),
        (
            "no confidence",
            "FORAGE services WHERE id = \"checkout\" SURFACE x DRIFT x METHODOLOGY 85 PERFORMANCE 35 FETCH x",
            "confidence",
        ),
    ];
    for (what, script, expected) in cases {
        machine.write("a.cal", script);
        let output = machine.run(&["cal", "run", "a.cal"]);
        assert_eq!(output.status.code(), Some(2), "{what}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(expected), "{what}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{what}: {}", text(&output.stdout));
    }
    machine.write("a.cal", "FORAGE services");
    machine.write("bytes.cal", "");
    fs::write(machine.project().join("bytes.cal"), b"FORAGE \xff").unwrap();
    let cases: [(&[&str], &str); 9] = [
        (&["cal", "run", "nothing.cal"], "nothing.cal"),
        (&["cal", "run", "data"], "directory"),
        (&["cal", "run", "bytes.cal"], "UTF-8"),
        (&["cal", "run", "a.cal", "--data", "nowhere"], "nowhere"),
        (&["cal", "run", "a.cal", "--edition", "3"], "`2` or `1-compat`"),
        (&["cal", "run", "a.cal", "--now", "soon"], "soon"),
        (&["cal", "run", "a.cal", "--timeout", "0s"], "0s"),
        (&["cal", "run", "a.cal", "--alert", "pigeon:home"], "pigeon"),
        (&["cal", "run"], "FILE"),
    ];
    for (args, expected) in cases {
        let output = machine.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(expected), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_script_comes_from_standard_input_too() {
    let machine = Machine::new();
    services(&machine);
    let output = machine.feed(&["cal", "run", "-", "--exit-on", "execute", "--json"], DECIDE.as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["outputs"]["exposed_fetch"]["fetchScore"], serde_json::json!(2833.475));
    let other = machine.root.join("evidence");
    fs::create_dir_all(&other).unwrap();
    fs::rename(machine.project().join("data/services.ndjson"), other.join("services.ndjson")).unwrap();
    assert_eq!(machine.feed(&["cal", "run", "-"], DECIDE.as_bytes()).status.code(), Some(2));
    let mut command = machine.command(&["cal", "run", "-"]);
    command.env("CAL_DATA_PATH", &other);
    let output = crate::support::feed(command, DECIDE.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn results_go_where_the_script_says_and_nowhere_else() {
    let machine = Machine::new();
    services(&machine);
    machine.write(
        "a.cal",
        "FORAGE services WHERE tier = 1 SURFACE x SURFACE x AS ndjson SURFACE x AS csv TO \"out/x.csv\"",
    );
    let output = machine.run(&["cal", "run", "a.cal", "-o", "made"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "two entities, and nothing else on standard output");
    let csv = fs::read_to_string(machine.project().join("made/out/x.csv")).unwrap();
    assert!(csv.lines().count() == 3 && csv.contains("billing"), "{csv}");
    assert_eq!(machine.run(&["cal", "run", "a.cal", "-o", "made"]).status.code(), Some(0), "a file is replaced");

    fs::remove_file(machine.project().join("made/out/x.csv")).unwrap();
    fs::create_dir(machine.project().join("made/out/x.csv")).unwrap();
    let output = machine.run(&["cal", "run", "a.cal", "-o", "made"]);
    assert_eq!(output.status.code(), Some(2), "what is no file stays");
    assert!(text(&output.stderr).contains("not a file"), "{}", text(&output.stderr));
    machine.write("b.cal", "FORAGE services SURFACE x SURFACE x TO \"../escaped.json\"");
    assert_eq!(machine.run(&["cal", "run", "b.cal"]).status.code(), Some(2));
    assert!(!machine.home().join("escaped.json").exists());
}

#[test]
fn the_controls_of_the_guard_are_not_written() {
    let machine = Machine::new();
    services(&machine);
    let data = machine.project().join("data");
    let script = machine.write("a.cal", "FORAGE services SURFACE x SURFACE x TO \"settings.json\"");
    let claude = machine.home().join(".claude");
    fs::create_dir_all(&claude).unwrap();
    fs::write(claude.join("settings.json"), "{}").unwrap();
    let run = |args: &[&str], dir: &std::path::Path| {
        let mut command = machine.command(&["cal", "run"]);
        command.arg(&script).arg("--data").arg(&data).args(args).current_dir(dir).stdin(Stdio::null());
        command.output().unwrap()
    };
    for (args, dir) in [
        (&[][..], claude.clone()),
        (&["-o", "../.claude"], machine.project()),
        (&["--alert", "file:settings.json"], claude.clone()),
        (&["--alert", "file:../.claude/settings.json", "-o", "out"], machine.project()),
    ] {
        let output = run(args, &dir);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains("controls of claude"), "{args:?}: {}", text(&output.stderr));
    }
    assert_eq!(fs::read_to_string(claude.join("settings.json")).unwrap(), "{}");
    assert_eq!(run(&[], &machine.project()).status.code(), Some(0), "elsewhere the name is any name");
}

#[test]
fn alerts_arrive_or_the_run_fails() {
    let machine = Machine::new();
    services(&machine);
    machine.write("a.cal", DECIDE);
    let output = machine.run(&["cal", "run", "a.cal", "--alert", "file:alerts.jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let alerts = fs::read_to_string(machine.project().join("alerts.jsonl")).unwrap();
    assert!(alerts.lines().count() == 1 && alerts.contains("act"), "{alerts}");
    let lost = machine.run(&["cal", "run", "a.cal", "--alert", "file:no/such/dir/alerts.jsonl"]);
    assert_eq!(lost.status.code(), Some(2), "{}", text(&lost.stderr));
}

#[test]
fn a_closed_pipe_is_quiet() {
    let machine = Machine::new();
    let rows: String = (0..20_000).map(|i| format!("{{\"id\":\"e{i}\",\"D1\":50}}\n")).collect();
    machine.write("data/many.ndjson", &rows);
    machine.write("a.cal", "FORAGE many SURFACE x SURFACE x AS ndjson");
    let mut child = machine
        .command(&["cal", "run", "a.cal"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).to_lowercase().contains("pipe"), "{}", text(&output.stderr));
}

#[test]
fn formatting_is_stable_and_checked() {
    let machine = Machine::new();
    let path = machine.write("a.cal", "forage services where tier=1 -- why\nsurface x");
    assert_eq!(machine.run(&["cal", "fmt", "--check", "a.cal"]).status.code(), Some(1));
    let diff = text(&machine.run(&["cal", "fmt", "--diff", "a.cal"]).stdout);
    assert!(diff.contains("-forage services") && diff.contains("+FORAGE services"), "{diff}");
    assert!(fs::read_to_string(&path).unwrap().starts_with("forage"), "looking changes nothing");
    assert_eq!(machine.run(&["cal", "fmt", "a.cal"]).status.code(), Some(0));
    let once = fs::read_to_string(&path).unwrap();
    assert!(once.starts_with("FORAGE services\n") && once.contains("-- why"), "{once}");
    assert_eq!(machine.run(&["cal", "fmt", "--check", "a.cal"]).status.code(), Some(0));
    assert_eq!(text(&machine.feed(&["cal", "fmt", "-"], once.as_bytes()).stdout), once);

    let broken = machine.write("b.cal", "forage services where (");
    let output = machine.run(&["cal", "fmt", "b.cal", "a.cal"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&broken).unwrap(), "forage services where (", "a mistake is not touched");

    let slips = machine.write("c.cal", "FORAGE services WHER tier = 1 SURFAC x");
    assert_eq!(machine.run(&["cal", "fmt", "c.cal"]).status.code(), Some(2), "nothing is mended unasked");
    let output = machine.run(&["cal", "fmt", "--fix", "c.cal"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("`WHER`"), "what was mended is told: {}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&slips).unwrap(), "FORAGE services\n  WHERE tier = 1\n  SURFACE x\n");
}

#[test]
fn checking_gives_places_and_codes_to_programs() {
    let machine = Machine::new();
    services(&machine);
    machine.write("a.cal", "FORAGE services\n  WHERE tier = 1 SURFAC x");
    let output = machine.run(&["cal", "check", "--json", "a.cal"]);
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["script"], &report["edition"], &report["errors"]), (&"a.cal".into(), &"2".into(), &1.into()));
    let found = &report["diagnostics"][0];
    assert_eq!((&found["line"], &found["column"]), (&2.into(), &18.into()), "{found}");
    assert_eq!((&found["severity"], &found["code"]), (&"error".into(), &"unknown-word".into()));
    assert_eq!(found["fix"]["replacement"], "SURFACE");
    let output = machine.run(&["cal", "check", "a.cal"]);
    assert!(output.stdout.is_empty() && text(&output.stderr).contains("1 error"), "{}", text(&output.stderr));
    machine.write("good.cal", DECIDE);
    let output = machine.run(&["cal", "check", "good.cal"]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{}", text(&output.stderr));
}

#[test]
fn a_number_is_explained_with_the_fields_behind_it() {
    let machine = Machine::new();
    services(&machine);
    machine.write("a.cal", &format!("{DECIDE}SURFACE exposed AS json TO \"out.json\"\n"));
    let explained = |what: &str| {
        let output = machine.run(&["cal", "explain", "a.cal", what]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("act"), "no alert is sent: {}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(explained("D5").contains("D5 of `billing` in `exposed` is 74"), "{}", explained("D5"));
    let fetch = explained("fetch");
    assert!(fetch.contains("is 2833.475") && fetch.contains("66.67 x"), "{fetch}");
    assert!(!machine.project().join("out.json").exists(), "nothing is written");
    let output = machine.run(&["cal", "explain", "a.cal", "chirp", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["parts"][0]["value"], serde_json::json!(66.67));
    let output = machine.run(&["cal", "explain", "a.cal", "exposd"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`exposed`"), "{}", text(&output.stderr));
}

#[test]
fn a_script_of_the_first_edition_gives_the_references_result() {
    let machine = Machine::new();
    services(&machine);
    // The faults included: the second condition is the only one, in words; nothing is surfaced.
    let script = "-- edition: 1-compat\nFORAGE services WHERE tier = 1 SURFACE exposed\n\
        DRIFT exposed METHODOLOGY 85 PERFORMANCE 35\nFETCH exposed CONFIDENCE 88\nCHIRP critical \"old\"\n";
    machine.write("old.cal", script);
    let output = machine.run(&["cal", "run", "old.cal", "--now", "2026-07-01"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["type"], &result["started"]), (&"ExecutionResult".into(), &"2026-07-01T00:00:00.000Z".into()));
    assert_eq!(result["outputs"]["exposed_fetch"]["level"], "EXECUTE", "{result}");
    assert!(text(&output.stderr).contains("old"), "the alert is sent: {}", text(&output.stderr));
    assert_eq!(machine.run(&["cal", "run", "old.cal", "--exit-on", "execute"]).status.code(), Some(1));

    machine.write("fails.cal", "-- edition: 1-compat\nFORAGE nothing SURFACE x\nFETCH x THRESHOLD 5\n");
    let output = machine.run(&["cal", "run", "fails.cal"]);
    assert_eq!(output.status.code(), Some(2), "unlike the reference");
    assert!(text(&output.stdout).contains("\"success\": false"), "{}", text(&output.stdout));

    assert_eq!(machine.run(&["cal", "fmt", "old.cal"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(machine.project().join("old.cal")).unwrap(), script, "only --fix rewrites it");
    assert_eq!(machine.run(&["cal", "explain", "old.cal", "fetch"]).status.code(), Some(2));
}
