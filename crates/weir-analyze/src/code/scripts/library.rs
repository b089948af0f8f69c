//! What the libraries of Perl and PHP do.

use weir_model::{TargetKind, Verb};

use crate::call::Language;
use crate::code::effects::Act;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::shared::files::open;
use crate::code::shared::paths::{chdir, cwd, dirname, getenv, glob, path, path_join, temp_dir};
use crate::code::shared::values::{first, from_base64, joined, map};
use crate::code::value::{Text, Val};

/// Perl.
pub(super) static PERL: Library = &[
    ("unlink", Do::Files(Act::File)),
    ("rmdir", Do::Files(Act::Empty)),
    ("rmtree", Do::Files(Act::Tree)),
    ("remove_tree", Do::Files(Act::Tree)),
    ("File::Path::rmtree", Do::Files(Act::Tree)),
    ("File::Path::remove_tree", Do::Files(Act::Tree)),
    ("*.remove_tree", Do::File(Act::Tree)),
    ("rename", Do::Move),
    ("move", Do::Move),
    ("mv", Do::Move),
    ("File::Copy::move", Do::Move),
    ("copy", Do::Copy),
    ("File::Copy::copy", Do::Copy),
    ("mkdir", Do::File(Act::Make)),
    ("make_path", Do::Files(Act::Make)),
    ("mkpath", Do::Files(Act::Make)),
    ("chmod", Do::ModeFirst),
    ("truncate", Do::File(Act::Cut)),
    ("open", Do::Value(perl_open)),
    ("system", Do::Exec),
    ("exec", Do::Exec),
    ("eval", Do::Eval),
    ("require", Do::Value(perl_require)),
    ("exit", Do::Exit),
    ("die", Do::Exit),
    ("glob", Do::Value(glob)),
    ("chdir", Do::Value(chdir)),
    ("find", Do::Value(each_found)),
    ("finddepth", Do::Value(each_found)),
    ("File::Find::find", Do::Value(each_found)),
    ("File::Find::finddepth", Do::Value(each_found)),
    ("dirname", Do::Value(dirname)),
    ("tempdir", Do::Value(scratch)),
    ("File::Temp.new", Do::Value(scratch)),
    ("str.filename", Do::Value(first)),
    ("shift", Do::Value(shift)),
    ("map", Do::Value(map)),
    ("grep", Do::Value(perl_grep)),
    ("sort", Do::Value(first)),
    ("join", Do::Value(perl_join)),
    ("File::Spec.catfile", Do::Value(path_join)),
    ("File::Spec.catdir", Do::Value(path_join)),
    ("readdir", Do::Nothing),
    ("?.do", Do::Sql),
    ("?.prepare", Do::Sql),
    ("path", Do::Value(path)),
    ("Path.remove", Do::File(Act::File)),
    ("Path.remove_tree", Do::File(Act::Tree)),
    ("Path.spew", Do::File(Act::Write)),
    ("Path.spew_utf8", Do::File(Act::Write)),
    ("Path.spew_raw", Do::File(Act::Write)),
    ("Path.append", Do::File(Act::Touch)),
    ("Path.touch", Do::File(Act::Touch)),
    ("Path.mkdir", Do::File(Act::Make)),
    ("Path.mkpath", Do::File(Act::Make)),
    ("Path.move", Do::Move),
    ("Path.copy", Do::Copy),
    ("Path.child", Do::Value(path)),
    ("Path.children", Do::Value(path_children)),
    ("LWP::UserAgent.new().post", Do::Send),
    ("LWP::UserAgent.new().put", Do::Send),
    ("LWP::UserAgent.new().delete", Do::Send),
    ("LWP::UserAgent.new().get", Do::Get),
    ("HTTP::Tiny.new().post", Do::Send),
    ("HTTP::Tiny.new().post_form", Do::Send),
    ("HTTP::Tiny.new().put", Do::Send),
    ("HTTP::Tiny.new().delete", Do::Send),
    ("HTTP::Tiny.new().get", Do::Get),
    ("HTTP::Tiny.new().request", Do::Request),
    ("HTTP::Request.new", Do::Request),
    ("Mojo::UserAgent.new().post", Do::Send),
    ("Mojo::UserAgent.new().delete", Do::Send),
    ("IO::Socket::INET.new", Do::Value(socket)),
    ("*.flushall", Do::Store(TargetKind::Database)),
    ("*.delete_many", Do::Store(TargetKind::Table)),
    ("run", Do::Exec),
    ("IPC::Run::run", Do::Exec),
    ("capture", Do::Exec),
    ("open2", Do::Value(open3)),
    ("open3", Do::Value(open3)),
    ("decode_base64", Do::Value(from_base64)),
    ("MIME::Base64::decode", Do::Value(from_base64)),
];

/// PHP.
pub(super) static PHP: Library = &[
    ("base64_decode", Do::Value(from_base64)),
    ("unlink", Do::File(Act::File)),
    ("rmdir", Do::File(Act::Empty)),
    ("rename", Do::Move),
    ("copy", Do::Copy),
    ("move_uploaded_file", Do::Move),
    ("file_put_contents", Do::Value(put_contents)),
    ("fopen", Do::Value(open)),
    ("touch", Do::File(Act::Touch)),
    ("mkdir", Do::File(Act::Make)),
    ("chmod", Do::Mode),
    ("chown", Do::File(Act::Touch)),
    ("ftruncate", Do::File(Act::Cut)),
    ("system", Do::Shell),
    ("exec", Do::Shell),
    ("shell_exec", Do::Shell),
    ("passthru", Do::Shell),
    ("popen", Do::Shell),
    ("proc_open", Do::Shell),
    ("pcntl_exec", Do::Spawn),
    ("eval", Do::Eval),
    ("assert", Do::Nothing),
    ("include", Do::Value(include)),
    ("include_once", Do::Value(include)),
    ("require", Do::Value(include)),
    ("require_once", Do::Value(include)),
    ("file_get_contents", Do::Value(read)),
    ("exit", Do::Exit),
    ("die", Do::Exit),
    ("glob", Do::Value(glob)),
    ("scandir", Do::Value(entries)),
    ("chdir", Do::Value(chdir)),
    ("getcwd", Do::Value(cwd)),
    ("getenv", Do::Value(getenv)),
    ("dirname", Do::Value(dirname)),
    ("sys_get_temp_dir", Do::Value(temp_dir)),
    ("tempnam", Do::Value(scratch)),
    ("realpath", Do::Value(first)),
    ("array_map", Do::Value(array_map)),
    ("array_walk", Do::Value(array_walk)),
    ("call_user_func", Do::Value(call_user)),
    ("implode", Do::Value(perl_join)),
    ("escapeshellarg", Do::Value(first)),
    ("File::delete", Do::Files(Act::File)),
    ("File::deleteDirectory", Do::Files(Act::Tree)),
    ("File::cleanDirectory", Do::Files(Act::Tree)),
    ("?.query", Do::Sql),
    ("?.exec", Do::Sql),
    ("?.execute", Do::Sql),
    ("?.prepare", Do::Sql),
    ("mysqli_query", Do::Value(query)),
    ("pg_query", Do::Value(query)),
    ("Schema.dropIfExists", Do::Store(TargetKind::Table)),
    ("Schema.drop", Do::Store(TargetKind::Table)),
    ("Schema::dropIfExists", Do::Store(TargetKind::Table)),
    ("Schema::drop", Do::Store(TargetKind::Table)),
    ("DB::table().truncate", Do::Store(TargetKind::Table)),
    ("DB::table().delete", Do::Store(TargetKind::Table)),
    ("DB::statement", Do::Sql),
    ("DB::unprepared", Do::Sql),
    ("DB::delete", Do::Sql),
];

fn socket(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if let Some((host, _)) = args.find(&["PeerAddr", "PeerHost"]) {
        let host = host.clone();
        machine.host(Verb::Send, &host);
    }
    Val::Unknown
}

pub(in crate::code) fn item(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        Val::List(list) => list.0.first().cloned().unwrap_or(Val::Unknown),
        other => other.items(),
    }
}

/// Perl's `shift`: of the function's own arguments, else of the program's.
fn shift(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if !args.list.is_empty() {
        return item(machine, args);
    }
    match machine.named("$_") {
        Some(Val::List(list)) => list.0.first().cloned().unwrap_or(Val::Unknown),
        _ => machine.arguments().get(1).cloned().unwrap_or(Val::Unknown),
    }
}

/// A path of the session's own, which a block may get.
pub(in crate::code) fn scratch(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let path = Val::str("/tmp/tmpXXXXXXXX");
    with_block(machine, args, path.clone());
    path
}

/// Calls the block that a call ends with.
pub(in crate::code) fn with_block(machine: &mut Machine<'_, '_>, args: &Args, value: Val) {
    if let Some((block @ Val::Function(..), source)) = args.list.last() {
        machine.apply(block, Args { list: vec![(value, source.clone())], ..Args::default() }, source);
    }
}

pub(in crate::code) fn read(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::Read, &args.value(0), args.source(0));
    match args.value(0) {
        Val::Str(text) => Val::Content(text),
        _ => Val::Unknown,
    }
}

pub(in crate::code) fn entries(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0).text("").text() {
        Some("." | "./") => Val::some(Val::Str(Text::below(".", "*"))),
        _ => Val::some(Val::Unknown),
    }
}

pub(in crate::code) fn path_children(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        Val::Path(text) if text.text().is_some() => Val::some(Val::Path(Text::below(text.start(), "*"))),
        _ => Val::some(Val::Unknown),
    }
}

fn include(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // What a framework loads has computed names every day: only what is known is read.
    let Some(path) = args.value(0).text("").text().and_then(|text| machine.path(text)) else { return Val::Unknown };
    if !machine.include(path.clone()) {
        machine.out.file(Language::Php, path, &[], "include");
    }
    Val::Unknown
}

/// `open(my $f, '>', $path)`, `open(F, ">$path")`.
fn perl_open(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let mode = args.value(1).text("mode");
    let start = mode.start().trim().to_owned();
    if args.list.len() > 3 || start.ends_with('|') || start.starts_with('|') || start.starts_with('-') {
        let list = args.list.iter().skip(2).cloned().collect::<Vec<_>>();
        if list.is_empty() {
            let line = start.trim_matches('|').trim().to_owned();
            machine.shell(&Val::str(line), args.source(1), None, "open");
        } else {
            let exec = Args { path: "open".to_owned(), list, ..Args::default() };
            machine.carry_out(Do::Exec, &exec);
        }
        return Val::Unknown;
    }
    let act = match start.as_str() {
        mode if mode.starts_with(">>") || mode.starts_with("+<") => Act::Touch,
        mode if mode.starts_with('>') || mode.starts_with("+>") => Act::Write,
        _ => Act::Read,
    };
    if args.list.len() > 2 {
        machine.files(act, &args.value(2), args.source(2));
    } else if let Some(name) = mode.text() {
        let name = name.trim_start_matches(['<', '>', '+', ' ']).to_owned();
        machine.files(act, &Val::str(name), args.source(1));
    }
    Val::Unknown
}

/// `open3($in, $out, $err, "prog", "arg")`: handles come first, two or three of them.
fn open3(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let handles = if args.path == "open3" { 3 } else { 2 };
    let list = args.list.iter().skip(handles).cloned().collect();
    machine.carry_out(Do::Exec, &Args { path: args.path.clone(), list, ..Args::default() })
}

/// `require "./x.pl"`; what has no place is a library.
fn perl_require(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let name = args.value(0).text("").text().filter(|name| name.contains('/')).map(str::to_owned);
    if let Some(path) = name.and_then(|name| machine.path(&name)) {
        machine.include(path);
    }
    Val::Unknown
}

fn perl_grep(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    Val::some(args.value(1).items())
}

/// `join("/", @parts)`, `implode("/", $parts)`.
fn perl_join(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let list = match args.value(1) {
        list @ (Val::List(_) | Val::Some(_)) => list,
        _ => Val::list(args.list.iter().skip(1).map(|(value, _)| value.clone()).collect()),
    };
    joined(&args.value(0), &list, args.source(1))
}

/// `find(sub { ... }, $dir)`, `find({wanted => sub { ... }}, $dir)`: it is called for everything below.
fn each_found(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let wanted = args.value(0).key("wanted").unwrap_or_else(|| args.value(0));
    for (dir, source) in args.list.iter().skip(1) {
        let below = match dir.text(source).text() {
            Some(dir) => Val::Str(Text::below(dir, "**")),
            None => Val::Unknown,
        };
        machine.apply(&wanted, Args { list: vec![(below, source.clone())], ..Args::default() }, source);
    }
    Val::Unknown
}

fn put_contents(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // `FILE_APPEND` is the one flag that is given.
    let act = if args.list.len() > 2 { Act::Touch } else { Act::Write };
    machine.files(act, &args.value(0), args.source(0));
    Val::Unknown
}

/// A function by its name.
fn by_name(machine: &Machine<'_, '_>, value: &Val) -> Val {
    match value {
        Val::Str(text) => match text.text() {
            Some(name) => machine.named(name).unwrap_or_else(|| Val::lib(name)),
            None => Val::Unknown,
        },
        other => other.clone(),
    }
}

fn array_map(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let function = by_name(machine, &args.value(0));
    let (items, source) = (args.value(1).items(), args.source(1).to_owned());
    Val::some(machine.apply(&function, Args { list: vec![(items, source.clone())], ..Args::default() }, &source))
}

fn array_walk(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let function = by_name(machine, &args.value(1));
    let (items, source) = (args.value(0).items(), args.source(0).to_owned());
    machine.apply(&function, Args { list: vec![(items, source.clone())], ..Args::default() }, &source)
}

fn call_user(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let function = by_name(machine, &args.value(0));
    machine.apply(
        &function,
        Args { list: args.list.iter().skip(1).cloned().collect(), ..Args::default() },
        args.source(0),
    )
}

fn query(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // `pg_query` takes the connection first, or not at all.
    let at = usize::from(args.list.len() > 1);
    machine.sql(&args.value(at), None);
    Val::Unknown
}
