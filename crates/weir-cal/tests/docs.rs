//! Every script of the documentation does what the page says: a block marked `cal` runs over `docs/cal/data`, a block
//! marked `cal error` is refused, and each is written as `weir cal fmt` writes it or means the same after it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use weir_cal::{
    check::check,
    diagnostic::Severity,
    report::{Document, Format},
    run::{Environment, Publisher, run},
    source, syntax,
};

const NOW: &str = "2026-11-25T12:00:00Z";

/// A block of a page.
struct Block {
    /// `reference.md:42`
    place: String,
    refused: bool,
    script: String,
}

fn blocks(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap();
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line) {
            (Some(_), "```") => found.extend(open.take()),
            (Some(block), line) => {
                block.script.push_str(line);
                block.script.push('\n');
            }
            (None, "```cal" | "```cal error") => {
                let place = format!("{}:{}", page.file_name().unwrap().display(), number + 1);
                open = Some(Block { place, refused: line.ends_with("error"), script: String::new() });
            }
            (None, _) => {}
        }
    }
    assert!(open.is_none(), "{} ends inside a block", page.display());
    found
}

/// Writes every document to memory, so that the writers run too.
struct InMemory(usize);

impl Publisher for InMemory {
    fn publish(&mut self, document: &Document<'_>, format: Format, _: Option<&str>) -> Result<Option<String>, String> {
        let mut bytes = Vec::new();
        weir_cal::report::write(document, format, &mut bytes).map_err(|error| error.to_string())?;
        self.0 += bytes.len();
        Ok(None)
    }
}

/// What is wrong with a script; `Ok` where it runs.
fn try_out(script: &str, data: &Path) -> Result<(), String> {
    let parsed = syntax::parse(script);
    let source = source::open(data).map_err(|error| error.to_string())?;
    let now = NOW.parse().unwrap();
    let mut diagnostics = parsed.diagnostics.clone();
    if diagnostics.is_empty() {
        diagnostics = check(&parsed.script, script, Some(source.as_ref()), now);
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    }
    if let Some(first) = diagnostics.first() {
        return Err(first.message.clone());
    }
    let formatted = syntax::format(script).map_err(|errors| format!("cannot be formatted: {errors:?}"))?;
    assert_eq!(syntax::format(&formatted).as_ref(), Ok(&formatted));
    let mut publisher = InMemory(0);
    let mut environment = Environment {
        source: source.as_ref(),
        now,
        sinks: &mut [],
        publisher: &mut publisher,
        deadline: None,
        script_name: Some("page.cal".to_owned()),
    };
    let outcome = run(&parsed.script, script, &mut environment).map_err(|error| error.to_string())?;
    if !outcome.success {
        return Err(outcome.error.unwrap_or_else(|| "no success".to_owned()));
    }
    let surfaces = script.lines().any(|line| line.starts_with("SURFACE") && !line.contains(" ON "));
    assert_eq!(publisher.0 > 0, surfaces, "what is surfaced is written, and nothing else");
    Ok(())
}

#[test]
fn every_script_of_the_documentation_does_what_the_page_says() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cal");
    let mut wrong = Vec::new();
    let mut counted = [0, 0];
    for page in ["tutorial.md", "reference.md"] {
        for block in blocks(&docs.join(page)) {
            counted[usize::from(block.refused)] += 1;
            match (block.refused, try_out(&block.script, &docs.join("data"))) {
                (false, Err(why)) => wrong.push(format!("{}: {why}", block.place)),
                (true, Ok(())) => wrong.push(format!("{}: is not refused", block.place)),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counted[0] >= 15 && counted[1] >= 2, "{counted:?}");
}
