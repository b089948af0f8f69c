//! What the libraries of Ruby, Perl and PHP do.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use crate::call::Language;
use crate::code::effects::Act;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::shared::files::{open, shell_cp};
use crate::code::shared::paths::{chdir, cwd, dirname, getenv, glob, home, path, path_join, temp_dir};
use crate::code::shared::values::{each, filter, first, from_base64, joined, list_join, map};
use crate::code::value::{Text, Val};

/// Ruby.
pub(super) static RUBY: Library = &[
    ("FileUtils.rm_rf", Do::Files(Act::Tree)),
    ("FileUtils.rm_r", Do::Files(Act::Tree)),
    ("FileUtils.rmtree", Do::Files(Act::Tree)),
    ("FileUtils.remove_dir", Do::Files(Act::Tree)),
    ("FileUtils.remove_entry", Do::Files(Act::Tree)),
    ("FileUtils.remove_entry_secure", Do::Files(Act::Tree)),
    ("FileUtils.rm", Do::Files(Act::File)),
    ("FileUtils.rm_f", Do::Files(Act::File)),
    ("FileUtils.remove", Do::Files(Act::File)),
    ("FileUtils.safe_unlink", Do::Files(Act::File)),
    ("FileUtils.remove_file", Do::Files(Act::File)),
    ("FileUtils.rmdir", Do::Files(Act::Empty)),
    ("rm_rf", Do::Files(Act::Tree)),
    ("rm_r", Do::Files(Act::Tree)),
    ("rm_f", Do::Files(Act::File)),
    ("File.delete", Do::Files(Act::File)),
    ("File.unlink", Do::Files(Act::File)),
    ("Dir.delete", Do::Files(Act::Empty)),
    ("Dir.rmdir", Do::Files(Act::Empty)),
    ("Dir.unlink", Do::Files(Act::Empty)),
    ("Path.rmtree", Do::File(Act::Tree)),
    ("Path.delete", Do::File(Act::File)),
    ("Path.unlink", Do::File(Act::File)),
    ("Path.rmdir", Do::File(Act::Empty)),
    ("*.rmtree", Do::Files(Act::Tree)),
    ("FileUtils.mv", Do::Move),
    ("FileUtils.move", Do::Move),
    ("File.rename", Do::Move),
    ("Path.rename", Do::Move),
    ("FileUtils.cp", Do::Copy),
    ("FileUtils.copy", Do::Copy),
    ("FileUtils.copy_file", Do::Copy),
    ("FileUtils.install", Do::Copy),
    ("FileUtils.cp_r", Do::Value(shell_cp)),
    ("FileUtils.mkdir_p", Do::Files(Act::Make)),
    ("FileUtils.mkdir", Do::Files(Act::Make)),
    ("FileUtils.makedirs", Do::Files(Act::Make)),
    ("Dir.mkdir", Do::File(Act::Make)),
    ("FileUtils.touch", Do::Files(Act::Touch)),
    ("FileUtils.chmod", Do::ModeFirst),
    ("FileUtils.chmod_R", Do::ModeFirst),
    ("File.chmod", Do::ModeFirst),
    ("File.write", Do::File(Act::Write)),
    ("File.binwrite", Do::File(Act::Write)),
    ("IO.write", Do::File(Act::Write)),
    ("Path.write", Do::File(Act::Write)),
    ("File.truncate", Do::File(Act::Cut)),
    ("file.truncate", Do::File(Act::Cut)),
    ("File.open", Do::Value(open_block)),
    ("File.new", Do::Value(open_block)),
    ("open", Do::Value(open_block)),
    ("File.read", Do::Value(read)),
    ("IO.read", Do::Value(read)),
    ("system", Do::Exec),
    ("exec", Do::Exec),
    ("spawn", Do::Exec),
    ("Kernel.system", Do::Exec),
    ("Kernel.exec", Do::Exec),
    ("Kernel.spawn", Do::Exec),
    ("Process.spawn", Do::Exec),
    ("Open3.capture2", Do::Exec),
    ("Open3.capture2e", Do::Exec),
    ("Open3.capture3", Do::Exec),
    ("Open3.popen3", Do::Exec),
    ("Open3.popen2", Do::Exec),
    ("Open3.popen2e", Do::Exec),
    ("IO.popen", Do::Exec),
    ("sh", Do::Exec),
    ("eval", Do::Eval),
    ("Kernel.eval", Do::Eval),
    ("instance_eval", Do::Eval),
    ("load", Do::RunFile(Language::Ruby)),
    ("require_relative", Do::Value(require_relative)),
    ("exit", Do::Exit),
    ("abort", Do::Exit),
    ("Dir.chdir", Do::Value(chdir_block)),
    ("Dir.glob", Do::Value(glob_block)),
    ("Dir.entries", Do::Value(entries)),
    ("Dir.children", Do::Value(entries)),
    ("Dir.each_child", Do::Value(entries_block)),
    ("Dir.foreach", Do::Value(entries_block)),
    ("Dir.pwd", Do::Value(cwd)),
    ("Dir.home", Do::Value(home)),
    ("Dir.tmpdir", Do::Value(temp_dir)),
    ("Dir.mktmpdir", Do::Value(scratch)),
    ("Tempfile.new", Do::Value(scratch)),
    ("Pathname.new", Do::Value(path)),
    ("Pathname", Do::Value(path)),
    ("Path.join", Do::Value(path)),
    ("Path.children", Do::Value(path_children)),
    ("Path.to_s", Do::Value(first)),
    ("File.join", Do::Value(path_join)),
    ("File.expand_path", Do::Value(expand_path)),
    ("File.dirname", Do::Value(dirname)),
    ("ENV.fetch", Do::Value(getenv)),
    ("list.each", Do::Value(each)),
    ("list.map", Do::Value(each)),
    ("list.select", Do::Value(filter)),
    ("list.reject", Do::Value(filter)),
    ("list.sort", Do::Value(first)),
    ("list.to_a", Do::Value(first)),
    ("list.first", Do::Value(item)),
    ("list.shift", Do::Value(item)),
    ("list.join", Do::Value(list_join)),
    ("str.to_s", Do::Value(first)),
    ("?.execute", Do::Sql),
    ("?.exec", Do::Sql),
    ("?.exec_query", Do::Sql),
    ("?.run", Do::Sql),
    ("Net::HTTP.get", Do::Get),
    ("Net::HTTP.get_response", Do::Get),
    ("Net::HTTP.post", Do::Send),
    ("Net::HTTP.post_form", Do::Send),
    ("Net::HTTP::Post.new", Do::Send),
    ("Net::HTTP::Put.new", Do::Send),
    ("Net::HTTP::Patch.new", Do::Send),
    ("Net::HTTP::Delete.new", Do::Send),
    ("HTTParty.post", Do::Send),
    ("HTTParty.put", Do::Send),
    ("HTTParty.delete", Do::Send),
    ("RestClient.post", Do::Send),
    ("RestClient.put", Do::Send),
    ("RestClient.delete", Do::Send),
    ("Faraday.post", Do::Send),
    ("Faraday.put", Do::Send),
    ("Faraday.delete", Do::Send),
    ("TCPSocket.new", Do::Send),
    ("TCPSocket.open", Do::Send),
    ("URI", Do::Value(first)),
    ("URI.parse", Do::Value(first)),
    ("Aws.*", Do::Cloud),
    ("Google::Cloud.*", Do::Cloud),
    ("*.delete_all", Do::Value(rows)),
    ("*.destroy_all", Do::Value(rows)),
    ("*.drop_table", Do::Store(TargetKind::Table)),
    ("*.drop_database", Do::Store(TargetKind::Database)),
    ("*.truncate_tables", Do::Store(TargetKind::Database)),
    ("*.flushall", Do::Store(TargetKind::Database)),
    ("*.flushdb", Do::Store(TargetKind::Database)),
    ("*.delete_many", Do::Store(TargetKind::Table)),
    ("Mongo.**.drop", Do::Store(TargetKind::Table)),
    ("Sequel.**.drop", Do::Store(TargetKind::Table)),
    ("Sequel.**.truncate", Do::Store(TargetKind::Table)),
    ("Net::SSH.start().exec!", Do::Remote),
    ("ssh.exec!", Do::Remote),
    ("send", Do::Value(send)),
    ("public_send", Do::Value(send)),
    ("__send__", Do::Value(send)),
    ("*.send", Do::Value(send)),
    ("*.public_send", Do::Value(send)),
    ("*.__send__", Do::Value(send)),
    ("*.method", Do::Value(method)),
    ("method", Do::Value(method)),
    ("task", Do::Value(task)),
    ("Find.find", Do::Value(find_block)),
    ("function.call", Do::Value(call_function)),
    ("Base64.decode64", Do::Value(from_base64)),
    ("Base64.strict_decode64", Do::Value(from_base64)),
    ("Base64.urlsafe_decode64", Do::Value(from_base64)),
];

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
    ("require", Do::Nothing),
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
    ("DB::statement", Do::Sql),
    ("DB::unprepared", Do::Sql),
    ("DB::delete", Do::Sql),
];

/// `Model.where(..).delete_all`: with a condition only some rows go.
fn rows(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let table = args.path.split('.').next().unwrap_or_default();
    let target = Target::new(TargetKind::Table, table).stateful();
    let effect = Effect::new(Verb::Delete, target);
    let some = args.path.contains(".where()") || args.path.contains(".find_by()");
    if machine.speculative == 0 {
        machine.say(if some { effect.within(Scope::Filtered { filter: "a condition".to_owned() }) } else { effect });
    }
    Val::Unknown
}

/// `object.send(:name, ...)`.
fn send(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let function = method(machine, args);
    let list = args.list.iter().skip(1).cloned().collect();
    machine.apply(&function, Args { list, ..Args::default() }, args.source(0))
}

/// `object.method(:name)`.
fn method(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let Some(name) = args.value(0).text("").text().map(str::to_owned) else { return Val::Unknown };
    match args.path.rsplit_once('.') {
        Some((receiver, _)) => Val::lib(format!("{receiver}.{name}")),
        None => machine.named(&name).unwrap_or_else(|| Val::lib(name)),
    }
}

/// `task :name do ... end` runs when Rake is asked to.
fn task(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let script = machine.arguments().first().map(|name| name.text("").start().to_lowercase());
    if script.is_some_and(|name| name.contains("rake")) {
        machine.callbacks(args, false);
    }
    Val::Null
}

fn find_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let below = match args.value(0).text("").text() {
        Some(dir) if !dir.is_empty() => Val::Str(Text::below(dir, "**")),
        _ => Val::Unknown,
    };
    with_block(machine, args, below);
    Val::Unknown
}

fn call_function(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let list = args.list.iter().skip(1).cloned().collect();
    machine.apply(&args.value(0), Args { list, ..Args::default() }, args.source(0))
}

fn socket(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if let Some((host, _)) = args.find(&["PeerAddr", "PeerHost"]) {
        let host = host.clone();
        machine.host(Verb::Send, &host);
    }
    Val::Unknown
}

fn item(_: &mut Machine<'_, '_>, args: &Args) -> Val {
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
fn scratch(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let path = Val::str("/tmp/tmpXXXXXXXX");
    with_block(machine, args, path.clone());
    path
}

/// Calls the block that a call ends with.
fn with_block(machine: &mut Machine<'_, '_>, args: &Args, value: Val) {
    if let Some((block @ Val::Function(..), source)) = args.list.last() {
        machine.apply(block, Args { list: vec![(value, source.clone())], ..Args::default() }, source);
    }
}

fn open_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let mut plain = Args { path: args.path.clone(), list: args.list.clone(), ..Args::default() };
    plain.list.retain(|(value, _)| !matches!(value, Val::Function(..) | Val::Dict(_)));
    // `open("|cmd")` starts a program.
    if let Some(command) = plain.value(0).text("").text().and_then(|text| text.strip_prefix('|')) {
        machine.shell(&Val::str(command), plain.source(0), None, "open");
        return Val::Unknown;
    }
    let file = open(machine, &plain);
    with_block(machine, args, file.clone());
    file
}

fn read(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::Read, &args.value(0), args.source(0));
    match args.value(0) {
        Val::Str(text) => Val::Content(text),
        _ => Val::Unknown,
    }
}

fn chdir_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let before = (machine.cwd.clone(), machine.moved);
    chdir(machine, args);
    if matches!(args.list.last(), Some((Val::Function(..), _))) {
        with_block(machine, args, args.value(0));
        (machine.cwd, machine.moved) = before;
    }
    Val::Unknown
}

fn glob_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let found = glob(machine, args);
    with_block(machine, args, found.items());
    found
}

fn entries(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0).text("").text() {
        Some("." | "./") => Val::some(Val::Str(Text::below(".", "*"))),
        _ => Val::some(Val::Unknown),
    }
}

fn entries_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let found = entries(machine, args);
    with_block(machine, args, found.items());
    found
}

fn path_children(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        Val::Path(text) if text.text().is_some() => Val::some(Val::Path(Text::below(text.start(), "*"))),
        _ => Val::some(Val::Unknown),
    }
}

fn expand_path(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let mut parts: Vec<(Val, String)> = args.list.iter().rev().cloned().collect();
    if let Some((Val::Str(text), _)) = parts.last_mut()
        && let Some(rest) = text.text().and_then(|text| text.strip_prefix('~')).map(str::to_owned)
    {
        return match home(machine, args) {
            Val::Str(home) => Val::str(format!("{}{rest}", home.start())),
            other => other,
        };
    }
    Machine::combine(&parts, |parts| Val::Str(machine.join(parts, true)))
}

fn require_relative(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let name = args
        .value(0)
        .text("")
        .text()
        .map(|name| if name.ends_with(".rb") { name.to_owned() } else { format!("{name}.rb") });
    if let (Some(name), Some(dir)) = (name, machine.home_dir()) {
        let path = crate::call::normalize(&dir.join(name));
        machine.out.file(Language::Ruby, path, &[], "require_relative");
    }
    Val::Unknown
}

fn include(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // What a framework loads has computed names every day: only what is known is read.
    if let Some(path) = args.value(0).text("").text().and_then(|text| machine.path(text)) {
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
