//! `weir check`: what would Weir say of this command?

mod tree;

use std::io::{BufRead as _, Read as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::Style;
use serde::{Deserialize, Serialize};
use weir_guard::{Explanation, Guard};
use weir_model::say::{cut, impact_line};
use weir_model::{Effect, Judgement, Step, Verdict};

use crate::context;
use crate::output::{CliError, CommandResult, FAULT, FINDING, shown, verdict_style, verdict_word};

/// The longest line of a batch, in bytes.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// The bytes of a command that people are shown.
const LONGEST_SHOWN: usize = 4_000;
/// The refs of a remote that people are shown.
const MOST_HEADS: usize = 10;
/// The bytes of a name or a remark that people are shown.
const LONGEST_NAME: usize = 400;

/// Say what Weir would answer to a command, and why; changes nothing
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir check 'rm -rf ~/Pictures'
  weir check --explain 'cd build && make clean'
  weir check --json 'git reset --hard' | jq .verdict
  weir check --exit-code 'make clean' && make clean
  printf '%s\\n' '{\"id\":1,\"command\":\"ls\"}' | weir check --batch")]
pub(crate) struct Args {
    /// The command, as one argument or after `--`
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    command: Vec<String>,
    /// Show how the command was understood: what runs what, the expanded words, the effects, and who objects
    #[arg(long)]
    explain: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Read JSON lines {"id", "command", "cwd"?} from standard input and print one JSON object for each, in order
    #[arg(long)]
    batch: bool,
    /// Exit with 1 unless the verdict is allow
    #[arg(long)]
    exit_code: bool,
    /// Judge as if the command ran in this directory
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Judge as if this agent asked
    #[arg(long, value_name = "NAME", default_value = "claude")]
    agent: String,
}

/// What `--json` and `--batch` print. Fields may be added; those that are there keep their meaning.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a serde_json::Value>,
    command: &'a str,
    cwd: &'a std::path::Path,
    #[serde(flatten)]
    judgement: &'a Judgement,
    /// With `--explain`: the commands, with the places of their effects in `effects`.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<&'a [Step]>,
}

#[derive(Deserialize)]
struct BatchLine {
    #[serde(default)]
    id: serde_json::Value,
    command: String,
    #[serde(default)]
    cwd: Option<PathBuf>,
}

#[derive(Serialize)]
struct BatchError {
    id: Option<serde_json::Value>,
    error: String,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    // A name that no agent has would never match a policy.
    crate::setup::agents(std::slice::from_ref(&args.agent))?;
    let here = directory(args.cwd.as_ref())?;
    let guard = context::guard();
    if args.batch {
        return batch(args, &guard, &here);
    }
    let command = joined(&args.command);
    let (judgement, steps) = judged(args, &guard, &command, &here);
    let mut stdout = anstream::stdout().lock();
    if args.json {
        let report = Report { id: None, command: &command, cwd: &here, judgement: &judgement, steps: steps.as_deref() };
        write_json(&mut stdout, &report)?;
    } else if let Some(steps) = steps {
        verdict_line(&mut stdout, &command, &judgement)?;
        tree::draw(&mut stdout, &steps, &judgement, &here)?;
        conclusion(&mut stdout, &judgement)?;
    } else {
        describe(&mut stdout, &command, &judgement)?;
    }
    Ok(exit_code(args, judgement.verdict))
}

fn judged(args: &Args, guard: &Guard, command: &str, cwd: &std::path::Path) -> (Judgement, Option<Vec<Step>>) {
    let action = context::asked(&args.agent, command.to_owned(), cwd);
    if args.explain {
        let Explanation { judgement, steps } = guard.explain(&action);
        return (judgement, Some(steps));
    }
    (guard.judge(&action), None)
}

fn exit_code(args: &Args, verdict: Verdict) -> ExitCode {
    if args.exit_code && verdict != Verdict::Allow { ExitCode::from(FINDING) } else { ExitCode::SUCCESS }
}

fn directory(asked: Option<&PathBuf>) -> Result<PathBuf, CliError> {
    let here = std::env::current_dir().map_err(|error| {
        CliError::hint(format!("the current directory cannot be read: {error}"), "Give one with --cwd.")
    })?;
    let Some(asked) = asked else { return Ok(here) };
    let full = here.join(asked);
    if !full.is_dir() {
        return Err(CliError::user(format!("`{}` is not a directory", asked.display())));
    }
    Ok(full)
}

/// Several arguments become one command line that a shell reads back as the same words.
fn joined(words: &[String]) -> String {
    if let [one] = words {
        return one.clone();
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+~*?".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn batch(args: &Args, guard: &Guard, here: &std::path::Path) -> CommandResult {
    let mut input = std::io::stdin().lock();
    let mut stdout = anstream::stdout().lock();
    let mut worst = Verdict::Allow;
    let mut faults = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if read as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
            skip_line(&mut input)?;
            faults = true;
            let error = format!("the line is longer than {} MiB", LONGEST_LINE >> 20);
            write_json(&mut stdout, &BatchError { id: None, error })?;
            continue;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<BatchLine>(&line) {
            Ok(entry) => {
                let cwd = entry.cwd.map_or_else(|| here.to_owned(), |cwd| here.join(cwd));
                let (judgement, steps) = judged(args, guard, &entry.command, &cwd);
                worst = worst.max(judgement.verdict);
                let (judgement, steps) = (&judgement, steps.as_deref());
                let report = Report { id: Some(&entry.id), command: &entry.command, cwd: &cwd, judgement, steps };
                write_json(&mut stdout, &report)?;
            }
            Err(error) => {
                faults = true;
                let id =
                    serde_json::from_slice::<serde_json::Value>(&line).ok().and_then(|line| line.get("id").cloned());
                write_json(&mut stdout, &BatchError { id, error: error.to_string() })?;
            }
        }
        stdout.flush()?;
    }
    Ok(if faults { ExitCode::from(FAULT) } else { exit_code(args, worst) })
}

/// Reads to the end of the line, and keeps nothing.
fn skip_line(input: &mut impl std::io::BufRead) -> std::io::Result<()> {
    loop {
        let chunk = input.fill_buf()?;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() || used == 0 {
            return Ok(());
        }
    }
}

fn write_json<T: Serialize>(out: &mut impl Write, value: &T) -> Result<(), CliError> {
    let mut text = serde_json::to_vec(value).map_err(|error| CliError::user(format!("cannot print JSON: {error}")))?;
    text.push(b'\n');
    out.write_all(&text)?;
    Ok(())
}

/// A judgement for people.
pub(crate) fn describe(out: &mut impl Write, command: &str, judgement: &Judgement) -> Result<(), CliError> {
    verdict_line(out, command, judgement)?;
    if !judgement.effects.is_empty() {
        writeln!(out)?;
    }
    for effect in &judgement.effects {
        describe_effect(out, effect)?;
    }
    conclusion(out, judgement)
}

fn verdict_line(out: &mut impl Write, command: &str, judgement: &Judgement) -> Result<(), CliError> {
    let style = verdict_style(judgement.verdict);
    writeln!(
        out,
        "{style}{}{style:#}  {}",
        verdict_word(judgement.verdict),
        shown(&cut(command.trim(), LONGEST_SHOWN))
    )?;
    Ok(())
}

/// Why, and the way out.
fn conclusion(out: &mut impl Write, judgement: &Judgement) -> Result<(), CliError> {
    let dim = Style::new().dimmed();
    if !judgement.reason.is_empty() {
        writeln!(out, "\n  {dim}why{dim:#}      {}", shown(&judgement.reason))?;
    }
    if !judgement.advice.is_empty() {
        writeln!(out, "  {dim}way out{dim:#}  {}", shown(&judgement.advice))?;
    }
    if !judgement.policies.is_empty() {
        writeln!(out, "  {dim}policy{dim:#}   {}", judgement.policies.join(", "))?;
    }
    for warning in &judgement.warnings {
        writeln!(out, "  {dim}note{dim:#}     {}", shown(warning))?;
    }
    Ok(())
}

fn describe_effect(out: &mut impl Write, effect: &Effect) -> Result<(), CliError> {
    let bold = Style::new().bold();
    let dim = Style::new().dimmed();
    let opaque = if effect.opaque { " (not understood)" } else { "" };
    writeln!(
        out,
        "  {bold}{:<8}{bold:#} {:<16} {}{opaque}",
        effect.verb.name(),
        effect.target.kind.name(),
        shown(&cut(&effect.target.name, LONGEST_NAME))
    )?;
    for head in effect.impact.remote_heads.iter().take(MOST_HEADS) {
        writeln!(out, "  {dim}{:<8} {}{dim:#}", "", shown(&head.describe()))?;
    }
    let mut remarks = remarks(effect);
    if !effect.via.is_empty() {
        remarks.push(format!("through {}", effect.via.join(" > ")));
    }
    if !remarks.is_empty() {
        writeln!(out, "  {dim}{:<8} {}{dim:#}", "", shown(&remarks.join("; ")))?;
    }
    Ok(())
}

/// What was measured and found about an effect.
fn remarks(effect: &Effect) -> Vec<String> {
    let mut remarks = Vec::new();
    let line = impact_line(&effect.impact);
    if !line.is_empty() {
        remarks.push(line);
    }
    if effect.impact.measured && effect.verb != weir_model::Verb::Read {
        remarks.push(effect.reversibility.name().to_owned());
    }
    if let Some(protected) = &effect.impact.protected {
        remarks.push(format!("this is {protected}"));
    }
    if effect.target.environment != weir_model::Environment::Unknown {
        let from = effect.target.environment_from.as_ref().map(|from| format!(" ({from})")).unwrap_or_default();
        remarks.push(format!("environment {}{from}", effect.target.environment.name()));
    }
    if let Some(note) = &effect.note {
        remarks.push(cut(note, LONGEST_NAME));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_command_line_that_reads_back_the_same() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(joined(&words(&["rm -rf x; ls"])), "rm -rf x; ls");
        assert_eq!(joined(&words(&["rm", "-rf", "a b", "it's"])), "rm -rf 'a b' 'it'\\''s'");
    }
}
