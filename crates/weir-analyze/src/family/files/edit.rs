//! `sed`: files edited in place, and scripts that write files and run commands.

use weir_model::{Scope, Verb};

use super::{Files, Meaning};
use crate::call::{Arg, Language, Stdin};
use crate::family::options::{Word, not_known};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    matches!(program, "sed" | "ssed").then_some(Meaning::Each(Files::sed))
}

/// Bytes of a script that is in a file.
pub(super) const SCRIPT_LIMIT: usize = 256 * 1024;

/// What a script does besides printing.
#[derive(Debug, PartialEq, Eq)]
enum Deed {
    Write(String),
    Run(String),
    /// Runs what the input says.
    RunInput,
}

impl Files<'_, '_> {
    fn sed(&mut self, args: &[Arg]) {
        const SPEC: &str = "n|quiet|silent e|expression= f|file= E r|regexp-extended s|separate i|in-place? I? \
            l|line-length= u|unbuffered z|null-data b|binary posix debug sandbox follow-symlinks a H";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let in_place = opts.any(&["in-place", "I"]);
        let mut words = opts.words.as_slice();
        let mut suffix = opts.value("in-place").or_else(|| opts.value("I")).cloned();
        let attached = suffix.is_some();
        // The `-i` of BSD takes the next word as the suffix of the backup: `sed -i '' s/a/b/ FILE`.
        if let Some((first, rest)) = words.split_first().filter(|_| in_place && !attached)
            && first.known
            && (first.text.is_empty() || (first.text.starts_with('.') && rest.len() > 1))
        {
            suffix = Some(first.clone());
            words = rest;
        }
        let mut scripts: Vec<Word> = opts.values("expression").cloned().collect();
        let files: Vec<Word> = opts.values("file").cloned().collect();
        if scripts.is_empty() && files.is_empty() {
            let Some((script, rest)) = words.split_first() else {
                return self.harmless();
            };
            scripts.push(script.clone());
            words = rest;
        }
        for file in files {
            match self.program_text(&file) {
                Some(text) => scripts.push(Word::text(&text)),
                None => self.opaque_program(&file),
            }
        }
        if !opts.has("sandbox") {
            // Several are lines of one script: `-e 'i\\' -e 'we say'` inserts a line.
            if scripts.iter().all(|script| script.known) {
                let text: Vec<&str> = scripts.iter().map(|script| script.text.as_str()).collect();
                self.script(&Word::text(&text.join("\n")));
            } else {
                scripts.iter().for_each(|script| self.script(script));
            }
        }
        if in_place {
            self.act(Verb::Modify, &Scope::Whole, words);
            // An older backup is lost.
            let suffix = suffix.filter(|suffix| suffix.known && !suffix.text.is_empty());
            if let Some(suffix) = suffix.filter(|suffix| !suffix.text.contains(['*', '/'])) {
                let backups: Vec<Word> = words
                    .iter()
                    .filter(|word| word.known)
                    .map(|word| Word::text(&format!("{}{}", word.text, suffix.text)))
                    .filter(|word| self.path(word).is_some_and(|path| self.kind(&path).is_some()))
                    .collect();
                self.act(Verb::Modify, &Scope::Content, &backups);
            }
        } else if self.said.is_empty() {
            self.read(words);
        }
    }

    fn script(&mut self, script: &Word) {
        let text = if script.known { &script.text } else { &script.prefix };
        for deed in deeds(text) {
            match deed {
                Deed::Write(file) => self.write(&[Word::text(&file)]),
                Deed::Run(command) => self.say.code(Language::Shell, &command, &[], "sed"),
                Deed::RunInput => self.opaque(Verb::Execute, &script.source, "it runs what its input says".to_owned()),
            }
        }
    }

    /// The text of a program that is in a file.
    pub(super) fn program_text(&self, file: &Word) -> Option<String> {
        if matches!(file.text.as_str(), "-" | "/dev/stdin") {
            return match &self.call.stdin {
                Stdin::Known(text) => Some(text.clone()),
                _ => None,
            };
        }
        let bytes = self.call.world.read(&self.path(file)?, SCRIPT_LIMIT)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A program file that cannot be read here.
    pub(super) fn opaque_program(&mut self, file: &Word) {
        use weir_model::{Effect, Target, TargetKind};
        let why = if file.known { format!("`{}` cannot be read here", file.text) } else { not_known(&file.source) };
        let target = Target::new(TargetKind::Program, file.source.clone());
        self.emit(Effect::opaque(Verb::Execute, target, why));
    }
}

/// Reads a script as far as it is understood.
fn deeds(script: &str) -> Vec<Deed> {
    let mut found = Vec::new();
    let mut text = script.chars().peekable();
    while let Some(letter) = text.next() {
        match letter {
            '#' => drop(line(&mut text)),
            // Addresses, and what may stand around commands.
            '/' => skip_to('/', &mut text),
            '\\' => {
                if let Some(mark) = text.next() {
                    skip_to(mark, &mut text);
                }
            }
            's' => {
                let Some(mark) = text.next() else { break };
                skip_to(mark, &mut text);
                skip_to(mark, &mut text);
                while let Some(flag) = text.next_if(|next| !matches!(next, ';' | '}' | '\n')) {
                    match flag {
                        'w' => found.push(Deed::Write(line(&mut text))),
                        'e' => found.push(Deed::RunInput),
                        _ => {}
                    }
                }
            }
            'y' => {
                let Some(mark) = text.next() else { break };
                skip_to(mark, &mut text);
                skip_to(mark, &mut text);
            }
            'a' | 'i' | 'c' => {
                // Text goes on after a line that ends in a backslash.
                while let Some(letter) = text.next() {
                    if letter == '\\' {
                        text.next();
                    } else if letter == '\n' {
                        break;
                    }
                }
            }
            'w' | 'W' => found.push(Deed::Write(line(&mut text))),
            'e' => {
                let command = line(&mut text);
                found.push(if command.is_empty() { Deed::RunInput } else { Deed::Run(command) });
            }
            'r' | 'R' => drop(line(&mut text)),
            'b' | 't' | 'T' | ':' => while text.next_if(|next| !matches!(next, ';' | '\n' | '}')).is_some() {},
            _ => {}
        }
    }
    found
}

type Letters<'t> = std::iter::Peekable<std::str::Chars<'t>>;

/// The rest of the line, trimmed.
fn line(text: &mut Letters<'_>) -> String {
    let line: String = text.take_while(|letter| *letter != '\n').collect();
    line.trim().to_owned()
}

/// Skips to after the next `mark`. GNU ends a pattern at its mark even inside of brackets.
fn skip_to(mark: char, text: &mut Letters<'_>) {
    while let Some(letter) = text.next() {
        if letter == mark {
            return;
        }
        if letter == '\\' {
            text.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_as_sed_reads_them() {
        let write = |file: &str| Deed::Write(file.to_owned());
        let run = |command: &str| Deed::Run(command.to_owned());
        for (script, expected) in [
            ("s/a/b/", vec![]),
            ("s/we/ew/g", vec![]),
            ("s|w|e|;s,x,e,", vec![]),
            ("/write/d", vec![]),
            ("1,3p;$d", vec![]),
            ("s/a/b/w out.txt", vec![write("out.txt")]),
            ("s/a/b/gw out.txt\ns/c/d/", vec![write("out.txt")]),
            ("/x/w log", vec![write("log")]),
            ("w log\ne date", vec![write("log"), run("date")]),
            ("1e rm -rf build", vec![run("rm -rf build")]),
            ("s/.*/date/e", vec![Deed::RunInput]),
            ("e", vec![Deed::RunInput]),
            ("a\\\nwrite this\nd", vec![]),
            ("i e rm", vec![]),
            ("c we", vec![]),
            ("y/we/ew/", vec![]),
            ("# w file\np", vec![]),
            (":we;bwe", vec![]),
            ("\\,w,d", vec![]),
            ("s/\\//w/", vec![]),
            ("r we", vec![]),
        ] {
            assert_eq!(deeds(script), expected, "{script}");
        }
    }
}
