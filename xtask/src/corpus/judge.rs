//! One row through the loop: analysis on the made-up machine, a presumed measurement, the default policies.

use std::path::Path;
use std::time::Duration;

use weir_decide::{Engine, Facts, Means};
use weir_guard::{Config, control_at};
use weir_measure::{Context, Presumed, presume};
use weir_model::{Effect, Scope, Surface, SurfaceBase, Target, TargetKind, Verb, Verdict};

use super::machine::Machine;
use super::{Expect, Judged, Row, families};

/// The settings and the program of the guard that wrote the self-protection rows stand for Weir's own.
const OF_PEER: Surface = Surface { owner: "nah", base: SurfaceBase::Home, path: ".nah", subtree: true };

/// Its commands, and what does the same to Weir.
const COMMANDS: &[(&str, &str)] = &[
    ("nah trust", "weir approve"),
    ("nah untrust", "weir reject"),
    ("nah guard", "weir policy add"),
    ("nah nap", "weir uninstall"),
    ("nah hook", "weir init"),
    ("\"nah\",\"hook\"", "\"weir\",\"init\""),
    ("CMD=nah;", "CMD=weir;"),
    ("nah-cli", "weir"),
    ("--bin nah", "--bin weir"),
    ("\"$CMD\" trust", "\"$CMD\" approve"),
];

/// The command, as if the guard that it is about were Weir.
fn about_weir(row: &Row) -> String {
    let mut text = row.command.clone();
    if row.category.starts_with("self-protection") {
        for (theirs, ours) in COMMANDS {
            text = text.replace(theirs, ours);
        }
    }
    text
}

pub(super) fn all(rows: Vec<Row>) -> Vec<Judged> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let size = rows.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = rows.chunks(size).map(|part| scope.spawn(|| some(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

fn some(rows: &[Row]) -> Vec<Judged> {
    let engine = Engine::builtin();
    rows.iter()
        .map(|row| {
            let (verdict, why) = judge(&engine, row);
            Judged { row: row.clone(), family: families::of(row), verdict, why, reason: None, open: false }
        })
        .collect()
}

fn judge(engine: &Engine, row: &Row) -> (Verdict, String) {
    let machine = Machine::of(&row.peer, row.expect == Expect::Deny);
    let world = match row.expect {
        Expect::Allow => Presumed::Kept,
        Expect::Deny => Presumed::Precious,
    };
    let action = crate::asked(about_weir(row), machine.cwd.clone());
    let mut effects = weir_analyze::analyze(&action, &machine).effects;
    guard(&mut effects, &machine);
    let context = Context {
        cwd: &machine.cwd,
        home: Some(&machine.home),
        session_started: None,
        environments: engine.environments(),
        budget: Duration::ZERO,
    };
    presume(&mut effects, &context, world);
    let means = Means { restore_point: false, preview: false, approvals: true };
    let mut worst = Verdict::Allow;
    let mut why = Vec::new();
    for effect in &effects {
        let facts = Facts { agent: "claude", effect, approvals: 0 };
        match engine.decide(&facts, &means) {
            Ok(decision) => {
                worst = worst.max(decision.verdict);
                let ids: Vec<&str> = decision.hits.iter().map(|hit| hit.id.as_str()).collect();
                why.push(format!(
                    "{}{}",
                    said(effect),
                    if ids.is_empty() { String::new() } else { format!(" => {}", ids.join(", ")) }
                ));
            }
            Err(error) => {
                worst = worst.max(Verdict::Hold);
                why.push(error.to_string());
            }
        }
    }
    why.truncate(6);
    (worst, why.join("; "))
}

fn said(effect: &Effect) -> String {
    let note = effect.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
    let mark = if effect.opaque { "?" } else { "" };
    format!("{mark}{} {} `{}`{note}", effect.verb.name(), effect.target.kind.name(), effect.target.name)
}

fn config(machine: &Machine) -> Config {
    let mut config = Config::new(machine.home.join(".weir"));
    config.person_home = Some(machine.home.clone());
    config.surface_homes = vec![machine.home.clone()];
    config.surfaces = weir_gate_hook::AGENTS.iter().flat_map(|agent| agent.surfaces()).copied().collect();
    config.surfaces.push(OF_PEER);
    config.programs = vec![machine.home.join(".local/bin/nah"), "/usr/local/bin/nah".into()];
    config
}

/// As the guard does it on a real machine: an effect on a control of the guard for each that writes to one.
fn guard(effects: &mut Vec<Effect>, machine: &Machine) {
    let config = config(machine);
    let mut found = Vec::new();
    for effect in effects.iter() {
        let writes = matches!(effect.verb, Verb::Create | Verb::Modify | Verb::Delete | Verb::Grant);
        if !writes || effect.target.kind != TargetKind::FileTree {
            continue;
        }
        let takes_all = matches!(effect.scope, Scope::Whole | Scope::Filtered { .. } | Scope::Moved { .. })
            && matches!(effect.verb, Verb::Delete | Verb::Modify);
        let to = match &effect.scope {
            Scope::Moved { to } => Some(to.as_path()),
            _ => None,
        };
        let paths = effect.target.paths.iter().map(|path| path.as_path());
        let control = paths.chain(to).find(|path| is_control(path, takes_all, machine, &config));
        if let Some(path) = control {
            let target = Target::new(TargetKind::ControlSurface, path.display().to_string());
            found.push(Effect::new(effect.verb, target));
        }
    }
    effects.append(&mut found);
}

fn is_control(path: &Path, takes_all: bool, machine: &Machine, config: &Config) -> bool {
    control_at(path, config).is_some()
        // What is taken away as a whole takes the controls in it along, but a project as a whole is none.
        || (takes_all
            && !machine.cwd.starts_with(path)
            && machine.below(path).any(|file| control_at(file, config).is_some()))
}
