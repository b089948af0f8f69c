//! The prompt: lines that can be edited, with history and completion.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use rustyline::{
    Context, Editor, Helper,
    completion::{Completer, Pair},
    error::ReadlineError,
    highlight::Highlighter,
    hint::Hinter,
    history::FileHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};
use weir_cal::service::{self, Entry, Known};

use super::session::{COMMANDS, Flow, Session};
use crate::context::weir_home;
use crate::output::{CliError, say};

/// So many entries are remembered.
const REMEMBERED: usize = 1_000;

pub(super) fn run(session: Session) -> Result<(), CliError> {
    let session = Rc::new(RefCell::new(session));
    let config =
        rustyline::Config::builder().max_history_size(REMEMBERED).map(|builder| builder.auto_add_history(true));
    let config = config.map_err(failed)?.build();
    let mut editor: Editor<Assistant, FileHistory> = Editor::with_config(config).map_err(failed)?;
    editor.set_helper(Some(Assistant(Rc::clone(&session))));
    let history = history_file();
    if let Some(history) = &history {
        // The first time there is none.
        let _ = editor.load_history(history);
    }
    say("CAL, the Cascade Analysis Language. `.help` lists the commands, `.quit` leaves.");
    loop {
        match editor.readline("cal> ") {
            Ok(entry) => {
                if session.borrow_mut().take(&entry)? == Flow::Quit {
                    break;
                }
            }
            // What was begun is given up.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(failed(error)),
        }
    }
    if let Some(history) = &history
        && let Err(error) = editor.save_history(history)
    {
        say(&format!("the history cannot be kept in {}: {error}", history.display()));
    }
    Ok(())
}

fn failed(error: ReadlineError) -> CliError {
    CliError::user(format!("the terminal cannot be read: {error}"))
}

/// Below Weir's own directory; nowhere where that cannot be made.
fn history_file() -> Option<PathBuf> {
    use std::os::unix::fs::DirBuilderExt as _;
    let home = weir_home();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&home).ok()?;
    Some(home.join("cal-history"))
}

/// What the editor asks while somebody types.
struct Assistant(Rc<RefCell<Session>>);

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        if text.trim_start().starts_with('.') {
            return Ok(ValidationResult::Valid(None));
        }
        // The line end that was just typed belongs to the text.
        Ok(match service::entry(&format!("{text}\n")) {
            Entry::Open => ValidationResult::Incomplete,
            Entry::Empty | Entry::Whole => ValidationResult::Valid(None),
        })
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let pair = |text: &str, shown: String| Pair { display: shown, replacement: text.to_owned() };
        if line.starts_with('.') {
            let names = COMMANDS.iter().filter_map(|(form, _)| form.split(' ').next());
            let begun = line.get(..at).unwrap_or_default();
            return Ok((0, names.filter(|name| name.starts_with(begun)).map(|name| pair(name, name.into())).collect()));
        }
        let session = self.0.borrow();
        let known = Known { source: Some(session.source.as_ref()), outcome: session.outcome.as_ref() };
        let found = service::complete(line, at, known);
        let start = found.first().map_or(at, |first| first.replaces.start as usize);
        Ok((start, found.iter().map(|one| pair(&one.label, one.label.clone())).collect()))
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}
impl Helper for Assistant {}
