//! `weir doctor`: is the guard really on?

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use weir_gate_exec::Tier;
use weir_gate_hook::install::{Level, Roots, Status, detect, inspect};
use weir_guard::{Guard, PolicyState, RunSettings};

use crate::canary::Proof;
use crate::output::{CommandResult, FINDING, say};
use crate::{context, setup};

/// Session files older than this are of no use.
const SESSION_AGE: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Say for each agent whether its guard is on, and check Weir's own things
///
/// The real clients are started against a scripted model on this machine: the only proof that a hook really fires.
/// Nothing is spent, and no model elsewhere is asked. Exits with 1 where something is not as it should be.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir doctor                    everything, with a canary through each installed hook
  weir doctor --no-canary        a quick look at settings and files
  weir doctor --agent codex --json | jq -r '.agents[0].canary.result'")]
pub(crate) struct Args {
    /// Only these agents
    #[arg(long, value_name = "NAME")]
    agent: Vec<String>,
    /// Do not start the clients (which takes seconds for each)
    #[arg(long)]
    no_canary: bool,
    /// Start the clients, as is done anyway
    #[arg(long, hide = true, conflicts_with = "no_canary")]
    canary: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    home: String,
    checks: Vec<Check>,
    agents: Vec<AgentReport>,
}

#[derive(Serialize)]
struct Check {
    what: &'static str,
    good: bool,
    says: String,
}

#[derive(Serialize)]
struct AgentReport {
    agent: &'static str,
    found: bool,
    /// `on`, `off` or `silently-off`.
    status: &'static str,
    /// The level at which it is on, or why it is off.
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<CanaryReport>,
    good: bool,
}

#[derive(Serialize)]
struct CanaryReport {
    /// `stopped`, `not-stopped`, `inconclusive` or `unsupported`.
    result: &'static str,
    /// True where the canary was stopped and the harmless deletion beside it was not.
    harmless_ran: bool,
    says: String,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let roots = setup::roots()?;
    let config = context::config(roots.weir_home.clone());
    let guard = Guard::new(config.clone());
    guard.holds().prune(context::now());
    guard.sessions().prune(SESSION_AGE);
    let mut report = Report {
        home: roots.weir_home.display().to_string(),
        checks: vec![ledger_whole(&config), ledger_writable(&guard), policy(&config), supervision(&config)],
        agents: Vec::new(),
    };
    for agent in setup::agents(&args.agent)? {
        let mut found = look(agent, &roots);
        if !args.no_canary && found.status != "off" {
            if !args.json {
                say(&format!("{}: starting the client to see its hook fire …", agent.name()));
            }
            prove(&mut found, &setup::fire(agent, &roots));
        }
        report.agents.push(found);
    }
    let mut out = anstream::stdout().lock();
    if args.json {
        let text =
            serde_json::to_string_pretty(&report).map_err(|error| crate::output::CliError::user(error.to_string()))?;
        writeln!(out, "{text}")?;
    } else {
        print(&mut out, &report)?;
    }
    let good = report.checks.iter().all(|check| check.good) && report.agents.iter().all(|agent| agent.good);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}

fn print(out: &mut impl std::io::Write, report: &Report) -> Result<(), crate::output::CliError> {
    let mark = |good: bool| {
        let color = if good { AnsiColor::Green } else { AnsiColor::Red };
        (Style::new().bold().fg_color(Some(color.into())), if good { "good" } else { "bad " })
    };
    writeln!(out, "Weir's directory: {}\n", report.home)?;
    for check in &report.checks {
        let (style, word) = mark(check.good);
        writeln!(out, "{style}{word}{style:#}  {:<10} {}", check.what, check.says)?;
    }
    writeln!(out)?;
    for agent in &report.agents {
        let (style, word) = if agent.status == "off" { (Style::new().dimmed(), "off ") } else { mark(agent.good) };
        let status = match agent.status {
            "off" if agent.found => "off: `weir init` installs the hooks",
            "off" => "not found on this machine",
            "on" => "on",
            _ => "silently off",
        };
        writeln!(
            out,
            "{style}{word}{style:#}  {:<10} {status}{}",
            agent.agent,
            if agent.says.is_empty() { String::new() } else { format!(": {}", agent.says) }
        )?;
        if let Some(canary) = &agent.canary {
            writeln!(out, "      {:<10} canary: {}", "", canary.says)?;
        }
    }
    Ok(())
}

fn ledger_whole(config: &weir_guard::Config) -> Check {
    let what = "ledger";
    match weir_ledger::verify(&config.paths.ledger()) {
        Ok(found) => match found.first_bad {
            None => {
                let torn = if found.torn_bytes == 0 {
                    String::new()
                } else {
                    format!(
                        "; {} bytes of an unfinished record at its end (the next record repairs that)",
                        found.torn_bytes
                    )
                };
                Check {
                    what,
                    good: true,
                    says: format!("{} records, every one follows from the one before{torn}", found.records),
                }
            }
            Some(bad) => Check {
                what,
                good: false,
                says: format!(
                    "the chain is broken at line {} (byte {}): {}; the {} records before it are whole",
                    bad.line, bad.offset, bad.why, found.records
                ),
            },
        },
        Err(error) if error.is_absent() => Check { what, good: true, says: "nothing is recorded yet".to_owned() },
        Err(error) => Check { what, good: false, says: error.to_string() },
    }
}

fn ledger_writable(guard: &Guard) -> Check {
    let what = "writing";
    let dir = guard.config().paths.ledger();
    // An empty append takes the lock and repairs, and writes nothing.
    let appended = weir_ledger::Ledger::open(&dir)
        .and_then(|ledger| ledger.append_all(&[], weir_ledger::Durability::Synced))
        .map_err(|error| error.to_string());
    let found = appended.and_then(|_| {
        has_room(guard.config().paths.home()).map_err(|error| format!("there is no room for records: {error}"))
    });
    match found {
        Ok(()) => Check { what, good: true, says: "the ledger can be written".to_owned() },
        Err(error) => {
            Check { what, good: false, says: format!("{error}; until it can, actions with effects are refused") }
        }
    }
}

/// Writes as much as a good many records need, and takes it away again.
fn has_room(home: &std::path::Path) -> std::io::Result<()> {
    let mut probe = tempfile::Builder::new().prefix(".room-").tempfile_in(home)?;
    probe.write_all(&[b'.'; 64 * 1024])?;
    probe.as_file().sync_all()
}

fn policy(config: &weir_guard::Config) -> Check {
    let state = PolicyState::load(config, &std::env::current_dir().unwrap_or_default());
    let says = if state.warnings.is_empty() {
        format!("{} policies are in force", state.engine.policies().len())
    } else {
        state.warnings.join("; ")
    };
    Check { what: "policy", good: state.warnings.is_empty(), says }
}

/// How strong `weir run` is here, found out by trying; bad where `run.toml` asks for more.
fn supervision(config: &weir_guard::Config) -> Check {
    let what = "weir run";
    let wanted = match RunSettings::load(config, &std::env::current_dir().unwrap_or_default()) {
        Ok(settings) => settings,
        Err(error) => return Check { what, good: false, says: format!("nothing runs: {error}") },
    };
    let found = weir_gate_exec::probe();
    let says = match found.tier {
        Tier::Guard => format!("full guard: what a command destroys is kept ({})", found.why),
        Tier::Floor => format!("write floor only: what a script deletes by itself is not kept ({})", found.why),
        Tier::None => format!("not in force: {}", found.why),
    };
    let good = found.tier == Tier::Guard || !wanted.full_guard_only;
    let says = if good { says } else { format!("{says}; run.toml asks for the full guard, so nothing runs") };
    Check { what, good, says }
}

fn look(agent: &'static dyn weir_gate_hook::Dialect, roots: &Roots) -> AgentReport {
    let here = std::env::current_dir().unwrap_or_default();
    let found = detect(agent, roots, &setup::path_dirs());
    let mut report =
        AgentReport { agent: agent.name(), found, status: "off", says: String::new(), canary: None, good: !found };
    // The managed level wins: where it is on, nothing below can switch it off.
    for (level, name) in [(Level::Managed, "for the machine"), (Level::User, "for this user")] {
        match inspect(agent, level, roots, &here) {
            Ok(Status::Off) => {}
            Ok(Status::On) => {
                report.status = "on";
                report.says = name.to_owned();
                report.good = true;
                return report;
            }
            Ok(Status::SilentlyOff { why }) => {
                report.status = "silently-off";
                report.says = why;
                report.good = false;
            }
            Err(error) => {
                report.status = "silently-off";
                report.says = error.to_string();
                report.good = false;
            }
        }
    }
    report
}

fn prove(report: &mut AgentReport, proof: &Proof) {
    let (result, says) = match proof {
        Proof::Fired { harmless_ran: true } => ("stopped", "stopped; a harmless deletion beside it ran".to_owned()),
        Proof::Fired { harmless_ran: false } => {
            ("stopped", "stopped; but a harmless deletion beside it did not run either".to_owned())
        }
        Proof::DidNotFire { why } => {
            report.good = false;
            report.status = "silently-off";
            ("not-stopped", format!("not stopped: {why}"))
        }
        Proof::Inconclusive { why } => ("inconclusive", format!("proved nothing: {why}")),
        Proof::Unsupported { why } => ("unsupported", format!("not possible: {why}")),
    };
    let harmless_ran = matches!(proof, Proof::Fired { harmless_ran: true });
    report.canary = Some(CanaryReport { result, harmless_ran, says });
}
