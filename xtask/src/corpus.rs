//! `cargo xtask corpus`: the commands that other guards' authors labelled, judged by what Weir says of them.
//!
//! A label says what a string deserves; Weir judges what a command would do, and that depends on what is there. So every
//! row is judged in one of two made-up worlds: a command that must be stopped in a world where everything that it names
//! is the only copy, one that must pass in a world where nothing would be lost. Where the two still disagree, a reason
//! stands in `corpus/disagreements.toml`, or the report fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use weir_model::Verdict;

mod families;
mod judge;
mod machine;
mod reasons;
#[cfg(test)]
mod tests;

pub(crate) const HELP: &str = "  corpus [--json | --show TEXT | --untold [--json] | --prune]
                  judge the labelled commands of other guards, and fail where one disagrees without a reason;
                  --show lists the rows of a family, a category or a reason; --untold those without a reason; --prune takes
                  reasons out that are not needed any more, and writes the tables of docs/corpus.md
";

/// One labelled command.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Row {
    peer: String,
    category: String,
    expect: Expect,
    command: String,
}

/// What a peer wants to become of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expect {
    Allow,
    Deny,
}

/// A row with what Weir says.
struct Judged {
    row: Row,
    family: &'static str,
    verdict: Verdict,
    /// The policies that object, and the effects, for people.
    why: String,
    /// The reason for a disagreement.
    reason: Option<String>,
    /// The reason is one of Weir's own: it does not understand this yet.
    open: bool,
}

impl Judged {
    fn agrees(&self) -> bool {
        (self.verdict == Verdict::Allow) == (self.row.expect == Expect::Allow)
    }

    fn is_untold(&self) -> bool {
        !self.agrees() && self.reason.is_none()
    }
}

/// The counts of one family, or of all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
struct Counts {
    rows: usize,
    /// Rows to be stopped, and to be let through.
    stop: usize,
    pass: usize,
    agree: usize,
    /// Disagreements with a reason: let through, and stopped.
    reasoned_allow: usize,
    reasoned_stop: usize,
    /// What is listed as not understood yet.
    open: usize,
    /// Disagreements without a reason.
    misses: usize,
    false_alarms: usize,
}

impl Counts {
    fn add(&mut self, judged: &Judged) {
        self.rows += 1;
        let stop = judged.row.expect == Expect::Deny;
        *(if stop { &mut self.stop } else { &mut self.pass }) += 1;
        *match (judged.agrees(), judged.reason.is_some(), stop) {
            (true, ..) => &mut self.agree,
            (false, true, _) if judged.open => &mut self.open,
            (false, true, true) => &mut self.reasoned_allow,
            (false, true, false) => &mut self.reasoned_stop,
            (false, false, true) => &mut self.misses,
            (false, false, false) => &mut self.false_alarms,
        } += 1;
    }
}

/// All that the report says.
struct Report {
    judged: Vec<Judged>,
    /// Entries that explain nothing: the class, and the command or category.
    unused: Vec<(String, String)>,
    reasons: Vec<reasons::Class>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

fn read(name: &str) -> Result<String, String> {
    let path = directory().join(name);
    std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn report() -> Result<Report, String> {
    let rows: Vec<Row> = read("commands.jsonl")?
        .lines()
        .enumerate()
        .map(|(n, line)| serde_json::from_str(line).map_err(|error| format!("commands.jsonl:{}: {error}", n + 1)))
        .collect::<Result<_, _>>()?;
    let reasons = reasons::parse(&read("disagreements.toml")?)?;
    let mut judged = judge::all(rows);
    let unused = reasons::apply(&reasons, &mut judged);
    Ok(Report { judged, unused, reasons })
}

impl Report {
    fn counts(&self, of: impl Fn(&Judged) -> &str) -> BTreeMap<String, Counts> {
        let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
        for judged in &self.judged {
            counts.entry(of(judged).to_owned()).or_default().add(judged);
        }
        counts
    }

    fn all(&self) -> Counts {
        let mut all = Counts::default();
        self.judged.iter().for_each(|judged| all.add(judged));
        all
    }

    fn table(&self) -> String {
        let mut text = String::new();
        let part = |text: &mut String, title: &str, counts: &BTreeMap<String, Counts>| {
            text.push_str(&format!(
                "| {title:<33} | {:>5} | {:>5} | {:>5} | {:>5} | {:>6} | {:>7} | {:>4} | {:>6} | {:>6} |\n",
                "rows", "stop", "pass", "agree", "passed", "stopped", "open", "missed", "alarms"
            ));
            let dashes = [33, 5, 5, 5, 5, 6, 7, 4, 6, 6].map(|width: usize| {
                if width == 33 { "-".repeat(width + 2) } else { format!("{}:", "-".repeat(width + 1)) }
            });
            text.push_str(&format!("|{}|\n", dashes.join("|")));
            for (name, c) in counts {
                text.push_str(&format!(
                    "| {name:<33} | {:>5} | {:>5} | {:>5} | {:>5} | {:>6} | {:>7} | {:>4} | {:>6} | {:>6} |\n",
                    c.rows,
                    c.stop,
                    c.pass,
                    c.agree,
                    c.reasoned_allow,
                    c.reasoned_stop,
                    c.open,
                    c.misses,
                    c.false_alarms
                ));
            }
        };
        part(&mut text, "family", &self.counts(|judged| judged.family));
        text.push('\n');
        let mut sources = self.counts(|judged| &judged.row.peer);
        sources.insert("~ all".to_owned(), self.all());
        part(&mut text, "source", &sources);
        text.replace("| ~ all", "| all  ")
    }

    fn by_reason(&self) -> String {
        let mut text = "| reason | Weir | rows | |\n|---|---|---:|---|\n".to_owned();
        for class in &self.reasons {
            let rows = self.judged.iter().filter(|judged| judged.reason.as_deref() == Some(class.id.as_str())).count();
            let open = if class.open { "open: " } else { "" };
            text.push_str(&format!("| {} | {} | {rows} | {open}{} |\n", class.id, class.weir.says(), class.reason));
        }
        text
    }

    fn faults(&self) -> Vec<String> {
        let untold = self.judged.iter().filter(|judged| judged.is_untold());
        let unused = self.unused.iter();
        untold
            .map(line)
            .chain(unused.map(|(class, entry)| format!("`{entry}` in `{class}` is not needed any more")))
            .collect()
    }
}

fn line(judged: &Judged) -> String {
    format!(
        "{:?} expected, {} [{}] {} {}\n      {:?}\n      {}",
        judged.row.expect,
        judged.verdict.name(),
        judged.family,
        judged.row.peer,
        judged.row.category,
        judged.row.command.chars().take(300).collect::<String>(),
        judged.why
    )
}

/// Takes out what is not needed any more, and writes the tables anew.
fn prune(report: &Report) -> Result<(), String> {
    let write = |path: &str, text: String| {
        std::fs::write(directory().join(path), text).map_err(|error| format!("cannot write {path}: {error}"))
    };
    write("disagreements.toml", reasons::without(&read("disagreements.toml")?, &report.unused))?;
    let now = self::report()?;
    let mut text = read(DOCUMENT)?;
    for (name, table) in [("counts", now.table()), ("reasons", now.by_reason())] {
        text = replaced(&text, name, &table).ok_or_else(|| format!("{DOCUMENT} has no place for {name}"))?;
    }
    write(DOCUMENT, text)?;
    println!("{} entries taken out, {DOCUMENT} written", report.unused.len());
    Ok(())
}

/// The document that shows the tables, as seen from `corpus/`.
const DOCUMENT: &str = "../docs/corpus.md";

/// `text` with another table between the marks called `name`.
fn replaced(text: &str, name: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(&format!("<!-- {name} -->\n"))?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!("{before}<!-- {name} -->\n{table}<!-- end -->{after}"))
}

/// Prints the report. An error where a row disagrees without a reason, or a reason is not needed any more.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let report = report()?;
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => println!("{}\n{}", report.table(), report.by_reason()),
        ["--json"] => println!(
            "{}",
            serde_json::json!({
                "all": report.all(),
                "families": report.counts(|judged| judged.family),
                "sources": report.counts(|judged| &judged.row.peer),
                "categories": report.counts(|judged| &judged.row.category),
                "faults": report.faults(),
            })
        ),
        ["--show", text] => {
            for judged in &report.judged {
                let told = judged.reason.as_deref() == Some(*text);
                if told || (!judged.agrees() && (judged.family == *text || judged.row.category.contains(text))) {
                    println!("{}", line(judged));
                }
            }
        }
        ["--untold", "--json"] => {
            for judged in report.judged.iter().filter(|judged| judged.is_untold()) {
                let Row { peer, category, expect, command } = &judged.row;
                println!(
                    "{}",
                    serde_json::json!({ "peer": peer, "category": category, "expect": expect, "command": command, "why": judged.why })
                );
            }
        }
        ["--prune"] => return prune(&report),
        ["--untold"] => report.faults().iter().for_each(|fault| println!("{fault}")),
        _ => return Err(format!("corpus wants:\n{HELP}")),
    }
    let faults = report.faults();
    match faults.first() {
        None => Ok(()),
        Some(first) => {
            Err(format!("{} rows or reasons need a look (`cargo xtask corpus --untold`):\n{first}", faults.len()))
        }
    }
}
