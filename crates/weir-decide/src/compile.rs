//! From policy files to the form that a decision reads.
//!
//! The file: magic with the format's version, checksum of the rest, the header's length, [`Header`], and one blob per
//! policy. A decision decodes the header and the policies of one slice; nothing else. There is no text of Cedar in it, and
//! no schema.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::str::FromStr as _;

use cedar_policy::{Effect as CedarEffect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use cedar_policy_core::ast::{BinaryOp, Expr, ExprKind, Literal, Var};
use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use weir_model::{Digest, Environments};

use crate::codec::{self, Step};
use crate::engine::MOST_APPROVALS;
use crate::layers::{Layers, SCHEMA, Source, Stamp};
use crate::{DecideError, Engine, Layer, PolicyError, PolicyInfo, environments, slices, texts};

/// What a compiled file begins with; its last character is the version of the format.
pub(crate) const MAGIC: &[u8; 8] = b"WEIRPOL2";

/// The most policies of all layers together.
const MOST_POLICIES: usize = 10_000;

/// What every decision reads.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The version of Weir that compiled it, and of the built-in policies.
    pub(crate) built_by: String,
    /// Digest of all sources.
    pub(crate) version: [u8; 32],
    /// The files and directories that it was compiled from, as they were.
    pub(crate) stamps: Vec<Stamp>,
    /// For each verb and kind: the number of a slice, or [`slices::CONSTANT_ALLOW`].
    pub(crate) slots: Vec<u16>,
    /// The policies of each slice, by number.
    pub(crate) slices: Vec<Vec<u16>>,
    /// Where each policy ends in the blobs; it begins where the one before ends.
    pub(crate) ends: Vec<u32>,
    /// Which names belong to which environment.
    pub(crate) environments: Environments,
}

/// One policy.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) info: PolicyInfo,
    pub(crate) permits: bool,
    pub(crate) condition: Vec<Step>,
}

/// Policies that are checked and cut into slices.
#[derive(Debug)]
pub struct Compiled {
    bytes: Vec<u8>,
    warnings: Vec<String>,
}

impl Compiled {
    /// What people should know, although it is no mistake.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Writes the compiled form; readers see the old file or the new one.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), DecideError> {
        let temporary = path.with_extension(format!("tmp-{}", std::process::id()));
        let written = std::fs::write(&temporary, &self.bytes).and_then(|()| std::fs::rename(&temporary, path));
        if written.is_err() {
            // Nothing else knows of it.
            let _ = std::fs::remove_file(&temporary);
        }
        written.map_err(|source| DecideError::Io { path: path.to_owned(), source })
    }

    /// The engine over these policies.
    ///
    /// # Panics
    /// Never: the bytes were made by [`compile`].
    #[must_use]
    #[expect(clippy::expect_used, reason = "the bytes were encoded by this build")]
    pub fn into_engine(self) -> Engine {
        Engine::from_bytes(self.bytes).expect("what this build encodes, it decodes")
    }

    /// The bytes of the compiled form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// One policy of one file, checked by itself.
pub(crate) struct Loaded {
    pub(crate) info: PolicyInfo,
    pub(crate) policy: Policy,
    pub(crate) source: usize,
}

impl Loaded {
    /// An error about this policy.
    fn error(&self, sources: &[Source], message: String, help: &str) -> PolicyError {
        let range = self.policy.as_ref().loc().map_or(0..0, |loc| loc.start()..loc.end());
        match sources.get(self.source) {
            Some(source) => PolicyError::at(&source.file, &source.text, range, message, help),
            None => PolicyError::plain(&self.info.file, message, help),
        }
    }
}

/// Checks all policies of all layers and cuts them into slices.
///
/// # Errors
/// Every mistake in every file, with its place and what to do.
pub fn compile(layers: &Layers) -> Result<Compiled, Vec<PolicyError>> {
    let (sources, stamps) = layers.sources()?;
    let (environments, written) = environments::load(layers)?;
    let loaded = load(&sources)?;
    let mut notes = validate(&sources, &loaded)?;
    notes.extend(loaded.iter().flat_map(warnings));
    let mut errors = Vec::new();
    let mut stored = Vec::new();
    for entry in &loaded {
        match encode(&entry.policy.as_ref().condition()) {
            Ok(condition) => stored.push(Stored {
                info: entry.info.clone(),
                permits: entry.policy.effect() == CedarEffect::Permit,
                condition,
            }),
            Err(what) => errors.push(entry.error(
                &sources,
                format!("policy `{}` uses {what}, which is not supported", entry.info.id),
                "write the condition without it",
            )),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let slices::Slices { slots, slices } = slices::cut(&loaded.iter().map(|entry| &entry.policy).collect::<Vec<_>>());
    let mut blobs = Vec::new();
    let mut ends = Vec::new();
    for policy in &stored {
        blobs.extend(postcard::to_allocvec(policy).unwrap_or_default());
        ends.push(u32::try_from(blobs.len()).unwrap_or(u32::MAX));
    }
    let texts: Vec<&[u8]> = std::iter::once(SCHEMA.as_bytes())
        .chain(sources.iter().flat_map(|source| [source.file.as_bytes(), source.text.as_bytes()]))
        .chain(written.iter().map(String::as_bytes))
        .collect();
    let header = Header {
        built_by: BUILT_BY.to_owned(),
        version: *Digest::of_parts(&texts).as_bytes(),
        stamps,
        slots,
        slices,
        ends,
        environments,
    };
    let header = postcard::to_allocvec(&header).unwrap_or_default();
    let mut body = u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    body.extend(header);
    body.extend(blobs);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(checksum(&body).to_le_bytes());
    bytes.extend(body);
    Ok(Compiled { bytes, warnings: notes })
}

/// Which Weir compiled a file: another one has other built-in policies, or another form.
pub(crate) const BUILT_BY: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("WEIR_PACK_HASH"));

/// A condition in its binary form, from which the same can be had again.
fn encode(condition: &Expr) -> Result<Vec<Step>, &'static str> {
    let steps = codec::encode(condition)?;
    codec::decode(steps.clone()).ok_or("a name outside the vocabulary")?;
    Ok(steps)
}

/// In the manner of FNV-1a, eight bytes at a time, because every hook call asks for it: finds a torn or damaged file; not a
/// defense against a person.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(0xcbf2_9ce4_8422_2325, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)))
}

/// Parses every file and applies the rules of the layers.
pub(crate) fn load(sources: &[Source]) -> Result<Vec<Loaded>, Vec<PolicyError>> {
    let mut errors = Vec::new();
    let mut by_id: BTreeMap<String, Loaded> = BTreeMap::new();
    for (number, source) in sources.iter().enumerate() {
        let set = match PolicySet::from_str(&source.text) {
            Ok(set) => set,
            Err(error) => {
                errors.extend(diagnosed(source, &error));
                continue;
            }
        };
        if let Some(template) = set.templates().next() {
            errors.push(PolicyError::plain(
                &source.file,
                format!("`{}` is a template", template.id()),
                "write a policy without `?principal` and `?resource`",
            ));
        }
        let mut policies: Vec<&Policy> = set.policies().collect();
        policies.sort_by_key(|policy| policy.as_ref().loc().map(|loc| loc.start()));
        for policy in policies {
            match admit(source, policy, by_id.get(policy.annotation("id").unwrap_or_default())) {
                Ok(info) => {
                    let id = PolicyId::new(&info.id);
                    let policy = policy.new_id(id);
                    by_id.insert(info.id.clone(), Loaded { info, policy, source: number });
                }
                Err(error) => errors.push(error),
            }
        }
    }
    if by_id.len() > MOST_POLICIES {
        errors.push(PolicyError::plain(
            "all layers",
            format!("there are {} policies, more than {MOST_POLICIES}", by_id.len()),
            "write one policy about several targets instead of several about one each",
        ));
    }
    if errors.is_empty() { Ok(by_id.into_values().collect()) } else { Err(errors) }
}

/// May this policy of this layer come in?
fn admit(source: &Source, policy: &Policy, existing: Option<&Loaded>) -> Result<PolicyInfo, PolicyError> {
    let range = policy.as_ref().loc().map_or(0..0, |loc| loc.start()..loc.end());
    let at = |message: String, help: &str| PolicyError::at(&source.file, &source.text, range.clone(), message, help);
    let annotation = |name| policy.annotation(name).unwrap_or_default().trim().to_owned();
    let id = annotation("id");
    if id.is_empty() {
        return Err(at("the policy has no `@id`".to_owned(), "write @id(\"a-name-of-its-own\") above it"));
    }
    let forbids = policy.effect() == CedarEffect::Forbid;
    let (reason, advice) = (annotation("reason"), annotation("advice"));
    if forbids && (reason.is_empty() || advice.is_empty()) {
        return Err(at(
            format!("policy `{id}` forbids without saying why or what to do instead"),
            "write @reason(\"...\") and @advice(\"...\") above it",
        ));
    }
    for text in [&reason, &advice] {
        if let Some(name) = texts::unknown_placeholder(text) {
            return Err(at(
                format!("policy `{id}` uses the placeholder {{{name}}}, which does not exist"),
                &format!("there are: {}", texts::PLACEHOLDERS.join(", ")),
            ));
        }
    }
    if source.layer == Layer::Repository && !forbids {
        return Err(at(
            format!("policy `{id}` permits, but a repository may only forbid"),
            "move it to the user's or the organization's policies",
        ));
    }
    if let Some(existing) = existing {
        let same_layer = existing.info.layer == source.layer;
        let replaces =
            existing.info.layer == Layer::BuiltIn && matches!(source.layer, Layer::Organization | Layer::User);
        if same_layer || !replaces {
            return Err(at(
                format!("`{id}` is the id of a policy in {} ({}) already", existing.info.file, existing.info.layer),
                if source.layer == Layer::Repository {
                    "a repository may add policies, and replace none: give it another id"
                } else {
                    "give it another id"
                },
            ));
        }
    }
    Ok(PolicyInfo { id, layer: source.layer, file: source.file.clone(), reason, advice })
}

/// Cedar's errors, each with its place in the file.
fn diagnosed(source: &Source, error: &dyn Diagnostic) -> Vec<PolicyError> {
    let one = |error: &dyn Diagnostic| {
        let help = error.help().map_or_else(
            || "see docs/policies.md; `weir policy list` shows policies to start from".to_owned(),
            |help| help.to_string(),
        );
        match error.labels().and_then(|mut labels| labels.next()) {
            Some(label) => {
                let range = label.offset()..label.offset() + label.len();
                PolicyError::at(&source.file, &source.text, range, error.to_string(), help)
            }
            None => PolicyError::plain(&source.file, error.to_string(), help),
        }
    };
    let related: Vec<PolicyError> = error.related().into_iter().flatten().map(one).collect();
    let mut all = vec![one(error)];
    all.extend(related);
    all
}

/// Strict validation of the whole against the schema. Cedar's warnings (a policy that can never apply, characters that
/// look like others) are no mistakes, but worth telling.
fn validate(sources: &[Source], loaded: &[Loaded]) -> Result<Vec<String>, Vec<PolicyError>> {
    let built_in = |message: String| vec![PolicyError::plain("weir.cedarschema", message, "this is a fault of Weir")];
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| built_in(format!("{error:?}")))?;
    let policies = loaded.iter().map(|entry| entry.policy.clone());
    let set = PolicySet::from_policies(policies).map_err(|error| built_in(error.to_string()))?;
    let result = Validator::new(schema).validate(&set, ValidationMode::Strict);
    let owner: HashMap<&str, &Loaded> = loaded.iter().map(|entry| (entry.info.id.as_str(), entry)).collect();
    let errors: Vec<PolicyError> = result
        .validation_errors()
        .flat_map(|error| {
            let id: &str = error.policy_id().as_ref();
            let source = owner.get(id).and_then(|entry| sources.get(entry.source));
            source
                .map_or_else(|| vec![PolicyError::plain(id, error.to_string(), "")], |source| diagnosed(source, error))
        })
        .collect();
    if errors.is_empty() { Ok(result.validation_warnings().map(ToString::to_string).collect()) } else { Err(errors) }
}

/// What people should know of a policy that is in force all the same.
fn warnings(entry: &Loaded) -> Vec<String> {
    if entry.policy.effect() == CedarEffect::Permit {
        return Vec::new();
    }
    let condition = entry.policy.as_ref().condition();
    let PolicyInfo { id, file, .. } = &entry.info;
    let mut warnings = Vec::new();
    // The default pack says in its comments where another policy takes care of what is uncertain.
    if entry.info.layer != Layer::BuiltIn
        && compares(&condition, &|side| attribute_of_context(side) == Some("impact"))
        && !condition.subexpressions().any(|part| attribute_of_context(part) == Some("uncertain"))
    {
        warnings.push(format!(
            "policy `{id}` ({file}) compares a figure and never asks `context.uncertain`: what could not be measured is 0"
        ));
    }
    let most = i64::from(MOST_APPROVALS);
    let too_many = |side: &Expr| matches!(side.expr_kind(), ExprKind::Lit(Literal::Long(n)) if *n > most);
    let approvals = |side: &Expr| attribute_of_context(side) == Some("approvals");
    if comparisons(&condition).any(|(a, b)| (approvals(a) && too_many(b)) || (too_many(a) && approvals(b))) {
        warnings.push(format!(
            "policy `{id}` ({file}) asks for more than {MOST_APPROVALS} approvals, and Weir never asks that many people"
        ));
    }
    warnings
}

/// Both sides of every `<`, `<=`, `>` and `>=`.
fn comparisons(condition: &Expr) -> impl Iterator<Item = (&Expr, &Expr)> {
    condition.subexpressions().filter_map(|part| match part.expr_kind() {
        ExprKind::BinaryApp { op: BinaryOp::Less | BinaryOp::LessEq, arg1, arg2 } => Some((&**arg1, &**arg2)),
        _ => None,
    })
}

/// True where some side of some comparison has a part that passes the test.
fn compares(condition: &Expr, test: &dyn Fn(&Expr) -> bool) -> bool {
    comparisons(condition).any(|(left, right)| left.subexpressions().chain(right.subexpressions()).any(test))
}

/// The name of the attribute that is read from the context itself.
fn attribute_of_context(expr: &Expr) -> Option<&str> {
    match expr.expr_kind() {
        ExprKind::GetAttr { expr, attr } if matches!(expr.expr_kind(), ExprKind::Var(Var::Context)) => Some(attr),
        _ => None,
    }
}
