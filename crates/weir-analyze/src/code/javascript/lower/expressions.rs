//! Expressions.

use tree_sitter::Node;

use super::Lower;
use crate::code::syntax::{children, escape, number};
use crate::code::tree::{Argument, CallExpr, Expr, Pattern, excerpt};

impl Lower<'_> {
    pub(super) fn expr(&mut self, node: Node<'_>) -> Expr {
        if !self.budget.enter() {
            return Expr::Many(Vec::new());
        }
        let expr = self.expr_inner(node);
        self.budget.leave();
        expr
    }

    pub(super) fn many(&mut self, node: Node<'_>) -> Expr {
        Expr::Many(children(node).into_iter().map(|part| self.expr(part)).collect())
    }

    pub(super) fn expr_inner(&mut self, node: Node<'_>) -> Expr {
        match node.kind() {
            "identifier" | "this" | "import" | "shorthand_property_identifier" | "super" => {
                Expr::Name(self.source(node).to_owned())
            }
            "meta_property" => Expr::Attr(Box::new(Expr::Name("import".to_owned())), "meta".to_owned()),
            "string" => Expr::Str(self.string_text(node)),
            "template_string" => self.template(node),
            "number" => Expr::Num(number(self.source(node))),
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "null" | "undefined" => Expr::Null,
            "parenthesized_expression" | "await_expression" | "sequence_expression" | "expression_statement" => {
                let mut parts: Vec<Expr> = children(node).into_iter().map(|part| self.expr(part)).collect();
                match parts.len() {
                    1 => parts.pop().unwrap_or(Expr::Null),
                    // The last one is the value.
                    _ => {
                        let last = parts.pop().unwrap_or(Expr::Null);
                        let parts = vec![(last, false), (Expr::Many(parts), false)];
                        Expr::Index(Box::new(Expr::List(parts)), Box::new(Expr::Num(0)))
                    }
                }
            }
            // Types say nothing about values.
            "as_expression" | "satisfies_expression" | "non_null_expression" | "instantiation_expression" => {
                children(node).first().map_or(Expr::Null, |inner| self.expr(*inner))
            }
            "type_assertion" => children(node).last().map_or(Expr::Null, |inner| self.expr(*inner)),
            "member_expression" => {
                let object = self.field(node, "object");
                Expr::Attr(Box::new(object), self.field_text(node, "property"))
            }
            "subscript_expression" => {
                let (object, index) = (self.field(node, "object"), self.field(node, "index"));
                Expr::Index(Box::new(object), Box::new(index))
            }
            "call_expression" | "new_expression" => self.call(node),
            "array" => {
                let items = children(node)
                    .into_iter()
                    .map(|item| match item.kind() {
                        "spread_element" => {
                            (children(item).first().map_or(Expr::Null, |inner| self.expr(*inner)), true)
                        }
                        _ => (self.expr(item), false),
                    })
                    .collect();
                Expr::List(items)
            }
            "object" => self.object(node),
            "binary_expression" => self.binary(node),
            "ternary_expression" => {
                let condition = self.field(node, "condition");
                let parts = vec![self.field(node, "consequence"), self.field(node, "alternative")];
                let items = vec![(Expr::Either(parts), false), (condition, false)];
                Expr::Index(Box::new(Expr::List(items)), Box::new(Expr::Num(0)))
            }
            "assignment_expression" => {
                let pattern = node.child_by_field_name("left").map_or(Pattern::Skip, |left| self.pattern(left));
                let value = self.field(node, "right");
                Expr::Assign(Box::new(pattern), Box::new(value))
            }
            "augmented_assignment_expression" => {
                let Some(left) = node.child_by_field_name("left") else { return self.many(node) };
                let pattern = self.pattern(left);
                let (old, value) = (self.expr(left), self.field(node, "right"));
                let source = excerpt(&self.field_text(node, "right"));
                let value = match self.field_text(node, "operator").as_str() {
                    "+=" => Expr::Add(vec![(old, source.clone()), (value, source)]),
                    "||=" | "??=" => Expr::Either(vec![old, value]),
                    _ => Expr::Many(vec![value]),
                };
                Expr::Assign(Box::new(pattern), Box::new(value))
            }
            "arrow_function" | "function_expression" | "generator_function" => Expr::Function(self.function(node)),
            "class" => {
                // A class as a value: only its static parts run.
                let class = self.class(node);
                let _ = class;
                Expr::Many(Vec::new())
            }
            "unary_expression"
            | "update_expression"
            | "yield_expression"
            | "spread_element"
            | "ERROR"
            | "jsx_expression"
            | "jsx_element"
            | "jsx_self_closing_element"
            | "pair"
            | "arguments"
            | "template_substitution" => self.many(node),
            _ => Expr::Many(Vec::new()),
        }
    }

    pub(super) fn object(&mut self, node: Node<'_>) -> Expr {
        let mut pairs = Vec::new();
        for part in children(node) {
            match part.kind() {
                "pair" => {
                    let key = match part.child_by_field_name("key") {
                        Some(key) if key.kind() == "string" => Expr::Str(self.string_text(key)),
                        Some(key) if key.kind() == "computed_property_name" => {
                            children(key).first().map_or(Expr::Null, |inner| self.expr(*inner))
                        }
                        Some(key) => Expr::Str(self.source(key).to_owned()),
                        None => Expr::Null,
                    };
                    pairs.push((key, self.field(part, "value")));
                }
                "shorthand_property_identifier" => {
                    let name = self.source(part).to_owned();
                    pairs.push((Expr::Str(name.clone()), Expr::Name(name)));
                }
                "method_definition" => {
                    let name = self.field_text(part, "name");
                    pairs.push((Expr::Str(name), Expr::Function(self.function(part))));
                }
                "spread_element" => {
                    let value = children(part).first().map_or(Expr::Null, |inner| self.expr(*inner));
                    pairs.push((Expr::Null, value));
                }
                _ => {}
            }
        }
        Expr::Dict(pairs)
    }

    pub(super) fn binary(&mut self, node: Node<'_>) -> Expr {
        let operator = self.field_text(node, "operator");
        if !matches!(operator.as_str(), "+" | "||" | "??" | "&&") {
            return self.many(node);
        }
        // A chain that leans to the left is taken apart without going down for each.
        let mut rights = Vec::new();
        let mut at = node;
        loop {
            if let Some(right) = at.child_by_field_name("right") {
                rights.push(right);
            }
            match at.child_by_field_name("left") {
                Some(left) if left.kind() == "binary_expression" && self.field_text(left, "operator") == operator => {
                    at = left;
                }
                Some(left) => {
                    rights.push(left);
                    break;
                }
                None => break,
            }
        }
        let parts: Vec<(Expr, String)> =
            rights.into_iter().rev().map(|part| (self.expr(part), excerpt(self.source(part)))).collect();
        match operator.as_str() {
            "+" => Expr::Add(parts),
            "&&" => Expr::Many(parts.into_iter().map(|(part, _)| part).collect()),
            _ => Expr::Either(parts.into_iter().map(|(part, _)| part).collect()),
        }
    }

    pub(super) fn call(&mut self, node: Node<'_>) -> Expr {
        let field = if node.kind() == "new_expression" { "constructor" } else { "function" };
        let Some(function) = node.child_by_field_name(field) else { return self.many(node) };
        let receiver = if function.kind() == "member_expression" {
            self.field_text(function, "object")
        } else {
            self.source(function).to_owned()
        };
        let callee = self.expr(function);
        let mut args = Vec::new();
        let list = node.child_by_field_name("arguments");
        let template = list.is_some_and(|list| list.kind() == "template_string");
        match list {
            Some(list) if template => {
                let source = excerpt(self.source(list));
                args.push(Argument { name: None, spread: false, value: self.expr(list), source });
            }
            Some(list) => {
                for arg in children(list) {
                    let spread = arg.kind() == "spread_element";
                    let inner = if spread { children(arg).first().copied().unwrap_or(arg) } else { arg };
                    let source = excerpt(self.source(inner));
                    args.push(Argument { name: None, spread, value: self.expr(inner), source });
                }
            }
            None => {}
        }
        Expr::Call(Box::new(CallExpr { callee, receiver: excerpt(&receiver), args, template }))
    }

    pub(super) fn template(&mut self, node: Node<'_>) -> Expr {
        let mut parts: Vec<(Expr, String)> = Vec::new();
        let mut plain = String::new();
        for child in children(node) {
            match child.kind() {
                "template_substitution" => {
                    parts.push((Expr::Str(std::mem::take(&mut plain)), String::new()));
                    let inner = children(child).first().copied().unwrap_or(child);
                    let source = excerpt(self.source(inner));
                    parts.push((self.expr(inner), source));
                }
                "escape_sequence" => plain.push_str(&escape(self.source(child))),
                _ => plain.push_str(self.source(child)),
            }
        }
        if parts.is_empty() {
            return Expr::Str(plain);
        }
        parts.push((Expr::Str(plain), String::new()));
        Expr::Concat(parts)
    }
}
