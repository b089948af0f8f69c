//! Conditions of policies in a binary form: Cedar's syntax tree without its text.
//!
//! Evaluation stays Cedar's own: what is decoded is a tree of Cedar's. The form is flat (operands first, then what
//! combines them), so that decoding a damaged file can neither recurse without end nor overflow the stack.

use cedar_policy_core::FromNormalizedStr as _;
use cedar_policy_core::ast::{
    BinaryOp, Eid, EntityType, EntityUID, Expr, ExprKind, Literal, Name, PatternElem, UnaryOp, UnreservedId, Var,
};
use serde::{Deserialize, Serialize};

/// The deepest tree that is encoded or decoded: Cedar's evaluator recurses.
const DEEPEST: usize = 200;

/// One step: takes its operands from the end of what is there, and leaves its result there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    Bool(bool),
    Long(i64),
    Text(String),
    Entity {
        kind: String,
        id: String,
    },
    Principal,
    Action,
    Resource,
    Context,
    If,
    And,
    Or,
    Unary(u8),
    Binary(u8),
    Attribute(String),
    HasAttribute(String),
    /// `None` is the wildcard.
    Like(Vec<Option<char>>),
    Is(String),
    /// Takes this many.
    Set(u32),
    /// Takes one for each name.
    Record(Vec<String>),
}

const UNARY: [UnaryOp; 3] = [UnaryOp::Not, UnaryOp::Neg, UnaryOp::IsEmpty];
const BINARY: [BinaryOp; 10] = [
    BinaryOp::Eq,
    BinaryOp::Less,
    BinaryOp::LessEq,
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::In,
    BinaryOp::Contains,
    BinaryOp::ContainsAll,
    BinaryOp::ContainsAny,
];

/// Encodes a condition, or says which part of Cedar it uses that has no binary form.
pub(crate) fn encode(expr: &Expr) -> Result<Vec<Step>, &'static str> {
    let mut steps = Vec::new();
    push(expr, DEEPEST, &mut steps)?;
    Ok(steps)
}

fn push(expr: &Expr, depth: usize, out: &mut Vec<Step>) -> Result<(), &'static str> {
    let depth = depth
        .checked_sub(1)
        .ok_or("a condition nested deeper than 200 levels (a set and `contains` may replace it)")?;
    let step = match expr.expr_kind() {
        ExprKind::Lit(Literal::Bool(value)) => Step::Bool(*value),
        ExprKind::Lit(Literal::Long(value)) => Step::Long(*value),
        ExprKind::Lit(Literal::String(value)) => Step::Text(value.to_string()),
        ExprKind::Lit(Literal::EntityUID(uid)) => {
            Step::Entity { kind: uid.entity_type().to_string(), id: AsRef::<str>::as_ref(uid.eid()).to_owned() }
        }
        ExprKind::Var(Var::Principal) => Step::Principal,
        ExprKind::Var(Var::Action) => Step::Action,
        ExprKind::Var(Var::Resource) => Step::Resource,
        ExprKind::Var(Var::Context) => Step::Context,
        ExprKind::If { test_expr, then_expr, else_expr } => {
            push(test_expr, depth, out)?;
            push(then_expr, depth, out)?;
            push(else_expr, depth, out)?;
            Step::If
        }
        ExprKind::And { left, right } => {
            push(left, depth, out)?;
            push(right, depth, out)?;
            Step::And
        }
        ExprKind::Or { left, right } => {
            push(left, depth, out)?;
            push(right, depth, out)?;
            Step::Or
        }
        ExprKind::UnaryApp { op, arg } => {
            push(arg, depth, out)?;
            Step::Unary(place(&UNARY, op).ok_or("an unknown operator")?)
        }
        ExprKind::BinaryApp { op, arg1, arg2 } => {
            push(arg1, depth, out)?;
            push(arg2, depth, out)?;
            Step::Binary(place(&BINARY, op).ok_or("entity tags")?)
        }
        ExprKind::GetAttr { expr, attr } => {
            push(expr, depth, out)?;
            Step::Attribute(attr.to_string())
        }
        ExprKind::HasAttr { expr, attr } => {
            push(expr, depth, out)?;
            Step::HasAttribute(attr.to_string())
        }
        ExprKind::Like { expr, pattern } => {
            push(expr, depth, out)?;
            let elements = pattern.iter().map(|element| match element {
                PatternElem::Char(c) => Some(*c),
                PatternElem::Wildcard => None,
            });
            Step::Like(elements.collect())
        }
        ExprKind::Is { expr, entity_type } => {
            push(expr, depth, out)?;
            Step::Is(entity_type.to_string())
        }
        ExprKind::Set(items) => {
            for item in items.iter() {
                push(item, depth, out)?;
            }
            Step::Set(u32::try_from(items.len()).map_err(|_| "a set that is too large")?)
        }
        ExprKind::Record(fields) => {
            for value in fields.values() {
                push(value, depth, out)?;
            }
            Step::Record(fields.keys().map(ToString::to_string).collect())
        }
        ExprKind::ExtHasAttr { .. } => return Err("`has` with a path of several names"),
        ExprKind::ExtensionFunctionApp { .. } => return Err("extension functions (ip, decimal, datetime)"),
        ExprKind::Slot(_) => return Err("template slots"),
        ExprKind::Unknown(_) => return Err("unknowns"),
    };
    out.push(step);
    Ok(())
}

fn place<T: PartialEq>(table: &[T], wanted: &T) -> Option<u8> {
    table.iter().position(|entry| entry == wanted).and_then(|at| u8::try_from(at).ok())
}

/// What is there while decoding: trees, each with its depth.
struct Stack(Vec<(Expr, usize)>);

impl Stack {
    fn pop(&mut self) -> Option<(Expr, usize)> {
        self.0.pop()
    }

    /// The last `n`, in the order in which they came.
    fn take(&mut self, n: usize) -> Option<(Vec<Expr>, usize)> {
        let at = self.0.len().checked_sub(n)?;
        let (items, depths): (Vec<Expr>, Vec<usize>) = self.0.drain(at..).unzip();
        Some((items, depths.into_iter().max().unwrap_or(0)))
    }

    fn leaf(&mut self, expr: Expr) -> Option<()> {
        self.node(expr, 0)
    }

    /// A tree over trees of which the deepest has `below` levels.
    fn node(&mut self, expr: Expr, below: usize) -> Option<()> {
        self.0.push((expr, below + 1));
        (below < DEEPEST).then_some(())
    }
}

/// The tree of a condition; `None` where the steps are not ones that [`encode`] makes.
pub(crate) fn decode(steps: Vec<Step>) -> Option<Expr> {
    let mut stack = Stack(Vec::with_capacity(8));
    for step in steps {
        match step {
            Step::Bool(value) => stack.leaf(Expr::val(value))?,
            Step::Long(value) => stack.leaf(Expr::val(value))?,
            Step::Text(value) => stack.leaf(Expr::val(value.as_str()))?,
            Step::Entity { kind, id } => stack.leaf(Expr::val(uid(&kind, &id)?))?,
            Step::Principal => stack.leaf(Expr::var(Var::Principal))?,
            Step::Action => stack.leaf(Expr::var(Var::Action))?,
            Step::Resource => stack.leaf(Expr::var(Var::Resource))?,
            Step::Context => stack.leaf(Expr::var(Var::Context))?,
            Step::If => {
                let ((otherwise, a), (then, b), (test, c)) = (stack.pop()?, stack.pop()?, stack.pop()?);
                stack.node(Expr::ite(test, then, otherwise), a.max(b).max(c))?;
            }
            Step::And => {
                let ((right, a), (left, b)) = (stack.pop()?, stack.pop()?);
                stack.node(Expr::and(left, right), a.max(b))?;
            }
            Step::Or => {
                let ((right, a), (left, b)) = (stack.pop()?, stack.pop()?);
                stack.node(Expr::or(left, right), a.max(b))?;
            }
            Step::Unary(op) => {
                let (arg, below) = stack.pop()?;
                stack.node(Expr::unary_app(*UNARY.get(usize::from(op))?, arg), below)?;
            }
            Step::Binary(op) => {
                let ((right, a), (left, b)) = (stack.pop()?, stack.pop()?);
                stack.node(Expr::binary_app(*BINARY.get(usize::from(op))?, left, right), a.max(b))?;
            }
            Step::Attribute(name) => {
                let (expr, below) = stack.pop()?;
                stack.node(Expr::get_attr(expr, name.into()), below)?;
            }
            Step::HasAttribute(name) => {
                let (expr, below) = stack.pop()?;
                stack.node(Expr::has_attr(expr, name.into()), below)?;
            }
            Step::Like(elements) => {
                let (expr, below) = stack.pop()?;
                let elements = elements.into_iter().map(|c| c.map_or(PatternElem::Wildcard, PatternElem::Char));
                stack.node(Expr::like(expr, elements.collect()), below)?;
            }
            Step::Is(kind) => {
                let (expr, below) = stack.pop()?;
                stack.node(Expr::is_entity_type(expr, entity_type(&kind)?), below)?;
            }
            Step::Set(n) => {
                let (items, below) = stack.take(usize::try_from(n).ok()?)?;
                stack.node(Expr::set(items), below)?;
            }
            Step::Record(names) => {
                let (values, below) = stack.take(names.len())?;
                let fields = names.into_iter().map(Into::into).zip(values);
                stack.node(Expr::record(fields).ok()?, below)?;
            }
        }
    }
    let (expr, _) = stack.pop()?;
    stack.0.is_empty().then_some(expr)
}

/// An entity type by its plain name, without Cedar's parser.
pub(crate) fn entity_type(name: &str) -> Option<EntityType> {
    let id = UnreservedId::from_normalized_str(name).ok()?;
    Some(EntityType::from(Name::unqualified_name(id)))
}

/// An entity by type and id, without Cedar's parser.
pub(crate) fn uid(kind: &str, id: &str) -> Option<EntityUID> {
    Some(EntityUID::from_components(entity_type(kind)?, Eid::new(id), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cedar_policy::{Policy, PolicyId};

    fn condition(text: &str) -> Expr {
        let policy = Policy::parse(Some(PolicyId::new("p")), text).unwrap();
        policy.as_ref().condition()
    }

    #[test]
    fn every_kind_of_expression_survives() {
        let text = r#"forbid (principal == Agent::"a\"b", action in [Action::"read", Action::"delete"], resource is FileTree)
            when { if context.a then [1, 2].contains(context.b) else {"x": 1, "y z": "t"}.x == -3 }
            when { resource.name like "a\**b" || !(resource is Table) || resource in Table::"t" }
            unless { context has a && ["q"].containsAll([]) && [1].containsAny([2]) && [].isEmpty() }
            unless { context.a + 1 < 2 * 3 - context.b || context.a <= 9 || principal != resource || action == action };"#;
        let expr = condition(text);
        let bytes = postcard::to_allocvec(&encode(&expr).unwrap()).unwrap();
        let decoded = decode(postcard::from_bytes(&bytes).unwrap()).unwrap();
        assert!(decoded.eq_shape(&expr), "{decoded}\n{expr}");
    }

    #[test]
    fn what_has_no_form_is_named() {
        let tag = condition(r#"permit (principal, action, resource) when { resource.hasTag("a") };"#);
        assert_eq!(encode(&tag), Err("entity tags"));
        let deep = format!("permit (principal, action, resource) when {{ {} true }};", "context.a || ".repeat(300));
        assert!(encode(&condition(&deep)).unwrap_err().contains("200 levels"));
    }

    #[test]
    fn odd_steps_are_refused() {
        assert_eq!(decode(vec![]), None);
        assert_eq!(decode(vec![Step::And]), None);
        assert_eq!(decode(vec![Step::Bool(true), Step::Bool(true)]), None);
        assert_eq!(decode(vec![Step::Bool(true), Step::Unary(9)]), None);
        assert_eq!(decode(vec![Step::Context, Step::Is("a b".to_owned())]), None);
        assert_eq!(decode(vec![Step::Set(u32::MAX)]), None);
        let deep = std::iter::once(Step::Bool(true)).chain((0..100_000).map(|_| Step::Unary(0))).collect();
        assert_eq!(decode(deep), None);
    }
}
