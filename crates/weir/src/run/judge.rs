//! The judge of a supervised command: policy for programs and hosts, people for limits.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use weir_gate_exec::{Judge, Notice, Reached, Ruling};
use weir_guard::{RunSettings, Said, Supervision};
use weir_model::{Hold, say as words};

use super::programs::Programs;
use crate::output::{say, shown};

/// Asks the guard.
pub(super) struct OnGuard {
    supervision: &'static Supervision<'static>,
    settings: RunSettings,
    programs: Arc<Programs>,
    quiet: bool,
    /// Weir itself, which asks for the terms of the run that it is inside of.
    itself: Vec<PathBuf>,
    tell_terms: Once,
    terms: Box<dyn Fn() + Send + Sync>,
}

impl OnGuard {
    pub(super) fn new(
        supervision: &'static Supervision<'static>,
        settings: RunSettings,
        programs: Arc<Programs>,
        quiet: bool,
        (itself, terms): (Vec<PathBuf>, impl Fn() + Send + Sync + 'static),
    ) -> Self {
        Self { supervision, settings, programs, quiet, itself, tell_terms: Once::new(), terms: Box::new(terms) }
    }

    /// Whether Weir was started in the run.
    pub(super) fn saw_itself(&self) -> bool {
        self.tell_terms.is_completed()
    }
}

impl Judge for OnGuard {
    fn exec(&self, program: &Path, arguments: &[OsString], cwd: &Path) -> Ruling {
        // What a program calls itself is its own affair; what is started counts.
        let mut words = vec![program.to_string_lossy().into_owned()];
        words.extend(arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()));
        if self.itself.iter().any(|itself| itself == program) {
            self.tell_terms.call_once(|| (self.terms)());
        }
        let answer = self.supervision.start(&words, cwd);
        self.programs.note(&words, cwd, answer.as_ref().err().map(String::as_str));
        answer.map_or_else(Ruling::Deny, |()| Ruling::Allow)
    }

    fn limit(&self, reached: &Reached) -> Ruling {
        let reason = match reached {
            Reached::Limit { counters, path } => {
                let bytes = counters.bytes();
                format!(
                    "The running command has taken away {} files and {} directories ({}), all of which are kept, and goes \
                     on with `{}`.",
                    words::count(counters.files),
                    words::count(counters.directories),
                    words::bytes(bytes),
                    path.display()
                )
            }
            Reached::Unsaved { path, why } => {
                format!("The running command would change `{}`, which cannot be kept: {why}.", path.display())
            }
            _ => "The running command has come to a limit.".to_owned(),
        };
        match self.supervision.ask(&reason, &tell) {
            Ok(Said::Yes(_)) => Ruling::Allow,
            Ok(Said::No(why)) => Ruling::Deny(why),
            Err(error) => Ruling::Deny(format!("people could not be asked: {error}")),
        }
    }

    fn connect(&self, host: &str, port: u16) -> Ruling {
        let answer = self.settings.refuses(host, port);
        self.programs.note(&["connect".to_owned(), format!("{host}:{port}")], Path::new(""), answer.as_deref());
        answer.map_or(Ruling::Allow, Ruling::Deny)
    }

    fn notice(&self, notice: &Notice) {
        match notice {
            Notice::Refused(refusal) => say(&format!("weir: {}", shown(&refusal.to_string()))),
            Notice::Unsaved(path, why) => {
                let path = shown(&path.display().to_string());
                say(&format!("weir: what is written into `{path}` cannot be taken back: {}", shown(why)));
            }
            Notice::Waiting if !self.quiet => {
                say("weir: the command has ended, and processes that it started are still running");
            }
            _ => {}
        }
    }
}

/// Tells at the terminal what waits.
pub(super) fn tell(hold: &Hold) {
    say(&format!(
        "weir: {} It waits for a person: `weir approve {}` in another terminal lets it go on, `weir reject` ends it.",
        shown(&hold.reason),
        hold.id
    ));
}
