//! What Ruby's libraries do.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use crate::call::Language;
use crate::code::effects::Act;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::scripts::library::{entries, item, path_children, read, scratch, with_block};
use crate::code::shared::files::{open, shell_cp};
use crate::code::shared::paths::{chdir, cwd, dirname, getenv, glob, home, path, path_join, temp_dir};
use crate::code::shared::values::{dict_items, dict_values, each, filter, first, from_base64, list_join, split};
use crate::code::value::{Text, Val};

/// What Ruby itself has.
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
    ("load", Do::Value(require_relative)),
    ("require", Do::Value(require_relative)),
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
    ("list.each_with_index", Do::Value(each)),
    ("list.each_entry", Do::Value(each)),
    ("list.reverse_each", Do::Value(each)),
    ("list.flat_map", Do::Value(each)),
    ("list.filter_map", Do::Value(each)),
    ("list.collect", Do::Value(each)),
    ("list.any?", Do::Value(each)),
    ("list.all?", Do::Value(each)),
    ("list.each_slice", Do::Value(slices)),
    ("list.filter", Do::Value(filter)),
    ("list.compact", Do::Value(first)),
    ("list.uniq", Do::Value(first)),
    ("list.reverse", Do::Value(first)),
    ("list.flatten", Do::Value(first)),
    ("list.sort_by", Do::Value(first)),
    ("list.freeze", Do::Value(first)),
    ("list.dup", Do::Value(first)),
    ("list.last", Do::Value(item)),
    ("list.pop", Do::Value(item)),
    ("list.tap", Do::Value(tap)),
    ("list.then", Do::Value(then)),
    ("dict.each", Do::Value(pairs)),
    ("dict.each_pair", Do::Value(pairs)),
    ("dict.map", Do::Value(pairs)),
    ("dict.each_value", Do::Value(pairs)),
    ("dict.each_key", Do::Value(pairs)),
    ("dict.values", Do::Value(dict_values)),
    ("dict.fetch", Do::Value(fetch)),
    ("dict.dig", Do::Value(fetch)),
    ("dict.freeze", Do::Value(first)),
    ("list.fetch", Do::Value(fetch)),
    ("str.freeze", Do::Value(first)),
    ("str.dup", Do::Value(first)),
    ("str.strip", Do::Value(first)),
    ("str.chomp", Do::Value(first)),
    ("str.squish", Do::Value(first)),
    ("str.to_str", Do::Value(first)),
    ("str.to_sym", Do::Value(first)),
    ("str.split", Do::Value(split)),
    ("str.lines", Do::Value(split)),
    ("str.tap", Do::Value(tap)),
    ("str.then", Do::Value(then)),
    ("Path.tap", Do::Value(tap)),
    ("Path.expand_path", Do::Value(first)),
    ("Path.realpath", Do::Value(first)),
    ("Path.each_child", Do::Value(child_block)),
    ("Path.glob", Do::Value(path_glob)),
    ("Pathname.glob", Do::Value(path_glob)),
    ("Pathname.pwd", Do::Value(cwd)),
    ("FileUtils.cd", Do::Value(chdir_block)),
    ("FileUtils.chdir", Do::Value(chdir_block)),
    ("lambda", Do::Value(last)),
    ("proc", Do::Value(last)),
    ("Proc.new", Do::Value(last)),
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
    ("?.exec_params", Do::Sql),
    ("?.async_exec", Do::Sql),
    ("?.execute_batch", Do::Sql),
    ("?.query", Do::Sql),
    ("?.run", Do::Sql),
];

/// Software of others, and the network.
pub(super) static SERVICES: Library = &[
    ("Net::HTTP.get", Do::Get),
    ("Net::HTTP.get_response", Do::Get),
    ("Net::HTTP.post", Do::Send),
    ("Net::HTTP.post_form", Do::Send),
    ("Net::HTTP::Post.new", Do::Send),
    ("Net::HTTP::Put.new", Do::Send),
    ("Net::HTTP::Patch.new", Do::Send),
    ("Net::HTTP::Delete.new", Do::Send),
    ("Net::HTTP.start", Do::Value(session)),
    ("Faraday.new().post", Do::Value(based)),
    ("Faraday.new().put", Do::Value(based)),
    ("Faraday.new().patch", Do::Value(based)),
    ("Faraday.new().delete", Do::Value(based)),
    ("drop_table", Do::Store(TargetKind::Table)),
    ("remove_column", Do::Store(TargetKind::Table)),
    ("*.clear!", Do::Value(clear)),
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
    ("Sequel.**.delete", Do::Value(rows)),
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

fn open_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let mut plain =
        Args { path: args.path.clone(), list: args.list.clone(), named: args.named.clone(), ..Args::default() };
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

fn entries_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let found = entries(machine, args);
    with_block(machine, args, found.items());
    found
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
    let Some(name) = args.value(0).text("").text().map(str::to_owned) else { return Val::Unknown };
    // `require "x"` is a library; `load` looks from where the program runs.
    if args.path == "require" && !name.starts_with(['.', '/']) {
        return Val::Unknown;
    }
    let file = if name.ends_with(".rb") || args.path == "load" { name } else { format!("{name}.rb") };
    let path = match args.path.as_str() {
        "require_relative" => machine.home_dir().map(|dir| crate::call::normalize(&dir.join(file))),
        _ => machine.path(&file),
    };
    if let Some(path) = path
        && !machine.include(path.clone())
    {
        machine.out.file(Language::Ruby, path, &[], &args.path);
    }
    Val::Unknown
}

/// `Net::HTTP.start(host) { |http| ... }`: what the block does with it goes to that host.
fn session(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let host = args.value(0).text("").text().map(std::rc::Rc::from);
    let client = Val::lib_about("Faraday.new()", host);
    with_block(machine, args, client.clone());
    client
}

/// A request of a client that knows its address.
fn based(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let address = args.about.as_deref().map_or_else(|| args.value(0), Val::str);
    machine.host(Verb::Send, &address);
    Val::Unknown
}

/// A bucket of a cloud that is emptied.
fn clear(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.carry_out(Do::Store(TargetKind::CloudResource), args)
}

/// `hash.each { |key, value| ... }` and its relatives.
fn pairs(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let list = match args.path.rsplit('.').next() {
        Some("each_value") => dict_values(machine, args),
        Some("each_key") => Val::list(match args.value(0) {
            Val::Dict(dict) => dict.0.iter().map(|pair| Val::str(pair.0.clone())).collect(),
            _ => Vec::new(),
        }),
        _ => dict_items(machine, args),
    };
    let Some((block, source)) = args.list.last() else { return list };
    let Val::List(items) = &list else { return Val::Unknown };
    let mut results = Vec::new();
    for item in items.0.iter().take(64) {
        let list = match item {
            Val::List(pair) => pair.0.iter().map(|part| (part.clone(), source.clone())).collect(),
            item => vec![(item.clone(), source.clone())],
        };
        results.push(machine.apply(block, Args { list, ..Args::default() }, source));
    }
    Val::list(results)
}

fn fetch(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let found = machine.index(&args.value(0), &args.value(1));
    let other = match args.list.get(2) {
        Some((block @ Val::Function(..), source)) => machine.apply(block, Args::default(), source),
        Some((value, _)) => value.clone(),
        None => return found,
    };
    match found {
        Val::Null => other,
        Val::Unknown => Val::any(vec![found, other]),
        found => found,
    }
}

fn tap(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    with_block(machine, args, args.value(0));
    args.value(0)
}

fn then(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let list = vec![(args.value(0), args.source(0).to_owned())];
    machine.apply(&args.value(1), Args { list, ..Args::default() }, args.source(0))
}

fn last(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    args.list.last().map_or(Val::Unknown, |(value, _)| value.clone())
}

fn slices(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    with_block(machine, args, Val::some(args.value(0).items()));
    Val::Unknown
}

fn child_block(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let found = path_children(machine, args);
    with_block(machine, args, found.items());
    found
}

/// `Pathname.glob("a/*")`, `path.glob("*")`.
fn path_glob(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let found = match args.value(0) {
        Val::Path(dir) => match (dir.text(), args.value(1).text("*").text()) {
            (Some(dir), Some(pattern)) => Val::some(Val::Path(Text::below(dir, pattern))),
            _ => Val::some(Val::Unknown),
        },
        _ => match glob(machine, args).items() {
            Val::Str(text) => Val::some(Val::Path(text)),
            other => Val::some(other),
        },
    };
    if matches!(args.list.last(), Some((Val::Function(..), _))) {
        with_block(machine, args, found.items());
    }
    found
}
