//! `weir catalog`: what Weir knows of command-line tools.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use serde_json::json;
use weir_analyze::{KnownCommand, KnownEffect, KnownTool, known_tool, known_tools};
use weir_model::Verb;

use crate::output::{CliError, CommandResult, FINDING, say, width};

/// Show what Weir knows of command-line tools
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir catalog list                      every tool
  weir catalog list --family kubernetes  the tools of one family
  weir catalog show terraform            commands, effects, conditions, previews
  weir catalog show aws 'rds delete'     only the commands with these words
  weir catalog show kubectl --json | jq '.commands[].effects[].verb'")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List the tools: names, family, how many commands, and what those do
    List {
        /// Only this family (the name of a file of the catalog, or `grammar`)
        #[arg(long, value_name = "NAME")]
        family: Option<String>,
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show what is known of one tool
    Show {
        /// The program's name
        tool: String,
        /// Only the commands whose path contains this
        words: Option<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: &Args) -> CommandResult {
    match &args.what {
        What::List { family, json } => list(family.as_deref(), *json),
        What::Show { tool, words, json } => show(tool, words.as_deref(), *json),
    }
}

fn list(family: Option<&str>, as_json: bool) -> CommandResult {
    let mut tools = known_tools();
    if let Some(family) = family {
        let mut families: Vec<&str> = tools.iter().map(|tool| tool.family).collect();
        families.sort_unstable();
        families.dedup();
        if !families.contains(&family) {
            return Err(CliError::hint(
                format!("no family is called `{family}`"),
                format!("There are {}.", families.join(", ")),
            ));
        }
        tools.retain(|tool| tool.family == family);
    }
    let mut out = anstream::stdout().lock();
    if as_json {
        let rows: Vec<serde_json::Value> = tools
            .iter()
            .map(|tool| {
                json!({
                    "names": tool.names, "family": tool.family, "grammar": tool.grammar, "acts": tool.acts(),
                    "commands": tool.count(), "verbs": tool.verbs(),
                })
            })
            .collect();
        writeln!(out, "{:#}", serde_json::Value::Array(rows))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    writeln!(out, "{bold}{:<28} {:<15} {:>8}  EFFECTS{bold:#}", "TOOL", "FAMILY", "COMMANDS")?;
    for tool in &tools {
        let verbs: Vec<&str> = tool.verbs().into_iter().map(Verb::name).collect();
        let effects = match (tool.grammar, verbs.as_slice()) {
            (true, _) => "read by its own grammar".to_owned(),
            (false, []) if tool.acts() => "runs other programs".to_owned(),
            (false, []) => "none".to_owned(),
            (false, verbs) => verbs.join(" "),
        };
        let count = if tool.grammar { "-".to_owned() } else { tool.count().to_string() };
        let names = short(&tool.names, 28);
        writeln!(out, "{names:<28} {dim}{:<15}{dim:#} {count:>8}  {effects}", tool.family)?;
    }
    let acting = tools.iter().filter(|tool| tool.acts()).count();
    let names: usize = tools.iter().map(|tool| tool.names.len()).sum();
    drop(out);
    say(&format!("{} tools under {names} names; {acting} do more than look", tools.len()));
    Ok(ExitCode::SUCCESS)
}

/// As many names as fit, and how many more there are.
fn short(names: &[String], room: usize) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        let more = names.len() - at;
        let longer = if at == 0 { name.clone() } else { format!("{text}, {name}") };
        if at > 0 && longer.len() + if more > 1 { 4 } else { 0 } > room {
            return format!("{text} +{more}");
        }
        text = longer;
    }
    text
}

fn show(name: &str, words: Option<&str>, as_json: bool) -> CommandResult {
    let Some(mut tool) = known_tool(name) else { return unknown(name) };
    if let Some(words) = words {
        for command in &mut tool.commands {
            command.paths.retain(|path| path.contains(words));
        }
        tool.commands.retain(|command| !command.paths.is_empty());
    }
    let mut out = anstream::stdout().lock();
    if as_json {
        let text = serde_json::to_string_pretty(&tool).map_err(|error| CliError::user(error.to_string()))?;
        writeln!(out, "{text}")?;
        return Ok(ExitCode::SUCCESS);
    }
    describe(&mut out, &tool)?;
    Ok(ExitCode::SUCCESS)
}

/// Nobody knows the tool: it may be a slip of the keys.
fn unknown(name: &str) -> CommandResult {
    let tools = known_tools();
    let all = tools.iter().flat_map(|tool| &tool.names);
    let mut near: Vec<(usize, &String)> =
        all.map(|known| (distance(name, known), known)).filter(|(far, _)| *far <= 2.min(name.len() / 2)).collect();
    near.sort_unstable();
    let near: Vec<String> = near.into_iter().take(3).map(|(_, known)| format!("`{known}`")).collect();
    say(&format!("nothing is known of a tool called `{name}`"));
    say(&if near.is_empty() {
        "  `weir catalog list` lists what is known. An unknown program runs without a question.".to_owned()
    } else {
        format!("  Is it {}?", near.join(" or "))
    });
    Ok(ExitCode::from(FINDING))
}

/// How many letters must be changed, added, left out or swapped.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let (mut before, mut two_above): (Option<char>, Vec<usize>) = (None, Vec::new());
    for (row, letter) in a.chars().enumerate() {
        let mut line = vec![row + 1];
        for (at, other) in b.iter().enumerate() {
            let cell = |list: &[usize], at: usize| list.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least = (cell(&above, at) + usize::from(letter != *other))
                .min(cell(&above, at + 1) + 1)
                .min(cell(&line, at) + 1);
            let swapped = at > 0 && before == Some(*other) && b.get(at - 1) == Some(&letter);
            if swapped {
                least = least.min(cell(&two_above, at - 1) + 1);
            }
            line.push(least);
        }
        before = Some(letter);
        two_above = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or_default()
}

fn describe(out: &mut impl Write, tool: &KnownTool) -> Result<(), CliError> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let name = tool.names.first().map_or("", String::as_str);
    let others = tool.names.get(1..).unwrap_or_default();
    write!(out, "{bold}{name}{bold:#}")?;
    if !others.is_empty() {
        write!(out, ", also {}", others.join(", "))?;
    }
    writeln!(out)?;
    if tool.grammar {
        writeln!(out, "  read by its own grammar: its arguments are a language, and there is no table to show")?;
        writeln!(out, "  {dim}`weir check '{name} …'` says what a call would do{dim:#}")?;
        return Ok(());
    }
    let mut field = |name: &str, texts: &[String], separator: &str| -> Result<(), CliError> {
        let lines = wrapped(texts, separator, width().saturating_sub(18));
        for (at, line) in lines.iter().enumerate() {
            writeln!(out, "  {dim}{:<14}{dim:#} {line}", if at == 0 { name } else { "" })?;
        }
        Ok(())
    };
    field("family", &[tool.family.to_owned()], "")?;
    field("options", &tool.options, " ")?;
    field("only looks if", &tool.harmless, " or ")?;
    field("environment", &tool.environment, ", ")?;
    field("other commands", &[tool.others.to_owned()], "")?;
    let (acting, quiet): (Vec<&KnownCommand>, Vec<&KnownCommand>) =
        tool.commands.iter().partition(|command| command.acts());
    for command in acting {
        entry(out, name, command)?;
    }
    for (title, reads) in [("only look", true), ("are known and need no question", false)] {
        let of = |command: &&&KnownCommand| command.effects.is_empty() == reads;
        let paths: Vec<String> = quiet.iter().filter(of).flat_map(|command| command.paths.iter().cloned()).collect();
        if !paths.is_empty() {
            writeln!(out, "\n  {bold}{title}{bold:#}")?;
            for line in wrapped(&paths, ", ", width().saturating_sub(4)) {
                writeln!(out, "    {line}")?;
            }
        }
    }
    Ok(())
}

fn entry(out: &mut impl Write, name: &str, command: &KnownCommand) -> Result<(), CliError> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    writeln!(out)?;
    let paths: Vec<String> = command.paths.iter().map(|path| format!("{name} {path}").trim().to_owned()).collect();
    for line in wrapped(&paths, ", ", width().saturating_sub(4)) {
        writeln!(out, "  {bold}{line}{bold:#}")?;
    }
    for effect in &command.effects {
        let style = verb_style(effect.verb);
        let mut text = format!(" {}", effect.target);
        if !effect.name.is_empty() {
            text.push_str(&format!(" {}", effect.name));
        }
        text.push_str(&remarks(effect));
        writeln!(out, "    {style}{}{style:#}{text}", effect.verb.name())?;
    }
    let mut field = |name: &str, text: &str| -> Result<(), CliError> {
        if !text.is_empty() {
            writeln!(out, "    {dim}{name}{dim:#} {text}")?;
        }
        Ok(())
    };
    for text in &command.runs {
        field("runs", text)?;
    }
    for text in &command.yields {
        field("prints", text)?;
    }
    for text in &command.interprets {
        field("interprets", text)?;
    }
    field("only looks if", &command.harmless.join(" or "))?;
    field("environment", &command.environment.join(", "))?;
    field("preview", command.preview.as_deref().unwrap_or_default())
}

fn remarks(effect: &KnownEffect) -> String {
    let mut text = String::new();
    match effect.stateful.as_slice() {
        [] => {}
        [one] if one == "always" => text.push_str("; destroys data"),
        some => text.push_str(&format!("; destroys data if {}", some.join(" or "))),
    }
    for (word, conditions) in [("if", &effect.when), ("unless", &effect.unless)] {
        if !conditions.is_empty() {
            text.push_str(&format!("; {word} {}", conditions.join(" or ")));
        }
    }
    if let Some(note) = effect.note {
        text.push_str(&format!(" ({note})"));
    }
    text
}

const fn verb_style(verb: Verb) -> Style {
    let color = match verb {
        Verb::Delete => AnsiColor::Red,
        Verb::Grant | Verb::Deploy | Verb::Publish | Verb::Modify => AnsiColor::Yellow,
        _ => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

/// The texts on lines of at most `width` characters, where they fit.
fn wrapped(texts: &[String], separator: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        match lines.last_mut() {
            Some(line) if line.len() + separator.len() + text.len() <= width => {
                line.push_str(separator);
                line.push_str(text);
            }
            Some(line) => {
                line.push_str(separator.trim_end());
                lines.push(text.clone());
            }
            None => lines.push(text.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keys_is_near() {
        for (a, b, far) in [("kubectl", "kubectl", 0), ("kubetcl", "kubectl", 1), ("terrafrom", "terraform", 1)] {
            assert_eq!(distance(a, b), far, "{a} {b}");
        }
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("sitting", "kitten"), 3);
    }
}
