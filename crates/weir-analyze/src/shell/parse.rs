//! Text to the evaluator's tree. The only module that knows the parser crates.
//!
//! The first parser gives the structure and the places of words; [`super::word`] reads the words. Where the first
//! parser reports an error or recovers from one, the second, error-tolerant one finds the commands that the first lost:
//! what either finds is kept, and the script carries a doubt.

use std::rc::Rc;

use shuck_ast as ast;
use shuck_parser::parser::{ParseStatus, Parser};

use super::ir::{Arm, Assignment, AssignmentValue, At, Command, Join, Redirect, RedirectKind, Script, Stmt, Word};
use super::limits::{MAX_DEPTH, MAX_OPEN};
use super::mask;
use super::second;
use super::word::{self, Mode};

/// Parses a script. Never fails: what is not understood is a doubt.
pub(crate) fn parse(text: &str) -> Script {
    if let Some(doubt) = too_tangled(text) {
        return Script { body: Vec::new(), doubts: vec![doubt] };
    }
    let (mut script, end) = first(text);
    if !script.doubts.is_empty() {
        // Commands beyond what the first parser kept, each parsed on its own.
        for piece in second::commands(text) {
            if piece.start < end {
                continue;
            }
            let (found, _) = first_at(text, piece.clone());
            if found.body.is_empty() {
                script.doubts.push(format!("the command at byte {} is not understood", piece.start));
            }
            script.body.extend(found.body);
        }
    }
    script
}

/// Parses one piece of the text, keeping positions in the whole.
fn first_at(text: &str, piece: At) -> (Script, usize) {
    let Some(cut) = text.get(piece.clone()) else {
        return (Script::default(), 0);
    };
    // Spaces in front keep the offsets; that costs little because pieces are few and the text is bounded.
    let mut lower = Lower::new(cut, piece.start);
    lower.run()
}

fn first(text: &str) -> (Script, usize) {
    Lower::new(text, 0).run()
}

/// Guards the parsers' own weak spots: they take quadratic time on brackets that stay open in one word, and read to the
/// end what nobody will evaluate.
fn too_tangled(text: &str) -> Option<String> {
    if let Some(doubt) = super::extent::too_much(text) {
        return Some(doubt.to_owned());
    }
    let mut open = 0usize;
    let mut braces = 0usize;
    let mut before = 0u8;
    for b in text.bytes() {
        match b {
            b'\n' => open = 0,
            b'{' => {
                open += 1;
                if before == b'$' {
                    braces += 1;
                }
            }
            b'(' | b'[' => open += 1,
            b'}' => {
                open = open.saturating_sub(1);
                braces = braces.saturating_sub(1);
            }
            b')' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        before = b;
        if open > MAX_OPEN || braces > MAX_OPEN {
            return Some("brackets nested too deeply to be read".to_owned());
        }
    }
    None
}

/// One run of the first parser, and the way from its tree to ours.
struct Lower<'s> {
    text: &'s str,
    /// Where `text` begins in the script.
    base: usize,
    doubts: Vec<String>,
    depth: usize,
}

impl<'s> Lower<'s> {
    fn new(text: &'s str, base: usize) -> Self {
        Self { text, base, doubts: Vec::new(), depth: 0 }
    }

    /// The script, and where the part that the parser understood ends.
    fn run(&mut self) -> (Script, usize) {
        let text = mask::masked(self.text);
        let parsed = Parser::new(&mask::in_ascii(&text)).parse();
        if parsed.status != ParseStatus::Clean {
            let why = parsed.diagnostics.first().map_or("the text could not be parsed", |d| d.message.as_str());
            self.doubts.push(why.to_owned());
        }
        let body = self.seq(&parsed.file.body);
        let end = body.last().map_or(self.base, |stmt| stmt.at.end);
        (Script { body, doubts: std::mem::take(&mut self.doubts) }, end)
    }

    fn at(&self, span: ast::Span) -> At {
        let start = span.start.offset() + self.base;
        start..(span.end.offset() + self.base).max(start)
    }

    fn slice(&self, span: ast::Span) -> &'s str {
        self.text.get(span.start.offset()..span.end.offset()).unwrap_or_default()
    }

    fn seq(&mut self, seq: &ast::StmtSeq) -> Vec<Stmt> {
        seq.stmts.iter().filter_map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&mut self, stmt: &ast::Stmt) -> Option<Stmt> {
        if self.depth >= MAX_DEPTH {
            self.doubt("commands nested too deeply");
            return None;
        }
        self.depth += 1;
        let command = self.command(&stmt.command);
        self.depth -= 1;
        let redirects: Vec<Redirect> = stmt.redirects.iter().filter_map(|redirect| self.redirect(redirect)).collect();
        let span = self.at(stmt.span);
        let end = stmt.terminator_span.map_or(span.end, |t| (t.start.offset() + self.base).min(span.end));
        let mut at = span.start..end.max(span.start);
        // The parser counts separators and following spaces in; people do not.
        let trimmed = self
            .text
            .get(at.start - self.base..at.end - self.base)
            .map_or(0, |text| text.trim_end_matches([' ', '\t', '\n', ';']).len());
        at.end = at.start + trimmed;
        // The last one in parentheses would take the closing one in.
        if let Some(Command::Simple { words, .. }) = &command
            && let Some(end) =
                words.iter().chain(redirects.iter().map(|redirect| &redirect.word)).map(|w| w.at.end).max()
            && !redirects.iter().any(|redirect| redirect.kind == RedirectKind::Here)
        {
            at.end = at.end.min(end.max(at.start));
        }
        Some(Stmt { command: command?, redirects, negated: stmt.negated, at })
    }

    fn doubt(&mut self, why: &str) {
        if !self.doubts.iter().any(|d| d == why) {
            self.doubts.push(why.to_owned());
        }
    }

    fn command(&mut self, command: &ast::Command) -> Option<Command> {
        Some(match command {
            ast::Command::Simple(simple) => {
                let all: Vec<&ast::Word> = std::iter::once(&simple.name).chain(&simple.args).collect();
                let mut words = self.whole_words(&all);
                // A statement of assignments alone has an empty name.
                if words.first().is_some_and(|word| word.parts.is_empty() && word.source.is_empty()) {
                    words.remove(0);
                }
                Command::Simple { assignments: self.assignments(&simple.assignments), words }
            }
            ast::Command::Builtin(builtin) => {
                let (name, word, extra, assignments, span) = match builtin {
                    ast::BuiltinCommand::Break(c) => ("break", &c.depth, &c.extra_args, &c.assignments, c.span),
                    ast::BuiltinCommand::Continue(c) => ("continue", &c.depth, &c.extra_args, &c.assignments, c.span),
                    ast::BuiltinCommand::Return(c) => ("return", &c.code, &c.extra_args, &c.assignments, c.span),
                    ast::BuiltinCommand::Exit(c) => ("exit", &c.code, &c.extra_args, &c.assignments, c.span),
                };
                let mut words = vec![literal(name, self.at(span))];
                words.extend(word.iter().chain(extra).map(|word| self.word(word)));
                Command::Simple { assignments: self.assignments(assignments), words }
            }
            ast::Command::Decl(decl) => self.declaration(decl),
            ast::Command::Binary(binary) => self.binary(binary)?,
            ast::Command::Compound(compound) => self.compound(compound)?,
            ast::Command::Function(function) => {
                let body = Rc::new(self.stmt(&function.body)?);
                let names: Vec<&ast::FunctionHeaderEntry> = function.header.entries.iter().collect();
                let name = names.first().map(|entry| self.slice(entry.word.span).to_owned()).unwrap_or_default();
                Command::Function { name, body }
            }
            ast::Command::AnonymousFunction(function) => {
                Command::Group(self.stmt(&function.body).into_iter().collect())
            }
        })
    }

    fn declaration(&mut self, decl: &ast::DeclClause) -> Command {
        let mut words = Vec::new();
        let mut assignments = self.assignments(&decl.assignments);
        for operand in &decl.operands {
            match operand {
                ast::DeclOperand::Flag(word) | ast::DeclOperand::Dynamic(word) => {
                    words.push(self.word(word));
                }
                ast::DeclOperand::Name(name) => {
                    words.push(literal(name.name.as_str(), self.at(name.span)));
                }
                ast::DeclOperand::Assignment(assignment) => {
                    assignments.push(self.assignment(assignment));
                }
            }
        }
        Command::Declare { how: decl.variant.as_str().to_owned(), words, assignments }
    }

    /// Lists and pipelines hang to the left; they are flattened without recursion.
    fn binary(&mut self, binary: &ast::BinaryCommand) -> Option<Command> {
        let pipe = matches!(binary.op, ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll);
        let mut rights = Vec::new();
        let mut current = binary;
        let first = loop {
            rights.push((current.op, current.right.as_ref()));
            let left = current.left.as_ref();
            match &left.command {
                ast::Command::Binary(inner)
                    if left.redirects.is_empty()
                        && !left.negated
                        && pipe == matches!(inner.op, ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll) =>
                {
                    current = inner;
                }
                _ => break left,
            }
        };
        rights.reverse();
        let first = self.stmt(first);
        let rest: Vec<(Join, Stmt)> = rights
            .into_iter()
            .filter_map(|(op, stmt)| {
                let join = if op == ast::BinaryOp::Or { Join::Or } else { Join::And };
                self.stmt(stmt).map(|stmt| (join, stmt))
            })
            .collect();
        if pipe {
            let mut stages: Vec<Stmt> = first.into_iter().collect();
            stages.extend(rest.into_iter().map(|(_, stmt)| stmt));
            return Some(Command::Pipe(stages));
        }
        Some(match first {
            Some(first) => Command::List { first: Box::new(first), rest },
            None => Command::Group(rest.into_iter().map(|(_, stmt)| stmt).collect()),
        })
    }

    fn compound(&mut self, compound: &ast::CompoundCommand) -> Option<Command> {
        use ast::CompoundCommand as C;
        Some(match compound {
            C::If(c) => {
                let mut branches = vec![(self.seq(&c.condition), self.seq(&c.then_branch))];
                for (condition, body) in &c.elif_branches {
                    branches.push((self.seq(condition), self.seq(body)));
                }
                Command::If { branches, otherwise: c.else_branch.as_ref().map(|body| self.seq(body)) }
            }
            C::For(c) => Command::For {
                name: c
                    .targets
                    .first()
                    .and_then(|target| target.name.as_ref())
                    .map(|name| name.as_str().to_owned())
                    .unwrap_or_default(),
                words: c.words.as_ref().map(|words| self.words(words)),
                body: self.seq(&c.body),
            },
            C::Foreach(c) => Command::For {
                name: c.variable.as_str().to_owned(),
                words: Some(self.words(&c.words)),
                body: self.seq(&c.body),
            },
            C::Select(c) => Command::For {
                name: c.variable.as_str().to_owned(),
                words: Some(self.words(&c.words)),
                body: self.seq(&c.body),
            },
            C::Repeat(c) => Command::Repeat { header: self.word(&c.count), body: self.seq(&c.body) },
            C::ArithmeticFor(c) => Command::Repeat {
                header: self.raw(c.left_paren_span.end.offset(), c.right_paren_span.start.offset()),
                body: self.seq(&c.body),
            },
            C::While(c) => Command::While { condition: self.seq(&c.condition), body: self.seq(&c.body) },
            C::Until(c) => Command::While { condition: self.seq(&c.condition), body: self.seq(&c.body) },
            C::Case(c) => {
                let word = self.word(&c.word);
                let arms = c
                    .cases
                    .iter()
                    .map(|case| {
                        let start = case.patterns.first().map_or(0, |p| p.span.start.offset());
                        let end = case.patterns.last().map_or(0, |p| p.span.end.offset());
                        Arm {
                            pattern: self.raw(start, end),
                            body: self.seq(&case.body),
                            goes_on: case.terminator != ast::CaseTerminator::Break,
                        }
                    })
                    .collect();
                Command::Case { word, arms }
            }
            C::Subshell(body) => Command::Subshell(self.seq(body)),
            C::BraceGroup(body) => Command::Group(self.seq(body)),
            C::Arithmetic(c) => {
                Command::Arithmetic(self.raw(c.left_paren_span.end.offset(), c.right_paren_span.start.offset()))
            }
            C::Conditional(c) => {
                Command::Test(self.raw(c.left_bracket_span.end.offset(), c.right_bracket_span.start.offset()))
            }
            C::Time(c) => {
                let inner = c.command.as_ref().and_then(|stmt| self.stmt(stmt));
                Command::Group(inner.into_iter().collect())
            }
            C::Coproc(c) => Command::Subshell(self.stmt(&c.body).into_iter().collect()),
            C::Always(c) => {
                let mut body = self.seq(&c.body);
                body.extend(self.seq(&c.always_body));
                Command::Group(body)
            }
        })
    }

    fn words(&mut self, words: &[ast::Word]) -> Vec<Word> {
        self.whole_words(&words.iter().collect::<Vec<_>>())
    }

    /// The words; what stands together without a space is one (the parser takes `{a,b}"c"` for two).
    fn whole_words(&mut self, words: &[&ast::Word]) -> Vec<Word> {
        let touch = |one: &&ast::Word, other: &&ast::Word| {
            let (end, start) = (one.span.end.offset(), other.span.start.offset());
            end == start && one.span.start.offset() < end && start < other.span.end.offset()
        };
        words
            .chunk_by(touch)
            .filter_map(|group| {
                let (first, last) = (group.first()?, group.last()?);
                let mut ends = Vec::new();
                for part in group.iter().flat_map(|word| &word.parts) {
                    collect_ends(part, &mut ends);
                }
                let (start, end) = (first.span.start.offset(), last.span.end.offset());
                let word = self.read(start, end, Mode::Plain, &mut ends);
                // No word of the shell has such a thing in it.
                if word.parts.iter().any(|part| {
                    matches!(part, super::ir::Part::Text { text, quoted: false } if text.contains([' ', '\t', '\n', ';']))
                }) {
                    self.doubt("the end of a word is not clear");
                }
                Some(word)
            })
            .collect()
    }

    fn assignments(&mut self, assignments: &[ast::Assignment]) -> Vec<Assignment> {
        assignments.iter().map(|a| self.assignment(a)).collect()
    }

    fn assignment(&mut self, assignment: &ast::Assignment) -> Assignment {
        let keyed = matches!(&assignment.value, ast::AssignmentValue::Compound(array)
            if array.elements.iter().any(|element| !matches!(element, ast::ArrayElem::Sequential(_))));
        let value = match &assignment.value {
            ast::AssignmentValue::Scalar(word) => AssignmentValue::Scalar(self.word(word)),
            ast::AssignmentValue::Compound(array) => AssignmentValue::Array(
                array
                    .elements
                    .iter()
                    .map(|element| match element {
                        ast::ArrayElem::Sequential(value)
                        | ast::ArrayElem::Keyed { value, .. }
                        | ast::ArrayElem::KeyedAppend { value, .. } => self.word(&value.word),
                    })
                    .collect(),
            ),
        };
        Assignment {
            name: assignment.target.name.as_str().to_owned(),
            indexed: assignment.target.subscript.is_some() || keyed,
            append: assignment.append,
            value,
        }
    }

    fn word(&mut self, word: &ast::Word) -> Word {
        let (start, end) = (word.span.start.offset(), word.span.end.offset());
        let mut ends = Vec::new();
        for part in &word.parts {
            collect_ends(part, &mut ends);
        }
        self.read(start, end, Mode::Plain, &mut ends)
    }

    /// Text that is not one word; only its substitutions matter.
    fn raw(&mut self, start: usize, end: usize) -> Word {
        self.read(start, end.max(start), Mode::Plain, &mut [])
    }

    fn read(&mut self, start: usize, end: usize, mode: Mode, ends: &mut [(usize, usize)]) -> Word {
        ends.sort_unstable();
        let mut word = word::read(self.text, start, end, mode, ends);
        shift(&mut word, self.base);
        word
    }

    fn redirect(&mut self, redirect: &ast::Redirect) -> Option<Redirect> {
        use ast::RedirectKind as K;
        let kind = match redirect.kind {
            K::Output | K::Clobber | K::OutputBoth => RedirectKind::Write,
            K::DupOutput => RedirectKind::Duplicate,
            K::Append | K::ReadWrite => RedirectKind::Append,
            K::Input | K::DupInput => RedirectKind::Read,
            K::HereDoc | K::HereDocStrip => RedirectKind::Here,
            K::HereString => RedirectKind::HereString,
        };
        let word = match &redirect.target {
            ast::RedirectTarget::Heredoc(heredoc) => self.heredoc(heredoc),
            ast::RedirectTarget::Word(word) if redirect.kind == K::DupInput => {
                let _ = word;
                return None;
            }
            ast::RedirectTarget::Word(word) if redirect.kind == K::DupOutput => {
                // `2>&1`, `>&-` move descriptors; `>&file` writes.
                let text = self.slice(redirect.span);
                let after = text.split_once('&').map_or("", |(_, rest)| rest).trim();
                let descriptor = after.strip_suffix('-').unwrap_or(after);
                // One that the shell has opened itself may lead anywhere.
                if matches!(descriptor, "" | "0" | "1" | "2") {
                    return None;
                }
                if descriptor.bytes().all(|b| b.is_ascii_digit()) {
                    // The parser does not always say where it stands.
                    literal(descriptor, self.at(redirect.span))
                } else {
                    self.word(word)
                }
            }
            ast::RedirectTarget::Word(word) => self.word(word),
        };
        // `&>>` is told as an append by its text.
        let kind = if self.slice(redirect.span).starts_with("&>>") { RedirectKind::Append } else { kind };
        Some(Redirect { fd: redirect.fd, kind, word })
    }

    fn heredoc(&mut self, heredoc: &ast::Heredoc) -> Word {
        let span = heredoc.body.span;
        let (start, end) = (span.start.offset(), span.end.offset());
        // The delimiter as written says whether the body expands; the parser's own flag is wrong for a second document.
        let quoted = self.slice(heredoc.delimiter.raw.span).contains(['\'', '"', '\\']);
        let mut word = if quoted {
            Word {
                source: self.slice(span).to_owned(),
                at: self.at(span),
                parts: vec![super::ir::Part::Text { text: self.slice(span).to_owned(), quoted: true }],
            }
        } else {
            let mut ends: Vec<(usize, usize)> = heredoc
                .body
                .parts
                .iter()
                .filter(|part| matches!(part.kind, ast::HeredocBodyPart::CommandSubstitution { .. }))
                .map(|part| (part.span.start.offset(), part.span.end.offset()))
                .collect();
            self.read(start, end, Mode::Here, &mut ends)
        };
        if heredoc.delimiter.strip_tabs {
            strip_tabs(&mut word);
        }
        word
    }
}

/// Takes the leading tabs off the lines of a `<<-` document.
fn strip_tabs(word: &mut Word) {
    let mut line_start = true;
    for part in &mut word.parts {
        if let super::ir::Part::Text { text, .. } = part {
            let mut out = String::with_capacity(text.len());
            for c in text.chars() {
                if line_start && c == '\t' {
                    continue;
                }
                line_start = c == '\n';
                out.push(c);
            }
            *text = out;
        } else {
            line_start = false;
        }
    }
}

fn literal(text: &str, at: At) -> Word {
    Word { parts: vec![super::ir::Part::Text { text: text.to_owned(), quoted: true }], source: text.to_owned(), at }
}

/// Moves every position in `word` by `base`.
fn shift(word: &mut Word, base: usize) {
    use super::ir::{Index, Part};
    if base == 0 {
        return;
    }
    word.at = word.at.start + base..word.at.end + base;
    for part in &mut word.parts {
        match part {
            Part::Text { .. } => {}
            Part::Command { code, .. } | Part::Process { code, .. } => {
                code.at = code.at.map(|at| at + base);
            }
            Part::Arithmetic(inner) => shift(inner, base),
            Part::Parameter { parameter, .. } => {
                for operand in &mut parameter.operands {
                    shift(operand, base);
                }
                if let Index::One(index) = &mut parameter.index {
                    shift(index, base);
                }
            }
        }
    }
}

fn collect_ends(part: &ast::WordPartNode, ends: &mut Vec<(usize, usize)>) {
    match &part.kind {
        ast::WordPart::CommandSubstitution { syntax: ast::CommandSubstitutionSyntax::DollarParen, .. }
        | ast::WordPart::ProcessSubstitution { .. } => {
            ends.push((part.span.start.offset(), part.span.end.offset()));
        }
        ast::WordPart::DoubleQuoted { parts, .. } => {
            for inner in parts {
                collect_ends(inner, ends);
            }
        }
        _ => {}
    }
}
