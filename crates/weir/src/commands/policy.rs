//! `weir policy`: compile, test, list and explain.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use weir_guard::{Config, PolicyState, policy_layers};
use weir_model::{Environment, EnvironmentPattern};

use crate::context;
use crate::output::{CliError, CommandResult, FINDING, say};

/// Compile, test, list and explain the policies
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir policy compile                       check what you wrote, and put it in force
  weir policy test my.policytest.toml       run cases of your own
  weir policy explain files-only-copy       why did it object?")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Sub,
}

#[derive(clap::Subcommand)]
enum Sub {
    /// Check every policy that applies here and write the form that hook calls read
    ///
    /// Run by `weir init`, and by the first hook call after a policy file changed.
    Compile,
    /// Run the test cases of policies
    ///
    /// Without files: the built-in cases and every `*.policytest.toml` beside the policies that apply here.
    Test {
        /// Files with test cases
        files: Vec<PathBuf>,
    },
    /// List the policies that apply here
    List {
        /// Print one JSON object per policy
        #[arg(long)]
        json: bool,
    },
    /// Show one policy: its text, where it comes from, and to what it can apply
    Explain {
        /// The policy's id, as `weir check` and `weir log` print it; `environments` shows which names belong to which
        id: String,
    },
}

pub(crate) fn run(args: &Args) -> CommandResult {
    match &args.command {
        Sub::Compile => compile(),
        Sub::Test { files } => test(files),
        Sub::List { json } => list(*json),
        Sub::Explain { id } => explain(id),
    }
}

fn compile() -> CommandResult {
    let config = context::config(context::weir_home());
    let here = std::env::current_dir().unwrap_or_default();
    let compiled = match weir_decide::compile(&policy_layers(&config, &here)) {
        Ok(compiled) => compiled,
        Err(errors) => {
            for error in &errors {
                say(&format!("{error}\n"));
            }
            let state = PolicyState::load(&config, &here);
            say(if state.degraded {
                "No good form of these policies is known: only the built-in policy is in force, and effects are held."
            } else {
                "The last good policy stays in force."
            });
            return Ok(ExitCode::from(FINDING));
        }
    };
    for warning in compiled.warnings() {
        say(&format!("warning: {warning}"));
    }
    let state = PolicyState::rebuild(&config, &here);
    for warning in &state.warnings {
        say(&format!("warning: {warning}"));
    }
    let mut out = anstream::stdout().lock();
    let patterns = patterns(&state).count();
    let environments = if patterns == 0 { String::new() } else { format!(" and {patterns} patterns of environments") };
    let (count, version) = (state.engine.policies().len(), state.engine.version());
    writeln!(out, "{count} policies{environments} are in force, version {version}")?;
    Ok(ExitCode::SUCCESS)
}

fn test(files: &[PathBuf]) -> CommandResult {
    let config = context::config(context::weir_home());
    let here = std::env::current_dir().unwrap_or_default();
    let layers = policy_layers(&config, &here);
    let compiled = weir_decide::compile(&layers).map_err(|errors| {
        let texts = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
        CliError::user(format!("the policies do not compile\n\n{texts}"))
    })?;
    let report = weir_decide::run_tests(&compiled.into_engine(), &layers, files)
        .map_err(|error| CliError::user(error.to_string()))?;
    let mut out = anstream::stdout().lock();
    let failed = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    for failure in &report.failures {
        writeln!(out, "{failed}failed{failed:#}  {failure}")?;
    }
    writeln!(out, "{} cases passed, {} failed", report.passed, report.failures.len())?;
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}

fn list(json: bool) -> CommandResult {
    let config = context::config(context::weir_home());
    let state = PolicyState::load(&config, &std::env::current_dir().unwrap_or_default());
    for warning in &state.warnings {
        say(&format!("warning: {warning}"));
    }
    let mut out = anstream::stdout().lock();
    for policy in state.engine.policies() {
        if json {
            let line = serde_json::json!({ "id": policy.id, "layer": policy.layer, "file": policy.file, "reason": policy.reason });
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{:<40} {:<13} {}", policy.id, policy.layer, policy.file)?;
        }
    }
    for EnvironmentPattern { environment, pattern, file } in patterns(&state) {
        if json {
            writeln!(out, "{}", serde_json::json!({ "environment": environment, "pattern": pattern, "file": file }))?;
        } else {
            writeln!(out, "{:<40} {:<13} {file}", format!("environment {}", environment.name()), pattern)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The patterns of `environments.toml` in all layers.
fn patterns(state: &PolicyState) -> impl Iterator<Item = &EnvironmentPattern> {
    let environments = state.engine.environments();
    environments.own.iter().chain(&environments.tightening)
}

/// Which names belong to which environment here.
fn explain_environments(config: &Config) -> CommandResult {
    let state = PolicyState::load(config, &std::env::current_dir().unwrap_or_default());
    let mut out = anstream::stdout().lock();
    writeln!(out, "environments\n")?;
    for environment in Environment::ALL {
        for entry in patterns(&state).filter(|entry| entry.environment == environment) {
            writeln!(out, "  {:<12} {:<40} {}", environment.name(), entry.pattern, entry.file)?;
        }
    }
    if patterns(&state).next().is_none() {
        writeln!(out, "  No `environments.toml` applies here.")?;
    }
    writeln!(
        out,
        "\n  A name that no pattern of the organization or the person matches is judged by its words (`prod`, `staging`,\n  \
         `dev`). Of several facts about a place the strictest counts; what is not known stays unknown."
    )?;
    Ok(ExitCode::SUCCESS)
}

fn explain(id: &str) -> CommandResult {
    let config = context::config(context::weir_home());
    if id == "environments" {
        return explain_environments(&config);
    }
    let layers = policy_layers(&config, &std::env::current_dir().unwrap_or_default());
    let explained = weir_decide::explain(&layers, id)
        .map_err(|errors| CliError::user(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")))?;
    let Some(explained) = explained else {
        return Err(CliError::hint(format!("there is no policy `{id}`"), "`weir policy list` lists them."));
    };
    write!(anstream::stdout().lock(), "{explained}")?;
    Ok(ExitCode::SUCCESS)
}
