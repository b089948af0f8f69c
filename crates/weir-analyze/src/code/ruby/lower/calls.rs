//! Calls, their arguments, and blocks.

use std::rc::Rc;

use tree_sitter::Node;

use super::Lower;
use crate::code::syntax::children;
use crate::code::tree::{Argument, CallExpr, Expr, Function, Pattern, excerpt, returning};

/// The name of the block that a method was given.
pub(in crate::code) const BLOCK: &str = "&block";

/// A call.
pub(super) fn call(callee: Expr, args: Vec<Argument>, receiver: &str) -> Expr {
    Expr::Call(Box::new(CallExpr { callee, receiver: excerpt(receiver), args, template: false }))
}

pub(super) fn argument(value: Expr, source: &str) -> Argument {
    Argument { name: None, spread: false, value, source: excerpt(source) }
}

impl<'t> Lower<'t> {
    pub(super) fn call(&mut self, node: Node<'t>) -> Expr {
        let receiver = node.child_by_field_name("receiver");
        let name = self.field_text(node, "method");
        let shown = receiver.map_or_else(|| name.clone(), |receiver| self.source(receiver).to_owned());
        let callee = match receiver {
            Some(receiver) => {
                let object = self.expr(receiver);
                // `f.(x)`.
                if name.is_empty() { object } else { Expr::Attr(Box::new(object), name) }
            }
            None if name == "super" => return self.many(node),
            // A class makes objects of itself.
            None if name == "new" && self.class.is_some() => {
                Expr::Attr(Box::new(Expr::Name(self.class.clone().unwrap_or_default())), name)
            }
            None => Expr::Name(name),
        };
        let mut args = Vec::new();
        for arg in node.child_by_field_name("arguments").map(children).unwrap_or_default() {
            args.push(self.argument(arg));
        }
        if let Some(block) = node.child_by_field_name("block") {
            let function = self.function(block);
            args.push(argument(Expr::Function(function), ""));
        }
        call(callee, args, &shown)
    }

    pub(super) fn argument(&mut self, node: Node<'t>) -> Argument {
        match node.kind() {
            "pair" => {
                let name = match node.child_by_field_name("key") {
                    Some(key) if matches!(key.kind(), "hash_key_symbol" | "simple_symbol") => {
                        Some(self.source(key).trim_matches(':').to_owned())
                    }
                    _ => None,
                };
                let source = self.field_text(node, "value");
                let Some(name) = name else {
                    let pair = vec![(self.field(node, "key"), self.field(node, "value"))];
                    return argument(Expr::Dict(pair), &source);
                };
                let value = match node.child_by_field_name("value") {
                    Some(value) => self.expr(value),
                    // `f(dir:)`.
                    None => Expr::Name(name.clone()),
                };
                Argument { name: Some(name), ..argument(value, &source) }
            }
            "splat_argument" | "hash_splat_argument" => {
                let inner = children(node).first().copied().unwrap_or(node);
                Argument { spread: true, ..argument(self.expr(inner), self.source(inner)) }
            }
            "forward_argument" => Argument { spread: true, ..argument(Expr::Name("...".to_owned()), "...") },
            "block_argument" => {
                let inner = children(node).first().copied().map_or(Expr::Name(BLOCK.to_owned()), |arg| self.expr(arg));
                argument(inner, self.source(node))
            }
            _ => argument(self.expr(node), self.source(node)),
        }
    }

    /// A block, or the body of a lambda.
    pub(super) fn function(&mut self, node: Node<'t>) -> Rc<Function> {
        let (mut params, rest, mut before) = self.params(node.child_by_field_name("parameters"));
        if node.child_by_field_name("parameters").is_none() {
            params.push((Pattern::Name("it".to_owned()), None));
        }
        let body = match node.child_by_field_name("body") {
            Some(body) if matches!(body.kind(), "block" | "do_block") => {
                body.child_by_field_name("body").map(|body| self.block(body)).unwrap_or_default()
            }
            Some(body) => self.block(body),
            None => Vec::new(),
        };
        before.extend(returning(body));
        Rc::new(Function { params, body: before, rest })
    }
}
