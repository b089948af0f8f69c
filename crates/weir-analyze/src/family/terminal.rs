//! Programs that are given command lines for later or for somebody else: terminal multiplexers, debuggers, the table of
//! scheduled jobs.

use weir_model::{Effect, Target, TargetKind, Verb};

use crate::call::{Arg, Call, Inner, Language, Say, Stdin};

/// Lines of a table of jobs that are looked at.
const MOST_LINES: usize = 1_000;
const MOST_BYTES: usize = 256 * 1024;

/// Says what a call does. False where the program is none of these.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    match call.program() {
        "tmux" => tmux(call, say),
        // The rest is in the catalog.
        "ssh" | "scp" | "sftp" => {
            proxies(call, say);
            false
        }
        "bwrap" => {
            sandbox(call, say);
            true
        }
        "screen" => {
            screen(call, say);
            true
        }
        "gdb" | "lldb" | "gdb-multiarch" | "rust-gdb" | "rust-lldb" => debugger(call, say),
        "crontab" => {
            crontab(call, say);
            true
        }
        _ => false,
    }
}

fn program(call: &Call<'_>, verb: Verb, say: &mut dyn Say) {
    say.effect(Effect::new(verb, Target::new(TargetKind::Program, call.program())));
}

fn unknown(name: &str, why: &str, say: &mut dyn Say) {
    say.opaque(Effect::opaque(Verb::Execute, Target::new(TargetKind::Unknown, name), why));
}

/// What is typed in a session, as a shell reads it.
fn typed(text: &str, name: &str, through: &str, say: &mut dyn Say) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    // An answer to a question that nobody knows.
    if text.len() <= 3 && text.chars().all(char::is_alphanumeric) && !matches!(text, "q" | "ls" | "pwd") {
        return unknown(name, "answers whatever is asked in another session", say);
    }
    // It may be read by a client of a database instead.
    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if matches!(first.as_str(), "DROP" | "DELETE" | "TRUNCATE" | "UPDATE" | "ALTER") {
        say.code(Language::Sql, text, &[], through);
    }
    say.code(Language::Shell, text, &[], through);
}

/// Only `send-keys`; the rest is in the catalog.
fn tmux(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let mut args = call.argv.get(1..).unwrap_or_default().iter();
    let command = loop {
        match args.next().and_then(Arg::text) {
            Some("-L" | "-S" | "-f" | "-c" | "-T") => {
                args.next();
            }
            Some(text) if text.starts_with('-') => {}
            other => break other,
        }
    };
    if !matches!(command, Some("send-keys" | "send")) {
        return false;
    }
    let name =
        call.argv.get(1..).unwrap_or_default().iter().map(|arg| arg.source.as_str()).collect::<Vec<_>>().join(" ");
    let mut text = String::new();
    let mut target = "a session".to_owned();
    let mut open = true;
    while let Some(arg) = args.next() {
        let Some(word) = arg.code() else {
            unknown(&name, "runs commands in another session", say);
            return true;
        };
        match word {
            "-t" | "-N" | "-c" if open => {
                if let Some(value) = args.next() {
                    target.clone_from(&value.source);
                }
            }
            word if open && word.len() > 1 && word.starts_with('-') => {}
            "Enter" | "C-m" | "KPEnter" | "C-j" => text.push('\n'),
            "Space" => text.push(' '),
            "Escape" | "Tab" | "BSpace" | "Up" | "Down" | "Left" | "Right" | "Home" | "End" | "PageUp" | "PageDown"
            | "DC" | "BTab" => open = false,
            word if (word.starts_with("C-") || word.starts_with("M-") || word.starts_with("S-")) && word.len() <= 4 => {
                open = false;
            }
            word => {
                open = false;
                text.push_str(word);
            }
        }
    }
    say.effect(Effect::new(Verb::Modify, Target::new(TargetKind::Process, target)));
    typed(&text, &name, "tmux send-keys", say);
    true
}

fn screen(call: &Call<'_>, say: &mut dyn Say) {
    const VALUES: &str = "SpcehtTs";
    let args = call.argv.get(1..).unwrap_or_default();
    let name = args.iter().map(|arg| arg.source.as_str()).collect::<Vec<_>>().join(" ");
    let mut at = 0;
    while let Some(text) = args.get(at).and_then(Arg::text).filter(|text| text.len() > 1 && text.starts_with('-')) {
        at += 1;
        match text {
            "-ls" | "-list" | "-wipe" | "-v" | "--help" | "--version" | "-q" => return program(call, Verb::Read, say),
            "-X" => return screen_command(args.get(at..).unwrap_or_default(), &name, say),
            text => {
                // The last letter of a bundle may take the next word.
                let last = text.chars().next_back().unwrap_or_default();
                let attaches = matches!(last, 'r' | 'x' | 'R' | 'd' | 'D') && !text.contains('m');
                if VALUES.contains(last) || (attaches && args.get(at).and_then(Arg::text).is_some_and(is_session)) {
                    at += 1;
                }
            }
        }
    }
    match args.get(at..) {
        Some(argv @ [_, ..]) => say.command(argv.to_vec(), "screen"),
        _ => program(call, Verb::Execute, say),
    }
}

fn is_session(text: &str) -> bool {
    text.contains('.') || text.chars().all(|c| c.is_ascii_digit())
}

fn screen_command(args: &[Arg], name: &str, say: &mut dyn Say) {
    match args.first().and_then(Arg::text) {
        Some("stuff") => match args.get(1).and_then(Arg::code) {
            Some(text) => {
                let text = text.replace("\\n", "\n").replace("\\r", "\n").replace("^M", "\n").replace("^J", "\n");
                say.effect(Effect::new(Verb::Modify, Target::new(TargetKind::Process, "a session")));
                if !text.starts_with('^') {
                    typed(&text, name, "screen -X stuff", say);
                }
            }
            None => unknown(name, "runs commands in another session", say),
        },
        Some("exec" | "screen") => {
            let argv: Vec<Arg> = args
                .iter()
                .skip(1)
                .skip_while(|arg| arg.text().is_some_and(|text| text.starts_with(['-', '.', '!', '|'])))
                .cloned()
                .collect();
            if !argv.is_empty() {
                say.command(argv, "screen -X");
            }
        }
        Some("eval" | "source" | "readbuf" | "paste" | "process") | None => {
            unknown(name, "runs commands in another session", say);
        }
        Some(_) => say.effect(Effect::new(Verb::Modify, Target::new(TargetKind::Process, "a session"))),
    }
}

/// Commands that a debugger is given; false where it is given none.
fn debugger(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let mut args = call.argv.get(1..).unwrap_or_default().iter();
    let mut said = false;
    while let Some(arg) = args.next() {
        let text = arg.text().unwrap_or_default();
        if matches!(text, "--args" | "-args" | "--") {
            break;
        }
        let (option, inline) = text.split_once('=').map_or((text, None), |(option, value)| (option, Some(value)));
        if !matches!(
            option.trim_start_matches('-'),
            "ex" | "eval-command" | "iex" | "init-eval-command" | "o" | "one-line" | "O" | "k"
        ) || !option.starts_with('-')
        {
            continue;
        }
        let Some(command) = inline.or_else(|| args.next().and_then(Arg::code)) else { continue };
        let command = command.trim();
        said = true;
        let through = call.program();
        let shell = ["shell ", "!", "platform shell ", "make "].iter().find_map(|start| command.strip_prefix(start));
        if let Some(line) = shell {
            let line = if command.starts_with("make ") { command } else { line };
            say.code(Language::Shell, line.trim(), &[], through);
        } else if let Some((_, line)) = command.strip_prefix("pipe ").and_then(|rest| rest.split_once('|')) {
            say.code(Language::Shell, line.trim(), &[], through);
        } else if let Some(python) = ["python ", "py ", "script "].iter().find_map(|start| command.strip_prefix(start))
        {
            say.code(Language::Python, python, &[], through);
        } else if command.contains('(') {
            // It calls functions of the program, such as `system`.
            say.code(Language::Other, &command.replace(')', ") "), &[], through);
        }
    }
    if said {
        program(call, Verb::Execute, say);
    }
    said && !call.argv.iter().any(|arg| matches!(arg.text(), Some("--args")))
}

/// Commands among the settings of a connection.
fn proxies(call: &Call<'_>, say: &mut dyn Say) {
    let args = call.argv.get(1..).unwrap_or_default();
    for (at, arg) in args.iter().enumerate() {
        let Some(text) = arg.code().and_then(|text| text.strip_prefix("-o")) else { continue };
        let text = if text.is_empty() { args.get(at + 1).and_then(Arg::code).unwrap_or_default() } else { text };
        let Some((name, command)) = text.trim().split_once(['=', ' ']) else { continue };
        let command = command.trim();
        if matches!(name.to_ascii_lowercase().as_str(), "proxycommand" | "localcommand" | "knownhostscommand")
            && !command.starts_with("ssh ")
            && command != "none"
        {
            say.code(Language::Shell, command, &[], &format!("{} -o {name}", call.program()));
        }
    }
}

/// `bwrap OPTIONS CMD`: it shows the files of this machine in places of its choice.
fn sandbox(call: &Call<'_>, say: &mut dyn Say) {
    const TWO: &[&str] = &[
        "--bind",
        "--bind-try",
        "--dev-bind",
        "--dev-bind-try",
        "--ro-bind",
        "--ro-bind-try",
        "--symlink",
        "--file",
        "--bind-data",
        "--ro-bind-data",
        "--setenv",
        "--chmod",
        "--bind-fd",
        "--ro-bind-fd",
    ];
    const NONE: &[&str] = &[
        "--share-net",
        "--die-with-parent",
        "--new-session",
        "--as-pid-1",
        "--clearenv",
        "--disable-userns",
        "--assert-userns-disabled",
    ];
    let args = call.argv.get(1..).unwrap_or_default();
    let mut inner = Inner::default();
    let mut at = 0;
    while let Some(text) = args.get(at).and_then(Arg::text).filter(|text| text.starts_with('-')) {
        at += match text {
            "--" => {
                at += 1;
                break;
            }
            text if TWO.contains(&text) => 3,
            text if NONE.contains(&text) || text.starts_with("--unshare-") => 1,
            "--chdir" => {
                inner.cwd = Some(args.get(at + 1).and_then(Arg::text).and_then(|dir| call.path(dir)));
                2
            }
            "--help" | "--version" => return program(call, Verb::Read, say),
            _ => 2,
        };
    }
    inner.argv = args.get(at..).unwrap_or_default().to_vec();
    if inner.argv.is_empty() {
        return program(call, Verb::Execute, say);
    }
    say.run(inner, "bwrap");
}

fn crontab(call: &Call<'_>, say: &mut dyn Say) {
    let mut file = None;
    let mut user = String::new();
    let mut args = call.argv.get(1..).unwrap_or_default().iter();
    while let Some(arg) = args.next() {
        match arg.text() {
            Some("-l" | "--help" | "-V" | "-T") => return program(call, Verb::Read, say),
            Some("-r") => return jobs_lost(&user, say),
            Some("-u") => user = args.next().map(|arg| arg.source.clone()).unwrap_or_default(),
            Some(text) if text.len() > 1 && text.starts_with('-') => {}
            _ => file = Some(arg),
        }
    }
    let mut changed = Effect::new(Verb::Install, Target::new(TargetKind::Host, "scheduled jobs"));
    changed.note = Some("they run at their times, whoever looks".to_owned());
    let table = match file {
        Some(arg) if arg.text() != Some("-") => {
            let path = arg.text().and_then(|text| call.path(text));
            let bytes = path.as_ref().and_then(|path| call.world.read(path, MOST_BYTES));
            if arg.text() == Some("/dev/null") || bytes.as_ref().is_some_and(|bytes| bytes.trim_ascii().is_empty()) {
                return jobs_lost(&user, say);
            }
            if let (Some(path), Some(bytes)) = (path, &bytes) {
                say.pin(path, bytes);
            }
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => match &call.stdin {
            // A table that is known from the start has nothing of the one before.
            Stdin::Known(text) => {
                jobs_lost(&user, say);
                Some(text.clone())
            }
            _ => None,
        },
    };
    say.effect(changed);
    for line in table.unwrap_or_default().lines().take(MOST_LINES) {
        if let Some(command) = job(line) {
            say.code(Language::Shell, command, &[], "crontab");
        }
    }
}

fn jobs_lost(user: &str, say: &mut dyn Say) {
    let name = format!("all scheduled jobs of {}", if user.is_empty() { "crontab" } else { user });
    let target = Target::new(TargetKind::Unknown, name);
    say.opaque(Effect::opaque(Verb::Delete, target, "the table of jobs is not a file that is looked at"));
}

/// The command of a line in a table of jobs.
fn job(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let fields = if line.starts_with('@') { 1 } else { 5 };
    if fields == 5 && !line.starts_with(|c: char| c.is_ascii_digit() || c == '*') {
        return None;
    }
    let mut rest = line;
    for _ in 0..fields {
        rest = rest.split_once(char::is_whitespace)?.1.trim_start();
    }
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use crate::call::Stdin;
    use crate::lab::{self, Machine};

    fn heard(text: &str, stdin: Stdin) -> Vec<String> {
        let machine = Machine::new([("/w/jobs", "# none\nA=1\n0 5 * * * rm -rf x\n@daily make\n"), ("/w/empty", "")]);
        lab::hear(&machine, text, Some("/w"), stdin, &[], |call, say| {
            super::interpret(call, say);
        })
        .lines
    }

    #[test]
    fn what_sessions_debuggers_and_schedules_are_given_is_read() {
        for (text, expected) in [
            ("tmux send-keys -t 0 'rm -rf x' Enter", &["modify process 0", "Shell: rm -rf x"] as &[&str]),
            ("tmux -L s send -t dev C-c", &["modify process dev"]),
            ("tmux send-keys -t 0 y Enter", &["modify process 0", "?execute unknown send-keys -t 0 y Enter"]),
            (
                "tmux send-keys -t 0 'DROP TABLE x;' Enter",
                &["modify process 0", "Sql: DROP TABLE x;", "Shell: DROP TABLE x;"],
            ),
            ("screen -dmS x rm -rf x", &["run rm -rf x"]),
            ("screen -d -m rm -rf x", &["run rm -rf x"]),
            ("screen -ls", &["read program screen"]),
            ("screen -S m -X stuff 'rm -rf x\\n'", &["modify process a session", "Shell: rm -rf x"]),
            ("screen -X quit", &["modify process a session"]),
            ("gdb -batch -ex 'shell rm x' -ex bt", &["Shell: rm x", "execute program gdb"]),
            ("gdb -ex=bt prog", &["execute program gdb"]),
            ("crontab -l", &["read program crontab"]),
            ("crontab -r", &["?delete unknown all scheduled jobs of crontab"]),
            ("crontab empty", &["?delete unknown all scheduled jobs of crontab"]),
        ] {
            assert_eq!(heard(text, Stdin::None), expected, "{text}");
        }
    }

    #[test]
    fn a_table_of_jobs_is_read_line_by_line() {
        let jobs: Vec<String> =
            heard("crontab jobs", Stdin::None).into_iter().filter(|line| line.starts_with("Shell")).collect();
        assert_eq!(jobs, ["Shell: rm -rf x", "Shell: make"]);
        let known = heard("crontab -", Stdin::Known("* * * * * ls\n".to_owned()));
        assert_eq!(known.first().map(String::as_str), Some("?delete unknown all scheduled jobs of crontab"));
        let kept = heard("crontab -", Stdin::Unknown("crontab".to_owned()));
        assert_eq!(kept, ["install host scheduled jobs"]);
    }
}
