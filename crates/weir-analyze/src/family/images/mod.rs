//! Images that are built: what their Dockerfiles run. What a container tool does besides is in the catalog.

mod build;
mod compose;
mod dockerfile;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use weir_model::{Effect, Target, TargetKind, Verb};

use self::build::Build;
use super::options;
use super::project::Found;
use crate::call::{Arg, Call, Say, Stdin, Value};

/// Options of the tools themselves that take a value.
const GLOBAL: &[&str] = &[
    "-H",
    "--host",
    "-c",
    "--context",
    "--config",
    "-l",
    "--log-level",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
    "--url",
    "--connection",
    "--root",
    "--runroot",
    "--namespace",
    "-n",
    "--storage-driver",
    "--storage-opt",
    "--log-opt",
];

/// Options of a build that take a value.
const VALUES: &[&str] = &[
    "-t",
    "--tag",
    "-f",
    "--file",
    "--build-arg",
    "--target",
    "--platform",
    "--cache-from",
    "--cache-to",
    "-o",
    "--output",
    "--secret",
    "--ssh",
    "--label",
    "--network",
    "--progress",
    "--builder",
    "--build-context",
    "--add-host",
    "--allow",
    "--annotation",
    "--attest",
    "--call",
    "--cgroup-parent",
    "--iidfile",
    "--metadata-file",
    "--no-cache-filter",
    "--sbom",
    "--provenance",
    "--shm-size",
    "--ulimit",
    "-m",
    "--memory",
    "--memory-swap",
    "-c",
    "--cpu-shares",
    "--cpu-period",
    "--cpu-quota",
    "--cpuset-cpus",
    "--cpuset-mems",
    "--isolation",
    "--security-opt",
    "-v",
    "--volume",
    "--authfile",
    "--creds",
    "--cert-dir",
    "--format",
    "--env",
    "--arch",
    "--os",
    "--variant",
    "--userns",
    "--from",
    "--ignorefile",
    "--jobs",
    "--logfile",
    "--manifest",
    "--runtime",
    "--retry",
    "--retry-delay",
    "--device",
    "--dns",
    "--dns-search",
    "--dns-option",
    "--cap-add",
    "--cap-drop",
    "--hooks-dir",
    "--group-add",
    "--build-arg-file",
    "--unsetenv",
    "--timestamp",
    "--user",
    "--cpp-flag",
    "--decryption-key",
    "--policy",
];

/// Says what a call runs that builds images. The catalog says what else it does: always false.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let mut rest = call.argv.get(1..).unwrap_or_default();
    let mut words = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        let Some(text) = first.text() else { return false };
        rest = after;
        if text.starts_with('-') {
            if GLOBAL.contains(&text) {
                rest = rest.get(1..).unwrap_or_default();
            }
            continue;
        }
        words.push(text);
        match (call.program(), words.as_slice()) {
            (
                "docker" | "nerdctl" | "podman",
                ["build"] | ["buildx", "build" | "b"] | ["image" | "builder", "build"],
            )
            | ("buildah", ["bud" | "build" | "build-using-dockerfile"]) => build_of(call, rest, say),
            ("docker" | "nerdctl" | "podman", ["compose"]) => compose::follow(call, rest, say),
            (_, ["buildx" | "image" | "builder"]) => continue,
            _ => {}
        }
        return false;
    }
    false
}

/// `docker build … CONTEXT`.
fn build_of(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) {
    let buildah = matches!(call.program(), "podman" | "buildah");
    let mut build = Build { every: !buildah && is_classic(call), ..Build::default() };
    let (mut file, mut context, mut output): (Option<&Arg>, Option<&Arg>, Option<&Arg>) = (None, None, None);
    // `--file=F` and `-fF` as `-f F`.
    let held: Vec<Arg> = args.iter().flat_map(parts).collect();
    let mut rest = held.iter();
    while let Some(word) = rest.next() {
        let Some(text) = word.text().filter(|text| text.len() > 1 && text.starts_with('-')) else {
            context.get_or_insert(word);
            continue;
        };
        if matches!(text, "-h" | "--help" | "--check" | "--print") {
            return;
        }
        if !VALUES.contains(&text) {
            continue;
        }
        let Some(value) = rest.next() else { break };
        match text {
            "-f" | "--file" => file = Some(value),
            "-t" | "--tag" if build.name.is_empty() => build.name.clone_from(&value.source),
            "--target" => {
                build.target = Some(value.code().map_or_else(|| crate::call::HOLE.to_string(), str::to_owned))
            }
            "-o" | "--output" => output = Some(value),
            "--build-arg" => build.args.push(argument(call, value)),
            "--call" if value.text().is_some_and(|text| text != "build") => return,
            "-v" | "--volume" if buildah => {
                build.mounts.extend(value.text().and_then(|text| text.split(':').nth(1)).map(str::to_owned));
            }
            _ => {}
        }
    }
    if let Some(output) = output {
        writes(call, output, say);
    }
    let standing = |word: Option<&Arg>| word.and_then(Arg::text) == Some("-");
    if standing(file) || (file.is_none() && standing(context)) {
        // The Dockerfile itself comes in; anything else is an archive.
        if let Stdin::Known(text) = &call.stdin {
            name(&mut build, "Dockerfile");
            build::follow(&build, text, say);
        }
        return;
    }
    let context = context.and_then(Arg::text).unwrap_or(".");
    let Some(dir) = call.path(context) else { return };
    let named = file.map(Arg::text);
    let found = match named {
        Some(Some(file)) => {
            let paths = [call.path(file), Some(dir.join(file))];
            paths.into_iter().flatten().find_map(|path| Found::at(call, path))
        }
        // A context that lies elsewhere brings its own, unless that is named.
        _ if context.contains("://") || context.starts_with("git@") => None,
        Some(None) => None,
        None => {
            let names: &[&str] =
                if buildah { &["Containerfile", "Dockerfile"] } else { &["Dockerfile", "dockerfile", "Containerfile"] };
            names.iter().find_map(|name| Found::at(call, dir.join(name)))
        }
    };
    if let Some(found) = found {
        built(found, &mut build, say);
    }
}

/// Follows a Dockerfile that was found.
fn built(found: Found, build: &mut Build, say: &mut dyn Say) {
    let file = found.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name(build, &file);
    build::follow(build, &String::from_utf8_lossy(&found.bytes), say);
    say.pin(found.path, &found.bytes);
}

/// What people call the build, unless a tag says it.
fn name(build: &mut Build, name: &str) {
    if build.name.is_empty() {
        name.clone_into(&mut build.name);
    }
}

/// An option and its value, where they are one word.
fn parts(word: &Arg) -> Vec<Arg> {
    let whole = || vec![word.clone()];
    let Some(text) = word.code().filter(|text| text.starts_with('-')) else { return whole() };
    let (option, value) = match options::inline(text) {
        (option, Some(value)) => (option, value),
        _ => match text.split_at_checked(2) {
            Some((option, value)) if !value.is_empty() && !option.starts_with("--") => {
                (option, value.strip_prefix('=').unwrap_or(value))
            }
            _ => return whole(),
        },
    };
    if VALUES.contains(&option) { vec![Arg::known(option), Arg::with_holes(value)] } else { whole() }
}

/// `NAME=VALUE`, or `NAME` for what the variable of this name holds here.
fn argument(call: &Call<'_>, word: &Arg) -> (String, Option<String>) {
    let text = word.code().unwrap_or_default();
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => {
            let value = match call.variable(text) {
                Some(Value::Known(value)) => Some(value),
                _ => None,
            };
            (text.to_owned(), value)
        }
    }
}

/// The builder of before, which builds every stage.
fn is_classic(call: &Call<'_>) -> bool {
    call.variable("DOCKER_BUILDKIT") == Some(Value::Known("0".to_owned()))
}

/// `--output`: files of the result go into a directory or an archive.
fn writes(call: &Call<'_>, output: &Arg, say: &mut dyn Say) {
    let Some(text) = output.text() else { return };
    let part = |name: &str| text.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let kind = part("type").unwrap_or(if text.contains('=') { "" } else { "local" });
    if part("push") == Some("true") || kind == "registry" {
        let image = part("name").unwrap_or("image");
        say.effect(Effect::new(Verb::Publish, Target::new(TargetKind::Publication, format!("image {image}"))));
    }
    let to = part("dest").or_else(|| (!text.contains('=')).then_some(text)).filter(|to| *to != "-");
    let Some(to) = to else { return };
    let target = Target::new(TargetKind::FileTree, to);
    let Some(path) = call.path(to) else {
        return say.opaque(Effect::opaque(Verb::Modify, target, "in which directory it is, is not known"));
    };
    let there = call.world.kind(&path).is_some();
    let verb = if there { Verb::Modify } else { Verb::Create };
    let effect = Effect::new(verb, target.at(vec![path]));
    let is_file = there && kind != "local";
    say.effect(if is_file { effect.within(weir_model::Scope::Content) } else { effect });
}

/// Part of a build has not been read.
fn unread(name: &str, why: &str, say: &mut dyn Say) {
    say.opaque(Effect::opaque(Verb::Execute, Target::new(TargetKind::Program, name), why));
}

/// The path of a file below a directory that text names.
fn below(dir: &std::path::Path, text: &str) -> PathBuf {
    crate::call::normalize(&dir.join(text))
}
