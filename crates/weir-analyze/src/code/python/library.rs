//! What Python's libraries do.

mod arguments;
mod paths;
pub(super) mod services;
mod values;

use crate::call::{Language, Value};
use crate::code::effects::Act;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::shared::files::{link, open};
use crate::code::shared::paths::{chdir, dirname, getenv, path, path_join, temp_dir};
use crate::code::shared::values::{change, dict_items, dict_values, first, from_base64, map, split};
use crate::code::value::Val;
use paths::{
    absolute, basename, cwd_path, expanduser, expandvars, getcwd, glob, home, listdir, path_absolute, path_expanduser,
    path_glob, scandir, scratch, scratch_file, scratch_pair, walk, with_name, with_suffix,
};
use values::{
    dedent, dict_get, enumerate, first_text, format, listed, lower, next, partial, replace, shlex_join, starmap,
    str_join, strip, submit, thread,
};

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

/// What a function is told that becomes a command of the program (`@app.command()`).
pub(super) const COMMAND: &str = "a command";

/// Functions and their meanings.
pub(super) static LIBRARY: Library = &[
    // Arguments.
    (COMMAND, Do::Value(arguments::register)),
    ("argparse.ArgumentParser", Do::Value(arguments::parser)),
    ("argparse.add", Do::Value(arguments::add)),
    ("argparse.group", Do::Value(arguments::group)),
    ("argparse.commands", Do::Value(arguments::commands)),
    ("argparse.command", Do::Value(arguments::command)),
    ("argparse.defaults", Do::Value(arguments::defaults)),
    ("argparse.parse", Do::Value(arguments::parse)),
    ("argparse.known", Do::Value(arguments::parse_known)),
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
    ("*.extractall", Do::Value(extract)),
    ("shutil.unpack_archive", Do::Value(unpack)),
    ("fileinput.input", Do::Value(in_place)),
    ("fileinput.FileInput", Do::Value(in_place)),
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
    ("base64.b64decode", Do::Value(from_base64)),
    ("base64.decodebytes", Do::Value(from_base64)),
    ("base64.urlsafe_b64decode", Do::Value(from_base64)),
    ("textwrap.dedent", Do::Value(dedent)),
    ("inspect.cleandoc", Do::Value(dedent)),
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
    ("psycopg.sql.SQL", Do::Value(first)),
    ("psycopg2.sql.SQL", Do::Value(first)),
    ("sqlalchemy.text", Do::Value(first)),
    ("sqlalchemy.sql.text", Do::Value(first)),
    // Hosts.
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
];

fn unlink_unknown(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::File, &Val::Unknown, &args.path);
    Val::Unknown
}

fn os_open(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // The flags are names that are joined: what is written of them says enough.
    let act = if args.source(1).contains("O_TRUNC") { Act::Cut } else { Act::Touch };
    machine.files(act, &args.value(0), args.source(0));
    Val::Unknown
}

fn content(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.path.starts_with("Path.") {
        machine.files(Act::Read, &args.value(0), args.source(0));
    }
    change(args, |_, text| Val::Content(text))
}

/// `archive.extractall(path)`: it writes over what has the names of its members.
fn extract(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    extracted(machine, args.get(0, &["path"]).map(|(dir, source)| (dir.clone(), source.to_owned())))
}

/// `shutil.unpack_archive(file, dir)`.
fn unpack(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    extracted(machine, args.get(1, &["extract_dir"]).map(|(dir, source)| (dir.clone(), source.to_owned())))
}

fn extracted(machine: &mut Machine<'_, '_>, dir: Option<(Val, String)>) -> Val {
    let (dir, source) = dir.unwrap_or((Val::str("."), String::new()));
    machine.files(Act::Touch, &dir, &source);
    Val::Null
}

fn in_place(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.option("inplace").is_some_and(|inplace| inplace.truth() != Some(false))
        && let Some((files, source)) = args.get(0, &["files"])
    {
        let (files, source) = (files.clone(), source.to_owned());
        machine.files(Act::Touch, &files, &source);
    }
    Val::Unknown
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
