//! Compiles lists of operations (`catalog/data/*.jsonl`) into one text and numbers that point into it: thousands of
//! operations with references of their own would be relocated each time Weir starts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use weir_model::{TargetKind, Verb};

use crate::Outcome;
use crate::schema::{Kind, Operations};

/// A line of the data: names as the service's model has them.
#[derive(Deserialize)]
struct Row {
    service: String,
    op: String,
    dry_run: bool,
    guard_params: Vec<String>,
    required: Vec<String>,
    preview: Option<Preview>,
}

/// The operation that shows what this one is about, and from which of this one's parameters it gets its own.
#[derive(Deserialize)]
struct Preview {
    op: String,
    params: BTreeMap<String, String>,
}

#[derive(Default)]
struct Pool {
    words: BTreeMap<String, usize>,
    order: Vec<String>,
    lists: Vec<usize>,
    known: BTreeMap<Vec<usize>, usize>,
}

impl Pool {
    fn word(&mut self, text: &str) -> usize {
        if let Some(at) = self.words.get(text) {
            return *at;
        }
        self.order.push(text.to_owned());
        self.words.insert(text.to_owned(), self.order.len() - 1);
        self.order.len() - 1
    }

    /// Where the list stands: its length, then its members.
    fn list(&mut self, members: Vec<usize>) -> usize {
        if let Some(at) = self.known.get(&members) {
            return *at;
        }
        let at = self.lists.len();
        self.lists.push(members.len());
        self.lists.extend(&members);
        self.known.insert(members, at);
        at
    }
}

/// The table `name` as Rust.
pub fn emit(name: &str, entry: &Operations, data: &Path) -> Outcome<String> {
    let text = std::fs::read_to_string(data.join(&entry.data)).map_err(|error| format!("{}: {error}", entry.data))?;
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let row: Row = serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", entry.data, at + 1))?;
        let service = entry.services.get(&row.service).unwrap_or(&row.service).clone();
        rows.insert((service, kebab(&row.op)), row);
    }
    let idle = idle(entry, &rows);
    if !idle.is_empty() {
        return Err(format!("no operations of {}: `{}`", entry.data, idle.join("`, `")));
    }
    let mut pool = Pool::default();
    let (none, mut services, mut operations) = (pool.list(Vec::new()), Vec::new(), Vec::new());
    let mut last = None;
    for ((service, op), row) in &rows {
        if last.replace(service) != Some(service) {
            services.push((pool.word(service), operations.len()));
        }
        // `--version` asks for the program's own: the command line calls such a parameter something else.
        let named = |name: &str| Some(kebab(name)).filter(|name| name != "version");
        let required: Vec<usize> =
            row.required.iter().filter_map(|name| named(name)).map(|name| pool.word(&name)).collect();
        let guards: Vec<usize> = row.guard_params.iter().map(|name| pool.word(&kebab(name))).collect();
        let preview = row.preview.as_ref().filter(|preview| preview.params.keys().all(|name| named(name).is_some()));
        let preview = preview.map_or(none, |preview| {
            let mut list = vec![pool.word(&kebab(&preview.op))];
            for (theirs, ours) in &preview.params {
                list.extend([pool.word(&kebab(theirs)), pool.word(&kebab(ours))]);
            }
            pool.list(list)
        });
        // 0 is what the data alone says.
        let kind = entry.kinds.iter().position(|kind| kind.of.iter().any(|of| fits(of, service, op)));
        operations.push(format!(
            "Operation {{ name: {}, required: {}, guards: {}, preview: {preview}, kind: {}, dry_run: {} }}",
            pool.word(op),
            pool.list(required),
            pool.list(guards),
            kind.map_or(0, |at| at + 1),
            row.dry_run,
        ));
    }
    let mut ends = Vec::with_capacity(pool.order.len());
    let mut text = String::new();
    for word in &pool.order {
        text.push_str(word);
        ends.push(text.len());
    }
    let all = [operations.len(), pool.order.len(), pool.lists.len()];
    if all.iter().any(|count| *count > usize::from(u16::MAX)) || entry.kinds.len() >= usize::from(u8::MAX) {
        return Err("more operations than the table can number".to_owned());
    }
    let plain = Kind { of: Vec::new(), verb: Verb::Delete, target: TargetKind::CloudResource, stateful: false };
    let mut kinds = String::new();
    for Kind { verb, target, stateful, .. } in std::iter::once(&plain).chain(&entry.kinds) {
        write!(kinds, "Kind {{ verb: Verb::{verb:?}, target: TargetKind::{target:?}, stateful: {stateful} }}, ")
            .map_err(|error| error.to_string())?;
    }
    Ok(format!(
        "static {name}: Operations = Operations {{ text: {text:?}, ends: &{ends:?}, services: &{services:?}, \
         operations: &[{}], lists: &{:?}, kinds: &[{kinds}] }};\n",
        operations.join(", "),
        pool.lists,
    ))
}

/// Whether `SERVICE|SERVICE OPERATION|OPERATION` names it; `*` stands for any text.
fn fits(of: &str, service: &str, op: &str) -> bool {
    let Some((services, ops)) = of.split_once(' ') else { return false };
    let like = |patterns: &str, text: &str| patterns.split('|').any(|pattern| matches(pattern, text));
    like(services, service) && like(ops, op)
}

fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    text.ends_with(end)
}

/// The words of `kinds` that name nothing.
fn idle(entry: &Operations, rows: &BTreeMap<(String, String), Row>) -> Vec<String> {
    let all = entry.kinds.iter().flat_map(|kind| &kind.of);
    let each = all.flat_map(|of| {
        let (services, ops) = of.split_once(' ').unwrap_or((of, ""));
        let of_services = services.split('|').map(move |service| format!("{service} {ops}"));
        of_services.chain(ops.split('|').map(move |op| format!("{services} {op}")))
    });
    let mut idle: Vec<String> = each.filter(|of| !rows.keys().any(|(service, op)| fits(of, service, op))).collect();
    idle.dedup();
    idle
}

/// The name of an operation or a parameter as the command line spells it: `DeleteDBInstance` is `delete-db-instance`.
fn kebab(name: &str) -> String {
    // A brand, and an acronym in the plural at the end (`ResourceARNs`), are one word.
    let mut name = name.replace("WhatsApp", "Whatsapp");
    let capitals = name.trim_end_matches('s').chars().rev().take_while(char::is_ascii_uppercase).count();
    if name.ends_with('s') && capitals >= 2 {
        let start = name.len() - 1 - capitals;
        let end = name.split_off(start).to_lowercase();
        let before = if name.is_empty() { String::new() } else { kebab(&name) + "-" };
        return before + &end;
    }
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let (before, after) = (at.checked_sub(1).and_then(|at| letters.get(at)), letters.get(at + 1));
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                *before != '-'
                    && (before.is_ascii_lowercase()
                        || before.is_ascii_digit()
                        || after.is_some_and(char::is_ascii_lowercase))
            });
        if begins {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
