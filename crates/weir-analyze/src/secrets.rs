//! Secrets in the arguments of a call: what a program would read, print or send.

mod destination;

use std::path::Path;

use weir_model::{Effect, Target, TargetKind, Verb, is_credential, is_secret};

use crate::World;
use crate::call::{Arg, Call, Much, Secret, Value};
use destination::Place;

/// What the environment of a process is called where it is printed.
pub(crate) const ENVIRONMENT: &str = "the environment variables";

/// How an argument names a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The argument is a path; `@path` and `name=@path` are too.
    Path,
    /// It is text, and a path only after `@` (`curl -d @FILE`).
    AfterAt,
}

/// What a value that is sent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    /// Anything: who takes it does not sign anybody in.
    Data,
    /// The body or the address of a request to a service.
    Request,
    /// A header: what it is for is said by its name.
    Header,
    /// What the caller signs in with.
    SignIn,
}

/// The secrets that an argument holds or names. `-` is the standard input.
pub(crate) fn of_arg(call: &Call<'_>, arg: &Arg, naming: Naming) -> Vec<Secret> {
    let mut all = arg.secrets.clone();
    let marked = || match &arg.value {
        Value::Known(text) | Value::Prefix(text) => arg.template.as_deref().unwrap_or(text).contains('@'),
        Value::Unknown => arg.template.as_deref().is_some_and(|text| text.contains('@')),
        Value::OneOf(texts) => texts.iter().any(|text| text.contains('@')),
    };
    if naming == Naming::Path || marked() {
        for secret in all.iter_mut().filter(|secret| secret.much == Much::Names) {
            secret.much = Much::Whole;
        }
    }
    if naming == Naming::Path {
        // What a variable of the session holds is here the name of a file.
        all.retain(|secret| secret.much != Much::Own);
    }
    let texts: &[String] = match &arg.value {
        Value::Known(text) | Value::Prefix(text) => std::slice::from_ref(text),
        Value::OneOf(texts) => texts,
        Value::Unknown => &[],
    };
    for text in texts {
        for named in named(text, naming) {
            if matches!(named, "-" | "/dev/stdin") {
                add(&mut all, &call.secrets);
            } else if let Some(secret) = of_path(call, named) {
                add(&mut all, &[secret]);
            }
        }
    }
    all
}

/// `text` as a secret, where it is a path that leads to one.
pub(crate) fn of_path(call: &Call<'_>, text: &str) -> Option<Secret> {
    // The last component decides, unless a directory above it does.
    let path = call.path(text).unwrap_or_else(|| text.into());
    of_file(&path)
}

/// The secret at `path`.
pub(crate) fn of_file(path: &Path) -> Option<Secret> {
    is_secret(path).then(|| {
        let secret = Secret::whole(path.to_string_lossy());
        if is_token(path) { secret.cut(Much::One) } else { secret }
    })
}

/// True for `--exclude X` and `--exclude=X`; `--exclude-from` names a file of patterns.
pub(crate) fn leaves_out(option: &str) -> bool {
    option.strip_prefix("--exclude").is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// `text` as a directory with everything in it. Whether a secret is among it is looked up where it is sent.
pub(crate) fn of_tree(call: &Call<'_>, text: &str) -> Option<Secret> {
    let path = call.path(text.trim_end_matches('*'))?;
    // What a command leaves out is not among it (`--exclude .env`, `-x '*.env'`).
    let excludes = |arg: &Arg| arg.text().is_some_and(|text| leaves_out(text) || text == "-x");
    let settings = |arg: &Arg| arg.text().is_some_and(|text| text.trim_end_matches('*').ends_with(".env"));
    if call.argv.iter().any(excludes) && call.argv.iter().any(settings) {
        return of_file(&path);
    }
    Some(of_file(&path).unwrap_or_else(|| Secret::whole(path.to_string_lossy()).cut(Much::Directory)))
}

/// True for a file that holds one credential and nothing else.
fn is_token(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    path.starts_with("/run/secrets")
        || path.starts_with("/var/run/secrets")
        || (!name.contains(".env") && !name.contains(".json"))
            && ["token", "password", "passwd", "apikey", "api_key", "api-key"].iter().any(|word| name.contains(word))
}

/// The paths that an argument may name; none for an address and for a place on another machine (`host:path`).
fn named(text: &str, naming: Naming) -> impl Iterator<Item = &str> {
    let remote = text.contains("://") || text.split('/').next().is_some_and(|start| start.contains(':'));
    // `FILE:x` of `socat`.
    let (text, remote) = match text.split_once(':') {
        Some((kind, rest)) if matches!(kind.to_ascii_lowercase().as_str(), "file" | "open" | "gopen") => (rest, false),
        _ => (text, remote),
    };
    let text = if remote && !text.contains("=@") && !text.contains(":@") { "" } else { text };
    let plain = (naming == Naming::Path).then_some(text);
    let value = text.split_once('=').map(|(_, value)| value).filter(|_| naming == Naming::Path);
    let after = ["=@", "=<", "@"].iter().find_map(|mark| text.split_once(mark)).map(|(_, rest)| rest);
    let cut = |text| str::split(text, [';', ',']).next().unwrap_or_default();
    plain.into_iter().chain(value).chain(after.map(cut)).filter(|path| !path.is_empty())
}

/// What leaves the machine of `secrets`, on the way to `to` (nothing: wherever it goes). `arg` is the value that holds
/// them.
pub(crate) fn leaving(
    call: &Call<'_>,
    secrets: &[Secret],
    carries: Carries,
    arg: Option<&Arg>,
    to: &[Arg],
) -> Vec<Effect> {
    if secrets.is_empty() {
        return Vec::new();
    }
    let place = destination::of(to).unwrap_or(Place::Service);
    if place == Place::Local {
        return Vec::new();
    }
    let signs_in = place != Place::Exposed
        && match carries {
            Carries::Data => false,
            Carries::Request => asks_for_token(call),
            Carries::Header => arg.is_some_and(is_sign_in),
            Carries::SignIn => true,
        };
    let leaves = |secret: &&Secret| {
        let home = |variable: &String| {
            let mut hosts = destination::hosts(to).peekable();
            hosts.peek().is_some() && hosts.all(|host| destination::belongs(variable, host))
        };
        match secret.much {
            Much::Own if carries == Carries::Data => true,
            Much::Own => place == Place::Exposed,
            Much::One => {
                let back = place != Place::Exposed && secret.variable.as_ref().is_some_and(home);
                !(signs_in || (carries != Carries::Data && back))
            }
            Much::Directory => holds_secrets(call.world, Path::new(&secret.name)),
            Much::Whole | Much::Data => true,
            Much::Names => false,
        }
    };
    secrets.iter().filter(leaves).map(sent).collect()
}

/// Whether a header is one that signs the caller in.
fn is_sign_in(arg: &Arg) -> bool {
    const NAMES: &[&str] =
        &["authorization", "cookie", "x-api-key", "api-key", "apikey", "x-goog-api-key", "x-auth-key"];
    const ENDS: &[&str] = &["-token", "-api-key", "-apikey", "-access-key", "-authorization", "-auth", "-auth-key"];
    let text = arg.template.as_deref().or(match &arg.value {
        Value::Known(text) | Value::Prefix(text) => Some(text.as_str()),
        Value::OneOf(texts) => texts.first().map(String::as_str),
        Value::Unknown => None,
    });
    let Some((name, _)) = text.and_then(|text| text.split_once(':')) else { return false };
    let name = name.trim().to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a request is one by which a program gets a token for its credentials (OAuth, a login).
fn asks_for_token(call: &Call<'_>) -> bool {
    let texts = || {
        call.argv.iter().filter_map(|arg| match &arg.value {
            Value::Known(text) | Value::Prefix(text) => Some(arg.template.as_deref().unwrap_or(text)),
            Value::Unknown => arg.template.as_deref(),
            Value::OneOf(_) => None,
        })
    };
    let says = |word: &str| texts().any(|text| text.contains(word));
    let login = || {
        texts().filter(|text| text.starts_with("https://")).any(|text| {
            let path = text.split(['?', '#']).next().unwrap_or_default();
            path.split('/').skip(3).any(|part| {
                matches!(
                    part,
                    "login"
                        | "signin"
                        | "sign-in"
                        | "token"
                        | "tokens"
                        | "session"
                        | "sessions"
                        | "auth"
                        | "authenticate"
                )
            })
        })
    };
    says("grant_type") || (says("password") || says("client_secret") || says("api_key")) && login()
}

/// Whether there are secrets in a directory: it is a person's, or a project's with its settings.
pub(crate) fn holds_secrets(world: &dyn World, dir: &Path) -> bool {
    const SETTINGS: &[&str] = &[".env", ".env.local", ".env.production", ".netrc", ".npmrc", ".git-credentials"];
    let homes = [world.home(None), world.home(Some("root"))];
    if dir == Path::new("/")
        || homes.iter().flatten().any(|home| home.starts_with(dir) || *home.join(".config") == *dir)
    {
        return true;
    }
    if dir.parent() == Some(Path::new("/home")) || dir.parent() == Some(Path::new("/Users")) {
        return true;
    }
    SETTINGS.iter().any(|name| world.kind(&dir.join(name)).is_some())
}

/// Giving a secret to another machine.
pub(crate) fn sent(secret: &Secret) -> Effect {
    let path = Path::new(&secret.name);
    let paths = if path.is_absolute() { vec![path.to_owned()] } else { Vec::new() };
    let kind = if secret.much == Much::Data { TargetKind::Database } else { TargetKind::Secret };
    Effect::new(Verb::Send, Target::new(kind, &secret.name).at(paths))
}

/// Whether an address is one of this machine.
pub(crate) fn is_local(address: &str) -> bool {
    destination::of(&[Arg::known(address)]) == Some(Place::Local)
}

/// What a variable of the session holds, where its name says that it is a credential.
pub(crate) fn of_variable(name: &str) -> Option<Secret> {
    is_credential(name).then(|| Secret { name: format!("${name}"), much: Much::Own, variable: Some(name.to_owned()) })
}

/// The names that `find` prints where these are its tests.
pub(crate) fn of_tests<'t>(tests: impl Iterator<Item = &'t str>) -> Option<Secret> {
    let mut words = tests.flat_map(|text| text.split_whitespace());
    while let Some(word) = words.next() {
        if !matches!(word, "-name" | "-iname" | "-path" | "-ipath" | "-wholename") {
            continue;
        }
        let pattern = words.next()?.trim_matches(['"', '\'']).replace('\\', "");
        let found = ["", "x"].iter().any(|any| is_secret(Path::new(&pattern.replace('*', any))));
        if found {
            return Some(Secret::whole(pattern).cut(Much::Names));
        }
    }
    None
}

/// Adds those that are not there yet.
pub(crate) fn add(all: &mut Vec<Secret>, more: &[Secret]) {
    for secret in more {
        if !all.contains(secret) {
            all.push(secret.clone());
        }
    }
}
