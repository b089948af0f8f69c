//! SQL.
use crate::call::{Call, Say};
use weir_model::Effect;
pub(super) fn hole(source: &str) -> String {
    format!("\"{{{source}}}\"")
}
pub(super) fn embedded(_text: &str, _about: Option<&str>, _say: &mut dyn FnMut(Effect)) {}
pub(super) fn interpret(_text: &str, _call: &Call<'_>, _say: &mut dyn Say) {}
