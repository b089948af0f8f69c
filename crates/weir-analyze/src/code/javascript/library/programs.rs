//! Programs and code that a program starts.

use crate::code::meaning::{Args, Do};
use crate::code::run::Machine;
use crate::code::shared::files::finish;
use crate::code::value::Val;

pub(super) fn exec(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.shell(&args.value(0), args.source(0), args.option("cwd").as_ref(), &args.path);
    finish(machine, args)
}

/// `execa("rm", ["-rf", x])`, or a template.
pub(super) fn execa(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.template {
        return template(machine, args);
    }
    machine.carry_out(Do::Spawn, args)
}

/// `` $`rm -rf ${x}` ``.
pub(super) fn template(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.template {
        machine.shell(&args.value(0), args.source(0), None, &args.path);
    } else if matches!(args.value(0), Val::Dict(_)) {
        // `$({cwd})` gives the same function again.
        return Val::lib(args.path.clone());
    } else {
        // jQuery, as likely as not.
        machine.callbacks(args, false);
    }
    Val::Unknown
}

/// `new Deno.Command("rm", {args: ["-rf", x]})`.
pub(super) fn deno_command(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let mut argv = vec![Machine::arg(&args.value(0), args.source(0))];
    if let Some(list) = args.option("args") {
        argv.extend(Machine::words(&list, "args"));
    }
    machine.spawn(argv, args.option("cwd").as_ref(), &args.path);
    Val::Unknown
}

pub(super) fn deno_run(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if let Some(list) = args.option("cmd") {
        machine.spawn(Machine::words(&list, "cmd"), args.option("cwd").as_ref(), &args.path);
    }
    Val::Unknown
}

/// `new Function("a", "return a")`: the last is the body.
pub(super) fn function(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.list.last() {
        Some((body, source)) => machine.eval_text(body, source, "Function"),
        None => Val::Unknown,
    }
}
