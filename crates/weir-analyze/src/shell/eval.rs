//! Statements: lists, conditions, loops, functions, pipelines.

use std::path::PathBuf;
use std::rc::Rc;

use weir_model::{Effect, GitScope, Scope, Span, Target, TargetKind, Verb};

use crate::call::{HOLE, Stdin};
use crate::secrets::add;

use super::ir::{Arm, Assignment, AssignmentValue, Command, Join, Stmt, Word};
use super::limits::{MAX_DEPTH, MAX_ITEMS, MAX_ROUNDS, MAX_STEPS, MOST_ELEMENTS};
use super::output::{join_outputs, together};
use super::state::{Gone, Shell, Var, add_place, add_texts};
use super::text::{has_hole, known, value};
use super::{Done, Evaluator, Frame, Status};

impl Evaluator<'_> {
    /// Evaluates statements one after the other.
    pub(super) fn statements(&mut self, statements: &[Stmt], shell: &mut Shell, frame: &Frame) -> Done {
        let mut all = Done::quiet(Status::Success);
        for stmt in statements {
            if shell.gone != Gone::No {
                break;
            }
            let done = self.statement(stmt, shell, frame);
            all = Done { status: done.status, out: together(all.out, done.out) };
        }
        all
    }

    fn statement(&mut self, stmt: &Stmt, shell: &mut Shell, frame: &Frame) -> Done {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.limit("the command takes too many steps", frame);
        }
        if self.depth >= MAX_DEPTH {
            self.limit("commands are nested too deeply", frame);
        }
        if self.over {
            shell.gone = Gone::Exit;
            return Done::quiet(Status::Either);
        }
        self.depth += 1;
        let span = frame.origin.map(|base| Span { start: base + stmt.at.start, end: base + stmt.at.end });
        let frame = &Frame { span: span.or(frame.span), ..frame.clone() };
        let done = self.in_every_place(shell, |this, shell| {
            let begun = this.begin_statement(stmt, shell, frame);
            let done = this.redirected(stmt, shell, frame);
            this.end(begun);
            done
        });
        self.depth -= 1;
        if stmt.negated
            && let Some((worked, failed)) = shell.moved.take()
        {
            shell.moved = Some((failed, worked));
        }
        let status = match (stmt.negated, done.status) {
            (true, Status::Success) => Status::Failure,
            (true, Status::Failure) => Status::Success,
            (_, status) => status,
        };
        Done { status, ..done }
    }

    /// Does something once for every place where the shell may be.
    fn in_every_place(&mut self, shell: &mut Shell, mut act: impl FnMut(&mut Self, &mut Shell) -> Done) -> Done {
        if shell.places.len() == 1 {
            return act(self, shell);
        }
        let places = std::mem::take(&mut shell.places);
        let mut after = Vec::new();
        let mut result: Option<Done> = None;
        for place in places {
            shell.places = vec![place];
            let done = act(self, shell);
            for place in std::mem::take(&mut shell.places) {
                add_place(&mut after, place);
            }
            result = Some(match result {
                Some(before) => either(before, done),
                None => done,
            });
        }
        shell.places = after;
        shell.moved = None;
        result.unwrap_or_else(|| Done::quiet(Status::Either))
    }

    fn redirected(&mut self, stmt: &Stmt, shell: &mut Shell, frame: &Frame) -> Done {
        if stmt.redirects.is_empty() {
            return self.command(&stmt.command, shell, frame);
        }
        let mut redirection = self.redirections(&stmt.redirects, shell, frame);
        let secrets = std::mem::take(&mut redirection.secrets);
        let unopened = redirection.may_fail.then(|| shell.clone());
        // What is appended to is read before anything writes to it.
        let kept: Vec<Option<String>> = match redirection.appends {
            true => redirection.written.iter().map(|path| self.content_or_nothing(path)).collect(),
            false => Vec::new(),
        };
        let before = std::mem::take(&mut self.flow);
        let done = match redirection.stdin.take() {
            // `$(<file)`
            Some(stdin)
                if matches!(&stmt.command, Command::Simple { assignments, words }
                if assignments.is_empty() && words.is_empty()) =>
            {
                self.flow = secrets;
                Done { status: Status::Either, out: stdin }
            }
            Some(stdin) => self.command(&stmt.command, shell, &frame.with_stdin(stdin).holding(secrets)),
            None => self.command(&stmt.command, shell, frame),
        };
        let written = std::mem::replace(&mut self.flow, before);
        self.flow_into(&redirection, &written, frame);
        for (at, path) in redirection.written.iter().enumerate() {
            let content = match (&done.out, redirection.appends) {
                (Stdin::Known(text), false) if !has_hole(text) => Some(text.clone()),
                (Stdin::Known(text), true) if !has_hole(text) => {
                    kept.get(at).and_then(Option::as_ref).map(|before| format!("{before}{text}"))
                }
                _ => None,
            };
            self.world.write(path, content);
        }
        if let Stdin::Unknown(from) = &done.out
            && let Some(object) = from.strip_prefix(super::output::GIT_OBJECT)
            && !redirection.appends
        {
            self.restored(object, &redirection.written, frame);
        }
        let mut done = done;
        if let Some(before) = unopened {
            // Where the file does not open, nothing has happened.
            shell.join(before, &|name| self.outside(name));
            if done.status == Status::Success {
                done.status = Status::Either;
            }
        }
        if redirection.captured { Done { out: Stdin::Known(String::new()), ..done } } else { done }
    }

    /// `git show REVISION:FILE > FILE` restores the file, as `git checkout REVISION -- FILE` does.
    fn restored(&mut self, object: &str, written: &[PathBuf], frame: &Frame) {
        let name = object.rsplit([':', '/']).next().unwrap_or_default();
        for path in written {
            let (Some(dir), Some(file)) = (path.parent(), path.file_name().and_then(|file| file.to_str())) else {
                continue;
            };
            if file != name {
                continue;
            }
            let target = Target::new(TargetKind::GitWorktree, file).at(vec![dir.to_owned()]);
            let scope = GitScope::Changes { pathspecs: vec![file.to_owned()], staged: false, worktree: true, to: None };
            self.keep(Effect::new(Verb::Delete, target).within(Scope::Git(scope)), frame);
        }
    }

    fn command(&mut self, command: &Command, shell: &mut Shell, frame: &Frame) -> Done {
        if !matches!(command, Command::List { .. }) {
            shell.moved = None;
        }
        match command {
            Command::Simple { assignments, words } => self.simple(assignments, words, shell, frame),
            Command::Declare { how, words, assignments } => self.declare(how, words, assignments, shell, frame),
            Command::List { first, rest } => self.list(first, rest, shell, frame),
            Command::Pipe(stages) => self.pipe(stages, shell, frame),
            Command::Subshell(body) => {
                let mut inner = shell.clone();
                let _ = inner.take_traps();
                let done = self.statements(body, &mut inner, frame);
                self.trapped(done, &mut inner, frame)
            }
            Command::Group(body) => self.statements(body, shell, frame),
            Command::If { branches, otherwise } => self.condition(branches, otherwise.as_deref(), shell, frame),
            Command::While { condition, body } => self.repeated(shell, frame, |this, shell| {
                let done = this.statements(condition, shell, frame);
                if shell.gone == Gone::No { this.statements(body, shell, frame) } else { done }
            }),
            Command::Repeat { header, body } => {
                let _ = self.single(header, shell, frame);
                self.assign_numbers(header, shell);
                self.repeated(shell, frame, |this, shell| this.statements(body, shell, frame))
            }
            Command::For { name, words, body } => self.each(name, words.as_deref(), body, shell, frame),
            Command::Case { word, arms } => self.case(word, arms, shell, frame),
            Command::Function { name, body } => {
                shell.define(name, Rc::clone(body));
                Done::quiet(Status::Success)
            }
            Command::Test(word) => {
                let _ = self.single(word, shell, frame);
                Done::quiet(Status::Either)
            }
            Command::Arithmetic(word) => {
                let _ = self.single(word, shell, frame);
                self.assign_numbers(word, shell);
                Done::quiet(Status::Either)
            }
        }
    }

    /// What a variable is that the text has not set: what the environment says, or nothing.
    pub(super) fn outside(&self, name: &str) -> String {
        self.variable(name, &Shell::new(None)).and_then(|texts| texts.into_iter().next()).unwrap_or_default()
    }

    /// Runs a shell's own traps where it ends.
    pub(super) fn trapped(&mut self, mut done: Done, shell: &mut Shell, frame: &Frame) -> Done {
        for trap in shell.take_traps() {
            // It sees what the shell remembers in the end, wherever it ended.
            shell.gone = Gone::No;
            let last = self.program(&trap, shell, &frame.through("trap"));
            done.out = together(done.out, last.out);
        }
        done
    }

    /// Names that arithmetic assigns are numbers that are not known.
    pub(super) fn assign_numbers(&mut self, word: &Word, shell: &mut Shell) {
        if self.assign_number(&word.source, shell) {
            return;
        }
        let bytes = word.source.as_bytes();
        for (at, _) in word.source.match_indices('=') {
            let before = |n: usize| at.checked_sub(n).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
            if bytes.get(at + 1) == Some(&b'=') || matches!(before(1), b'=' | b'!' | b'<' | b'>') {
                continue;
            }
            let text = word.source.get(..at).unwrap_or_default();
            let name = name_at_end(text.trim_end_matches(['+', '-', '*', '/', '%', '&', '|', '^', ' ']));
            if !name.is_empty() {
                shell.set(name, Var::Scalar(vec![HOLE.to_string()]));
            }
        }
        for (at, _) in word.source.match_indices("++").chain(word.source.match_indices("--")) {
            let name =
                |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
            let after = name(word.source.get(at + 2..).unwrap_or_default());
            let before = name_at_end(word.source.get(..at).unwrap_or_default());
            for name in [after.as_str(), before] {
                if !name.is_empty() {
                    shell.set(name, Var::Scalar(vec![HOLE.to_string()]));
                }
            }
        }
    }

    /// `N=N+1`, `N+=2`, `N++`, where it can be worked out; false where it cannot.
    pub(super) fn assign_number(&self, text: &str, shell: &mut Shell) -> bool {
        let text = text.trim();
        let len = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, rest) = text.split_at_checked(len).unwrap_or(("", text));
        let rest = rest.trim();
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        let expression = match rest {
            "++" => format!("{name}+1"),
            "--" => format!("{name}-1"),
            _ => match rest.split_once('=') {
                Some(("", value)) if !value.starts_with('=') => value.to_owned(),
                Some((operator @ ("+" | "-" | "*" | "/" | "%"), value)) => format!("{name}{operator}({value})"),
                _ => return false,
            },
        };
        let Some(value) = self.number(&[expression], shell) else { return false };
        shell.set(name, Var::Scalar(vec![value.to_string()]));
        true
    }

    fn list(&mut self, first: &Stmt, rest: &[(Join, Stmt)], shell: &mut Shell, frame: &Frame) -> Done {
        let begun = self.kept.mark();
        let mut done = self.statement(first, shell, frame);
        for (join, stmt) in rest {
            if shell.gone != Gone::No {
                break;
            }
            if matches!((join, done.status), (Join::And, Status::Failure) | (Join::Or, Status::Success)) {
                continue;
            }
            let surely = done.status != Status::Either;
            // After `||` the work before it was not put away: what comes now happens where that failed.
            let aside = (*join == Join::Or).then(|| self.kept.set_aside(begun));
            let moved = shell.moved.take();
            if surely {
                let next = self.statement(stmt, shell, frame);
                self.kept.put_back(begun, aside);
                done = Done { status: next.status, out: together(done.out, next.out) };
                continue;
            }
            // It runs in one case, and not in the other.
            let mut other = shell.clone();
            if let Some((worked, failed)) = moved {
                let (ours, theirs) = if *join == Join::And { (worked, failed) } else { (failed, worked) };
                shell.places = ours;
                other.places = theirs;
            }
            let next = self.statement(stmt, shell, frame);
            self.kept.put_back(begun, aside);
            let left = shell.gone != Gone::No;
            let before = (shell.places.clone(), other.places.clone());
            shell.join(other, &|name| self.outside(name));
            let out = if next.out == Stdin::Known(String::new()) { done.out } else { join_outputs(done.out, next.out) };
            // `cd X || exit`: whoever goes on has got there. `cd X && a && b`: the rest only where `cd` worked.
            let status = match (join, left) {
                (Join::Or, true) => Status::Success,
                (Join::And, true) => Status::Failure,
                _ => Status::Either,
            };
            if !left && *join == Join::And && before.0 != before.1 {
                shell.moved = Some(before);
            }
            done = Done { status, out };
        }
        done
    }

    fn pipe(&mut self, stages: &[Stmt], shell: &Shell, frame: &Frame) -> Done {
        let mut stdin: Option<Stdin> = None;
        let mut done = Done::quiet(Status::Either);
        let before = std::mem::take(&mut self.flow);
        for stage in stages {
            let frame = match stdin.take() {
                Some(stdin) => frame.with_stdin(stdin).holding(std::mem::take(&mut self.flow)),
                None => frame.clone(),
            };
            let mut inner = shell.clone();
            let _ = inner.take_traps();
            done = self.statement(stage, &mut inner, &frame);
            done = self.trapped(done, &mut inner, &frame);
            stdin = Some(done.out.clone());
        }
        let last = std::mem::replace(&mut self.flow, before);
        add(&mut self.flow, &last);
        Done { status: Status::Either, ..done }
    }

    fn condition(
        &mut self,
        branches: &[(Vec<Stmt>, Vec<Stmt>)],
        otherwise: Option<&[Stmt]>,
        shell: &mut Shell,
        frame: &Frame,
    ) -> Done {
        let mut ends: Vec<(Shell, Done)> = Vec::new();
        let mut open = true;
        for (condition, body) in branches {
            let status = self.statements(condition, shell, frame).status;
            if shell.gone != Gone::No {
                break;
            }
            let moved = shell.moved.take();
            if status == Status::Failure {
                continue;
            }
            let mut taken = shell.clone();
            if let Some((worked, failed)) = moved {
                taken.places = worked;
                shell.places = failed;
            }
            let done = self.statements(body, &mut taken, frame);
            ends.push((taken, done));
            if status == Status::Success {
                open = false;
                break;
            }
        }
        if open {
            let done = match otherwise {
                Some(body) if shell.gone == Gone::No => self.statements(body, shell, frame),
                _ => Done::quiet(Status::Either),
            };
            ends.push((shell.clone(), done));
        }
        self.join_ends(ends, shell)
    }

    fn join_ends(&mut self, ends: Vec<(Shell, Done)>, shell: &mut Shell) -> Done {
        let mut ends = ends.into_iter();
        let Some((end, mut done)) = ends.next() else { return Done::quiet(Status::Either) };
        *shell = end;
        for (end, more) in ends {
            shell.join(end, &|name| self.outside(name));
            done = either(done, more);
        }
        Done { status: Status::Either, ..done }
    }

    fn case(&mut self, word: &Word, arms: &[Arm], shell: &mut Shell, frame: &Frame) -> Done {
        let _ = self.single(word, shell, frame);
        let mut ends = vec![(shell.clone(), Done::quiet(Status::Either))];
        // Where the arm before goes on with this one, what it remembers counts.
        let mut before: Option<Shell> = None;
        for arm in arms {
            let _ = self.single(&arm.pattern, shell, frame);
            let mut taken = shell.clone();
            if let Some(before) = before.take() {
                taken.join(before, &|name| self.outside(name));
            }
            let done = self.statements(&arm.body, &mut taken, frame);
            before = arm.goes_on.then(|| taken.clone());
            ends.push((taken, done));
        }
        self.join_ends(ends, shell)
    }

    /// A loop whose number of rounds is not known: once, and once more with what the first round may have changed.
    fn repeated(
        &mut self,
        shell: &mut Shell,
        _frame: &Frame,
        mut round: impl FnMut(&mut Self, &mut Shell) -> Done,
    ) -> Done {
        let broke = shell.broke.take();
        let before = shell.clone();
        self.loops += 1;
        let kept = self.effects.len();
        let done = round(self, shell);
        let mut out = done.out;
        shell.leave_loop(&|name| self.outside(name));
        shell.join(before.clone(), &|name| self.outside(name));
        let mut last = before;
        for _ in 0..MAX_ROUNDS {
            if shell.same(&last) || shell.gone != Gone::No || self.over {
                break;
            }
            let so_far = self.effects.len();
            last = shell.clone();
            out = join_outputs(out, round(self, shell).out);
            shell.leave_loop(&|name| self.outside(name));
            shell.join(last.clone(), &|name| self.outside(name));
            // What goes on changing in every round may become anything that begins so.
            shell.widen(&last);
            // What was said already is not said again.
            let fresh = self.effects.split_off(so_far);
            let fresh: Vec<_> = fresh
                .into_iter()
                .filter(|effect| !self.effects.iter().skip(kept).any(|known| known == effect))
                .collect();
            self.effects.extend(fresh);
        }
        self.loops -= 1;
        shell.broke = broke;
        let out = if out == Stdin::Known(String::new()) { out } else { Stdin::Unknown("a loop".to_owned()) };
        Done { status: Status::Either, out }
    }

    fn each(&mut self, name: &str, words: Option<&[Word]>, body: &[Stmt], shell: &mut Shell, frame: &Frame) -> Done {
        let items: Option<Vec<Vec<String>>> = match words {
            Some(words) => {
                let args = self.words(words, shell, frame);
                let mut secrets = Vec::new();
                for arg in &args {
                    add(&mut secrets, &arg.secrets);
                }
                self.hold(name, secrets);
                Some(args.iter().map(known).collect())
            }
            None => shell.positional().map(<[_]>::to_vec),
        };
        let items = items.unwrap_or_else(|| vec![vec![HOLE.to_string()]]);
        if items.len() <= MAX_ITEMS {
            let mut done = Done::quiet(Status::Success);
            let broke = shell.broke.take();
            self.loops += 1;
            for item in items {
                if self.over {
                    break;
                }
                shell.set(name, Var::Scalar(item));
                let next = self.statements(body, shell, frame);
                done = Done { status: next.status, out: together(done.out, next.out) };
                // `break` or `continue`: it is not known which.
                shell.leave_loop(&|name| self.outside(name));
                if shell.gone != Gone::No {
                    break;
                }
            }
            self.loops -= 1;
            shell.broke = broke;
            return Done { status: Status::Either, ..done };
        }
        // Too many to look at one by one: each is one of them.
        let mut all: Vec<String> = Vec::new();
        for item in items {
            add_texts(&mut all, &item);
        }
        shell.set(name, Var::Scalar(all));
        self.repeated(shell, frame, |this, shell| this.statements(body, shell, frame))
    }

    /// Assigns; what the values run has its effects.
    pub(super) fn assign(&mut self, assignment: &Assignment, shell: &mut Shell, frame: &Frame) {
        let name = assignment.name.as_str();
        let var = match &assignment.value {
            AssignmentValue::Scalar(word) => {
                let (new, secrets) = self.watched(|this| this.single(word, shell, frame));
                match self.settings.clone() {
                    Some(file) if secrets.is_empty() => self.settle(name, &new, &[file]),
                    _ => self.hold(name, secrets),
                }
                let list = matches!(shell.var(name), Some(Var::Array(_) | Var::Bag(_) | Var::UnknownArray));
                if assignment.append && list && !assignment.indexed {
                    // It goes on the first element.
                    let (ordered, mut elements) = match shell.var(name) {
                        Some(Var::Array(elements)) => (true, elements.clone()),
                        Some(Var::Bag(elements)) => (false, elements.clone()),
                        _ => return,
                    };
                    let longer = |old: &Vec<String>| {
                        let mut all = Vec::new();
                        for old in old {
                            for new in &new {
                                add_texts(&mut all, &[format!("{old}{new}")]);
                            }
                        }
                        all
                    };
                    if ordered {
                        match elements.first_mut() {
                            Some(first) => *first = longer(first),
                            None => elements.push(new.clone()),
                        }
                        Var::Array(elements)
                    } else if elements.len() < MOST_ELEMENTS {
                        let more: Vec<Vec<String>> = elements.iter().map(longer).collect();
                        elements.extend(more);
                        Var::Bag(elements)
                    } else {
                        Var::UnknownArray
                    }
                } else if assignment.indexed || list {
                    // What was there stays among the elements: more is looked at than is there, and not less.
                    match self.elements_of(name, shell) {
                        Some(mut elements) if elements.len() < MOST_ELEMENTS => {
                            elements.push(new);
                            Var::Bag(elements)
                        }
                        _ => Var::UnknownArray,
                    }
                } else if assignment.append {
                    let old = self.variable(name, shell).unwrap_or_else(|| vec![String::new()]);
                    let mut all = Vec::new();
                    for old in &old {
                        for new in &new {
                            add_texts(&mut all, &[format!("{old}{new}")]);
                        }
                    }
                    Var::Scalar(all)
                } else {
                    Var::Scalar(new)
                }
            }
            AssignmentValue::Array(words) => {
                let args = self.words(words, shell, frame);
                let before = if assignment.append { self.elements_of(name, shell) } else { Some(Vec::new()) };
                let ordered =
                    !assignment.indexed && (!assignment.append || !matches!(shell.var(name), Some(Var::Bag(_))));
                match before {
                    Some(mut elements) if elements.len() < MOST_ELEMENTS => {
                        elements.extend(args.iter().map(known));
                        if ordered { Var::Array(elements) } else { Var::Bag(elements) }
                    }
                    _ => Var::UnknownArray,
                }
            }
        };
        shell.set(name, var);
    }

    fn simple(&mut self, assignments: &[Assignment], words: &[Word], shell: &mut Shell, frame: &Frame) -> Done {
        if words.is_empty() {
            for assignment in assignments {
                self.assign(assignment, shell, frame);
            }
            return Done::quiet(Status::Either);
        }
        let argv = self.words(words, shell, frame);
        self.trace_words(&argv);
        if assignments.is_empty() {
            return self.call(argv, &[], shell, frame);
        }
        // They hold for this one command, and are what it sees in its environment.
        let mut inner = shell.clone();
        let mut env = Vec::new();
        for assignment in assignments {
            self.assign(assignment, &mut inner, frame);
            let texts = self.variable(&assignment.name, &inner).unwrap_or_default();
            env.push((assignment.name.clone(), value(&texts)));
        }
        if argv.is_empty() {
            *shell = inner;
            return Done::quiet(Status::Either);
        }
        self.call(argv, &env, shell, frame)
    }
}

/// The name that `text` ends in; empty where it ends in none.
fn name_at_end(text: &str) -> &str {
    let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default()
}

/// One of both happened.
fn either(a: Done, b: Done) -> Done {
    let status = if a.status == b.status { a.status } else { Status::Either };
    Done { status, out: join_outputs(a.out, b.out) }
}
