//! Words to arguments: braces, tilde, parameters, substitutions, splitting, and names found by patterns.

use crate::World as _;
use crate::call::{Arg, HOLE, NUMBER, Stdin, TESTS, Value, some};
use weir_model::Span;

use super::brace;
use super::glob::{self, Found};
use super::ir::{Part, Word};
use super::limits::{MAX_ALTERNATIVES, MAX_TEXT, MAX_WORDS};
use super::parameter::Expanded;
use super::state::{Shell, Var};
use super::text::{below_fitting, collapsed, has_hole, unknown, value};
use super::{Evaluator, Frame};

/// One text that a field may be, with its characters that are not quoted as a pattern.
#[derive(Debug, Clone, Default)]
struct Alternative {
    text: String,
    pattern: String,
}

impl Alternative {
    fn push(&mut self, text: &str, quoted: bool) {
        if self.text.len().saturating_add(text.len()) > MAX_TEXT {
            // `X=$X$X` doubles at every step: what it has become is not worth knowing.
            *self = Self { text: unknown(), pattern: unknown() };
            return;
        }
        self.text.push_str(text);
        if quoted {
            glob::escape(text, &mut self.pattern);
        } else {
            self.pattern.push_str(text);
        }
    }
}

/// One argument in the making: one of several texts.
#[derive(Debug, Clone)]
struct Field {
    alternatives: Vec<Alternative>,
    /// Something in it was quoted: it is an argument even when it is empty.
    quoted: bool,
}

impl Field {
    fn new() -> Self {
        Self { alternatives: vec![Alternative::default()], quoted: false }
    }

    fn push(&mut self, texts: &[String], quoted: bool) {
        self.quoted |= quoted;
        if let [text] = texts {
            for alternative in &mut self.alternatives {
                alternative.push(text, quoted);
            }
            return;
        }
        if self.alternatives.len().saturating_mul(texts.len()) > MAX_ALTERNATIVES {
            let text = collapsed(texts);
            return self.push(&[text], quoted);
        }
        self.alternatives = self
            .alternatives
            .iter()
            .flat_map(|alternative| {
                texts.iter().map(move |text| {
                    let mut more = alternative.clone();
                    more.push(text, quoted);
                    more
                })
            })
            .collect();
    }
}

/// The fields of a word; the last one is still open.
#[derive(Default)]
struct Fields {
    closed: Vec<Field>,
    open: Option<Field>,
    /// A quoted list without elements was in it: alone, it is no argument.
    absent: bool,
}

impl Fields {
    fn open(&mut self) -> &mut Field {
        self.open.get_or_insert_with(Field::new)
    }

    /// What comes next is another field.
    fn close(&mut self) {
        self.closed.extend(self.open.take());
    }

    fn all(mut self) -> Vec<Field> {
        let empty = |field: &Field| field.alternatives.iter().all(|alternative| alternative.text.is_empty());
        if self.absent && self.closed.is_empty() && self.open.as_ref().is_some_and(empty) {
            return Vec::new();
        }
        self.close();
        self.closed
    }

    /// Appends what an expansion without quotes gave: it falls apart at separators.
    fn split(&mut self, texts: &[String], separators: &str) {
        let splits = |text: &String| text.chars().any(|c| separators.contains(c));
        if !texts.iter().any(splits) {
            return self.open().push(texts, false);
        }
        if texts.len() > 1 {
            return self.split_either(texts, separators);
        }
        for text in texts {
            let (begins, pieces, ends) = apart(text, separators);
            if begins {
                self.close();
            }
            let any = !pieces.is_empty();
            for (n, piece) in pieces.into_iter().enumerate() {
                if n > 0 {
                    self.close();
                }
                // Between two separators that are no space there is an argument, if an empty one.
                let counts = piece.is_empty() && self.open.is_none();
                self.open().push(&[piece], false);
                if counts {
                    self.open().quoted = true;
                }
            }
            if ends && any {
                self.close();
            }
        }
    }
}

impl Fields {
    /// One of several texts, of which some fall apart: what comes next may follow any of them.
    fn split_either(&mut self, texts: &[String], separators: &str) {
        let base = self.open.take().unwrap_or_else(Field::new);
        let mut open = Field { alternatives: Vec::new(), quoted: base.quoted };
        for text in texts {
            let (begins, pieces, ends) = apart(text, separators);
            let mut field = base.clone();
            if begins && !is_empty(&base) {
                self.closed.push(std::mem::replace(&mut field, Field::new()));
            }
            for (n, piece) in pieces.into_iter().enumerate() {
                if n > 0 {
                    self.closed.push(std::mem::replace(&mut field, Field::new()));
                }
                field.push(&[piece], false);
            }
            if ends && !is_empty(&field) {
                self.closed.push(std::mem::replace(&mut field, Field::new()));
            }
            open.alternatives.append(&mut field.alternatives);
        }
        if open.alternatives.len() > MAX_ALTERNATIVES {
            let texts: Vec<String> = open.alternatives.iter().map(|alternative| alternative.text.clone()).collect();
            let text = collapsed(&texts);
            open.alternatives = vec![Alternative { pattern: text.clone(), text }];
        }
        self.open = Some(open);
    }
}

/// The pieces into which a text falls at separators; and whether something ends before the first one and begins after
/// the last one.
fn apart(text: &str, separators: &str) -> (bool, Vec<String>, bool) {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n') && separators.contains(c);
    let mut rest = text.trim_start_matches(space);
    let begins = rest.len() < text.len();
    let mut pieces = Vec::new();
    let mut ends = begins && rest.is_empty();
    while !rest.is_empty() {
        let end = rest.find(|c| separators.contains(c));
        let (piece, more) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        pieces.push(piece.to_owned());
        ends = end.is_some();
        // One separator that is no space, with the spaces around it, is one separator.
        let more = more.trim_start_matches(space);
        let mut letters = more.chars();
        let other = ends && letters.next().is_some_and(|c| separators.contains(c));
        rest = if other { letters.as_str().trim_start_matches(space) } else { more };
    }
    (begins, pieces, ends)
}

fn is_empty(field: &Field) -> bool {
    !field.quoted && field.alternatives.iter().all(|alternative| alternative.text.is_empty())
}

impl Evaluator<'_> {
    /// The arguments that `words` come to.
    pub(super) fn words(&mut self, words: &[Word], shell: &mut Shell, frame: &Frame) -> Vec<Arg> {
        let mut args = Vec::new();
        for word in words {
            self.word(word, shell, frame, &mut args);
            if self.words > MAX_WORDS {
                self.limit("there are too many arguments", frame);
                break;
            }
        }
        args
    }

    fn word(&mut self, word: &Word, shell: &mut Shell, frame: &Frame, args: &mut Vec<Arg>) {
        let span = frame.origin.map(|base| Span { start: base + word.at.start, end: base + word.at.end });
        // Most words are plain text.
        if let [Part::Text { text, quoted }] = word.parts.as_slice()
            && (*quoted || !text.contains(['*', '?', '[', '{', '~', '(']))
        {
            self.words += 1;
            args.push(self.arg(vec![text.clone()], word, span, false));
            return;
        }
        let Some(variants) = brace::expand(&word.parts) else {
            self.words += 1;
            args.push(self.arg(vec![unknown()], word, span, false));
            return;
        };
        for parts in variants {
            let (fields, secrets) = self.watched(|this| this.fields(&parts, shell, frame));
            for field in fields {
                let so_far = args.len();
                self.finish_field(field, word, span, shell, args);
                for arg in args.iter_mut().skip(so_far).filter(|_| !secrets.is_empty()) {
                    arg.secrets.clone_from(&secrets);
                }
                if self.words > MAX_WORDS {
                    return;
                }
            }
        }
    }

    fn arg(&self, texts: Vec<String>, word: &Word, span: Option<Span>, globbed: bool) -> Arg {
        let value = value(&texts);
        let template = match (&value, texts.as_slice()) {
            (Value::Prefix(_) | Value::Unknown, [text]) => Some(text.clone()),
            _ => None,
        };
        let source = template.as_deref().and_then(|text| self.fitted(text)).unwrap_or(&word.source);
        Arg { source: source.to_owned(), value, span, globbed, template, secrets: Vec::new() }
    }

    /// The tests that a path of which only the directory is known fits.
    fn fitted(&self, text: &str) -> Option<&String> {
        let (before, number) = text.char_indices().next_back().filter(|(_, last)| TESTS.contains(last))?;
        let dir = text.get(..before)?.strip_suffix(HOLE)?;
        let at = u32::from(number).checked_sub(u32::from(*TESTS.start()))?;
        let tests = self.tests.get(usize::try_from(at).ok()?)?;
        (dir.ends_with('/') && !has_hole(dir)).then_some(tests)
    }

    fn finish_field(&mut self, field: Field, word: &Word, span: Option<Span>, shell: &Shell, args: &mut Vec<Arg>) {
        if is_empty(&field) {
            return;
        }
        let mut plain = Vec::new();
        for alternative in field.alternatives {
            if shell.finds_nothing() || !glob::is_pattern(&alternative.pattern) {
                plain.push(alternative.text);
                continue;
            }
            match glob::find(&alternative.pattern, shell.here(), shell.finds_hidden(), &self.world, &mut self.entries) {
                Found::Names(names) => {
                    self.words += names.len();
                    args.extend(names.into_iter().map(|name| self.arg(vec![name], word, span, true)));
                }
                Found::Nothing => plain.push(alternative.text),
                Found::Below { mut text, tests } => {
                    self.words += 1;
                    if let Some(number) = tests.and_then(|tests| self.numbered(&tests)) {
                        text.push(number);
                    }
                    args.push(self.arg(vec![text], word, span, true));
                }
            }
        }
        if !plain.is_empty() {
            self.words += 1;
            args.push(self.arg(plain, word, span, false));
        }
    }

    /// The texts that a word may be where it is not split: an assignment, a redirection, a here-document.
    pub(super) fn single(&mut self, word: &Word, shell: &mut Shell, frame: &Frame) -> Vec<String> {
        match word.parts.as_slice() {
            [] => return vec![String::new()],
            [Part::Text { text, quoted }] if *quoted || !text.starts_with('~') => return vec![text.clone()],
            _ => {}
        }
        let mut field = Field::new();
        self.join_parts(&word.parts, shell, frame, &mut field);
        field.alternatives.into_iter().map(|alternative| alternative.text).collect()
    }

    /// As [`Evaluator::single`], as a pattern: quoted characters are escaped.
    pub(super) fn pattern(&mut self, word: &Word, shell: &mut Shell, frame: &Frame) -> Option<String> {
        let mut field = Field::new();
        self.join_parts(&word.parts, shell, frame, &mut field);
        match field.alternatives.as_slice() {
            [one] if !has_hole(&one.text) => Some(one.pattern.clone()),
            _ => None,
        }
    }

    fn join_parts(&mut self, parts: &[Part], shell: &mut Shell, frame: &Frame, field: &mut Field) {
        for (n, part) in parts.iter().enumerate() {
            match part {
                Part::Text { text, quoted } => {
                    // What is quoted or expanded before the first `/` is no user's name.
                    let is_prefix = n == 0 && !quoted && (parts.len() == 1 || text.contains('/'));
                    let text = if is_prefix { self.tilde(text, shell) } else { text.clone() };
                    field.push(&[text], *quoted);
                }
                Part::Parameter { parameter, quoted, .. } => match self.parameter(parameter, shell, frame) {
                    Expanded::One(texts) => field.push(&texts, *quoted),
                    Expanded::Many(elements) => {
                        for (n, texts) in elements.iter().enumerate() {
                            if n > 0 {
                                let between =
                                    if parameter.is_joined() { joiner(&separators(shell)) } else { " ".to_owned() };
                                field.push(&[between], true);
                            }
                            field.push(texts, *quoted);
                        }
                    }
                },
                Part::Command { code, quoted } => {
                    let text = match self.substitution(code, shell, frame) {
                        Stdin::Known(text) => text.trim_end_matches('\n').to_owned(),
                        Stdin::Paths { below: dirs, from } if dirs.len() == 1 => {
                            let number = self.tests_of(&from);
                            dirs.first().map_or_else(unknown, |dir| below_fitting(dir, number))
                        }
                        Stdin::None => String::new(),
                        Stdin::Paths { .. } | Stdin::Unknown(_) => unknown(),
                    };
                    field.push(&[text], *quoted);
                }
                Part::Arithmetic(word) => {
                    let text = self.arithmetic(word, shell, frame);
                    field.push(&[text], true);
                }
                Part::Process { code, input } => {
                    let text = self.process(code, *input, shell, frame);
                    field.push(&[text], true);
                }
            }
        }
    }

    fn fields(&mut self, parts: &[Part], shell: &mut Shell, frame: &Frame) -> Vec<Field> {
        let separators = separators(shell);
        let mut fields = Fields::default();
        for (n, part) in parts.iter().enumerate() {
            match part {
                Part::Text { text, quoted } => {
                    // What is quoted or expanded before the first `/` is no user's name.
                    let is_prefix = n == 0 && !quoted && (parts.len() == 1 || text.contains('/'));
                    let text = if is_prefix { self.tilde(text, shell) } else { text.clone() };
                    fields.open().push(&[text], *quoted);
                }
                Part::Parameter { parameter, quoted, .. } => {
                    let whole = *quoted || self.is_quoted_default(parameter, shell, frame);
                    match self.parameter(parameter, shell, frame) {
                        Expanded::One(texts) if whole => fields.open().push(&texts, true),
                        Expanded::One(texts) => fields.split(&texts, &separators),
                        Expanded::Many(elements) => {
                            let star = parameter.is_joined();
                            // `"$@"` without elements is no argument, whatever the quotes around it say.
                            if elements.is_empty() && *quoted && !star {
                                fields.absent = true;
                            }
                            for (n, texts) in elements.iter().enumerate() {
                                if n > 0 {
                                    if star && *quoted {
                                        fields.open().push(&[joiner(&separators)], true);
                                    } else {
                                        fields.close();
                                    }
                                }
                                if *quoted {
                                    fields.open().push(texts, true);
                                } else {
                                    fields.split(texts, &separators);
                                }
                            }
                        }
                    }
                }
                Part::Command { code, quoted } => match self.substitution(code, shell, frame) {
                    Stdin::Known(text) => {
                        let text = text.trim_end_matches('\n').to_owned();
                        if *quoted {
                            fields.open().push(&[text], true);
                        } else {
                            fields.split(&[text], &separators);
                        }
                    }
                    Stdin::None => {}
                    Stdin::Paths { below: dirs, from } => {
                        let number = self.tests_of(&from);
                        for (n, dir) in dirs.iter().enumerate() {
                            if n > 0 {
                                fields.close();
                            }
                            fields.open().push(&[below_fitting(dir, number)], *quoted);
                        }
                    }
                    Stdin::Unknown(_) => fields.open().push(&[unknown()], *quoted),
                },
                Part::Arithmetic(word) => {
                    let text = self.arithmetic(word, shell, frame);
                    fields.open().push(&[text], true);
                }
                Part::Process { code, input } => {
                    let text = self.process(code, *input, shell, frame);
                    fields.open().push(&[text], true);
                }
            }
        }
        fields.all()
    }

    /// `~`, `~/x`, `~user/x` at the beginning of a word.
    pub(super) fn tilde(&self, text: &str, shell: &Shell) -> String {
        let Some(rest) = text.strip_prefix('~') else { return text.to_owned() };
        let (user, tail) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
        let home = match user {
            "" => match self.variable("HOME", shell) {
                Some(texts) => Some(collapsed(&texts).into()),
                None => self.world.home(None),
            },
            "+" => shell.here().cloned(),
            "-" => match shell.var("OLDPWD") {
                Some(Var::Scalar(texts)) => Some(collapsed(texts).into()),
                _ => None,
            },
            user if user.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) => {
                self.world.home(Some(user))
            }
            _ => return text.to_owned(),
        };
        match home {
            Some(home) => format!("{}{tail}", home.to_string_lossy()),
            None if user.is_empty() || user == "+" || user == "-" => format!("{HOLE}{tail}"),
            // No such user: it stays as it is.
            None => text.to_owned(),
        }
    }

    /// What a process substitution is called; what it writes is remembered.
    fn process(&mut self, code: &super::ir::Code, input: bool, shell: &Shell, frame: &Frame) -> String {
        let name = format!("/dev/fd/{}", 63usize.saturating_add(self.streams.len()));
        let inner = Frame { origin: frame.origin.zip(code.at).map(|(base, at)| base + at), ..frame.clone() };
        let inner = Frame { programs: inner.programs + 1, ..inner };
        let frame = if input { inner } else { inner.with_stdin(Stdin::Unknown("another program".to_owned())) };
        let done = self.program(&code.text, &mut shell.clone(), &frame);
        if input {
            self.streams.insert(name.clone().into(), done.out);
        }
        name
    }

    /// What a command substitution writes. It runs in a shell of its own.
    fn substitution(&mut self, code: &super::ir::Code, shell: &Shell, frame: &Frame) -> Stdin {
        let inner = Frame {
            origin: frame.origin.zip(code.at).map(|(base, at)| base + at),
            programs: frame.programs + 1,
            ..frame.clone()
        };
        let mut own = shell.clone();
        let _ = own.take_traps();
        self.program(&code.text, &mut own, &inner).out
    }

    fn arithmetic(&mut self, word: &Word, shell: &mut Shell, frame: &Frame) -> String {
        let texts = self.single(word, shell, frame);
        let value = self.number(&texts, shell);
        self.assign_numbers(word, shell);
        value.map_or_else(|| some(NUMBER), |value| value.to_string())
    }
}

/// What stands between the elements of `"$*"`.
fn joiner(separators: &str) -> String {
    separators.chars().take(1).collect()
}

/// The characters at which unquoted expansions fall apart.
pub(super) fn separators(shell: &Shell) -> String {
    match shell.var("IFS") {
        Some(Var::Scalar(texts)) => match texts.as_slice() {
            [text] if !has_hole(text) => text.clone(),
            // One of several: at any of them.
            texts => texts.concat() + " \t\n",
        },
        _ => " \t\n".to_owned(),
    }
}
