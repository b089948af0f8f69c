//! The report as a test, and that it can fail.

use super::*;

fn row(expect: Expect, command: &str) -> Row {
    Row { peer: "dcg".to_owned(), category: "unit:core.git".to_owned(), expect, command: command.to_owned() }
}

#[test]
fn every_disagreement_has_a_reason_and_every_reason_is_needed() {
    let report = report().unwrap();
    let faults = report.faults();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
    assert!(report.judged.len() > 4_000);
}

#[test]
fn the_document_has_the_tables_of_the_report() {
    let report = report().unwrap();
    let text = read(DOCUMENT).unwrap();
    for (name, table) in [("counts", report.table()), ("reasons", report.by_reason())] {
        assert_eq!(replaced(&text, name, &table).unwrap(), text, "`cargo xtask corpus --prune` writes it");
    }
}

#[test]
fn a_command_is_judged_in_the_world_in_which_its_label_can_be_wrong() {
    for (command, kept, precious) in [
        ("git status", Verdict::Allow, Verdict::Allow),
        ("git reset --hard", Verdict::Allow, Verdict::Hold),
        ("rm -rf photos", Verdict::Allow, Verdict::Hold),
        ("rm -rf node_modules", Verdict::Allow, Verdict::Allow),
        ("rm -rf ~", Verdict::Deny, Verdict::Deny),
        ("git branch -f feature", Verdict::Allow, Verdict::Hold),
        ("echo x > ~/.claude/settings.json", Verdict::Deny, Verdict::Deny),
        ("kubectl delete namespace prod", Verdict::Hold, Verdict::Hold),
    ] {
        let judged = judge::all(vec![row(Expect::Allow, command), row(Expect::Deny, command)]);
        let verdicts: Vec<Verdict> = judged.iter().map(|judged| judged.verdict).collect();
        assert_eq!(verdicts, [kept, precious], "{command}: {}", judged[0].why);
    }
}

#[test]
fn a_row_without_a_reason_and_a_reason_without_a_row_are_faults() {
    let list = r#"
[[class]]
id = "mild"
weir = "allows"
reason = "It is."
commands = [
    "git status",
    "git log",
]
"#;
    let classes = reasons::parse(list).unwrap();
    let mut judged = judge::all(vec![row(Expect::Deny, "git status"), row(Expect::Deny, "git diff")]);
    let unused = reasons::apply(&classes, &mut judged);
    assert_eq!(judged.iter().map(Judged::is_untold).collect::<Vec<_>>(), [false, true]);
    assert_eq!(unused, [("mild".to_owned(), "git log".to_owned())]);
    let pruned = reasons::without(list, &unused);
    assert!(pruned.contains("git status") && !pruned.contains("git log"), "{pruned}");
    assert!(reasons::parse(&pruned).is_ok());
    let none = reasons::without(&pruned, &[("mild".to_owned(), "git status".to_owned())]);
    assert!(reasons::parse(&none).unwrap().is_empty(), "{none}");
}

#[test]
fn bad_lists_are_refused() {
    let class = "[[class]]\nid = \"a\"\nweir = \"allows\"\nreason = \"x\"\ncommands = []\n";
    assert!(reasons::parse(class).is_ok());
    assert!(reasons::parse(&format!("{class}{class}")).is_err());
    assert!(reasons::parse(&class.replace("\"x\"", "\" \"")).is_err());
    assert!(reasons::parse(&class.replace("allows", "maybe")).is_err());
}
