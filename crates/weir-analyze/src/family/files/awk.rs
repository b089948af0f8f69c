//! `awk`: programs that write files and run commands.

use std::collections::BTreeMap;

use weir_model::{Scope, Verb};

use super::{Files, Meaning};
use crate::call::{Arg, Inner, Language, Stdin};
use crate::family::options::{Opts, Word};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    matches!(program, "awk" | "gawk" | "mawk" | "nawk" | "original-awk" | "goawk")
        .then_some(Meaning::Together(Files::awk))
}

/// Tokens of a program that are looked at.
const MOST_TOKENS: usize = 100_000;
/// Tokens of a command in parentheses before `| getline`.
const MOST_BEFORE: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A string, its escapes resolved.
    Text(String),
    Name(String),
    Mark(char),
    /// `>>`.
    Append,
    /// `||` or `&&`.
    Logic,
    /// A newline or `;`.
    End,
    /// A regular expression or a number.
    Other,
}

/// Something outside of the program that it uses.
#[derive(Debug, PartialEq, Eq)]
enum Deed {
    Write {
        to: Expression,
        append: bool,
    },
    Run(Expression),
    /// Runs a command that reads what awk prints.
    Feed(Expression),
}

/// A string, as far as it is written down.
#[derive(Debug, PartialEq, Eq)]
struct Expression {
    text: String,
    whole: bool,
}

impl Files<'_, '_> {
    fn awk(&mut self, args: &[Arg]) {
        const SPEC: &str = "F|field-separator= v|assign= f|file= E|exec= e|source= i|include= l|load= b c C \
            d|dump-variables? D|debug? g|gen-pot h I|trace k|csv L|lint? M|bignum n|non-decimal-data N|use-lc-numeric \
            o|pretty-print? O|optimize p|profile? P|posix r|re-interval s|no-optimize S|sandbox t|lint-old V W= \
            characters-as-bytes traditional";
        let spec = format!("{SPEC} help version");
        let opts = Opts::parse(&spec, args, true);
        if opts.help || opts.any(&["help", "version", "h", "V"]) {
            return self.harmless();
        }
        let mut words = opts.words.as_slice();
        let mut programs: Vec<Word> = opts.values("source").cloned().collect();
        let files: Vec<Word> = opts.values("file").chain(opts.values("exec")).cloned().collect();
        if programs.is_empty() && files.is_empty() {
            let Some((program, rest)) = words.split_first() else {
                return self.harmless();
            };
            programs.push(program.clone());
            words = rest;
        }
        for name in ["pretty-print", "profile", "dump-variables"] {
            if let Some(to) = opts.value(name).filter(|to| to.text != "-") {
                self.write(std::slice::from_ref(to));
            }
        }
        for file in files {
            match self.program_text(&file) {
                Some(text) => programs.push(Word::text(&text)),
                None => self.opaque_program(&file),
            }
        }
        if !opts.has("sandbox") {
            let mut variables = BTreeMap::new();
            for assignment in opts.values("assign").chain(words) {
                if let Some((name, value)) = assignment.text.split_once('=').filter(|_| assignment.known) {
                    variables.insert(name.to_owned(), value.to_owned());
                }
            }
            for program in &programs {
                if !program.known && program.prefix.is_empty() {
                    self.opaque_code(&program.source);
                }
                let text = if program.known { &program.text } else { &program.prefix };
                self.deeds(text, &variables);
            }
        }
        let assigned = |word: &Word| {
            let name = word.text.split_once('=').map_or("", |(name, _)| name);
            !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        };
        let words: Vec<Word> = words.iter().filter(|word| !assigned(word)).cloned().collect();
        if opts.values("include").any(|library| matches!(library.text.as_str(), "inplace" | "inplace.awk")) {
            self.act(Verb::Modify, &Scope::Whole, &words);
        } else if self.said.is_empty() {
            self.read(&words);
        }
    }

    fn deeds(&mut self, program: &str, variables: &BTreeMap<String, String>) {
        for deed in deeds(&tokens(program), variables) {
            match deed {
                // `system("")` is how awk flushes its output.
                Deed::Run(Expression { text, whole: true }) if text.trim().is_empty() => {}
                Deed::Run(Expression { text, whole: true }) => {
                    self.say.code(Language::Shell, &text, &[], self.program);
                }
                // What it reads is what awk prints.
                Deed::Feed(Expression { text, whole: true }) => {
                    let argv = ["sh", "-c", &text].into_iter().map(Arg::known).collect();
                    let stdin = Some(Stdin::Unknown(self.program.to_owned()));
                    self.say.run(Inner { argv, stdin, ..Inner::default() }, self.program);
                }
                Deed::Run(_) | Deed::Feed(_) => {
                    let why = "the awk program computes a command and runs it".to_owned();
                    self.opaque(Verb::Execute, self.program, why);
                }
                Deed::Write { to: Expression { text, whole: true }, append } => {
                    if append {
                        self.act(Verb::Modify, &Scope::Whole, &[Word::text(&text)]);
                    } else {
                        self.write(&[Word::text(&text)]);
                    }
                }
                Deed::Write { to, .. } => {
                    let source = if to.text.is_empty() { "a computed file name" } else { to.text.as_str() };
                    let source = if to.text.is_empty() { source.to_owned() } else { format!("{source}...") };
                    let word = Word { known: false, prefix: to.text, source, ..Word::text("") };
                    self.act(Verb::Modify, &Scope::Content, &[word]);
                }
            }
        }
    }
}

fn tokens(program: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut text = program.chars().peekable();
    while let Some(letter) = text.next() {
        if out.len() >= MOST_TOKENS {
            break;
        }
        match letter {
            '#' => while text.next_if(|next| *next != '\n').is_some() {},
            '"' => out.push(Token::Text(string(&mut text))),
            '/' if begins_expression(out.last()) => {
                let mut set = false;
                while let Some(letter) = text.next_if(|next| *next != '\n') {
                    match letter {
                        '\\' => drop(text.next()),
                        '[' => set = true,
                        ']' => set = false,
                        '/' if !set => break,
                        _ => {}
                    }
                }
                out.push(Token::Other);
            }
            '\\' if text.peek() == Some(&'\n') => drop(text.next()),
            '\n' | ';' => out.push(Token::End),
            '>' if text.next_if_eq(&'>').is_some() => out.push(Token::Append),
            '>' if text.next_if_eq(&'=').is_some() => out.push(Token::Other),
            '|' if text.next_if_eq(&'|').is_some() => out.push(Token::Logic),
            '&' if text.next_if_eq(&'&').is_some() => out.push(Token::Logic),
            '|' => {
                text.next_if_eq(&'&');
                out.push(Token::Mark('|'));
            }
            _ if letter.is_alphabetic() || letter == '_' => {
                let mut name = String::from(letter);
                while let Some(next) = text.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    name.push(next);
                }
                out.push(Token::Name(name));
            }
            _ if letter.is_ascii_digit() => {
                while text.next_if(|next| next.is_alphanumeric() || *next == '.').is_some() {}
                out.push(Token::Other);
            }
            _ if letter.is_whitespace() => {}
            _ => out.push(Token::Mark(letter)),
        }
    }
    out
}

/// Whether a slash after this begins a regular expression and does not divide.
fn begins_expression(last: Option<&Token>) -> bool {
    match last {
        None | Some(Token::End | Token::Logic | Token::Append) => true,
        Some(Token::Mark(mark)) => !matches!(mark, ')' | ']' | '$'),
        Some(Token::Name(name)) => matches!(name.as_str(), "print" | "return" | "in" | "case" | "printf"),
        Some(Token::Text(_) | Token::Other) => false,
    }
}

fn string(text: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut out = String::new();
    while let Some(letter) = text.next() {
        match letter {
            '"' => break,
            '\\' => match text.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('\n') | None => {}
                Some(digit @ '0'..='7') => {
                    let mut code = digit.to_digit(8).unwrap_or(0);
                    for _ in 0..2 {
                        match text.next_if(|next| next.is_digit(8)).and_then(|next| next.to_digit(8)) {
                            Some(next) => code = code * 8 + next,
                            None => break,
                        }
                    }
                    out.extend(char::from_u32(code));
                }
                Some('x') => {
                    let mut code = 0;
                    for _ in 0..2 {
                        match text.next_if(char::is_ascii_hexdigit).and_then(|next| next.to_digit(16)) {
                            Some(next) => code = code * 16 + next,
                            None => break,
                        }
                    }
                    out.extend(char::from_u32(code));
                }
                Some(other) => out.push(other),
            },
            _ => out.push(letter),
        }
    }
    out
}

fn deeds(tokens: &[Token], variables: &BTreeMap<String, String>) -> Vec<Deed> {
    let mut found = Vec::new();
    // Parentheses opened since a `print`; `None` outside of one.
    let mut printing: Option<usize> = None;
    for (at, token) in tokens.iter().enumerate() {
        let after = tokens.get(at.saturating_add(1)..).unwrap_or_default();
        match token {
            Token::End | Token::Mark('}' | '{') => printing = None,
            Token::Name(name) if matches!(name.as_str(), "print" | "printf") => printing = Some(0),
            Token::Name(name) if name == "system" && after.first() == Some(&Token::Mark('(')) => {
                found.push(Deed::Run(expression(after.get(1..).unwrap_or_default(), true, variables)));
            }
            Token::Mark('(') => printing = printing.map(|depth| depth.saturating_add(1)),
            Token::Mark(')') => printing = printing.map(|depth| depth.saturating_sub(1)),
            Token::Mark('>') | Token::Append if printing == Some(0) => {
                let append = *token == Token::Append;
                found.push(Deed::Write { to: expression(after, false, variables), append });
            }
            Token::Mark('|') => {
                let reads = matches!(after.first(), Some(Token::Name(name)) if name == "getline");
                if reads {
                    found.push(Deed::Run(before(tokens.get(..at).unwrap_or_default(), variables)));
                } else if printing == Some(0) {
                    found.push(Deed::Feed(expression(after, false, variables)));
                }
            }
            _ => {}
        }
    }
    found
}

/// The value of a single token.
fn value(token: &Token, variables: &BTreeMap<String, String>) -> Option<String> {
    match token {
        Token::Text(text) => Some(text.clone()),
        Token::Name(name) => variables.get(name).cloned(),
        _ => None,
    }
}

/// The expression at the beginning of `tokens`: strings one after the other, up to what is not known.
fn expression(tokens: &[Token], in_call: bool, variables: &BTreeMap<String, String>) -> Expression {
    let mut text = String::new();
    let mut depth = 0usize;
    for token in tokens {
        match token {
            Token::Mark(')') if depth > 0 => depth -= 1,
            Token::Mark(')') if in_call => return Expression { text, whole: true },
            Token::End | Token::Mark('}') if !in_call => return Expression { text, whole: depth == 0 },
            Token::Mark('(') => depth = depth.saturating_add(1),
            _ => match value(token, variables) {
                Some(more) => text.push_str(&more),
                None => return Expression { text, whole: false },
            },
        }
    }
    Expression { text, whole: !in_call && depth == 0 }
}

/// The command before `| getline`: one string, or strings in parentheses, at the end of `tokens`.
fn before(tokens: &[Token], variables: &BTreeMap<String, String>) -> Expression {
    let unknown = Expression { text: String::new(), whole: false };
    let Some((last, rest)) = tokens.split_last() else { return unknown };
    if *last == Token::Mark(')') {
        let near = rest.get(rest.len().saturating_sub(MOST_BEFORE)..).unwrap_or_default();
        let Some(open) = near.iter().rposition(|token| *token == Token::Mark('(')) else { return unknown };
        let inside = near.get(open.saturating_add(1)..).unwrap_or_default();
        let whole = inside.iter().all(|token| value(token, variables).is_some());
        let text: String = inside.iter().map_while(|token| value(token, variables)).collect();
        return Expression { text, whole };
    }
    match (value(last, variables), rest.last()) {
        (Some(_), Some(Token::Text(_) | Token::Name(_) | Token::Other)) => {
            // Concatenation: `"ls " dir | getline`, but `while ("ls" | getline)` and `{ "ls" | getline }` are whole.
            let start = rest.iter().rposition(|token| !matches!(token, Token::Text(_) | Token::Name(_) | Token::Other));
            let start = start.map_or(0, |at| at.saturating_add(1));
            let mut text = String::new();
            for token in tokens.get(start..).unwrap_or_default() {
                match value(token, variables) {
                    Some(more) => text.push_str(&more),
                    None => return unknown,
                }
            }
            Expression { text, whole: true }
        }
        (Some(text), _) => Expression { text, whole: true },
        (None, _) => unknown,
    }
}
