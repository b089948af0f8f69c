//! Composer's scripts: `composer run NAME`, and those that belong to installing.

use serde_json::Value as Json;

use super::{Line, directory, run_text, upward};
use crate::call::{Arg, Call, Say};

/// Scripts that lead to other scripts.
const MOST_LINKS: usize = 8;

/// Says what a call runs by `composer.json`. True where that is all that it does.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let line = Line::parse(call.argv.get(1..).unwrap_or_default(), &["-d", "--working-dir"]);
    let Some((command, rest)) = line.command() else { return false };
    if line.has(&["--no-scripts"]) || rest.iter().any(|arg| arg.text() == Some("--no-scripts")) {
        return false;
    }
    let Some(dir) = directory(call, &line.values(&["-d", "--working-dir"])) else { return false };
    let Some(found) = upward(call, &dir, "composer.json") else { return false };
    let Ok(json) = serde_json::from_slice::<Json>(&found.bytes) else { return false };
    let Some(scripts) = json.get("scripts") else { return false };
    let (names, given, all): (Vec<&str>, &[Arg], bool) = match command {
        "run" | "run-script" => match Line::parse(rest, &["--timeout"]).command() {
            Some((name, given)) => (vec![name], given, true),
            None => return false,
        },
        "install" | "i" => {
            (vec!["pre-install-cmd", "pre-autoload-dump", "post-autoload-dump", "post-install-cmd"], &[], false)
        }
        "update" | "u" | "require" | "remove" => {
            (vec!["pre-update-cmd", "pre-autoload-dump", "post-autoload-dump", "post-update-cmd"], &[], false)
        }
        "dump-autoload" | "dumpautoload" => (vec!["pre-autoload-dump", "post-autoload-dump"], &[], false),
        // A script of one's own is a command.
        name if scripts.get(name).is_some() => (vec![name], rest, true),
        _ => return false,
    };
    let mut ran = false;
    for name in names {
        if scripts.get(name).is_some() {
            say.pin(found.path.clone(), &found.bytes);
            run(scripts, name, given, &found.dir(), MOST_LINKS, say);
            ran = true;
        }
    }
    ran && all
}

fn run(scripts: &Json, name: &str, given: &[Arg], dir: &std::path::Path, links: usize, say: &mut dyn Say) {
    let (Some(script), Some(links)) = (scripts.get(name), links.checked_sub(1)) else { return };
    let one = script.as_str();
    let many = script.as_array().into_iter().flatten().filter_map(Json::as_str);
    for text in one.into_iter().chain(many) {
        match text.strip_prefix('@') {
            Some(rest) if rest.starts_with("php ") || rest.starts_with("composer ") => {
                run_text(say, rest, given, dir, Vec::new(), &format!("composer run {name}"));
            }
            Some(rest) if rest.starts_with("putenv ") => {}
            Some(rest) => run(scripts, rest.split(' ').next().unwrap_or_default(), given, dir, links, say),
            // `Class::method` is code of the project, and no command line.
            None if text.contains("::") && !text.contains(' ') => {}
            None => run_text(say, text, given, dir, Vec::new(), &format!("composer run {name}")),
        }
    }
}
