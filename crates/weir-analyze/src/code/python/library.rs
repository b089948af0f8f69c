//! What Python's libraries do.

use crate::call::{Language, Value};
use crate::code::effects::Act;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::value::{Piece, Text, Val};

/// Modules that are never files beside the program.
pub(super) const STANDARD: &[&str] = &[
    "argparse",
    "ast",
    "asyncio",
    "atexit",
    "base64",
    "boto3",
    "botocore",
    "builtins",
    "codecs",
    "collections",
    "concurrent",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "enum",
    "errno",
    "fnmatch",
    "functools",
    "getpass",
    "glob",
    "hashlib",
    "importlib",
    "io",
    "itertools",
    "json",
    "logging",
    "marshal",
    "math",
    "multiprocessing",
    "numpy",
    "os",
    "pandas",
    "pathlib",
    "pickle",
    "platform",
    "posix",
    "pprint",
    "psycopg",
    "psycopg2",
    "queue",
    "random",
    "re",
    "requests",
    "runpy",
    "send2trash",
    "shlex",
    "shutil",
    "signal",
    "socket",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "stat",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "traceback",
    "typing",
    "unittest",
    "urllib",
    "uuid",
    "warnings",
    "yaml",
    "zipfile",
    "zlib",
    "__future__",
];

/// What `from MODULE import *` brings, as far as it matters.
pub(super) fn names(module: &str) -> Vec<&'static str> {
    LIBRARY
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(module)?.strip_prefix('.'))
        .filter(|name| !name.contains('.'))
        .chain((module == "os").then_some("path"))
        .collect()
}

/// Functions and their meanings.
pub(super) static LIBRARY: Library = &[
    // Files go.
    ("shutil.rmtree", Do::File(Act::Tree)),
    ("*.rmtree", Do::File(Act::Tree)),
    ("os.remove", Do::File(Act::File)),
    ("os.unlink", Do::File(Act::File)),
    ("posix.remove", Do::File(Act::File)),
    ("posix.unlink", Do::File(Act::File)),
    ("posix.rmdir", Do::File(Act::Empty)),
    ("os.rmdir", Do::File(Act::Empty)),
    ("os.removedirs", Do::File(Act::Empty)),
    ("*.removedirs", Do::File(Act::Empty)),
    ("send2trash.send2trash", Do::File(Act::Tree)),
    ("distutils.dir_util.remove_tree", Do::File(Act::Tree)),
    ("setuptools._distutils.dir_util.remove_tree", Do::File(Act::Tree)),
    ("Path.unlink", Do::File(Act::File)),
    ("Path.rmdir", Do::File(Act::Empty)),
    ("pathlib.Path.unlink", Do::File(Act::File)),
    ("pathlib.Path.rmdir", Do::File(Act::Empty)),
    ("?.unlink", Do::Value(unlink_unknown)),
    ("file.unlink", Do::File(Act::File)),
    // Files move and change.
    ("shutil.move", Do::Move),
    ("os.rename", Do::Move),
    ("os.renames", Do::Move),
    ("os.replace", Do::Move),
    ("Path.rename", Do::Move),
    ("Path.replace", Do::Move),
    ("shutil.copy", Do::Copy),
    ("shutil.copy2", Do::Copy),
    ("shutil.copyfile", Do::Copy),
    ("shutil.copytree", Do::Value(copytree)),
    ("open", Do::Value(open)),
    ("io.open", Do::Value(open)),
    ("builtins.open", Do::Value(open)),
    ("codecs.open", Do::Value(open)),
    ("gzip.open", Do::Value(open)),
    ("aiofiles.open", Do::Value(open)),
    ("os.fdopen", Do::Nothing),
    ("Path.open", Do::Value(open)),
    ("os.open", Do::Value(os_open)),
    ("Path.write_text", Do::File(Act::Write)),
    ("Path.write_bytes", Do::File(Act::Write)),
    ("Path.touch", Do::File(Act::Touch)),
    ("Path.mkdir", Do::File(Act::Make)),
    ("Path.chmod", Do::Mode),
    ("Path.read_text", Do::Value(content)),
    ("Path.read_bytes", Do::Value(content)),
    ("file.read", Do::Value(content)),
    ("file.truncate", Do::File(Act::Cut)),
    ("os.truncate", Do::File(Act::Cut)),
    ("os.chmod", Do::Mode),
    ("os.lchmod", Do::Mode),
    ("os.chown", Do::File(Act::Touch)),
    ("shutil.chown", Do::File(Act::Touch)),
    ("os.makedirs", Do::File(Act::Make)),
    ("os.mkdir", Do::File(Act::Make)),
    ("os.symlink", Do::Value(link)),
    ("os.link", Do::Value(link)),
    ("Path.symlink_to", Do::File(Act::Make)),
    // Programs.
    ("os.system", Do::Shell),
    ("posix.system", Do::Shell),
    ("os.popen", Do::Shell),
    ("subprocess.getoutput", Do::Shell),
    ("subprocess.getstatusoutput", Do::Shell),
    ("commands.getoutput", Do::Shell),
    ("asyncio.create_subprocess_shell", Do::Shell),
    ("asyncio.create_subprocess_exec", Do::ExecList(0, false)),
    ("pexpect.spawn", Do::Shell),
    ("pexpect.run", Do::Shell),
    ("pty.spawn", Do::Command),
    ("subprocess.run", Do::Command),
    ("subprocess.call", Do::Command),
    ("subprocess.check_call", Do::Command),
    ("subprocess.check_output", Do::Command),
    ("subprocess.Popen", Do::Command),
    ("os.execl", Do::ExecList(0, true)),
    ("os.execlp", Do::ExecList(0, true)),
    ("os.execle", Do::ExecList(0, true)),
    ("os.execv", Do::ExecList(0, true)),
    ("os.execvp", Do::ExecList(0, true)),
    ("os.execve", Do::ExecList(0, true)),
    ("os.execvpe", Do::ExecList(0, true)),
    ("os.spawnl", Do::ExecList(1, true)),
    ("os.spawnlp", Do::ExecList(1, true)),
    ("os.spawnv", Do::ExecList(1, true)),
    ("os.spawnvp", Do::ExecList(1, true)),
    ("os.spawnve", Do::ExecList(1, true)),
    ("os.posix_spawn", Do::ExecList(0, true)),
    ("os.posix_spawnp", Do::ExecList(0, true)),
    // Code.
    ("exec", Do::Eval),
    ("eval", Do::Eval),
    ("execfile", Do::RunFile(Language::Python)),
    ("builtins.exec", Do::Eval),
    ("builtins.eval", Do::Eval),
    ("compile", Do::Value(first)),
    ("runpy.run_path", Do::RunFile(Language::Python)),
    ("__import__", Do::Value(import)),
    ("importlib.import_module", Do::Value(import)),
    ("getattr", Do::Value(getattr)),
    ("globals", Do::Nothing),
    ("marshal.loads", Do::Hidden("the program loads compiled code")),
    ("marshal.load", Do::Hidden("the program loads compiled code")),
    ("ctypes.CDLL().unlink", Do::Hidden("the program calls the system's own functions")),
    ("ctypes.CDLL().remove", Do::Hidden("the program calls the system's own functions")),
    ("ctypes.CDLL().rmdir", Do::Hidden("the program calls the system's own functions")),
    ("ctypes.CDLL().system", Do::Hidden("the program calls the system's own functions")),
    ("ctypes.CDLL().execve", Do::Hidden("the program calls the system's own functions")),
    ("ctypes.CDLL().syscall", Do::Hidden("the program calls the system's own functions")),
    ("functools.partial", Do::Value(partial)),
    ("map", Do::Value(map)),
    ("?.map", Do::Value(map)),
    ("?.starmap", Do::Value(starmap)),
    ("concurrent.futures.ThreadPoolExecutor().map", Do::Value(map)),
    ("concurrent.futures.ThreadPoolExecutor().submit", Do::Value(submit)),
    ("?.submit", Do::Value(submit)),
    ("asyncio.to_thread", Do::Value(submit)),
    ("atexit.register", Do::Value(submit)),
    ("threading.Thread", Do::Value(thread)),
    ("multiprocessing.Process", Do::Value(thread)),
    ("exit", Do::Exit),
    ("quit", Do::Exit),
    ("sys.exit", Do::Exit),
    ("os._exit", Do::Exit),
    // Paths.
    ("os.path.join", Do::Value(path_join)),
    ("posixpath.join", Do::Value(path_join)),
    ("os.path.expanduser", Do::Value(expanduser)),
    ("os.path.expandvars", Do::Value(expandvars)),
    ("os.path.abspath", Do::Value(absolute)),
    ("os.path.realpath", Do::Value(absolute)),
    ("os.path.normpath", Do::Value(first_text)),
    ("os.path.dirname", Do::Value(dirname)),
    ("os.path.basename", Do::Value(basename)),
    ("shutil.which", Do::Value(first_text)),
    ("os.fspath", Do::Value(first_text)),
    ("str", Do::Value(first_text)),
    ("os.fsencode", Do::Value(first_text)),
    ("os.getcwd", Do::Value(getcwd)),
    ("os.getcwdb", Do::Value(getcwd)),
    ("os.chdir", Do::Value(chdir)),
    ("os.getenv", Do::Value(getenv)),
    ("os.environ.get", Do::Value(getenv)),
    ("os.environ.setdefault", Do::Nothing),
    ("os.environ.pop", Do::Nothing),
    ("os.environ.copy", Do::Nothing),
    ("os.environ.update", Do::Nothing),
    ("pathlib.Path", Do::Value(path)),
    ("pathlib.PosixPath", Do::Value(path)),
    ("pathlib.Path.home", Do::Value(home)),
    ("pathlib.Path.cwd", Do::Value(cwd_path)),
    ("Path.joinpath", Do::Value(path)),
    ("Path.resolve", Do::Value(path_absolute)),
    ("Path.absolute", Do::Value(path_absolute)),
    ("Path.expanduser", Do::Value(path_expanduser)),
    ("Path.with_suffix", Do::Value(with_suffix)),
    ("Path.with_name", Do::Value(with_name)),
    ("Path.as_posix", Do::Value(first_text)),
    ("Path.__str__", Do::Value(first_text)),
    ("Path.glob", Do::Value(path_glob)),
    ("Path.rglob", Do::Value(path_glob)),
    ("Path.iterdir", Do::Value(path_glob)),
    ("glob.glob", Do::Value(glob)),
    ("glob.iglob", Do::Value(glob)),
    ("os.listdir", Do::Value(listdir)),
    ("os.scandir", Do::Value(scandir)),
    ("os.walk", Do::Value(walk)),
    ("tempfile.mkdtemp", Do::Value(scratch)),
    ("tempfile.mktemp", Do::Value(scratch)),
    ("tempfile.mkstemp", Do::Value(scratch_pair)),
    ("tempfile.gettempdir", Do::Value(temp_dir)),
    ("tempfile.TemporaryDirectory", Do::Value(scratch_file)),
    ("tempfile.NamedTemporaryFile", Do::Value(scratch_file)),
    ("tempfile.TemporaryFile", Do::Value(scratch_file)),
    // Values.
    ("list", Do::Value(listed)),
    ("sorted", Do::Value(listed)),
    ("set", Do::Value(listed)),
    ("tuple", Do::Value(listed)),
    ("reversed", Do::Value(listed)),
    ("iter", Do::Value(listed)),
    ("enumerate", Do::Value(enumerate)),
    ("tqdm.tqdm", Do::Value(listed)),
    ("next", Do::Value(next)),
    ("dict.items", Do::Value(dict_items)),
    ("dict.keys", Do::Value(listed)),
    ("dict.values", Do::Value(dict_values)),
    ("dict.get", Do::Value(dict_get)),
    ("str.format", Do::Value(format)),
    ("str.join", Do::Value(str_join)),
    ("str.split", Do::Value(split)),
    ("shlex.split", Do::Value(split)),
    ("shlex.quote", Do::Value(first_text)),
    ("shlex.join", Do::Value(shlex_join)),
    ("str.strip", Do::Value(strip)),
    ("str.rstrip", Do::Value(strip)),
    ("str.encode", Do::Value(first_text)),
    ("str.decode", Do::Value(first_text)),
    ("str.lower", Do::Value(lower)),
    ("str.replace", Do::Value(replace)),
    ("content.strip", Do::Value(first)),
    ("content.decode", Do::Value(first)),
    // Databases.
    ("?.execute", Do::Sql),
    ("?.executemany", Do::Sql),
    ("?.executescript", Do::Sql),
    ("?.exec_driver_sql", Do::Sql),
    ("sqlalchemy.text", Do::Value(first)),
    ("sqlalchemy.sql.text", Do::Value(first)),
    // Clouds and hosts.
    ("requests.get", Do::Get),
    ("requests.head", Do::Get),
    ("httpx.get", Do::Get),
    ("requests.Session().get", Do::Get),
    ("requests.post", Do::Send),
    ("requests.put", Do::Send),
    ("requests.patch", Do::Send),
    ("requests.delete", Do::Send),
    ("requests.Session().post", Do::Send),
    ("requests.Session().put", Do::Send),
    ("requests.Session().delete", Do::Send),
    ("requests.request", Do::Request),
    ("httpx.post", Do::Send),
    ("httpx.put", Do::Send),
    ("httpx.delete", Do::Send),
    ("urllib.request.urlopen", Do::Get),
    ("urllib.request.Request", Do::Get),
    ("urllib.request.urlretrieve", Do::Value(retrieve)),
    ("socket.create_connection", Do::Value(connect)),
    ("socket.socket().connect", Do::Value(connect)),
    ("boto3.client", Do::Value(cloud_client)),
    ("boto3.resource", Do::Value(cloud_client)),
    ("boto3.Session().client", Do::Value(cloud_client)),
    ("boto3.Session().resource", Do::Value(cloud_client)),
    ("boto3.session.Session().client", Do::Value(cloud_client)),
    ("boto3.session.Session().resource", Do::Value(cloud_client)),
    ("boto3.client().*", Do::Cloud),
];

/// A path that does not exist: what the session makes for itself, and may throw away.
const SCRATCH: &str = "/tmp/tmpXXXXXXXX";

pub(in crate::code) fn parent(text: &Text) -> Text {
    match text.text() {
        Some(known) => match known.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => Text::known("/"),
            Some((dir, _)) => Text::known(dir),
            None => Text::known("."),
        },
        None => match text.start().rsplit_once('/') {
            Some((dir, _)) if text.pieces.len() == 2 && text.filter.is_none() => Text::known(dir),
            Some((dir, _)) => Text::below(dir, "*"),
            None => Text::hole(&text.shown()),
        },
    }
}

pub(in crate::code) fn base(text: &Text) -> Text {
    match text.text() {
        Some(known) => Text::known(known.trim_end_matches('/').rsplit('/').next().unwrap_or(known)),
        None => Text::hole(&text.shown()),
    }
}

/// Applies `change` to the text of each alternative of the first argument.
fn change(args: &Args, change: impl Fn(&Val, Text) -> Val) -> Val {
    let source = args.source(0).to_owned();
    let each = args.value(0).each();
    let values = each.iter().map(|value| match value {
        Val::Str(text) | Val::Path(text) | Val::File(text) => change(value, text.clone()),
        Val::Num(number) => change(value, Text::known(number.to_string())),
        _ => change(value, Text::hole(&source)),
    });
    Val::any(values.collect())
}

fn first(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    args.value(0)
}

fn first_text(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |value, text| if matches!(value, Val::Content(_)) { value.clone() } else { Val::Str(text) })
}

fn unlink_unknown(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::File, &Val::Unknown, &args.path);
    Val::Unknown
}

pub(in crate::code) fn path_join(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    Machine::combine(&args.list, |parts| Val::Str(machine.join(parts, true)))
}

pub(in crate::code) fn path(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.list.is_empty() {
        return Val::Path(Text::known("."));
    }
    Machine::combine(&args.list, |parts| Val::Path(machine.join(parts, true)))
}

pub(in crate::code) fn home_text(machine: &Machine<'_, '_>) -> Option<String> {
    match machine.call.variable("HOME") {
        Some(Value::Known(home)) => Some(home),
        _ => machine.call.world.home(None).and_then(|home| home.to_str().map(str::to_owned)),
    }
}

fn expand(machine: &Machine<'_, '_>, text: Text) -> Text {
    let mut text = text;
    if let Some(Piece::Known(first)) = text.pieces.first_mut()
        && let Some(rest) = first.strip_prefix('~')
        && (rest.is_empty() || rest.starts_with('/'))
        && let Some(home) = home_text(machine)
    {
        *first = format!("{home}{rest}");
    }
    text
}

fn expanduser(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Str(expand(machine, text)))
}

fn path_expanduser(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Path(expand(machine, text)))
}

/// `$NAME` and `${NAME}` in a text.
fn expandvars(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| {
        let Some(known) = text.text() else { return Val::Str(Text::hole(&text.shown())) };
        let mut out = Text::default();
        let mut parts = known.split('$');
        out.push(Text::known(parts.next().unwrap_or_default()));
        for part in parts {
            let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
                Some(parts) => parts,
                None => {
                    let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                    part.split_at(end.unwrap_or(part.len()))
                }
            };
            out.push(machine.variable(name).text(name));
            out.push(Text::known(rest));
        }
        Val::Str(out)
    })
}

fn make_absolute(machine: &Machine<'_, '_>, text: Text) -> Text {
    let start = text.start().to_owned();
    if start.starts_with('/') || start.is_empty() {
        return text;
    }
    let Some(cwd) = machine.cwd.as_ref().and_then(|cwd| cwd.to_str()) else { return text };
    if let Some(known) = text.text() {
        return machine.path(known).and_then(|path| path.to_str().map(Text::known)).unwrap_or(text);
    }
    let mut out = Text::known(format!("{}/", cwd.trim_end_matches('/')));
    out.push(text);
    out
}

fn absolute(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Str(make_absolute(machine, text)))
}

fn path_absolute(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Path(make_absolute(machine, text)))
}

pub(in crate::code) fn dirname(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| match text.text() {
        Some(known) if !known.contains('/') => Val::str(""),
        _ => Val::Str(parent(&text)),
    })
}

fn basename(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Str(base(&text)))
}

fn cwd_text(machine: &Machine<'_, '_>) -> Text {
    machine.cwd.as_ref().and_then(|cwd| cwd.to_str()).map_or_else(|| Text::hole("os.getcwd()"), Text::known)
}

fn getcwd(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::Str(cwd_text(machine))
}

fn cwd_path(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::Path(cwd_text(machine))
}

fn home(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::Path(home_text(machine).map_or_else(|| Text::hole("Path.home()"), Text::known))
}

fn chdir(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.moved = true;
    machine.cwd = match args.value(0).word() {
        Value::Known(text) => machine.path(&text),
        _ => None,
    };
    Val::Null
}

pub(in crate::code) fn getenv(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let value = match args.value(0).word() {
        Value::Known(name) => machine.variable(&name),
        _ => Val::Unknown,
    };
    match (value, args.get(1, &["default"])) {
        // Where it is not set here, the default is what it is.
        (Val::Unknown, Some((default, _))) => match args.value(0).word() {
            Value::Known(name) if machine.call.variable(&name).is_none() => default.clone(),
            _ => Val::any(vec![Val::Unknown, default.clone()]),
        },
        (value, _) => value,
    }
}

fn with_suffix(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let suffix = args.value(1).text("suffix");
    change(args, |_, text| {
        let Some(known) = text.text() else { return Val::Path(Text::below(parent(&text).start(), "*")) };
        let (dir, name) = known.rsplit_once('/').map_or(("", known), |(dir, name)| (dir, name));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let mut out = Text::known(if dir.is_empty() { stem.to_owned() } else { format!("{dir}/{stem}") });
        out.push(suffix.clone());
        Val::Path(out)
    })
}

fn with_name(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let name = (args.value(1), args.source(1).to_owned());
    change(args, |_, text| Val::Path(machine.join(&[(Val::Str(parent(&text)), String::new()), name.clone()], true)))
}

/// What a pattern below `dir` finds.
fn found(dir: &Text, pattern: &str) -> Text {
    match dir.text() {
        Some(dir) => Text::below(dir, pattern),
        None if dir.start().is_empty() => Text::hole(&dir.shown()),
        None => dir.clone(),
    }
}

fn path_glob(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let pattern = if args.list.len() > 1 { args.value(1).text("*").shown() } else { "*".to_owned() };
    Val::some(change(args, |_, text| Val::Path(found(&text, &pattern))))
}

fn glob(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let root = args.option("root_dir");
    Val::some(change(args, |_, text| {
        let start = text.start().to_owned();
        if text.text().is_some() && !start.contains(['*', '?', '[']) {
            return Val::Str(text);
        }
        let fixed = start.split(['*', '?', '[']).next().unwrap_or_default();
        let (dir, rest) = match fixed.rfind('/') {
            Some(at) => (start.get(..=at).unwrap_or_default(), start.get(at + 1..).unwrap_or_default()),
            None => ("", start.as_str()),
        };
        if start.is_empty() {
            return Val::Str(Text::hole(&text.shown()));
        }
        let found = Text::below(dir, if text.text().is_some() { rest } else { "*" });
        match &root {
            Some(root) => {
                Val::Str(machine.join(&[(root.clone(), String::new()), (Val::Str(found), String::new())], true))
            }
            None => Val::Str(found),
        }
    }))
}

/// Names in a directory: joined to it, they are something below it.
fn listdir(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.list.is_empty() {
        return Val::some(Val::Str(Text::below(".", "*")));
    }
    Val::some(change(args, |_, text| match text.text() {
        Some("." | "./") => Val::Str(Text::below(".", "*")),
        _ => Val::Unknown,
    }))
}

fn scandir(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.list.is_empty() {
        return Val::some(Val::File(Text::below(".", "*")));
    }
    Val::some(change(args, |_, text| Val::File(found(&text, "*"))))
}

fn walk(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let names = Val::some(Val::Unknown);
    let dirs = change(args, |_, text| Val::Str(found(&text, "*")));
    Val::some(Val::list(vec![dirs, names.clone(), names]))
}

fn scratch(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.option("dir") {
        Some(Val::Str(dir)) if dir.text().is_some() => Val::str(format!("{}/tmpXXXXXXXX", dir.start())),
        _ => Val::str(SCRATCH),
    }
}

fn scratch_pair(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let path = scratch(machine, args);
    Val::list(vec![Val::Unknown, path])
}

fn scratch_file(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    match scratch(machine, args) {
        Val::Str(text) => Val::File(text),
        other => other,
    }
}

fn temp_dir(_: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::str("/tmp")
}

/// `open(path, mode)`.
pub(in crate::code) fn open(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let (value, source) = args
        .get(0, &["file", "filename"])
        .map(|(value, source)| (value.clone(), source.to_owned()))
        .unwrap_or((Val::Unknown, String::new()));
    let mode = args.get(1, &["mode"]).map_or(Val::str("r"), |(mode, _)| mode.clone());
    let mode = mode.text("mode");
    let act = match mode.text() {
        Some(mode) if mode.contains('w') => Act::Write,
        Some(mode) if mode.contains('x') => Act::Make,
        Some(mode) if mode.contains(['a', '+']) => Act::Touch,
        Some(_) => Act::Read,
        // It may be for writing.
        None => Act::Touch,
    };
    // Numbers are files that are open already.
    if !matches!(value, Val::Num(_)) {
        machine.files(act, &value, &source);
    }
    change(args, |_, text| Val::File(text))
}

fn os_open(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::Touch, &args.value(0), args.source(0));
    Val::Unknown
}

fn content(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Content(text))
}

fn link(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::Make, &args.value(1), args.source(1));
    Val::Null
}

fn copytree(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::Read, &args.value(0), args.source(0));
    let (to, source) = args
        .get(1, &["dst"])
        .map(|(to, source)| (to.clone(), source.to_owned()))
        .unwrap_or((Val::Unknown, String::new()));
    // Without `dirs_exist_ok` it refuses to write into what exists.
    let into = args.option("dirs_exist_ok").is_some_and(|ok| ok.truth() != Some(false));
    machine.files(if into { Act::Touch } else { Act::Make }, &to, &source);
    to
}

fn import(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0).word() {
        Value::Known(name) => machine.module(&name),
        // A module of which the name is computed is fine until something of it is called.
        _ => Val::lib("?module"),
    }
}

fn getattr(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let object = args.value(0);
    match args.value(1).word() {
        Value::Known(name) => machine.attr(&object, &name),
        Value::OneOf(names) => {
            let values = names.iter().map(|name| machine.attr(&object, name)).collect();
            Val::any(values)
        }
        _ => {
            // A computed function of a module that deletes files or starts programs.
            if let Val::Lib(lib) = &object
                && ["os", "shutil", "subprocess", "posix", "?module", "builtins"].contains(&lib.path.as_str())
            {
                machine.hidden(args.source(1), "the program computes which function it calls");
            }
            Val::Unknown
        }
    }
}

fn partial(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    Val::partial(args.value(0), args.list.iter().skip(1).map(|(value, _)| value.clone()).collect())
}

fn map(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // A method's receiver is not among the arguments where it is not known.
    let items = args.value(1).items();
    let source = args.source(1).to_owned();
    let result =
        machine.apply(&args.value(0), Args { list: vec![(items, source.clone())], ..Args::default() }, &source);
    Val::some(result)
}

fn starmap(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let source = args.source(1).to_owned();
    let list = match args.value(1).items() {
        Val::List(list) => list.0.iter().map(|item| (item.clone(), source.clone())).collect(),
        _ => vec![(Val::Unknown, source.clone())],
    };
    Val::some(machine.apply(&args.value(0), Args { list, ..Args::default() }, &source))
}

fn submit(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let list = args.list.iter().skip(1).cloned().collect();
    machine.apply(&args.value(0), Args { list, ..Args::default() }, args.source(0))
}

fn thread(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let Some((target, source)) = args.find(&["target"]) else { return Val::Unknown };
    let (target, source) = (target.clone(), source.to_owned());
    let list = match args.find(&["args"]) {
        Some((Val::List(list), source)) => list.0.iter().map(|item| (item.clone(), source.to_owned())).collect(),
        _ => Vec::new(),
    };
    machine.apply(&target, Args { list, ..Args::default() }, &source)
}

fn listed(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        value @ (Val::List(_) | Val::Some(_)) => value,
        value => Val::some(value.items()),
    }
}

fn enumerate(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    Val::some(Val::list(vec![Val::Unknown, args.value(0).items()]))
}

fn next(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    args.value(0).items()
}

fn dict_items(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        Val::Dict(dict) => {
            Val::list(dict.0.iter().map(|(key, value)| Val::list(vec![Val::str(key.clone()), value.clone()])).collect())
        }
        _ => Val::Unknown,
    }
}

fn dict_values(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        Val::Dict(dict) => Val::list(dict.0.iter().map(|pair| pair.1.clone()).collect()),
        _ => Val::Unknown,
    }
}

fn dict_get(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.index(&args.value(0), &args.value(1))
}

/// `"{}/{name}".format(a, name=b)`.
fn format(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let Val::Str(text) = args.value(0) else { return Val::Unknown };
    let Some(known) = text.text() else { return Val::Str(Text::hole(&text.shown())) };
    let mut parts: Vec<(Val, String)> = Vec::new();
    let mut plain = String::new();
    let mut next = 1usize;
    let mut letters = known.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' if letters.peek() == Some(&'{') => {
                letters.next();
                plain.push('{');
            }
            '}' => {
                letters.next_if_eq(&'}');
                plain.push('}');
            }
            '{' => {
                let field: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                let name = field.split([':', '!']).next().unwrap_or_default();
                let (value, source) = if name.is_empty() {
                    next += 1;
                    (args.value(next - 1), args.source(next - 1).to_owned())
                } else if let Ok(at) = name.parse::<usize>() {
                    (args.value(at.saturating_add(1)), args.source(at.saturating_add(1)).to_owned())
                } else {
                    args.find(&[name])
                        .map_or((Val::Unknown, name.to_owned()), |(value, source)| (value.clone(), source.to_owned()))
                };
                parts.push((Val::str(std::mem::take(&mut plain)), String::new()));
                parts.push((value, source));
            }
            other => plain.push(other),
        }
    }
    parts.push((Val::str(plain), String::new()));
    concat(&parts)
}

pub(in crate::code) fn concat(parts: &[(Val, String)]) -> Val {
    Machine::combine(parts, |parts| {
        let mut out = Text::default();
        for (value, source) in parts {
            out.push(value.text(source));
        }
        Val::Str(out)
    })
}

pub(in crate::code) fn joined(separator: &Val, list: &Val, source: &str) -> Val {
    let Val::List(list) = list else { return Val::Str(Text::hole(source)) };
    let mut parts = Vec::new();
    for (at, item) in list.0.iter().enumerate() {
        if at > 0 {
            parts.push((separator.clone(), String::new()));
        }
        parts.push((item.clone(), source.to_owned()));
    }
    concat(&parts)
}

fn str_join(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    joined(&args.value(0), &args.value(1), args.source(1))
}

fn shlex_join(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    joined(&Val::str(" "), &args.value(0), args.source(0))
}

/// Words of a text. A part that is not known stays in its word.
pub(in crate::code) fn split(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let Val::Str(text) = args.value(0) else { return Val::Unknown };
    let separator = args.list.get(1).and_then(|(value, _)| value.text("").text().map(str::to_owned));
    let mut words: Vec<Text> = Vec::new();
    let mut open = false;
    let mut quote = None;
    for piece in &text.pieces {
        match piece {
            Piece::Hole(_) => {
                if !open {
                    words.push(Text::default());
                }
                open = true;
                if let Some(word) = words.last_mut() {
                    word.push(Text { pieces: vec![piece.clone()], filter: None });
                }
            }
            Piece::Known(known) => {
                for letter in known.chars() {
                    let splits = match &separator {
                        Some(separator) => separator.contains(letter),
                        None => letter.is_whitespace() && quote.is_none(),
                    };
                    if splits {
                        open = false;
                        continue;
                    }
                    // Only `shlex.split` reads quotes, but a command line is what is split here.
                    if args.path == "shlex.split"
                        && matches!(letter, '\'' | '"')
                        && (quote.is_none() || quote == Some(letter))
                    {
                        quote = if quote.is_some() { None } else { Some(letter) };
                        if !open {
                            words.push(Text::default());
                            open = true;
                        }
                        continue;
                    }
                    if !open {
                        words.push(Text::default());
                        open = true;
                    }
                    if let Some(word) = words.last_mut() {
                        let mut buffer = [0u8; 4];
                        word.push(Text::known(&*letter.encode_utf8(&mut buffer)));
                    }
                }
            }
        }
    }
    Val::list(words.into_iter().map(Val::Str).collect())
}

fn strip(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| match text.text() {
        Some(known) if args.list.len() < 2 => Val::str(known.trim()),
        _ => Val::Str(text),
    })
}

fn lower(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| match text.text() {
        Some(known) => Val::str(known.to_lowercase()),
        None => Val::Str(Text::hole(&text.shown())),
    })
}

fn replace(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let (from, to) = (args.value(1).text(""), args.value(2).text(""));
    change(args, |_, text| match (text.text(), from.text(), to.text()) {
        (Some(known), Some(from), Some(to)) if !from.is_empty() => Val::str(known.replace(from, to)),
        _ => Val::Str(Text::hole(&text.shown())),
    })
}

fn retrieve(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.host(weir_model::Verb::Read, &args.value(0));
    machine.files(Act::Write, &args.value(1), args.source(1));
    Val::Unknown
}

fn connect(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let address = match args.value(0) {
        Val::List(list) => list.0.first().cloned().unwrap_or(Val::Unknown),
        other => other,
    };
    machine.host(weir_model::Verb::Send, &address);
    Val::Unknown
}

/// A client of a cloud, for a service.
fn cloud_client(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let service = args.value(0).text("").text().map(std::rc::Rc::from);
    Val::lib_about("boto3.client()", service)
}
