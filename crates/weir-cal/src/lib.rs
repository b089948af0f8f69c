//! CAL, the Cascade Analysis Language: the language in which a diagnosis is written.
//!
//! A script finds entities in evidence (`FORAGE`), scores them in six dimensions, measures the gap between what is
//! said and what is done (`DRIFT`), decides (`FETCH`), and acts (`CHIRP`, `SURFACE`, `WAKE`). The language is
//! described in `docs/cal/`.
//!
//! The way through this crate: [`syntax`] reads a text into an [`ast`], [`check`] looks for mistakes before anything
//! runs, [`run`] evaluates it over a [`source`] into an [`outcome`], which [`report`] writes; alerts go to a [`sink`].
//! [`compat`] is the first edition, exactly as the reference runtime reads and runs it; both editions share the
//! formulas of scores.

pub mod ast;
pub mod check;
pub mod compat;
pub mod diagnostic;
pub mod edition;
pub mod limits;
mod near;
pub mod number;
pub mod outcome;
pub mod report;
pub mod run;
pub mod schedule;
mod score;
pub mod service;
pub mod sink;
pub mod source;
pub mod span;
pub mod syntax;
pub mod value;
