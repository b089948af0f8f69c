//! Which policies can apply to which verb and target kind: found from the text of a policy alone.
//!
//! Cutting is sound: a policy is left out only where it cannot apply whatever the facts are. Besides the scope, the tests
//! of a condition that only ask for the action or the kind of the resource are understood, so that one policy can be
//! about several kinds and cost nothing elsewhere.

use cedar_policy::Effect as CedarEffect;
use cedar_policy::Policy;
use cedar_policy_core::ast::{BinaryOp, Expr, ExprKind, Literal, UnaryOp, Var};
use weir_model::{TargetKind, Verb};

use crate::facts::type_name;

/// A slot without forbids and with a permit without conditions: the answer is yes, whatever the facts.
pub(crate) const CONSTANT_ALLOW: u16 = u16::MAX;

/// The slices, and which of them belongs to each verb and kind.
pub(crate) struct Slices {
    /// For each verb and kind: the number of a slice, or [`CONSTANT_ALLOW`].
    pub(crate) slots: Vec<u16>,
    /// The policies by number; slices with the same policies are kept once.
    pub(crate) slices: Vec<Vec<u16>>,
}

/// Where the slot of a verb and a kind is.
pub(crate) fn slot_at(verb: Verb, kind: TargetKind) -> Option<usize> {
    let row = Verb::ALL.iter().position(|entry| *entry == verb)?;
    let column = TargetKind::ALL.iter().position(|entry| *entry == kind)?;
    Some(row * TargetKind::ALL.len() + column)
}

/// Cuts the policies (in the order of their numbers) into slices.
pub(crate) fn cut(policies: &[&Policy]) -> Slices {
    let conditions: Vec<(Expr, bool)> =
        policies.iter().map(|policy| (policy.as_ref().condition(), policy.effect() == CedarEffect::Permit)).collect();
    let mut slices: Vec<Vec<u16>> = Vec::new();
    let mut slots = Vec::with_capacity(Verb::ALL.len() * TargetKind::ALL.len());
    for verb in Verb::ALL {
        for kind in TargetKind::ALL {
            let mut fits = Vec::new();
            let (mut forbids, mut always) = (false, false);
            for (number, (condition, permits)) in (0..).zip(&conditions) {
                let outcome = outcome(condition, verb, kind);
                if outcome == Outcome::Never || outcome == Outcome::False {
                    continue;
                }
                forbids |= !permits;
                always |= *permits && outcome == Outcome::True;
                fits.push(number);
            }
            if !forbids && always {
                slots.push(CONSTANT_ALLOW);
                continue;
            }
            let number = slices.iter().position(|slice| *slice == fits).unwrap_or_else(|| {
                slices.push(fits);
                slices.len() - 1
            });
            // There are fewer slices than slots, and fewer slots than numbers.
            slots.push(u16::try_from(number).unwrap_or(CONSTANT_ALLOW - 1));
        }
    }
    Slices { slots, slices }
}

/// What is known of a condition before the facts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// True, and no error.
    True,
    /// False, and no error.
    False,
    /// False or an error: not true.
    Never,
    /// Anything.
    Open,
}

/// What a condition can come to for one verb and kind, for any agent, target and context.
fn outcome(expr: &Expr, verb: Verb, kind: TargetKind) -> Outcome {
    use Outcome::{False, Never, Open, True};
    let of = |expr| outcome(expr, verb, kind);
    let is_var = |expr: &Expr, var| matches!(expr.expr_kind(), ExprKind::Var(found) if *found == var);
    match expr.expr_kind() {
        ExprKind::Lit(Literal::Bool(true)) => True,
        ExprKind::Lit(Literal::Bool(false)) => False,
        ExprKind::Is { expr, entity_type } if is_var(expr, Var::Resource) => {
            if entity_type.to_string() == type_name(kind) { True } else { False }
        }
        ExprKind::BinaryApp { op: BinaryOp::Eq | BinaryOp::In, arg1, arg2 } if is_var(arg1, Var::Action) => {
            // No action is in another one, so `in` is the same as `==` or the membership of a set.
            match names_verb(arg2, verb) {
                Some(true) => True,
                Some(false) => False,
                None => Open,
            }
        }
        // `resource == FileTree::"..."` and `resource in FileTree::"..."`: targets have no parents.
        ExprKind::BinaryApp { op: BinaryOp::Eq | BinaryOp::In, arg1, arg2 } if is_var(arg1, Var::Resource) => {
            match arg2.expr_kind() {
                ExprKind::Lit(Literal::EntityUID(uid)) if uid.entity_type().to_string() != type_name(kind) => False,
                _ => Open,
            }
        }
        ExprKind::And { left, right } => match (of(left), of(right)) {
            (False, _) | (True, False) => False,
            (Never, _) | (_, False | Never) => Never,
            (True, True) => True,
            _ => Open,
        },
        ExprKind::Or { left, right } => match (of(left), of(right)) {
            (True, _) | (False, True) => True,
            (False, False) => False,
            (False | Never, Never) | (Never, False) => Never,
            _ => Open,
        },
        ExprKind::UnaryApp { op: UnaryOp::Not, arg } => match of(arg) {
            True => False,
            False => True,
            Never | Open => Open,
        },
        ExprKind::If { test_expr, then_expr, else_expr } => match of(test_expr) {
            True => of(then_expr),
            False => of(else_expr),
            Never | Open => match (of(then_expr), of(else_expr)) {
                (False | Never, False | Never) => Never,
                _ => Open,
            },
        },
        _ => Open,
    }
}

/// True where an action literal, or one of a set of them, is this verb's; `None` where it is not a literal.
fn names_verb(expr: &Expr, verb: Verb) -> Option<bool> {
    match expr.expr_kind() {
        ExprKind::Lit(Literal::EntityUID(uid)) => {
            Some(uid.entity_type().is_action() && AsRef::<str>::as_ref(uid.eid()) == verb.name())
        }
        ExprKind::Set(items) => {
            let mut any = false;
            for item in items.iter() {
                any |= names_verb(item, verb)?;
            }
            Some(any)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cedar_policy::PolicyId;

    fn of(condition: &str, verb: Verb, kind: TargetKind) -> Outcome {
        let text = format!("forbid (principal, action, resource) when {{ {condition} }};");
        let policy = Policy::parse(Some(PolicyId::new("p")), text).unwrap();
        outcome(&policy.as_ref().condition(), verb, kind)
    }

    #[test]
    fn kinds_and_verbs_in_conditions_are_understood() {
        let cases = [
            ("resource is Table || resource is Database", Outcome::False),
            ("(resource is Table || resource is FileTree) && context.exists", Outcome::Open),
            ("!(resource is Table)", Outcome::True),
            ("context.a && resource is Table", Outcome::Never),
            // An error is not true, but its negation is an error as well, and never false.
            ("!(context.a && resource is Table)", Outcome::Open),
            ("context.a || resource is Table", Outcome::Open),
            ("resource is Table || context.a", Outcome::Open),
            ("resource is FileTree || context.a", Outcome::True),
            ("if context.a then resource is Table else false", Outcome::Never),
            ("if resource is FileTree then context.a else true", Outcome::Open),
            ("action in [Action::\"read\", Action::\"modify\"]", Outcome::False),
            ("action == Action::\"delete\"", Outcome::True),
            ("resource == Table::\"users\"", Outcome::False),
            ("resource == FileTree::\"users\"", Outcome::Open),
        ];
        for (condition, expected) in cases {
            assert_eq!(of(condition, Verb::Delete, TargetKind::FileTree), expected, "{condition}");
        }
    }
}
