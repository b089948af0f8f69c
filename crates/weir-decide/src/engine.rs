//! Decisions over compiled policies, and the search for the cheapest remedies.

use std::path::Path;

use cedar_policy_core::ast::{Expr, Literal, SlotEnv, ValueKind};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;
use weir_model::{Digest, Environments, PolicyHit, Remedy, TargetKind, Verb, Verdict};

use crate::compile::{BUILT_BY, Header, MAGIC, Stored, checksum, compile};
use crate::facts::{Question, Remedies};
use crate::slices::{CONSTANT_ALLOW, slot_at};
use crate::{DecideError, Facts, Layers, PolicyInfo, codec, texts};

/// The most approvals that the search asks for.
pub(crate) const MOST_APPROVALS: u32 = 3;

/// Which remedies can be had for an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Means {
    /// Weir can make a restore point first.
    pub restore_point: bool,
    /// Weir can show a preview first.
    pub preview: bool,
    /// People can be asked.
    pub approvals: bool,
}

/// What policy says of one effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The decision.
    pub verdict: Verdict,
    /// The remedies that it takes.
    pub remedies: Vec<Remedy>,
    /// The policies that object to the facts as they are, with their texts filled in.
    pub hits: Vec<PolicyHit>,
}

/// Compiled policies, ready to decide.
#[derive(Debug)]
pub struct Engine {
    header: Header,
    blobs: Vec<u8>,
}

struct Loaded {
    info: PolicyInfo,
    permits: bool,
    condition: Expr,
}

impl Engine {
    /// Reads a compiled file.
    ///
    /// # Errors
    /// Where it cannot be read, is damaged, or was compiled by another Weir.
    pub fn open(path: &Path) -> Result<Self, DecideError> {
        let bytes = std::fs::read(path).map_err(|source| DecideError::Io { path: path.to_owned(), source })?;
        Self::from_bytes(bytes)
    }

    /// Takes the bytes of a compiled file.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, DecideError> {
        let damaged = DecideError::Damaged;
        let rest = bytes.strip_prefix(MAGIC).ok_or(damaged("it does not begin as one"))?;
        let (sum, body) = rest.split_first_chunk::<8>().ok_or(damaged("it is cut short"))?;
        if u64::from_le_bytes(*sum) != checksum(body) {
            return Err(damaged("its checksum does not fit"));
        }
        let (length, rest) = body.split_first_chunk::<4>().ok_or(damaged("it is cut short"))?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (header, blobs) = rest.split_at_checked(length).ok_or(damaged("it is cut short"))?;
        let header: Header = postcard::from_bytes(header).map_err(|_| damaged("its header cannot be read"))?;
        if header.built_by != BUILT_BY {
            return Err(damaged("it was compiled by another version of Weir"));
        }
        if header.slots.len() != Verb::ALL.len() * TargetKind::ALL.len() {
            return Err(damaged("its index has another size"));
        }
        Ok(Self { blobs: blobs.to_vec(), header })
    }

    /// The default policies alone. Compiles them: for when nothing better can be had.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test compiles the default pack")]
    pub fn builtin() -> Self {
        compile(&Layers::default()).expect("the default policies compile").into_engine()
    }

    /// True where no policy file has changed, come or gone since. Asks for metadata only.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.header.stamps.iter().all(crate::layers::Stamp::is_fresh)
    }

    /// Which names belong to which environment.
    #[must_use]
    pub const fn environments(&self) -> &Environments {
        &self.header.environments
    }

    /// The version of the policy: a digest of its sources.
    #[must_use]
    pub const fn version(&self) -> Digest {
        Digest::from_bytes(self.header.version)
    }

    /// The policies in force, sorted by id.
    #[must_use]
    pub fn policies(&self) -> Vec<PolicyInfo> {
        let count = u16::try_from(self.header.ends.len()).unwrap_or(u16::MAX);
        (0..count).filter_map(|number| self.stored(number)).map(|stored| stored.info).collect()
    }

    /// True where the answer is yes whatever the facts.
    #[must_use]
    pub fn is_constant_allow(&self, verb: Verb, kind: TargetKind) -> bool {
        self.slot(verb, kind) == Some(CONSTANT_ALLOW)
    }

    /// Decides about one effect: with the facts as they are, else with the cheapest remedies that can be had.
    ///
    /// The order of cost: nothing; a restore point; a preview; both; then people, as few as possible, and for each number
    /// of people again without and with the others: what Weir can do by itself never costs as much as one more person.
    /// Approvals that were given already cost nothing.
    ///
    /// # Errors
    /// Where the compiled policy is damaged or the facts do not fit; the caller holds what has an effect.
    pub fn decide(&self, facts: &Facts<'_>, means: &Means) -> Result<Decision, DecideError> {
        let slot = self.slot(facts.effect.verb, facts.effect.target.kind);
        let allow = || Decision { verdict: Verdict::Allow, remedies: Vec::new(), hits: Vec::new() };
        if slot == Some(CONSTANT_ALLOW) {
            return Ok(allow());
        }
        let policies = self.slice(slot)?;
        let question = Question::new(facts)?;
        let mut hits: Vec<PolicyHit> = Vec::new();
        let mut unmoved: Vec<String> = Vec::new();
        for remedies in search(facts.approvals, *means) {
            let evaluation = evaluate(&policies, &question, remedies)?;
            if evaluation.allowed {
                if remedies == none(facts.approvals) {
                    return Ok(allow());
                }
                return Ok(Decision { verdict: verdict(remedies, facts.approvals), remedies: list(remedies), hits });
            }
            unmoved = evaluation.objections.iter().map(|policy| policy.info.id.clone()).collect();
            if remedies == none(facts.approvals) {
                hits = evaluation.objections.iter().map(|policy| hit(&policy.info, facts)).collect();
                if hits.is_empty() {
                    hits.push(PolicyHit {
                        id: "no-permit".to_owned(),
                        reason: "No policy permits this.".to_owned(),
                        advice: "Ask the person that you work for whether a policy should.".to_owned(),
                    });
                }
            }
        }
        // First what no remedy moves: the way out of the others is none.
        hits.sort_by_key(|hit| !unmoved.contains(&hit.id));
        Ok(Decision { verdict: Verdict::Deny, remedies: Vec::new(), hits })
    }

    fn slot(&self, verb: Verb, kind: TargetKind) -> Option<u16> {
        self.header.slots.get(slot_at(verb, kind)?).copied()
    }

    fn stored(&self, number: u16) -> Option<Stored> {
        let number = usize::from(number);
        let end = usize::try_from(*self.header.ends.get(number)?).ok()?;
        let start = match number.checked_sub(1) {
            None => 0,
            Some(before) => usize::try_from(*self.header.ends.get(before)?).ok()?,
        };
        postcard::from_bytes(self.blobs.get(start..end)?).ok()
    }

    fn slice(&self, slot: Option<u16>) -> Result<Vec<Loaded>, DecideError> {
        let damaged = || DecideError::Damaged("a policy in it cannot be read");
        let numbers = slot.and_then(|slot| self.header.slices.get(usize::from(slot))).ok_or_else(damaged)?;
        numbers
            .iter()
            .map(|number| {
                let stored = self.stored(*number).ok_or_else(damaged)?;
                let condition = codec::decode(stored.condition).ok_or_else(damaged)?;
                Ok(Loaded { info: stored.info, permits: stored.permits, condition })
            })
            .collect()
    }

    /// The verbs and kinds for which the policy called the policy called `id` can apply.
    pub(crate) fn applies_to(&self, id: &str) -> Vec<(Verb, TargetKind)> {
        let mut pairs = Vec::new();
        for verb in Verb::ALL {
            for kind in TargetKind::ALL {
                let slice = self.slot(verb, kind).and_then(|slot| self.header.slices.get(usize::from(slot)));
                let mut numbers = slice.into_iter().flatten();
                if numbers.any(|number| self.stored(*number).is_some_and(|stored| stored.info.id == id)) {
                    pairs.push((verb, kind));
                }
            }
        }
        pairs
    }
}

/// Bytes of stack that an evaluation should have: Cedar's own minimum, twice.
const STACK_WANTED: usize = 200 * 1024;
/// Bytes of stack that it gets otherwise.
const STACK_SIZE: usize = 1024 * 1024;

struct Evaluation<'a> {
    allowed: bool,
    objections: Vec<&'a Loaded>,
}

/// Cedar's rule: allowed where some permit applies and no forbid does. A permit whose condition fails does not apply; a
/// forbid whose condition fails (an overflow) would not either, and that would be a hole: it is an error here.
fn evaluate<'a>(
    policies: &'a [Loaded],
    question: &Question,
    remedies: Remedies,
) -> Result<Evaluation<'a>, DecideError> {
    let evaluator = Evaluator::new(question.request(remedies)?, &question.entities, Extensions::none());
    // Cedar refuses to evaluate where it sees little stack, and the first thread of a static program looks as if it had.
    stacker::maybe_grow(STACK_WANTED, STACK_SIZE, || objections(policies, &evaluator))
}

fn objections<'a>(policies: &'a [Loaded], evaluator: &Evaluator<'_>) -> Result<Evaluation<'a>, DecideError> {
    let slots = SlotEnv::new();
    let mut permitted = false;
    let mut objections = Vec::new();
    for policy in policies {
        if policy.permits && permitted {
            continue;
        }
        let applies = match evaluator.interpret(&policy.condition, &slots) {
            Ok(value) => matches!(value.value, ValueKind::Lit(Literal::Bool(true))),
            Err(_) if policy.permits => false,
            Err(error) => {
                return Err(DecideError::Condition { id: policy.info.id.clone(), what: error.to_string() });
            }
        };
        match (applies, policy.permits) {
            (true, true) => permitted = true,
            (true, false) => objections.push(policy),
            (false, _) => {}
        }
    }
    Ok(Evaluation { allowed: permitted && objections.is_empty(), objections })
}

const fn none(approvals: u32) -> Remedies {
    Remedies { restore_point: false, preview: false, approvals }
}

/// The sets of remedies that can be had, cheapest first.
fn search(given: u32, means: Means) -> impl Iterator<Item = Remedies> {
    let most = if means.approvals { MOST_APPROVALS.max(given) } else { given };
    (given..=most).flat_map(move |approvals| {
        [(false, false), (true, false), (false, true), (true, true)]
            .into_iter()
            .filter(move |(restore_point, preview)| {
                (means.restore_point || !restore_point) && (means.preview || !preview)
            })
            .map(move |(restore_point, preview)| Remedies { restore_point, preview, approvals })
    })
}

const fn verdict(remedies: Remedies, given: u32) -> Verdict {
    if remedies.approvals > given { Verdict::Hold } else { Verdict::AllowWithRestorePoint }
}

fn list(remedies: Remedies) -> Vec<Remedy> {
    let mut list = Vec::new();
    if remedies.restore_point {
        list.push(Remedy::RestorePoint);
    }
    if remedies.preview {
        list.push(Remedy::Preview);
    }
    if remedies.approvals > 0 {
        list.push(Remedy::Approvals { count: remedies.approvals });
    }
    list
}

fn hit(info: &PolicyInfo, facts: &Facts<'_>) -> PolicyHit {
    PolicyHit {
        id: info.id.clone(),
        reason: texts::fill(&info.reason, facts.effect),
        advice: texts::fill(&info.advice, facts.effect),
    }
}

#[cfg(test)]
mod agreement;
