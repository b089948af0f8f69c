//! Expressions.

use std::rc::Rc;

use tree_sitter::Node;

use super::Lower;
use super::calls::{BLOCK, argument, call};
use crate::code::syntax::{children, escape, number};
use crate::code::tree::{Expr, Function, excerpt, returning};

impl<'t> Lower<'t> {
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        if !self.budget.enter() {
            return Expr::Many(Vec::new());
        }
        let expr = self.expr_inner(node);
        self.budget.leave();
        expr
    }

    pub(super) fn many(&mut self, node: Node<'t>) -> Expr {
        Expr::Many(children(node).into_iter().map(|part| self.expr(part)).collect())
    }

    /// The one item of a list, or all of them.
    pub(super) fn only(&mut self, list: Node<'t>) -> Expr {
        match children(list).as_slice() {
            [one] if list.kind() == "argument_list" => self.expr(*one),
            _ if list.kind() == "argument_list" => self.list(list),
            _ => self.expr(list),
        }
    }

    fn list(&mut self, node: Node<'t>) -> Expr {
        let items = children(node).into_iter().map(|item| match item.kind() {
            "splat_argument" => (children(item).first().copied().map_or(Expr::Null, |inner| self.expr(inner)), true),
            _ => (self.expr(item), false),
        });
        Expr::List(items.collect())
    }

    fn expr_inner(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "identifier" => {
                let name = self.source(node);
                match name {
                    "_1" => Expr::Name("it".to_owned()),
                    "block_given?" => Expr::Many(Vec::new()),
                    _ if self.methods.contains(name) && !self.locals.contains(name) => {
                        call(Expr::Name(name.to_owned()), Vec::new(), name)
                    }
                    _ => Expr::Name(name.to_owned()),
                }
            }
            "constant" | "class_variable" | "global_variable" | "file" => Expr::Name(self.source(node).to_owned()),
            "scope_resolution" => Expr::Name(self.source(node).trim_start_matches("::").to_owned()),
            "self" => Expr::Name("this".to_owned()),
            "instance_variable" => {
                let name = self.source(node).trim_start_matches('@').to_owned();
                Expr::Attr(Box::new(Expr::Name("this".to_owned())), name)
            }
            "string" | "bare_string" | "bare_symbol" | "delimited_symbol" | "character" => self.string(node),
            "chained_string" => {
                Expr::Concat(children(node).into_iter().map(|part| (self.expr(part), String::new())).collect())
            }
            "heredoc_beginning" => self.document(node),
            "subshell" => Expr::Shell(Box::new(self.string(node))),
            "simple_symbol" => Expr::Str(self.source(node).trim_start_matches(':').to_owned()),
            "hash_key_symbol" => Expr::Str(self.source(node).to_owned()),
            "integer" => Expr::Num(number(self.source(node))),
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "nil" => Expr::Null,
            "array" | "right_assignment_list" | "string_array" | "symbol_array" => self.list(node),
            "hash" => {
                let pairs = children(node).into_iter().map(|pair| match pair.kind() {
                    "pair" => {
                        let key = self.field(pair, "key");
                        let value = match pair.child_by_field_name("value") {
                            Some(value) => self.expr(value),
                            None => Expr::Name(self.field_text(pair, "key")),
                        };
                        (key, value)
                    }
                    _ => (Expr::Null, children(pair).first().copied().map_or(Expr::Null, |inner| self.expr(inner))),
                });
                Expr::Dict(pairs.collect())
            }
            "call" => self.call(node),
            "yield" => {
                let args = children(node).first().copied().map(children).unwrap_or_default();
                let args = args.into_iter().map(|arg| self.argument(arg)).collect();
                call(Expr::Name(BLOCK.to_owned()), args, "yield")
            }
            "element_reference" => {
                let parts = children(node);
                let object = self.field(node, "object");
                // `Dir["*.log"]`.
                if matches!(&object, Expr::Name(name) if name == "Dir") {
                    let args = parts.into_iter().skip(1).map(|arg| argument(self.expr(arg), self.source(arg)));
                    let args = args.collect();
                    return call(Expr::Attr(Box::new(object), "glob".to_owned()), args, "Dir");
                }
                let key = parts.get(1).copied().map_or(Expr::Null, |key| self.expr(key));
                Expr::Index(Box::new(object), Box::new(key))
            }
            "assignment" => {
                let Some(left) = node.child_by_field_name("left") else { return self.many(node) };
                let value = self.field(node, "right");
                Expr::Assign(Box::new(self.pattern(left)), Box::new(value))
            }
            "operator_assignment" => {
                let Some(left) = node.child_by_field_name("left") else { return self.many(node) };
                let (old, value) = (self.expr(left), self.field(node, "right"));
                let source = excerpt(&self.field_text(node, "right"));
                let value = match self.field_text(node, "operator").as_str() {
                    "+=" => Expr::Add(vec![(old, source.clone()), (value, source)]),
                    "||=" => Expr::Either(vec![value, old]),
                    _ => Expr::Many(vec![value]),
                };
                Expr::Assign(Box::new(self.pattern(left)), Box::new(value))
            }
            "binary" => self.binary(node),
            "conditional" => {
                let condition = self.field(node, "condition");
                let parts = vec![self.field(node, "consequence"), self.field(node, "alternative")];
                let items = vec![(Expr::Either(parts), false), (condition, false)];
                Expr::Index(Box::new(Expr::List(items)), Box::new(Expr::Num(0)))
            }
            "parenthesized_statements" => match children(node).as_slice() {
                [one] => self.expr(*one),
                _ => self.statements(node),
            },
            "lambda" => Expr::Function(self.function(node)),
            "if" | "unless" | "case" | "case_match" | "begin" | "while" | "until" | "for" | "if_modifier"
            | "unless_modifier" | "rescue_modifier" | "return" | "next" | "break" | "method" | "class" | "module" => {
                self.statements(node)
            }
            "interpolation" | "then" | "else" | "block_argument" | "parenthesized" => match children(node).as_slice() {
                [one] => self.expr(*one),
                _ => self.many(node),
            },
            "heredoc_body" | "comment" | "regex" => Expr::Many(Vec::new()),
            // Whatever else it is: calls may hide in it.
            _ => self.many(node),
        }
    }

    /// Statements as a value.
    fn statements(&mut self, node: Node<'t>) -> Expr {
        let mut body = Vec::new();
        self.stmt(node, &mut body);
        let function = Function { params: Vec::new(), body: returning(body), rest: false };
        call(Expr::Function(Rc::new(function)), Vec::new(), "")
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let operator = self.field_text(node, "operator");
        let source = excerpt(&self.field_text(node, "right"));
        match operator.as_str() {
            "+" => {
                // A chain that leans to the left is taken apart without going down for each.
                let mut rights = Vec::new();
                let mut at = node;
                while let Some(left) = at.child_by_field_name("left") {
                    rights.extend(at.child_by_field_name("right"));
                    if left.kind() == "binary" && self.field_text(left, "operator") == "+" {
                        at = left;
                    } else {
                        rights.push(left);
                        break;
                    }
                }
                let parts = rights.into_iter().rev().map(|part| (self.expr(part), excerpt(self.source(part))));
                Expr::Add(parts.collect())
            }
            "/" => Expr::Div(Box::new(self.field(node, "left")), Box::new(self.field(node, "right")), source),
            "%" => Expr::Percent(Box::new(self.field(node, "left")), Box::new(self.field(node, "right")), source),
            "||" | "or" => Expr::Either(vec![self.field(node, "left"), self.field(node, "right")]),
            "<<" => {
                let left = self.field(node, "left");
                let value = argument(self.field(node, "right"), &source);
                call(Expr::Attr(Box::new(left), "<<".to_owned()), vec![value], "")
            }
            _ => Expr::Many(vec![self.field(node, "left"), self.field(node, "right")]),
        }
    }

    /// The text of a here-document; `<<~` takes the common blanks off.
    fn document(&mut self, node: Node<'t>) -> Expr {
        let Some(body) = self.documents.get(&node.start_byte()).copied() else { return Expr::Str(String::new()) };
        let squiggly = self.source(node).starts_with("<<~");
        let text = self.string(body);
        match text {
            Expr::Str(text) if squiggly => {
                let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
                Expr::Str(format!("{}\n", lines.join("\n").trim_matches('\n')))
            }
            other => other,
        }
    }

    /// A text of pieces.
    fn string(&mut self, node: Node<'t>) -> Expr {
        let mut parts: Vec<(Expr, String)> = Vec::new();
        let mut plain = String::new();
        let raw = self.source(node).starts_with(['\'', '%']) && !self.source(node).starts_with(['"', '`']);
        for child in children(node) {
            match child.kind() {
                "interpolation" => {
                    parts.push((Expr::Str(std::mem::take(&mut plain)), String::new()));
                    let source = self.source(child).trim_start_matches("#{").trim_end_matches('}').to_owned();
                    let inner = self.expr(child);
                    parts.push((inner, excerpt(&source)));
                }
                "escape_sequence" if raw => plain.push_str(self.source(child).trim_start_matches('\\')),
                "escape_sequence" => plain.push_str(&escape(self.source(child))),
                "heredoc_end" => {}
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
