//! The rules of a makefile, and which of them make a target.

use std::rc::Rc;

use super::text::{Marks, is_open, known_start};

/// One rule.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) targets: Vec<Rc<str>>,
    /// The pattern of a static pattern rule.
    pub(super) pattern: Option<Rc<str>>,
    pub(super) prerequisites: Vec<Rc<str>>,
    pub(super) order_only: Vec<Rc<str>>,
    pub(super) recipe: Option<Vec<Rc<str>>>,
    pub(super) double: bool,
    /// One recipe makes all its targets.
    pub(super) grouped: bool,
    /// Its prerequisites are expanded a second time.
    pub(super) second: bool,
    /// It stands in a condition that is not known.
    pub(super) maybe: bool,
}

impl Rule {
    pub(super) fn new(targets: &str, marks: &Marks, maybe: bool) -> Self {
        let targets = targets.split_whitespace().map(|target| marks.plain(target).into()).collect();
        Self {
            targets,
            pattern: None,
            prerequisites: Vec::new(),
            order_only: Vec::new(),
            recipe: None,
            double: false,
            grouped: false,
            second: false,
            maybe,
        }
    }

    /// A rule for all targets that fit a pattern.
    pub(super) fn is_pattern(&self) -> bool {
        self.pattern.is_none() && self.targets.iter().any(|target| target.contains('%'))
    }
}

/// `TARGET: NAME = TEXT`.
#[derive(Debug, Clone)]
pub(super) struct TargetVariable {
    pub(super) target: String,
    pub(super) name: String,
    pub(super) operator: String,
    pub(super) text: String,
    pub(super) overrides: bool,
    pub(super) exports: bool,
    pub(super) maybe: bool,
}

/// Whether a target that is written `target` in a rule is, or may be, `name`.
pub(super) fn is_target(target: &str, name: &str) -> bool {
    target == name || (is_open(target) && !known_start(target).is_empty() && name.starts_with(known_start(target)))
}

/// What `%` stands for where `name` fits `pattern` as implicit rules match: a pattern without a slash matches the part
/// after the last one.
pub(super) fn implicit_stem(pattern: &str, name: &str) -> Option<(String, String)> {
    let (before, after) = pattern.split_once('%')?;
    let (dir, base) = match name.rfind('/') {
        Some(at) if !pattern.contains('/') => name.split_at_checked(at + 1)?,
        _ => ("", name),
    };
    let stem = base.strip_prefix(before)?.strip_suffix(after)?;
    (!stem.is_empty()).then(|| (dir.to_owned(), stem.to_owned()))
}
