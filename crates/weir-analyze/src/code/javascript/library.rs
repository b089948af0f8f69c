//! What JavaScript's libraries do: Node, Deno, Bun, and a few packages.

mod programs;
pub(super) mod services;

use crate::call::{Language, Value};
use crate::code::effects::Act;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::run::expressions::REST;
use crate::code::shared::files::{finish, link, shell_cp};
use crate::code::shared::paths::{base, chdir, cwd, glob, home, parent, pattern, scratch, temp_dir};
use crate::code::shared::values::{
    concat as shared_concat, dict_items, dict_values, each, filter, first, from_base64, list_join, split,
};
use crate::code::value::{Text, Val};
use programs::{deno_command, deno_run, exec, execa, function, template};

/// Functions and their meanings. `require` gives `fs` for `node:fs` and `fs.promises` for `fs/promises`.
pub(super) static LIBRARY: Library = &[
    // Files go.
    ("fs.rmSync", Do::Value(rm)),
    ("fs.rm", Do::Value(rm)),
    ("fs.promises.rm", Do::Value(rm)),
    ("fs.rmdirSync", Do::Value(rmdir)),
    ("fs.rmdir", Do::Value(rmdir)),
    ("fs.promises.rmdir", Do::Value(rmdir)),
    ("fs.unlinkSync", Do::Value(delete)),
    ("fs.unlink", Do::Value(delete)),
    ("fs.promises.unlink", Do::Value(delete)),
    ("fs-extra.remove", Do::File(Act::Tree)),
    ("fs-extra.removeSync", Do::File(Act::Tree)),
    ("fs-extra.emptyDir", Do::Value(empty)),
    ("fs-extra.emptyDirSync", Do::Value(empty)),
    ("fs-extra.move", Do::Move),
    ("fs-extra.moveSync", Do::Move),
    ("fs-extra.copySync", Do::Copy),
    ("fs-extra.copy", Do::Copy),
    ("fs-extra.outputFile", Do::File(Act::Write)),
    ("fs-extra.outputFileSync", Do::File(Act::Write)),
    ("fs-extra.writeJson", Do::File(Act::Write)),
    ("fs-extra.writeJsonSync", Do::File(Act::Write)),
    ("fs-extra.ensureDir", Do::File(Act::Make)),
    ("fs-extra.ensureDirSync", Do::File(Act::Make)),
    ("rimraf", Do::Value(patterns)),
    ("rimraf.rimraf", Do::Value(patterns)),
    ("rimraf.sync", Do::Value(patterns)),
    ("rimraf.rimrafSync", Do::Value(patterns)),
    ("rimraf.rimraf.sync", Do::Value(patterns)),
    ("rimraf.native", Do::Value(patterns)),
    ("del", Do::Value(patterns)),
    ("del.sync", Do::Value(patterns)),
    ("del.del", Do::Value(patterns)),
    ("del.deleteAsync", Do::Value(patterns)),
    ("del.deleteSync", Do::Value(patterns)),
    ("trash", Do::Value(patterns)),
    ("shelljs.rm", Do::Value(shell_rm)),
    ("shelljs.mv", Do::Move),
    ("shelljs.cp", Do::Value(shell_cp)),
    ("shelljs.exec", Do::Value(exec)),
    ("shelljs.cd", Do::Value(chdir)),
    ("Deno.remove", Do::Value(rm)),
    ("Deno.removeSync", Do::Value(rm)),
    // Files change.
    ("fs.writeFileSync", Do::Value(write)),
    ("fs.writeFile", Do::Value(write)),
    ("fs.promises.writeFile", Do::Value(write)),
    ("Deno.writeTextFile", Do::Value(write)),
    ("Deno.writeTextFileSync", Do::Value(write)),
    ("Deno.writeFile", Do::Value(write)),
    ("Deno.writeFileSync", Do::Value(write)),
    ("Bun.write", Do::File(Act::Write)),
    ("fs.createWriteStream", Do::Value(write)),
    ("fs.appendFileSync", Do::File(Act::Touch)),
    ("fs.appendFile", Do::File(Act::Touch)),
    ("fs.promises.appendFile", Do::File(Act::Touch)),
    ("fs.truncateSync", Do::File(Act::Cut)),
    ("fs.truncate", Do::File(Act::Cut)),
    ("fs.promises.truncate", Do::File(Act::Cut)),
    ("Deno.truncate", Do::File(Act::Cut)),
    ("fs.openSync", Do::Value(open)),
    ("fs.open", Do::Value(open)),
    ("fs.promises.open", Do::Value(open)),
    ("fs.renameSync", Do::Move),
    ("fs.rename", Do::Move),
    ("fs.promises.rename", Do::Move),
    ("Deno.rename", Do::Move),
    ("Deno.renameSync", Do::Move),
    ("fs.cpSync", Do::Value(shell_cp)),
    ("fs.cp", Do::Value(shell_cp)),
    ("fs.promises.cp", Do::Value(shell_cp)),
    ("fs.copyFileSync", Do::Copy),
    ("fs.copyFile", Do::Copy),
    ("fs.promises.copyFile", Do::Copy),
    ("Deno.copyFile", Do::Copy),
    ("fs.mkdirSync", Do::File(Act::Make)),
    ("fs.mkdir", Do::File(Act::Make)),
    ("fs.promises.mkdir", Do::File(Act::Make)),
    ("Deno.mkdir", Do::File(Act::Make)),
    ("fs.chmodSync", Do::Mode),
    ("fs.chmod", Do::Mode),
    ("fs.promises.chmod", Do::Mode),
    ("fs.chownSync", Do::File(Act::Touch)),
    ("fs.chown", Do::File(Act::Touch)),
    ("fs.symlinkSync", Do::Value(link)),
    ("fs.promises.symlink", Do::Value(link)),
    ("fs.readFileSync", Do::Value(content)),
    ("fs.promises.readFile", Do::Value(content)),
    ("Deno.readTextFileSync", Do::Value(content)),
    ("Deno.readTextFile", Do::Value(content)),
    ("fs.mkdtempSync", Do::Value(scratch)),
    ("fs.promises.mkdtemp", Do::Value(scratch)),
    ("Deno.makeTempDir", Do::Value(scratch)),
    ("Deno.makeTempDirSync", Do::Value(scratch)),
    ("fs.readdirSync", Do::Value(readdir)),
    ("fs.promises.readdir", Do::Value(readdir)),
    ("Deno.readDirSync", Do::Value(readdir)),
    ("Deno.readDir", Do::Value(readdir)),
    ("fs.readdir", Do::Value(readdir_callback)),
    ("glob.sync", Do::Value(glob)),
    ("glob.globSync", Do::Value(glob)),
    ("glob.glob", Do::Value(glob)),
    ("glob", Do::Value(glob)),
    ("fast-glob.sync", Do::Value(glob)),
    ("fast-glob", Do::Value(glob)),
    ("globby", Do::Value(glob)),
    ("globby.globby", Do::Value(glob)),
    ("globby.globbySync", Do::Value(glob)),
    ("globby.sync", Do::Value(glob)),
    ("fs.globSync", Do::Value(glob)),
    // Programs.
    ("child_process.execSync", Do::Value(exec)),
    ("child_process.exec", Do::Value(exec)),
    ("child_process.spawn", Do::Spawn),
    ("child_process.spawnSync", Do::Spawn),
    ("child_process.execFile", Do::Spawn),
    ("child_process.execFileSync", Do::Spawn),
    ("child_process.fork", Do::RunFile(Language::JavaScript)),
    ("cross-spawn", Do::Spawn),
    ("cross-spawn.sync", Do::Spawn),
    ("execa", Do::Value(execa)),
    ("execa.execa", Do::Value(execa)),
    ("execa.sync", Do::Value(execa)),
    ("execa.execaSync", Do::Value(execa)),
    ("execa.$", Do::Value(template)),
    ("execa.execaCommand", Do::Value(exec)),
    ("execa.execaCommandSync", Do::Value(exec)),
    ("execa.command", Do::Value(exec)),
    ("zx.$", Do::Value(template)),
    ("$", Do::Value(template)),
    ("bun.$", Do::Value(template)),
    ("Bun.$", Do::Value(template)),
    ("Bun.spawn", Do::Command),
    ("Bun.spawnSync", Do::Command),
    ("Deno.Command", Do::Value(deno_command)),
    ("Deno.run", Do::Value(deno_run)),
    // Code.
    ("eval", Do::Eval),
    ("globalThis.eval", Do::Eval),
    ("Function", Do::Value(function)),
    ("vm.runInThisContext", Do::Eval),
    ("vm.runInNewContext", Do::Eval),
    ("vm.Script", Do::Eval),
    ("require", Do::Value(require)),
    ("import", Do::Value(require)),
    ("module.require", Do::Value(require)),
    ("process.mainModule.require", Do::Value(require)),
    ("module.createRequire", Do::Value(create_require)),
    ("process.binding", Do::Hidden("the program calls the system's own functions")),
    ("util.promisify", Do::Value(first)),
    ("process.exit", Do::Exit),
    ("Deno.exit", Do::Exit),
    ("process.chdir", Do::Value(chdir)),
    ("Deno.chdir", Do::Value(chdir)),
    // Paths.
    ("path.join", Do::Value(join)),
    ("path.posix.join", Do::Value(join)),
    ("path.resolve", Do::Value(resolve)),
    ("path.posix.resolve", Do::Value(resolve)),
    ("path.dirname", Do::Value(dirname)),
    ("path.basename", Do::Value(basename)),
    ("path.normalize", Do::Value(first)),
    ("fs.realpathSync", Do::Value(first)),
    ("url.fileURLToPath", Do::Value(first)),
    ("URL", Do::Value(new_url)),
    ("String", Do::Value(first)),
    ("os.homedir", Do::Value(home)),
    ("os.tmpdir", Do::Value(temp_dir)),
    ("process.cwd", Do::Value(cwd)),
    ("Deno.cwd", Do::Value(cwd)),
    // Values and their callbacks.
    ("str.concat", Do::Value(concat)),
    ("str.toString", Do::Value(first)),
    ("str.trim", Do::Value(first)),
    ("str.split", Do::Value(split)),
    ("str.replace", Do::Value(replace)),
    ("str.replaceAll", Do::Value(replace)),
    ("content.toString", Do::Value(first)),
    ("content.trim", Do::Value(first)),
    ("list.join", Do::Value(list_join)),
    ("list.concat", Do::Value(list_concat)),
    ("list.forEach", Do::Value(each)),
    ("list.map", Do::Value(each)),
    ("list.filter", Do::Value(filter)),
    ("list.flat", Do::Value(first)),
    ("list.slice", Do::Value(slice)),
    ("?.forEach", Do::Value(each_unknown)),
    ("?.map", Do::Value(each_unknown)),
    ("promise.then", Do::Value(then)),
    ("*.deleteMany", Do::Value(delete_rows)),
    ("Object.entries", Do::Value(dict_items)),
    ("Object.values", Do::Value(dict_values)),
    ("Object.keys", Do::Value(first)),
    ("Promise.all", Do::Value(first)),
    ("Promise.allSettled", Do::Value(first)),
    ("Array.from", Do::Value(first)),
    ("function.call", Do::Value(call)),
    ("function.apply", Do::Value(call)),
    ("function.bind", Do::Value(bind)),
    // Databases, hosts.
    ("?.query", Do::Sql),
    ("?.execute", Do::Sql),
    ("?.exec", Do::Sql),
    ("?.prepare", Do::Sql),
    ("?.raw", Do::Sql),
    ("?.run", Do::Sql),
    ("Buffer.from", Do::Value(decoded)),
    ("atob", Do::Value(decoded)),
    ("?.$executeRawUnsafe", Do::Sql),
    ("?.$queryRawUnsafe", Do::Sql),
    ("?.$executeRaw", Do::Sql),
    ("?.$queryRaw", Do::Sql),
    ("fetch", Do::Get),
    ("node-fetch", Do::Get),
    ("undici.fetch", Do::Get),
    ("axios.get", Do::Get),
    ("axios.post", Do::Send),
    ("axios.put", Do::Send),
    ("axios.patch", Do::Send),
    ("axios.delete", Do::Send),
    ("http.get", Do::Get),
    ("https.get", Do::Get),
    ("http.request", Do::Get),
    ("https.request", Do::Get),
];

/// `fs.rm(path, {recursive: true})`.
fn rm(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // Options that are not known may say so.
    let known = args.list.get(1).is_none_or(|(options, _)| match options {
        Val::Dict(_) => options.key(REST).is_none(),
        options => matches!(options, Val::Function(..)),
    });
    let recursive = match args.option("recursive") {
        Some(recursive) => recursive.truth() != Some(false),
        None => !known,
    };
    machine.files(if recursive { Act::Tree } else { Act::File }, &args.value(0), args.source(0));
    finish(machine, args)
}

fn rmdir(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let recursive = args.option("recursive").is_some_and(|recursive| recursive.truth() != Some(false));
    machine.files(if recursive { Act::Tree } else { Act::Empty }, &args.value(0), args.source(0));
    finish(machine, args)
}

fn delete(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::File, &args.value(0), args.source(0));
    finish(machine, args)
}

pub(in crate::code) fn patterns(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let source = args.source(0);
    for text in args.value(0).texts() {
        match text {
            // `!keep` takes away from the others.
            Some(text) if text.start().starts_with('!') => {}
            Some(text) => {
                let text = text.text().map_or_else(|| text.clone(), pattern);
                machine.files(Act::Tree, &Val::Str(text), source);
            }
            None => machine.files(Act::Tree, &Val::Unknown, source),
        }
    }
    finish(machine, args)
}

fn empty(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let below = args
        .value(0)
        .texts()
        .into_iter()
        .map(|text| match text {
            Some(text) if text.text().is_some() => Val::Str(Text::below(text.start(), "*")),
            Some(text) => Val::Str(text),
            None => Val::Unknown,
        })
        .collect();
    machine.files(Act::Tree, &Val::any(below), args.source(0));
    finish(machine, args)
}

/// `shell.rm("-rf", files...)`.
fn shell_rm(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let options = args.value(0).text("").text().filter(|text| text.starts_with('-')).map(str::to_owned);
    let recursive = options.as_deref().is_some_and(|options| options.contains(['r', 'R']));
    let act = if recursive { Act::Tree } else { Act::File };
    for (value, source) in args.list.iter().skip(usize::from(options.is_some())) {
        for text in value.texts() {
            let value = text.map_or(Val::Unknown, |text| Val::Str(text.text().map_or_else(|| text.clone(), pattern)));
            machine.files(act, &value, source);
        }
    }
    Val::Unknown
}

/// `fs.writeFile(path, data, {flag: 'a'})`.
fn write(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let appends = args.option("flag").or_else(|| args.option("flags")).or_else(|| args.option("append"));
    let act = match appends {
        Some(Val::Bool(true)) => Act::Touch,
        Some(flag) if flag.text("").text().is_some_and(|flag| flag.contains('a')) => Act::Touch,
        _ => Act::Write,
    };
    if !matches!(args.value(0), Val::Num(_)) {
        machine.files(act, &args.value(0), args.source(0));
    }
    finish(machine, args)
}

fn open(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let flags = args.value(1).text("r");
    let act = match flags.text() {
        Some(flags) if flags.contains('w') => Act::Write,
        Some(flags) if flags.contains(['a', '+']) => Act::Touch,
        _ => Act::Read,
    };
    machine.files(act, &args.value(0), args.source(0));
    finish(machine, args)
}

fn content(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::Read, &args.value(0), args.source(0));
    match args.value(0) {
        Val::Str(text) => Val::Content(text),
        _ => Val::Unknown,
    }
}

/// Names in a directory: joined to it, they are something below it.
fn readdir(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0).text("").text() {
        Some("." | "./") => Val::some(Val::Str(Text::below(".", "*"))),
        Some(dir) if !dir.is_empty() => Val::some(Val::Str(Text::named_in(dir))),
        _ => Val::some(Val::Unknown),
    }
}

fn readdir_callback(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let names = readdir(machine, args);
    if let Some((callback, source)) = args.list.last() {
        let list = vec![(Val::Null, String::new()), (names, source.clone())];
        machine.apply(callback, Args { list, ..Args::default() }, source);
    }
    Val::Unknown
}

fn require(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0).word() {
        Value::Known(name) => module(machine, &name),
        _ => Val::lib("?module"),
    }
}

/// A module by its name.
pub(super) fn module(machine: &mut Machine<'_, '_>, name: &str) -> Val {
    let plain = name.strip_prefix("node:").unwrap_or(name);
    match plain {
        "fs/promises" => Val::lib("fs.promises"),
        "graceful-fs" | "original-fs" => Val::lib("fs"),
        "path/posix" => Val::lib("path"),
        _ => {
            let found = machine.module(plain);
            // What a module exports by name of CommonJS.
            match machine.exports(&found) {
                Some(exports) => exports,
                None => found,
            }
        }
    }
}

fn create_require(_: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::lib("require")
}

fn join(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    Machine::combine(&args.list, |parts| Val::Str(machine.join(parts, false)))
}

fn resolve(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    Machine::combine(&args.list, |parts| {
        let joined = machine.join(parts, true);
        match joined.text().and_then(|text| machine.path(text)) {
            Some(path) => Val::str(path.to_string_lossy()),
            None => Val::Str(joined),
        }
    })
}

fn dirname(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let each = args.value(0).each();
    Val::any(each.iter().map(|value| Val::Str(parent(&value.text(args.source(0))))).collect())
}

fn basename(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let each = args.value(0).each();
    Val::any(each.iter().map(|value| Val::Str(base(&value.text(args.source(0))))).collect())
}

/// `new URL("./x", import.meta.url)`.
fn new_url(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.list.len() < 2 {
        return args.value(0);
    }
    let base = Val::Str(parent(&args.value(1).text("base")));
    let part = (args.value(0), args.source(0).to_owned());
    Val::Str(machine.join(&[(base, String::new()), part], true))
}

fn concat(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    shared_concat(&args.list)
}

fn replace(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let texts = (args.value(0).text(""), args.value(1).text(""), args.value(2).text(""));
    match (texts.0.text(), texts.1.text(), texts.2.text()) {
        (Some(text), Some(from), Some(to)) if !from.is_empty() => {
            if args.path == "str.replace" {
                Val::str(text.replacen(from, to, 1))
            } else {
                Val::str(text.replace(from, to))
            }
        }
        _ => Val::Str(Text::hole(args.source(0))),
    }
}

fn list_concat(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let mut items = Vec::new();
    for (value, _) in &args.list {
        match value {
            Val::List(list) => items.extend(list.0.iter().cloned()),
            Val::Some(_) => items.push(value.clone()),
            other => items.push(other.clone()),
        }
    }
    Val::list(items)
}

/// `import("fs").then(fs => ...)`.
fn then(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let list = vec![(args.value(0), args.source(0).to_owned())];
    match args.value(1) {
        Val::Function(..) | Val::Partial(_) => {
            machine.apply(&args.value(1), Args { list, ..Args::default() }, args.source(1))
        }
        _ => Val::Unknown,
    }
}

/// `prisma.user.deleteMany({where})`, `collection.deleteMany({})`.
fn delete_rows(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let table = args.path.rsplit('.').nth(1).unwrap_or("table").trim_end_matches("()");
    let table = if table == "collection" { args.about.as_deref().unwrap_or(table) } else { table };
    if machine.speculative == 0 {
        let target = weir_model::Target::new(weir_model::TargetKind::Table, table).stateful();
        machine.say(weir_model::Effect::new(weir_model::Verb::Delete, target));
    }
    Val::Unknown
}

/// `Buffer.from(text, "base64")`.
fn decoded(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let encoding = args.value(1).text("").text().map(str::to_owned);
    if args.path == "atob" || matches!(encoding.as_deref(), Some("base64" | "base64url")) {
        return from_base64(machine, args);
    }
    match args.value(0) {
        Val::Str(text) if args.list.len() == 1 => Val::Str(text),
        _ => Val::Str(Text::hole(args.source(0))),
    }
}

fn each_unknown(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let source = args.source(0).to_owned();
    let list = vec![(Val::Unknown, source.clone())];
    Val::some(machine.apply(&args.value(0), Args { list, ..Args::default() }, &source))
}

fn slice(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match (args.value(0), args.value(1), args.list.len()) {
        (Val::List(list), Val::Num(from), 2) if from >= 0 => {
            Val::list(list.0.iter().skip(usize::try_from(from).unwrap_or(0)).cloned().collect())
        }
        (other, ..) => Val::some(other.items()),
    }
}

/// `f.call(this, a)`, `f.apply(this, [a])`.
fn call(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let source = args.source(0).to_owned();
    let list = match args.value(2) {
        Val::List(list) if args.path.ends_with("apply") => {
            list.0.iter().map(|item| (item.clone(), source.clone())).collect()
        }
        _ => args.list.iter().skip(2).cloned().collect(),
    };
    machine.apply(&args.value(0), Args { list, ..Args::default() }, &source)
}

fn bind(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    Val::partial(args.value(0), args.list.iter().skip(2).map(|(value, _)| value.clone()).collect())
}
