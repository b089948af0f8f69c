//! What each command-line tool's arguments mean, as data.
//!
//! The tables come from `catalog/*.toml` (see `docs/catalog.md`) and are compiled in: nothing is parsed when Weir starts.

mod inner;
mod operations;
mod parse;
mod say;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod view;

pub use view::{KnownCommand, KnownEffect, KnownTool, known_tool, known_tools};

use crate::call::{Arg, Call, Say, Value};
use crate::family::alternatives;
use table::Tool;

/// Says what a call does, where the catalog knows the program. False where it does not.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let Some(tool) = find(call.program()) else { return false };
    if tool.is_taken_on_trust() && !is_installed(call) {
        return false;
    }
    let args = call.argv.get(1..).unwrap_or_default();
    let branches = !tool.commands.children.is_empty() || !tool.commands.patterns.is_empty() || tool.deep.is_some();
    if branches && args.iter().any(|arg| matches!(arg.value, Value::OneOf(_))) {
        for args in alternatives(args) {
            say::call(tool, call, &args, say);
        }
    } else {
        say::call(tool, call, args, say);
    }
    true
}

/// Whether the program is looked up by its name, or named in a directory for programs. `./test` may be anything.
fn is_installed(call: &Call<'_>) -> bool {
    let name = call.argv.first().and_then(Arg::text).unwrap_or_default();
    let Some((dir, _)) = name.rsplit_once('/') else { return true };
    matches!(dir.rsplit('/').next(), Some("bin" | "sbin" | ".bin"))
}

/// The tool that goes by `name`, also with a version (`python3.12`, `clang-18`) or `.exe`.
fn find(name: &str) -> Option<&'static Tool> {
    let exact = |name: &str| {
        let at = table::TOOLS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        table::TOOLS.get(at).map(|(_, tool)| *tool)
    };
    let name = name.strip_suffix(".exe").unwrap_or(name);
    exact(name).or_else(|| {
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let versioned = bare.len() < name.len() && !bare.is_empty();
        versioned.then(|| bare.strip_suffix('-').unwrap_or(bare)).and_then(exact)
    })
}
