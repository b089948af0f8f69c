//! What a script and its data may cost. Over a limit is an error that names the limit, never a crash.

/// The longest script, in bytes.
pub const SOURCE_BYTES: usize = 16 << 20;

/// The deepest nesting of parentheses, `NOT`, and statements inside statements (`THEN`, `ON EXECUTE`).
pub const NESTING: usize = 64;

/// The largest `DEPTH`. The cascade map reaches every dimension within three steps.
pub const DEPTH: u32 = 6;

/// How many entities a result keeps in full. All are counted and scored; the rest can be streamed with
/// `SURFACE name AS ndjson` or `csv`.
pub const KEPT_ENTITIES: usize = 10_000;

/// How many entities and cascades all results of a run keep together, so that many results cost no more than a few.
pub const KEPT_IN_ALL: usize = 4 * KEPT_ENTITIES;

/// The most errors that one check of a script reports.
pub const DIAGNOSTICS: usize = 100;

/// The longest line of a data file, and the largest entity, in bytes.
pub const ENTITY_BYTES: usize = 16 << 20;

/// How many million steps a database may take for one question. A table of a million entities takes some twenty; a
/// view that never ends takes all of them, in a minute or two.
pub const SQL_MEGASTEPS: u64 = 10_000;
