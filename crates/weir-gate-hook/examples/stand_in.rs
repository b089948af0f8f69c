//! A stand-in for Weir, for trying the dialects and the installed command lines on real clients.
//!
//! `stand_in hook AGENT EVENT --home DIR` answers a call that mentions `victim` as the file `DIR/answer` says (`deny`,
//! `hold`, `silent`, `kill`, `hang`, `panic`) and has no opinion on others. `stand_in install|uninstall|inspect AGENT
//! LEVEL HOME ETC DIR` does what its name says with this program as Weir's.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use weir_gate_hook::install::{self, InstallNote, Level, Roots};
use weir_gate_hook::{Answer, Event, fault_reply, find_agent};
use weir_model::HoldId;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["hook", agent, event, rest @ ..] => hook(agent, event, rest.last().copied().unwrap_or("/tmp/stand_in")),
        [what, agent, level, home, etc, weir] => settings(what, agent, level, [home, etc, weir].map(PathBuf::from)),
        _ => Err("unknown arguments".into()),
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "stand_in: {error}");
        ExitCode::from(3)
    })
}

fn hook(agent: &str, event: &str, home: &str) -> Result<ExitCode, Failure> {
    let mut payload = Vec::new();
    std::io::stdin().read_to_end(&mut payload)?;
    let dialect = find_agent(agent).ok_or("unknown agent")?;
    let text = String::from_utf8_lossy(&payload).into_owned();
    let wanted = fs::read_to_string(Path::new(home).join("answer")).unwrap_or_default();
    let reply = match dialect.parse(&payload, Some(event)) {
        Err(fault) => fault_reply(agent, &fault.to_string(), dialect.decides(Some(event))),
        Ok(mut event) => {
            let log = format!("{agent} {event:?}\n");
            fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(Path::new(home).join("log"))?
                .write_all(log.as_bytes())?;
            let mut answer = Answer::Silent;
            if let Event::PreTool(parts) = &mut event {
                parts.headless = dialect.headless(&|name| env::var(name).ok());
                if text.contains("victim") {
                    let reason = "Weir: this would delete 1 file with no other copy".to_owned();
                    answer = match wanted.trim() {
                        "deny" => Answer::Deny { reason },
                        "hold" => Answer::Hold { reason, id: HoldId::new() },
                        "kill" => {
                            let pid = std::process::id().to_string();
                            std::process::Command::new("kill").args(["-9", &pid]).status()?;
                            Answer::Silent
                        }
                        "hang" => {
                            std::thread::sleep(dialect.deadline());
                            Answer::Deny { reason: "late".to_owned() }
                        }
                        "panic" => std::process::exit(101),
                        _ => Answer::Silent,
                    };
                }
            }
            if let Event::ConfigChange { path, .. } = &event {
                let content = path.as_ref().and_then(|path| fs::read(path).ok());
                if let Some(reason) = dialect.config_change(&event, content.as_deref()) {
                    answer = Answer::Block { reason };
                }
            }
            dialect.answer(&event, &answer)
        }
    };
    std::io::stderr().write_all(&reply.stderr)?;
    std::io::stdout().write_all(&reply.stdout)?;
    Ok(ExitCode::from(reply.exit))
}

fn settings(what: &str, agent: &str, level: &str, [home, etc, weir_home]: [PathBuf; 3]) -> Result<ExitCode, Failure> {
    let dialect = find_agent(agent).ok_or("unknown agent")?;
    let level = if level == "managed" { Level::Managed } else { Level::User };
    let note_path = weir_home.join("install.json");
    let weir_binary = env::var_os("STAND_IN_BINARY").map_or_else(env::current_exe, |path| Ok(path.into()))?;
    let roots = Roots { home, etc, weir_binary, weir_home, variables: BTreeMap::new() };
    let note: InstallNote = match fs::read(&note_path) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(_) => InstallNote::default(),
    };
    let plan = match what {
        "install" => install::plan_install(dialect, level, &roots, &note)?,
        "uninstall" => install::plan_uninstall(dialect, level, &roots, &note)?,
        _ => {
            let status = install::inspect(dialect, level, &roots, &env::current_dir()?)?;
            writeln!(std::io::stdout(), "{agent}: {status:?}")?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    install::apply(&plan.changes)?;
    for change in &plan.changes {
        writeln!(std::io::stdout(), "{}: {}", change.path.display(), change.why)?;
    }
    fs::create_dir_all(&roots.weir_home)?;
    fs::write(note_path, serde_json::to_vec_pretty(&plan.note)?)?;
    Ok(ExitCode::SUCCESS)
}
