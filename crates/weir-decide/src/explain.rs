//! One policy for people: its text, where it comes from, and to what it can apply.

use std::fmt::Write as _;

use crate::compile::{compile, load};
use crate::{Layers, PolicyError};

/// The policy called `id` in words; `None` where there is none.
///
/// # Errors
/// Where the policies do not compile.
pub fn explain(layers: &Layers, id: &str) -> Result<Option<String>, Vec<PolicyError>> {
    let (sources, _) = layers.sources()?;
    let loaded = load(&sources)?;
    let Some(entry) = loaded.iter().find(|entry| entry.info.id == id) else { return Ok(None) };
    let engine = compile(layers)?.into_engine();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{id}\n\n  layer   {}\n  file    {}\n", entry.info.layer, entry.info.file);
    let text = entry.policy.as_ref().loc().and_then(|loc| loc.snippet().map(str::to_owned));
    for line in text.unwrap_or_else(|| entry.policy.to_string()).lines() {
        let _ = writeln!(out, "  {line}");
    }
    let pairs = engine.applies_to(id);
    if pairs.is_empty() {
        out.push_str("\n  It is not asked in any decision: what it permits is permitted whatever the facts.\n");
        return Ok(Some(out));
    }
    out.push_str("\n  It is asked when an agent would\n");
    for verb in weir_model::Verb::ALL {
        let kinds: Vec<&str> = pairs.iter().filter(|(asked, _)| *asked == verb).map(|(_, kind)| kind.name()).collect();
        if kinds.len() == weir_model::TargetKind::ALL.len() {
            let _ = writeln!(out, "    {:<8} anything", verb.name());
        } else if !kinds.is_empty() {
            let _ = writeln!(out, "    {:<8} {}", verb.name(), kinds.join(", "));
        }
    }
    Ok(Some(out))
}
