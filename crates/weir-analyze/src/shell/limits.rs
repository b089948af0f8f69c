//! How much the shell front end takes on. Beyond a limit the analysis is partial and says so; nothing is dropped
//! silently.

/// Bytes of one program text.
pub(crate) const MAX_TEXT: usize = 1 << 20;
/// Bytes of all texts that are parsed for one action.
pub(crate) const MAX_PARSED: usize = 16 << 20;
/// Programs inside programs (`bash -c`, substitutions, scripts, functions).
pub(crate) const MAX_PROGRAMS: usize = 24;
/// Levels of the syntax tree, over all nested programs.
pub(crate) const MAX_DEPTH: usize = 100;
/// Words inside words (`${x:-${y:-...}}`).
pub(crate) const MAX_WORD_DEPTH: usize = 16;
/// Simple commands that are evaluated.
pub(crate) const MAX_COMMANDS: usize = 10_000;
/// Lines and separators of commands in one program text. Parsing goes to the end of a text, evaluation only to the limit
/// above: more than that many need not be parsed.
pub(crate) const MAX_SEPARATORS: usize = 20_000;
/// Substitutions in one program text: each is a program that is parsed.
pub(crate) const MAX_SUBSTITUTIONS: usize = 2_000;
/// Substitutions of a line, each times the length of the line, over all lines of a text: the parser reads the rest of a
/// word again for each.
pub(crate) const MAX_TANGLE: usize = 50_000_000;
/// Words in one program text.
pub(crate) const MAX_WRITTEN: usize = 50_000;
/// Statements that are evaluated, loops included.
pub(crate) const MAX_STEPS: usize = 40_000;
/// Arguments that come out of all expansions.
pub(crate) const MAX_WORDS: usize = 100_000;
/// Words that one brace expansion may give.
pub(crate) const MAX_BRACES: usize = 4_096;
/// Different texts that one word may be.
pub(crate) const MAX_ALTERNATIVES: usize = 64;
/// Elements of an array to which more are added one by one.
pub(crate) const MOST_ELEMENTS: usize = 1_000;
/// Variables that one shell remembers; beyond these, any other may be anything.
pub(crate) const MOST_VARIABLES: usize = 1_000;
/// Directory entries that globs may look at.
pub(crate) const MAX_ENTRIES: usize = 100_000;
/// Items of a loop that are evaluated one by one.
pub(crate) const MAX_ITEMS: usize = 16;
/// Rounds of a loop after the first; what still changes then is not known.
pub(crate) const MAX_ROUNDS: usize = 3;
/// Brackets that one line may leave open, and parameters that a text may.
pub(crate) const MAX_OPEN: usize = 500;
/// Bytes that the second parser takes.
pub(crate) const MAX_SECOND: usize = 128 << 10;
