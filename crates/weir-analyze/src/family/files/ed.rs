//! Editors: the commands that they are given beforehand.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::{Files, Meaning};
use crate::call::{Arg, Language, Stdin};
use crate::family::options::Word;

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    Some(Meaning::Together(match program {
        "ed" | "red" => Files::ed,
        "ex" | "vi" | "vim" | "nvim" | "view" | "rvim" | "gvim" | "vimdiff" | "vim.basic" | "vim.tiny" => Files::vi,
        "nano" | "pico" => Files::nano,
        _ => return None,
    }))
}

/// Commands of a script that are looked at.
const MOST_COMMANDS: usize = 10_000;
/// Commands with `|` between them.
const MOST_ON_A_LINE: usize = 64;

impl Files<'_, '_> {
    fn ed(&mut self, args: &[Arg]) {
        let Some(opts) = self.opts(
            "E|extended-regexp G|traditional l|loose-exit-status p|prompt= r|restricted \
            s|quiet|silent v|verbose",
            args,
        ) else {
            return;
        };
        // `ed '!COMMAND'` edits what the command prints.
        if let Some(command) = opts.words.first().filter(|word| word.known).and_then(|word| word.text.strip_prefix('!'))
        {
            self.say.code(Language::Shell, command, &[], self.program);
        }
        let file = opts.words.first().filter(|word| !word.text.starts_with('!')).cloned();
        match &self.call.stdin {
            Stdin::Known(script) => {
                let mut inserting = false;
                for line in script.lines().take(MOST_COMMANDS) {
                    if inserting {
                        inserting = line != ".";
                        continue;
                    }
                    let command = line.trim_start_matches(|letter: char| {
                        letter.is_ascii_digit() || matches!(letter, ',' | '.' | '$' | '%' | ';' | '+' | '-' | ' ')
                    });
                    inserting = matches!(command, "a" | "i" | "c");
                    self.ex_command(command, file.as_ref());
                }
            }
            _ => {
                let file = file.as_slice();
                self.act(Verb::Modify, &Scope::Whole, file);
            }
        }
        if self.said.is_empty() {
            self.read(file.as_slice());
        }
    }

    fn vi(&mut self, args: &[Arg]) {
        const SPEC: &str = "c= cmd= S= u= i= s= T= w= W= t= q? r= R e E v V? b d D g f A H l L m M n N o? O? p? x X y Z \
            C noplugin nofork startuptime= servername= remote remote-send= remote-expr= headless embed clean es h";
        let silent = self.program == "ex" || args.iter().any(|arg| matches!(arg.text(), Some("-e" | "-E")));
        // `+COMMAND` is `-c COMMAND`.
        let args: Vec<Arg> = args
            .iter()
            .map(|arg| match arg.text() {
                Some("-es" | "-Es") => Arg::known("-e"),
                Some("-s") if silent => Arg::known("-e"),
                // `ex -sc COMMAND`
                Some(text) if silent && text.starts_with("-s") => {
                    Arg::known(format!("-{}", text.get(2..).unwrap_or_default()))
                }
                Some(text) => match text.strip_prefix('+') {
                    Some(command) => Arg::known(format!("-c{}", if command.is_empty() { "$" } else { command })),
                    None if text.starts_with("-u") && text != "-u" => Arg::known("-e"),
                    None => arg.clone(),
                },
                None => arg.clone(),
            })
            .collect();
        let Some(opts) = self.opts(SPEC, &args) else { return };
        if opts.has("h") {
            return self.harmless();
        }
        let file = opts.words.first().cloned();
        for (name, value) in &opts.set {
            let Some(word) = value else { continue };
            match name.as_str() {
                "c" | "cmd" if word.known => self.ex_command(&word.text, file.as_ref()),
                "c" | "cmd" => self.opaque_code(&word.source),
                "S" => match self.program_text(word) {
                    Some(text) => {
                        text.lines().take(MOST_COMMANDS).for_each(|line| self.ex_command(line, file.as_ref()))
                    }
                    None => self.opaque_program(word),
                },
                _ => {}
            }
        }
        if let (Stdin::Known(script), true) = (&self.call.stdin, opts.has("e") || self.program == "ex") {
            script.lines().take(MOST_COMMANDS).for_each(|line| self.ex_command(line, file.as_ref()));
        }
        if opts.has("R") || self.program == "view" {
            self.read(&opts.words);
        } else {
            self.act(Verb::Modify, &Scope::Whole, &opts.words);
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    /// The commands of `ed` or `ex` on one line.
    fn ex_command(&mut self, line: &str, file: Option<&Word>) {
        let mut next = Some(line);
        for _ in 0..MOST_ON_A_LINE {
            let Some(command) = next else { return };
            next = self.ex_one(command, file);
        }
    }

    /// One command; what stands after its `|` is the answer.
    fn ex_one<'t>(&mut self, command: &'t str, file: Option<&Word>) -> Option<&'t str> {
        let mut rest = command.trim().trim_start_matches([':', ' ']);
        for before in ["silent!", "silent", "sil!", "sil", "noautocmd", "keepjumps"] {
            if let Some(after) = rest.strip_prefix(before).filter(|after| after.starts_with(' ')) {
                rest = after.trim_start_matches([' ', ':']);
            }
        }
        let rest = rest.trim_start_matches(|letter: char| {
            letter.is_ascii_digit()
                || matches!(letter, ',' | '.' | '$' | '%' | ';' | '+' | '-' | ' ' | '\'' | '<' | '>')
        });
        if let Some(code) = rest.strip_prefix('!') {
            self.say.code(Language::Shell, code.trim(), &[], self.program);
            return None;
        }
        let name: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        let after = rest.get(name.len()..).unwrap_or_default();
        let forced = after.strip_prefix('!');
        let operand = forced.unwrap_or(after).trim();
        match name.as_str() {
            "w" | "wq" | "W" | "write" | "sav" | "saveas" | "x" | "xit" | "up" | "update" | "wn" | "r" | "read"
            | "e"
                if operand.starts_with('!') || (forced.is_some() && after.starts_with("!") && name == "r") =>
            {
                self.say.code(Language::Shell, operand.trim_start_matches('!').trim(), &[], self.program);
                return None;
            }
            "w" | "wq" | "write" | "sav" | "saveas" | "x" | "xit" | "up" | "update" => {
                let to = operand.split('|').next().unwrap_or(operand).trim();
                let append = to.strip_prefix(">>").map(str::trim);
                match (append, file) {
                    (Some(to), _) => self.act(Verb::Modify, &Scope::Whole, &[Word::text(to)]),
                    (None, Some(file)) if to.is_empty() => {
                        self.act(Verb::Modify, &Scope::Whole, std::slice::from_ref(file));
                    }
                    _ if to.is_empty() => {}
                    _ => self.write(&[Word::text(to)]),
                }
            }
            "W" => self.act(Verb::Modify, &Scope::Whole, &[Word::text(operand)]),
            "exe" | "execute" | "call" | "let" | "echo" | "lua" | "luado" | "py" | "py3" | "python" | "python3"
            | "pyx" | "perl" | "ruby"
                if name.starts_with("exe") || RUNS.iter().any(|word| operand.contains(word)) =>
            {
                self.opaque(Verb::Execute, rest, "the editor runs what this computes".to_owned());
            }
            "lua" | "luado" | "luafile" | "py" | "py3" | "python" | "python3" | "pyx" | "perl" | "ruby" | "so"
            | "source" | "term" | "terminal" => {
                let target = Target::new(TargetKind::Program, rest);
                self.emit(Effect::opaque(Verb::Execute, target, "scripts of editors are not read here"));
            }
            _ => {}
        }
        // A pattern may contain the bar.
        let pattern = matches!(name.as_str(), "g" | "global" | "v" | "s" | "substitute");
        let begins =
            |next: &str| ["!", "w", "sil", "exe", "call"].iter().any(|word| next.trim_start().starts_with(word));
        rest.split_once('|').map(|(_, next)| next).filter(|next| !pattern || begins(next))
    }

    fn nano(&mut self, args: &[Arg]) {
        const SPEC: &str = "A B|backup C|backupdir= D E F G H I|ignorercfiles J|guidestripe= K L M N O P Q|quotestr= R \
            S T|tabsize= U V|view W X|wordchars= Y|syntax= Z a b c d e f|rcfile= g h i j k l m n o|operatingdir= p q \
            r|fill= s|speller= t u v w x y z";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if let Some(speller) = opts.value("speller") {
            self.shell(speller);
        }
        if opts.words.is_empty() || opts.any(&["view", "v", "h"]) {
            return self.read(&opts.words);
        }
        let words: Vec<Word> = opts.words.iter().filter(|word| !word.text.starts_with('+')).cloned().collect();
        self.act(Verb::Modify, &Scope::Whole, &words);
    }
}

/// What reaches out of an editor's scripting languages.
const RUNS: &[&str] = &[
    "system",
    "delete(",
    "writefile",
    "rename(",
    "job_start",
    "jobstart",
    "term_start",
    "popen",
    "subprocess",
    "shutil",
    "os.",
    "exec",
    "unlink",
];
