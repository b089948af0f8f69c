//! Software of others: databases, clouds, containers, other machines.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use crate::call::{Arg, Value};
use crate::code::effects::Act;
use crate::code::meaning::{Args, Do, Library};
use crate::code::run::Machine;
use crate::code::value::Val;

/// Functions and their meanings.
pub(in crate::code::python) static SERVICES: Library = &[
    ("boto3.client", Do::Value(cloud_client)),
    ("boto3.resource", Do::Value(cloud_client)),
    ("boto3.Session().client", Do::Value(cloud_client)),
    ("boto3.Session().resource", Do::Value(cloud_client)),
    ("boto3.session.Session().client", Do::Value(cloud_client)),
    ("boto3.session.Session().resource", Do::Value(cloud_client)),
    ("boto3.client().*", Do::Cloud),
    ("*.drop_all", Do::Store(TargetKind::Database)),
    ("*.drop_database", Do::Store(TargetKind::Database)),
    ("*.drop_collection", Do::Store(TargetKind::Table)),
    ("*.delete_collection", Do::Store(TargetKind::Table)),
    ("*.delete_many", Do::Store(TargetKind::Table)),
    ("*.drop_table", Do::Store(TargetKind::Table)),
    ("*.drop_tables", Do::Store(TargetKind::Table)),
    ("*.flushall", Do::Store(TargetKind::Database)),
    ("*.flushdb", Do::Store(TargetKind::Database)),
    ("pymongo.**.drop", Do::Store(TargetKind::Table)),
    ("motor.**.drop", Do::Store(TargetKind::Table)),
    ("*.delete_by_query", Do::Store(TargetKind::Table)),
    ("elasticsearch.**.delete", Do::Store(TargetKind::Table)),
    ("opensearchpy.**.delete", Do::Store(TargetKind::Table)),
    ("?.to_sql", Do::Value(to_sql)),
    ("pandas.**.to_sql", Do::Value(to_sql)),
    ("pandas.**.to_csv", Do::Value(save)),
    ("pandas.**.to_json", Do::Value(save)),
    ("pandas.**.to_parquet", Do::Value(save)),
    ("pandas.**.to_excel", Do::Value(save)),
    ("pandas.**.to_pickle", Do::Value(save)),
    ("polars.**.write_csv", Do::Value(save)),
    ("polars.**.write_parquet", Do::Value(save)),
    ("numpy.save", Do::File(Act::Write)),
    ("numpy.savetxt", Do::File(Act::Write)),
    ("torch.save", Do::Value(save)),
    ("*.savefig", Do::Value(savefig)),
    ("django.core.management.call_command", Do::Value(django_command)),
    ("google.cloud.*", Do::Cloud),
    ("googleapiclient.discovery.build().*", Do::Cloud),
    ("azure.*", Do::Cloud),
    ("kubernetes.client.*", Do::Cloud),
    ("botocore.*", Do::Cloud),
    ("digitalocean.*", Do::Cloud),
    ("docker.**.remove", Do::Value(docker_remove)),
    ("docker.**.prune", Do::Value(docker_remove)),
    ("git.Repo", Do::Value(git_repo)),
    ("git.Repo().*", Do::Value(git_command)),
    ("fabric.Connection().run", Do::Remote),
    ("fabric.Connection().sudo", Do::Remote),
    ("invoke.run", Do::Shell),
    ("paramiko.SSHClient().exec_command", Do::Remote),
    ("asyncssh.**.run", Do::Remote),
    ("sh.*", Do::Value(sh_command)),
    ("plumbum.cmd.*", Do::Value(sh_command)),
    ("httpx.patch", Do::Send),
    ("httpx.Client().post", Do::Value(send_based)),
    ("httpx.Client().put", Do::Value(send_based)),
    ("httpx.Client().patch", Do::Value(send_based)),
    ("httpx.Client().delete", Do::Value(send_based)),
    ("httpx.AsyncClient().post", Do::Value(send_based)),
    ("httpx.AsyncClient().put", Do::Value(send_based)),
    ("httpx.AsyncClient().patch", Do::Value(send_based)),
    ("httpx.AsyncClient().delete", Do::Value(send_based)),
    ("aiohttp.ClientSession().post", Do::Value(send_based)),
    ("aiohttp.ClientSession().put", Do::Value(send_based)),
    ("aiohttp.ClientSession().patch", Do::Value(send_based)),
    ("aiohttp.ClientSession().delete", Do::Value(send_based)),
    ("requests.Session().patch", Do::Send),
    ("requests.session().post", Do::Send),
    ("requests.session().put", Do::Send),
    ("requests.session().delete", Do::Send),
    ("requests.Session().request", Do::Request),
    ("httpx.request", Do::Request),
    ("smtplib.SMTP", Do::Send),
    ("smtplib.SMTP_SSL", Do::Send),
    ("ftplib.FTP", Do::Send),
    ("*.delete", Do::Value(delete)),
];
/// A client of a cloud, for a service.
fn cloud_client(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let service = args.value(0).text("").text().map(std::rc::Rc::from);
    Val::lib_about("boto3.client()", service)
}

fn texts(value: &Val) -> Vec<String> {
    value.texts().into_iter().flatten().filter_map(|text| text.text().map(str::to_owned)).collect()
}

/// `frame.to_sql("table", engine, if_exists="replace")`.
fn to_sql(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let replaces = args.option("if_exists").is_some_and(|what| texts(&what).iter().any(|what| what == "replace"));
    if replaces {
        machine.carry_out(Do::Store(TargetKind::Table), args);
    }
    Val::Null
}

/// `frame.to_csv(path)`, `torch.save(value, path)`: without a path it gives a text.
fn save(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    const NAMES: [&str; 4] = ["path_or_buf", "path", "excel_writer", "f"];
    let at = usize::from(args.path.starts_with("torch."));
    if let Some((path, source)) = args.get(at, &NAMES) {
        let (path, source) = (path.clone(), source.to_owned());
        if matches!(path, Val::Str(_) | Val::Path(_) | Val::Any(_)) {
            machine.files(Act::Write, &path, &source);
        }
    }
    Val::Unknown
}

fn savefig(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if matches!(args.value(0), Val::Str(_) | Val::Path(_) | Val::Any(_)) {
        machine.files(Act::Write, &args.value(0), args.source(0));
    }
    Val::Null
}

/// `Model.objects.all().delete()`, `session.query(Model).delete()`: of an object of one row nothing is said.
fn delete(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let path = args.path.as_str();
    let query = path
        .split_once(".objects.")
        .map(|(model, _)| model)
        .or_else(|| path.contains(".query()").then(|| args.about.as_deref().unwrap_or("rows")));
    let Some(model) = query.filter(|_| machine.speculative == 0) else { return machine.foreign(args, false) };
    let model = model.rsplit('.').next().unwrap_or(model);
    let effect = Effect::new(Verb::Delete, Target::new(TargetKind::Table, model).stateful());
    let some = [".filter()", ".filter_by()", ".where()", ".get()", ".exclude()", ".first()"];
    let filtered = some.iter().any(|part| path.contains(part));
    machine.say(if filtered { effect.within(Scope::Filtered { filter: "a condition".to_owned() }) } else { effect });
    Val::Null
}

/// `call_command("flush")`: a command of the framework.
fn django_command(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let mut argv = vec![Arg::known("django-admin")];
    for (value, source) in &args.list {
        argv.push(Machine::arg(value, source));
    }
    for (name, value, _) in &args.named {
        match value {
            Val::Bool(false) if name == "interactive" => argv.push(Arg::known("--noinput")),
            Val::Bool(true) => argv.push(Arg::known(format!("--{}", name.replace('_', "-")))),
            _ => {}
        }
    }
    machine.spawn(argv, None, "call_command");
    Val::Unknown
}

fn docker_remove(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.path.contains("volumes") {
        machine.carry_out(Do::Store(TargetKind::Volume), args);
    }
    Val::Null
}

fn git_repo(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let dir = texts(&args.value(0)).into_iter().next().unwrap_or_else(|| ".".to_owned());
    Val::lib_about("git.Repo()", Some(dir.into()))
}

/// `repo.git.reset("--hard")`, `repo.head.reset(working_tree=True)`.
fn git_command(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let dir = args.about.as_deref().map(Val::str);
    let rest = args.path.strip_prefix("git.Repo().").unwrap_or_default();
    let mut argv = vec![Arg::known("git")];
    if let Some(command) = rest.strip_prefix("git.").filter(|command| !command.contains('.')) {
        argv.push(Arg::known(command.replace('_', "-")));
        for (value, source) in &args.list {
            argv.extend(Machine::words(value, source));
        }
        for (name, value, _) in &args.named {
            let dashes = if name.len() == 1 { "-" } else { "--" };
            let option = format!("{dashes}{}", name.replace('_', "-"));
            match value {
                Val::Bool(true) => argv.push(Arg::known(option)),
                Val::Bool(false) | Val::Null => {}
                value => match value.word() {
                    Value::Known(text) => argv.push(Arg::known(format!("{option}={text}"))),
                    _ => argv.push(Arg::known(option)),
                },
            }
        }
    } else if rest.ends_with(".reset") && args.option("working_tree").and_then(|tree| tree.truth()) == Some(true) {
        argv.extend(["reset", "--hard"].map(Arg::known));
    } else {
        return machine.foreign(args, false);
    }
    machine.spawn(argv, dir.as_ref(), "git.Repo");
    Val::Unknown
}

/// `sh.rm("-rf", "x")`, `sh.git.push("origin")`: the parts of the name are words of the command.
fn sh_command(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let name = args.path.strip_prefix("sh.").or_else(|| args.path.strip_prefix("plumbum.cmd.")).unwrap_or_default();
    if name.contains(['(', '[']) {
        return Val::Unknown;
    }
    let mut argv: Vec<Arg> = name.split('.').map(|word| Arg::known(word.replace('_', "-"))).collect();
    for (value, source) in &args.list {
        argv.extend(Machine::words(value, source));
    }
    machine.spawn(argv, None, &args.path);
    Val::Unknown
}

/// A request of a client that knows its address.
fn send_based(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let address = args.value(0);
    let whole = texts(&address).iter().any(|text| text.contains("://"));
    let base = args.about.as_deref().filter(|_| !whole).map(Val::str);
    machine.host(Verb::Send, &base.unwrap_or(address));
    Val::Unknown
}
