//! Software of others: databases, clouds, containers, other machines.

use weir_model::{TargetKind, Verb};

use crate::call::Arg;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::value::Val;

/// Functions and their meanings.
pub(in crate::code::javascript) static SERVICES: Library = &[
    ("*.dropDatabase", Do::Store(TargetKind::Database)),
    ("*.dropCollection", Do::Store(TargetKind::Table)),
    ("*.dropTable", Do::Store(TargetKind::Table)),
    ("*.dropTableIfExists", Do::Store(TargetKind::Table)),
    ("*.dropSchema", Do::Store(TargetKind::Database)),
    ("*.dropAllTables", Do::Store(TargetKind::Database)),
    ("*.dropAllSchemas", Do::Store(TargetKind::Database)),
    ("*.flushall", Do::Store(TargetKind::Database)),
    ("*.flushAll", Do::Store(TargetKind::Database)),
    ("*.flushdb", Do::Store(TargetKind::Database)),
    ("*.flushDb", Do::Store(TargetKind::Database)),
    ("*.deleteCollection", Do::Store(TargetKind::Table)),
    ("*.recursiveDelete", Do::Store(TargetKind::Database)),
    ("mongodb.**.drop", Do::Store(TargetKind::Table)),
    ("mongosh.**.drop", Do::Store(TargetKind::Table)),
    ("mongosh.**.remove", Do::Store(TargetKind::Table)),
    ("mongosh.**.deleteOne", Do::Store(TargetKind::Table)),
    ("mongosh.**.findOneAndDelete", Do::Store(TargetKind::Table)),
    ("mongosh.**.dropIndexes", Do::Store(TargetKind::Table)),
    ("mongosh.**.dropDatabase", Do::Store(TargetKind::Database)),
    ("mongosh.**.runCommand", Do::Value(mongo_command)),
    ("mongosh.**.adminCommand", Do::Value(mongo_command)),
    ("mongoose.**.drop", Do::Store(TargetKind::Table)),
    ("knex.**.del", Do::Value(rows)),
    ("knex.**.delete", Do::Value(rows)),
    ("knex.**.truncate", Do::Value(rows)),
    ("@supabase/supabase-js.**.delete", Do::Store(TargetKind::Table)),
    ("sequelize.**.sync", Do::Value(sync)),
    ("sequelize.**.drop", Do::Store(TargetKind::Database)),
    ("*.sync", Do::Value(sync)),
    ("?.synchronize", Do::Value(synchronize)),
    ("typeorm.**.dropDatabase", Do::Store(TargetKind::Database)),
    ("typeorm.**.synchronize", Do::Value(synchronize)),
    ("@elastic/elasticsearch.**.delete", Do::Store(TargetKind::Table)),
    ("dockerode.**.remove", Do::Value(docker_remove)),
    ("dockerode.**.pruneVolumes", Do::Store(TargetKind::Volume)),
    ("aws-sdk.*", Do::Cloud),
    ("@aws-sdk/client-s3.*", Do::Cloud),
    ("@aws-sdk.*", Do::Cloud),
    ("@google-cloud.*", Do::Cloud),
    ("@azure.*", Do::Cloud),
    ("firebase-admin.*", Do::Cloud),
    ("googleapis.**.delete", Do::Cloud),
    ("@kubernetes/client-node.*", Do::Cloud),
    ("node-ssh.**.execCommand", Do::Remote),
    ("node-ssh.**.exec", Do::Remote),
    ("ssh2.**.exec", Do::Remote),
    ("simple-git.*", Do::Value(git)),
    ("zx.cd", Do::Value(crate::code::shared::paths::chdir)),
    ("axios", Do::Get),
    ("axios.request", Do::Get),
    ("axios.create().*", Do::Value(based)),
    ("got", Do::Get),
    ("got.*", Do::Value(based)),
    ("ky.*", Do::Value(based)),
    ("superagent.*", Do::Value(based)),
    ("undici.request", Do::Get),
    ("net.connect", Do::Value(connect)),
    ("net.createConnection", Do::Value(connect)),
    ("tls.connect", Do::Value(connect)),
    ("net.Socket().connect", Do::Value(connect)),
    ("ws", Do::Send),
    ("WebSocket", Do::Send),
    ("worker_threads.Worker", Do::Value(worker)),
];

/// A query that ends with its deletion: with a condition only some rows go.
fn rows(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.path.contains(".where") && !args.path.ends_with("truncate") {
        let table = args.about.as_deref().unwrap_or("rows");
        let target = weir_model::Target::new(TargetKind::Table, table).stateful();
        let scope = weir_model::Scope::Filtered { filter: "a condition".to_owned() };
        machine.say(weir_model::Effect::new(Verb::Delete, target).within(scope));
        return Val::Unknown;
    }
    machine.carry_out(Do::Store(TargetKind::Table), args)
}

fn sync(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.option("force").and_then(|force| force.truth()) == Some(true) {
        return machine.carry_out(Do::Store(TargetKind::Database), args);
    }
    machine.foreign(args, false)
}

/// `dataSource.synchronize(true)` drops first.
fn synchronize(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.value(0).truth() == Some(true) {
        return machine.carry_out(Do::Store(TargetKind::Database), args);
    }
    machine.foreign(args, false)
}

fn docker_remove(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.path.to_lowercase().contains("volume") {
        return machine.carry_out(Do::Store(TargetKind::Volume), args);
    }
    machine.foreign(args, false)
}

/// `simpleGit().reset(["--hard"]).clean("f")`: every call is a command.
fn git(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let command = args.path.rsplit('.').next().unwrap_or_default();
    let mut argv = vec![Arg::known("git")];
    match command {
        "raw" => {}
        "reset" | "clean" | "checkout" | "push" | "branch" | "stash" | "rebase" | "rm" => {
            argv.push(Arg::known(command));
        }
        "deleteLocalBranch" => argv.extend(["branch", "-D"].map(Arg::known)),
        _ => return machine.foreign(args, false),
    }
    for (at, (value, source)) in args.list.iter().enumerate() {
        let letters = value.text("").text().filter(|text| at == 0 && !text.starts_with('-')).map(str::to_owned);
        match (command, letters) {
            ("clean", Some(letters)) => argv.push(Arg::known(format!("-{letters}"))),
            ("reset", Some(mode)) => argv.push(Arg::known(format!("--{mode}"))),
            _ if matches!(value, Val::Function(..) | Val::Dict(_)) => {}
            _ => argv.extend(Machine::words(value, source)),
        }
    }
    machine.spawn(argv, None, "simple-git");
    Val::lib_about("simple-git()", args.about.clone())
}

/// `client.post(address)` of a client that may know the beginning of its address.
fn based(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let method = args.path.rsplit('.').next().unwrap_or_default();
    let address = args.value(0);
    let whole = address.texts().iter().flatten().any(|text| text.start().contains("://"));
    let base = args.about.as_deref().filter(|_| !whole).map(Val::str);
    match method {
        "post" | "put" | "patch" | "delete" | "del" => machine.host(Verb::Send, &base.unwrap_or(address)),
        "get" | "head" => machine.host(Verb::Read, &base.unwrap_or(address)),
        _ => {}
    }
    machine.foreign(args, false)
}

/// `net.connect(port, host)`, `net.connect({host, port})`.
fn connect(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let host = args.option("host").unwrap_or_else(|| args.value(1));
    machine.host(Verb::Send, &host);
    machine.foreign(args, false)
}

/// `new Worker(text, {eval: true})`, `new Worker("./file.js")`.
fn worker(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.option("eval").and_then(|eval| eval.truth()) == Some(true) {
        return machine.eval_text(&args.value(0), args.source(0), "Worker");
    }
    machine.carry_out(Do::RunFile(crate::call::Language::JavaScript), args);
    Val::Unknown
}

/// `db.runCommand({dropDatabase: 1})`
fn mongo_command(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    const COMMANDS: &[(&str, TargetKind)] =
        &[("dropDatabase", TargetKind::Database), ("drop", TargetKind::Table), ("delete", TargetKind::Table)];
    let command = args.value(0);
    let known = COMMANDS.iter().find(|(name, _)| machine.field(&command, name).is_some());
    if let Some((name, kind)) = known
        && machine.speculative == 0
    {
        let target = weir_model::Target::new(*kind, format!("what `{name}` names")).stateful();
        machine.say(weir_model::Effect::new(Verb::Delete, target));
    }
    Val::Unknown
}
