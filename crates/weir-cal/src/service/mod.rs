//! What editors and the interactive prompt ask about a script: where a name comes from, what can stand here, what a
//! word means and what it came to. Knows no protocol; places are bytes of the source.

mod complete;
mod describe;
mod entry;
mod hover;
mod meaning;
mod mention;
#[cfg(test)]
mod tests;

use crate::{outcome::Outcome, source::Source, span::Span};

pub use complete::{Completion, CompletionKind, complete};
pub use entry::{Entry, entry};
pub use hover::{Hover, hover};
pub use mention::{Defined, defined};

/// What is known beside the text of a script. All of it may be absent.
#[derive(Clone, Copy, Default)]
pub struct Known<'k> {
    /// The evidence, for the names of collections and their fields.
    pub source: Option<&'k dyn Source>,
    /// What the script came to when it ran, for values.
    pub outcome: Option<&'k Outcome>,
}

/// The place where the result is named that is meant at `offset`; nothing where there is none.
#[must_use]
pub fn definition(text: &str, offset: usize) -> Option<Span> {
    let parsed = crate::syntax::parse(text);
    let mentions = mention::mentions(&parsed.script);
    let here = mention::at(&mentions, offset)?;
    match &here.role {
        mention::Role::Defines(_) => Some(here.span),
        mention::Role::Refers => mention::origin(&mentions, &here.name, here.span.start).map(|found| found.span),
        _ => None,
    }
}
