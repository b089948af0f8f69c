//! From the grammar's tree of JavaScript to the tree that is followed.

use std::rc::Rc;

use tree_sitter::Node;

use crate::code::syntax::{Budget, MOST_BYTES, children, escape, mostly_errors, parse as parse_tree};
use crate::code::tree::{Argument, CallExpr, Class, Expr, Function, Pattern, Program, Stmt, excerpt};

/// Reads a program.
pub(super) fn parse(text: &str) -> Program {
    if text.len() > MOST_BYTES {
        return Program { body: Vec::new(), missing: Some("the program is longer than is read") };
    }
    let Some(tree) = parse_tree(&tree_sitter_javascript::LANGUAGE.into(), text) else {
        return Program { body: Vec::new(), missing: Some("the program takes too long to read") };
    };
    // What the grammar does not understand may be TypeScript.
    let plain = tree.root_node().has_error().then(|| super::types::without(text));
    let again = plain.as_deref().and_then(|plain| parse_tree(&tree_sitter_javascript::LANGUAGE.into(), plain));
    let (text, tree) = match (&plain, again) {
        (Some(plain), Some(again)) if !mostly_errors(again.root_node()) => (plain.as_str(), again),
        _ => (text, tree),
    };
    let mut lower = Lower { text, budget: Budget::new() };
    if mostly_errors(tree.root_node()) {
        lower.budget.missing = Some("the program has errors and could not be read");
    }
    let body = lower.block(tree.root_node());
    Program { body, missing: lower.budget.missing }
}

struct Lower<'t> {
    text: &'t str,
    budget: Budget,
}

impl<'t> Lower<'t> {
    fn source(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    /// The statements of a block; functions first, as the language has it.
    fn block(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let mut body = Vec::new();
        if !self.budget.enter() {
            return body;
        }
        for child in children(node) {
            self.stmt(child, &mut body);
        }
        self.budget.leave();
        let (mut functions, rest): (Vec<Stmt>, Vec<Stmt>) =
            body.into_iter().partition(|stmt| matches!(stmt, Stmt::Function(..)));
        functions.extend(rest);
        functions
    }

    fn field_block(&mut self, node: Node<'_>, field: &str) -> Vec<Stmt> {
        match node.child_by_field_name(field) {
            Some(body) if body.kind() == "statement_block" => self.block(body),
            Some(body) => {
                let mut out = Vec::new();
                self.stmt(body, &mut out);
                out
            }
            None => Vec::new(),
        }
    }

    fn field(&mut self, node: Node<'_>, field: &str) -> Expr {
        node.child_by_field_name(field).map_or(Expr::Null, |node| self.expr(node))
    }

    fn field_text(&self, node: Node<'_>, field: &str) -> String {
        node.child_by_field_name(field).map(|node| self.source(node)).unwrap_or_default().to_owned()
    }

    fn stmt(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        if !self.budget.enter() {
            return;
        }
        self.stmt_inner(node, out);
        self.budget.leave();
    }

    fn stmt_inner(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        match node.kind() {
            "expression_statement" | "ERROR" | "labeled_statement" => {
                for child in children(node) {
                    self.stmt(child, out);
                }
            }
            "lexical_declaration" | "variable_declaration" | "using_declaration" => {
                for declarator in children(node) {
                    if let Some(name) = declarator.child_by_field_name("name") {
                        let pattern = self.pattern(name);
                        let value = self.field(declarator, "value");
                        out.push(Stmt::Assign(vec![pattern], value));
                    }
                }
            }
            "function_declaration" | "generator_function_declaration" => {
                out.push(Stmt::Function(self.field_text(node, "name"), self.function(node)));
            }
            "class_declaration" => out.push(Stmt::Class(self.class(node))),
            "if_statement" => self.branches(node, out),
            "for_in_statement" => {
                let Some(left) = node.child_by_field_name("left") else { return };
                let keys = self.field_text(node, "operator") == "in";
                let (pattern, over) = (self.pattern(left), self.field(node, "right"));
                let body = self.field_block(node, "body");
                let over = if keys { Expr::Many(vec![over]) } else { over };
                out.push(Stmt::For(pattern, over, body));
            }
            "for_statement" => {
                if let Some(start) = node.child_by_field_name("initializer") {
                    self.stmt(start, out);
                }
                let mut body = vec![Stmt::Expr(self.field(node, "condition"))];
                // The counter is not known in the body.
                if let Some(start) = node.child_by_field_name("initializer") {
                    for declarator in children(start) {
                        if let Some(name) = declarator.child_by_field_name("name") {
                            let pattern = self.pattern(name);
                            out.push(Stmt::Assign(vec![pattern], Expr::Many(Vec::new())));
                        }
                    }
                }
                body.extend(self.field_block(node, "body"));
                out.push(Stmt::Maybe(body));
            }
            "while_statement" | "do_statement" => {
                let condition = self.field(node, "condition");
                out.push(Stmt::Expr(condition));
                let body = self.field_block(node, "body");
                out.push(Stmt::Maybe(body));
            }
            "try_statement" => {
                let body = self.field_block(node, "body");
                out.push(Stmt::Branches(vec![body, Vec::new()], true));
                if let Some(handler) = node.child_by_field_name("handler") {
                    let body = self.field_block(handler, "body");
                    out.push(Stmt::Maybe(body));
                }
                if let Some(last) = node.child_by_field_name("finalizer") {
                    let body = self.field_block(last, "body");
                    out.push(Stmt::Block(body));
                }
            }
            "switch_statement" => {
                let value = self.field(node, "value");
                out.push(Stmt::Expr(value));
                let mut branches = Vec::new();
                for case in node.child_by_field_name("body").map(children).unwrap_or_default() {
                    let mut body = Vec::new();
                    for child in children(case) {
                        self.stmt(child, &mut body);
                    }
                    branches.push(body);
                }
                out.push(Stmt::Branches(branches, false));
            }
            "statement_block" => {
                let body = self.block(node);
                out.push(Stmt::Block(body));
            }
            "return_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                out.push(Stmt::Return(value));
            }
            "throw_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                out.push(Stmt::Stop(value));
            }
            "break_statement" | "continue_statement" => out.push(Stmt::Stop(None)),
            "import_statement" => self.import(node, out),
            "export_statement" => self.export(node, out),
            "empty_statement" | "debugger_statement" | "hash_bang_line" => {}
            _ => {
                let value = self.expr(node);
                out.push(Stmt::Expr(value));
            }
        }
    }

    fn branches(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let mut branches = Vec::new();
        let mut complete = false;
        // `else if` is a chain, not a nest.
        let mut next = Some(node);
        while let Some(node) = next.take() {
            let condition = self.field(node, "condition");
            let never = matches!(condition, Expr::Bool(false) | Expr::Num(0));
            out.push(Stmt::Expr(condition));
            if !never {
                branches.push(self.field_block(node, "consequence"));
            }
            if let Some(other) =
                node.child_by_field_name("alternative").and_then(|other| children(other).first().copied())
            {
                if other.kind() == "if_statement" {
                    next = Some(other);
                } else {
                    let mut body = Vec::new();
                    self.stmt(other, &mut body);
                    branches.push(body);
                    complete = true;
                }
            }
        }
        out.push(Stmt::Branches(branches, complete));
    }

    fn string_text(&self, node: Node<'_>) -> String {
        let mut out = String::new();
        for child in children(node) {
            match child.kind() {
                "escape_sequence" => out.push_str(&escape(self.source(child))),
                _ => out.push_str(self.source(child)),
            }
        }
        out
    }

    fn import(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let Some(source) = node.child_by_field_name("source") else { return };
        let module = self.string_text(source);
        let mut names = Vec::new();
        let mut any = false;
        for clause in children(node).into_iter().filter(|child| child.kind() == "import_clause") {
            any = true;
            for part in children(clause) {
                match part.kind() {
                    "identifier" => names.push(("default".to_owned(), self.source(part).to_owned())),
                    "namespace_import" => {
                        if let Some(name) = children(part).first() {
                            out.push(Stmt::Import(module.clone(), self.source(*name).to_owned()));
                        }
                    }
                    "named_imports" => {
                        for name in children(part) {
                            let from = self.field_text(name, "name");
                            let alias = self.field_text(name, "alias");
                            names.push((from.clone(), if alias.is_empty() { from } else { alias }));
                        }
                    }
                    _ => {}
                }
            }
        }
        if !any {
            out.push(Stmt::Import(module, String::new()));
        } else if !names.is_empty() {
            out.push(Stmt::ImportFrom(module, names));
        }
    }

    fn export(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        if let Some(declaration) = node.child_by_field_name("declaration") {
            self.stmt(declaration, out);
            let is_default = self.source(node).get(..40).unwrap_or_else(|| self.source(node)).contains("default");
            if is_default {
                let name = self.field_text(declaration, "name");
                out.push(Stmt::Assign(vec![Pattern::Name("default".to_owned())], Expr::Name(name)));
            }
        } else if node.child_by_field_name("value").is_some() {
            let value = self.field(node, "value");
            out.push(Stmt::Assign(vec![Pattern::Name("default".to_owned())], value));
        }
    }

    fn function(&mut self, node: Node<'_>) -> Rc<Function> {
        let mut params = Vec::new();
        let mut rest = false;
        if let Some(only) = node.child_by_field_name("parameter") {
            params.push((self.pattern(only), None));
        }
        for param in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            match param.kind() {
                "assignment_pattern" => {
                    let pattern = param.child_by_field_name("left").map_or(Pattern::Skip, |left| self.pattern(left));
                    let value = self.field(param, "right");
                    params.push((pattern, Some(value)));
                }
                "rest_pattern" => {
                    let inner = children(param).first().copied().unwrap_or(param);
                    params.push((self.pattern(inner), None));
                    rest = true;
                }
                // What a type leaves behind in TypeScript.
                "ERROR" => {}
                _ => params.push((self.pattern(param), None)),
            }
        }
        let body = match node.child_by_field_name("body") {
            Some(body) if body.kind() == "statement_block" => self.block(body),
            Some(body) => vec![Stmt::Return(Some(self.expr(body)))],
            None => Vec::new(),
        };
        Rc::new(Function { params, body, rest })
    }

    fn class(&mut self, node: Node<'_>) -> Rc<Class> {
        let name = self.field_text(node, "name");
        let base = children(node)
            .into_iter()
            .find(|child| child.kind() == "class_heritage")
            .and_then(|heritage| children(heritage).first().copied())
            .map(|base| self.expr(base));
        let mut methods = Vec::new();
        let mut body = Vec::new();
        for member in node.child_by_field_name("body").map(children).unwrap_or_default() {
            match member.kind() {
                "method_definition" => methods.push((self.field_text(member, "name"), self.function(member))),
                "class_static_block" => body.extend(self.field_block(member, "body")),
                "field_definition" => {
                    let name = self.field_text(member, "property");
                    match member.child_by_field_name("value") {
                        Some(value) if matches!(value.kind(), "arrow_function" | "function_expression") => {
                            methods.push((name, self.function(value)));
                        }
                        Some(value) => {
                            let value = self.expr(value);
                            body.push(Stmt::Expr(value));
                        }
                        None => {}
                    }
                }
                _ => {}
            }
        }
        Rc::new(Class { name, base, methods, body })
    }

    fn pattern(&mut self, node: Node<'_>) -> Pattern {
        if !self.budget.enter() {
            return Pattern::Skip;
        }
        let pattern = match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => Pattern::Name(self.source(node).to_owned()),
            "array_pattern" => Pattern::List(children(node).into_iter().map(|part| self.pattern(part)).collect()),
            "assignment_pattern" | "object_assignment_pattern" => {
                node.child_by_field_name("left").map_or(Pattern::Skip, |left| self.pattern(left))
            }
            "object_pattern" => {
                let mut parts = Vec::new();
                for part in children(node) {
                    match part.kind() {
                        "shorthand_property_identifier_pattern" | "object_assignment_pattern" => {
                            let pattern = self.pattern(part);
                            if let Pattern::Name(name) = &pattern {
                                parts.push((name.clone(), pattern));
                            }
                        }
                        "pair_pattern" => {
                            if let Some(value) = part.child_by_field_name("value") {
                                let pattern = self.pattern(value);
                                parts.push((self.field_text(part, "key"), pattern));
                            }
                        }
                        _ => {}
                    }
                }
                Pattern::Object(parts)
            }
            "member_expression" => Pattern::Attr(self.field(node, "object"), self.field_text(node, "property")),
            "subscript_expression" => Pattern::Index(self.field(node, "object"), self.field(node, "index")),
            "lexical_declaration" | "variable_declaration" | "parenthesized_expression" => {
                children(node).first().map_or(Pattern::Skip, |inner| self.pattern(*inner))
            }
            "variable_declarator" => node.child_by_field_name("name").map_or(Pattern::Skip, |name| self.pattern(name)),
            _ => Pattern::Skip,
        };
        self.budget.leave();
        pattern
    }

    fn expr(&mut self, node: Node<'_>) -> Expr {
        if !self.budget.enter() {
            return Expr::Many(Vec::new());
        }
        let expr = self.expr_inner(node);
        self.budget.leave();
        expr
    }

    fn many(&mut self, node: Node<'_>) -> Expr {
        Expr::Many(children(node).into_iter().map(|part| self.expr(part)).collect())
    }

    fn expr_inner(&mut self, node: Node<'_>) -> Expr {
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

    fn object(&mut self, node: Node<'_>) -> Expr {
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
                    let value = self.many(part);
                    pairs.push((Expr::Null, value));
                }
                _ => {}
            }
        }
        Expr::Dict(pairs)
    }

    fn binary(&mut self, node: Node<'_>) -> Expr {
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

    fn call(&mut self, node: Node<'_>) -> Expr {
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

    fn template(&mut self, node: Node<'_>) -> Expr {
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

fn number(text: &str) -> i64 {
    let text = text.replace('_', "").to_lowercase();
    let parsed = if let Some(digits) = text.strip_prefix("0o") {
        i64::from_str_radix(digits, 8)
    } else if let Some(digits) = text.strip_prefix("0x") {
        i64::from_str_radix(digits, 16)
    } else {
        text.parse()
    };
    parsed.unwrap_or(i64::MAX)
}
