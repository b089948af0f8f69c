//! Expressions.

use tree_sitter::Node;

use super::{Lower, argument, call};
use crate::code::syntax::{children, escape, number};
use crate::code::tree::{CallExpr, Expr, Pattern, excerpt};

impl Lower<'_> {
    pub(super) fn field(&mut self, node: Node<'_>, field: &str) -> Expr {
        node.child_by_field_name(field).map_or(Expr::Null, |node| self.expr(node))
    }

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
            "identifier" => Expr::Name(self.source(node).to_owned()),
            "string" => self.string(node),
            "concatenated_string" => {
                let parts = children(node).into_iter().map(|part| (self.expr(part), String::new())).collect();
                Expr::Concat(parts)
            }
            "integer" => Expr::Num(number(self.source(node))),
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "none" => Expr::Null,
            "parenthesized_expression" | "await" | "expression_statement" => match children(node).first() {
                Some(inner) => self.expr(*inner),
                None => Expr::Null,
            },
            "attribute" => {
                let object = self.field(node, "object");
                let name = node.child_by_field_name("attribute").map(|name| self.source(name)).unwrap_or_default();
                Expr::Attr(Box::new(object), name.to_owned())
            }
            "subscript" => {
                let object = self.field(node, "value");
                let keys: Vec<Node<'_>> = {
                    let mut cursor = node.walk();
                    node.children_by_field_name("subscript", &mut cursor).collect()
                };
                if keys.len() > 1 {
                    let keys = keys.into_iter().map(|key| (self.expr(key), false)).collect();
                    return Expr::Index(Box::new(object), Box::new(Expr::List(keys)));
                }
                match node.child_by_field_name("subscript") {
                    Some(slice) if slice.kind() == "slice" => {
                        let text = self.source(slice);
                        match text.strip_suffix(':').and_then(|from| from.trim().parse().ok()) {
                            Some(from) => Expr::From(Box::new(object), from),
                            None => Expr::Many(vec![object]),
                        }
                    }
                    Some(key) => Expr::Index(Box::new(object), Box::new(self.expr(key))),
                    None => object,
                }
            }
            "call" => self.call(node),
            "list" | "tuple" | "set" | "expression_list" | "pattern_list" => {
                let items = children(node)
                    .into_iter()
                    .map(|item| match item.kind() {
                        "list_splat" => (children(item).first().map_or(Expr::Null, |inner| self.expr(*inner)), true),
                        _ => (self.expr(item), false),
                    })
                    .collect();
                Expr::List(items)
            }
            "dictionary" => {
                let mut pairs = Vec::new();
                for pair in children(node) {
                    if pair.kind() == "pair" {
                        pairs.push((self.field(pair, "key"), self.field(pair, "value")));
                    } else if pair.kind() == "dictionary_splat" {
                        let value = children(pair).first().map_or(Expr::Null, |inner| self.expr(*inner));
                        pairs.push((Expr::Null, value));
                    }
                }
                Expr::Dict(pairs)
            }
            "binary_operator" => self.binary(node),
            "boolean_operator" => {
                let mut parts = Vec::new();
                self.flatten(node, "boolean_operator", &mut parts);
                let and = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "and");
                let parts: Vec<Expr> = parts.into_iter().map(|(expr, _)| expr).collect();
                if and { Expr::Many(parts) } else { Expr::Either(parts) }
            }
            "conditional_expression" => {
                // `a if condition else b`: the condition is looked at for its calls only.
                let mut parts: Vec<Expr> = children(node).into_iter().map(|part| self.expr(part)).collect();
                if parts.len() != 3 {
                    return Expr::Many(parts);
                }
                let condition = parts.remove(1);
                Expr::Index(
                    Box::new(Expr::List(vec![(Expr::Either(parts), false), (condition, false)])),
                    Box::new(Expr::Num(0)),
                )
            }
            "named_expression" => {
                let name = node.child_by_field_name("name").map(|name| self.source(name)).unwrap_or_default();
                let value = self.field(node, "value");
                Expr::Assign(Box::new(Pattern::Name(name.to_owned())), Box::new(value))
            }
            "as_pattern" => {
                let value = children(node).first().map_or(Expr::Null, |value| self.expr(*value));
                match node.child_by_field_name("alias") {
                    Some(alias) => Expr::Assign(Box::new(self.pattern(alias)), Box::new(value)),
                    None => value,
                }
            }
            "lambda" => Expr::Function(self.function(node)),
            "list_comprehension" | "set_comprehension" | "generator_expression" | "dictionary_comprehension" => {
                let mut clauses = Vec::new();
                for child in children(node) {
                    match child.kind() {
                        "for_in_clause" => {
                            if let Some(left) = child.child_by_field_name("left") {
                                let pattern = self.pattern(left);
                                clauses.push((pattern, self.field(child, "right")));
                            }
                        }
                        "if_clause" => {
                            let tests: Vec<Node<'_>> = children(child);
                            let condition = self.many(child);
                            clauses.push((Pattern::Skip, condition));
                            for (name, patterns) in tests.into_iter().flat_map(|test| self.narrows(test, 0)) {
                                let value = Expr::Narrowed(Box::new(Expr::Name(name.clone())), patterns);
                                // An iteration over the one value that it has now.
                                clauses.push((Pattern::Name(name), Expr::List(vec![(value, false)])));
                            }
                        }
                        _ => {}
                    }
                }
                let body = self.field(node, "body");
                Expr::Each(clauses, Box::new(body))
            }
            "ERROR" => self.many(node),
            "comparison_operator"
            | "not_operator"
            | "unary_operator"
            | "pair"
            | "yield"
            | "keyword_argument"
            | "list_splat"
            | "dictionary_splat"
            | "print_statement"
            | "exec_statement"
            | "assert_statement"
            | "parenthesized_list_splat"
            | "chevron" => {
                if node.kind() == "unary_operator"
                    && let Ok(number) = self.source(node).parse()
                {
                    return Expr::Num(number);
                }
                if node.kind() == "exec_statement" {
                    let parts =
                        children(node).into_iter().map(|part| argument(self.expr(part), self.source(part))).collect();
                    return call(Expr::Name("exec".to_owned()), parts);
                }
                self.many(node)
            }
            _ => Expr::Many(Vec::new()),
        }
    }

    /// Operands of a chain of one kind that leans to the left, without going down for each.
    pub(super) fn flatten(&mut self, node: Node<'_>, kind: &str, out: &mut Vec<(Expr, String)>) {
        let mut rights = Vec::new();
        let operator = node.child_by_field_name("operator").map(|operator| operator.kind());
        let mut node = node;
        loop {
            if let Some(right) = node.child_by_field_name("right") {
                rights.push(right);
            }
            match node.child_by_field_name("left") {
                Some(left)
                    if left.kind() == kind
                        && left.child_by_field_name("operator").map(|operator| operator.kind()) == operator =>
                {
                    node = left;
                }
                Some(left) => {
                    rights.push(left);
                    break;
                }
                None => break,
            }
        }
        for part in rights.into_iter().rev() {
            let source = excerpt(self.source(part));
            out.push((self.expr(part), source));
        }
    }

    pub(super) fn binary(&mut self, node: Node<'_>) -> Expr {
        match node.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("+") => {
                let mut parts = Vec::new();
                self.flatten(node, "binary_operator", &mut parts);
                Expr::Add(parts)
            }
            Some(operator @ ("/" | "%")) => {
                let source =
                    node.child_by_field_name("right").map(|right| excerpt(self.source(right))).unwrap_or_default();
                let (left, right) = (self.field(node, "left"), self.field(node, "right"));
                if operator == "/" {
                    Expr::Div(Box::new(left), Box::new(right), source)
                } else {
                    Expr::Percent(Box::new(left), Box::new(right), source)
                }
            }
            Some("|") => {
                let mut parts = Vec::new();
                self.flatten(node, "binary_operator", &mut parts);
                Expr::Many(parts.into_iter().map(|(part, _)| part).collect())
            }
            // Bits of a mode: what both sides set.
            _ => self.many(node),
        }
    }

    pub(super) fn call(&mut self, node: Node<'_>) -> Expr {
        let Some(function) = node.child_by_field_name("function") else { return self.many(node) };
        let receiver = if function.kind() == "attribute" {
            function.child_by_field_name("object").map(|object| self.source(object)).unwrap_or_default()
        } else {
            self.source(function)
        };
        let callee = self.expr(function);
        let mut args = Vec::new();
        if let Some(list) = node.child_by_field_name("arguments") {
            if list.kind() == "generator_expression" {
                args.push(argument(self.expr(list), self.source(list)));
            } else {
                for arg in children(list) {
                    let mut out = match arg.kind() {
                        "keyword_argument" => {
                            let source =
                                arg.child_by_field_name("value").map(|value| self.source(value)).unwrap_or_default();
                            argument(self.field(arg, "value"), source)
                        }
                        "list_splat" | "dictionary_splat" => {
                            let inner = children(arg).first().copied().unwrap_or(arg);
                            argument(self.expr(inner), self.source(inner))
                        }
                        _ => argument(self.expr(arg), self.source(arg)),
                    };
                    out.spread = arg.kind().ends_with("_splat");
                    out.name = arg
                        .child_by_field_name("name")
                        .filter(|_| arg.kind() == "keyword_argument")
                        .map(|name| self.source(name).to_owned());
                    args.push(out);
                }
            }
        }
        Expr::Call(Box::new(CallExpr { callee, receiver: excerpt(receiver), args, template: false }))
    }

    pub(super) fn string(&mut self, node: Node<'_>) -> Expr {
        let mut parts: Vec<(Expr, String)> = Vec::new();
        let mut raw = false;
        let mut plain = String::new();
        for child in children(node) {
            match child.kind() {
                "string_start" => raw = self.source(child).contains(['r', 'R']),
                "string_content" => {
                    let inner = children(child);
                    let text = self.source(child);
                    if raw || inner.is_empty() {
                        plain.push_str(text);
                        continue;
                    }
                    let mut at = child.start_byte();
                    for piece in inner {
                        plain.push_str(self.text.get(at..piece.start_byte()).unwrap_or_default());
                        let source = self.source(piece);
                        match piece.kind() {
                            "escape_sequence" => plain.push_str(&escape(source)),
                            // `{{` in an f-string.
                            _ => plain.push_str(source.get(..1).unwrap_or_default()),
                        }
                        at = piece.end_byte();
                    }
                    plain.push_str(self.text.get(at..child.end_byte()).unwrap_or_default());
                }
                "interpolation" => {
                    parts.push((Expr::Str(std::mem::take(&mut plain)), String::new()));
                    let source =
                        child.child_by_field_name("expression").map(|inner| self.source(inner)).unwrap_or_default();
                    let inner = self.field(child, "expression");
                    parts.push((inner, excerpt(source)));
                }
                _ => {}
            }
        }
        if parts.is_empty() {
            return Expr::Str(plain);
        }
        parts.push((Expr::Str(plain), String::new()));
        Expr::Concat(parts)
    }
}
