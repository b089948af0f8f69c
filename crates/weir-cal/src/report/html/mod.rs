//! A document as one page.
use super::{Document, ReportError};
use std::io::Write;
pub(super) fn write(_document: &Document<'_>, _out: &mut dyn Write) -> Result<(), ReportError> {
    Ok(())
}
